//! One round of a survey: pure.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;

use crate::chat::message::{Text, plain};
use crate::clock::Timestamp;

/// How a wave stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being found out who is asked.
    Planning,
    /// People are asked, and can answer.
    Open,
    /// It takes no more answers.
    Closed,
}

impl State {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            State::Planning => "planning",
            State::Open => "open",
            State::Closed => "closed",
        }
    }

    /// The state of a word; a word that is none says that nothing may be done any more.
    pub fn of(word: &str) -> State {
        [State::Planning, State::Open].into_iter().find(|state| state.word() == word).unwrap_or(State::Closed)
    }
}

/// What a wave is opened with.
#[derive(Debug, Clone)]
pub struct NewWave {
    /// The month of a fact's survey (`2026-11`), else the day (`2026-12-01`), with what else tells it
    /// apart after a `/`.
    pub period: String,
    pub state: State,
    pub closes_at: Timestamp,
    /// The local time at which everybody is asked; `None`: from now on.
    pub local: Option<NaiveDateTime>,
    /// The waves whose people are asked; everybody when there are none.
    pub audience: Vec<String>,
    /// What it is about, where that is the same for all.
    pub subject: String,
    /// JSON of the text above the question; empty when there is none.
    pub preface: String,
    /// The teams that are told apart in its answers, with their sizes.
    pub segments: BTreeMap<String, u64>,
}

/// A wave.
#[derive(Debug, Clone)]
pub struct Wave {
    /// `wav_…`
    pub id: String,
    /// The survey's key.
    pub survey: String,
    pub period: String,
    pub state: State,
    pub opens_at: Timestamp,
    /// `None` for one that was made before waves closed.
    pub closes_at: Option<Timestamp>,
    pub local: Option<NaiveDateTime>,
    pub audience: Vec<String>,
    pub subject: String,
    pub preface: String,
    pub segments: BTreeMap<String, u64>,
    /// The last person that was looked at for the plan.
    pub planned_to: String,
}

impl Wave {
    /// What is told before the question: a text of ours as JSON, or somebody's words.
    pub fn told(&self) -> Option<Text> {
        let words =
            || serde_json::from_str::<String>(&self.preface).ok().map(|words| Text(vec![plain(words)]));
        serde_json::from_str(&self.preface).ok().or_else(words)
    }

    /// The team of a member, where answers of its members may be told from those of others.
    pub fn segment(&self, team: Option<&str>) -> String {
        team.filter(|team| self.segments.contains_key(*team)).unwrap_or_default().to_owned()
    }
}

/// The teams of at least 2k members: in a smaller one it would be too plain who said what.
pub fn large_enough(sizes: BTreeMap<String, u64>, k: i64) -> BTreeMap<String, u64> {
    let least = u64::try_from(k).unwrap_or(u64::MAX).saturating_mul(2);
    sizes.into_iter().filter(|(_, size)| *size >= least).collect()
}
