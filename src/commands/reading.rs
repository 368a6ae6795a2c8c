//! From what was typed, pressed or submitted to a command and its values. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::{self, Args, Token, nearest};
use super::spec::{FormBy, Menu, Spec};
use crate::access::{Actor, may};
use crate::chat::inbound::Input;
use crate::error::Error;

/// What was asked for, once its words are read.
pub(super) enum Asked<'m> {
    Help(Vec<String>),
    Command(&'m Spec, Args),
}

/// Why a line was not understood.
pub(super) enum Misread {
    Error(Error),
    /// One word is off, and it is clear which was meant.
    Typo {
        sentence: String,
        corrected: String,
    },
}

impl From<Error> for Misread {
    fn from(error: Error) -> Self {
        Misread::Error(error)
    }
}

/// Reads an input against the menu, for this person's eyes.
pub(super) fn read<'m>(menu: &'m Menu, input: &Input, actor: &Actor) -> Result<Asked<'m>, Misread> {
    match input {
        Input::Line { text } => Typed::of(menu, text, actor)?.read(),
        Input::Press { value } => {
            let (command, id, arg) = value.parts();
            let spec = known(menu, command)?;
            let given = [id, arg].into_iter().zip(&spec.arguments).filter(|(value, _)| !value.is_empty());
            let mut args = Args::default();
            for (value, argument) in given {
                args.set(argument, value).map_err(|(_, why)| Error::Invalid(why))?;
            }
            Ok(Asked::Command(spec, args))
        }
        Input::Submit { command, fixed, values } => {
            let spec = known(menu, command)?;
            Ok(Asked::Command(spec, submitted(spec, fixed, values)?))
        }
    }
}

/// What may be kept of a line for a button to run it: of a command that is private, or could be
/// and cannot be read, its words and flags alone.
pub(super) fn to_keep(menu: &Menu, line: &str, actor: &Actor) -> String {
    let Ok(typed) = Typed::of(menu, line, actor) else { return String::new() };
    let noun = typed.word(0).unwrap_or_default();
    let Some((spec, used)) = typed.find(&noun, typed.word(1).as_deref()) else { return line.to_owned() };
    let flags: Vec<&str> =
        spec.options.iter().filter(|option| option.private).map(|option| option.name.as_str()).collect();
    match parse::arguments(spec, typed.line, &typed.tokens[used..]) {
        _ if flags.is_empty() => line.to_owned(),
        Ok(args) if !args.private(spec) => line.to_owned(),
        Ok(args) => {
            let set = flags.into_iter().filter(|flag| args.flag(flag)).map(|flag| format!(" --{flag}"));
            spec.command() + &set.collect::<String>()
        }
        Err(_) => spec.command(),
    }
}

/// Help is no button's: the engine does it itself, from lines alone.
fn known<'m>(menu: &'m Menu, key: &str) -> Result<&'m Spec, Error> {
    let gone =
        "This belongs to another version and does nothing any more. `/platform help` shows what there is.";
    menu.get(key).filter(|spec| spec.noun != "help").ok_or_else(|| Error::NotFound(gone.into()))
}

/// The spec that the first words name, and how many of them. Where the noun is a command itself,
/// its verb has to be `meant`.
pub(super) fn find<'m>(
    menu: &'m Menu,
    noun: &str,
    second: Option<&str>,
    meant: impl FnOnce(&Spec) -> bool,
) -> Option<(&'m Spec, usize)> {
    let typed = |key: &str| menu.get(key).filter(|spec| !spec.hidden);
    let verb = second.and_then(|verb| typed(&format!("{noun}.{verb}")));
    if let Some(spec) = verb.filter(|spec| typed(noun).is_none() || meant(spec)) {
        return Some((spec, 2));
    }
    let bare = || menu.of_noun(noun).into_iter().find(|spec| spec.bare);
    let only_options = second.is_none_or(|word| word.starts_with('-') || word.contains('='));
    typed(noun).or_else(|| bare().filter(|_| only_options)).map(|spec| (spec, 1))
}

/// A typed line on its way to a command.
struct Typed<'m, 'l> {
    menu: &'m Menu,
    actor: &'l Actor,
    line: &'l str,
    tokens: Vec<Token>,
}

impl<'m, 'l> Typed<'m, 'l> {
    fn of(menu: &'m Menu, line: &'l str, actor: &'l Actor) -> Result<Self, Error> {
        let line = line.trim();
        let prefixed = line.strip_prefix("/platform").filter(|rest| rest.is_empty() || rest.starts_with(' '));
        let line = prefixed.unwrap_or(line);
        let tokens = parse::tokens(line).map_err(Error::Invalid)?;
        Ok(Typed { menu, actor, line, tokens })
    }

    fn word(&self, at: usize) -> Option<String> {
        self.tokens.get(at).map(|token| token.text.to_lowercase())
    }

