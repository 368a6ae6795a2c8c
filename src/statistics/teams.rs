//! Many groups at once: false discoveries, and small teams at the ends of a table.

use serde::{Deserialize, Serialize};

use super::{Defined, Undefined, length};

/// Probabilities of many tests, and the share of false flags that is accepted.
#[derive(Debug, Clone, Deserialize)]
pub struct Tests {
    pub p: Vec<f64>,
    pub fdr: f64,
}

/// In the order of the input.
#[derive(Debug, Clone, Serialize)]
pub struct Flags {
    pub adjusted: Vec<f64>,
    pub flagged: Vec<bool>,
}

/// q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎·m/j.
///
/// Source: Benjamini & Hochberg (1995), JRSS B 57.
///
/// # Errors
/// None; no tests give no flags.
pub fn benjamini_hochberg(tests: &Tests) -> Defined<Flags> {
    let mut order: Vec<usize> = (0..tests.p.len()).collect();
    order.sort_by(|a, b| tests.p[*b].total_cmp(&tests.p[*a]));
    let (mut adjusted, mut least, mut rank) = (vec![0.0; tests.p.len()], 1.0_f64, length(&tests.p));
    for place in order {
        least = least.min(tests.p[place] * length(&tests.p) / rank);
        adjusted[place] = least;
        rank -= 1.0;
    }
    let flagged = adjusted.iter().map(|q| *q <= tests.fdr).collect();
    Ok(Flags { adjusted, flagged })
}

/// Each team's estimate with its standard error.
#[derive(Debug, Clone, Deserialize)]
pub struct Table {
    pub estimate: Vec<f64>,
    pub se: Vec<f64>,
}

/// Estimates drawn to the common mean, the less sure the further.
#[derive(Debug, Clone, Serialize)]
pub struct Shrunk {
    #[serde(rename = "Q")]
    pub q: f64,
    /// 0: no evidence that teams differ.
    pub tau2: f64,
    pub grand_mean: f64,
    pub se_grand: f64,
    pub shrinkage: Vec<f64>,
    pub shrunk: Vec<f64>,
}

/// τ² = max(0, (Q − (k − 1))/(Σw − Σw²/Σw)) with w = 1/se²; B = se²/(se² + τ²); B·μ + (1 − B)·y.
///
/// Source: DerSimonian & Laird (1986), Controlled Clinical Trials 7; Efron & Morris (1975), JASA 70.
///
/// # Errors
/// Fewer than three teams are not ranked; a standard error that is not positive.
pub fn team_shrinkage(table: &Table) -> Defined<Shrunk> {
    let Table { estimate, se } = table;
    let teams = estimate.len();
    if teams < 3 {
        return Err(Undefined::new(teams as u64, "too_few_teams"));
    }
    if se.len() != teams || se.iter().any(|se| *se <= 0.0) {
        return Err(Undefined::new(teams as u64, "out_of_range"));
    }
    let mean = |weights: &[f64]| {
        let sum: f64 = weights.iter().sum();
        (weights.iter().zip(estimate).map(|(w, y)| w * y).sum::<f64>() / sum, sum)
    };
    let weights: Vec<f64> = se.iter().map(|se| se.powi(-2)).collect();
    let (fixed, sum) = mean(&weights);
    let q: f64 = weights.iter().zip(estimate).map(|(w, y)| w * (y - fixed).powi(2)).sum();
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    let tau2 = ((q - (length(estimate) - 1.0)) / (sum - squares / sum)).max(0.0);
    let wider: Vec<f64> = se.iter().map(|se| 1.0 / (se * se + tau2)).collect();
    let (grand_mean, sum) = mean(&wider);
    let shrinkage: Vec<f64> = se.iter().map(|se| se * se / (se * se + tau2)).collect();
    let shrunk = shrinkage.iter().zip(estimate).map(|(b, y)| b * grand_mean + (1.0 - b) * y).collect();
    Ok(Shrunk { q, tau2, grand_mean, se_grand: sum.powf(-0.5), shrinkage, shrunk })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_of_eight_small_probabilities_are_not_flagged() {
        let p = vec![0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205];
        let flags = benjamini_hochberg(&Tests { p, fdr: 0.05 }).unwrap();
        assert_eq!(flags.flagged.iter().filter(|flag| **flag).count(), 2);
        assert!(benjamini_hochberg(&Tests { p: vec![], fdr: 0.05 }).unwrap().flagged.is_empty());
    }

    #[test]
    fn teams_that_do_not_differ_share_the_mean() {
        let table = Table { estimate: vec![3.5, 3.6, 3.4], se: vec![0.2; 3] };
        let shrunk = team_shrinkage(&table).unwrap();
        assert_eq!(shrunk.tau2, 0.0);
        assert!(shrunk.shrunk.iter().all(|team| (team - 3.5).abs() < 1e-12));
    }
}
