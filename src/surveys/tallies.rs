//! What answers add up to: kept in each answer's own unit of work, so that a score over a
//! million answers reads a few rows; and counted again, to prove the sums.

use std::collections::BTreeMap;

use super::model::question::{ASKED, PLACED};
use super::store::tallies::{self, Sum, Sums};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::disclosure::Counts;
use crate::error::Result;

/// What a wave's answers add up to. Internal until `disclosure` releases it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveTally {
    /// `wav_…`
    pub wave: String,
    /// The survey's key.
    pub survey: String,
    /// `2026-11` of an event's wave, `2026-11-18` of a planned one.
    pub period: String,
    /// Takes no more answers.
    pub closed: bool,
    pub counts: Counts,
    /// By team, where it was large enough when it was asked.
    pub segments: Vec<(String, Counts)>,
}

/// The waves of a survey that somebody was asked in, from the month of `since` on, the
/// earliest first. Buckets are places from 1, without those at the end that nobody chose.
pub async fn tallies(conn: &mut Conn, survey: &str, since: Timestamp) -> Result<Vec<WaveTally>> {
    let sums = tallies::sums(conn, survey, &since.month()).await?;
    Ok(sums.chunk_by(|a, b| a.wave == b.wave).map(|sums| wave(survey, sums)).collect())
}

fn wave(survey: &str, sums: &[Sum]) -> WaveTally {
    let (first, mut groups) = (&sums[0], BTreeMap::<String, Counts>::new());
    for sums in sums.chunk_by(|a, b| a.segment == b.segment) {
        groups.insert(sums[0].segment.clone(), counts(sums));
    }
    WaveTally {
        wave: first.wave.clone(),
        survey: survey.to_owned(),
        period: first.period.clone(),
        closed: first.state == "closed",
        counts: groups.remove("").unwrap_or_default(),
        segments: groups.into_iter().collect(),
    }
}

fn counts(sums: &[Sum]) -> Counts {
    let of = |bucket: i64| sums.iter().find(|sum| sum.bucket == bucket).map_or(0, |sum| unsigned(sum.n));
    let places = sums.iter().filter(|sum| sum.bucket > 0 && sum.n > 0).map(|sum| sum.bucket).max();
    let buckets = (1..=places.unwrap_or(0)).map(of).collect();
    let k = unsigned(sums[0].k);
    Counts::new(of(ASKED), of(PLACED) + of(0), k, of(0), of(PLACED), buckets)
}

/// What [`rebuild`] found.
#[derive(Debug, PartialEq, Eq)]
pub struct Rebuilt {
    pub sums: usize,
    /// Sums that were not what the answers add up to.
    pub mended: usize,
}

/// Counts every answer and every prompt again, and mends the sums that differ.
pub async fn rebuild(tx: &mut Tx) -> Result<Rebuilt> {
    tallies::lock(tx).await?;
    let counted = tallies::counted(tx.conn()).await?;
    let kept = tallies::kept(tx.conn()).await?;
    let mut differ: Sums = counted.clone();
    for (of, n) in kept {
        *differ.entry(of).or_default() -= n;
    }
    differ.retain(|_, by| *by != 0);
    let rebuilt = Rebuilt { sums: counted.len(), mended: differ.len() };
    // One statement binds few enough values for both engines.
    let differ: Vec<_> = differ.into_iter().collect();
    for some in differ.chunks(500) {
        tallies::change(tx, some.iter().cloned().collect()).await?;
    }
    Ok(rebuilt)
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
