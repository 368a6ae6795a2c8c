//! A form in no platform's own words: a Slack modal, a Discord modal, an HTML dialog.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::chat::message::{Block, Choice, Message, Text, code};
use crate::text;

/// What kind of answer a field takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum FieldKind {
    /// One line, or several.
    Text { multiline: bool },
    /// A number; `whole` refuses fractions.
    Number { whole: bool },
    /// One of these.
    Choice { choices: Vec<Choice> },
    /// One of what there is by now; these as it was asked. Where they are too many to
    /// list, what is typed finds them: [`Dispatch::suggest`](crate::chat::Dispatch::suggest).
    Lookup { choices: Vec<Choice> },
    /// Any of these.
    Multiple { choices: Vec<Choice> },
    /// Yes or no.
    Flag,
}

/// One question of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The argument or parameter it fills.
    pub name: String,
    pub label: String,
    pub kind: FieldKind,
    /// What was typed already or the default; JSON text for lists.
    #[serde(default)]
    pub value: Option<String>,
    /// Why it is asked, or what is accepted.
    #[serde(default)]
    pub help: Option<String>,
    pub required: bool,
}

/// A form: submitting it runs `command` with the fields' values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// The spec's key, `env.create`.
    pub command: String,
    /// At most 24 characters.
    pub title: String,
    /// A verb, at most 24 characters.
    pub submit: String,
    /// A sentence above the fields.
    #[serde(default)]
    pub intro: Option<String>,
    pub fields: Vec<Field>,
    /// Values that were already decided and are not asked again: (argument, value).
    #[serde(default)]
    pub fixed: Vec<(String, String)>,
    /// What to type where no form can be shown: `/platform COMMAND` with the fields, unless this says otherwise.
    #[serde(default)]
    pub typed: Option<String>,
    /// Of a command that is [private](crate::commands::spec::Spec::private) or can be: the form and what
    /// is filled in are stored nowhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

impl Form {
    /// The line that does the same where no form can be shown: with what is decided and what is missing.
    pub fn line(&self) -> String {
        self.typed.clone().unwrap_or_else(|| spelled(self))
    }
}

/// The sentences of a [refused](crate::chat::message::Reply::Refused) form where they have no place at its
/// fields.
pub fn refusals(refused: &BTreeMap<String, String>) -> Message {
    let section = |(name, sentence): (&String, &String)| {
        let sentence = Text::from(sentence.as_str());
        let mut text = if name.is_empty() { text![] } else { text![code(name), ": "] };
        text.0.extend(sentence.0);
        Block::Section { text }
    };
    Message { blocks: refused.iter().map(section).collect() }
}

fn spelled(form: &Form) -> String {
    let mut line = format!("/platform {}", form.command.replace('.', " "));
    for (name, value) in &form.fixed {
        line.push_str(&format!(" {name}={}", quoted(value)));
    }
    for field in &form.fields {
        match field.value.as_deref().filter(|value| !value.is_empty()) {
            Some("false") if field.kind == FieldKind::Flag => {}
            Some(value) => line.push_str(&format!(" {}={}", field.name, quoted(value))),
            None if field.required => {
                line.push_str(&format!(" {}={}", field.name, field.name.to_uppercase()));
            }
            None => {}
        }
    }
    line
}

fn quoted(value: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || "-_./:@+,".contains(c);
    if !value.is_empty() && value.chars().all(bare) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
