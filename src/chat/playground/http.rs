//! The routes: the page, its state, its stream of changes, and what a persona does.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, LOCATION, SET_COOKIE};
use axum::middleware::from_fn_with_state;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::Stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use super::acts::{self, Act};
use super::personas::{CHANNEL, Persona, personas};
use super::store::buttons;
use super::{Playground, crowd, guard};
use crate::chat::Dispatcher;
use crate::chat::attachment::PNG;
use crate::chat::inbound::Input;
use crate::chat::message::{ButtonValue, Reply};
use crate::error::{Error, Result};

const BODY_LIMIT: usize = 256 * 1024;

/// How much of a conversation the page starts with.
const SHOWN: i64 = 200;

/// How many changes are read at once for a listener.
const BATCH: i64 = 100;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

#[derive(Clone)]
struct App {
    playground: Arc<Playground>,
    dispatcher: Dispatcher,
}

/// Everything that is served, behind the guard.
pub fn router(playground: Arc<Playground>, dispatcher: Dispatcher) -> Router {
    let app = App { playground: playground.clone(), dispatcher };
    Router::new()
        .route("/", get(|| asset(HTML, include_str!("page.html"))))
        .route(guard::ENTRANCE, get(enter))
        .route(guard::STYLE, get(|| asset(CSS, include_str!("page.css"))))
        .route("/playground/page.js", get(|| asset(JS, include_str!("page.js"))))
        .route("/playground/blocks.js", get(|| asset(JS, include_str!("blocks.js"))))
        .route("/playground/dialogs.js", get(|| asset(JS, include_str!("dialogs.js"))))
        .route("/playground/file/{digest}", get(file))
        .route("/playground/state", get(state))
        .route("/playground/events", get(events))
        .route("/playground/command", post(command))
        .route("/playground/press", post(press))
        .route("/playground/submit", post(submit))
        .route("/playground/read", post(read))
        .route("/playground/crowd", post(ask_the_crowd))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .route_layer(from_fn_with_state(playground, guard::guard))
        .with_state(app)
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind)], text).into_response()
}

/// What the guard shows to a browser instead of the page.
pub(super) fn refusal(status: StatusCode, why: &str) -> Response {
    // `why` is one of the guard's own sentences.
    let page = include_str!("locked.html").replace("{why}", why);
    (status, [(CONTENT_TYPE, HTML)], page).into_response()
}

#[derive(Deserialize)]
struct Entrance {
    #[serde(default)]
    token: String,
}

async fn enter(State(app): State<App>, Query(given): Query<Entrance>) -> Response {
    if !app.playground.key.is_token(&given.token) {
        return refusal(
            StatusCode::FORBIDDEN,
            "This is not the address that the bot printed at its last start; each start prints a new one.",
        );
    }
    let (name, value) = (guard::COOKIE_NAME, app.playground.key.cookie());
    let cookie = format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/");
    let headers = [(LOCATION, "/".to_owned()), (SET_COOKIE, cookie)];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// A fault as JSON, with a sentence for people.
struct Fault(Error);

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault(error)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            Error::Invalid(_) | Error::Fields(_) => StatusCode::BAD_REQUEST,
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::Denied(_) => StatusCode::FORBIDDEN,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::Unavailable(_) | Error::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let sentence = self.0.sentence().unwrap_or_else(|| {
            tracing::error!(error = %self.0, "the playground failed");
            "Something went wrong on my side; try again, the log says more.".into()
        });
        (status, Json(json!({ "error": sentence }))).into_response()
    }
}

/// A picture is shown; a file is never opened in the page's place, whatever is in it.
async fn file(State(app): State<App>, Path(digest): Path<String>) -> Result<Response, Fault> {
    let gone = || Error::NotFound("There is no such picture or file any more.".into());
    let kept = app.playground.store.file(&digest).await?.ok_or_else(gone)?;
    let (kind, shown) = match kept.media.as_str() {
        PNG => (PNG.to_owned(), "inline"),
        text => (format!("{text}; charset=utf-8"), "attachment"),
    };
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_DISPOSITION, shown.to_owned()),
        // What is named by its digest never changes.
        (CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
    ];
    Ok((headers, kept.bytes.to_vec()).into_response())
}

