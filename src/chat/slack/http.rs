//! `POST /slack/events`: size, signature, kind, answer; in this order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

use crate::chat::Dispatcher;
use crate::chat::directory::Told;
use crate::chat::inbound::TypeAhead;
use crate::chat::message::Choice;
use crate::chat::signed;
use crate::chat::slack::answer;
use crate::chat::slack::inbound::{self, Parsed};
use crate::chat::slack::{Slack, verify::verify};
use crate::metrics::Metrics;

/// Slack waits three seconds for what fits.
const TYPING: Duration = Duration::from_millis(2_500);

#[derive(Clone)]
struct Desk {
    slack: Arc<Slack>,
    dispatcher: Dispatcher,
    told: Told,
    metrics: Arc<Metrics>,
}

/// The one route that Slack calls, for commands, presses, forms and events alike.
pub fn router(slack: Arc<Slack>, dispatcher: Dispatcher, told: Told, metrics: Arc<Metrics>) -> Router {
    let route = post(events).get(certificate);
    Router::new().route("/slack/events", route).with_state(Desk { slack, dispatcher, told, metrics })
}

/// Slack looks at our certificate from time to time, without a signature.
async fn certificate(Query(members): Query<BTreeMap<String, String>>) -> StatusCode {
    if members.contains_key("ssl_check") { StatusCode::OK } else { StatusCode::METHOD_NOT_ALLOWED }
}

async fn events(State(desk): State<Desk>, headers: HeaderMap, body: Body) -> Response {
    let (began, metrics) = (Instant::now(), desk.metrics.clone());
    let (kind, response) = match receive(desk, headers, body).await {
        Ok(answered) => answered,
        Err(refused) => ("refused", refused.into_response()),
    };
    metrics.acknowledged(inbound::PLATFORM, kind, began.elapsed());
    response
}

/// What it was, and the answer; the state alone for what is not Slack's.
async fn receive(desk: Desk, headers: HeaderMap, body: Body) -> Result<(&'static str, Response), StatusCode> {
    let body = signed::read(body).await?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (stamp, signature) = (header("x-slack-request-timestamp"), header("x-slack-signature"));
    if !verify(&desk.slack.signing_secret, stamp, &body, signature, desk.slack.clock.now()) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(match inbound::parse(&body, desk.slack.workspace()) {
        Parsed::Act(act) => (act.via.word(), act_on(desk, *act).await),
        Parsed::Ask(asked) => {
            ("suggest", Json(answer::options(&suggest(&desk, *asked).await)).into_response())
        }
        Parsed::Told(account) => {
            // What is missed here the next listing brings.
            if let Err(error) = (desk.told)(*account).await {
                tracing::warn!(%error, "what Slack tells of an account was not taken down");
            }
            ("told", StatusCode::OK.into_response())
        }
        Parsed::Challenge(challenge) => {
            ("challenge", Json(json!({ "challenge": challenge })).into_response())
        }
        Parsed::Quiet => ("quiet", StatusCode::OK.into_response()),
        Parsed::Trouble(what) => {
            tracing::warn!("{what}");
            ("trouble", StatusCode::OK.into_response())
        }
        Parsed::Unknown(kind) => {
            desk.slack.note_unknown(&kind);
            ("unknown", StatusCode::OK.into_response())
        }
    })
}

/// What fits; nothing where that takes longer than Slack waits.
async fn suggest(desk: &Desk, asked: TypeAhead) -> Vec<Choice> {
    tokio::time::timeout(TYPING, desk.dispatcher.suggest(asked)).await.unwrap_or_else(|_| {
        tracing::warn!("what somebody typed was not looked up in time");
        Vec::new()
    })
}

/// In a task of its own: when Slack hangs up after three seconds the work is still done,
/// and a fault in it is answered instead of breaking the connection.
async fn act_on(desk: Desk, act: inbound::Act) -> Response {
    let slash = act.via == inbound::Via::Slash;
    let metrics = desk.metrics.clone();
    let work = tokio::spawn(async move {
        let page = act.page();
        let inbound::Act { invocation, via, trigger } = act;
        let asked = answer::Asked::new(&invocation, via, trigger);
        let reply = desk.dispatcher.dispatch(invocation).await;
        let answer = answer::answer(&desk.slack, asked, reply).await;
        if let Some(page) = page {
            desk.dispatcher.dispatch(page).await;
        }
        answer
    });
    let answer = work.await.unwrap_or_else(|_| {
        metrics.command_failed("crashed");
        tracing::error!("a Slack request stopped in the middle");
        slash.then(answer::broken)
    });
    answer.map_or_else(|| StatusCode::OK.into_response(), |json| Json(json).into_response())
}
