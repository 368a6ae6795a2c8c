//! The playground: a chat in the browser, served by the bot itself.
//!
//! Invariants: its personas are fixed and belong to this platform alone; every
//! act goes through the [`Dispatcher`](crate::chat::Dispatcher) like that of any other platform; what
//! is shown is what the store holds, so a restart or a lost connection changes
//! nothing; no request is answered before `guard` let it in. Deliberately
//! absent: accounts, plain talk between people (a line is always a command),
//! and any knowledge of what a command does. The clock that it moves is
//! people's time, in [`Travel`].
//!
//! Why not show everybody a typed line at once? Slack and Discord do not show
//! a command whose answer is private either, and `feedback …` is such a one.

mod acts;
mod crowd;
mod feed;
mod guard;
mod http;
mod personas;
mod store;
mod travel;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, watch};

use crate::chat::message::Message;
use crate::chat::{MessageRef, Platform, Post, SendError, Target};
use crate::error::Error;
use store::{BOT, NewMessage};

pub use http::router;
pub use personas::{CHANNEL, Persona, persona, personas};
pub use store::Store;
pub use travel::{Ask, Planned, Travel};

/// The platform's name in an identity.
pub const NAME: &str = "playground";

/// The one workspace there is.
pub const WORKSPACE: &str = "local";

/// How many pages may listen for changes at the same time.
const LISTENERS: usize = 64;

/// What the playground needs to know.
pub struct Settings {
    /// Where it is served; see [`Playground::listening_at`].
    pub listen: SocketAddr,
    /// The key of this start, part of the printed address.
    pub token: String,
    /// People's time, where the playground may move it: only while it is the only chat.
    pub travel: Option<Travel>,
}

/// The chat and its state.
pub struct Playground {
    store: Store,
    key: guard::Key,
    listen: RwLock<SocketAddr>,
    listeners: Arc<Semaphore>,
    crowd: crowd::Crowd,
    travel: Option<Travel>,
    stopped: watch::Sender<bool>,
}

impl Playground {
    /// A playground that keeps its messages in `store`.
    pub fn new(store: Store, settings: Settings) -> Arc<Self> {
        Arc::new(Playground {
            store,
            key: guard::Key::new(settings.token),
            listen: RwLock::new(settings.listen),
            listeners: Arc::new(Semaphore::new(LISTENERS)),
            crowd: crowd::Crowd::default(),
            travel: settings.travel,
            stopped: watch::Sender::new(false),
        })
    }

    /// The address that was really bound, when the port was left to the system.
    pub fn listening_at(&self, listen: SocketAddr) {
        *self.listen.write().unwrap_or_else(PoisonError::into_inner) = listen;
    }

    /// What to open in a browser; it carries the token, so it is printed and never logged.
    pub fn url(&self) -> String {
        let mut listen = self.listen();
        // Nobody can open "every address"; the machine's own is one of them.
        match listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => listen.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => listen.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        let token: String = url::form_urlencoded::byte_serialize(self.key.token().as_bytes()).collect();
        format!("http://{listen}{}?token={token}", guard::ENTRANCE)
    }

    /// Ends the open streams and the crowd, so that the server can stop.
    pub fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// How far people's time is ahead of the machine's, in milliseconds.
    fn ahead(&self) -> u64 {
        let ahead = self.travel.as_ref().map_or(Duration::ZERO, |travel| travel.clock.by());
        u64::try_from(ahead.as_millis()).unwrap_or(u64::MAX)
    }

    fn listen(&self) -> SocketAddr {
        *self.listen.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Platform for Playground {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn post(&self, post: Post<'_>) -> Result<MessageRef, SendError> {
        ours(post.workspace)?;
        let conversation = conversation(post.target)?;
        let new = NewMessage {
            conversation,
            author: BOT.into(),
            seen_by: None,
            content: post.marked().into_owned(),
            source: None,
        };
        let id = self.store.insert(new).await.map_err(later)?;
        Ok(MessageRef(serde_json::json!({ "message": id })))
    }

    async fn update(
        &self,
        workspace: &str,
        reference: &MessageRef,
        message: &Message,
    ) -> Result<(), SendError> {
        ours(workspace)?;
        let id = reference.0.get("message").and_then(|id| id.as_str()).unwrap_or_default();
        match self.store.replace(id, message).await.map_err(later)? {
            true => Ok(()),
            false => Err(SendError::Never("the playground has no such message".into())),
        }
    }
}

fn ours(workspace: &str) -> Result<(), SendError> {
    match workspace {
        WORKSPACE => Ok(()),
        other => Err(SendError::NotThere(format!("the playground has no workspace {other}"))),
    }
}

/// A direct conversation may also be named as a channel, as [`crate::chat::inbound::Place`] does.
fn conversation(target: &Target) -> Result<String, SendError> {
    let (known, named) = match target {
        Target::Channel { id } | Target::Thread { id, .. } => {
            let id = id.strip_prefix('#').unwrap_or(id);
            let direct = id.strip_prefix(personas::DIRECT).and_then(persona);
            ((id == CHANNEL).then(|| CHANNEL.to_owned()).or(direct.map(Persona::direct)), id)
        }
        Target::Direct { user } => (persona(user).map(Persona::direct), user.as_str()),
        Target::Respond { .. } | Target::Whisper { .. } | Target::Home { .. } => {
            return Err(SendError::Never("the playground answers in the request itself".into()));
        }
    };
    known.ok_or_else(|| SendError::NotThere(format!("the playground has no {named}")))
}

fn later(error: Error) -> SendError {
    SendError::Later { seconds: 1, reason: error.to_string() }
}

#[cfg(test)]
mod tests;
