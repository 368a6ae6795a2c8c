//! What was said, and what it adds up to.

use serde_json::json;

use super::model::{Results, respondent};
use super::store::{self, answers};
use super::{Surveys, commands, message_key};
use crate::access::Actor;
use crate::chat::outbox;
use crate::clock::Timestamp;
use crate::db::{Conn, Dialect, Tx};
use crate::error::{Error, Result};
use crate::facts::{self, FactKind};

/// Records a choice; a changed one replaces the one before.
///
/// # Errors
/// `NotFound` for a prompt that means nothing any more, `Denied` for one of
/// somebody else, `Invalid` for a choice that was not offered.
pub(super) async fn answer(
    tx: &mut Tx,
    slice: &Surveys,
    actor: &Actor,
    invitation: &str,
    choice: &str,
) -> Result<()> {
    let gone = || Error::NotFound("This question is not open any more. Nothing was recorded.".into());
    let asked = store::invitation(tx.conn(), invitation).await?.ok_or_else(gone)?;
    if asked.person != actor.person {
        return Err(Error::Denied(
            "🔒 This question was asked of somebody else; only they can answer it.".into(),
        ));
    }
    let survey = slice.get(&asked.wave.survey).ok_or_else(gone)?;
    let unknown = || Error::Invalid("This is none of the answers offered. Press one of the buttons.".into());
    let value = survey.question.value(choice).ok_or_else(unknown)?;
    let wrapped = answers::key(tx.conn(), &asked.wave.id).await?.ok_or_else(gone)?;
    let wrapped = data_encoding::BASE64.decode(wrapped.as_bytes()).map_err(Error::internal)?;
    let key = slice.keys.unwrap(&asked.wave.id, &wrapped)?;
    let week = tx.now().iso_week();
    answers::put_answer(tx, &asked.wave.id, &respondent(&key, &asked.person), value, &week).await?;
    if answers::set_answered(tx, &asked.id).await? {
        facts::append(tx, FactKind::SurveyAnswered, &asked.wave.id, json!({ "survey": survey.key })).await?;
    }
    let prompt = commands::prompt(survey, &asked.id, &asked.subject, true);
    outbox::change(tx, &message_key(&asked.id), &prompt).await
}

/// Takes from the answers what the database itself notes of when and with what
/// each was written; see [`jobs::Unmark`].
pub async fn unmark(tx: &mut Tx) -> Result<()> {
    match tx.dialect() {
        Dialect::Postgres => answers::rewrite_answers(tx).await,
        // It notes nothing: a row is its columns.
        Dialect::Sqlite => Ok(()),
    }
}

/// What a survey's waves add up to, from the month of `since` on. Internal:
/// what leaves the process passes `disclosure`. A wave of fewer than k
/// answers is left out: two spans that differ by it would else tell its score.
pub async fn results(conn: &mut Conn, survey: &str, since: Timestamp) -> Result<Results> {
    let period = since.month();
    let (invited, answered, k) = answers::participation(conn, survey, &period).await?;
    let mut results = Results {
        invited: unsigned(invited),
        answered: unsigned(answered),
        k: unsigned(k),
        ..Results::default()
    };
    for (value, count) in answers::histogram(conn, survey, &period).await? {
        let place = usize::try_from(value - 1).ok().and_then(|place| results.counts.get_mut(place));
        if let Some(place) = place {
            *place = unsigned(count);
        }
    }
    Ok(results)
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
