//! Embeds, filled one after another within what a message may hold: pure.

use serde_json::{Value, json};

use crate::chat::discord::limits;
use crate::chat::words::{cut, width};

/// Less than this is not worth to begin with: a word and its ellipsis.
const LEAST: usize = 40;
/// A value so short stands beside the next one.
const SHORT: usize = 40;

/// The embeds of one message.
pub(super) struct Sheets {
    done: Vec<Sheet>,
    open: Sheet,
    /// What all of them may still hold together.
    left: usize,
}

#[derive(Default)]
struct Sheet {
    description: String,
    fields: Vec<(String, String)>,
    image: Option<String>,
}

impl Sheet {
    fn is_empty(&self) -> bool {
        self.description.is_empty() && self.fields.is_empty() && self.image.is_none()
    }

    fn json(self) -> Value {
        let mut json = json!({});
        if !self.description.is_empty() {
            json["description"] = self.description.into();
        }
        let field = |(name, value): (String, String)| {
            let inline = width(&value) <= SHORT && !value.contains('\n');
            json!({ "name": name, "value": value, "inline": inline })
        };
        if !self.fields.is_empty() {
            json["fields"] = self.fields.into_iter().map(field).collect();
        }
        if let Some(name) = self.image {
            json["image"] = json!({ "url": format!("attachment://{name}") });
        }
        json
    }
}

impl Sheets {
    /// Which hold so much together.
    pub(super) fn new(left: usize) -> Self {
        Sheets { done: Vec::new(), open: Sheet::default(), left }
    }

    /// Adds what `words` gives for the room that there is, after `between`; whether there was any.
    pub(super) fn words(&mut self, between: &str, words: impl Fn(usize) -> String) -> bool {
        let full = width(&self.open.description) + LEAST > limits::DESCRIPTION;
        // An embed shows its words above its fields and its picture, whatever came first.
        if (full || !self.open.fields.is_empty() || self.open.image.is_some()) && !self.part() {
            return false;
        }
        let between = if self.open.description.is_empty() { "" } else { between };
        let used = width(&self.open.description) + width(between);
        let room = self.left.saturating_sub(width(between)).min(limits::DESCRIPTION - used);
        let words = if room < LEAST { String::new() } else { words(room) };
        if words.is_empty() {
            return false;
        }
        self.left -= width(between) + width(&words);
        self.open.description.push_str(between);
        self.open.description.push_str(&words);
        true
    }

    /// Adds a field; whether there was room.
    pub(super) fn field(&mut self, name: String, value: String) -> bool {
        let size = width(&name) + width(&value);
        let new = self.open.fields.len() == limits::FIELDS || self.open.image.is_some();
        if size > self.left || (new && !self.part()) {
            return false;
        }
        self.left -= size;
        self.open.fields.push((name, value));
        true
    }

    /// Adds a picture; whether there was room.
    pub(super) fn image(&mut self, name: &str) -> bool {
        if self.open.image.is_some() && !self.part() {
            return false;
        }
        self.open.image = Some(name.to_owned());
        true
    }

    /// Begins another embed, unless nothing stands in this one; whether one more is allowed.
    pub(super) fn part(&mut self) -> bool {
        if self.open.is_empty() {
            return true;
        }
        if self.done.len() + 1 == limits::EMBEDS {
            return false;
        }
        self.done.push(std::mem::take(&mut self.open));
        true
    }

    /// All of them, the last with this in small print.
    pub(super) fn done(mut self, note: &str) -> Vec<Value> {
        if !self.open.is_empty() {
            self.done.push(self.open);
        }
        let mut all: Vec<Value> = self.done.into_iter().map(Sheet::json).collect();
        if !note.is_empty() {
            match all.last_mut() {
                Some(last) => last["footer"] = json!({ "text": cut(note, limits::FOOTER) }),
                None => all.push(json!({ "footer": { "text": cut(note, limits::FOOTER) } })),
            }
        }
        all
    }
}