    fn help(&self, from: usize, to: usize) -> Asked<'m> {
        let to = to.min(self.tokens.len());
        Asked::Help(self.tokens[from..to].iter().map(|token| token.text.to_lowercase()).collect())
    }

    /// `help --noun=env --verb=list`, as help's own spec reads it.
    fn named_help(&self) -> Option<Asked<'m>> {
        let spec = self.menu.get("help")?;
        let args = parse::arguments(spec, self.line, self.tokens.get(1..)?).ok()?;
        let words = spec.arguments.iter().filter_map(|argument| args.text(&argument.name));
        Some(Asked::Help(words.map(str::to_owned).collect()))
    }

    fn read(&self) -> Result<Asked<'m>, Misread> {
        let Some(noun) = self.word(0) else { return Ok(self.help(0, 0)) };
        if noun == "help" || noun == "--help" {
            return Ok(self.named_help().unwrap_or_else(|| self.help(1, 3)));
        }
        if self.tokens.last().is_some_and(|last| last.text == "--help" && !last.quoted) {
            return Ok(self.help(0, self.tokens.len().min(3) - 1));
        }
        if self.menu.of_noun(&noun).is_empty() {
            return Err(self.unknown_noun(&noun));
        }
        let second = self.word(1);
        if second.as_deref() == Some("help") {
            return Ok(self.help(0, 1));
        }
        let (spec, used) = match self.find(&noun, second.as_deref()) {
            Some(found) => found,
            None => match second {
                None => return Ok(self.help(0, 1)),
                Some(verb) => return Err(self.unknown_verb(&noun, &verb)),
            },
        };
        let args = parse::arguments(spec, self.line, &self.tokens[used..]).map_err(Error::Invalid)?;
        Ok(Asked::Command(spec, args))
    }

    fn find(&self, noun: &str, second: Option<&str>) -> Option<(&'m Spec, usize)> {
        find(self.menu, noun, second, |verb| self.is_meant(verb))
    }

    /// Whether a verb is one where its noun is a command itself: `feedback list` is, while
    /// `feedback list views are slow` is somebody's sentence.
    fn is_meant(&self, verb: &Spec) -> bool {
        let rest = self.tokens.get(2..).unwrap_or_default();
        let fits = || parse::arguments(verb, self.line, rest).is_ok();
        rest.is_empty() || may(self.actor, verb.role) && fits()
    }

    fn unknown_noun(&self, noun: &str) -> Misread {
        let visible = self.menu.all().filter(|spec| !spec.hidden && may(self.actor, spec.role));
        let nouns: BTreeSet<&str> = visible.map(|spec| spec.noun.as_str()).chain(["help"]).collect();
        let what = format!("There is no `{}`.", noun.replace('`', "'"));
        match nearest(noun, nouns.iter().copied()) {
            Some(near) => Misread::Typo {
                sentence: format!("{what} Did you mean `/platform {near}`?"),
                corrected: self.corrected(0, near),
            },
            None => {
                let all = parse::list(nouns.into_iter());
                Error::NotFound(format!("{what} There is {all}; `/platform help` tells more.")).into()
            }
        }
    }

    fn unknown_verb(&self, noun: &str, verb: &str) -> Misread {
        let specs = self.menu.of_noun(noun).into_iter().filter(|spec| may(self.actor, spec.role));
        let verbs: BTreeSet<&str> = specs.filter_map(|spec| spec.verb.as_deref()).collect();
        let what = format!("There is no `{noun} {}`.", verb.replace('`', "'"));
        match nearest(verb, verbs.iter().copied()) {
            Some(near) => Misread::Typo {
                sentence: format!("{what} Did you mean `/platform {noun} {near}`?"),
                corrected: self.corrected(1, near),
            },
            None if verbs.is_empty() => {
                Error::NotFound(format!("{what} `/platform help` tells what there is.")).into()
            }
            None => {
                let all = parse::list(verbs.into_iter());
                Error::NotFound(format!("{what} `{noun}` knows {all}.")).into()
            }
        }
    }

    /// The line with the word at `place` replaced.
    fn corrected(&self, place: usize, word: &str) -> String {
        let start = self.tokens[place].start;
        let rest = &self.line[start..];
        let end = start + rest.find(char::is_whitespace).unwrap_or(rest.len());
        format!("{}{word}{}", &self.line[..start], &self.line[end..]).trim().to_owned()
    }
}

/// A form's values by their arguments; what the spec does not declare goes to `extra` where it is open.
fn submitted(
    spec: &Spec,
    fixed: &[(String, String)],
    values: &BTreeMap<String, String>,
) -> Result<Args, Error> {
    let mut args = Args::default();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    let fixed = fixed.iter().map(|(name, value)| (name, value));
    for (name, value) in fixed.chain(values) {
        // A field left empty is a value not given; a decided value counts before an asked one.
        if value.trim().is_empty() || !seen.insert(name) {
            continue;
        }
        match spec.argument(name) {
            Some(argument) => wrong.extend(args.set(argument, value).err()),
            None if spec.open => {
                // Fields of a template's parameters are called `p.NAME`, apart from our own.
                let parameter = name.strip_prefix("p.").unwrap_or(name);
                args.extra.insert(parameter.to_owned(), value.clone());
            }
            None => wrong.push((name.clone(), format!("`{name}` is not asked for here."))),
        }
    }
    if spec.form == FormBy::Spec {
        let given_wrongly: BTreeSet<String> = wrong.iter().map(|(field, _)| field.clone()).collect();
        let lacking =
            args.missing(spec).into_iter().filter(|argument| !given_wrongly.contains(&argument.name));
        wrong.extend(
            lacking.map(|argument| (argument.name.clone(), format!("{}: this is needed.", argument.help))),
        );
    }
    if wrong.is_empty() { Ok(args) } else { Err(Error::Fields(wrong)) }
}
