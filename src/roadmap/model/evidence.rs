//! What speaks for doing something, and how much: pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::surveys::model::question::Kind;

/// What a piece of evidence is about. Its like are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum About {
    /// Nothing was found.
    Search { words: String },
    /// A create stopped; without a step, before or after all of them.
    Failure { template: String, step: Option<String> },
    /// Many answered badly.
    Score { survey: String, title: String, question: String },
    /// Many gave this reason.
    Reason { survey: String, title: String, question: String, choice: String },
}

impl About {
    /// The word in the database.
    pub fn kind(&self) -> &'static str {
        match self {
            About::Search { .. } => "search",
            About::Failure { .. } => "failure",
            About::Score { .. } => "score",
            About::Reason { .. } => "reason",
        }
    }

    /// The same for all that is counted together.
    pub fn group(&self) -> String {
        match self {
            About::Search { words } => format!("search:{words}"),
            About::Failure { template, step } => {
                format!("failure:{template}:{}", step.as_deref().unwrap_or_default())
            }
            About::Score { survey, .. } => format!("score:{survey}"),
            About::Reason { survey, choice, .. } => format!("reason:{survey}:{choice}"),
        }
    }

    /// What it says, as a line.
    pub fn line(&self) -> String {
        match self {
            About::Search { words } => format!("searched in vain for “{words}”"),
            About::Failure { template, step: Some(step) } => format!("{template} stopped at {step}"),
            About::Failure { template, step: None } => format!("{template} stopped"),
            About::Score { title, .. } => format!("{title}: not well"),
            About::Reason { title, choice, .. } => format!("{title}: {choice}"),
        }
    }
}

/// A piece of evidence with what was counted of it lately.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// `evi_…`
    pub id: String,
    pub about: About,
    /// The item that it speaks for.
    pub item: Option<String>,
    pub last_at: Timestamp,
    /// How often it was seen, and of how many people.
    pub times: u64,
    pub people: u64,
    pub findings: Vec<Finding>,
}

/// What the answers of one closed wave say for it, as they were released.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// `wav_…`
    pub wave: String,
    pub period: String,
    /// So many answers speak for it …
    pub hits: u64,
    /// … of so many.
    pub n: u64,
    /// How much it matters to them: (impact, answers).
    pub impacts: Vec<(f64, u64)>,
}

/// How much a failed create matters: high. The scale is 3 massive, 2 high, 1 medium, ½ low, ¼ minimal.
pub const FAILED: f64 = 2.0;
/// How much a search in vain, a vote or a feedback matters: medium.
pub const MISSED: f64 = 1.0;

/// What the low end of a scale says; `None` while fewer than three in ten are there.
/// `buckets` are the answers by place from 1, the worst first.
pub fn low_end(kind: Kind, labels: usize, n: u64, buckets: &[u64]) -> Option<(u64, Vec<(f64, u64)>)> {
    let impact = |place: usize| match (kind, place) {
        (Kind::Nps, 0..=2) => Some(2.0),
        (Kind::Nps, 3..=6) => Some(1.0),
        (Kind::Csat | Kind::Ces | Kind::Likert, place) if place < labels / 2 => {
            Some([2.0, 1.0, 0.5][place.min(2)])
        }
        _ => None,
    };
    let low: Vec<(f64, u64)> = buckets
        .iter()
        .enumerate()
        .filter_map(|(place, answers)| Some((impact(place)?, *answers)))
        .filter(|(_, answers)| *answers > 0)
        .collect();
    let hits = low.iter().map(|(_, answers)| answers).sum::<u64>();
    (hits > 0 && hits * 10 >= n * 3).then_some((hits, low))
}

/// Whether a reason is given by enough of those who failed to be looked at: one in five.
pub fn frequent(hits: u64, n: u64) -> bool {
    hits > 0 && hits * 5 >= n
}

/// Words that say nothing of what is looked for.
const FILLERS: [&str; 14] =
    ["a", "an", "and", "for", "how", "i", "in", "my", "of", "on", "the", "to", "with", "want"];

/// A search's words so that its like read the same: small letters, in their order in the alphabet,
/// each once. At most six.
pub fn normalised(words: &str) -> String {
    let small = words.to_lowercase();
    let all: BTreeSet<&str> =
        small.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let telling: Vec<&str> = all.iter().copied().filter(|word| !FILLERS.contains(word)).take(6).collect();
    let shown = if telling.is_empty() { all.into_iter().take(6).collect() } else { telling };
    shown.join(" ").chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_for_the_same_are_one() {
        assert_eq!(normalised("Kafka  topic!"), "kafka topic");
        assert_eq!(normalised("a topic for Kafka, a Topic"), "kafka topic");
        assert_eq!(normalised("how to"), "how to");
        assert_eq!(normalised("?!"), "");
        assert_eq!(normalised("Größe"), "größe");
    }

    #[test]
    fn the_low_end_counts_from_three_in_ten_on() {
        let csat = |buckets: &[u64]| low_end(Kind::Csat, 5, buckets.iter().sum(), buckets);
        assert_eq!(csat(&[1, 2, 1, 4, 2]), Some((3, vec![(2.0, 1), (1.0, 2)])));
        assert_eq!(csat(&[0, 2, 1, 4, 3]), None);
        assert_eq!(csat(&[0, 0, 0, 0, 0]), None);
        let nps = low_end(Kind::Nps, 11, 10, &[1, 0, 0, 0, 0, 0, 3, 5, 0, 0, 1]);
        assert_eq!(nps, Some((4, vec![(2.0, 1), (1.0, 3)])));
        assert_eq!(low_end(Kind::Ces, 7, 4, &[1, 1, 1, 1]).map(|(hits, _)| hits), Some(3));
        assert_eq!(low_end(Kind::Single, 3, 4, &[4]), None, "one of several has no low end");
    }
}