type Answer = Result<Json<Value>, Fault>;

fn persona(user: &str) -> Result<&'static Persona> {
    super::persona(user).ok_or_else(|| Error::NotFound("There is no such persona.".into()))
}

#[derive(Deserialize)]
struct Reader {
    persona: String,
    /// The last change that the page has.
    #[serde(default)]
    after: i64,
}

async fn state(State(app): State<App>, Query(reader): Query<Reader>) -> Answer {
    let (store, reader) = (&app.playground.store, persona(&reader.persona)?);
    // Read first: what changes meanwhile is sent again, and nothing is missed.
    let cursor = store.cursor().await?;
    let direct = reader.direct();
    let mut messages = store.latest(reader, CHANNEL, SHOWN).await?;
    messages.extend(store.latest(reader, &direct, SHOWN).await?);
    let people = personas().iter().map(|persona| {
        json!({ "user": persona.user, "name": persona.name, "role": persona.role, "crowd": persona.crowd })
    });
    Ok(Json(json!({
        "persona": reader.user,
        "personas": people.collect::<Vec<_>>(),
        "conversations": [
            { "id": CHANNEL, "name": format!("#{CHANNEL}"), "direct": false },
            { "id": direct, "name": "Goldenpath", "direct": true },
        ],
        "messages": messages,
        "unread": store.unread(reader).await?,
        "crowd": &*app.playground.crowd.watch().borrow(),
        "cursor": cursor,
        "now": store.now(),
    })))
}

async fn events(State(app): State<App>, headers: HeaderMap, Query(reader): Query<Reader>) -> Response {
    let persona = match persona(&reader.persona) {
        Ok(persona) => persona,
        Err(error) => return Fault(error).into_response(),
    };
    let Ok(permit) = app.playground.listeners.clone().try_acquire_owned() else {
        let full = "Too many pages listen to the playground; close one of them.";
        return Fault(Error::Unavailable(full.into())).into_response();
    };
    // A browser that reconnects says by itself what it has seen.
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let cursor = seen.unwrap_or(reader.after);
    Sse::new(feed(app.playground, persona, cursor, permit))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
        .into_response()
}

type Sent = Result<Event, Infallible>;

fn feed(
    playground: Arc<Playground>,
    reader: &'static Persona,
    cursor: i64,
    permit: OwnedSemaphorePermit,
) -> impl Stream<Item = Sent> {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        let _held = permit;
        let mut stopped = playground.stopped.subscribe();
        tokio::select! {
            result = follow(&playground, reader, cursor, &sender) => {
                if let Err(error) = result {
                    // The browser connects again and goes on after what it has.
                    tracing::warn!(%error, "a stream of the playground ended");
                }
            }
            () = sender.closed() => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    });
    ReceiverStream::new(receiver)
}

/// Sends what changed, then waits for the next change; ends when nobody listens.
async fn follow(
    playground: &Playground,
    reader: &'static Persona,
    mut cursor: i64,
    sender: &mpsc::Sender<Sent>,
) -> Result<()> {
    let (mut changes, mut crowd) = (playground.store.changes(), playground.crowd.watch());
    let (mut marks, mut line) = (Value::Null, Value::Null);
    loop {
        changes.borrow_and_update();
        let fresh = playground.store.since(reader, cursor, BATCH).await?;
        for message in &fresh {
            cursor = message.changed;
            let event = event("message", serde_json::to_value(message)?).id(cursor.to_string());
            if sender.send(Ok(event)).await.is_err() {
                return Ok(());
            }
        }
        if i64::try_from(fresh.len()).is_ok_and(|n| n == BATCH) {
            continue;
        }
        send_new(sender, "unread", &mut marks, serde_json::to_value(playground.store.unread(reader).await?)?)
            .await;
        let progress = crowd.borrow_and_update().clone();
        send_new(sender, "crowd", &mut line, serde_json::to_value(progress)?).await;
        let alive = tokio::select! {
            alive = changes.changed() => alive,
            alive = crowd.changed() => alive,
        };
        if alive.is_err() {
            return Ok(());
        }
    }
}

