//! What answers add up to: kept in each answer's own unit of work, so that a score over a
//! million answers reads a few rows; and counted again, to prove the sums.

use std::collections::BTreeMap;

use super::model::question::{ASKED, PLACED};
use super::store::tallies::{self, Sum, Sums};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::disclosure::Counts;
#[cfg(doc)]
use crate::disclosure::Step;
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
    told: Counts,
    /// By team, where it was large enough when it was asked.
    pub segments: Vec<(String, Counts)>,
}

/// The waves of a survey that somebody was asked in, from the month of `since` on, the
/// earliest first. Buckets are places from 1, without those at the end that nobody chose.
///
/// Of a wave that is open this is what may be told: who was asked and how many answered as of
/// now, what they said as of the last [`Step`], and no teams.
pub async fn tallies(conn: &mut Conn, survey: &str, since: Timestamp) -> Result<Vec<WaveTally>> {
    let mut waves = sums(conn, survey, since).await?;
    for wave in waves.iter_mut().filter(|wave| !wave.closed) {
        wave.counts = std::mem::take(&mut wave.told);
        wave.segments.clear();
    }
    Ok(waves)
}

/// The same with what the answers add up to at this moment: for proofs, and for nobody to read.
pub async fn sums(conn: &mut Conn, survey: &str, since: Timestamp) -> Result<Vec<WaveTally>> {
    let sums = tallies::sums(conn, survey, &since.month()).await?;
    Ok(sums.chunk_by(|a, b| a.wave == b.wave).map(|sums| wave(survey, sums)).collect())
}

/// Has what was said in an open wave told from now on, when enough has come since the last time.
pub(super) async fn tell_when_due(tx: &mut Tx, wave: &str, k: i64) -> Result<()> {
    match tallies::step(tx, wave).await?.is_due(unsigned(k)) {
        true => tallies::tell(tx, wave).await,
        false => Ok(()),
    }
}

fn wave(survey: &str, sums: &[Sum]) -> WaveTally {
    let (first, mut groups) = (&sums[0], BTreeMap::<String, Counts>::new());
    let mut told = Counts::default();
    for sums in sums.chunk_by(|a, b| a.segment == b.segment) {
        groups.insert(sums[0].segment.clone(), counts(sums, |sum| sum.n));
        if sums[0].segment.is_empty() {
            told = counts(sums, |sum| sum.told);
        }
    }
    WaveTally {
        wave: first.wave.clone(),
        survey: survey.to_owned(),
        period: first.period.clone(),
        closed: first.state == "closed",
        counts: groups.remove("").unwrap_or_default(),
        told,
        segments: groups.into_iter().collect(),
    }
}

/// Who was asked and how many answered is as of now, whatever `said` takes of what they said.
fn counts(sums: &[Sum], said: fn(&Sum) -> i64) -> Counts {
    let of = |bucket: i64, column: fn(&Sum) -> i64| {
        sums.iter().find(|sum| sum.bucket == bucket).map_or(0, |sum| unsigned(column(sum)))
    };
    let places = sums.iter().filter(|sum| sum.bucket > 0 && said(sum) > 0).map(|sum| sum.bucket).max();
    let buckets = (1..=places.unwrap_or(0)).map(|place| of(place, said)).collect();
    let (k, answered) = (unsigned(sums[0].k), of(PLACED, |sum| sum.n) + of(0, |sum| sum.n));
    Counts::new(of(ASKED, |sum| sum.n), answered, k, of(0, said), of(PLACED, said), buckets)
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
