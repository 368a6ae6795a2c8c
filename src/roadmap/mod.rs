//! SLICE roadmap: feedback, items, what speaks for them, ranks, and what people are told in the end.
//!
//! Invariants: somebody's own words are in the table of feedback alone, and an
//! anonymous one has no person and no time finer than the week; answers come in
//! as `disclosure` released them, and fewer than k people neither show nor count;
//! a term of a product manager stands beside the evidence and never changes it.
//! Deliberately absent: guesses; what has no evidence has no score.

pub mod commands;
pub mod evidence;
pub mod feedback;
pub mod items;
pub mod model;
pub mod shipping;
mod store;
pub mod wording;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::access::{Actor, Role};
use crate::chat::message::Choice;
use crate::db::{Conn, Db, Tx};
use crate::error::Result;
use crate::surveys::Surveys;

/// What happened longer ago speaks for nothing any more.
pub const SPAN: Duration = Duration::from_secs(90 * 86_400);

/// The slice.
pub struct Roadmap {
    pub db: Db,
    pub surveys: Arc<Surveys>,
}

impl Roadmap {
    /// The items that a form offers.
    pub async fn item_choices(&self) -> Result<Vec<Choice>> {
        let mut conn = self.db.read().await?;
        let choice = |(value, title): (String, String)| Choice { label: model::excerpt(&title, 75), value };
        Ok(items::names(&mut conn).await?.into_iter().map(choice).collect())
    }

    /// What a form offers to be linked: evidence and feedback without an item, to product managers.
    pub async fn evidence_choices(&self, actor: &Actor) -> Result<Vec<Choice>> {
        if !actor.holds(Role::Pm) {
            return Ok(Vec::new());
        }
        let mut conn = self.db.read().await?;
        let choice = |value: String, label: &str| Choice { value, label: model::excerpt(label, 75) };
        let seen = evidence::unlinked(&mut conn, self.db.now()).await?.into_iter();
        let said = feedback::new(&mut conn).await?.into_iter();
        let seen = seen.map(|one| choice(one.id.clone(), &one.about.line()));
        Ok(seen.chain(said.map(|one| choice(one.id.clone(), &one.text))).collect())
    }
}

/// All that is kept here about a person.
pub async fn export(conn: &mut Conn, person: &str) -> Result<Value> {
    let given = store::feedback::of_person(conn, person).await?;
    let feedback = given.iter().map(|one| json!({"at": one.at.utc().to_rfc3339(), "text": one.text}));
    let seen = store::evidence::of_person(conn, person).await?;
    let seen = seen.iter().map(|(at, about)| json!({"at": at.utc().to_rfc3339(), "what": about.line()}));
    Ok(json!({
        "feedback": feedback.collect::<Vec<_>>(),
        "votes": store::items::votes_of(conn, person).await?,
        "seen": seen.collect::<Vec<_>>(),
    }))
}

/// Forgets a person: their words and votes go with them; that something was seen stays, of nobody.
pub async fn forget(tx: &mut Tx, person: &str) -> Result<()> {
    store::feedback::delete_of(tx, person).await?;
    store::items::delete_votes_of(tx, person).await?;
    store::evidence::forget(tx, person).await
}

/// What `from` said and saw `to` did; of two votes for one item one counts.
pub async fn merge(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    store::feedback::rename(tx, from, to).await?;
    store::items::rename(tx, from, to).await?;
    store::evidence::rename(tx, from, to).await
}
