//! EDGE: HTTP that is nobody's chat: health and readiness.
//!
//! Invariants: `/healthz` says that the process answers; `/readyz` that the
//! worker runs and the database takes a write, whatever the chat platforms do.
//! Deliberately absent for now: the dashboard.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::db::Db;
use crate::error::{Error, Result};
use crate::jobs::worker::Worker;

struct Health {
    db: Db,
    worker: Worker,
}

/// `/healthz` and `/readyz`.
pub fn router(db: Db, worker: Worker) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(Arc::new(Health { db, worker }))
}

async fn ready(State(health): State<Arc<Health>>) -> (StatusCode, String) {
    if !health.worker.is_running() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the worker does not run\n".into());
    }
    match accepts_a_write(&health.db).await {
        Ok(()) => (StatusCode::OK, "ready\n".into()),
        Err(Error::Away(away)) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the database does not take a write: {}\n", away.reason()),
        ),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not take a write\n".into())
        }
    }
}

async fn accepts_a_write(db: &Db) -> Result<()> {
    db.write((), |tx, ()| {
        Box::pin(async move {
            let now = tx.now().0.to_string();
            let sql = "INSERT INTO setting (name, value) VALUES ('ready', $1)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            sqlx::query(sql).bind(now).execute(tx.conn()).await?;
            Ok(())
        })
    })
    .await
}
