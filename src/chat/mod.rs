//! EDGE: people talk to us. Neutral values in, neutral values out.
//!
//! Invariants: a platform knows no feature; it makes an `Invocation`, hands it
//! to [`Dispatch`], and renders the `Reply`. Every message that is not the
//! immediate answer goes through [`outbox`]. Deliberately absent: state of
//! conversations; authority is always a row behind a button's id.

pub mod attachment;
mod deliver;
pub mod directory;
pub mod discord;
pub mod drafts;
pub mod files;
pub mod form;
pub mod inbound;
mod limiter;
pub mod message;
pub mod operator;
mod outages;
pub mod outbox;
pub mod payload;
pub mod playground;
pub mod signed;
pub mod slack;
pub mod words;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use attachment::Upload;
use inbound::{Invocation, LineAhead, TypeAhead};
use message::{Choice, Message, Reply};

/// Everything a person does ends here; given to the platforms by `app.rs`.
#[async_trait]
pub trait Dispatch: Send + Sync {
    /// Does it, durably where it changes something, and says what to show. Never fails:
    /// refusals and faults are replies too. Where the invocation has an address for
    /// answers, the reply went out through the outbox and `Silent` comes back; any
    /// other one but a form could not, and is the platform's to show at once.
    async fn dispatch(&self, invocation: Invocation) -> Reply;

    /// What fits what was typed so far, best first and at most a hundred: only what this
    /// person may choose. What is chosen in the end is read like anything typed.
    async fn suggest(&self, asked: TypeAhead) -> Vec<Choice>;

    /// How a line may go on: only what this person may run and choose.
    async fn complete(&self, asked: LineAhead) -> Completion;
}

/// How a line may go on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// Where the word begins whose place each of them takes, in UTF-16 code units.
    pub from: usize,
    /// Best first.
    pub choices: Vec<Proposal>,
    /// What is expected there, whether or not it can be chosen: `NAME: what to call it`.
    pub hint: Option<String>,
}

/// A word that may stand in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// As it is typed.
    pub value: String,
    /// What it is; may be empty.
    pub help: String,
    /// Its value follows at once, without a space: `ttl=`.
    pub more: bool,
}

impl Proposal {
    /// A whole word.
    pub fn word(value: &str, help: &str) -> Self {
        Proposal { value: value.to_owned(), help: help.to_owned(), more: false }
    }
}

/// Shared by all platforms.
pub type Dispatcher = Arc<dyn Dispatch>;

/// Where a message goes on its platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "to")]
pub enum Target {
    /// A channel.
    Channel { id: String },
    /// A thread of a channel or of a direct conversation.
    Thread { id: String, thread: String },
    /// The direct conversation with a user.
    Direct { user: String },
    /// A short-lived address that answers one press, seen by the presser alone.
    Respond { url: String },
    /// A channel or its thread, seen by one of its members alone and not for ever.
    Whisper {
        id: String,
        #[serde(default)]
        thread: Option<String>,
        user: String,
    },
    /// The page that the bot keeps for a user; posting again replaces it.
    Home { user: String },
}

impl Target {
    /// Whether pictures and files can be shown there by a platform that keeps them apart. What one person
    /// alone sees, and not for ever, is nowhere kept, so that they could not be kept with it.
    pub fn holds_files(&self) -> bool {
        matches!(self, Target::Channel { .. } | Target::Thread { .. } | Target::Direct { .. })
    }
}

/// What a platform calls a message it posted, as JSON of its own shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageRef(pub serde_json::Value);

/// Why a platform did not do or tell what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Try again, not before this many seconds.
    #[error("{reason}")]
    Later { seconds: u64, reason: String },
    /// It may have arrived or not; try again, not before this many seconds.
    #[error("{reason}")]
    Unclear { seconds: u64, reason: String },
    /// The bot cannot write there (not a member, archived): use the fallback.
    #[error("not in that conversation: {0}")]
    NotThere(String),
    /// What was to be changed is deleted, or may not be changed any more.
    #[error("no longer there to be changed: {0}")]
    Gone(String),
    /// It does not take the message with its pictures and files, or not yet.
    #[error("not with its files: {0}")]
    Files(String),
    /// Trying again will not help.
    #[error("{0}")]
    Never(String),
}

impl SendError {
    /// Before how many seconds nothing will change; `None` where waiting is no help.
    pub fn seconds(&self) -> Option<u64> {
        match self {
            SendError::Later { seconds, .. } | SendError::Unclear { seconds, .. } => Some(*seconds),
            SendError::NotThere(_) | SendError::Gone(_) | SendError::Files(_) | SendError::Never(_) => None,
        }
    }
}

/// A message to be posted.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    pub workspace: &'a str,
    pub target: &'a Target,
    pub message: &'a Message,
    /// The same whenever this message is posted, and only then.
    pub key: &'a str,
    /// It was posted before, and may be there.
    pub again: bool,
}

impl<'a> Post<'a> {
    /// A message for once, of which nobody knows later.
    pub fn once(workspace: &'a str, target: &'a Target, message: &'a Message) -> Self {
        Post { workspace, target, message, key: "", again: false }
    }

    /// The message; where it may be there already, it says so. A page is replaced as a whole, so
    /// nobody sees it twice.
    pub fn marked(&self) -> Cow<'a, Message> {
        match self.again && !matches!(self.target, Target::Home { .. }) {
            true => Cow::Owned(self.message.clone().context(AGAIN)),
            false => Cow::Borrowed(self.message),
        }
    }
}

/// What a message says that may be there twice.
pub const AGAIN: &str = "Sent again after an interruption; you may see this twice.";

/// How a platform gets the pictures and files of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bring {
    /// By their digests: it asks for the bytes itself.
    Nothing,
    /// It has to have them before a message can show them: [`Platform::upload`].
    Before,
    /// Their bytes come with the message.
    Along,
}

/// A chat platform's outbound half.
#[async_trait]
pub trait Platform: Send + Sync {
    /// `playground`, `slack` …: the same word as in [`inbound::Identity::platform`].
    fn name(&self) -> &'static str;

    /// How long to wait before the message `key` is posted to `target`, or what stands at
    /// `reference` is changed: the platform's pace and whatever holds it back. With zero it goes
    /// now, and counts. Asking again gains nothing; `key` keeps its turn.
    fn wait(&self, _key: &str, _target: &Target, _reference: Option<&MessageRef>) -> Duration {
        Duration::ZERO
    }

    /// How it gets pictures and files.
    fn files(&self) -> Bring {
        Bring::Nothing
    }

    /// Puts one there, with its bytes; what it is called there. Asked only where they come [`Bring::Before`].
    async fn upload(&self, _workspace: &str, _upload: &Upload) -> Result<String, SendError> {
        Err(SendError::Never("it keeps no files of its own".into()))
    }

    /// Posts a new message. What is not there yet of its pictures and files is told in words.
    async fn post(&self, post: Post<'_>) -> Result<MessageRef, SendError>;

    /// Replaces a message posted before.
    async fn update(
        &self,
        workspace: &str,
        reference: &MessageRef,
        message: &Message,
    ) -> Result<(), SendError>;
}
