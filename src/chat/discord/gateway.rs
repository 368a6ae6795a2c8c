//! Discord's gateway, through serenity: it knows how to identify, resume and keep alive; what it brings is
//! answered like what came over HTTP.
//!
//! Why not serenity's `Client`? Where it does not learn the gateway's address it goes to the real one, whatever
//! it was told to talk to. We ask for the address ourselves and start the shard when we have it.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use serde_json::Value;
use serenity::all::{
    Context, Event, GatewayIntents, HttpBuilder, RawEventHandler, ShardManager, ShardManagerOptions,
};
use serenity::prelude::{Mutex, RwLock, TypeMap};
use tokio::sync::Notify;

use super::PLATFORM;
use super::desk::Desk;

/// Whoever takes up a session more often than this within [`RESUMES_IN`] is going round in circles: serenity
/// does so without a pause where a greeting comes after the session was taken up.
const RESUMES: usize = 5;
/// When an answer is tried again that did not get through.
const ONCE_MORE: Duration = Duration::from_millis(300);
/// See [`RESUMES`].
const RESUMES_IN: Duration = Duration::from_secs(10);

/// Connects to the gateway at `url` and answers what it brings, until the connection cannot go on: serenity
/// mends what can be mended by itself. Why it ended.
///
/// `token` and `api` are for serenity's own client, which calls nothing here.
pub(super) async fn serve(desk: Desk, url: &str, token: &str, api: &str) -> String {
    let ears = Arc::new(Ears { desk, resumed: std::sync::Mutex::default(), dizzy: Notify::new() });
    let http = HttpBuilder::new(token).proxy(api).ratelimiter_disabled(true).build();
    let (manager, mut ended) = ShardManager::new(ShardManagerOptions {
        data: Arc::new(RwLock::new(TypeMap::new())),
        event_handlers: Vec::new(),
        raw_event_handlers: vec![ears.clone()],
        shard_index: 0,
        shard_init: 1,
        shard_total: 1,
        ws_url: Arc::new(Mutex::new(url.to_owned())),
        http: Arc::new(http),
        // Interactions come without any.
        intents: GatewayIntents::empty(),
        presence: None,
    });
    if let Err(error) = manager.initialize() {
        return error.to_string();
    }
    tokio::select! {
        ended = ended.next() => match ended {
            Some(Err(error)) => error.to_string(),
            Some(Ok(())) | None => "it was closed".into(),
        },
        () = ears.dizzy.notified() => {
            manager.shutdown_all().await;
            "the gateway lets the same session be taken up again and again".into()
        }
    }
}

/// Hears what the gateway brings.
struct Ears {
    desk: Desk,
    /// When a session was taken up again lately.
    resumed: std::sync::Mutex<Vec<Instant>>,
    /// There is no end to it.
    dizzy: Notify,
}

impl Ears {
    fn resumes(&self) {
        let mut resumed = self.resumed.lock().unwrap_or_else(PoisonError::into_inner);
        resumed.retain(|at| at.elapsed() < RESUMES_IN);
        resumed.push(Instant::now());
        if resumed.len() > RESUMES {
            self.dizzy.notify_one();
        }
    }
}

#[async_trait]
impl RawEventHandler for Ears {
    async fn raw_event(&self, _: Context, event: Event) {
        match event {
            Event::Resumed(_) => self.resumes(),
            Event::InteractionCreate(it) => match serde_json::to_value(&it.interaction) {
                Ok(mut interaction) => {
                    interaction["type"] = u8::from(it.interaction.kind()).into();
                    self.desk.take_off(interaction).await;
                }
                Err(error) => tracing::warn!(%error, "an interaction of the gateway was not read"),
            },
            // What serenity cannot type.
            Event::Unknown(it) if it.kind == "INTERACTION_CREATE" => self.desk.take_off(it.value).await,
            Event::Ready(it) => {
                self.desk.discord.guilds.met(it.ready.guilds.iter().map(|it| it.id.to_string()).collect())
            }
            // One that lacks a part which nobody here needs.
            Event::Unknown(it) if it.kind == "READY" => {
                let guilds = it.value["guilds"].as_array().into_iter().flatten();
                self.desk
                    .discord
                    .guilds
                    .met(guilds.filter_map(|guild| guild["id"].as_str()).map(str::to_owned).collect());
            }
            _ => {}
        }
    }
}

impl Desk {
    async fn take_off(&self, interaction: Value) {
        let began = Instant::now();
        let (kind, answer) = self.respond(&interaction).await;
        let mut told = self.discord.call_back(&interaction, &answer).await;
        // Once more: Discord waits for a moment, and takes the first that it gets.
        if told.as_ref().is_err_and(|error| error.seconds().is_some()) {
            tokio::time::sleep(ONCE_MORE).await;
            told = self.discord.call_back(&interaction, &answer).await;
        }
        if let Err(error) = told {
            tracing::warn!(reason = %error, kind, "an interaction of the gateway was not answered");
        }
        self.metrics.acknowledged(PLATFORM, kind, began.elapsed());
    }
}
