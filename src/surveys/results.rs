//! What came of a survey, wave by wave, as far as it may be told.

use super::Surveys;
use super::model::Survey;
use super::store::answers;
use super::tallies::{WaveTally, tallies};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::disclosure::{self, Released, release};
use crate::error::Result;
use crate::keys::hmac;

/// A wave and the words that may be shown of it.
pub(super) struct Round {
    pub tally: WaveTally,
    /// The teams that may be shown.
    pub teams: Vec<(String, Released)>,
    /// In an order that tells nothing.
    pub words: Vec<String>,
}

impl Surveys {
    /// The waves of a survey since then, the latest first.
    pub(super) async fn rounds(&self, survey: &Survey, since: Timestamp) -> Result<Vec<Round>> {
        let mut conn = self.db.read().await?;
        let mut rounds = Vec::new();
        for tally in tallies(&mut conn, &survey.key, since).await?.into_iter().rev() {
            let words = match release(&tally.counts) {
                Released::TooFew { .. } => Vec::new(),
                _ => self.words(&mut conn, &tally.wave).await?,
            };
            let teams = disclosure::teams(&tally.counts, &tally.segments).into_iter();
            let teams = teams.map(|(name, counts)| (name.to_owned(), release(counts))).collect();
            rounds.push(Round { tally, teams, words });
        }
        Ok(rounds)
    }

    /// All words of a wave, in the order of a keyed hash: always the same, and not that in
    /// which they came.
    async fn words(&self, conn: &mut Conn, wave: &str) -> Result<Vec<String>> {
        let key = self.keys.derive("order of words");
        let sealed = answers::all_words(conn, wave).await?.into_iter();
        let mut words: Vec<String> =
            sealed.map(|sealed| self.unseal(wave, &sealed)).collect::<Result<_>>()?;
        words.sort_by_key(|words| hmac(&key, words.as_bytes()));
        Ok(words)
    }
}
