//! A command's spec: one TOML file of `commands/`, from which all else is derived.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::access::Role;
use crate::diagnostic::{Problem, parse_toml};

/// What kind of value an argument takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A name: lower-case letters, digits and `-`, 1 to 40 characters, a letter first.
    Slug,
    /// The raw rest of the line; the last argument only.
    Text,
    Number,
    /// `2h`, `3d`, `1d12h`.
    Duration,
    /// `2026-12-24`, `fri`, `tomorrow`: one word.
    Date,
    /// A length of time, `3d`, or a moment, `until fri 18:00`, by the clock of who says it.
    Until,
    /// One of the argument's `choices`.
    Choice,
    /// Yes or no; takes no value on the line.
    Flag,
    /// The name of a template.
    Template,
    /// The name or id of an environment.
    Environment,
    /// The key of a survey.
    Survey,
    /// The key of an item of the roadmap.
    Item,
    /// Evidence or a feedback, by the id that a choice carries.
    Evidence,
    /// A few words, in quotes on the line.
    Words,
    /// The name of a time zone, or what a handler takes in its place.
    Zone,
    /// What stats can be about: `env`, `survey`, the key of a survey.
    Subject,
    /// A mention of a person.
    User,
    /// An id that a button carries; cannot be typed.
    Id,
}

/// See [`Spec::as_verb`].
const AS_VERB: &str = "show";

/// One argument or option.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    pub name: String,
    pub kind: Kind,
    /// What a form calls it; its name unless said.
    pub label: Option<String>,
    /// What it is and why it is needed, a sentence without a full stop.
    pub help: String,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub choices: Vec<String>,
    /// Whether the audit keeps what was given: `false` for somebody's own words.
    #[serde(default = "kept")]
    pub audit: bool,
    /// A flag that, once set, makes the command [private](Spec::private).
    #[serde(default)]
    pub private: bool,
}

fn kept() -> bool {
    true
}

/// A line that runs; each is executed as a test.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// As it is typed after `/platform`.
    pub line: String,
    /// What it does.
    pub does: String,
}

/// Who makes the form for missing values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormBy {
    /// The engine, from the spec.
    #[default]
    Spec,
    /// The handler, which knows more fields.
    Handler,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    command: String,
    summary: String,
    role: Option<Role>,
    #[serde(default)]
    details: String,
    confirm: Option<String>,
    #[serde(default)]
    bare: bool,
    as_verb: Option<String>,
    #[serde(default)]
    hidden: bool,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    form: FormBy,
    #[serde(default)]
    open: bool,
    #[serde(default)]
    argument: Vec<Argument>,
    #[serde(default)]
    option: Vec<Argument>,
    #[serde(default)]
    example: Vec<Example>,
}

/// A command of the menu.
#[derive(Debug, Clone)]
pub struct Spec {
    /// `env.create`, what buttons, forms and handlers name.
    pub key: String,
    pub noun: String,
    /// Absent for a noun that is a command itself, as `stats`.
    pub verb: Option<String>,
    /// What it does, without a full stop.
    pub summary: String,
    /// A paragraph for its help.
    pub details: String,
    /// What a button of it that is confirmed first says will happen; the line needs no such question.
    pub confirm: Option<String>,
    /// Who may run it; absent means nobody.
    pub role: Option<Role>,
    /// Runs when the noun is typed alone.
    pub bare: bool,
    /// Of a noun that is a command itself: the verb that it goes by where a noun with verbs cannot
    /// be called, as on Discord. Nobody types it; `show` unless said.
    pub as_verb: String,
    /// Only buttons and forms reach it.
    pub hidden: bool,
    /// Leaves no audit row, no delivery record in clear and no trace of its arguments.
    pub private: bool,
    pub form: FormBy,
    /// Takes options it does not declare: the template's parameters.
    pub open: bool,
    pub arguments: Vec<Argument>,
    pub options: Vec<Argument>,
    pub examples: Vec<Example>,
    /// The file it came from.
    pub file: String,
}

impl Spec {
    /// Whether it is private or can be made so.
    pub fn may_be_private(&self) -> bool {
        self.private || self.options.iter().any(|option| option.private)
    }

    /// `/platform env create`.
    pub fn command(&self) -> String {
        match &self.verb {
            Some(verb) => format!("/platform {} {verb}", self.noun),
            None => format!("/platform {}", self.noun),
        }
    }

