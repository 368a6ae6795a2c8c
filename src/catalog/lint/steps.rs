//! Whether each step names an action that is known, with inputs that it takes.

use serde_json::Value;

use super::{Lint, Step, Visible, did_you_mean, list};
use crate::catalog::actions::{self, Action};
use crate::catalog::rules;
use crate::templating::escape_pointer;

impl<'a> Lint<'a> {
    pub(super) fn steps(&mut self, pointer: &str, steps: &'a [Step], visible: &mut Visible<'a>) {
        for (i, step) in steps.iter().enumerate() {
            let at = format!("{pointer}/{i}");
            let repeated = self.document.value.pointer(&format!("{at}/each")).cloned();
            self.action(&at, &step.action);
            if let Some(action) = actions::find(&step.action).filter(|action| action.here) {
                self.inputs(&at, step, action);
            }
            self.body(&at, step);
            if let Some(each) = &repeated {
                let what = "`each` is not done here: the step would run once";
                self.add(&rules::EACH, &format!("{at}/each"), what, "write one step for each value");
                self.strings(&format!("{at}/each"), each, visible);
                visible.insert("each", "");
            }
            self.strings(&format!("{at}/name"), &Value::String(step.name.clone()), visible);
            self.strings(&format!("{at}/input"), &step.input, visible);
            if let Some(condition) = &step.condition {
                self.strings(&format!("{at}/if"), condition, visible);
            }
            if repeated.is_some() {
                visible.remove("each");
            }
            if visible.insert(&step.id, &step.action).is_some() {
                let what = format!("the step id `{}` stands here twice", step.id);
                self.add(
                    &rules::DUPLICATE_STEP,
                    &format!("{at}/id"),
                    what,
                    "give each step an id of its own",
                );
            }
        }
    }

    fn action(&mut self, at: &str, action: &str) {
        if actions::find(action).is_some_and(|action| action.here) {
            return;
        }
        let here: Vec<&str> = actions::running().map(|action| action.name).collect();
        let fix = did_you_mean(action, &here, &format!("use one of {}", list(&here)));
        self.add(
            &rules::ACTION,
            &format!("{at}/action"),
            format!("there is no action `{action}` here"),
            &fix,
        );
    }

    fn inputs(&mut self, at: &str, step: &Step, action: &Action) {
        let given = step.input.as_object().into_iter().flatten();
        let known = action.inputs();
        for (key, _) in given.filter(|(key, _)| !known.contains(&key.as_str()) && !key.contains("${{")) {
            let (what, fix) = match action.elsewhere.contains(&key.as_str()) {
                true => (format!("`{}` does not take `{key}` here", action.name), list(&known)),
                false => (format!("`{}` has no input `{key}`", action.name), list(&known)),
            };
            let fix = did_you_mean(key, &known, &format!("it takes {fix}"));
            self.add_key(&rules::INPUT, &format!("{at}/input/{}", escape_pointer(key)), what, &fix);
        }
        for key in action.needs.iter().filter(|key| step.input.get(**key).is_none()) {
            let what = format!("`{}` needs the input `{key}`", action.name);
            self.add(&rules::INPUT_MISSING, &format!("{at}/input"), what, &format!("add `{key}`"));
        }
    }

    /// A request whose JSON is put together from pieces of text.
    fn body(&mut self, at: &str, step: &Step) {
        let Some(body) = step.input.get("body").and_then(Value::as_str).map(str::trim) else { return };
        let is_json = body.starts_with(['{', '[']);
        if is_json && body.contains("${{") && step.action.contains("request") {
            let what = "the body is put together from pieces of text";
            self.add(
                &rules::BODY,
                &format!("{at}/input/body"),
                what,
                "write it as a mapping, or use `| dump`",
            );
        }
    }
}
