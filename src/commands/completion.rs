//! How a typed line may go on, from the specs: nouns, verbs, arguments, options. Pure.

use std::collections::BTreeSet;

use super::parse::{self, Token, option_of};
use super::reading;
use super::spec::{Argument, Kind, Menu, Spec};
use crate::access::{Actor, may};
use crate::chat::Proposal;

/// Where a line stops, and what may follow there.
#[derive(Default)]
pub(super) struct Ahead<'m> {
    /// Where the word begins that is being typed, in UTF-16 code units.
    pub from: usize,
    /// That word, without the name of its option.
    pub typed: String,
    /// What stands before each of the values: `ttl=`, or nothing.
    pub before: String,
    /// Whose values may follow.
    pub argument: Option<&'m Argument>,
    /// Words that may follow whatever the values are.
    pub words: Vec<Proposal>,
}

/// Reads what stands before the caret, for the eyes of this person.
pub(super) fn read<'m>(menu: &'m Menu, actor: &Actor, line: &str) -> Option<Ahead<'m>> {
    let mut tokens = parse::tokens(line).ok()?;
    if line.starts_with("/platform ") {
        tokens.remove(0);
    }
    let open = !line.is_empty() && !line.ends_with(char::is_whitespace);
    let word = if open { tokens.pop() } else { None };
    if word.as_ref().is_some_and(|word| word.quoted) {
        return None;
    }
    let from = word.as_ref().map_or(line.len(), |word| word.start);
    let typed = word.as_ref().map(|word| word.text.clone()).unwrap_or_default();
    let seen: Vec<&Spec> = menu.all().filter(|spec| !spec.hidden && may(actor, spec.role)).collect();
    let mut ahead = follow(menu, &seen, &tokens, word)?;
    ahead.from = line[..from].encode_utf16().count();
    if ahead.before.is_empty() {
        let begins = typed.trim_start_matches('-').to_lowercase();
        ahead.words.retain(|word| word.value.trim_start_matches('-').starts_with(&begins));
        ahead.typed = typed;
    }
    Some(ahead)
}

/// What may follow the words before the one that is being typed.
fn follow<'m>(menu: &'m Menu, seen: &[&'m Spec], before: &[Token], word: Option<Token>) -> Option<Ahead<'m>> {
    let words = |words| Some(Ahead { words, ..Ahead::default() });
    let said: Vec<String> = before.iter().map(|token| token.text.to_lowercase()).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    match said.as_slice() {
        [] => return words(nouns(seen, true)),
        ["help"] => return words(nouns(seen, false)),
        ["help", noun] => return words(verbs(seen, noun)),
        ["help", ..] => return None,
        _ => {}
    }
    let typed = word.as_ref().map(|word| word.text.to_lowercase());
    let verbs = if said.len() == 1 { verbs(seen, said[0]) } else { Vec::new() };
    let begun = typed.as_deref().filter(|typed| verbs.iter().any(|verb| verb.value.starts_with(*typed)));
    let found = reading::find(menu, said[0], said.get(1).copied(), |_| true).filter(|_| begun.is_none());
    let Some((spec, used)) = found.filter(|(spec, _)| seen.iter().any(|one| one.key == spec.key)) else {
        return words(verbs);
    };
    let mut ahead = arguments(spec, &before[used..], word.as_ref())?;
    ahead.words.splice(0..0, verbs);
    Some(ahead)
}

fn nouns(seen: &[&Spec], help: bool) -> Vec<Proposal> {
    let names: BTreeSet<&str> = seen.iter().map(|spec| spec.noun.as_str()).collect();
    let noun = |name: &str| {
        let own: Vec<&&Spec> = seen.iter().filter(|spec| spec.noun == name).collect();
        let verbs: Vec<&str> = own.iter().filter_map(|spec| spec.verb.as_deref()).collect();
        match own.as_slice() {
            [one] if one.verb.is_none() => Proposal::word(name, &one.summary),
            _ => Proposal::word(name, &verbs.join(", ")),
        }
    };
    let help = (help && !names.contains("help") && !seen.is_empty())
        .then(|| Proposal::word("help", "What there is, and what you may do"));
    names.iter().map(|name| noun(name)).chain(help).collect()
}

fn verbs(seen: &[&Spec], noun: &str) -> Vec<Proposal> {
    let of_noun = seen.iter().filter(|spec| spec.noun == noun);
    of_noun.filter_map(|spec| Some(Proposal::word(spec.verb.as_deref()?, &spec.summary))).collect()
}

/// The next argument, the options that are not given yet, or the values of the option that is begun.
fn arguments<'m>(spec: &'m Spec, given: &[Token], word: Option<&Token>) -> Option<Ahead<'m>> {
    let mut positional = spec.arguments.iter();
    let (mut named, mut open) = (BTreeSet::new(), None);
    for token in given {
        if open.take().is_some() {
            continue;
        }
        match option_of(spec, token) {
            Some((name, value)) => {
                named.insert(name);
                let argument = spec.argument(name).filter(|argument| argument.kind != Kind::Flag);
                open = argument.filter(|_| value.is_none());
            }
            // Whatever stands after the beginning of a text belongs to it.
            None if positional.next().is_some_and(|argument| argument.kind == Kind::Text) => return None,
            None => {}
        }
    }
    if let Some(argument) = open {
        return Some(Ahead { argument: Some(argument), ..Ahead::default() });
    }
    if let Some((name, Some(value))) = word.and_then(|word| option_of(spec, word)) {
        let whole = &word?.text;
        let before = whole[..whole.len() - value.len()].to_owned();
        let argument = Some(spec.argument(name)?);
        return Some(Ahead { argument, before, typed: value.to_owned(), ..Ahead::default() });
    }
    let dashed = word.is_some_and(|word| word.text.starts_with('-'));
    let argument = positional.next().filter(|_| !dashed);
    let left = spec.options.iter().filter(|option| !named.contains(option.name.as_str()));
    let words =
        left.filter(|_| argument.is_none_or(|argument| !argument.required || argument.kind != Kind::Text));
    Some(Ahead { argument, words: words.map(option).collect(), ..Ahead::default() })
}

