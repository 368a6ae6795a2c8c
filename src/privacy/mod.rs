//! SLICE privacy: what is kept about a person, taken away, forgotten, or joined with another's.
//!
//! Invariants: whoever keeps something about a person says so here, by an
//! `export`, a `forget` and a `merge` of its own; this slice has no table.
//! Forgetting is one unit of work, and so is joining. Deliberately absent: asking about somebody else.

pub mod commands;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::chat::{drafts, outbox};
use crate::db::{Conn, Db, Tx};
use crate::error::{Error, Result};
use crate::surveys::{self, Surveys};
use crate::{audit, environments, facts, people, roadmap};

/// The slice.
pub struct Privacy {
    pub db: Db,
    pub surveys: Arc<Surveys>,
}

/// All that is kept about a person: a JSON object with a part for each slice.
pub async fn export(conn: &mut Conn, slice: &Privacy, person: &str) -> Result<Value> {
    let mut forms = Vec::new();
    for identity in people::identities(conn, person).await? {
        forms.extend(drafts::export(conn, &identity).await?);
    }
    Ok(json!({
        "you": people::export(conn, person).await?,
        "environments": environments::export(conn, person).await?,
        "answers": slice.surveys.export(conn, person).await?,
        "surveys": surveys::export_asked(conn, person).await?,
        "roadmap": roadmap::export(conn, person).await?,
        "commands": audit::of(conn, person).await?,
        "forms": forms,
    }))
}

/// Forgets a person. What others still need (ended environments, the audit, counts that
/// were shown) stays, under an id that leads to nobody any more.
///
/// # Errors
/// `Conflict` while they own environments, because those would be nobody's.
pub async fn forget(tx: &mut Tx, slice: &Privacy, person: &str) -> Result<()> {
    let owned = environments::names_of(tx.conn(), person).await?;
    if !owned.is_empty() {
        let names = owned.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        return Err(Error::Conflict(format!(
            "You still own {names}; forgotten, nobody could extend or end what is yours. Nothing was \
             changed. `/platform env destroy NAME` first, then press again."
        )));
    }
    slice.surveys.forget(tx, person).await?;
    surveys::forget_asked(tx, person).await?;
    roadmap::forget(tx, person).await?;
    for identity in people::identities(tx.conn(), person).await? {
        outbox::forget(tx, &identity).await?;
        drafts::forget(tx, &identity).await?;
    }
    people::forget(tx, person).await
}

/// Makes one person of two: all that is kept about `from` is kept about `to`, and the accounts of both
/// lead there. What has been published does not change.
///
/// An id of `from` that somebody holds at this very moment still works and leads to nobody, as after
/// [`forget`].
pub async fn merge(tx: &mut Tx, slice: &Privacy, from: &str, to: &str) -> Result<()> {
    slice.surveys.merge(tx, from, to).await?;
    roadmap::merge(tx, from, to).await?;
    facts::merge(tx, from, to).await?;
    audit::merge(tx, from, to).await?;
    people::linking::merge(tx, from, to).await?;
    environments::merge(tx, from, to).await
}
