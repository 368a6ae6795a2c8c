//! What is kept of somebody about being asked: shown to them, and forgotten.

use serde_json::{Value, json};

use super::store::{asked, tallies};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::Result;

/// What somebody was asked and when, for themselves.
pub(super) async fn export(conn: &mut Conn, person: &str) -> Result<Value> {
    let asked = asked::of_person(conn, person).await?;
    let day = |at: i64| (at > 0).then(|| Timestamp(at).utc().to_rfc3339());
    let rows = asked.into_iter().map(|(survey, period, state, planned_at, sent_at, answered)| {
        json!({
            "survey": survey, "period": period, "state": state, "planned": day(planned_at),
            "asked": sent_at.and_then(day), "answered": answered == 1,
        })
    });
    let last = asked::last_prompted(conn, person).await?.and_then(|at| day(at.0));
    Ok(json!({ "asked": rows.collect::<Vec<_>>(), "last_asked": last }))
}

/// Forgets that they were ever drawn or asked, as far as no closed wave's share of answers rests on it. What they answered has to be withdrawn before: the
/// way to an answer begins at its invitation.
pub(super) async fn forget(tx: &mut Tx, person: &str) -> Result<()> {
    for (wave, segment) in asked::asked_of(tx.conn(), person).await? {
        tallies::count_asked(tx, &wave, [segment.as_str()], -1).await?;
    }
    asked::forget(tx, person).await
}
