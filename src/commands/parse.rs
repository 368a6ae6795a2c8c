//! The grammar: `NOUN VERB positional… option=value`, read from one typed line. Pure.
//!
//! `--option value`, `--option=value` and `option=value` mean the same; flags
//! take no value; a last argument of kind `text` takes the raw rest. Typed
//! quotes and dashes may be the "smart" ones that phones make; Slack's
//! `<@U1|ada>` and `<https://x|label>` are unwrapped.

use std::collections::BTreeMap;
use std::time::Duration;

use super::spec::{Argument, Kind, Spec, is_slug};
use crate::duration;
use crate::moment::{Day, Lasting};

/// A word of the line: its text and where it starts in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub start: usize,
    /// Was in quotes, so `=` and `--` in it mean nothing.
    pub quoted: bool,
}

/// Splits a line like a shell does: blanks part words, quotes keep them together.
///
/// # Errors
/// A sentence, when a quote is never closed.
pub fn tokens(line: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut chars = line.char_indices().peekable();
    while let Some(&(start, first)) = chars.peek() {
        if first.is_whitespace() {
            chars.next();
            continue;
        }
        let mut token = Token { text: String::new(), start, quoted: straight(first).is_some() };
        while let Some(&(_, c)) = chars.peek() {
            if c.is_whitespace() {
                break;
            }
            chars.next();
            match (c, straight(c)) {
                // An apostrophe inside a word is one: `it's`.
                ('\'' | '’', _) if token.text.ends_with(char::is_alphanumeric) => token.text.push('\''),
                (_, Some(quote)) => {
                    let inside: Option<()> = loop {
                        match chars.next() {
                            Some((_, c)) if straight(c) == Some(quote) => break Some(()),
                            Some((_, '\\')) if quote == '"' => {
                                token.text.extend(chars.next().map(|(_, c)| c))
                            }
                            Some((_, c)) => token.text.push(c),
                            None => break None,
                        }
                    };
                    inside.ok_or_else(|| {
                        format!("A quote (`{quote}`) is opened and never closed. Close it, or leave it out.")
                    })?;
                }
                ('<', _) if !token.quoted => {
                    let inside = bracketed(line, &mut chars);
                    token.text.push_str(&inside);
                }
                (c, _) => token.text.push(c),
            }
        }
        if !token.quoted {
            token.text = plain_dashes(&token.text);
        }
        found.push(token);
    }
    Ok(found)
}

/// One word that [`tokens`] reads as exactly `text`, whatever is in it.
pub fn quoted(text: &str) -> String {
    let mut word = String::from('"');
    for c in text.chars() {
        if c == '\\' || straight(c) == Some('"') {
            word.push('\\');
        }
        word.push(c);
    }
    word.push('"');
    word
}

/// The straight quote that `c` stands for.
fn straight(c: char) -> Option<char> {
    match c {
        '"' | '“' | '”' | '„' => Some('"'),
        '\'' | '‘' | '’' => Some('\''),
        _ => None,
    }
}

/// A leading long dash was two short ones before the phone joined them.
fn plain_dashes(word: &str) -> String {
    match word.strip_prefix(['–', '—']) {
        Some(rest) if rest.starts_with(char::is_alphabetic) => format!("--{rest}"),
        _ => word.to_owned(),
    }
}

/// `<@U1|ada>` → `@U1`, `<#C1|x>` → `#C1`, `<https://x|label>` → `https://x`,
/// `<mailto:a@b|a@b>` → `a@b`. A `<` that is never closed is itself.
fn bracketed(line: &str, chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> String {
    let rest = chars.peek().map_or("", |&(at, _)| &line[at..]);
    let Some(end) = rest.find('>').filter(|&end| !rest[..end].contains('<')) else { return "<".into() };
    let inside = &rest[..end];
    let known =
        inside.starts_with(['@', '#', '!']) || inside.contains("://") || inside.starts_with("mailto:");
    if !known {
        return "<".into();
    }
    for _ in inside.chars().chain(['>']) {
        chars.next();
    }
    let target = inside.split('|').next().unwrap_or(inside);
    target.strip_prefix("mailto:").unwrap_or(target).to_owned()
}

/// A value as its kind reads it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Number(f64),
    Duration(Duration),
    Day(Day),
    Lasting(Lasting),
    Flag(bool),
}

