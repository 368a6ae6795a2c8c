//! Whether what stands in `${{ }}` can be read, and names what there is.

use super::{Complaint, Lint, Visible, did_you_mean};
use crate::catalog::{actions, rules};
use crate::templating::RenderError;

impl Lint<'_> {
    /// One templated string.
    pub(super) fn text(&mut self, pointer: &str, text: &str, visible: &Visible<'_>) {
        if let Some((written, fix)) = self.hyphenated(text, visible) {
            let what = format!("`{written}` is read as a subtraction");
            return self.add(&rules::HYPHEN, pointer, what, &fix);
        }
        if has_plain_braces(text) {
            let what = "`{{ }}` is not an expression here";
            self.add(&rules::PLAIN_BRACES, pointer, what, "write `${{ }}`");
        }
        for filter in self.renderer.unknown_filters(text) {
            let what = format!("there is no filter `{filter}` here");
            self.add(&rules::FILTER, pointer, what, "do without it, or work it out in a step before");
        }
        let names = self.renderer.references(text);
        // A regular expression reads as a division by what is not there.
        if is_nunjucks(text) && !names.as_ref().is_ok_and(|names| !names.contains("r")) {
            names.iter().flatten().for_each(|name| self.note(name));
            let what = "`r/…/` and further statements are Nunjucks' own";
            let fix = "write it with the filters and statements that Jinja has too";
            return self.add(&rules::PORTAL_SYNTAX, pointer, what, fix);
        }
        match names {
            Err(error) => self.add(&rules::SYNTAX, pointer, unparsable(&error), foreign(text)),
            Ok(names) => {
                for name in names {
                    self.note(&name);
                    if let Some((rule, what, fix)) = self.reference(&name, visible) {
                        self.add(rule, pointer, what, &fix);
                    } else if self.is_secret(&name) && is_shown(pointer) {
                        let what = format!("`{name}` is a secret and is shown here");
                        self.add(&rules::SECRET_SHOWN, pointer, what, "leave it out");
                    }
                }
            }
        }
    }

    /// Remembers which parameters are of use.
    fn note(&mut self, name: &str) {
        let mut parts = name.split('.');
        if parts.next() == Some("parameters") {
            self.used.insert(parts.next().unwrap_or("*").to_owned());
        }
    }

    fn is_secret(&self, name: &str) -> bool {
        name.starts_with("secrets.") || self.template.secrets.iter().any(|secret| secret == name)
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

    /// What is wrong with a dotted name.
    fn reference(&self, name: &str, visible: &Visible<'_>) -> Option<Complaint> {
        let parts: Vec<&str> = name.split('.').collect();
        match parts.as_slice() {
            ["user" | "environment"] | ["user" | "environment", "name"] | ["parameters" | "steps"] => None,
            ["user" | "environment" | "secrets" | "context", ..] => Some((
                &rules::PORTAL,
                format!("`{name}` is not known here"),
                "use `parameters`, `steps`, `user.name` or `environment.name`".to_owned(),
            )),
            ["undefined"] => {
                let fix = "compare with `null`, or write `is defined`".to_owned();
                Some((&rules::PORTAL, "`undefined` is not known here".to_owned(), fix))
            }
            ["each", ..] if visible.contains_key("each") => None,
            ["parameters", parameter, ..] => self.parameter(parameter),
            ["steps", id, rest @ ..] => self.step_reference(id, rest, visible),
            ["values", ..] => Some((
                &rules::ROOT,
                format!("`{name}`: `values` is known in skeleton files only"),
                "read `parameters` here".to_owned(),
            )),
            [root, ..] => Some((
                &rules::ROOT,
                format!("there is no `{root}` to read from"),
                "use `parameters`, `steps`, `user` or `environment`".to_owned(),
            )),
            [] => None,
        }
    }

    fn parameter(&self, name: &str) -> Option<Complaint> {
        if self.hidden.contains(name) {
            let what = format!("`{name}` is a secret field, which no parameter holds");
            return Some((&rules::SECRET_PARAMETER, what, format!("write `secrets.{name}`")));
        }
        let what = format!("there is no parameter `{name}`");
        (!self.parameters.contains(name)).then(|| (&rules::PARAMETER, what, self.near_parameter(name)))
    }

    fn step_reference(&self, id: &str, rest: &[&str], visible: &Visible<'_>) -> Option<Complaint> {
        let Some(action) = visible.get(id) else {
            if self.template.steps.iter().any(|step| step.id == id) {
                let what = format!("step `{id}` has not run yet at this point");
                return Some((&rules::STEP, what, "move it up, or read it later".to_owned()));
            }
            let ids: Vec<&str> = visible.keys().copied().collect();
            let fix = did_you_mean(id, &ids, "use the `id` of a step");
            return Some((&rules::STEP, format!("there is no step `{id}`"), fix));
        };
        match rest {
            [] | ["output"] => None,
            ["output", output, ..] => {
                let outputs = actions::outputs(action).filter(|outputs| !outputs.contains(output))?;
                let fix = match outputs {
                    [] => "it has none".to_owned(),
                    outputs => did_you_mean(output, outputs, &format!("it has {}", outputs.join(", "))),
                };
                Some((&rules::OUTPUT, format!("`{action}` has no output `{output}`"), fix))
            }
            [other, ..] => {
                let fix = format!("write `steps['{id}'].output.{}`", rest.last().unwrap_or(other));
                Some((&rules::OUTPUT, format!("a step has no `{other}`"), fix))
            }
        }
    }
}

/// Whether people read what stands at this place.
fn is_shown(pointer: &str) -> bool {
    let last = pointer.rsplit('/').next().unwrap_or_default();
    pointer.starts_with("/spec/output/") || matches!(last, "description" | "message" | "title" | "name")
}

/// Whether `{{ }}` stands outside of code.
fn has_plain_braces(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let end = rest[at..].find("}}").map(|length| at + length + 2);
        let Some(end) = end else { return false };
        if !rest[..at].ends_with('$') && !rest[..at].contains("{%") {
            return true;
        }
        rest = &rest[end..];
    }
    false
}

/// Whether it holds what Nunjucks reads beyond Jinja: regular expressions, further statements.
fn is_nunjucks(text: &str) -> bool {
    ["(r/", " r/", ",r/", "elseif", "ifAsync", "asyncEach", "asyncAll"].iter().any(|mark| text.contains(mark))
}

pub(super) fn unparsable(error: &RenderError) -> String {
    format!("`{}` cannot be read: {}", error.expression, error.what)
}

pub(super) fn foreign(text: &str) -> &'static str {
    if ["&&", "||", "?"].iter().any(|operator| text.contains(operator)) {
        "write `and`, `or`, `not`, and `a if c else b`"
    } else {
        ""
    }
}
