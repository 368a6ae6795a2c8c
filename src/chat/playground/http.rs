//! The routes: the page, its state, its stream of changes, and what a persona does.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, LOCATION, SET_COOKIE};
use axum::middleware::from_fn_with_state;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::acts::{self, Act};
use super::personas::{CHANNEL, Persona, personas};
use super::store::buttons;
use super::travel::Jump;
use super::{NAME, Playground, WORKSPACE, crowd, feed, guard};
use crate::chat::attachment::PNG;
use crate::chat::inbound::{Identity, Input, LineAhead, Standing};
use crate::chat::message::{ButtonValue, Reply};
use crate::chat::{Completion, Dispatcher};
use crate::error::{Error, Result};

const BODY_LIMIT: usize = 256 * 1024;

/// How much of a conversation the page starts with.
const SHOWN: i64 = 200;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

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
        .route(guard::ICON, get(|| asset(SVG, include_str!("icon.svg"))))
        .route("/playground/page.js", get(|| asset(JS, include_str!("page.js"))))
        .route("/playground/blocks.js", get(|| asset(JS, include_str!("blocks.js"))))
        .route("/playground/complete.js", get(|| asset(JS, include_str!("complete.js"))))
        .route("/playground/dialogs.js", get(|| asset(JS, include_str!("dialogs.js"))))
        .route("/playground/file/{digest}", get(file))
        .route("/playground/state", get(state))
        .route("/playground/events", get(events))
        .route("/playground/complete", get(complete))
        .route("/playground/clock", post(move_clock))
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
        "ahead": app.playground.ahead(),
        "moves": app.playground.travel.is_some(),
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
    Sse::new(feed::feed(app.playground, persona, cursor, permit))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
        .into_response()
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

#[derive(Deserialize)]
struct Typing {
    persona: String,
    /// What stands before the caret.
    line: String,
}

async fn complete(State(app): State<App>, Query(typing): Query<Typing>) -> Result<Json<Completion>, Fault> {
    let persona = persona(&typing.persona)?;
    let asked = LineAhead {
        identity: Identity::new(NAME, WORKSPACE, persona.user),
        standing: Standing::Member,
        display_name: persona.name.into(),
        line: typing.line,
    };
    Ok(Json(app.dispatcher.complete(asked).await))
}

#[derive(Deserialize)]
struct Move {
    by: Jump,
}

/// In a task of its own, so that a page that goes away does not stop it in the middle.
async fn move_clock(State(app): State<App>, Json(given): Json<Move>) -> Answer {
    let playground = app.playground;
    let moved = tokio::spawn(async move {
        let fixed = || Error::Conflict("The clock moves only while the playground is the only chat.".into());
        let travel = playground.travel.as_ref().ok_or_else(fixed)?;
        travel.jump(&playground.store, given.by).await?;
        Ok::<_, Error>(json!({ "now": playground.store.now(), "ahead": playground.ahead() }))
    });
    Ok(Json(moved.await.map_err(Error::internal)??))
}
