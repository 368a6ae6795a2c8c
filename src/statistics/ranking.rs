//! RICE from evidence: scores as distributions, and how sure an order is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::special::{normal, normal_above};
use super::{Defined, Undefined, count, length};

/// The 0.9 quantile of the standard normal distribution: between P50 and P90, and an 80 % interval.
const Z90: f64 = 1.281_551_565_544_600_4;
/// How many answers the prior of the reach is worth.
const REACH_WORTH: f64 = 10.0;
/// How many ratings the prior of the impact is worth.
const IMPACT_WORTH: f64 = 3.0;
/// The variance of the scale ¼, ½, 1, 2, 3.
const IMPACT_SCALE_VARIANCE: f64 = 1.04;
/// Nodes of Simpson's rule over the log scores.
const NODES: u32 = 20_001;

/// An item as its evidence says it.
#[derive(Debug, Clone, Deserialize)]
pub struct Item {
    pub id: String,
    /// How many people there are.
    #[serde(rename = "N")]
    pub population: f64,
    /// How many said that it affected them …
    pub x: u64,
    /// … of how many asked.
    pub n: u64,
    /// Ratings of the impact: ¼, ½, 1, 2, 3.
    pub impacts: Vec<f64>,
    /// The effort's median, in whatever unit all items share.
    pub e50: f64,
    /// The effort that is exceeded one time in ten.
    pub e90: f64,
}

/// All that compete.
#[derive(Debug, Clone, Deserialize)]
pub struct Portfolio {
    pub items: Vec<Item>,
}

/// What is believed of an item before its own evidence.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Priors {
    /// The share affected, over all items.
    pub pi0: f64,
    /// The mean rating over all items.
    pub impact0: f64,
    /// The variance of a rating within an item.
    pub impact_variance: f64,
}

/// An item's score; it is lognormal with the median `rice` and the spread `ln_sd`.
#[derive(Debug, Clone, Serialize)]
pub struct Score {
    pub reach_mean: f64,
    pub cv_reach: f64,
    pub impact_mean: f64,
    pub cv_impact: f64,
    pub effort_median: f64,
    pub sigma_effort: f64,
    pub confidence: f64,
    pub rice: f64,
    pub ln_sd: f64,
    /// How much of the spread more answers can remove; the rest is the effort's.
    pub variance_share_from_answers: f64,
    pub ci80: (f64, f64),
}

/// Scores and what they say of the order. Rows and columns are in the order of the input.
#[derive(Debug, Clone, Serialize)]
pub struct Ranking {
    pub priors: Priors,
    pub items: BTreeMap<String, Score>,
    /// Ids, the highest score first.
    pub order: Vec<String>,
    pub prob_row_beats_column: Vec<Vec<f64>>,
    /// `[item][rank]`, the first rank first.
    pub rank_probabilities: Vec<Vec<f64>>,
    pub expected_rank: Vec<f64>,
    pub prob_in_top_1: Vec<f64>,
}

/// R·I·C/E where the reach is N times a beta posterior, the impact a mean shrunk to the portfolio's,
/// the effort lognormal, and C = 1/√((1 + cv_R²)(1 + cv_I²)), so that the score is exactly the median
/// of its distribution. P(A beats B) = Φ(Δln / √(sd_A² + sd_B²)); rank probabilities integrate
/// f_i(x) times the Poisson-binomial of how many others lie above x, by Simpson's rule.
///
/// Source: McBride (Intercom, 2016) for RICE; lognormal moment matching; the Poisson-binomial recursion.
///
/// # Errors
/// No items, or an effort or population that is not positive, or more affected than asked.
pub fn rice_rank(portfolio: &Portfolio) -> Defined<Ranking> {
    let items = &portfolio.items;
    if items.is_empty() {
        return Err(Undefined::new(0, "no_items"));
    }
    let odd =
        |item: &Item| item.x > item.n || item.population <= 0.0 || item.e50 <= 0.0 || item.e90 < item.e50;
    if items.iter().any(odd) {
        return Err(Undefined::new(items.len() as u64, "out_of_range"));
    }
    let priors = priors(items);
    let scores: Vec<Score> = items.iter().map(|item| score(item, &priors)).collect();
    let laws: Vec<Law> = scores.iter().map(|score| Law { mean: score.rice.ln(), sd: score.ln_sd }).collect();
    let beats: Vec<Vec<f64>> =
        laws.iter().map(|one| laws.iter().map(|other| one.beats(other)).collect()).collect();
    let rank_probabilities = rank_probabilities(&laws);
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| scores[*b].rice.total_cmp(&scores[*a].rice));
    Ok(Ranking {
        order: order.into_iter().map(|place| items[place].id.clone()).collect(),
        // Each row holds 0.5 for the item against itself.
        expected_rank: (0..laws.len()).map(|i| 0.5 + beats.iter().map(|row| row[i]).sum::<f64>()).collect(),
        prob_in_top_1: rank_probabilities.iter().map(|row| row[0]).collect(),
        items: items.iter().map(|item| item.id.clone()).zip(scores).collect(),
        prob_row_beats_column: beats,
        rank_probabilities,
        priors,
    })
}

