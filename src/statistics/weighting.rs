//! Weights that undo who happened to answer.

use serde::{Deserialize, Serialize};

use super::sampling::Strata;
use super::{Defined, Undefined, count, length};

/// Weights above this many times the median one are worth a word.
const HEAVY: f64 = 5.0;

/// n·Σw²/(Σw)²: by how much uneven weights swell the variance.
///
/// Source: Kish (1965), Survey Sampling; Kish (1992), Journal of Official Statistics 8.
pub fn kish_deff(weights: impl Iterator<Item = f64> + Clone) -> f64 {
    let (n, sum) = weights.clone().fold((0.0, 0.0), |(n, sum), weight| (n + 1.0, sum + weight));
    n * weights.map(|weight| weight * weight).sum::<f64>() / (sum * sum)
}

/// The mean with each stratum in its true share.
#[derive(Debug, Clone, Serialize)]
pub struct Poststratified {
    pub raw_mean: f64,
    pub poststratified_mean: f64,
    /// By stratum: (N_h/N)/(n_h/n).
    pub weights: Vec<f64>,
    /// For the sample as it turned out; the one to use.
    pub var_conditional: f64,
    pub se_conditional: f64,
    pub var_unconditional: f64,
    pub se_unconditional: f64,
    pub kish_deff: f64,
    pub n_effective: f64,
    pub shift_due_to_weighting: f64,
    /// Five times the median respondent's weight, where a weight is above it.
    pub cap: Option<f64>,
}

/// Σ Wₕȳₕ; conditional variance Σ W²(1 − n/N)s²/n; unconditional (1 − f)/n·Σ W s² + Σ(1 − W)s²/n².
///
/// Source: Cochran (1977), 5A.9; Holt & Smith (1979), JRSS A 142; Kish (1992).
///
/// # Errors
/// A stratum without answers, or no spread to go by.
pub fn poststratification(strata: &Strata) -> Defined<Poststratified> {
    strata.checked()?;
    let variances = strata.variances()?;
    let groups = &strata.strata;
    let (all, n) = (strata.population(), count(groups.iter().map(|s| s.n).sum()));
    let weights: Vec<f64> = groups.iter().map(|s| (count(s.population) / all) / (count(s.n) / n)).collect();
    let raw_mean = groups.iter().map(|s| count(s.n) * s.mean).sum::<f64>() / n;
    let mean = strata.weighted_mean();
    let var_conditional = strata.conditional_variance(&variances);
    let parts = groups.iter().zip(&variances).map(|(s, variance)| (count(s.population) / all, variance));
    let (mut inside, mut between) = (0.0, 0.0);
    for (share, variance) in parts {
        inside += share * variance;
        between += (1.0 - share) * variance;
    }
    let var_unconditional = (1.0 - n / all) / n * inside + between / (n * n);
    let each = || groups.iter().zip(&weights).flat_map(|(s, w)| (0..s.n).map(move |_| *w));
    let kish_deff = kish_deff(each());
    let cap = HEAVY * super::trend::median(each().collect());
    Ok(Poststratified {
        raw_mean,
        poststratified_mean: mean,
        var_conditional,
        se_conditional: var_conditional.sqrt(),
        var_unconditional,
        se_unconditional: var_unconditional.sqrt(),
        kish_deff,
        n_effective: n / kish_deff,
        shift_due_to_weighting: mean - raw_mean,
        cap: weights.iter().any(|weight| *weight > cap).then_some(cap),
        weights,
    })
}

/// Respondents by two attributes, and the population by each of them.
#[derive(Debug, Clone, Deserialize)]
pub struct Margins {
    pub respondents: Vec<Vec<u64>>,
    pub row_population: Vec<f64>,
    pub col_population: Vec<f64>,
    pub tolerance: Option<f64>,
}

/// A weight for each cell.
#[derive(Debug, Clone, Serialize)]
pub struct Raked {
    pub weights: Vec<Vec<f64>>,
    pub kish_deff: f64,
}

/// Rounds of fitting after which the margins must agree.
const MOST_ROUNDS: u32 = 100_000;