    /// `/platform env create TEMPLATE NAME [ttl=DURATION]`.
    pub fn usage(&self) -> String {
        let arguments = self.arguments.iter().map(|argument| match argument.required {
            true => argument.name.to_uppercase(),
            false => format!("[{}]", argument.name.to_uppercase()),
        });
        let options = self.options.iter().map(|option| match option.kind {
            Kind::Flag => format!("[--{}]", option.name),
            _ => format!("[{}=…]", option.name),
        });
        let parts = std::iter::once(self.command()).chain(arguments).chain(options);
        parts.collect::<Vec<_>>().join(" ")
    }

    /// The argument or option called `name`.
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().chain(&self.options).find(|argument| argument.name == name)
    }
}

/// All commands, checked against one another.
#[derive(Debug, Clone, Default)]
pub struct Menu {
    specs: BTreeMap<String, Spec>,
}

impl Menu {
    /// Reads the files (name, text).
    ///
    /// # Errors
    /// Every problem of every file, each with its line.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Menu, Vec<Problem>> {
        let mut menu = Menu::default();
        let mut problems = Vec::new();
        for (file, text) in files {
            match parse_one(file, text) {
                Ok(spec) => menu.add(spec, text, &mut problems),
                Err(mut found) => problems.append(&mut found),
            }
        }
        if problems.is_empty() { Ok(menu) } else { Err(problems) }
    }

    fn add(&mut self, spec: Spec, text: &str, problems: &mut Vec<Problem>) {
        let place = |what: String, fix: &str| locate(&spec.file, text, "command", what, fix);
        let rival = self.specs.values().find(|other| other.noun == spec.noun && other.bare && spec.bare);
        if let Some(other) = self.specs.get(&spec.key) {
            problems.push(place(
                format!("`{}` is defined in {} already", spec.key, other.file),
                "give it a name of its own",
            ));
        } else if let Some(other) = rival {
            let what = format!("bare `{}` is `{}` already ({})", spec.noun, other.key, other.file);
            problems.push(locate(&spec.file, text, "bare", what, "keep `bare = true` in one of them"));
        } else {
            self.specs.insert(spec.key.clone(), spec);
        }
    }

    /// The spec with this key.
    pub fn get(&self, key: &str) -> Option<&Spec> {
        self.specs.get(key)
    }

    /// All specs, by key.
    pub fn all(&self) -> impl Iterator<Item = &Spec> {
        self.specs.values()
    }

    /// The nouns that can be typed.
    pub fn nouns(&self) -> BTreeSet<&str> {
        self.all().filter(|spec| !spec.hidden).map(|spec| spec.noun.as_str()).collect()
    }

    /// The commands of a noun that can be typed.
    pub fn of_noun<'a>(&'a self, noun: &str) -> Vec<&'a Spec> {
        self.all().filter(|spec| spec.noun == noun && !spec.hidden).collect()
    }
}

fn parse_one(file: &str, text: &str) -> Result<Spec, Vec<Problem>> {
    let raw: File = parse_toml(file, text).map_err(|problem| vec![problem])?;
    let words: Vec<&str> = raw.command.split(' ').collect();
    let (noun, verb) = match words.as_slice() {
        [noun] if is_slug(noun) => ((*noun).to_owned(), None),
        [noun, verb] if is_slug(noun) && is_slug(verb) => ((*noun).to_owned(), Some((*verb).to_owned())),
        _ => {
            let what = format!("`{}` is not a noun, or a noun and a verb", raw.command);
            return Err(vec![locate(file, text, "command", what, "write it like \"env create\"")]);
        }
    };
    let key = verb.as_ref().map_or_else(|| noun.clone(), |verb| format!("{noun}.{verb}"));
    if let (Some(_), Some(_)) = (&verb, &raw.as_verb) {
        let what = format!("`{}` has a verb already", raw.command);
        return Err(vec![locate(file, text, "as_verb", what, "leave `as_verb` out")]);
    }
    let spec = Spec {
        key,
        noun,
        verb,
        summary: raw.summary,
        details: raw.details,
        confirm: raw.confirm,
        role: raw.role,
        bare: raw.bare,
        as_verb: raw.as_verb.unwrap_or_else(|| AS_VERB.to_owned()),
        hidden: raw.hidden,
        private: raw.private,
        form: raw.form,
        open: raw.open,
        arguments: raw.argument,
        options: raw.option,
        examples: raw.example,
        file: file.to_owned(),
    };
    let problems = check(&spec, text);
    if problems.is_empty() { Ok(spec) } else { Err(problems) }
}