/// Values of a command, by argument name; what `open` commands take besides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Args {
    values: BTreeMap<String, Value>,
    /// Undeclared options, as typed: the template's parameters.
    pub extra: BTreeMap<String, String>,
}

impl Args {
    /// The value of a text-like argument.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The value of a duration.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        match self.values.get(name) {
            Some(Value::Duration(span)) => Some(*span),
            _ => None,
        }
    }

    /// The value of a date.
    pub fn day(&self, name: &str) -> Option<Day> {
        match self.values.get(name) {
            Some(Value::Day(day)) => Some(*day),
            _ => None,
        }
    }

    /// The value of what says how long something lasts.
    pub fn lasting(&self, name: &str) -> Option<Lasting> {
        match self.values.get(name) {
            Some(Value::Lasting(lasting)) => Some(*lasting),
            _ => None,
        }
    }

    /// The value of a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.values.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// Whether a flag is set.
    pub fn flag(&self, name: &str) -> bool {
        self.values.get(name) == Some(&Value::Flag(true))
    }

    /// Whether nothing may be kept of who gave what: the command's own promise, or a flag's.
    pub fn private(&self, spec: &Spec) -> bool {
        spec.private || spec.options.iter().any(|option| option.private && self.flag(&option.name))
    }

    /// The required arguments that have no value.
    pub fn missing<'a>(&self, spec: &'a Spec) -> Vec<&'a Argument> {
        let all = spec.arguments.iter().chain(&spec.options);
        all.filter(|argument| argument.required && !self.values.contains_key(&argument.name)).collect()
    }

    /// Values as they would be typed, for a form's prefill.
    pub fn typed(&self, name: &str) -> Option<String> {
        Some(match self.values.get(name)? {
            Value::Text(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Duration(span) => duration::short(*span),
            Value::Day(day) => day.to_string(),
            Value::Lasting(lasting) => lasting.to_string(),
            Value::Flag(flag) => flag.to_string(),
        })
    }

    /// Takes a value as its argument reads it.
    ///
    /// # Errors
    /// (argument, sentence) when it does not fit.
    pub fn set(&mut self, argument: &Argument, text: &str) -> Result<(), (String, String)> {
        let value = read(argument, text).map_err(|why| (argument.name.clone(), why))?;
        match self.values.insert(argument.name.clone(), value) {
            None => Ok(()),
            Some(_) => Err((
                argument.name.clone(),
                format!(
                    "`{}` is given twice, so it is unclear which one counts. Give it once.",
                    argument.name
                ),
            )),
        }
    }
}

/// After the first word: `until` `friday` `at` `6pm`.
const MOMENT_WORDS: usize = 3;

/// Reads the words after the command, `tokens` being all that is left of `line`.
///
/// # Errors
/// A sentence saying what to type now.
pub fn arguments(spec: &Spec, line: &str, tokens: &[Token]) -> Result<Args, String> {
    let mut args = Args::default();
    let mut positional = spec.arguments.iter();
    let mut rest = tokens.iter();
    while let Some(token) = rest.next() {
        if let Some((name, inline)) = option_of(spec, token) {
            let kind = spec.argument(name).map(|option| option.kind);
            let value = match (kind, inline) {
                (Some(Kind::Until), Some(value)) => moment(spec, value, &mut rest),
                (_, Some(value)) => value.to_owned(),
                (Some(Kind::Flag), None) => "true".to_owned(),
                (_, None) => match rest.clone().next().filter(|next| option_of(spec, next).is_none()) {
                    Some(next) => {
                        rest.next();
                        match kind {
                            Some(Kind::Until) => moment(spec, &next.text, &mut rest),
                            _ => next.text.clone(),
                        }
                    }
                    None if spec.open && spec.argument(name).is_none() => "true".to_owned(),
                    None => return Err(format!("`--{name}` needs a value, as in `{name}=…`.")),
                },
            };
            take_option(spec, &mut args, name, &value)?;
            continue;
        }
        let Some(argument) = positional.next() else {
            return Err(format!("`{}` is one word too many. It reads `{}`.", token.text, spec.usage()));
        };
        if argument.kind == Kind::Text {
            let whole = raw_rest(spec, line, (token, rest.as_slice()), &mut args)?;
            args.set(argument, &whole).map_err(|(_, why)| why)?;
            break;
        }
        let value = match argument.kind {
            Kind::Until => moment(spec, &token.text, &mut rest),
            _ => token.text.clone(),
        };
        args.set(argument, &value).map_err(|(_, why)| why)?;
    }
    Ok(args)
}

