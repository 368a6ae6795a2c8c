//! EDGE: HTTP that is nobody's chat: health, readiness and metrics.
//!
//! Invariants: `/healthz` says that the process answers; `/readyz` that the
//! worker runs and the database takes a write, whatever the chat platforms do;
//! `/metrics` tells numbers, and nothing of anybody.
//! Deliberately absent for now: the dashboard.

mod metrics;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use futures_util::future::BoxFuture;

use crate::db::Db;
use crate::error::Result;
use crate::jobs::worker::Worker;
use crate::metrics::Metrics;

/// How many there are in each state.
pub type Census = Arc<dyn Fn() -> BoxFuture<'static, Result<Vec<(String, i64)>>> + Send + Sync>;

/// What these pages tell of.
pub struct Served {
    pub db: Db,
    pub worker: Worker,
    pub metrics: Arc<Metrics>,
    pub environments: Census,
}

/// `/healthz`, `/readyz` and `/metrics`.
pub fn router(served: Served) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::metrics))
        .with_state(Arc::new(served))
}

async fn ready(State(health): State<Arc<Served>>) -> (StatusCode, String) {
    if !health.worker.is_running() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the worker does not run\n".into());
    }
    let taken = health.db.takes_changes().await;
    match (health.db.away(), taken) {
        (Some(reason), _) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("the database does not take a write: {reason}\n"))
        }
        (None, Ok(())) => (StatusCode::OK, "ready\n".into()),
        (None, Err(error)) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not take a write\n".into())
        }
    }
}
