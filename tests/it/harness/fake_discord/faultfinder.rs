//! Faults of a body, and how Discord tells them: code 50035, and under `errors` a tree of members.

use serde_json::{Value, json};

/// What was found so far.
#[derive(Default)]
pub struct Faultfinder {
    found: Vec<(String, &'static str, String)>,
}

impl Faultfinder {
    /// A fault of the member at `path`, its parts between dots; empty for the whole.
    pub fn fault(&mut self, path: &str, code: &'static str, message: &str) {
        self.found.push((path.to_owned(), code, message.to_owned()));
    }

    /// A fault unless it holds.
    pub fn must(&mut self, holds: bool, path: &str, code: &'static str, message: &str) {
        if !holds {
            self.fault(path, code, message);
        }
    }

    /// A text of so many UTF-16 code units, in which nothing counts less than in any other way; with `least`
    /// 0 it may be missing.
    pub fn text(&mut self, text: &Value, path: &str, least: usize, most: usize) {
        match text.as_str() {
            None if text.is_null() && least == 0 => {}
            None if text.is_null() => self.fault(path, "BASE_TYPE_REQUIRED", "This field is required"),
            None => self.fault(path, "BASE_TYPE_STRING", "Must be a string."),
            Some(text) if text.encode_utf16().count() > most => {
                let message = format!("Must be {most} or fewer in length.");
                self.fault(path, "BASE_TYPE_MAX_LENGTH", &message);
            }
            Some(text) if text.encode_utf16().count() < least => {
                self.fault(path, "BASE_TYPE_REQUIRED", "This field is required");
            }
            Some(_) => {}
        }
    }

    /// A list of so many; with `least` 0 it may be missing. Its members.
    pub fn list<'a>(&mut self, list: &'a Value, path: &str, least: usize, most: usize) -> &'a [Value] {
        let all = list.as_array().map_or(&[][..], Vec::as_slice);
        if !list.is_null() && !list.is_array() {
            self.fault(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a list.");
        } else if all.len() < least || all.len() > most {
            let message = format!("Must be between {least} and {most} in length.");
            self.fault(path, "BASE_TYPE_BAD_LENGTH", &message);
        }
        all
    }

    /// A number that is one of these.
    pub fn choice(&mut self, value: &Value, path: &str, of: &[u64]) {
        let holds = value.as_u64().is_some_and(|value| of.contains(&value));
        self.must(holds, path, "BASE_TYPE_CHOICES", &format!("Value must be one of {of:?}."));
    }

    /// No two of these at once.
    pub fn unique(&mut self, seen: &mut Vec<String>, name: &Value, path: &str, code: &'static str) {
        let name = name.as_str().unwrap_or_default().to_owned();
        self.must(name.is_empty() || !seen.contains(&name), path, code, "It is there twice.");
        seen.push(name);
    }

    /// The tree of Discord's; `None` where nothing was found.
    pub fn errors(self) -> Option<Value> {
        let mut errors = json!({});
        for (path, code, message) in &self.found {
            let parts = path.split('.').filter(|part| !part.is_empty());
            let place = parts.fold(&mut errors, |place, part| &mut place[part]);
            let told = json!({ "code": code, "message": message });
            match place["_errors"].as_array_mut() {
                Some(all) => all.push(told),
                None => place["_errors"] = json!([told]),
            }
        }
        (!self.found.is_empty()).then_some(errors)
    }
}
