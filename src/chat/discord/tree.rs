//! The menu as Discord's one application command: groups, sub-commands, typed options. Pure.
//!
//! A noun with verbs is a group, a noun alone a sub-command. Discord cannot call a group, so a noun
//! that is a command itself and has verbs besides stands among them as [`Spec::as_verb`]: `feedback`
//! is `feedback give`. What is hidden, and what nobody may run, is left out. The options that an
//! `open` command takes besides its own come by its form.
//!
//! Why not every needed value `required`? A value that is missing opens a form, and some are better
//! given there: a text has room and is nobody's business in the line that Discord shows above the
//! answer, and a handler's own form asks for more than the spec knows. The others are required,
//! because the client then offers them one by one, with the choices there are, as no form can.
//!
//! Why are long helps cut, and long names refused? A help is read, and its beginning says enough; a
//! name is typed, and half of one names nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::limits::{
    CHOICE_CHARS, COMMAND_CHARS, COMMAND_CHOICES, COMMAND_DESCRIPTION, COMMAND_NAME, COMMAND_OPTIONS,
};
use crate::commands::spec::{Argument, FormBy, Kind, Menu, Spec, locate};
use crate::diagnostic::Problem;

/// The one command's name.
pub const COMMAND: &str = "platform";
const DESCRIPTION: &str = "Get what the platform offers";
/// In guilds and in direct messages to the bot; not among other people's, where the bot is not.
const CONTEXTS: [u8; 2] = [0, 1];
/// Installed by a guild, not by a user for themselves.
const INTEGRATION_TYPES: [u8; 1] = [0];

/// The types of options, as Discord numbers them.
const SUB_COMMAND: u8 = 1;
const GROUP: u8 = 2;
const STRING: u8 = 3;
const BOOLEAN: u8 = 5;
pub(super) const USER: u8 = 6;
const NUMBER: u8 = 10;

/// The command, as an element of what `PUT /applications/{id}/commands` takes.
///
/// Valid where [`problems`] finds none.
pub fn tree(menu: &Menu) -> Value {
    let mut nouns: BTreeMap<&str, Vec<&Spec>> = BTreeMap::new();
    for spec in shown(menu) {
        nouns.entry(&spec.noun).or_default().push(spec);
    }
    let options: Vec<Value> = nouns.iter().map(|(noun, specs)| one_noun(noun, specs)).collect();
    json!({
        "type": 1,
        "name": COMMAND,
        "description": DESCRIPTION,
        "contexts": CONTEXTS,
        "integration_types": INTEGRATION_TYPES,
        "options": options,
    })
}

/// Who runs what is decided when it is run, for Discord shows the same tree to everybody.
fn shown(menu: &Menu) -> impl Iterator<Item = &Spec> {
    menu.all().filter(|spec| !spec.hidden && spec.role.is_some())
}

fn one_noun(noun: &str, specs: &[&Spec]) -> Value {
    if let [spec] = specs
        && spec.verb.is_none()
    {
        return sub_command(noun, spec);
    }
    let verbs: Vec<&str> = specs.iter().map(|spec| called(spec)).collect();
    let options: Vec<Value> = specs.iter().map(|spec| sub_command(called(spec), spec)).collect();
    json!({ "type": GROUP, "name": noun, "description": told(&verbs.join(", ")), "options": options })
}

/// What a spec is called within its group.
fn called(spec: &Spec) -> &str {
    spec.verb.as_deref().unwrap_or(&spec.as_verb)
}

fn sub_command(name: &str, spec: &Spec) -> Value {
    let (needed, other): (Vec<&Argument>, Vec<&Argument>) =
        taken(spec).partition(|argument| is_required(spec, argument));
    let needed = needed.into_iter().map(|argument| with(option(argument), "required", json!(true)));
    let options: Vec<Value> = needed.chain(other.into_iter().map(option)).collect();
    let sub = json!({ "type": SUB_COMMAND, "name": name, "description": told(&spec.summary) });
    if options.is_empty() { sub } else { with(sub, "options", json!(options)) }
}

/// What can be given on a line: all but what buttons alone carry.
fn taken(spec: &Spec) -> impl Iterator<Item = &Argument> {
    spec.arguments.iter().chain(&spec.options).filter(|argument| argument.kind != Kind::Id)
}

fn is_required(spec: &Spec, argument: &Argument) -> bool {
    argument.required && argument.kind != Kind::Text && spec.form == FormBy::Spec
}

