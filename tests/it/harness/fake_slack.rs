//! A fake Slack Web API with memory: it keeps channels, messages and views, and refuses
//! what Slack refuses. Every call is counted, the refused ones too.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::slack_checks::{message_fault, view_fault};

/// The token that the fake takes.
pub const TOKEN: &str = "xoxb-fake-token";
/// The connected workspace.
pub const TEAM: &str = "T1";
/// The bot's own user.
pub const BOT: &str = "UBOT";

/// A message, with each version that it had; the last one is what stands there.
#[derive(Debug, Clone)]
pub struct Posted {
    pub channel: String,
    pub ts: String,
    pub versions: Vec<Value>,
}

/// What happened at the fake.
#[derive(Default)]
pub struct Memory {
    /// Channel → whether the bot is a member.
    pub channels: BTreeMap<String, bool>,
    pub archived: BTreeSet<String>,
    pub messages: Vec<Posted>,
    /// Opened views in order.
    pub views: Vec<Value>,
    /// What was sent to addresses for answers: (name of the address, body).
    pub responses: Vec<(String, Value)>,
    /// Method → calls, refused ones included.
    pub calls: BTreeMap<String, usize>,
    triggers: BTreeMap<String, Trigger>,
    /// As long as it is above zero calls are refused with this `Retry-After`.
    limited: (usize, u64),
    down: bool,
    silent: bool,
    next_ts: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Trigger {
    Fresh,
    Used,
    Expired,
}

/// A running fake; clones share their memory.
#[derive(Clone)]
pub struct FakeSlack {
    address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
}

impl FakeSlack {
    /// Serves on a free port of this machine until the test's runtime ends.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = FakeSlack { address: listener.local_addr().unwrap(), memory: Arc::default() };
        fake.memory().channels.insert("C1".into(), true);
        let routes = Router::new()
            .route("/api/{method}", post(api))
            .route("/respond/{name}", post(respond))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        fake
    }

    /// The address of the Web API.
    pub fn api_url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// An address for answers.
    pub fn response_url(&self, name: &str) -> String {
        format!("http://{}/respond/{name}", self.address)
    }

    /// The memory, for looking and for preparing.
    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// While down every call is answered 503.
    pub fn set_down(&self, down: bool) {
        self.memory().down = down;
    }

    /// While silent every call is done and its answer never arrives.
    pub fn set_silent(&self, silent: bool) {
        self.memory().silent = silent;
    }

    /// The next `calls` calls are too many; try again after `seconds`.
    pub fn limit(&self, calls: usize, seconds: u64) {
        self.memory().limited = (calls, seconds);
    }

    /// A trigger such as Slack hands out with a press.
    pub fn trigger(&self) -> String {
        let mut memory = self.memory();
        let trigger = format!("{}.trigger", memory.triggers.len() + 1);
        memory.triggers.insert(trigger.clone(), Trigger::Fresh);
        trigger
    }

    /// As if three seconds had passed.
    pub fn expire_triggers(&self) {
        self.memory().triggers.values_mut().for_each(|trigger| *trigger = Trigger::Expired);
    }

