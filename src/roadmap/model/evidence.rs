//! What speaks for doing something, and how much: pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::statistics::{count, wilson};
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

    /// Of ten answers, so many have to say it to be looked at.
    fn in_ten(&self) -> u64 {
        match self {
            About::Reason { .. } => 2,
            About::Score { .. } | About::Search { .. } | About::Failure { .. } => 3,
        }
    }

    /// Whether answers speak for it: three in ten at the low end of a scale, one in five with a reason.
    pub fn said_by(&self, hits: u64, n: u64) -> bool {
        hits > 0 && hits * 10 >= n * self.in_ten()
    }

    /// Whether so many do beyond chance: the lower end of the 95 % interval (Wilson). There are many
    /// teams, and two of five are soon found among them.
    pub fn surely_said_by(&self, hits: u64, n: u64) -> bool {
        wilson(hits, n).is_some_and(|(low, _)| low * 10.0 >= count(self.in_ten()))
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
    /// Teams of which enough say it, the clearest first. They are among the answers above and count
    /// nowhere again.
    pub teams: Vec<OfTeam>,
}

/// What the answers of one team say, as they were released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfTeam {
    pub team: String,
    /// See [`Finding`].
    pub hits: u64,
    pub n: u64,
}

/// How much a failed create matters: high. The scale is 3 massive, 2 high, 1 medium, ½ low, ¼ minimal.
pub const FAILED: f64 = 2.0;
/// How much a search in vain, a vote or a feedback matters: medium.
pub const MISSED: f64 = 1.0;

/// Who is at the low end of a scale, and how much it matters to them: (impact, answers); `None` where
/// there is no such end. `buckets` are the answers by place from 1, the worst first.
pub fn low_end(kind: Kind, labels: usize, buckets: &[u64]) -> Option<Vec<(f64, u64)>> {
    if matches!(kind, Kind::Single | Kind::Multiple | Kind::Text) {
        return None;
    }
    let impact = |place: usize| match (kind, place) {
        (Kind::Nps, 0..=2) => Some(2.0),
        (Kind::Nps, 3..=6) => Some(1.0),
        (Kind::Csat | Kind::Ces | Kind::Likert, place) if place < labels / 2 => {
            Some([2.0, 1.0, 0.5][place.min(2)])
        }
        _ => None,
    };
    let low = buckets.iter().enumerate().filter_map(|(place, answers)| Some((impact(place)?, *answers)));
    Some(low.filter(|(_, answers)| *answers > 0).collect())
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
    fn the_low_end_is_below_the_middle() {
        let csat = |buckets: &[u64]| low_end(Kind::Csat, 5, buckets).unwrap();
        assert_eq!(csat(&[1, 2, 1, 4, 2]), [(2.0, 1), (1.0, 2)]);
        assert_eq!(csat(&[0, 0, 3, 0, 0]), []);
        let nps = low_end(Kind::Nps, 11, &[1, 0, 0, 0, 0, 0, 3, 5, 0, 0, 1]);
        assert_eq!(nps, Some(vec![(2.0, 1), (1.0, 3)]));
        assert_eq!(low_end(Kind::Ces, 7, &[1, 1, 1, 1]), Some(vec![(2.0, 1), (1.0, 1), (0.5, 1)]));
        assert_eq!(low_end(Kind::Single, 3, &[4]), None, "one of several has no low end");
    }

    #[test]
    fn a_team_speaks_by_itself_beyond_chance_alone() {
        let (survey, title, question) = (String::new(), String::new(), String::new());
        let score = About::Score { survey, title, question };
        let said = [(3, 10), (2, 10), (0, 0)].map(|(hits, n)| score.said_by(hits, n));
        assert_eq!(said, [true, false, false]);
        let surely = [(2, 5), (3, 5), (4, 5), (6, 10), (0, 0)];
        let surely = surely.map(|(hits, n)| score.surely_said_by(hits, n));
        assert_eq!(surely, [false, false, true, true, false], "their intervals begin at 12, 23, 38, 31 %");
    }
}