/// The line from its token on, as it was typed. A private option counts in it, too: whoever
/// asks that nothing is kept of them is not to be known for having said so at the end.
fn raw_rest(
    spec: &Spec,
    line: &str,
    (first, rest): (&Token, &[Token]),
    args: &mut Args,
) -> Result<String, String> {
    if first.quoted && rest.is_empty() {
        return Ok(first.text.clone());
    }
    let (mut whole, mut from) = (String::new(), first.start);
    for token in rest {
        let Some((name, value)) = option_of(spec, token) else { continue };
        let Some(option) = spec.argument(name).filter(|option| option.private) else { continue };
        args.set(option, value.unwrap_or("true")).map_err(|(_, why)| why)?;
        whole.push_str(&line[from..token.start]);
        let word = &line[token.start..];
        from = token.start + word.find(char::is_whitespace).unwrap_or(word.len());
    }
    whole.push_str(&line[from..]);
    Ok(whole.trim_end().to_owned())
}

/// As many words as say how long something lasts: `until fri 18:00` are three of them.
fn moment(spec: &Spec, first: &str, rest: &mut std::slice::Iter<'_, Token>) -> String {
    let more = rest.clone().take_while(|next| option_of(spec, next).is_none()).take(MOMENT_WORDS);
    let words: Vec<&str> = std::iter::once(first).chain(more.map(|token| token.text.as_str())).collect();
    let fits = |count: &usize| Lasting::parse(&words[..*count].join(" ")).is_some();
    // Where no number of them fits, the sentence that says so names what was meant for it.
    let otherwise = if first.eq_ignore_ascii_case("until") { words.len() } else { 1 };
    let count = (1..=words.len()).rev().find(fits).unwrap_or(otherwise);
    rest.by_ref().take(count - 1).for_each(drop);
    words[..count].join(" ")
}

/// `--name`, `--name=value` or `name=value` of a name that could be an option.
pub(super) fn option_of<'t>(spec: &Spec, token: &'t Token) -> Option<(&'t str, Option<&'t str>)> {
    if token.quoted {
        return None;
    }
    if let Some(long) = token.text.strip_prefix("--").filter(|long| !long.is_empty()) {
        return Some(long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value))));
    }
    let (name, value) = token.text.split_once('=')?;
    let in_text =
        spec.arguments.last().is_some_and(|last| last.kind == Kind::Text) && spec.argument(name).is_none();
    let word =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (word && !in_text).then_some((name, Some(value)))
}

fn take_option(spec: &Spec, args: &mut Args, name: &str, value: &str) -> Result<(), String> {
    let known = spec.argument(name).or_else(|| spec.argument(&name.to_lowercase()));
    match (known, name.strip_prefix("p.")) {
        (Some(argument), None) => args.set(argument, value).map_err(|(_, why)| why),
        (_, parameter) if spec.open => {
            let parameter = parameter.unwrap_or(name);
            match args.extra.insert(parameter.to_owned(), value.to_owned()) {
                None => Ok(()),
                Some(_) => Err(format!(
                    "`{parameter}` is given twice, so it is unclear which one counts. Give it once."
                )),
            }
        }
        _ => {
            let names = spec.options.iter().chain(&spec.arguments).map(|argument| argument.name.as_str());
            let hint = nearest(name, names).map(|near| format!(" Did you mean `{near}`?"));
            Err(format!(
                "`{}` has no option `{name}`.{} It reads `{}`.",
                spec.command(),
                hint.unwrap_or_default(),
                spec.usage()
            ))
        }
    }
}

