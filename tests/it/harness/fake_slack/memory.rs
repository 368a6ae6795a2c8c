//! What the fake remembers, and the errors it answers with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use goldenpath::clock::Timestamp;
use serde_json::{Value, json};

use super::faults::Faults;
pub(super) use super::files::Uploaded;
use super::rates::Rates;
use super::{SCOPES, TOKEN};

/// How long a trigger may be used.
const TRIGGER_LIVES: Duration = Duration::from_secs(3);

/// A message, with each version that it had; the last one is what stands there.
#[derive(Debug, Clone)]
pub struct Posted {
    pub channel: String,
    pub ts: String,
    pub versions: Vec<Value>,
    /// Not once its edit window closed.
    pub editable: bool,
}

/// A message that one person saw.
#[derive(Debug, Clone)]
pub struct Ephemeral {
    pub channel: String,
    pub user: String,
    pub body: Value,
}

/// One call as it came in.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    pub arguments: Value,
    /// `ok` or the error.
    pub outcome: String,
    pub at: Timestamp,
}

/// What happened at the fake.
pub struct Memory {
    /// Channel → whether the bot is a member.
    pub channels: BTreeMap<String, bool>,
    pub archived: BTreeSet<String>,
    /// People who differ from an ordinary member: members of their user object, or `null` for
    /// nobody. Whoever is not here and has an id like one (`U…`, `W…`) is an ordinary member.
    pub people: BTreeMap<String, Value>,
    /// Id of a user group → its handle and its users.
    pub groups: BTreeMap<String, (String, Vec<String>)>,
    /// As many ordinary members more, `UCROWD000000` and so on, made as they are asked for.
    pub crowd: usize,
    pub messages: Vec<Posted>,
    pub ephemeral: Vec<Ephemeral>,
    /// Opened views in order, each as it stands.
    pub views: Vec<Value>,
    /// User → their App Home.
    pub homes: BTreeMap<String, Value>,
    /// Id → the file.
    pub files: BTreeMap<String, Uploaded>,
    /// Where the fake is.
    pub(super) base: String,
    /// What was sent to addresses for answers: (name of the address, body).
    pub responses: Vec<(String, Value)>,
    /// Method → calls, refused ones included.
    pub calls: BTreeMap<String, usize>,
    /// Every call in order, those to addresses for answers as `response_url`.
    pub log: Vec<Call>,
    /// What stands between a good request and its answer.
    pub faults: Faults,
    /// Token → its scopes, or why it is refused.
    pub tokens: BTreeMap<String, Result<BTreeSet<String>, &'static str>>,
    /// Name of an address for answers → when it was handed out, how often it was used.
    pub(super) addresses: BTreeMap<String, (Timestamp, usize)>,
    pub(super) rates: Rates,
    pub(super) triggers: BTreeMap<String, Trigger>,
    next_ts: u64,
    next_hash: u64,
}

impl Default for Memory {
    fn default() -> Self {
        let scopes = SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
        Memory {
            channels: BTreeMap::new(),
            archived: BTreeSet::new(),
            people: BTreeMap::new(),
            groups: BTreeMap::new(),
            crowd: 0,
            messages: Vec::new(),
            ephemeral: Vec::new(),
            views: Vec::new(),
            homes: BTreeMap::new(),
            files: BTreeMap::new(),
            base: String::new(),
            responses: Vec::new(),
            calls: BTreeMap::new(),
            log: Vec::new(),
            faults: Faults::default(),
            tokens: BTreeMap::from([(TOKEN.to_owned(), Ok(scopes))]),
            addresses: BTreeMap::new(),
            rates: Rates::default(),
            triggers: BTreeMap::new(),
            next_ts: 0,
            next_hash: 0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Trigger {
    Fresh(Timestamp),
    Used,
    Expired,
}

/// A refusal: the error, and what else stands in the answer.
#[derive(Debug)]
pub struct Refusal {
    pub error: String,
    pub more: Value,
}

impl Refusal {
    /// With words of explanation, as Slack gives them in `response_metadata`.
    pub fn explained(error: &str, words: &str) -> Self {
        let more = json!({ "response_metadata": { "messages": [format!("[ERROR] {words}")] } });
        Refusal { error: error.into(), more }
    }
}

impl From<&str> for Refusal {
    fn from(error: &str) -> Self {
        Refusal { error: error.to_owned(), more: json!({}) }
    }
}

/// What a method comes to.
pub type Answer = Result<Value, Refusal>;

impl Memory {
    /// The stamp of a message that is posted now; no two are the same.
    pub(super) fn new_ts(&mut self, now: Timestamp) -> String {
        self.next_ts += 1;
        format!("{}.{:06}", now.0 / 1000, self.next_ts)
    }

    /// The hash of a view that was changed just now.
    pub(super) fn new_hash(&mut self) -> String {
        self.next_hash += 1;
        format!("hash{}", self.next_hash)
    }

    pub(super) fn new_trigger(&mut self, now: Timestamp) -> String {
        let trigger = format!("{}.trigger", self.triggers.len() + 1);
        self.triggers.insert(trigger.clone(), Trigger::Fresh(now));
        trigger
    }

    pub(super) fn expire_triggers(&mut self) {
        self.triggers.values_mut().for_each(|trigger| *trigger = Trigger::Expired);
    }

    /// The trigger, if it may still be used, for [`Memory::use_up`].
    pub(super) fn usable(&self, trigger: &str, now: Timestamp) -> Result<(), Refusal> {
        match self.triggers.get(trigger) {
            None => Err("invalid_trigger_id".into()),
            Some(Trigger::Used) => Err("exchanged_trigger_id".into()),
            Some(Trigger::Fresh(since)) if now.since(*since) <= TRIGGER_LIVES => Ok(()),
            Some(Trigger::Fresh(_) | Trigger::Expired) => Err("expired_trigger_id".into()),
        }
    }

    pub(super) fn use_up(&mut self, trigger: &str) {
        self.triggers.insert(trigger.to_owned(), Trigger::Used);
    }
}
