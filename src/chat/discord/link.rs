//! The connection to Discord: who we are there, the commands that it shows, and how interactions come.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::client::Call;
use super::desk::Desk;
use super::inbound::Act;
use super::pace::Route;
use super::{Discord, address, gateway, register, tree};
use crate::chat::SendError;

/// The longest pause between two tries: Discord takes away the token of whoever begins more than 1,000
/// sessions in a day ("Gateway", session start limit).
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// A connection that held for so long was a good one.
const GOOD: Duration = Duration::from_secs(600);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// What answers by an interaction's token; see [`Route::is_answer`].
const CALL_BACK: &str = "POST webhooks/callback";
const ORIGINAL: &str = "PATCH webhooks";

/// Where the answer to an interaction goes that was promised.
pub(super) struct Promise {
    app: String,
    token: String,
}

impl Desk {
    /// Keeps the bot connected for as long as it runs: the bot serves meanwhile, so this is spawned beside it.
    pub async fn connect(self) {
        self.discord.clone().connect(self).await;
    }
}

impl Discord {
    async fn connect(&self, desk: Desk) {
        let (mut pause, mut told) = (FIRST_PAUSE, String::new());
        loop {
            let began = Instant::now();
            let ended = self.link(&desk).await;
            let (why, asked) = match ended {
                Ok(why) => (why, None),
                Err(error) => (error.to_string(), error.seconds()),
            };
            if why != told {
                tracing::warn!(reason = %why, "not connected to Discord");
                told = why;
            }
            if began.elapsed() > GOOD {
                pause = FIRST_PAUSE;
            }
            tokio::time::sleep(pause.max(Duration::from_secs(asked.unwrap_or(0)))).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Connects once; why the connection ended. Where interactions come over HTTP there is none to keep, and
    /// this never returns.
    async fn link(&self, desk: &Desk) -> Result<String, SendError> {
        let client = self.outbound.client();
        let application = client.application().await?;
        let app = application["id"].as_str().filter(|id| address::is_id(id)).unwrap_or_default().to_owned();
        self.learn_guilds(&application).await?;
        self.register(&app).await?;
        tracing::info!(application = %app, "connected to Discord");
        if application["interactions_endpoint_url"].is_string() {
            return std::future::pending().await;
        }
        let gateway = client.gateway().await?;
        let later = |seconds, reason: &str| SendError::Later { seconds, reason: reason.into() };
        let limit = &gateway["session_start_limit"];
        if limit["remaining"] == 0 {
            let seconds = limit["reset_after"].as_u64().unwrap_or(0).div_ceil(1_000);
            return Err(later(seconds, "Discord lets no more sessions begin today"));
        }
        let url = gateway["url"].as_str().ok_or_else(|| later(1, "Discord named no gateway"))?;
        Ok(gateway::serve(desk.clone(), url, &self.token, &self.api_url).await)
    }

    /// Writes the commands that Discord shows, where they are others; everywhere, for those of one guild are
    /// not there in direct conversations.
    async fn register(&self, app: &str) -> Result<(), SendError> {
        let client = self.outbound.client();
        if let Some(commands) =
            register::to_write(&client.commands(app, None).await?, &tree::tree(&self.menu))
        {
            client.put_commands(app, None, &commands).await?;
            tracing::info!("the commands that Discord shows were written");
        }
        Ok(())
    }

    /// Answers an interaction that came over the gateway.
    pub(super) async fn call_back(&self, interaction: &Value, answer: &Value) -> Result<(), SendError> {
        let part = |name: &str| interaction[name].as_str().unwrap_or_default().to_owned();
        let (id, token) = (part("id"), part("token"));
        if !address::is_id(&id) || !address::is_plain(&token) {
            return Err(SendError::Never("it has no address".into()));
        }
        let route = Route::new(CALL_BACK, &token);
        self.tell(Call::new(Method::POST, route, format!("interactions/{id}/{token}/callback")), Some(answer))
            .await
    }

    /// Where an answer to this goes that comes late.
    pub(super) fn promise(&self, act: &Act) -> Promise {
        Promise { app: act.app.clone(), token: act.token.clone() }
    }

    /// Brings the answer that was promised.
    pub(super) async fn keep_promise(&self, promise: &Promise, mut answer: Value) {
        // Who sees it was settled with the promise; Discord refuses an edit that says so again.
        if let Some(data) = answer["data"].as_object_mut() {
            data.remove("flags");
        }
        let Promise { app, token } = promise;
        if !address::is_id(app) || !address::is_plain(token) {
            return tracing::warn!("an answer to Discord came too late, and has no address");
        }
        let path = format!("webhooks/{app}/{token}/messages/@original");
        let call = |method| Call::new(method, Route::new(ORIGINAL, token), path);
        let told = match answer.get("data").filter(|_| answer["type"] == 4 || answer["type"] == 7) {
            Some(data) => self.tell(call(Method::PATCH), Some(data)).await,
            // A form cannot open any more, and what changes nothing needs no words.
            None if answer["type"] == 9 => {
                let late = json!({ "content": "⚠️ That took too long to open the form. Do it again.", "allowed_mentions": { "parse": [] } });
                self.tell(call(Method::PATCH), Some(&late)).await
            }
            None => self.tell(call(Method::DELETE), None).await,
        };
        if let Err(error) = told {
            tracing::warn!(reason = %error, "an answer to Discord came too late");
        }
    }

    async fn tell(&self, call: Call, body: Option<&Value>) -> Result<(), SendError> {
        let client = self.outbound.client();
        client.judged(&call.route, client.ask(&call, body, &[]).await).map(drop)
    }
}