/// Reads a value by its kind; the error is a sentence.
fn read(argument: &Argument, text: &str) -> Result<Value, String> {
    let (name, trimmed) = (&argument.name, text.trim());
    let shown = trimmed.replace('`', "'");
    match argument.kind {
        Kind::Text | Kind::Words | Kind::Zone if trimmed.is_empty() => {
            Err(format!("`{name}` is empty; write something."))
        }
        Kind::Text | Kind::Words | Kind::Zone => Ok(Value::Text(trimmed.to_owned())),
        Kind::Slug if is_slug(trimmed) => Ok(Value::Text(trimmed.to_owned())),
        Kind::Slug => Err(slug_sentence(&shown)),
        Kind::Template
        | Kind::Environment
        | Kind::Survey
        | Kind::Subject
        | Kind::Item
        | Kind::Evidence
        | Kind::Id => reference(name, trimmed, &shown),
        Kind::User => match trimmed.strip_prefix('@').filter(|id| !id.is_empty()) {
            Some(id) => Ok(Value::Text(id.to_owned())),
            None => Err(format!("`{shown}` is no person; mention one with `@`.")),
        },
        Kind::Number => match trimmed.parse::<f64>().ok().filter(|number| number.is_finite()) {
            Some(number) => Ok(Value::Number(number)),
            None => Err(format!("`{shown}` is no number; `{name}` takes one like `3`.")),
        },
        Kind::Duration => match duration::parse(trimmed) {
            Some(span) => Ok(Value::Duration(span)),
            None => {
                Err(format!("`{shown}` is no length of time; `{name}` takes one like `2h`, `3d` or `1d12h`."))
            }
        },
        Kind::Date => match Day::parse(trimmed) {
            Some(day) => Ok(Value::Day(day)),
            None => Err(format!(
                "`{shown}` is no day; `{name}` takes one like `2026-12-24`, `fri` or `tomorrow`."
            )),
        },
        Kind::Until => match Lasting::parse(trimmed) {
            Some(lasting) => Ok(Value::Lasting(lasting)),
            None => Err(format!(
                "`{shown}` is neither a length of time nor a moment; `{name}` takes one like `1d12h`, or \
                 `until fri 18:00`, `until 2026-12-24`."
            )),
        },
        Kind::Choice => match argument.choices.iter().find(|choice| choice.eq_ignore_ascii_case(trimmed)) {
            Some(choice) => Ok(Value::Text(choice.clone())),
            None => {
                Err(format!("`{shown}` is not one of {}.", list(argument.choices.iter().map(String::as_str))))
            }
        },
        Kind::Flag => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Ok(Value::Flag(true)),
            "false" | "no" | "off" => Ok(Value::Flag(false)),
            _ => Err(format!("`{name}` is yes or no; write `--{name}` alone for yes.")),
        },
    }
}

fn reference(name: &str, text: &str, shown: &str) -> Result<Value, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !text.is_empty() && text.len() <= 63 && text.chars().all(allowed) {
        return Ok(Value::Text(text.to_owned()));
    }
    Err(format!("`{shown}` cannot be a {name}: names have letters, digits and `-`, at most 63."))
}

fn slug_sentence(shown: &str) -> String {
    let suggestion: String = shown
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .skip_while(|c| !c.is_ascii_lowercase())
        .take(40)
        .collect();
    let suggestion = suggestion.trim_matches('-');
    let hint = if is_slug(suggestion) { format!(" `{suggestion}` would do.") } else { String::new() };
    format!(
        "`{shown}` cannot be a name: lower-case letters, digits and `-`, a letter first, at most 40.{hint}"
    )
}

/// "`a`, `b` or `c`".
pub fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, head)) => format!("{} or {last}", head.join(", ")),
    }
}

