//! The wire: faults first, then the token, the scope, the method; everything is logged.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, post};
use axum::{Json, Router};
use goldenpath::clock::Timestamp;
use serde_json::{Value, json};

use super::FakeSlack;
use super::checks::message_fault;
use super::faults::Faults;
use super::files;
use super::memory::{Call, Memory, Refusal};
use super::methods::{self, Method};
use super::request::{self, Request, text};

/// How long, and how often, an address for answers takes one.
const ADDRESS_LIVES: Duration = Duration::from_secs(30 * 60);
const ADDRESS_USES: usize = 5;
/// What an answer at such an address is called among the methods.
const ANSWER: &str = "response_url";
/// What the bytes of a file are called among the methods.
const UPLOAD: &str = "upload";

pub fn routes(fake: FakeSlack) -> Router {
    Router::new()
        .route("/api/{method}", any(api))
        .route("/respond/{name}", post(respond))
        .route("/upload/{id}", post(upload))
        .with_state(fake)
}

async fn api(
    State(fake): State<FakeSlack>,
    Path(method): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = fake.clock.now();
    let request = request::read(&headers, &uri, &body);
    let answer = fake.memory().take(&method, request, now);
    delayed(&fake, answer).await
}

/// What was done is done; the answer has its own fate.
async fn delayed(fake: &FakeSlack, answer: Response) -> Response {
    let (slow, silent, garbled) = {
        let faults = &fake.memory().faults;
        (faults.slow, faults.silent, faults.garbled)
    };
    if silent {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(slow).await;
    if garbled { Html("<h1>Bad gateway, probably</h1>").into_response() } else { answer }
}

/// An error of HTTP before any of Slack's own.
struct Early(StatusCode, Option<u64>, &'static str);

impl Early {
    fn response(&self) -> Response {
        let body = Json(json!({ "ok": false, "error": self.2 }));
        match self.1 {
            Some(seconds) => (self.0, [("retry-after", seconds.to_string())], body).into_response(),
            None => self.0.into_response(),
        }
    }
}

impl Faults {
    fn early(&mut self, method: &str, now: Timestamp) -> Option<Early> {
        if let Some(status) = self.status {
            return Some(Early(StatusCode::from_u16(status).unwrap(), None, "down"));
        }
        if self.limited.0 > 0 {
            self.limited.0 -= 1;
            return Some(Early::too_many(self.limited.1));
        }
        let until = ["*", method].iter().filter_map(|name| self.busy.get(*name)).max()?;
        let left = until.since(now);
        (!left.is_zero()).then(|| Early::too_many(left.as_millis().div_ceil(1000).try_into().unwrap()))
    }
}

impl Early {
    fn too_many(seconds: u64) -> Self {
        Early(StatusCode::TOO_MANY_REQUESTS, Some(seconds), "ratelimited")
    }
}

impl Memory {
    fn record(&mut self, method: &str, arguments: &Value, outcome: &str, at: Timestamp) {
        *self.calls.entry(method.to_owned()).or_default() += 1;
        let (method, outcome) = (method.to_owned(), outcome.to_owned());
        self.log.push(Call { method, arguments: arguments.clone(), outcome, at });
    }

    fn take(&mut self, name: &str, request: Result<Request, Refusal>, now: Timestamp) -> Response {
        let arguments = request.as_ref().map_or(Value::Null, |request| request.arguments.clone());
        if let Some(early) = self.faults.early(name, now) {
            self.record(name, &arguments, early.2, now);
            return early.response();
        }
        let Some(method) = methods::named(name) else {
            self.record(name, &arguments, "unknown_method", now);
            let more = json!({ "req_method": name });
            return told(None, "", Err(Refusal { error: "unknown_method".into(), more }));
        };
        let channel = text(&arguments, "channel");
        if let Some(seconds) = self.rates.count(name, method.per_minute, channel, now) {
            self.record(name, &arguments, "ratelimited", now);
            return Early::too_many(seconds).response();
        }
        let provided = request.as_ref().map_or(String::new(), |request| self.provided(request));
        let warning = request.as_ref().map_or(None, |request| request.warning);
        let mut answer = request.and_then(|request| self.call(method, &request, now));
        if let (Ok(answer), Some(warning)) = (&mut answer, warning) {
            answer["warning"] = warning.into();
            answer["response_metadata"]["warnings"] = json!([warning]);
        }
        let outcome = answer.as_ref().map_or_else(|refusal| refusal.error.clone(), |_| "ok".into());
        self.record(name, &arguments, &outcome, now);
        told(Some(method), &provided, answer)
    }

    fn call(&mut self, method: &Method, request: &Request, now: Timestamp) -> Result<Value, Refusal> {
        if method.name != "api.test" {
            self.authorize(method, request)?;
        }
        if let Some(error) = self.faults.refusal(method.name) {
            return Err(error.as_str().into());
        }
        let unread = json!({});
        let arguments = if request.json && !method.json { &unread } else { &request.arguments };
        for name in method.required {
            if arguments[name].is_null() || arguments[name] == "" {
                return Err(Refusal::explained(
                    "invalid_arguments",
                    &format!("missing required field: {name}"),
                ));
            }
        }
        (method.act)(self, arguments, now)
    }

    fn authorize(&self, method: &Method, request: &Request) -> Result<(), Refusal> {
        let token = request.token.as_ref().ok_or("not_authed")?;
        let known = self.tokens.get(token).ok_or("invalid_auth")?;
        let scopes = known.as_ref().map_err(|error| Refusal::from(*error))?;
        if method.scopes.is_empty() || method.scopes.iter().any(|scope| scopes.contains(*scope)) {
            return Ok(());
        }
        let more = json!({ "needed": method.scopes.join(","), "provided": self.provided(request) });
        Err(Refusal { error: "missing_scope".into(), more })
    }

    /// The scopes of the token, as Slack lists them.
    fn provided(&self, request: &Request) -> String {
        let known = request.token.as_ref().and_then(|token| self.tokens.get(token)?.as_ref().ok());
        known.map_or(String::new(), |scopes| scopes.iter().cloned().collect::<Vec<_>>().join(","))
    }
}

fn told(method: Option<&Method>, provided: &str, answer: Result<Value, Refusal>) -> Response {
    let body = match answer {
        Ok(mut answer) => {
            answer["ok"] = true.into();
            answer
        }
        Err(Refusal { error, mut more }) => {
            more["ok"] = false.into();
            more["error"] = error.into();
            more
        }
    };
    let accepted = method.map_or(String::new(), |method| method.scopes.join(","));
    let scopes = [("x-oauth-scopes", provided.to_owned()), ("x-accepted-oauth-scopes", accepted)];
    (scopes, Json(body)).into_response()
}

/// The address to upload to says so in plain text. A bad day is one here, too.
async fn upload(State(fake): State<FakeSlack>, Path(id): Path<String>, body: Bytes) -> Response {
    let now = fake.clock.now();
    let mut memory = fake.memory();
    if let Some(early) = memory.faults.early(UPLOAD, now) {
        return early.response();
    }
    files::receive(&mut memory, &id, &body).into_response()
}

/// An address for answers says `ok` in plain text.
async fn respond(State(fake): State<FakeSlack>, Path(name): Path<String>, body: Bytes) -> Response {
    let now = fake.clock.now();
    let answer = fake.memory().respond(&name, &body, now);
    delayed(&fake, answer).await
}

impl Memory {
    fn respond(&mut self, name: &str, body: &Bytes, now: Timestamp) -> Response {
        let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        if let Some(early) = self.faults.early(ANSWER, now) {
            self.record(ANSWER, &body, early.2, now);
            return early.response();
        }
        if let Some((status, error)) = self.address_fault(name, &body, now) {
            self.record(ANSWER, &body, &error, now);
            return (status, Json(json!({ "ok": false, "error": error }))).into_response();
        }
        self.record(ANSWER, &body, "ok", now);
        self.addresses.entry(name.to_owned()).and_modify(|(_, uses)| *uses += 1);
        self.responses.push((name.to_owned(), body));
        "ok".into_response()
    }

    fn address_fault(&mut self, name: &str, body: &Value, now: Timestamp) -> Option<(StatusCode, String)> {
        let gone = |error: &str| Some((StatusCode::NOT_FOUND, error.to_owned()));
        if let Some(error) = self.faults.refusal(ANSWER) {
            return gone(&error);
        }
        match self.addresses.get(name) {
            None => gone("invalid_url"),
            Some((since, _)) if now.since(*since) > ADDRESS_LIVES => gone("expired_url"),
            Some((_, uses)) if *uses >= ADDRESS_USES => gone("used_url"),
            // Nobody asked by whom, so that it is nobody's to show a file.
            Some(_) if !files::unshown(body) => gone("invalid_blocks"),
            Some(_) => message_fault(body).map(|fault| (StatusCode::BAD_REQUEST, fault.to_owned())),
        }
    }
}
