//! What the fake remembers, and the errors it answers with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use goldenpath::clock::Timestamp;
use serde_json::{Value, json};

use super::faults::Faults;
use super::rates::Rates;
use super::{ADA, BEN, CHANNEL, GUILD, TOKEN};

/// Discord's first instant, from which its ids count ("Reference", snowflakes).
const EPOCH: i64 = 1_420_070_400_000;

/// A channel, a thread, or the direct conversation with a user.
#[derive(Debug, Clone, Default)]
pub struct Channel {
    /// As Discord numbers them: 0 text, 1 direct, 11 thread, 15 forum.
    pub kind: u8,
    /// Who it is with, where it is direct.
    pub user: Option<String>,
    /// Permissions that the bot has not: `VIEW_CHANNEL`, `SEND_MESSAGES`, `EMBED_LINKS`, `ATTACH_FILES`.
    pub lacks: BTreeSet<&'static str>,
    /// A thread that is closed to all.
    pub locked: bool,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Filed {
    pub name: String,
    pub media: String,
    pub bytes: Vec<u8>,
}

/// A message, with each version that it had; the last one is what stands there.
#[derive(Debug, Clone)]
pub struct Posted {
    pub channel: String,
    pub id: String,
    pub at: Timestamp,
    pub versions: Vec<Value>,
    pub files: Vec<Filed>,
    /// Who alone sees it.
    pub seen_by: Option<String>,
    /// Whose token it may be changed with.
    pub token: Option<String>,
}

/// Something a person did.
#[derive(Debug, Clone)]
pub struct Interaction {
    pub id: String,
    pub kind: u64,
    pub user: String,
    pub channel: String,
    /// The message that was pressed, or that the modal was opened from.
    pub message: Option<String>,
    pub made: Timestamp,
    /// What the app answered.
    pub callback: Option<Value>,
    /// The message that the answer is.
    pub original: Option<String>,
}

/// One call as it came in.
#[derive(Debug, Clone)]
pub struct Call {
    /// `POST channels/{}/messages`.
    pub route: String,
    pub path: String,
    pub body: Value,
    /// `ok`, or the status with Discord's code: `403 50013`.
    pub outcome: String,
    pub at: Timestamp,
}

/// What happened at the fake.
pub struct Memory {
    pub tokens: BTreeSet<String>,
    /// Guild → its roles: id → name.
    pub guilds: BTreeMap<String, BTreeMap<String, String>>,
    pub channels: BTreeMap<String, Channel>,
    /// People who differ from an ordinary member: members of their member object, or `null` for nobody.
    /// Whoever is not here and has an id like one is an ordinary member.
    pub people: BTreeMap<String, Value>,
    /// (guild, user): who is no member there.
    pub absent: BTreeSet<(String, String)>,
    /// People who take no messages from the bot.
    pub closed: BTreeSet<String>,
    /// Whether the bot may list a guild's members.
    pub members_intent: bool,
    pub messages: Vec<Posted>,
    /// (channel, nonce) → when, and the message as it was told, there or not.
    pub(super) nonces: BTreeMap<(String, String), (Timestamp, Value)>,
    /// For how long a nonce is remembered; Discord says "the past few minutes".
    pub nonces_live: Duration,
    /// Guild, or none for everywhere → the commands there.
    pub commands: BTreeMap<Option<String>, Vec<Value>>,
    /// Token → what was done.
    pub interactions: BTreeMap<String, Interaction>,
    /// What the bot's application says of it, beside what is always there.
    pub application: Value,
    /// Route → calls, refused ones included.
    pub calls: BTreeMap<String, usize>,
    /// Every call in order.
    pub log: Vec<Call>,
    pub faults: Faults,
    pub(super) rates: Rates,
    pub(super) now: Timestamp,
    next_id: i64,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            tokens: BTreeSet::from([TOKEN.to_owned()]),
            guilds: BTreeMap::from([(
                GUILD.to_owned(),
                BTreeMap::from([(GUILD.to_owned(), "@everyone".into())]),
            )]),
            channels: BTreeMap::from([(CHANNEL.to_owned(), Channel::default())]),
            people: [(ADA, "Ada"), (BEN, "Ben")]
                .map(|(id, nick)| (id.to_owned(), json!({ "nick": nick })))
                .into(),
            absent: BTreeSet::new(),
            closed: BTreeSet::new(),
            members_intent: true,
            messages: Vec::new(),
            nonces: BTreeMap::new(),
            nonces_live: Duration::from_secs(180),
            commands: BTreeMap::new(),
            interactions: BTreeMap::new(),
            application: json!({}),
            calls: BTreeMap::new(),
            log: Vec::new(),
            faults: Faults::default(),
            rates: Rates::default(),
            now: Timestamp(0),
            next_id: 0,
        }
    }
}

/// A refusal: the HTTP status, Discord's code, and what else stands in the answer.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    pub code: u64,
    pub message: &'static str,
    pub errors: Option<Value>,
}

impl Refusal {
    /// Of a body with these faults.
    pub fn invalid(errors: Value) -> Self {
        Refusal { errors: Some(errors), ..Refusal::of(400, 50035, "Invalid Form Body") }
    }

    pub fn of(status: u16, code: u64, message: &'static str) -> Self {
        Refusal { status, code, message, errors: None }
    }

    /// What the app sees.
    pub fn body(&self) -> Value {
        let mut body = json!({ "message": self.message, "code": self.code });
        if let Some(errors) = &self.errors {
            body["errors"] = errors.clone();
        }
        body
    }
}

/// What a call comes to.
pub type Answer = Result<Value, Refusal>;

impl Memory {
    /// An id that says when it was made; no two are the same.
    pub(super) fn new_id(&mut self) -> String {
        self.next_id += 1;
        (((self.now.0 - EPOCH) << 22) + self.next_id).to_string()
    }

    /// The direct conversation with a user, opened where it is not there yet.
    pub(super) fn direct(&mut self, user: &str) -> String {
        let known = self.channels.iter().find(|(_, channel)| channel.user.as_deref() == Some(user));
        if let Some((id, _)) = known {
            return id.clone();
        }
        let id = self.new_id();
        let channel = Channel { kind: 1, user: Some(user.to_owned()), ..Channel::default() };
        self.channels.insert(id.clone(), channel);
        id
    }
}
