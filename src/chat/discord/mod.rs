//! EDGE: Discord, over signed HTTP requests and over its gateway.
//!
//! Invariants: nothing is read before its signature held; a payload is read leniently, one member
//! at a time, and means the same whichever way it came; what a person typed never acts as markup or
//! mentions anybody; no token of an interaction is logged. Deliberately absent: features and the database.

pub mod address;
mod answer;
pub mod client;
pub mod components;
mod desk;
mod directory;
mod errors;
mod examine;
pub mod form;
mod gateway;
mod guilds;
mod http;
pub mod inbound;
pub mod limits;
mod link;
pub mod manifest;
pub mod outbound;
mod pace;
mod pages;
pub mod register;
pub mod render;
mod sheets;
mod table;
pub mod text;
pub mod tree;
pub mod typed;
pub mod verify;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serenity::interactions_endpoint::Verifier;

use crate::clock::Clock;
use crate::commands::spec::Menu;
use crate::error::Result;
pub use desk::Desk;
pub use examine::Finding;
use guilds::Guilds;
pub use http::router;
use outbound::Outbound;

/// The platform's name.
pub const PLATFORM: &str = "discord";
/// How many unknown kinds are told apart in the log.
const KINDS: usize = 64;

/// What must be set for Discord. Without `Debug`, because the token is secret.
#[derive(Clone)]
pub struct Settings {
    pub calls: client::Settings,
    /// Proves what comes over HTTP, as 64 hexadecimal digits; without it nothing is taken that way.
    pub public_key: Option<String>,
    /// The company's guilds; none: those where the bot is.
    pub guilds: Vec<String>,
    pub menu: Menu,
}

/// The Discord platform.
pub struct Discord {
    outbound: Arc<Outbound>,
    public_key: Option<String>,
    verifier: Option<Verifier>,
    menu: Menu,
    guilds: Guilds,
    token: String,
    api_url: String,
    clock: Arc<dyn Clock>,
    unknown_kinds: Mutex<BTreeSet<String>>,
}

impl Discord {
    /// Ready to serve. `wall` judges the age of signatures, so it is the machine's own; messages are paced
    /// by `clock`, which is that of the jobs that send them.
    ///
    /// # Errors
    /// `Invalid` for a token or an address that can be none.
    pub fn new(settings: Settings, wall: Arc<dyn Clock>, clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(Discord {
            token: settings.calls.token.clone(),
            api_url: settings.calls.api_url.clone(),
            outbound: Arc::new(Outbound::new(&settings.calls, clock)?),
            verifier: settings.public_key.as_deref().and_then(verify::verifier),
            public_key: settings.public_key,
            menu: settings.menu,
            guilds: Guilds::new(settings.guilds),
            clock: wall,
            unknown_kinds: Mutex::default(),
        })
    }

    /// What brings messages there.
    pub fn outbound(&self) -> Arc<Outbound> {
        self.outbound.clone()
    }

    /// Logs a kind of interaction that we do nothing with, once.
    fn note_unknown(&self, kind: &str) {
        let mut kinds = self.unknown_kinds.lock().unwrap_or_else(PoisonError::into_inner);
        if kinds.len() < KINDS && kinds.insert(kind.to_owned()) {
            tracing::info!(kind, "Discord sent something that is not handled");
        }
    }
}