/// Rows, then columns, are scaled to their margins until no margin is off; empty cells keep weight 0.
///
/// Source: Deming & Stephan (1940), Annals of Mathematical Statistics 11; Deville, Särndal & Sautory
/// (1993), JASA 88.
///
/// # Errors
/// A row or column of people in which nobody answered, or margins that no weights can meet.
pub fn raking(margins: &Margins) -> Defined<Raked> {
    let Margins { respondents, row_population, col_population, tolerance } = margins;
    let n: u64 = respondents.iter().flatten().sum();
    let (rows, columns) = (row_population.len(), col_population.len());
    if respondents.len() != rows || respondents.iter().any(|row| row.len() != columns) {
        return Err(Undefined::new(n, "out_of_range"));
    }
    let column = |j: usize| respondents.iter().map(|row| row[j]).sum::<u64>();
    let silent = (0..rows).any(|i| row_population[i] > 0.0 && respondents[i].iter().sum::<u64>() == 0)
        || (0..columns).any(|j| col_population[j] > 0.0 && column(j) == 0);
    if n == 0 || silent {
        return Err(Undefined::new(n, "empty_category"));
    }
    let scaled = |margin: &[f64]| {
        let sum: f64 = margin.iter().sum();
        margin.iter().map(|part| part * count(n) / sum).collect::<Vec<f64>>()
    };
    let (row_goal, col_goal) = (scaled(row_population), scaled(col_population));
    let mut table: Vec<Vec<f64>> =
        respondents.iter().map(|row| row.iter().map(|n| count(*n)).collect()).collect();
    let tolerance = tolerance.unwrap_or(1e-12).max(1e-13) * count(n).max(1.0);
    for _ in 0..MOST_ROUNDS {
        fit_rows(&mut table, &row_goal);
        fit_columns(&mut table, &col_goal);
        let off = table.iter().zip(&row_goal).map(|(row, goal)| (row.iter().sum::<f64>() - goal).abs());
        if off.fold(0.0, f64::max) <= tolerance {
            return Ok(weights_of(&table, respondents));
        }
    }
    Err(Undefined::new(n, "margins_disagree"))
}

fn fit_rows(table: &mut [Vec<f64>], goal: &[f64]) {
    for (row, goal) in table.iter_mut().zip(goal) {
        let sum: f64 = row.iter().sum();
        if sum > 0.0 {
            row.iter_mut().for_each(|cell| *cell *= goal / sum);
        }
    }
}

fn fit_columns(table: &mut [Vec<f64>], goal: &[f64]) {
    for (j, goal) in goal.iter().enumerate() {
        let sum: f64 = table.iter().map(|row| row[j]).sum();
        if sum > 0.0 {
            table.iter_mut().for_each(|row| row[j] *= goal / sum);
        }
    }
}

fn weights_of(table: &[Vec<f64>], respondents: &[Vec<u64>]) -> Raked {
    let weight = |(total, n): (&f64, &u64)| if *n == 0 { 0.0 } else { total / count(*n) };
    let weights: Vec<Vec<f64>> =
        table.iter().zip(respondents).map(|(row, n)| row.iter().zip(n).map(weight).collect()).collect();
    let cells = || weights.iter().flatten().zip(respondents.iter().flatten());
    let kish_deff = kish_deff(cells().flat_map(|(weight, n)| (0..*n).map(move |_| *weight)));
    Raked { weights, kish_deff }
}

/// Values with their weights.
#[derive(Debug, Clone, Deserialize)]
pub struct Weighted {
    pub values: Vec<f64>,
    pub weights: Vec<f64>,
}

/// A weighted mean.
#[derive(Debug, Clone, Serialize)]
pub struct WeightedMean {
    pub mean: f64,
    pub se: Option<f64>,
    pub kish_deff: f64,
}

/// θ = Σwy/Σw; var = n/(n − 1)·Σ(w(y − θ))²/(Σw)².
///
/// Source: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, 5.5.
///
/// # Errors
/// Nobody answered, or no weight, or lists that do not fit together.
pub fn weighted_mean(weighted: &Weighted) -> Defined<WeightedMean> {
    let Weighted { values, weights } = weighted;
    let (n, sum) = (length(values), weights.iter().sum::<f64>());
    if values.is_empty() {
        return Err(Undefined::nobody());
    }
    if values.len() != weights.len() || sum <= 0.0 {
        return Err(Undefined::new(values.len() as u64, "out_of_range"));
    }
    let mean = values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>() / sum;
    let squares: f64 =
        values.iter().zip(weights).map(|(value, weight)| (weight * (value - mean)).powi(2)).sum();
    let se = (n > 1.0).then(|| (n / (n - 1.0) * squares).sqrt() / sum);
    Ok(WeightedMean { mean, se, kish_deff: kish_deff(weights.iter().copied()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::sampling::Stratum;

    #[test]
    fn a_silent_unhappy_half_pulls_the_weighted_mean_down() {
        let stratum = |n: u64, mean: f64| Stratum { population: 100, n, mean, sd: Some(1.0) };
        let strata = Strata { strata: vec![stratum(60, 4.0), stratum(10, 2.0)] };
        let mean = poststratification(&strata).unwrap();
        assert!(mean.raw_mean > 3.7 && (mean.poststratified_mean - 3.0).abs() < 1e-12);
        assert!(mean.se_conditional > mean.se_unconditional);
    }

    #[test]
    fn a_category_in_which_nobody_answered_cannot_be_raked() {
        let margins = Margins {
            respondents: vec![vec![3, 2], vec![0, 0]],
            row_population: vec![10.0, 10.0],
            col_population: vec![12.0, 8.0],
            tolerance: None,
        };
        assert_eq!(raking(&margins).unwrap_err().reason, "empty_category");
    }
}