fn option(argument: &Argument) -> Value {
    let kind = match argument.kind {
        Kind::Flag => BOOLEAN,
        Kind::Number => NUMBER,
        Kind::User => USER,
        _ => STRING,
    };
    let option = json!({ "type": kind, "name": argument.name, "description": told(&argument.help) });
    if is_looked_up(argument) {
        return with(option, "autocomplete", json!(true));
    }
    match argument.choices.as_slice() {
        [] => option,
        choices => {
            let choices = choices.iter().map(|choice| json!({ "name": choice, "value": choice }));
            with(option, "choices", choices.collect())
        }
    }
}

/// Whether Discord asks us for the choices while somebody types.
fn is_looked_up(argument: &Argument) -> bool {
    match argument.kind {
        Kind::Template
        | Kind::Environment
        | Kind::Survey
        | Kind::Item
        | Kind::Evidence
        | Kind::Zone
        | Kind::Subject => true,
        Kind::Choice => argument.choices.len() > COMMAND_CHOICES,
        Kind::Slug
        | Kind::Text
        | Kind::Number
        | Kind::Duration
        | Kind::Date
        | Kind::Until
        | Kind::Flag
        | Kind::Words
        | Kind::User
        | Kind::Id => false,
    }
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

/// A description: Discord shows it as it is, so without the marks of code.
fn told(text: &str) -> String {
    shortened(&text.replace('`', ""), COMMAND_DESCRIPTION)
}

/// Of what is longer than `most` the first words.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let text = text.trim();
    if length(text) <= most {
        return text.to_owned();
    }
    let mut left = most - 1;
    let fits = |c: &char| {
        let enough = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        enough
    };
    let kept: String = text.chars().take_while(fits).collect();
    let words = kept.rsplit_once(' ').map_or(kept.as_str(), |(words, _)| words);
    format!("{}…", words.trim_end_matches([',', ';', ':', '.', ' ']))
}

/// In UTF-16 code units, the largest of the ways to count.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What Discord counts of a command: names, descriptions and values, all levels together.
fn weight(value: &Value) -> usize {
    let own = ["name", "description", "value"].iter().filter_map(|name| value[*name].as_str());
    let below = ["options", "choices"].iter().filter_map(|name| value[*name].as_array());
    own.map(length).sum::<usize>() + below.flatten().map(weight).sum::<usize>()
}

/// Why Discord would not register the menu, by the files that it was read from (name, text): the
/// operator's own last, since of what is too much the last is told.
pub fn problems<'a>(menu: &Menu, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Problem> {
    let mut nouns = Nouns::default();
    let mut problems = Vec::new();
    let mut last = None;
    for (file, text) in files {
        for spec in shown(menu).filter(|spec| spec.file == file) {
            let findings = alone(spec).into_iter().chain(nouns.take(spec));
            problems.extend(findings.map(|found| locate(file, text, &found.at, found.what, found.fix)));
            last = Some((file, text));
        }
    }
    let total = weight(&tree(menu));
    if let Some((file, text)) = last.filter(|_| total > COMMAND_CHARS) {
        let what = format!(
            "with it the names and descriptions of all commands come to {total} characters, and Discord takes \
             {COMMAND_CHARS}"
        );
        problems.push(locate(file, text, "command", what, "shorten summaries and helps"));
    }
    problems
}

struct Finding {
    /// What to look for in the file, see [`locate`].
    at: String,
    what: String,
    fix: &'static str,
}

/// What is wrong with a spec whatever else there is.
fn alone(spec: &Spec) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |at: &str, what: String, fix| findings.push(Finding { at: at.to_owned(), what, fix });
    let too_long = |name: &str| {
        let length = length(name);
        let what = format!("`{name}` has {length} characters, and Discord takes names of {COMMAND_NAME}");
        (length > COMMAND_NAME).then_some(what)
    };
    for (at, name) in [("command", spec.noun.as_str()), ("command", called(spec))] {
        too_long(name).into_iter().for_each(|what| say(at, what, "give it a shorter name"));
    }
    if told(&spec.summary).is_empty() {
        say("summary", "Discord lists no command without a summary".into(), "say what it does");
    }
    let count = taken(spec).count();
    if count > COMMAND_OPTIONS {
        let what = format!("it takes {count} values, and Discord takes {COMMAND_OPTIONS}");
        say("command", what, "make two commands of it");
    }
    for argument in taken(spec) {
        let at = format!("\"{}\"", argument.name);
        too_long(&argument.name).into_iter().for_each(|what| say(&at, what, "give it a shorter name"));
        if told(&argument.help).is_empty() {
            say(
                &at,
                format!("Discord lists no value without a help, as `{}`", argument.name),
                "say what it is",
            );
        }
        if let Some(what) = unfit_choice(argument) {
            say(&at, what, "choices are short, and each stands once");
        }
    }
    findings
}

