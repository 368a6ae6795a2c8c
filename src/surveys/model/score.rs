//! The score of a question's answers, with its interval: pure.

use super::question::Kind;
use crate::disclosure::Released;
use crate::statistics::likert::{Histogram, likert_mean};
use crate::statistics::nps::{Camps, nps};
use crate::statistics::{Z95, count, wilson};

/// A line of a picture holds a measure of so many characters.
const MEASURE: usize = 40;

/// What a survey's score is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The share that chose this place, from 1, or a better one; in percent.
    Share { from: usize },
    /// Promoters less detractors, −100 to 100 points.
    Points,
    /// The mean place of so many.
    Mean { places: usize },
}

impl Scale {
    /// Of a question that has a score; `None` where answers can only be counted.
    pub fn of(kind: Kind, places: usize) -> Option<Scale> {
        match kind {
            Kind::Csat => Some(Scale::Share { from: 4 }),
            Kind::Ces => Some(Scale::Share { from: 5 }),
            Kind::Nps => Some(Scale::Points),
            Kind::Likert => Some(Scale::Mean { places }),
            Kind::Single | Kind::Multiple | Kind::Text => None,
        }
    }

    /// The least and the most it can be.
    pub fn range(self) -> (f64, f64) {
        match self {
            Scale::Share { .. } => (0.0, 100.0),
            Scale::Points => (-100.0, 100.0),
            Scale::Mean { places } => (1.0, count(places as u64)),
        }
    }

    /// What [`Released::Alike`] is measured by: the place from which on an answer is a good one.
    pub fn good(self) -> usize {
        match self {
            Scale::Share { from } => from,
            // Place 1 is 0, so this is 9.
            Scale::Points => 10,
            Scale::Mean { places } => places / 2 + 2,
        }
    }

    /// `CSAT 67 % [45, 83] well or very well`; `labels` are those of the question.
    pub fn words(self, score: &Estimate, labels: &[String]) -> String {
        let Estimate { value, low, high, .. } = score;
        match self {
            Scale::Share { from } => {
                let kind = if from == 5 { "CES" } else { "CSAT" };
                format!("{kind} {value:.0} % [{low:.0}, {high:.0}] {}", self.measures(labels))
            }
            Scale::Points => format!("NPS {value:+.0} [{low:+.0}, {high:+.0}]"),
            Scale::Mean { places } => format!("mean {value:.1} of {places} [{low:.1}, {high:.1}]"),
        }
    }

    /// What is measured: `well or very well`.
    pub fn measures(self, labels: &[String]) -> String {
        match self {
            Scale::Share { from: 5 } => "found it easy".into(),
            Scale::Share { from } => {
                let best = labels.get(from - 1..).unwrap_or_default().join(" or ").to_lowercase();
                if best.chars().count() > MEASURE { "in the best two".into() } else { best }
            }
            Scale::Points => "NPS".into(),
            Scale::Mean { .. } => "mean answer".into(),
        }
    }
}

/// A score with its 95 % interval, in the units of its scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// Never 0, so that it can be a weight.
    pub se: f64,
    pub n: u64,
}

/// The score of answers by place; `None` of nobody. Shares by Wilson, their error by Agresti & Coull;
/// points by the adjusted Wald interval; means by the wider of t and Dirichlet.
pub fn estimate(scale: Scale, buckets: &[u64], n: u64) -> Option<Estimate> {
    match scale {
        Scale::Share { from } => {
            let hits = buckets.iter().skip(from - 1).sum();
            let (low, high) = wilson(hits, n)?;
            let more = count(n) + Z95 * Z95;
            let p = (count(hits) + Z95 * Z95 / 2.0) / more;
            let se = 100.0 * (p * (1.0 - p) / more).sqrt();
            let value = 100.0 * count(hits) / count(n);
            Some(Estimate { value, low: 100.0 * low, high: 100.0 * high, se, n })
        }
        Scale::Points => {
            let score = nps(&Camps::of(buckets)).ok()?;
            let (low, high) = score.ci95_adjusted_wald;
            Some(Estimate { value: score.nps, low, high, se: score.adj_se, n })
        }
        Scale::Mean { places } => {
            let mut counts = buckets.to_vec();
            counts.resize(places, 0);
            let values = (1..).take(places).collect();
            let mean = likert_mean(&Histogram { values, counts }).ok()?;
            let (low, high) = mean.ci95_default;
            let se = mean.se.unwrap_or_default().max(mean.dirichlet_sd);
            Some(Estimate { value: mean.mean, low, high, se, n })
        }
    }
}

/// The score of what may be shown; none of answers that are all alike.
pub fn shown(scale: Scale, released: &Released) -> Option<Estimate> {
    match released {
        Released::Shown { n, buckets, .. } => estimate(scale, buckets, *n),
        Released::Alike { .. } | Released::TooFew { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(kind: Kind, places: usize, buckets: &[u64]) -> Option<String> {
        let scale = Scale::of(kind, places)?;
        let labels: Vec<String> = (1..=places).map(|place| format!("No {place}")).collect();
        estimate(scale, buckets, buckets.iter().sum()).map(|score| scale.words(&score, &labels))
    }

    #[test]
    fn each_kind_has_its_score() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(words(Kind::Csat, 5, &[0, 1, 1, 3]), some("CSAT 60 % [23, 88] no 4 or no 5"));
        assert_eq!(words(Kind::Ces, 7, &[0, 0, 1, 1, 3]), some("CES 60 % [23, 88] found it easy"));
        let points = words(Kind::Nps, 11, &[0, 0, 0, 0, 0, 0, 2, 2, 0, 4, 2]).unwrap();
        assert!(points.starts_with("NPS +40 ["), "{points}");
        let mean = words(Kind::Likert, 5, &[0, 1, 1, 3]).unwrap();
        assert!(mean.starts_with("mean 3.4 of 5 ["), "{mean}");
        assert_eq!(words(Kind::Single, 3, &[1, 2, 3]), None);
        assert_eq!(words(Kind::Csat, 5, &[]), None);
    }
}
