//! SLICE surveys: questions, waves, who was asked, what was said.
//!
//! Invariants: an answer is on disk before it is acknowledged, counts once
//! however often it is changed, and carries no person: only HMAC(wave key,
//! person) and the week. What an answer leaves elsewhere (delivery, fact,
//! message, job) tells neither the choice nor the time. What answers add up to
//! (`tally`) is kept in the answer's own unit. Nobody is asked outside their
//! working hours, twice within the gap, or twice in a wave but for one reminder.

mod answering;
mod asking;
mod closing;
pub mod commands;
pub mod jobs;
mod merging;
pub mod model;
mod planning;
mod record;
mod results;
pub mod running;
mod sealing;
mod sending;
mod store;
mod tallies;
mod wishes;
pub mod wording;

use std::sync::Arc;
use std::time::Duration;

use crate::chat::message::Message;
use crate::chat::outbox;
use crate::clock::Timestamp;
use crate::db::{Conn, Db, Tx};
use crate::diagnostic::Problem;
use crate::jobs::queue;
use crate::keys::Keys;
use crate::people::People;
pub use answering::unmark;
use include_dir::{Dir, include_dir};
use model::Survey;
pub use sealing::close_wave;
use serde_json::Value;
pub use tallies::{Rebuilt, WaveTally, rebuild, sums, tallies};

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/surveys");

/// The slice.
pub struct Surveys {
    pub db: Db,
    pub keys: Arc<Keys>,
    pub people: Arc<People>,
    pub all: Vec<Survey>,
    /// Nobody is asked anything twice within this, over all surveys.
    pub gap: Duration,
}

/// The shipped surveys and those of the operator's files (path, text).
///
/// # Errors
/// Every problem of every file, each with its line.
pub fn load(operator: &[(String, String)]) -> Result<Vec<Survey>, Vec<Problem>> {
    let shipped = SHIPPED
        .files()
        .filter_map(|file| Some((format!("surveys/{}", file.path().display()), file.contents_utf8()?)));
    let own = operator.iter().map(|(path, text)| (path.clone(), text.as_str()));
    let mut surveys: Vec<Survey> = Vec::new();
    let mut problems = Vec::new();
    for (file, text) in shipped.chain(own) {
        match Survey::parse(&file, text) {
            Ok(survey) if surveys.iter().any(|other| other.key == survey.key) => {
                let what = format!("a survey `{}` is there already", survey.key);
                problems.push(Problem::at_key(&file, text, "key", what, "give it a key of its own"));
            }
            Ok(survey) => surveys.push(survey),
            Err(mut found) => problems.append(&mut found),
        }
    }
    if problems.is_empty() { Ok(surveys) } else { Err(problems) }
}

impl Surveys {
    fn get(&self, key: &str) -> Option<&Survey> {
        self.all.iter().find(|survey| survey.key == key)
    }
}

/// The prompt's key in the outbox; `again` for the second one.
fn message_key(invitation: &str, again: bool) -> String {
    format!("invitation:{invitation}{}", if again { ":again" } else { "" })
}

/// Whether somebody was asked for the second time.
async fn was_asked_again(tx: &mut Tx, invitation: &str) -> crate::error::Result<bool> {
    outbox::stands(tx.conn(), &message_key(invitation, true)).await
}

/// Changes the prompt where it stands last.
async fn change_prompt(tx: &mut Tx, invitation: &str, prompt: &Message) -> crate::error::Result<()> {
    let again = was_asked_again(tx, invitation).await?;
    outbox::change(tx, &message_key(invitation, again), prompt).await
}

/// What is kept of somebody about being asked; of what they answered, [`Surveys::export`] has it.
pub async fn export_asked(conn: &mut Conn, person: &str) -> crate::error::Result<Value> {
    record::export(conn, person).await
}

/// Forgets that somebody was ever asked. What they answered is forgotten before, with
/// [`Surveys::forget`]: the way to it begins at an invitation.
pub async fn forget_asked(tx: &mut Tx, person: &str) -> crate::error::Result<()> {
    record::forget(tx, person).await
}

/// When the next person is asked: of those whose wave is planned, and of those who wait for their turn.
pub async fn next_asked(conn: &mut Conn, now: Timestamp) -> crate::error::Result<Option<Timestamp>> {
    let planned = store::upcoming::next_asked(conn, now).await?;
    let waiting = queue::next_of(conn, "survey.ask", now).await?;
    Ok(planned.into_iter().chain(waiting).min())
}
