//! Whether what a step fetches is there, and whether its files can be rendered.

use std::collections::BTreeSet;

use serde_json::Value;

use super::expressions::{foreign, unparsable};
use super::{Lint, Step, did_you_mean};
use crate::catalog::glob;
use crate::catalog::reading::is_template_file;
use crate::catalog::rules;
use crate::diagnostic::Problem;

impl Lint<'_> {
    pub(super) fn skeletons(&mut self, folder: &str) {
        let steps = &self.template.steps;
        for (i, step) in steps.iter().enumerate().filter(|(_, step)| step.action.starts_with("fetch:")) {
            let at = format!("/spec/steps/{i}/input");
            let Some(url) = fetched(step) else { continue };
            match skeleton(url) {
                None => {
                    let what = format!("`{url}` is not a folder of this template");
                    let fix = "name one below `template.yaml`, like `./skeleton`";
                    self.add(&rules::FETCH_ELSEWHERE, &format!("{at}/url"), what, fix);
                }
                Some(prefix) if step.action == "fetch:plain:file" => self.single(&prefix, &at),
                Some(prefix) => self.skeleton(folder, step, &prefix, &at),
            }
        }
    }

    /// One file is fetched.
    fn single(&mut self, prefix: &str, at: &str) {
        let path = prefix.trim_end_matches('/');
        if !self.template.files.contains_key(path) {
            let what = format!("there is no file `{path}` beside the template");
            self.add(&rules::FETCH_MISSING, &format!("{at}/url"), what, "");
        }
    }

    fn skeleton(&mut self, folder: &str, step: &Step, prefix: &str, at: &str) {
        let template = self.template;
        let files = template.files.iter().filter_map(|(path, file)| Some((path.strip_prefix(prefix)?, file)));
        let files: Vec<_> = files.filter(|(path, _)| !is_template_file(path)).collect();
        if files.is_empty() {
            let what = format!("`{prefix}` holds no files");
            return self.add(&rules::FETCH_MISSING, &format!("{at}/url"), what, "");
        }
        let differently = ["cookiecutterCompat", "templateFileExtension"];
        if step.action != "fetch:template" || differently.iter().any(|key| step.input.get(key).is_some()) {
            return;
        }
        let values: BTreeSet<&str> = match step.input.get("values") {
            Some(Value::Object(values)) => values.keys().map(String::as_str).collect(),
            // An expression: its keys are known at run time only.
            Some(_) => return,
            None => BTreeSet::new(),
        };
        for (path, file) in files {
            let shown = format!("{folder}/{prefix}{path}");
            self.skeleton_text(&shown, path, &values);
            if let Some(text) = templated_text(&step.input, path, &file.bytes) {
                self.skeleton_text(&shown, text, &values);
            }
        }
    }

    fn skeleton_text(&mut self, file: &str, text: &str, values: &BTreeSet<&str>) {
        for filter in self.renderer.unknown_filters(text) {
            let what = format!("there is no filter `{filter}` here");
            let problem = Problem::at_offset(file, text, text.find(&filter).unwrap_or(0), what, "");
            self.problems.push(problem.under(&rules::SKELETON_SYNTAX));
        }
        let names = match self.renderer.references(text) {
            Ok(names) => names,
            Err(error) => {
                let (what, fix) = (unparsable(&error), foreign(&error.expression));
                let problem = Problem::at_line(file, text, error.line, 0, what, fix);
                return self.problems.push(problem.under(&rules::SKELETON_SYNTAX));
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
            let problem = Problem::at_offset(file, text, offset, what, &fix);
            self.problems.push(problem.under(&rules::SKELETON_VALUE));
        }
    }
}

/// What a step fetches, when that is known before it runs.
pub fn fetched(step: &Step) -> Option<&str> {
    let url = match step.input.get("url") {
        None if step.action == "fetch:template" => "./skeleton",
        url => url?.as_str()?,
    };
    (step.action.starts_with("fetch:") && !url.contains("${{")).then_some(url)
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
