//! A fake Slack with memory: channels, people, messages, views, homes, answers. It refuses
//! what Slack refuses, and Slack's own Python client works against it unchanged
//! (`tests/it/fake_slack.py`). Every call is counted and logged, the refused ones too.
//!
//! To teach it a method: a line in [`methods`], a function beside those of its family.

mod chat;
pub mod checks;
mod directory;
mod faults;
mod files;
mod memory;
mod methods;
mod rates;
mod request;
mod server;
mod views;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use goldenpath::clock::{Clock, ManualClock, Timestamp};
use serde_json::Value;

use memory::{Call, Memory};

/// The token that the fake takes.
pub const TOKEN: &str = "xoxb-fake-token";
/// The connected workspace.
pub const TEAM: &str = "T1";
/// The bot's own user.
pub const BOT: &str = "UBOT";
/// What the token may do from the start: the least that the bot needs, and a look around.
pub const SCOPES: [&str; 7] =
    ["chat:write", "commands", "im:write", "channels:read", "users:read", "app_mentions:read", "files:write"];

/// Where the fake's own clock stands, and the time that its messages bear.
const STANDING: Timestamp = Timestamp(1_795_350_000_000);

/// A running fake; clones share their memory.
#[derive(Clone)]
pub struct FakeSlack {
    address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
    clock: Arc<dyn Clock>,
}

impl FakeSlack {
    /// Serves on a free port of this machine until the test's runtime ends. Its time stands
    /// still: a trigger expires when the test says so, however slow the machine is.
    pub async fn start() -> Self {
        FakeSlack::with_clock(Arc::new(ManualClock::at(STANDING))).await
    }

    /// A fake whose triggers, addresses for answers and limits go by this clock.
    pub async fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let fake = FakeSlack { address, memory: Arc::default(), clock };
        fake.memory().channels.insert("C1".into(), true);
        fake.memory().base = format!("http://{address}");
        let routes = server::routes(fake.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        fake
    }

    /// The address of the Web API.
    pub fn api_url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// An address for answers, handed out now: good for five answers within 30 minutes.
    pub fn response_url(&self, name: &str) -> String {
        let handed_out = (self.clock.now(), 0);
        self.memory().addresses.insert(name.to_owned(), handed_out);
        format!("http://{}/respond/{name}", self.address)
    }

    /// The memory, for looking and for preparing.
    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A trigger such as Slack hands out with a press: good once, within 3 s.
    pub fn trigger(&self) -> String {
        let now = self.clock.now();
        self.memory().new_trigger(now)
    }

    /// As if three seconds had passed.
    pub fn expire_triggers(&self) {
        self.memory().expire_triggers();
    }

    /// Returns once something was sent to an address for answers.
    pub async fn answered(&self) {
        self.until(|memory| !memory.responses.is_empty()).await;
    }

    /// Returns once one person alone was shown something.
    pub async fn anything_whispered(&self) {
        self.until(|memory| !memory.ephemeral.is_empty()).await;
    }

    async fn until(&self, arrived: impl Fn(&Memory) -> bool) {
        let sent = async {
            while !arrived(&self.memory()) {
                tokio::task::yield_now().await;
            }
        };
        let patience = Duration::from_secs(20);
        tokio::time::timeout(patience, sent).await.expect("nothing of the kind was sent");
    }

    /// How often `method` was called.
    pub fn calls(&self, method: &str) -> usize {
        self.memory().calls.get(method).copied().unwrap_or(0)
    }

    /// How many calls ended so: `ok`, or an error such as `ratelimited`.
    pub fn ended(&self, outcome: &str) -> usize {
        self.memory().log.iter().filter(|call| call.outcome == outcome).count()
    }

    /// The calls of one method as they came in, in order.
    pub fn log_of(&self, method: &str) -> Vec<Call> {
        self.memory().log.iter().filter(|call| call.method == method).cloned().collect()
    }

    /// What one person alone saw in a channel, in order.
    pub fn whispered(&self, channel: &str, user: &str) -> Vec<Value> {
        let memory = self.memory();
        let seen = memory.ephemeral.iter().filter(|one| one.channel == channel && one.user == user);
        seen.map(|one| one.body.clone()).collect()
    }

    /// What stands in a channel, in order.
    pub fn shown_in(&self, channel: &str) -> Vec<Value> {
        let memory = self.memory();
        let there = memory.messages.iter().filter(|posted| posted.channel == channel);
        there.map(|posted| posted.versions.last().unwrap().clone()).collect()
    }
}
