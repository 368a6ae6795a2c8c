//! `/metrics`: what was counted, and what stands in the database just now.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::{Census, Served};
use crate::chat::outbox;
use crate::db::{Conn, Db, Dialect};
use crate::error::Result;
use crate::jobs::operator;
use crate::metrics::{self, Page};

/// Less than a scraper waits: that the database does not answer is worth telling.
const PATIENCE: Duration = Duration::from_secs(5);

/// The page. A database that does not answer takes away its own part alone.
pub(super) async fn metrics(State(served): State<Arc<Served>>) -> impl IntoResponse {
    let mut page = Page::default();
    page.family(&metrics::BUILD);
    let database = match served.db.dialect() {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgres",
    };
    let labels = [("version", env!("CARGO_PKG_VERSION")), ("database", database)];
    page.sample(metrics::BUILD.name, &labels, 1);
    served.metrics.write(&mut page);
    let stored = tokio::time::timeout(PATIENCE, stored(&served.db, &served.environments)).await;
    let stored = stored.ok().and_then(|stored| {
        stored.inspect_err(|error| tracing::warn!(%error, "the database was not asked for its metrics")).ok()
    });
    page.family(&metrics::DATABASE);
    page.sample(metrics::DATABASE.name, &[], i64::from(stored.is_some()));
    let mut page = page.text();
    page.push_str(&stored.unwrap_or_default());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page)
}

/// What the database tells.
async fn stored(db: &Db, environments: &Census) -> Result<String> {
    let mut page = Page::default();
    let mut conn = db.read().await?;
    jobs(&mut conn, db.now().0, &mut page).await?;
    let depth = outbox::depth(&mut conn).await?;
    page.gauge(&metrics::WAITING, &depth.waiting);
    page.gauge(&metrics::GIVEN_UP, &depth.given_up);
    page.gauge(&metrics::REPEATS, &depth.repeats);
    drop(conn);
    page.gauge(&metrics::ENVIRONMENTS, &environments().await?);
    Ok(page.text())
}

async fn jobs(conn: &mut Conn, now: i64, page: &mut Page) -> Result<()> {
    page.family(&metrics::JOBS);
    for (kind, state, count) in operator::census(conn).await? {
        page.sample(metrics::JOBS.name, &[("kind", &kind), ("state", &state)], count);
    }
    page.family(&metrics::OLDEST_JOB);
    for (kind, due) in operator::oldest_due(conn, now).await? {
        let seconds = Duration::from_millis(u64::try_from(now - due).unwrap_or(0)).as_secs_f64();
        page.sample(metrics::OLDEST_JOB.name, &[("kind", &kind)], seconds);
    }
    Ok(())
}
