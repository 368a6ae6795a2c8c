//! Requests that a platform signs, whatever its way of signing: small, whole in time, and fresh.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use futures_util::StreamExt as _;

use crate::clock::Timestamp;

/// The largest body that is read.
const BODY: usize = 1024 * 1024;
/// How much of a too large body is taken in so that its sender reads the refusal.
const DRAIN: usize = 8 * 1024 * 1024;
/// The longest wait for a body.
const PATIENCE: Duration = Duration::from_secs(10);
/// The oldest, and the furthest ahead, that a signed request may be.
const WINDOW_SECONDS: u64 = 300;

/// Whether a request of this second, all digits, was signed not longer ago than five minutes.
pub fn recent(timestamp: &str, now: Timestamp) -> bool {
    if timestamp.is_empty() || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    timestamp.parse::<i64>().is_ok_and(|at| now.0.div_euclid(1000).abs_diff(at) <= WINDOW_SECONDS)
}

/// The body up to a mebibyte, whether or not its length was announced.
///
/// # Errors
/// 408 when it does not come, 413 when it is larger, 400 when it breaks off.
pub async fn read(body: Body) -> Result<Bytes, StatusCode> {
    tokio::time::timeout(PATIENCE, take(body)).await.map_err(|_| StatusCode::REQUEST_TIMEOUT)?
}

async fn take(body: Body) -> Result<Bytes, StatusCode> {
    let mut stream = body.into_data_stream();
    let (mut taken, mut size) = (Vec::new(), 0_usize);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST)?;
        size += chunk.len();
        if size > DRAIN {
            break;
        }
        if size <= BODY {
            taken.extend_from_slice(&chunk);
        } else {
            taken = Vec::new();
        }
    }
    if size > BODY { Err(StatusCode::PAYLOAD_TOO_LARGE) } else { Ok(taken.into()) }
}
