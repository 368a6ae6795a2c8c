//! SLICE stats: adoption and satisfaction, with what may be shown of them.
//!
//! Invariants: a number comes with its n and, where it is an estimate, its
//! interval; no score of fewer than k answers leaves `disclosure`. Deliberately
//! absent: SQL of its own; each slice counts its own rows.

pub mod commands;

use std::time::Duration;

use crate::db::Db;
use crate::environments::{self, Usage};
use crate::error::Result;
use crate::people;
use crate::surveys::{self, model::Results};

/// How far back stats look unless said otherwise.
pub const DEFAULT_SPAN: Duration = Duration::from_secs(28 * 86_400);
/// Counts of people are shown as shares from this many on.
pub const K: u64 = 5;

/// What the overview shows.
pub struct Overview {
    pub span: Duration,
    pub active: i64,
    pub usage: Usage,
    pub csat: Results,
}

/// Adoption and satisfaction over the last `span`.
pub async fn overview(db: &Db, span: Duration) -> Result<Overview> {
    let since = db.now().minus(span);
    let mut conn = db.read().await?;
    Ok(Overview {
        span,
        active: people::active_since(&mut conn, since).await?,
        usage: environments::usage(&mut conn, since).await?,
        csat: surveys::results(&mut conn, "env.csat", since).await?,
    })
}
