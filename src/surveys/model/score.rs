//! The score of a question's answers, with its interval: pure.

use super::question::Kind;
use crate::statistics::likert::{Effort, Histogram, ces, likert_mean};
use crate::statistics::nps::{Camps, nps};
use crate::statistics::{count, wilson};

/// How a score is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 0..=1, shown in percent.
    Share,
    /// Points from -100 to 100.
    Points,
    /// A place on the scale.
    Place,
}

/// A score with its 95 % interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// What it is called, `CSAT`.
    pub name: &'static str,
    /// What it says, as `well or very well`.
    pub of: &'static str,
    pub unit: Unit,
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The score of `n` answers by place, of a question with so many places; `None` where a
/// question has none, or nobody answered.
///
/// CSAT: the share of the best two, CES of the best three, by Wilson's interval. NPS: the
/// share of 9 and 10 less that of 0 to 6, adjusted Wald. Likert: the mean.
pub fn score(kind: Kind, places: usize, buckets: &[u64]) -> Option<Score> {
    let mut counts = buckets.to_vec();
    counts.resize(places, 0);
    match kind {
        Kind::Csat => {
            let (hits, n) = (counts.iter().rev().take(2).sum(), counts.iter().sum());
            let (low, high) = wilson(hits, n)?;
            let value = count(hits) / count(n);
            Some(Score { name: "CSAT", of: "of the best two", unit: Unit::Share, value, low, high })
        }
        Kind::Ces => {
            let found = ces(&Effort { counts_1_to_7: counts }).ok()?;
            let ((low, high), value) = (found.ci_wilson, found.agree_share_5_to_7);
            Some(Score { name: "CES", of: "agree that it was easy", unit: Unit::Share, value, low, high })
        }
        Kind::Nps => {
            let found = nps(&Camps::of(&counts)).ok()?;
            let ((low, high), value) = (found.ci95_adjusted_wald, found.nps);
            Some(Score { name: "NPS", of: "points", unit: Unit::Points, value, low, high })
        }
        Kind::Likert => {
            let values = (1..).take(places).collect();
            let found = likert_mean(&Histogram { values, counts }).ok()?;
            let ((low, high), value) = (found.ci95_default, found.mean);
            Some(Score { name: "Mean", of: "of the scale's places", unit: Unit::Place, value, low, high })
        }
        Kind::Single | Kind::Multiple | Kind::Text => None,
    }
}

impl Score {
    /// `CSAT 67 % [45, 83] of the best two`.
    pub fn words(&self) -> String {
        let (value, low, high) = match self.unit {
            Unit::Share => (
                format!("{:.0} %", self.value * 100.0),
                format!("{:.0}", self.low * 100.0),
                format!("{:.0}", self.high * 100.0),
            ),
            Unit::Points => {
                (format!("{:+.0}", self.value), format!("{:+.0}", self.low), format!("{:+.0}", self.high))
            }
            Unit::Place => {
                (format!("{:.1}", self.value), format!("{:.1}", self.low), format!("{:.1}", self.high))
            }
        };
        format!("{} {value} [{low}, {high}] {}", self.name, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_score() {
        let words = |kind, places, buckets: &[u64]| score(kind, places, buckets).map(|score| score.words());
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(words(Kind::Csat, 5, &[0, 1, 1, 3]), some("CSAT 60 % [23, 88] of the best two"));
        assert_eq!(words(Kind::Ces, 7, &[0, 0, 1, 1, 3]), some("CES 60 % [23, 88] agree that it was easy"));
        let points = words(Kind::Nps, 11, &[0, 0, 0, 0, 0, 0, 2, 2, 0, 4, 2]).unwrap();
        assert!(points.starts_with("NPS +40 ["), "{points}");
        let mean = words(Kind::Likert, 5, &[0, 1, 1, 3]).unwrap();
        assert!(mean.starts_with("Mean 3.4 ["), "{mean}");
        assert_eq!(words(Kind::Single, 3, &[1, 2, 3]), None);
        assert_eq!(words(Kind::Csat, 5, &[]), None);
    }
}
