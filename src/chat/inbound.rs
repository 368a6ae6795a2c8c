//! What a person did, in no platform's own words: an `Invocation`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::chat::Target;
use crate::chat::message::ButtonValue;

/// Who somebody is on a platform. The name is never part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// `playground`, `slack`, `discord`.
    pub platform: String,
    /// A Slack team or Discord guild.
    pub workspace: String,
    /// The platform's id of the user.
    pub user: String,
}

impl Identity {
    /// From its three parts.
    pub fn new(platform: &str, workspace: &str, user: &str) -> Self {
        Identity { platform: platform.into(), workspace: workspace.into(), user: user.into() }
    }
}

/// What the platform itself says of the person; not yet looked up counts as a member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A full member of a connected workspace.
    #[default]
    Member,
    /// A guest, a bot, or somebody from another workspace: no role.
    Outsider,
    /// An account that was closed: no role either.
    Gone,
}

impl Standing {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Member => "member",
            Standing::Outsider => "outsider",
            Standing::Gone => "gone",
        }
    }

    /// The standing of this word.
    pub fn of(word: &str) -> Option<Standing> {
        [Standing::Member, Standing::Outsider, Standing::Gone].into_iter().find(|one| one.word() == word)
    }
}

/// Where something was typed or pressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The platform's id of the channel.
    pub conversation: String,
    /// A direct message between the person and the bot.
    pub direct: bool,
    /// The platform's id of the thread, where it was in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
}

impl Place {
    /// Where everybody there reads it; `user` is who is there directly.
    pub fn openly(&self, user: &str) -> Target {
        let id = self.conversation.clone();
        match &self.thread {
            Some(thread) => Target::Thread { id, thread: thread.clone() },
            None if self.direct || id.is_empty() => Target::Direct { user: user.to_owned() },
            None => Target::Channel { id },
        }
    }

    /// Where `user` alone reads it.
    pub fn privately(&self, user: &str) -> Target {
        if self.direct || self.conversation.is_empty() {
            return self.openly(user);
        }
        let (id, thread) = (self.conversation.clone(), self.thread.clone());
        Target::Whisper { id, thread, user: user.to_owned() }
    }
}

/// How the immediate answer travels back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum AnswerBy {
    /// In the answer to the very request.
    Inline,
    /// In the answer to the very request, which has no place for pictures and files.
    InlineWords,
    /// In the answer to the very request; what has pictures or files is promised there, and comes as a
    /// message to this short-lived address, through the outbox.
    InlineOr { url: String },
    /// As a message to this short-lived address, through the outbox.
    Url { url: String },
    /// As a message in the place where it was done, through the outbox. There is no
    /// way to open a form.
    Message,
    /// As the person's [`Target::Home`], through the outbox.
    Home,
}

impl AnswerBy {
    /// Whether a message without pictures and files is told in the answer to the very request.
    pub fn is_inline(&self) -> bool {
        matches!(self, AnswerBy::Inline | AnswerBy::InlineWords | AnswerBy::InlineOr { .. })
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "input")]
pub enum Input {
    /// A line after `/platform`.
    Line { text: String },
    /// A button or select.
    Press { value: ButtonValue },
    /// A form: the command, what was already decided, and the fields' values.
    Submit { command: String, fixed: Vec<(String, String)>, values: BTreeMap<String, String> },
}

/// Somebody types into a field, or a choice of a message, and looks for what there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeAhead {
    pub identity: Identity,
    pub standing: Standing,
    /// See [`Invocation::display_name`].
    pub display_name: String,
    /// The key of the command that is being filled in.
    pub command: String,
    /// The argument that the field fills; empty for the first.
    pub argument: String,
    /// What was typed so far.
    pub typed: String,
}

/// Somebody types a line, and looks how it may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineAhead {
    pub identity: Identity,
    pub standing: Standing,
    /// See [`Invocation::display_name`].
    pub display_name: String,
    /// What stands before the caret.
    pub line: String,
}

/// One thing a person did, from any platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    pub identity: Identity,
    pub standing: Standing,
    /// What to call the person until the directory says otherwise.
    pub display_name: String,
    pub place: Place,
    /// The same for each repeat of one delivery; unique within the platform.
    pub delivery: String,
    pub answer_by: AnswerBy,
    pub input: Input,
}
