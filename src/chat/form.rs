//! A form in no platform's own words: a Slack modal, a Discord modal, an HTML dialog.

use serde::{Deserialize, Serialize};

use crate::chat::message::Choice;

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
}