/// π₀ = (Σx + 1)/(Σn + 2); I₀ = (Σ ratings + 1)/(ratings + 1);
/// s² = (Σ within-item squares of items with two ratings or more + 1.04)/(Σ(m − 1) + 1).
fn priors(items: &[Item]) -> Priors {
    let asked: u64 = items.iter().map(|item| item.n).sum();
    let affected: u64 = items.iter().map(|item| item.x).sum();
    let ratings: f64 = items.iter().map(|item| length(&item.impacts)).sum();
    let rated: f64 = items.iter().flat_map(|item| &item.impacts).sum();
    let (mut squares, mut freedom) = (IMPACT_SCALE_VARIANCE, 1.0);
    for impacts in items.iter().map(|item| &item.impacts).filter(|impacts| impacts.len() > 1) {
        let mean = impacts.iter().sum::<f64>() / length(impacts);
        squares += impacts.iter().map(|rating| (rating - mean).powi(2)).sum::<f64>();
        freedom += length(impacts) - 1.0;
    }
    Priors {
        pi0: (count(affected) + 1.0) / (count(asked) + 2.0),
        impact0: (rated + 1.0) / (ratings + 1.0),
        impact_variance: squares / freedom,
    }
}

fn score(item: &Item, priors: &Priors) -> Score {
    let a = count(item.x) + REACH_WORTH * priors.pi0;
    let b = count(item.n - item.x) + REACH_WORTH * (1.0 - priors.pi0);
    let share = a / (a + b);
    let cv_reach = (a * b / ((a + b).powi(2) * (a + b + 1.0))).sqrt() / share;
    let ratings = length(&item.impacts) + IMPACT_WORTH;
    let impact_mean = (item.impacts.iter().sum::<f64>() + IMPACT_WORTH * priors.impact0) / ratings;
    let cv_impact = (priors.impact_variance / ratings).sqrt() / impact_mean;
    let sigma_effort = (item.e90 / item.e50).ln() / Z90;
    let confidence = 1.0 / ((1.0 + cv_reach.powi(2)) * (1.0 + cv_impact.powi(2))).sqrt();
    let reach_mean = item.population * share;
    let rice = reach_mean * impact_mean * confidence / item.e50;
    let from_answers = cv_reach.powi(2).ln_1p() + cv_impact.powi(2).ln_1p();
    let ln_sd = (from_answers + sigma_effort.powi(2)).sqrt();
    Score {
        reach_mean,
        cv_reach,
        impact_mean,
        cv_impact,
        effort_median: item.e50,
        sigma_effort,
        confidence,
        rice,
        ln_sd,
        variance_share_from_answers: from_answers / ln_sd.powi(2),
        ci80: (rice * (-Z90 * ln_sd).exp(), rice * (Z90 * ln_sd).exp()),
    }
}

/// The normal distribution of a log score.
#[derive(Debug, Clone, Copy)]
struct Law {
    mean: f64,
    sd: f64,
}

impl Law {
    fn beats(&self, other: &Law) -> f64 {
        normal((self.mean - other.mean) / self.sd.hypot(other.sd))
    }