fn event(name: &str, data: Value) -> Event {
    Event::default().event(name).data(data.to_string())
}

/// Sends what differs from the last one; a closed channel is noticed by the caller.
async fn send_new(sender: &mpsc::Sender<Sent>, name: &str, last: &mut Value, now: Value) {
    if *last != now {
        // A listener that went away ends the whole feed.
        let _ = sender.send(Ok(event(name, now.clone()))).await;
        *last = now;
    }
}

#[derive(Deserialize)]
struct Who {
    persona: String,
    conversation: String,
    /// Made by the page for each action; the same when it sends the action again.
    delivery: String,
}

#[derive(Deserialize)]
struct Command {
    #[serde(flatten)]
    who: Who,
    line: String,
}

async fn command(State(app): State<App>, Json(given): Json<Command>) -> Answer {
    let text = acts::line(&given.line);
    app.perform(given.who, Input::Line { text }).await
}

#[derive(Deserialize)]
struct Press {
    #[serde(flatten)]
    who: Who,
    /// The message that shows the button.
    message: String,
    value: ButtonValue,
}

async fn press(State(app): State<App>, Json(given): Json<Press>) -> Answer {
    let reader = persona(&given.who.persona)?;
    let message = app.playground.store.find(reader, &given.message).await?;
    let shown = message.is_some_and(|message| buttons(&message.blocks).any(|value| value == given.value.0));
    if !shown {
        let gone = "That button is no longer there: the message changed meanwhile.";
        return Err(Error::Conflict(gone.into()).into());
    }
    app.perform(given.who, Input::Press { value: given.value }).await
}

#[derive(Deserialize)]
struct Submit {
    #[serde(flatten)]
    who: Who,
    command: String,
    #[serde(default)]
    fixed: Vec<(String, String)>,
    #[serde(default)]
    values: std::collections::BTreeMap<String, String>,
}

async fn submit(State(app): State<App>, Json(given): Json<Submit>) -> Answer {
    let Submit { who, command, fixed, values } = given;
    app.perform(who, Input::Submit { command, fixed, values }).await
}

impl App {
    /// In a task of its own: a page that goes away does not take its answer with it.
    async fn perform(self, who: Who, input: Input) -> Answer {
        let act =
            Act { persona: persona(&who.persona)?, conversation: who.conversation, key: who.delivery, input };
        let task = tokio::spawn(async move { acts::perform(&self.playground, &self.dispatcher, act).await });
        let reply = task.await.map_err(Error::internal)??;
        Ok(Json(match reply {
            Reply::Form { form } => json!({ "form": form }),
            Reply::Refused { fields } => json!({ "refused": fields }),
            Reply::Private { .. } | Reply::Public { .. } | Reply::Silent => json!({ "done": true }),
        }))
    }
}

#[derive(Deserialize)]
struct Seen {
    persona: String,
    conversation: String,
    position: i64,
}

async fn read(State(app): State<App>, Json(seen): Json<Seen>) -> Answer {
    let persona = persona(&seen.persona)?;
    if seen.conversation != CHANNEL && seen.conversation != persona.direct() {
        return Err(Error::NotFound("There is no such conversation for this persona.".into()).into());
    }
    // Only what exists can have been read, or later messages would never be marked.
    let position = seen.position.min(app.playground.store.cursor().await?);
    app.playground.store.mark_read(persona, &seen.conversation, position).await?;
    Ok(Json(json!({ "done": true })))
}

async fn ask_the_crowd(State(app): State<App>) -> Result<(StatusCode, Json<Value>), Fault> {
    crowd::start(&app.playground, &app.dispatcher, crowd::LIMIT)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "done": true }))))
}