fn option(option: &Argument) -> Proposal {
    match option.kind {
        Kind::Flag => Proposal::word(&format!("--{}", option.name), &option.help),
        _ => Proposal { more: true, ..Proposal::word(&format!("{}=", option.name), &option.help) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;
    use crate::chat::inbound::Identity;

    fn menu() -> Menu {
        Menu::parse([
            (
                "a.toml",
                "command = \"env create\"\nsummary = \"Make one\"\nrole = \"developer\"\n\
                 [[argument]]\nname = \"template\"\nkind = \"template\"\nrequired = true\nhelp = \"Which\"\n\
                 [[argument]]\nname = \"name\"\nkind = \"slug\"\nrequired = true\nhelp = \"What to call it\"\n\
                 [[option]]\nname = \"ttl\"\nkind = \"duration\"\nhelp = \"How long\"\n\
                 [[option]]\nname = \"size\"\nkind = \"choice\"\nchoices = [\"s\", \"m\"]\nhelp = \"How large\"\n\
                 [[option]]\nname = \"dry-run\"\nkind = \"flag\"\nhelp = \"Only show\"\n",
            ),
            (
                "b.toml",
                "command = \"env list\"\nsummary = \"List them\"\nrole = \"developer\"\nbare = true\n\
                 [[option]]\nname = \"all\"\nkind = \"flag\"\nhelp = \"Everybody's\"\n",
            ),
            (
                "c.toml",
                "command = \"feedback\"\nsummary = \"Say it\"\nrole = \"developer\"\n\
                 [[argument]]\nname = \"text\"\nkind = \"text\"\nrequired = true\nhelp = \"What\"\n",
            ),
            ("d.toml", "command = \"stats\"\nsummary = \"See it\"\nrole = \"pm\"\n"),
            ("e.toml", "command = \"survey answer\"\nsummary = \"x\"\nrole = \"developer\"\nhidden = true\n"),
        ])
        .unwrap()
    }

    fn developer() -> Actor {
        Actor {
            person: "per_1".into(),
            name: "Ada".into(),
            identity: Identity::new("playground", "local", "ada"),
            roles: [Role::Developer].into(),
            zone: crate::zone::Zone::default(),
            zone_known: false,
        }
    }

    /// `WORDS | ARGUMENT from FROM`
    fn after(line: &str) -> String {
        let menu = menu();
        let Some(ahead) = read(&menu, &developer(), line) else { return "nothing".into() };
        let words: Vec<String> = ahead.words.into_iter().map(|word| word.value).collect();
        let argument = ahead.argument.map_or("", |argument| argument.name.as_str());
        format!("{} | {}{} from {}", words.join(" "), ahead.before, argument, ahead.from)
    }

    #[test]
    fn each_place_of_a_line_is_told_what_may_follow() {
        for (line, expected) in [
            ("", "env feedback help |  from 0"),
            ("e", "env |  from 0"),
            ("st", " |  from 0"),
            ("su", " |  from 0"),
            ("env ", "create list --all |  from 4"),
            ("env c", "create |  from 4"),
            ("/platform env c", "create |  from 14"),
            ("env create ", "ttl= size= --dry-run | template from 11"),
            ("env create pre", " | template from 11"),
            ("env create preview-site ", "ttl= size= --dry-run | name from 24"),
            ("env create preview-site demo ", "ttl= size= --dry-run |  from 29"),
            ("env create preview-site demo ttl=2d --", "size= --dry-run |  from 36"),
            ("env create preview-site demo size=m d", "--dry-run |  from 36"),
            ("env create preview-site demo size=", " | size=size from 29"),
            ("env create preview-site demo --size ", " | size from 36"),
            ("feedback it is sl", "nothing"),
            ("help env ", "create list |  from 9"),
            ("env show \"a", "nothing"),
        ] {
            assert_eq!(after(line), expected, "{line:?}");
        }
    }
}