    fn density(&self, x: f64) -> f64 {
        let z = (x - self.mean) / self.sd;
        (-z * z / 2.0).exp() / (self.sd * (2.0 * std::f64::consts::PI).sqrt())
    }

    fn above(&self, x: f64) -> f64 {
        normal_above((x - self.mean) / self.sd)
    }
}

/// `[item][rank]`. A node costs the square of the items: the distribution of how many lie above it
/// is built once, and each item is taken out of it again.
fn rank_probabilities(laws: &[Law]) -> Vec<Vec<f64>> {
    let low = laws.iter().map(|law| law.mean - 9.0 * law.sd).fold(f64::INFINITY, f64::min);
    let high = laws.iter().map(|law| law.mean + 9.0 * law.sd).fold(f64::NEG_INFINITY, f64::max);
    let step = (high - low) / f64::from(NODES - 1);
    let mut ranks = vec![vec![0.0; laws.len()]; laws.len()];
    for node in 0..NODES {
        let x = low + step * f64::from(node);
        let weight = match node {
            _ if node == 0 || node == NODES - 1 => 1.0,
            _ if node % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let above: Vec<f64> = laws.iter().map(|law| law.above(x)).collect();
        let all = how_many(&above);
        for (law, (chance, row)) in laws.iter().zip(above.iter().zip(&mut ranks)) {
            let here = law.density(x) * weight * step / 3.0;
            if here > 0.0 {
                for (rank, part) in row.iter_mut().zip(without(&all, *chance)) {
                    *rank += here * part;
                }
            }
        }
    }
    ranks
}

/// The Poisson-binomial distribution: how many of independent events happen.
fn how_many(chances: &[f64]) -> Vec<f64> {
    let mut law = vec![1.0];
    for chance in chances {
        law.push(0.0);
        for place in (0..law.len()).rev() {
            let before = if place > 0 { law[place - 1] } else { 0.0 };
            law[place] = law[place] * (1.0 - chance) + before * chance;
        }
    }
    law
}

/// The same without one of the events; from the end where errors shrink.
fn without(all: &[f64], chance: f64) -> Vec<f64> {
    let mut rest = vec![0.0; all.len() - 1];
    if chance <= 0.5 {
        let mut before = 0.0;
        for (place, part) in rest.iter_mut().enumerate() {
            before = (all[place] - chance * before) / (1.0 - chance);
            *part = before;
        }
    } else {
        let mut after = 0.0;
        for (place, part) in rest.iter_mut().enumerate().rev() {
            after = (all[place + 1] - (1.0 - chance) * after) / chance;
            *part = after;
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(id: &str, (x, n): (u64, u64), impacts: &[f64]) -> Item {
        Item { id: id.into(), population: 500.0, x, n, impacts: impacts.to_vec(), e50: 2.0, e90: 4.0 }
    }

    #[test]
    fn one_loud_request_does_not_win_alone() {
        let quiet = [1.0, 1.0, 2.0, 1.0, 1.0, 2.0, 1.0, 1.0, 0.5, 1.0, 2.0, 1.0];
        let items = vec![item("loud", (1, 1), &[3.0]), item("quiet", (35, 70), &quiet)];
        let ranking = rice_rank(&Portfolio { items }).unwrap();
        let sure = ranking.prob_row_beats_column[0][1];
        assert!((0.2..=0.8).contains(&sure), "a tie, not {sure}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn ranks_and_pairs_agree(given in proptest::collection::vec((0_u64..40, 0_u64..40), 1..7)) {
            let items = given.iter().enumerate()
                .map(|(place, (x, more))| item(&place.to_string(), (*x, x + more), &[1.0, 2.0])).collect();
            let ranking = rice_rank(&Portfolio { items }).unwrap();
            for (row, expected) in ranking.rank_probabilities.iter().zip(&ranking.expected_rank) {
                let mean: f64 = row.iter().zip(1..).map(|(part, rank)| part * f64::from(rank)).sum();
                prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9 && (mean - expected).abs() < 1e-9);
            }
        }
    }
}
