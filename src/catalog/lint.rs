//! What can be known to be wrong before the first step: names, expressions, schemas: pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::glob;
use super::model::{ACTIONS, Step, Template, action_outputs};
use super::parameters::{Property, page_properties, validator};
use super::read::nearest;
use super::yaml::Document;
use crate::diagnostic::Problem;
use crate::templating::{RenderError, Renderer, escape_pointer};

/// Everything that is wrong with a template whose outline could be read.
pub fn problems(template: &Template, document: &Document, folder: &str) -> Vec<Problem> {
    let renderer = Renderer::new();
    let parameters = template.parameter_names().into_iter().collect();
    let mut lint = Lint { template, document, renderer, parameters, problems: Vec::new() };
    lint.braces();
    lint.schemas();
    lint.recommended();
    lint.flow();
    lint.skeletons(folder);
    lint.problems
}

/// The steps that an expression may read: id → action.
type Visible<'a> = BTreeMap<&'a str, &'a str>;

struct Lint<'a> {
    template: &'a Template,
    document: &'a Document,
    renderer: Renderer,
    parameters: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl<'a> Lint<'a> {
    fn add(&mut self, pointer: &str, what: impl Into<String>, fix: &str) {
        self.problems.push(self.document.problem(pointer, what, fix));
    }

    fn braces(&mut self) {
        for pointer in &self.document.braces {
            let what = "YAML reads braces without quotes as a mapping";
            self.problems.push(self.document.problem(pointer, what, "put the text between quotes"));
        }
    }

    fn schemas(&mut self) {
        let single = self.document.value.pointer("/spec/parameters").is_some_and(Value::is_object);
        for (i, page) in self.template.pages.iter().enumerate() {
            let at = if single { "/spec/parameters".to_owned() } else { format!("/spec/parameters/{i}") };
            let properties = page_properties(page);
            self.required(page, &at, &properties);
            for property in &properties {
                self.default(property, &at);
            }
            let visible = Visible::new();
            if let Some(Value::String(when)) = page.get("when") {
                self.text(&format!("{at}/when"), when, &visible);
            }
        }
        if let Err(what) = validator(&self.template.schema()) {
            self.add("/spec/parameters", format!("`parameters` {what}"), "");
        }
    }

    fn required(&mut self, page: &Value, at: &str, properties: &[Property<'_>]) {
        let required = page.get("required").and_then(Value::as_array).into_iter().flatten();
        for (i, name) in required.enumerate() {
            let known = name.as_str().is_some_and(|name| properties.iter().any(|p| p.name == name));
            if !known {
                let what = format!("`{name}` is required but not among this page's `properties`");
                let names: Vec<&str> = properties.iter().map(|property| property.name).collect();
                let fix = did_you_mean(name.as_str().unwrap_or_default(), &names, "define it or remove it");
                self.add(&format!("{at}/required/{i}"), what.replace('"', ""), &fix);
            }
        }
    }

    fn default(&mut self, property: &Property<'_>, at: &str) {
        let schema = property.schema;
        let Some(default) = schema.get("default").filter(|default| !default.is_null()) else { return };
        let at = format!("{at}{}/default", property.pointer);
        let options = |schema: &Value| schema.get("enum").and_then(Value::as_array).cloned();
        let outside = match (options(schema), default) {
            (Some(options), value) => !options.contains(value),
            (None, Value::Array(values)) => {
                let options = schema.get("items").and_then(options);
                options.is_some_and(|options| values.iter().any(|value| !options.contains(value)))
            }
            _ => false,
        };
        if outside {
            let what = format!("the default of `{}` is not among its `enum`", property.name);
            self.add(&at, what, "add it to `enum` or choose one of it");
        } else if let Ok(validator) = validator(schema)
            && !validator.is_valid(default)
        {
            let what = format!("the default of `{}` does not fit its own schema", property.name);
            self.add(&at, what, "choose a default that a person could have typed");
        }
    }

    fn recommended(&mut self) {
        for (name, schema) in &self.template.recommended {
            let at = format!("/spec/goldenpath/recommended/{}", escape_pointer(name));
            if !self.parameters.contains(name) {
                let fix = self.near_parameter(name);
                self.problems.push(self.document.key_problem(
                    &at,
                    format!("there is no parameter `{name}`"),
                    &fix,
                ));
            } else if let Err(what) = validator(schema) {
                self.add(&at, format!("`{name}` {what}"), "");
            }
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

    fn steps(&mut self, pointer: &str, steps: &'a [Step], visible: &mut Visible<'a>) {
        for (i, step) in steps.iter().enumerate() {
            let at = format!("{pointer}/{i}");
            self.action(&at, &step.action);
            self.strings(&format!("{at}/name"), &Value::String(step.name.clone()), visible);
            self.strings(&format!("{at}/input"), &step.input, visible);
            if let Some(condition) = &step.condition {
                self.strings(&format!("{at}/if"), condition, visible);
            }
            if visible.insert(&step.id, &step.action).is_some() {
                let what = format!("the step id `{}` stands here twice", step.id);
                self.add(&format!("{at}/id"), what, "give each step an id of its own");
            }
        }
    }

    fn action(&mut self, at: &str, action: &str) {
        if !ACTIONS.contains(&action) {
            let known = ACTIONS.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
            let fix = did_you_mean(action, ACTIONS, &format!("use one of {known}"));
            self.add(&format!("{at}/action"), format!("there is no action `{action}` here"), &fix);
        }
        if self.document.value.pointer(&format!("{at}/each")).is_some() {
            let what = "`each` is not done here: the step would run once";
            self.add(&format!("{at}/each"), what, "write one step for each value");
        }
    }

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

    /// One templated string.
    fn text(&mut self, pointer: &str, text: &str, visible: &Visible<'_>) {
        if let Some((written, fix)) = self.hyphenated(text, visible) {
            return self.add(pointer, format!("`{written}` is read as a subtraction"), &fix);
        }
        match self.renderer.references(text) {
            Err(error) => self.add(pointer, unparsable(&error), foreign(text)),
            Ok(names) => {
                for name in names {
                    if let Some((what, fix)) = self.reference(&name, visible) {
                        self.add(pointer, what, &fix);
                    }
                }
            }
        }
    }

    /// `steps.a-b` is `steps.a` minus `b`.
    fn hyphenated(&self, text: &str, visible: &Visible<'_>) -> Option<(String, String)> {
        let steps = visible.keys().map(|id| ("steps", *id));
        let parameters = self.parameters.iter().map(|name| ("parameters", name.as_str()));
        let mut dashed = steps.chain(parameters).filter(|(_, name)| name.contains('-'));
        let is_code = text.contains("${{") || text.contains("{%");
        let (root, name) = dashed.find(|(root, name)| is_code && text.contains(&format!("{root}.{name}")))?;
        Some((format!("{root}.{name}"), format!("write `{root}['{name}']`")))
    }

    /// What is wrong with a dotted name, and the fix.
    fn reference(&self, name: &str, visible: &Visible<'_>) -> Option<(String, String)> {
        let parts: Vec<&str> = name.split('.').collect();
        match parts.as_slice() {
            ["user" | "environment", ..] | ["parameters" | "steps"] => None,
            ["parameters", parameter, ..] => {
                let known = self.parameters.contains(*parameter);
                (!known)
                    .then(|| (format!("there is no parameter `{parameter}`"), self.near_parameter(parameter)))
            }
            ["steps", id, rest @ ..] => self.step_reference(id, rest, visible),
            ["values", ..] => Some((
                format!("`{name}`: `values` is known in skeleton files only"),
                "read `parameters` here".to_owned(),
            )),
            [root, ..] => Some((
                format!("there is no `{root}` to read from"),
                "use `parameters`, `steps`, `user` or `environment`".to_owned(),
            )),
            [] => None,
        }
    }

    fn step_reference(&self, id: &str, rest: &[&str], visible: &Visible<'_>) -> Option<(String, String)> {
        let Some(action) = visible.get(id) else {
            if self.template.steps.iter().any(|step| step.id == id) {
                return Some((
                    format!("step `{id}` has not run yet at this point"),
                    "move it up, or read it later".to_owned(),
                ));
            }
            let ids: Vec<&str> = visible.keys().copied().collect();
            return Some((
                format!("there is no step `{id}`"),
                did_you_mean(id, &ids, "use the `id` of a step"),
            ));
        };
        let outputs = action_outputs(action)?;
        match rest {
            [] | ["output"] => None,
            ["output", output, ..] if outputs.contains(output) => None,
            ["output", output, ..] => {
                let fix = match outputs {
                    [] => "it has none".to_owned(),
                    outputs => did_you_mean(output, outputs, &format!("it has {}", outputs.join(", "))),
                };
                Some((format!("`{action}` has no output `{output}`"), fix))
            }
            [other, ..] => Some((
                format!("a step has no `{other}`"),
                format!("write `steps['{id}'].output.{}`", rest.last().unwrap_or(other)),
            )),
        }
    }

    fn near_parameter(&self, name: &str) -> String {
        let names: Vec<&str> = self.parameters.iter().map(String::as_str).collect();
        did_you_mean(name, &names, "declare it in `spec.parameters`")
    }

    fn skeletons(&mut self, folder: &str) {
        for (i, step) in self.template.steps.iter().enumerate() {
            if step.action != "fetch:template" {
                continue;
            }
            let at = format!("/spec/steps/{i}/input");
            let url = step.input.get("url").and_then(Value::as_str).unwrap_or("./skeleton");
            if url.contains("${{") {
                continue;
            }
            match skeleton(url) {
                None => {
                    let what = format!("`{url}` is not a folder of this template");
                    self.add(&format!("{at}/url"), what, "name one below `template.yaml`, like `./skeleton`");
                }
                Some(prefix) => self.skeleton(folder, step, &prefix, &at),
            }
        }
    }

    fn skeleton(&mut self, folder: &str, step: &Step, prefix: &str, at: &str) {
        let values: BTreeSet<&str> = match step.input.get("values") {
            Some(Value::Object(values)) => values.keys().map(String::as_str).collect(),
            // An expression: its keys are known at run time only.
            Some(_) => return,
            None => BTreeSet::new(),
        };
        let template = self.template;
        let files = template.files.iter().filter_map(|(path, file)| Some((path.strip_prefix(prefix)?, file)));
        let files: Vec<_> = files.filter(|(path, _)| *path != "template.yaml").collect();
        if files.is_empty() {
            self.add(&format!("{at}/url"), format!("`{prefix}` holds no files"), "");
        }
        for (path, file) in files {
            let shown = format!("{folder}/{prefix}{path}");
            self.skeleton_text(&shown, path, &values);
            if let Some(text) = templated_text(&step.input, path, &file.bytes) {
                self.skeleton_text(&shown, text, &values);
            }
        }
    }

    fn skeleton_text(&mut self, file: &str, text: &str, values: &BTreeSet<&str>) {
        let names = match self.renderer.references(text) {
            Ok(names) => names,
            Err(error) => {
                let what = unparsable(&error);
                return self.problems.push(Problem::at_line(
                    file,
                    text,
                    error.line,
                    0,
                    what,
                    foreign(&error.expression),
                ));
            }
        };
        for name in names {
            let parts: Vec<&str> = name.split('.').collect();
            let (what, fix) = match parts.as_slice() {
                ["values"] => continue,
                ["values", value, ..] if values.contains(value) => continue,
                ["values", value, ..] => {
                    let known: Vec<&str> = values.iter().copied().collect();
                    let fix = did_you_mean(value, &known, "add it to the `values` of the step");
                    (format!("there is no value `{value}`"), fix)
                }
                _ => (
                    format!("a skeleton file cannot read `{name}`"),
                    "read `values`, or put the text between `{% raw %}` and `{% endraw %}`".to_owned(),
                ),
            };
            let offset = text.find(&name).unwrap_or(0);
            self.problems.push(Problem::at_offset(file, text, offset, what, &fix));
        }
    }
}

/// The folder that a `fetch:template` names, as a prefix of paths; `None` outside the template.
pub fn skeleton(url: &str) -> Option<String> {
    let mut prefix = String::new();
    if url.contains([':', '\\', '\0']) || url.starts_with('/') {
        return None;
    }
    for part in url.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            part => {
                prefix.push_str(part);
                prefix.push('/');
            }
        }
    }
    Some(prefix)
}

/// The text of a skeleton file that is rendered; `None` when it is copied as it is.
pub fn templated_text<'a>(input: &Value, path: &str, bytes: &'a [u8]) -> Option<&'a str> {
    let patterns = input.get("copyWithoutTemplating").and_then(Value::as_array).into_iter().flatten();
    if patterns.filter_map(Value::as_str).any(|pattern| glob::matches(pattern, path)) || bytes.contains(&0) {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

fn unparsable(error: &RenderError) -> String {
    format!("`{}` cannot be read: {}", error.expression, error.what)
}

fn foreign(text: &str) -> &'static str {
    if ["&&", "||", "?"].iter().any(|operator| text.contains(operator)) {
        "write `and`, `or`, `not`, and `a if c else b`"
    } else {
        ""
    }
}

fn did_you_mean(word: &str, known: &[&str], otherwise: &str) -> String {
    nearest(word, known).map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
}