    /// Returns once something was sent to an address for answers.
    pub async fn answered(&self) {
        let sent = async {
            while self.memory().responses.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        let patience = std::time::Duration::from_secs(20);
        tokio::time::timeout(patience, sent).await.expect("nothing was sent to an address for answers");
    }

    /// How often `method` was called.
    pub fn calls(&self, method: &str) -> usize {
        self.memory().calls.get(method).copied().unwrap_or(0)
    }

    /// What stands in a channel, in order.
    pub fn shown_in(&self, channel: &str) -> Vec<Value> {
        let memory = self.memory();
        let there = memory.messages.iter().filter(|posted| posted.channel == channel);
        there.map(|posted| posted.versions.last().unwrap().clone()).collect()
    }
}

async fn api(
    State(fake): State<FakeSlack>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = take(&fake, method, &headers, &body);
    if fake.memory().silent {
        std::future::pending::<()>().await;
    }
    answer
}

fn take(fake: &FakeSlack, method: String, headers: &HeaderMap, body: &Bytes) -> Response {
    let mut memory = fake.memory();
    *memory.calls.entry(method.clone()).or_default() += 1;
    if memory.down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if memory.limited.0 > 0 {
        memory.limited.0 -= 1;
        let wait = [("retry-after", memory.limited.1.to_string())];
        let body = Json(json!({ "ok": false, "error": "ratelimited" }));
        return (StatusCode::TOO_MANY_REQUESTS, wait, body).into_response();
    }
    let token = headers.get("authorization").and_then(|value| value.to_str().ok());
    let answer = match token {
        Some(token) if token == format!("Bearer {TOKEN}") => {
            let body = serde_json::from_slice(body).unwrap_or(Value::Null);
            memory.answer(&method, &body)
        }
        Some(_) => Err("invalid_auth"),
        None => Err("not_authed"),
    };
    match answer {
        Ok(mut answer) => {
            answer["ok"] = true.into();
            Json(answer).into_response()
        }
        Err(error) => Json(json!({ "ok": false, "error": error })).into_response(),
    }
}

/// Answers with plain text, as Slack does at these addresses.
async fn respond(State(fake): State<FakeSlack>, Path(name): Path<String>, body: Bytes) -> Response {
    let mut memory = fake.memory();
    *memory.calls.entry("response_url".into()).or_default() += 1;
    if memory.down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if memory.responses.iter().filter(|(used, _)| *used == name).count() == 5 {
        return (StatusCode::NOT_FOUND, "used_url").into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    if let Some(fault) = message_fault(&body) {
        return (StatusCode::BAD_REQUEST, fault).into_response();
    }
    memory.responses.push((name, body));
    "ok".into_response()
}

impl Memory {
    fn answer(&mut self, method: &str, body: &Value) -> Result<Value, &'static str> {
        match method {
            "auth.test" => Ok(json!({ "team_id": TEAM, "user_id": BOT, "url": "https://t1.slack.example/" })),
            "chat.postMessage" => self.post(body),
            "chat.update" => self.update(body),
            "views.open" | "views.push" => self.open(body),
            _ => Err("unknown_method"),
        }
    }

    fn post(&mut self, body: &Value) -> Result<Value, &'static str> {
        let channel = self.writable(body["channel"].as_str().unwrap_or_default())?;
        if let Some(fault) = message_fault(body) {
            return Err(fault);
        }
        self.next_ts += 1;
        let ts = format!("1795350000.{:06}", self.next_ts);
        self.messages.push(Posted { channel: channel.clone(), ts: ts.clone(), versions: vec![body.clone()] });
        Ok(json!({ "channel": channel, "ts": ts }))
    }

    fn update(&mut self, body: &Value) -> Result<Value, &'static str> {
        let channel = self.writable(body["channel"].as_str().unwrap_or_default())?;
        if let Some(fault) = message_fault(body) {
            return Err(fault);
        }
        let ts = body["ts"].as_str().unwrap_or_default();
        let mut there = self.messages.iter_mut();
        let posted = there.find(|posted| posted.channel == channel && posted.ts == ts);
        posted.ok_or("message_not_found")?.versions.push(body.clone());
        Ok(json!({ "channel": channel, "ts": ts }))
    }

    /// The channel; for a user, the direct conversation with them.
    fn writable(&self, channel: &str) -> Result<String, &'static str> {
        if channel.starts_with('U') {
            return Ok(format!("D{channel}"));
        }
        if channel.starts_with('D') {
            return Ok(channel.to_owned());
        }
        match self.channels.get(channel) {
            None => Err("channel_not_found"),
            Some(_) if self.archived.contains(channel) => Err("is_archived"),
            Some(false) => Err("not_in_channel"),
            Some(true) => Ok(channel.to_owned()),
        }
    }

    fn open(&mut self, body: &Value) -> Result<Value, &'static str> {
        let trigger = self.triggers.get_mut(body["trigger_id"].as_str().unwrap_or_default());
        match trigger.as_deref() {
            None => return Err("invalid_trigger_id"),
            Some(Trigger::Used) => return Err("exchanged_trigger_id"),
            Some(Trigger::Expired) => return Err("expired_trigger_id"),
            Some(Trigger::Fresh) => {}
        }
        if let Some(fault) = view_fault(&body["view"]) {
            return Err(fault);
        }
        trigger.into_iter().for_each(|trigger| *trigger = Trigger::Used);
        let mut view = body["view"].clone();
        view["id"] = format!("V{}", self.views.len() + 1).into();
        view["hash"] = format!("hash{}", self.views.len() + 1).into();
        self.views.push(view.clone());
        Ok(json!({ "view": view }))
    }
}
