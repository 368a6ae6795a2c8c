//! The end of a wave's answers: nobody's can be found any more, not even by us.
//!
//! The key goes, and with it the way from a person to a pseudonym. Then every answer is
//! written again under a random name, in the order of these names: SQLite fills its pages
//! in the order in which rows come, so a page would still tell who answered before whom.
//! What the database keeps of rows that were there before goes with [`scrub`].

use super::Surveys;
use super::jobs;
use super::store::answers::{self, Row};
use crate::db::Tx;
use crate::error::Result;

/// Closes a wave for good, `false` when it was closed before. Its last prompts and what is
/// told of it are not this unit's.
pub async fn close_wave(tx: &mut Tx, wave: &str) -> Result<bool> {
    // First, because on PostgreSQL this waits for every answer that is on its way.
    answers::drop_key(tx, wave).await?;
    if !answers::close(tx, wave).await? {
        return Ok(false);
    }
    shuffle(tx, wave).await?;
    jobs::scrub_soon(tx).await?;
    Ok(true)
}

async fn shuffle(tx: &mut Tx, wave: &str) -> Result<()> {
    let mut rows = answers::take_all(tx, wave).await?;
    for row in &mut rows {
        row.name = data_encoding::HEXLOWER.encode(&tx.random::<32>());
    }
    rows.sort_by(|a: &Row, b: &Row| a.name.cmp(&b.name));
    answers::put_all(tx, wave, &rows).await
}

/// Takes from the files what was deleted or written over, and the marks of who wrote when.
///
/// # Errors
/// `Unavailable` while somebody reads what has to go.
pub async fn scrub(slice: &Surveys) -> Result<()> {
    slice.db.write((), |tx, ()| Box::pin(super::unmark(tx))).await?;
    slice.db.scrub(&["answer", "answer_text", "invitation", "wave_key"]).await
}
