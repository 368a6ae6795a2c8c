//! The connection to Discord: who we are there, the commands that it shows, and how interactions come.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use super::address::Address;
use super::answer::Late;
use super::client::Call;
use super::desk::Desk;
use super::inbound::Act;
use super::outbound::Parcel;
use super::pace::Route;
use super::{Discord, address, answer, gateway, register, tree};
use crate::chat::SendError;
use crate::chat::payload::text;

/// The longest pause between two tries: Discord takes away the token of whoever begins more than 1,000
/// sessions in a day ("Gateway", session start limit).
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// A connection that held for so long was a good one.
const GOOD: Duration = Duration::from_secs(600);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const CALL_BACK: &str = "POST interactions/callback";

/// Tries of something that has to work in the end, ever rarer; the log is told each new reason once.
struct Tries {
    what: &'static str,
    pause: Duration,
    told: String,
}

impl Tries {
    fn new(what: &'static str) -> Self {
        Tries { what, pause: FIRST_PAUSE, told: String::new() }
    }

    /// Waits for the next one, at least as long as was `asked` for, in seconds.
    async fn failed(&mut self, why: String, asked: Option<u64>) {
        if why != self.told {
            tracing::warn!(reason = %why, "{}", self.what);
            self.told = why;
        }
        tokio::time::sleep(self.pause.max(Duration::from_secs(asked.unwrap_or(0)))).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

impl Desk {
    /// Keeps the bot connected for as long as it runs: the bot serves meanwhile, so this is spawned beside it.
    pub async fn connect(self) {
        self.discord.clone().connect(self).await;
    }
}

impl Discord {
    async fn connect(&self, desk: Desk) {
        let mut tries = Tries::new("not connected to Discord");
        loop {
            let began = Instant::now();
            let (why, asked) = match self.link(&desk).await {
                Ok(why) => (why, None),
                Err(error) => (error.to_string(), error.seconds()),
            };
            if began.elapsed() > GOOD {
                tries.pause = FIRST_PAUSE;
            }
            tries.failed(why, asked).await;
        }
    }

    /// Connects once; why the connection ended.
    async fn link(&self, desk: &Desk) -> Result<String, SendError> {
        let client = self.outbound.client();
        let application = client.application().await?;
        let app = text(&application, &["id"]).filter(|id| address::is_id(id)).unwrap_or_default();
        self.learn_guilds(&application).await?;
        let over_http = application["interactions_endpoint_url"].as_str().is_some_and(|url| !url.is_empty());
        tracing::info!(application = %app, over_http, "Discord knows the bot");
        tokio::select! {
            never = self.keep_commands(&app) => never,
            ended = self.listen(desk, over_http) => ended,
        }
    }

    /// Listens until the gateway's connection cannot go on; why. Where interactions come over HTTP there is
    /// none to keep, and this never returns.
    async fn listen(&self, desk: &Desk, over_http: bool) -> Result<String, SendError> {
        if over_http {
            return std::future::pending().await;
        }
        let client = self.outbound.client();
        let gateway = client.gateway().await?;
        let later = |seconds, reason: &str| SendError::Later { seconds, reason: reason.into() };
        let limit = &gateway["session_start_limit"];
        if limit["remaining"] == 0 {
            let seconds = limit["reset_after"].as_u64().unwrap_or(0).div_ceil(1_000);
            return Err(later(seconds, "Discord lets no more sessions begin today"));
        }
        let named = gateway["url"].as_str().ok_or_else(|| later(1, "Discord named no gateway"))?;
        let far = || later(1, "the server named a gateway where the token is not to go");
        let url = client.gateway_at(named).ok_or_else(far)?;
        Ok(gateway::serve(desk.clone(), &url, &self.token, &self.api_url).await)
    }

    /// Writes the commands that Discord shows, however often that has to be tried: whoever knows them can
    /// use the bot meanwhile. Never returns.
    async fn keep_commands(&self, app: &str) -> Result<String, SendError> {
        let mut tries = Tries::new("the commands that Discord shows were not written");
        while let Err(error) = self.register(app).await {
            tries.failed(error.to_string(), error.seconds()).await;
        }
        std::future::pending().await
    }

    /// Writes the commands that Discord shows, where they are others; everywhere, for those of one guild are
    /// not there in direct conversations.
    async fn register(&self, app: &str) -> Result<(), SendError> {
        let client = self.outbound.client();
        if let Some(commands) = register::to_write(&client.commands(app).await?, &tree::tree(&self.menu)) {
            client.put_commands(app, &commands).await?;
            tracing::info!("the commands that Discord shows were written");
        }
        Ok(())
    }

    /// Answers an interaction that came over the gateway.
    pub(super) async fn call_back(&self, interaction: &Value, answer: &Value) -> Result<(), SendError> {
        let part = |name: &str| text(interaction, &[name]).unwrap_or_default();
        let (id, token) = (part("id"), part("token"));
        if ![&id, &token].into_iter().all(|part| address::is_plain(part)) {
            return Err(SendError::Never("it has no address".into()));
        }
        let route = Route::answering(CALL_BACK, &token);
        self.tell(Call::new(Method::POST, route, format!("interactions/{id}/{token}/callback")), Some(answer))
            .await
    }

    /// Where the answer to this goes that comes later.
    pub(super) fn promise(&self, act: &Act) -> Option<Address> {
        Address::new(self.outbound.client().now(), &act.app, &act.token)
    }

    /// Brings the answer that was promised, however often that has to be tried while its address lives: it may
    /// have overtaken the promise, or Discord may be away.
    pub(super) async fn keep_promise(&self, promise: Option<&Address>, answer: Value) {
        let Some(address) = promise else {
            return tracing::warn!("an answer to Discord came too late, and has no address");
        };
        let parcel = match answer::late(answer) {
            Late::Elsewhere => return,
            Late::Message(data) => Some(Parcel::words(data)),
            Late::Nothing => None,
        };
        let mut tries = Tries::new("an answer to Discord that was promised did not arrive yet");
        while let Err(error) = self.outbound.keep(address, parcel.clone()).await {
            let Some(seconds) = error.seconds() else {
                return tracing::warn!(reason = %error, "an answer to Discord came too late");
            };
            tries.failed(error.to_string(), Some(seconds)).await;
        }
    }

    async fn tell(&self, call: Call, body: Option<&Value>) -> Result<(), SendError> {
        let client = self.outbound.client();
        client.judged(&call.route, client.ask(&call, body, &[]).await).map(drop)
    }
}
