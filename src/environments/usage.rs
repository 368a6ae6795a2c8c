//! What stats need of environments: counts and times, nobody's name.

use std::collections::BTreeMap;

use super::store;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::statistics::Defined;
use crate::statistics::survival::{Survival, Waits, kaplan_meier};

/// What stats need of environments asked for since a time.
#[derive(Debug, Clone)]
pub struct Usage {
    pub asked: u64,
    pub ready: u64,
    pub failed: u64,
    /// Asked for from a golden path with recommended values.
    pub golden: u64,
    /// (of a golden path, all) of each person who asked: one person's are not independent.
    pub by_person: Vec<(u64, u64)>,
    /// Seconds from request to ready; what is not ready waits until now, or until it was given up.
    pub lead: Defined<Survival>,
    /// How many people asked for their first environment.
    pub people: u64,
    /// Seconds from somebody's first request to their first environment; who has none yet waits.
    pub first: Defined<Survival>,
}

/// Counts over the environments asked for since `since`, as of `now`.
pub async fn usage(conn: &mut Conn, since: Timestamp, now: Timestamp) -> Result<Usage> {
    let asked = store::asked_since(conn, since).await?;
    let firsts = store::first_since(conn, since).await?;
    let count = |wanted: fn(&store::Asked) -> bool| {
        u64::try_from(asked.iter().filter(|env| wanted(env)).count()).unwrap_or_default()
    };
    let mut by_person: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for env in &asked {
        let (golden, all) = by_person.entry(&env.owner).or_default();
        (*golden, *all) = (*golden + u64::from(env.golden), *all + 1);
    }
    Ok(Usage {
        asked: count(|_| true),
        ready: count(|env| env.ready.is_some()),
        failed: count(|env| env.failed),
        golden: count(|env| env.golden),
        lead: waits(asked.iter().map(|env| (env.created, env.ready, env.ended.unwrap_or(now)))),
        people: firsts.len() as u64,
        first: waits(firsts.iter().map(|(asked, ready)| (*asked, *ready, now))),
        by_person: by_person.into_values().collect(),
    })
}

/// (from, until it happened, else until when they waited).
fn waits(spans: impl Iterator<Item = (Timestamp, Option<Timestamp>, Timestamp)>) -> Defined<Survival> {
    let (durations, event) = spans
        .map(|(from, done, now)| (done.unwrap_or(now).since(from).as_secs_f64(), u8::from(done.is_some())))
        .unzip();
    kaplan_meier(&Waits { durations, event, tau: None })
}