/// The one word that is clearly meant; `None` when none is near or two are equally near.
pub fn nearest<'a>(typed: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let mut ranked: Vec<(usize, &str)> =
        words.map(|word| (strsim::damerau_levenshtein(&typed, word), word)).collect();
    ranked.sort_unstable();
    ranked.dedup();
    let limit = (typed.chars().count() / 3).max(1) + usize::from(typed.chars().count() > 3);
    match ranked.as_slice() {
        [(best, word), rest @ ..] if *best <= limit && rest.first().is_none_or(|(next, _)| next > best) => {
            Some(word)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::spec::Menu;
    use super::*;

    fn words(line: &str) -> Vec<String> {
        tokens(line).unwrap().into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_quotes_dashes_and_brackets() {
        let cases: [(&str, &[&str]); 8] = [
            ("env  list", &["env", "list"]),
            ("a \"b c\" 'd e'", &["a", "b c", "d e"]),
            ("title=“My site” ‘x y’", &["title=My site", "x y"]),
            ("—ttl 3d –all", &["--ttl", "3d", "--all"]),
            ("it's don’t", &["it's", "don't"]),
            ("<@U1|ada> <#C1|dev>", &["@U1", "#C1"]),
            ("<https://x.y/z|label> <mailto:a@b.c|a@b.c>", &["https://x.y/z", "a@b.c"]),
            ("a<b \"x \\\" y\"", &["a<b", "x \" y"]),
        ];
        for (line, expected) in cases {
            assert_eq!(words(line), expected, "{line}");
        }
        assert!(tokens("say \"hello").unwrap_err().contains("never closed"));
    }

    fn spec() -> Spec {
        let text = r#"
            command = "thing do"
            summary = "x"
            open = true
            [[argument]]
            name = "name"
            kind = "slug"
            help = "h"
            required = true
            [[option]]
            name = "ttl"
            kind = "duration"
            help = "h"
            [[option]]
            name = "keep"
            kind = "until"
            help = "h"
            [[option]]
            name = "on"
            kind = "date"
            help = "h"
            [[option]]
            name = "all"
            kind = "flag"
            help = "h"
            [[argument]]
            name = "size"
            kind = "choice"
            choices = ["small", "large"]
            help = "h"
        "#;
        Menu::parse([("thing.toml", text)]).unwrap().get("thing.do").unwrap().clone()
    }

    fn read_line(line: &str) -> Result<Args, String> {
        arguments(&spec(), line, &tokens(line)?)
    }

    #[test]
    fn three_spellings_of_an_option_mean_the_same() {
        let expected = read_line("shop ttl=3d --all").unwrap();
        assert!(expected.flag("all") && expected.duration("ttl") == duration::parse("3d"));
        for line in ["--ttl 3d --all shop", "--ttl=3d shop all=yes", "—ttl 3d —all shop"] {
            assert_eq!(read_line(line).unwrap(), expected, "{line}");
        }
        let open = read_line("shop Large greeting=hi --p.ttl=x --public").unwrap();
        assert_eq!(open.text("size"), Some("large"));
        let extra: Vec<_> = open.extra.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(extra, ["greeting=hi", "public=true", "ttl=x"]);
    }

    #[test]
    fn days_and_moments_may_be_several_words() {
        for line in [
            "keep=until fri 18:00 shop --all",
            "shop --keep Friday at 6pm --all",
            "shop all=on keep='fri 18:00'",
        ] {
            let args = read_line(line).unwrap();
            let kept = args.typed("keep").unwrap();
            assert_eq!(
                (kept.as_str(), args.text("name"), args.flag("all")),
                ("until fri 18:00", Some("shop"), true),
                "{line}"
            );
        }
        assert_eq!(read_line("shop keep=3d small").unwrap().lasting("keep"), Lasting::parse("3d"));
        assert_eq!(read_line("shop on=Tomorrow").unwrap().day("on"), Some(Day::Tomorrow));
    }

    #[test]
    fn what_cannot_be_read_says_what_to_type() {
        for (line, says) in [
            ("Shop_1", "`shop-1` would do"),
            ("shop huge", "not one of `small` or `large`"),
            ("shop ttl=soon", "like `2h`, `3d`"),
            ("shop keep=until soon then", "`until soon then` is neither"),
            ("shop keep=soon", "like `1d12h`, or `until fri 18:00`"),
            ("shop on=31.12.", "like `2026-12-24`, `fri` or `tomorrow`"),
            ("shop ttl=1d ttl=2d", "given twice"),
            ("shop name=pop", "given twice"),
            ("shop small more", "one word too many"),
            ("shop --ttl", "needs a value"),
        ] {
            let error = read_line(line).unwrap_err();
            assert!(error.contains(says), "{line}: {error}");
        }
    }

    #[test]
    fn the_one_near_word_is_offered_and_a_tie_is_not() {
        let words = ["create", "list", "show", "extend", "destroy"];
        assert_eq!(nearest("creat", words.into_iter()), Some("create"));
        assert_eq!(nearest("destory", words.into_iter()), Some("destroy"));
        assert_eq!(nearest("xyz", words.into_iter()), None);
        assert_eq!(nearest("lost", ["list", "lust"].into_iter()), None);
    }
}
