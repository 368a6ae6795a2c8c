//! EDGE: Slack over HTTP.
//!
//! Invariants: nothing is read before its signature held; a payload is read
//! leniently and never answered with a 5xx; what a person typed never acts as
//! markup; no token, body or address for answers is logged. Deliberately absent:
//! features, the database, and any state but what `auth.test` said.

mod answer;
mod client;
mod directory;
mod errors;
mod events;
mod files;
mod http;
pub mod inbound;
pub mod limits;
pub mod manifest;
pub mod render;
pub mod subscriptions;
pub mod text;
pub mod verify;
pub mod view;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::chat::attachment::Upload;
use crate::chat::message::Message;
use crate::chat::{Bring, MessageRef, Platform, Post, SendError, Target};
use crate::clock::Clock;
use crate::error::Result;
use client::Client;
pub use client::PATIENCE;
pub use http::router;
use inbound::Workspace;

/// The longest pause between two tries to learn the workspace.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How many unknown kinds are told apart in the log.
const KINDS: usize = 64;

/// What must be set for Slack. Without `Debug`, because all but the address is secret.
#[derive(Clone)]
pub struct Settings {
    /// Signs every request of Slack.
    pub signing_secret: String,
    /// `xoxb-…`.
    pub bot_token: String,
    /// `https://slack.com/api`, or a fake's.
    pub api_url: String,
    /// Whether we hold ourselves to Slack's rates.
    pub pacing: bool,
    /// How long an answer of Slack's is waited for; [`PATIENCE`] but in tests.
    pub patience: Duration,
}

/// The Slack platform.
pub struct Slack {
    signing_secret: String,
    client: Client,
    clock: Arc<dyn Clock>,
    workspace: OnceLock<Workspace>,
    unknown_kinds: Mutex<BTreeSet<String>>,
}

impl Slack {
    /// Ready to serve. `wall` judges the age of signatures, so it is the machine's own;
    /// messages are paced by `clock`, which is that of the jobs that send them.
    pub fn new(settings: Settings, wall: Arc<dyn Clock>, clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(Slack {
            client: Client::new(&settings, clock)?,
            signing_secret: settings.signing_secret,
            clock: wall,
            workspace: OnceLock::new(),
            unknown_kinds: Mutex::new(BTreeSet::new()),
        })
    }

    /// The connected workspace, once `auth.test` has answered.
    pub fn workspace(&self) -> Option<&Workspace> {
        self.workspace.get()
    }

    /// The connected workspace, asked for where that was not answered yet.
    async fn met(&self) -> Result<&Workspace, SendError> {
        if self.workspace.get().is_none() {
            let workspace = self.client.auth_test().await?;
            // Another call may have been first; both were told the same.
            let _ = self.workspace.set(workspace);
        }
        let unknown = || SendError::Later { seconds: 1, reason: "the workspace is not known yet".into() };
        self.workspace.get().ok_or_else(unknown)
    }

    /// Asks `auth.test` until it answers, with growing pauses. The bot serves meanwhile,
    /// so this is spawned beside it; it ends when the workspace is known.
    pub async fn connect(&self) {
        let mut pause = Duration::from_secs(1);
        let mut told = String::new();
        while self.workspace.get().is_none() {
            match self.met().await {
                Ok(workspace) => {
                    tracing::info!(team = %workspace.team, "connected to Slack");
                    return;
                }
                Err(error) => {
                    let why = error.to_string();
                    if why != told {
                        tracing::warn!(reason = %why, "Slack does not tell its workspace yet");
                        told = why;
                    }
                    let asked = Duration::from_secs(error.seconds().unwrap_or(0));
                    tokio::time::sleep(pause.max(asked)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Logs a kind of payload that we do nothing with, once.
    fn note_unknown(&self, kind: &str) {
        let mut kinds = self.unknown_kinds.lock().unwrap_or_else(PoisonError::into_inner);
        if kinds.len() < KINDS && kinds.insert(kind.to_owned()) {
            tracing::info!(kind, "Slack sent something that is not handled");
        }
    }
}

#[async_trait]
impl Platform for Slack {
    fn name(&self) -> &'static str {
        inbound::PLATFORM
    }

    fn wait(&self, key: &str, target: &Target, reference: Option<&MessageRef>) -> Duration {
        if let Some(place) = reference.and_then(|reference| reference.0["channel"].as_str()) {
            return self.client.wait(key, "chat.update", place);
        }
        match target {
            Target::Channel { id } | Target::Thread { id, .. } => {
                self.client.wait(key, "chat.postMessage", id)
            }
            Target::Direct { user } => self.client.wait_directly(key, user),
            Target::Whisper { id, .. } => self.client.wait(key, "chat.postEphemeral", id),
            Target::Home { user } => self.client.wait(key, "views.publish", user),
            Target::Respond { .. } => self.client.wait_to_answer(key),
        }
    }

    fn files(&self) -> Bring {
        Bring::Before
    }

    async fn upload(&self, _: &str, upload: &Upload) -> Result<String, SendError> {
        self.client.upload(upload).await
    }

    async fn post(&self, post: Post<'_>) -> Result<MessageRef, SendError> {
        let message = &*post.marked();
        match post.target {
            Target::Channel { id } => self.client.post(id, None, message).await,
            Target::Thread { id, thread } => self.client.post(id, Some(thread), message).await,
            Target::Direct { user } => self.client.post_directly(user, message).await,
            Target::Respond { url } => self.client.respond(url, message).await,
            Target::Whisper { id, thread, user } => {
                self.client.whisper(id, thread.as_deref(), user, message).await
            }
            Target::Home { user } => self.client.publish(user, message).await,
        }
    }

    async fn update(&self, _: &str, reference: &MessageRef, message: &Message) -> Result<(), SendError> {
        self.client.update(reference, message).await
    }
}
