//! `POST /discord/interactions`: size, signature, answer; in this order.

use std::time::Instant;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;

use super::desk::Desk;
use super::{PLATFORM, verify};
use crate::chat::signed;

/// The one route that Discord calls.
pub fn router(desk: Desk) -> Router {
    Router::new().route("/discord/interactions", post(interactions)).with_state(desk)
}

async fn interactions(State(desk): State<Desk>, headers: HeaderMap, body: Body) -> Response {
    let began = Instant::now();
    let (kind, response) = match receive(&desk, headers, body).await {
        Ok((kind, answer)) => (kind, Json(answer).into_response()),
        Err(refused) => ("refused", refused.into_response()),
    };
    desk.metrics.acknowledged(PLATFORM, kind, began.elapsed());
    response
}

/// What it was, and the answer; the state alone for what is not Discord's.
async fn receive(desk: &Desk, headers: HeaderMap, body: Body) -> Result<(&'static str, Value), StatusCode> {
    let body = signed::read(body).await?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (stamp, signature) = (header("x-signature-timestamp"), header("x-signature-ed25519"));
    let now = desk.discord.clock.now();
    let genuine = |key| verify::verify(key, stamp, &body, signature, now);
    if !desk.discord.verifier.as_ref().is_some_and(genuine) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(desk.respond(&serde_json::from_slice(&body).unwrap_or_default()).await)
}
