//! What stats need of environments: counts and times, nobody's name.

use super::{model, store};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;

/// What stats need of environments asked for since a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    pub asked: u64,
    pub ready: u64,
    pub failed: u64,
    /// Asked for from a golden path with recommended values.
    pub golden: u64,
    /// The middle time from request to ready, in milliseconds.
    pub median_lead: Option<i64>,
}

/// Counts over the environments asked for since `since`.
pub async fn usage(conn: &mut Conn, since: Timestamp) -> Result<Usage> {
    let asked = store::asked_since(conn, since).await?;
    let count = |wanted: fn(&store::Asked) -> bool| {
        u64::try_from(asked.iter().filter(|env| wanted(env)).count()).unwrap_or_default()
    };
    Ok(Usage {
        asked: count(|_| true),
        ready: count(|env| env.lead.is_some()),
        failed: count(|env| env.failed),
        golden: count(|env| env.golden),
        median_lead: model::median(asked.iter().filter_map(|env| env.lead).collect()),
    })
}
