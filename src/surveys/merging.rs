//! Two persons who become one: what each was asked and answered.
//!
//! In a wave that is open an answer is found by its person's pseudonym, so it gets that of the one who
//! stays. Whoever was asked twice counts once: what they answered goes before what they did not, and
//! of two answers that of the one who stays. Of a closed wave nothing changes, neither what it adds up to
//! nor of how many: nobody knows whose answer is whose, so both stand, and where both were asked one
//! invitation stays with the one who is no more.

use super::answering::take_back;
use super::commands::{Stage, prompt};
use super::store::merging::{self, Side};
use super::store::{answers, tallies};
use super::{Surveys, change_prompt};
use crate::db::Tx;
use crate::error::Result;

impl Surveys {
    /// What was asked of `from` was asked of `to`, and what they answered `to` did.
    pub async fn merge(&self, tx: &mut Tx, from: &str, to: &str) -> Result<()> {
        for wave in merging::open_waves(tx.conn(), from).await? {
            // First, as for every answer: whoever closes the wave waits for this unit, or it for them.
            let key = answers::hold_key(tx, &wave).await?;
            if let Some((ours, theirs)) = merging::both(tx, &wave, from, to).await? {
                let needless = if ours.weight() > theirs.weight() { theirs } else { ours };
                self.drop_invitation(tx, &wave, key.as_deref(), &needless).await?;
            }
            if let Some(key) = key {
                let (old, new) = (self.respondent(&wave, &key, from)?, self.respondent(&wave, &key, to)?);
                merging::rename_answer(tx, &wave, &old, &new).await?;
            }
        }
        merging::rename(tx, from, to).await
    }

    /// Of somebody who was asked twice one prompt goes, with the answer that came by it.
    async fn drop_invitation(
        &self,
        tx: &mut Tx,
        wave: &str,
        key: Option<&str>,
        needless: &Side,
    ) -> Result<()> {
        if let Some(key) = key {
            take_back(tx, wave, &self.respondent(wave, key, &needless.person)?).await?;
        }
        if needless.sent {
            tallies::count_asked(tx, wave, [needless.segment.as_str()], -1).await?;
        }
        if let Some(survey) = self.get(&needless.survey) {
            let elsewhere = prompt(survey, &needless.invitation, &needless.subject, Stage::Elsewhere);
            change_prompt(tx, &needless.invitation, &elsewhere).await?;
        }
        merging::delete(tx, &needless.invitation).await
    }
}
