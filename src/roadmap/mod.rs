//! SLICE roadmap: feedback, items, what speaks for them, ranks, and what people are told in the end.
//!
//! Invariants: somebody's own words are in the table of feedback alone, and an
//! anonymous one has no person and no time finer than the week. Deliberately
//! absent: guesses; what has no evidence has no score.

pub mod commands;
pub mod feedback;
pub mod model;
mod store;
pub mod wording;

use serde_json::{Value, json};

use crate::db::{Conn, Db, Tx};
use crate::error::Result;

/// The slice.
pub struct Roadmap {
    pub db: Db,
}

/// All that is kept here about a person.
pub async fn export(conn: &mut Conn, person: &str) -> Result<Value> {
    let given = store::feedback::of_person(conn, person).await?;
    let feedback = given.iter().map(|one| json!({"at": one.at.utc().to_rfc3339(), "text": one.text}));
    Ok(json!({ "feedback": feedback.collect::<Vec<_>>() }))
}

/// Forgets a person: their words go with them.
pub async fn forget(tx: &mut Tx, person: &str) -> Result<()> {
    store::feedback::delete_of(tx, person).await
}
