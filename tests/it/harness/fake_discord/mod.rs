//! A fake Discord with memory: guilds, channels, people, messages, commands, interactions and their
//! tokens. It refuses what Discord refuses. Every call is counted and logged, the refused ones too.
//!
//! To teach it a route: a line each in the two tables of [`server`], a function beside those of its family.

mod answers;
pub mod checks;
pub mod commands;
mod directory;
mod faultfinder;
mod faults;
mod memory;
mod messages;
pub mod modals;
mod rates;
mod request;
mod server;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use goldenpath::chat::discord::client::{PATIENCE, Settings};
use goldenpath::clock::{Clock, ManualClock, Timestamp};
use serde_json::Value;

pub use faults::After;
use memory::Memory;
pub use memory::{Call, Channel, Filed, Interaction, Posted, Refusal};

/// The token that the fake takes.
pub const TOKEN: &str = "fake.bot.token";
/// The application, and the bot's own user.
pub const APP: &str = "900000000000000001";
/// See [`APP`]; a bot's user has the id of its application.
pub const BOT: &str = APP;
/// The guild, and a channel of it.
pub const GUILD: &str = "100000000000000001";
/// See [`GUILD`].
pub const CHANNEL: &str = "200000000000000001";
/// Two people.
pub const ADA: &str = "300000000000000001";
/// See [`ADA`].
pub const BEN: &str = "300000000000000002";

/// The id of whoever is called so.
pub fn user(name: &str) -> String {
    match name {
        "Ada" => ADA.into(),
        "Ben" => BEN.into(),
        other => {
            let number = other.bytes().fold(0_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000);
            format!("300000000001{number:06}")
        }
    }
}

/// Where the fake's own clock stands, and the time that its messages bear.
const STANDING: Timestamp = Timestamp(1_795_350_000_000);

/// A running fake; clones share their memory.
#[derive(Clone)]
pub struct FakeDiscord {
    address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
    clock: Arc<dyn Clock>,
}

impl FakeDiscord {
    /// Serves on a free port of this machine until the test's runtime ends. Its time stands still.
    pub async fn start() -> Self {
        FakeDiscord::with_clock(Arc::new(ManualClock::at(STANDING))).await
    }

    /// A fake whose tokens and limits go by this clock.
    pub async fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let fake = FakeDiscord { address, memory: Arc::default(), clock };
        fake.memory().now = fake.clock.now();
        let routes = server::routes(fake.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        fake
    }

    /// The address that stands for `https://discord.com`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How a bot calls it that is not to hold itself to a pace.
    pub fn settings(&self) -> Settings {
        Settings { token: TOKEN.into(), api_url: self.url(), pacing: false, patience: PATIENCE }
    }

    /// The memory, for looking and for preparing.
    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody did something just now, of this kind (2 command, 3 component, 4 autocomplete, 5 modal), under
    /// `message` where it was there; the id and the token.
    pub fn interaction(
        &self,
        kind: u64,
        user: &str,
        channel: &str,
        message: Option<&str>,
    ) -> (String, String) {
        let now = self.clock.now();
        let mut memory = self.memory();
        memory.now = now;
        let id = memory.new_id();
        let token = format!("token_{id}");
        let interaction = Interaction {
            id: id.clone(),
            kind,
            user: user.to_owned(),
            channel: channel.to_owned(),
            message: message.map(str::to_owned),
            made: now,
            callback: None,
            original: None,
        };
        memory.interactions.insert(token.clone(), interaction);
        (id, token)
    }

    /// What the app answered in the request itself: a body with which Discord would do nothing is a panic.
    pub fn answered(&self, token: &str, body: &Value) {
        let request = request::Request { body: body.clone(), ..request::Request::default() };
        let taken = answers::take(&mut self.memory(), token, &request);
        assert!(taken.is_ok(), "Discord would refuse {body}: {:?}", taken.map_err(|refusal| refusal.body()));
    }

    /// What stands in a channel for everybody, message by message.
    pub fn shown_in(&self, channel: &str) -> Vec<Value> {
        let memory = self.memory();
        let there =
            memory.messages.iter().filter(|posted| posted.channel == channel && posted.seen_by.is_none());
        there.filter_map(|posted| posted.versions.last().cloned()).collect()
    }

    /// What one person alone sees in a channel.
    pub fn whispered(&self, channel: &str, user: &str) -> Vec<Value> {
        let memory = self.memory();
        let theirs = |seen_by: &Option<String>| seen_by.as_deref() == Some(user);
        let there =
            memory.messages.iter().filter(|posted| posted.channel == channel && theirs(&posted.seen_by));
        there.filter_map(|posted| posted.versions.last().cloned()).collect()
    }

    /// The direct conversation with somebody, as a channel.
    pub fn direct(&self, user: &str) -> String {
        self.memory().direct(user)
    }

    /// The files of what stands in a channel.
    pub fn files_in(&self, channel: &str) -> Vec<Filed> {
        let memory = self.memory();
        memory
            .messages
            .iter()
            .filter(|posted| posted.channel == channel)
            .flat_map(|posted| posted.files.clone())
            .collect()
    }

    /// How often a route was called.
    pub fn calls(&self, route: &str) -> usize {
        self.memory().calls.get(route).copied().unwrap_or(0)
    }

    /// The calls of a route, in order.
    pub fn log_of(&self, route: &str) -> Vec<Call> {
        self.memory().log.iter().filter(|call| call.route == route).cloned().collect()
    }

    /// How many calls ended so.
    pub fn ended(&self, outcome: &str) -> usize {
        self.memory().log.iter().filter(|call| call.outcome == outcome).count()
    }
}
