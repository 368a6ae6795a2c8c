//! `template.yaml` to a [`Template`]: required keys, types, our one extra key: pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::model::{Files, OPERATIONS, Observe, Rate, Step, Template, Tier, Ttl, digest};
use super::rules;
use super::yaml::Document;
use crate::diagnostic::{Problem, Rule};
use crate::templating::escape_pointer;

const API_VERSION: &str = "scaffolder.backstage.io/v1beta3";
const OURS: &str = "/spec/goldenpath";
const GOLDENPATH_KEYS: &[&str] =
    &["tier", "ttl", "rate_per_hour", "recommended", "outputs", "observe", "operations"];

/// The template that a document describes, and what is wrong with its outline.
pub fn outline(document: &Document, files: Files) -> (Template, Vec<Problem>) {
    let mut reader = Reader { document, problems: Vec::new() };
    let template = reader.template(files);
    (template, reader.problems)
}

/// The steps of a document that may be no template.
pub fn steps(document: &Document) -> Vec<Step> {
    Reader { document, problems: Vec::new() }.steps("/spec/steps")
}

struct Reader<'a> {
    document: &'a Document,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn template(&mut self, files: Files) -> Template {
        self.envelope();
        let name = self.required_text("/metadata/name");
        self.name(&name);
        let outputs = self.map("/spec/goldenpath/outputs");
        let template = Template {
            title: self.text("/metadata/title").unwrap_or_else(|| name.clone()),
            name,
            description: self.text("/metadata/description").unwrap_or_default(),
            tags: self.texts("/metadata/tags"),
            owner: self.text("/spec/owner"),
            kind: self.required_text("/spec/type"),
            file: self.document.file.clone(),
            version: digest(&files),
            tier: self.tier(),
            ttl: self.ttl(),
            rate_per_hour: self.rate(),
            recommended: self.map("/spec/goldenpath/recommended").into_iter().collect(),
            observe: self.observe(),
            steps: self.required_steps(),
            operations: self.operations(),
            secrets: self.texts("/spec/goldenpath/outputs/secret"),
            outputs: if outputs.is_empty() { self.first_link() } else { without_secret(outputs) },
            pages: self.pages(),
            document: self.document.value.clone(),
            files,
        };
        self.goldenpath_keys();
        template
    }

    fn get(&self, pointer: &str) -> Option<&Value> {
        self.document.value.pointer(pointer).filter(|value| !value.is_null())
    }

    fn problem(&mut self, pointer: &str, what: impl Into<String>, fix: &str) {
        let problem = self.document.problem(pointer, what, fix);
        self.problems.push(problem.under(rule_at(pointer)));
    }

    fn text(&mut self, pointer: &str) -> Option<String> {
        match self.get(pointer)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => {
                let key = last(pointer);
                self.problem(pointer, format!("`{key}` has to be text"), "put it between quotes");
                None
            }
        }
    }

    fn required_text(&mut self, pointer: &str) -> String {
        if self.get(pointer).is_none() {
            let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
            let what = format!("`{}` is missing", pointer.trim_start_matches('/').replace('/', "."));
            self.problem(parent, what, &format!("add `{key}: …`"));
        }
        self.text(pointer).unwrap_or_default()
    }

    fn texts(&mut self, pointer: &str) -> Vec<String> {
        match self.get(pointer) {
            None => Vec::new(),
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
                items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(_) => {
                self.problem(pointer, format!("`{}` has to be a list of texts", last(pointer)), "");
                Vec::new()
            }
        }
    }

    fn map(&mut self, pointer: &str) -> Map<String, Value> {
        match self.get(pointer) {
            None => Map::new(),
            Some(Value::Object(map)) => map.clone(),
            Some(_) => {
                self.problem(pointer, format!("`{}` has to be a mapping", last(pointer)), "");
                Map::new()
            }
        }
    }

    fn envelope(&mut self) {
        for (pointer, expected) in [("/apiVersion", API_VERSION), ("/kind", "Template")] {
            let found = self.required_text(pointer);
            if !found.is_empty() && found != expected {
                let what = format!("`{found}` is not read here");
                self.problem(pointer, what, &format!("write `{}: {expected}`", last(pointer)));
            }
        }
    }

    fn name(&mut self, name: &str) {
        let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        let fine = plain && name.len() <= 63 && ends(name.chars().next()) && ends(name.chars().last());
        if !name.is_empty() && !fine {
            let fix = "use at most 63 letters, digits and `-`, `_`, `.` between them";
            self.problem("/metadata/name", format!("`{name}` cannot be a template's name"), fix);
        }
    }

    fn goldenpath_keys(&mut self) {
        let keys = self.map(OURS);
        for key in keys.keys().filter(|key| !GOLDENPATH_KEYS.contains(&key.as_str())) {
            self.unknown_key(OURS, key, GOLDENPATH_KEYS);
        }
    }

    fn unknown_key(&mut self, parent: &str, key: &str, known: &[&str]) {
        let fix = match nearest(key, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("use one of {}", list(known)),
        };
        let pointer = format!("{parent}/{}", escape_pointer(key));
        let what = format!("`{}` knows no key `{key}`", last(parent));
        self.problems.push(self.document.key_problem(&pointer, what, &fix).under(rule_at(&pointer)));
    }

    /// A mapping of ours: other keys than these are errors.
    fn closed_map(&mut self, pointer: &str, known: &[&str]) -> Map<String, Value> {
        let map = self.map(pointer);
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            self.unknown_key(pointer, key, known);
        }
        map
    }

    fn tier(&mut self) -> Tier {
        match self.text("/spec/goldenpath/tier").as_deref() {
            Some("golden") => Tier::Golden,
            Some("supported") => Tier::Supported,
            None => Tier::Custom,
            Some(other) => {
                let what = format!("there is no tier `{other}`");
                self.problem("/spec/goldenpath/tier", what, "write `golden` or `supported`");
                Tier::Custom
            }
        }
    }

    fn ttl(&mut self) -> Option<Ttl> {
        let pointer = "/spec/goldenpath/ttl";
        self.get(pointer)?;
        self.closed_map(pointer, &["default", "max"]);
        let default = self.span(&format!("{pointer}/default"));
        let max = self.span(&format!("{pointer}/max"));
        let ttl = Ttl { default: default?, max: max? };
        if ttl.default > ttl.max {
            self.problem(&format!("{pointer}/default"), "`default` is longer than `max`", "");
        }
        Some(ttl)
    }

    fn span(&mut self, pointer: &str) -> Option<std::time::Duration> {
        let text = self.required_text(pointer);
        let span = crate::duration::parse(&text);
        if span.is_none() && !text.is_empty() {
            self.problem(pointer, format!("`{text}` is not a span of time"), "write it like `12h` or `3d`");
        }
        span
    }

    fn rate(&mut self) -> Option<Rate> {
        let pointer = "/spec/goldenpath/rate_per_hour";
        self.get(pointer)?;
        let map = self.closed_map(pointer, &["amount", "currency"]);
        let currency = self.required_text(&format!("{pointer}/currency"));
        match map.get("amount").and_then(Value::as_f64).filter(|amount| *amount >= 0.0) {
            Some(amount) => Some(Rate { amount, currency }),
            None => {
                self.problem(&format!("{pointer}/amount"), "`amount` has to be a number from 0 on", "");
                None
            }
        }
    }

    fn observe(&mut self) -> Vec<Observe> {
        let pointer = "/spec/goldenpath/observe";
        let mut pages = Vec::new();
        for i in 0..self.items(pointer).len() {
            let at = format!("{pointer}/{i}");
            self.closed_map(&at, &["title", "url"]);
            let title = self.required_text(&format!("{at}/title"));
            pages.push(Observe { title, url: self.required_text(&format!("{at}/url")) });
        }
        pages
    }

    fn items(&mut self, pointer: &str) -> Vec<Value> {
        match self.get(pointer) {
            None => Vec::new(),
            Some(Value::Array(items)) => items.clone(),
            Some(_) => {
                self.problem(pointer, format!("`{}` has to be a list", last(pointer)), "");
                Vec::new()
            }
        }
    }

    fn pages(&mut self) -> Vec<Value> {
        match self.get("/spec/parameters") {
            Some(Value::Object(_)) => self.get("/spec/parameters").cloned().into_iter().collect(),
            _ => self.items("/spec/parameters"),
        }
    }

    fn required_steps(&mut self) -> Vec<Step> {
        let steps = self.steps("/spec/steps");
        if steps.is_empty() {
            self.problem("/spec", "`spec.steps` is missing or empty", "add at least one step");
        }
        steps
    }

    fn operations(&mut self) -> BTreeMap<String, Vec<Step>> {
        let pointer = "/spec/goldenpath/operations";
        let names: Vec<String> = self.closed_map(pointer, OPERATIONS).keys().cloned().collect();
        names.into_iter().map(|name| (name.clone(), self.steps(&format!("{pointer}/{name}")))).collect()
    }

    fn steps(&mut self, pointer: &str) -> Vec<Step> {
        let count = self.items(pointer).len();
        (0..count).map(|i| self.step(&format!("{pointer}/{i}"), i + 1)).collect()
    }

    fn step(&mut self, at: &str, position: usize) -> Step {
        let action = self.required_text(&format!("{at}/action"));
        let id = self.text(&format!("{at}/id")).unwrap_or_else(|| format!("step{position}"));
        Step {
            name: self.text(&format!("{at}/name")).unwrap_or_else(|| id.clone()),
            id,
            action,
            input: Value::Object(self.map(&format!("{at}/input"))),
            condition: self.get(&format!("{at}/if")).cloned(),
            idempotent: self.flag(&format!("{at}/idempotent")),
            position,
        }
    }

    fn flag(&mut self, pointer: &str) -> bool {
        match self.get(pointer) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.problem(pointer, format!("`{}` has to be true or false", last(pointer)), "");
                false
            }
        }
    }

    /// A template without our key still has an address: that of its first link.
    fn first_link(&mut self) -> Map<String, Value> {
        let links = self.document.value.pointer("/spec/output/links").and_then(Value::as_array);
        let url = links.and_then(|links| links.iter().find_map(|link| link.get("url").cloned()));
        url.map(|url| ("url".to_owned(), url)).into_iter().collect()
    }
}

fn without_secret(mut outputs: Map<String, Value>) -> Map<String, Value> {
    outputs.shift_remove("secret");
    outputs
}

/// The outline of a template is Backstage's, our key's is ours.
fn rule_at(pointer: &str) -> &'static Rule {
    match pointer {
        "/apiVersion" => &rules::LEGACY_VERSION,
        at if at.starts_with(OURS) => &rules::GOLDENPATH,
        _ => &rules::OUTLINE,
    }
}

fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or(pointer)
}

fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The known word that is most like `word`, if one is like it at all.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|one| (strsim::jaro_winkler(&word.to_lowercase(), one), *one));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= 0.8).then_some(best.1)
}
