//! The end of a wave: nobody is asked any more, and what was asked and not answered says so.

use serde_json::json;

use super::commands::{Stage, prompt};
use super::store::{asked, waves};
use super::{Surveys, change_prompt, close_wave, jobs};
use crate::db::Tx;
use crate::error::Result;
use crate::facts::{self, FactKind};

/// Prompts in one unit of work.
const BATCH: i64 = 100;

/// Closes a wave, then takes the buttons from its unanswered prompts, a batch after another.
pub(super) async fn close(tx: &mut Tx, slice: &Surveys, id: &str, after: &str) -> Result<()> {
    let Some(wave) = waves::by_id(tx.conn(), id).await? else { return Ok(()) };
    if close_wave(tx, id).await? {
        asked::lapse(tx, id).await?;
        let data = json!({ "survey": wave.survey, "period": wave.period });
        facts::append(tx, FactKind::WaveClosed, id, data).await?;
    }
    let Some(survey) = slice.get(&wave.survey) else { return Ok(()) };
    let silent = asked::silent(tx.conn(), id, after, BATCH).await?;
    for (invitation, _, subject) in &silent {
        change_prompt(tx, invitation, &prompt(survey, invitation, subject, Stage::Closed)).await?;
    }
    let now = tx.now();
    match silent.last() {
        Some((_, person, _)) => jobs::close_at(tx, id, person, now).await,
        None => Ok(()),
    }
}
