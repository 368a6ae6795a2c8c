//! What was said.

use serde_json::json;

use super::model::respondent;
use super::store;
use super::store::answers::{self, Answer};
use super::store::tallies::{self, Sums};
use super::{Surveys, commands, message_key};
use crate::access::Actor;
use crate::chat::outbox;
use crate::db::{Dialect, Tx};
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
    let respondent = respondent(&key, &asked.person);
    answers::set_answered(tx, &asked.id, true).await?;
    let (wave, before) = (&asked.wave.id, answers::answer(tx.conn(), &asked.wave.id, &respondent).await?);
    let now = Answer { wave, respondent: &respondent, value, segment: &asked.segment };
    let week = tx.now().iso_week();
    answers::put_answer(tx, &now, &week).await?;
    let mut sums = Sums::new();
    tallies::count(&mut sums, wave, &asked.segment, value, 1);
    match before {
        Some((value, segment)) => tallies::count(&mut sums, wave, &segment, value, -1),
        None => {
            facts::append(tx, FactKind::SurveyAnswered, wave, json!({ "survey": survey.key })).await?;
        }
    }
    tallies::change(tx, sums).await?;
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
