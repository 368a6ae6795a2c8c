//! What can be known to be wrong before the first step: names, expressions, schemas: pure.
//!
//! Each part looks at one side of a template and adds problems under the [`rules`].

mod expressions;
mod schemas;
mod skeletons;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::model::{Step, Template};
use super::read::nearest;
use super::rules;
use super::yaml::Document;
use crate::diagnostic::{Problem, Rule};
use crate::templating::{Renderer, escape_pointer};

pub use skeletons::{fetched, skeleton, templated_text};

/// Everything that is wrong with a template whose outline could be read.
pub fn problems(template: &Template, document: &Document, folder: &str) -> Vec<Problem> {
    let mut lint = Lint {
        template,
        document,
        renderer: Renderer::new(),
        parameters: template.parameter_names().into_iter().collect(),
        hidden: schemas::secret_fields(template),
        used: BTreeSet::new(),
        problems: Vec::new(),
    };
    lint.marks();
    lint.schemas();
    lint.recommended();
    lint.flow();
    lint.unused();
    lint.skeletons(folder);
    lint.problems
}

/// The steps that an expression may read: id → action.
type Visible<'a> = BTreeMap<&'a str, &'a str>;

/// What is wrong, and the fix.
type Complaint = (&'static Rule, String, String);

struct Lint<'a> {
    template: &'a Template,
    document: &'a Document,
    renderer: Renderer,
    parameters: BTreeSet<String>,
    /// Parameters that a portal keeps among the secrets.
    hidden: BTreeSet<String>,
    /// Parameters that something reads; `*` when something reads all of them.
    used: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl<'a> Lint<'a> {
    fn add(&mut self, rule: &'static Rule, pointer: &str, what: impl Into<String>, fix: &str) {
        self.problems.push(self.document.problem(pointer, what, fix).under(rule));
    }

    fn add_key(&mut self, rule: &'static Rule, pointer: &str, what: impl Into<String>, fix: &str) {
        self.problems.push(self.document.key_problem(pointer, what, fix).under(rule));
    }

    /// What the YAML itself shows.
    fn marks(&mut self) {
        let document = self.document;
        for pointer in &document.braces {
            let what = "YAML reads braces without quotes as a mapping";
            self.add(&rules::BRACES, pointer, what, "put the text between quotes");
        }
        for pointer in &document.words {
            let word = document.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let what = format!("`{word}` without quotes");
            self.add(&rules::OLD_BOOLEAN, pointer, what, "write `true` or `false`, or put it between quotes");
        }
    }

    fn flow(&mut self) {
        let template = self.template;
        let mut visible = Visible::new();
        self.steps("/spec/steps", &template.steps, &mut visible);
        for (name, steps) in &template.operations {
            let mut visible = visible.clone();
            self.steps(&format!("/spec/goldenpath/operations/{name}"), steps, &mut visible);
        }
        for pointer in ["/spec/output", "/spec/goldenpath/outputs", "/spec/goldenpath/observe"] {
            if let Some(value) = self.document.value.pointer(pointer) {
                self.strings(pointer, &value.clone(), &visible);
            }
        }
        for (i, secret) in template.secrets.iter().enumerate() {
            let reference = format!("${{{{ {secret} }}}}");
            self.text(&format!("/spec/goldenpath/outputs/secret/{i}"), &reference, &visible);
        }
    }

    /// Every text of a value, keys included.
    fn strings(&mut self, pointer: &str, value: &Value, visible: &Visible<'_>) {
        match value {
            Value::String(text) => self.text(pointer, text, visible),
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.strings(&format!("{pointer}/{i}"), item, visible);
                }
            }
            Value::Object(entries) => {
                for (key, entry) in entries {
                    let at = format!("{pointer}/{}", escape_pointer(key));
                    self.text(&at, key, visible);
                    self.strings(&at, entry, visible);
                }
            }
            _ => {}
        }
    }

    fn near_parameter(&self, name: &str) -> String {
        let names: Vec<&str> = self.parameters.iter().map(String::as_str).collect();
        did_you_mean(name, &names, "declare it in `spec.parameters`")
    }
}

fn did_you_mean(word: &str, known: &[&str], otherwise: &str) -> String {
    nearest(word, known).map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
}

fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