fn unfit_choice(argument: &Argument) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut fits = |choice| (1..=CHOICE_CHARS).contains(&length(choice)) && seen.insert(choice);
    let choice = argument.choices.iter().map(String::as_str).find(|choice| !fits(*choice))?;
    Some(format!(
        "the choice `{choice}` of `{}` is empty, too long for Discord or there twice",
        argument.name
    ))
}

/// The nouns so far, each with what is called below it.
#[derive(Default)]
struct Nouns<'m>(BTreeMap<&'m str, BTreeSet<&'m str>>);

impl<'m> Nouns<'m> {
    fn take(&mut self, spec: &'m Spec) -> Option<Finding> {
        let (noun, verb) = (spec.noun.as_str(), called(spec));
        let many = self.0.len() == COMMAND_OPTIONS && !self.0.contains_key(noun);
        let below = self.0.entry(noun).or_default();
        let full = below.len() == COMMAND_OPTIONS;
        let new = below.insert(verb);
        let (what, fix) = match (many, full, new) {
            (true, ..) => (
                format!("`{noun}` is one noun more than the {COMMAND_OPTIONS} that Discord takes"),
                "use another noun",
            ),
            (_, true, _) => {
                let what =
                    format!("`{noun} {verb}` is one verb more than the {COMMAND_OPTIONS} that Discord takes");
                (what, "use another noun")
            }
            (.., false) => (
                format!("on Discord, `{noun}` alone and another command are both called `{noun} {verb}`"),
                "give bare nouns `as_verb = \"…\"`",
            ),
            _ => return None,
        };
        Some(Finding { at: "command".into(), what, fix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn menu(specs: &[(&str, &str)]) -> Menu {
        Menu::parse(specs.iter().copied()).unwrap()
    }

    /// The tree as one line for each level: the name, the type, then what else is said.
    fn outline(value: &Value, depth: usize) -> String {
        let mut said = value.clone();
        let members = said.as_object_mut().unwrap();
        let below = members.shift_remove("options");
        let (name, kind) = (members.shift_remove("name").unwrap(), members.shift_remove("type").unwrap());
        let mut line = format!("{}{} {kind}", "  ".repeat(depth), name.as_str().unwrap());
        for (name, value) in members {
            line.push_str(&format!(" {name}={value}"));
        }
        let below = below.iter().filter_map(Value::as_array).flatten();
        below.fold(line, |lines, option| format!("{lines}\n{}", outline(option, depth + 1)))
    }

    const DO: &str = "command = \"thing do\"\nsummary = \"Do `it`\"\nrole = \"developer\"\n\
        [[argument]]\nname = \"env\"\nkind = \"environment\"\nrequired = true\nhelp = \"Which\"\n\
        [[argument]]\nname = \"size\"\nkind = \"choice\"\nchoices = [\"s\", \"m\"]\nhelp = \"How large\"\n\
        [[argument]]\nname = \"why\"\nkind = \"text\"\nhelp = \"The reason\"\n\
        [[option]]\nname = \"who\"\nkind = \"user\"\nrequired = true\nhelp = \"For whom\"\n\
        [[option]]\nname = \"count\"\nkind = \"number\"\nhelp = \"How many\"\n\
        [[option]]\nname = \"all\"\nkind = \"flag\"\nhelp = \"All of them\"\n";
    const ALONE: &str = "command = \"thing\"\nsummary = \"See it\"\nrole = \"developer\"\n";
    const HIDDEN: &str = "command = \"hush now\"\nsummary = \"x\"\nrole = \"developer\"\nhidden = true\n";
    const NOBODY: &str = "command = \"gone now\"\nsummary = \"x\"\n";
    const FORM: &str = "command = \"make\"\nsummary = \"Make it\"\nrole = \"pm\"\nform = \"handler\"\n\
        [[argument]]\nname = \"template\"\nkind = \"template\"\nrequired = true\nhelp = \"Which\"\n";

    #[test]
    fn nouns_are_groups_or_sub_commands_and_values_have_their_types() {
        let menu = menu(&[("a", DO), ("b", ALONE), ("c", HIDDEN), ("d", NOBODY), ("e", FORM)]);
        insta::assert_snapshot!(outline(&tree(&menu), 0), @r#"
        platform 1 description="Get what the platform offers" contexts=[0,1] integration_types=[0]
          make 1 description="Make it"
            template 3 description="Which" autocomplete=true
          thing 2 description="show, do"
            show 1 description="See it"
            do 1 description="Do it"
              env 3 description="Which" autocomplete=true required=true
              who 6 description="For whom" required=true
              size 3 description="How large" choices=[{"name":"s","value":"s"},{"name":"m","value":"m"}]
              why 3 description="The reason"
              count 10 description="How many"
              all 5 description="All of them"
        "#);
    }

    #[test]
    fn choices_that_are_too_many_to_list_are_found_by_typing() {
        let spec = |count: usize| {
            let choices: Vec<String> = (0..count).map(|n| format!("\"c{n}\"")).collect();
            let option = format!(
                "[[option]]\nname = \"o\"\nkind = \"choice\"\nhelp = \"h\"\nchoices = [{}]\n",
                choices.join(",")
            );
            tree(&menu(&[("a", &(ALONE.to_owned() + &option))]))["options"][0]["options"][0].clone()
        };
        assert_eq!(spec(25)["choices"].as_array().unwrap().len(), 25);
        assert_eq!((&spec(26)["choices"], &spec(26)["autocomplete"]), (&Value::Null, &json!(true)));
    }

    #[test]
    fn a_long_help_ends_with_a_word_and_shows_no_marks_of_code() {
        assert_eq!(told(" Its name, as `demo` "), "Its name, as demo");
        let (kept, long) = ("word ".repeat(18), "word ".repeat(18) + "and, " + &"long".repeat(5));
        assert_eq!(told(&long), format!("{kept}and…"));
        assert_eq!(length(&told(&"x".repeat(200))), 100);
        assert_eq!(length(&told(&"🚀".repeat(200))), 99);
    }

    fn said(specs: &[(&str, &str)]) -> Vec<String> {
        let found = problems(&menu(specs), specs.iter().copied());
        found.iter().map(|problem| format!("{}:{}: {}", problem.file, problem.line, problem.what)).collect()
    }

    #[test]
    fn what_discord_does_not_register_is_named_with_its_line() {
        let name = "x".repeat(33);
        let spec = format!(
            "command = \"{name} do\"\nsummary = \"``\"\nrole = \"pm\"\n[[option]]\nname = \"{name}\"\n\
             kind = \"choice\"\nhelp = \" \"\nchoices = [\"a\", \"a\"]\n"
        );
        insta::assert_snapshot!(said(&[("a.toml", &spec)]).join("\n"), @"
        a.toml:1: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` has 33 characters, and Discord takes names of 32
        a.toml:2: Discord lists no command without a summary
        a.toml:5: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` has 33 characters, and Discord takes names of 32
        a.toml:5: Discord lists no value without a help, as `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`
        a.toml:5: the choice `a` of `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` is empty, too long for Discord or there twice
        ");
        let show = "command = \"thing show\"\nsummary = \"x\"\nrole = \"pm\"\n";
        insta::assert_snapshot!(said(&[("a.toml", ALONE), ("b.toml", show)]).join("\n"), @"b.toml:1: on Discord, `thing` alone and another command are both called `thing show`");
    }

    fn many(count: usize, command: impl Fn(usize) -> String) -> Vec<String> {
        let specs: Vec<(String, String)> = (0..count)
            .map(|n| {
                let summary = format!("{:0100}", n);
                (
                    format!("{n}.toml"),
                    format!("command = \"{}\"\nsummary = \"{summary}\"\nrole = \"pm\"\n", command(n)),
                )
            })
            .collect();
        let specs: Vec<(&str, &str)> =
            specs.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        said(&specs)
    }

    #[test]
    fn of_what_is_too_much_the_last_file_is_named() {
        assert_eq!(many(25, |n| format!("n{n}")), [""; 0]);
        insta::assert_snapshot!(many(26, |n| format!("n{n}")).join("\n"), @"25.toml:1: `n25` is one noun more than the 25 that Discord takes");
        insta::assert_snapshot!(many(26, |n| format!("run v{n}")).join("\n"), @"25.toml:1: `run v25` is one verb more than the 25 that Discord takes");
        insta::assert_snapshot!(many(80, |n| format!("n{} v{n}", n / 10)).join("\n"), @"79.toml:1: with it the names and descriptions of all commands come to 8656 characters, and Discord takes 8000");
    }
}