/// What the types alone do not hold.
fn check(spec: &Spec, text: &str) -> Vec<Problem> {
    let mut findings = each_alone(spec);
    if !is_slug(&spec.as_verb) {
        let what = format!("`{}` is not a verb", spec.as_verb);
        findings.push(("as_verb".into(), what, "lower-case letters, digits and `-`, a letter first"));
    }
    findings.extend(in_their_order(spec));
    if let Some(option) = spec.options.iter().find(|option| matches!(option.kind, Kind::Text | Kind::Id)) {
        let what = format!("`{}` cannot be an option", option.name);
        findings.push((quoted(option), what, "make it the last argument"));
    }
    if spec.private && !spec.hidden {
        let what = "a private command can be typed, and what is typed others may see".to_owned();
        findings.push(("private".into(), what, "set `hidden = true`"));
    }
    let problem = |(needle, what, fix): Finding| locate(&spec.file, text, &needle, what, fix);
    findings.into_iter().map(problem).collect()
}

/// Where to look for the line, what is wrong, the fix.
type Finding = (String, String, &'static str);

fn quoted(argument: &Argument) -> String {
    format!("\"{}\"", argument.name)
}

fn each_alone(spec: &Spec) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for argument in spec.arguments.iter().chain(&spec.options) {
        let name = &argument.name;
        let mut say = |what: String, fix: &'static str| findings.push((quoted(argument), what, fix));
        if !is_slug(name) {
            say(format!("`{name}` is not a name"), "lower-case letters, digits and `-`, a letter first");
        }
        if !seen.insert(name) {
            say(format!("`{name}` stands twice"), "give each argument its own name");
        }
        if argument.private && argument.kind != Kind::Flag {
            say(format!("`{name}` cannot make the command private"), "only `kind = \"flag\"` can");
        }
        if (argument.kind == Kind::Choice) == argument.choices.is_empty() {
            let fix = "`kind = \"choice\"` and `choices = […]` go together";
            say(format!("`{name}` and its choices do not fit"), fix);
        }
    }
    findings
}

fn in_their_order(spec: &Spec) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut optional = None;
    for (place, argument) in spec.arguments.iter().enumerate() {
        let name = &argument.name;
        let words = matches!(argument.kind, Kind::Text | Kind::Until);
        if words && place + 1 != spec.arguments.len() {
            let what = format!("`{name}` takes several words and is not the last argument");
            findings.push((quoted(argument), what, "move it to the end"));
        }
        if let (true, Some(before)) = (argument.required, optional) {
            let what = format!("`{name}` is required after the optional `{before}`");
            findings.push((quoted(argument), what, "required arguments come first"));
        }
        if !argument.required {
            optional = optional.or(Some(name));
        }
    }
    findings
}

/// A finding at the first line with the quoted `needle`, or that sets the key `needle`.
pub(crate) fn locate(file: &str, text: &str, needle: &str, what: String, fix: &str) -> Problem {
    match text.lines().position(|line| line.contains(needle)).filter(|_| needle.starts_with('"')) {
        Some(index) => Problem::at_line(file, text, index + 1, 0, what, fix),
        None => Problem::at_key(file, text, needle, what, fix),
    }
}

/// A name: lower-case letters, digits and `-`, 1 to 40 characters, a letter
/// first and no `-` last (it becomes a host and repository name).
pub fn is_slug(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let found = Menu::parse([("a.toml", text)]).err().unwrap_or_default();
        found.iter().map(|problem| format!("{}: {}", problem.line, problem.what)).collect()
    }

    #[test]
    fn each_mistake_is_named_with_its_line() {
        assert_eq!(
            problems("command = \"Env\"\nsummary = \"x\"\n"),
            ["1: `Env` is not a noun, or a noun and a verb"]
        );
        assert_eq!(problems("command = \"env x\"\nsumary = \"x\"\n").len(), 1);
        let twice = "command = \"a b\"\nsummary = \"x\"\n\
                     [[argument]]\nname = \"n\"\nkind = \"slug\"\nhelp = \"h\"\n\
                     [[argument]]\nname = \"n\"\nkind = \"slug\"\nhelp = \"h\"\nrequired = true\n";
        assert_eq!(problems(twice), ["4: `n` stands twice", "4: `n` is required after the optional `n`"]);
        let open = "command = \"a b\"\nsummary = \"x\"\nprivate = true\n";
        assert_eq!(problems(open), ["3: a private command can be typed, and what is typed others may see"]);
        let verb = "command = \"a b\"\nsummary = \"x\"\nas_verb = \"c\"\n";
        assert_eq!(problems(verb), ["3: `a b` has a verb already"]);
    }

    #[test]
    fn a_collision_names_the_other_file() {
        let text = "command = \"env list\"\nsummary = \"x\"\n";
        let problems = Menu::parse([("a.toml", text), ("b.toml", text)]).unwrap_err();
        assert_eq!(
            problems[0].to_string().lines().next(),
            Some("b.toml:1: `env.list` is defined in a.toml already")
        );
    }
}
