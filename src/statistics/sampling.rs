//! Samples of known populations: corrections, strata, allocation, sizes.

use serde::{Deserialize, Serialize};

use super::proportion::wilson_at;
use super::special::student_quantile;
use super::{Defined, Undefined, Z95, clip, count};

/// A mean or a share of `n` of the `population` people of a segment.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Sampled {
    Mean {
        mean: f64,
        sd: f64,
        n: u64,
        #[serde(rename = "N")]
        population: Option<u64>,
    },
    Proportion {
        x: u64,
        n: u64,
        #[serde(rename = "N")]
        population: Option<u64>,
    },
}

/// Errors made smaller by how much of the population answered. They are of sampling alone; that the
/// silent may think otherwise is another matter.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Corrected {
    Mean {
        sampling_fraction: f64,
        fpc_factor: f64,
        se_srs_infinite: f64,
        se_fpc: f64,
        ci95: (f64, f64),
        label: Option<&'static str>,
    },
    Proportion {
        p: f64,
        se_fpc: f64,
        /// `None` where everybody answered.
        n_eff: Option<f64>,
        ci_wilson_fpc: (f64, f64),
        label: Option<&'static str>,
    },
}

/// se·√(1 − n/N) with sd/√n, or √(p(1 − p)/(n − 1)); Wilson with n_eff = n(N − 1)/(N − n).
///
/// Source: Cochran (1977), Sampling Techniques, 2.6 and 3.2; Kish (1965) for the effective size.
///
/// # Errors
/// One answer or none, or a population that is not known or smaller than the answers.
pub fn finite_population_correction(sampled: &Sampled) -> Defined<Corrected> {
    let (Sampled::Mean { n, population, .. } | Sampled::Proportion { n, population, .. }) = sampled;
    let n = *n;
    if n < 2 {
        return Err(Undefined::new(n, if n == 0 { "no_responses" } else { "too_few_responses" }));
    }
    let Some(population) = population.filter(|population| *population >= n) else {
        return Err(Undefined::new(n, "population_unknown"));
    };
    let (size, all) = (count(n), count(population));
    let (fraction, factor) = (size / all, (1.0 - size / all).sqrt());
    let label = (n == population).then_some("everyone answered");
    Ok(match sampled {
        Sampled::Mean { mean, sd, .. } => {
            let se = sd / size.sqrt();
            let half = student_quantile(0.05, size - 1.0) * se * factor;
            Corrected::Mean {
                sampling_fraction: fraction,
                fpc_factor: factor,
                se_srs_infinite: se,
                se_fpc: se * factor,
                ci95: (mean - half, mean + half),
                label,
            }
        }
        Sampled::Proportion { x, .. } => {
            if *x > n {
                return Err(Undefined::new(n, "out_of_range"));
            }
            let p = count(*x) / size;
            let n_eff = (n < population).then(|| size * (all - 1.0) / (all - size));
            Corrected::Proportion {
                p,
                se_fpc: factor * (p * (1.0 - p) / (size - 1.0)).sqrt(),
                n_eff,
                ci_wilson_fpc: n_eff.map_or((p, p), |n_eff| wilson_at(p * n_eff, n_eff, Z95)),
                label,
            }
        }
    })
}

/// A stratum: how many people, how many answered, what they said.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Stratum {
    #[serde(rename = "N")]
    pub population: u64,
    pub n: u64,
    pub mean: f64,
    /// Not defined for a single answer.
    pub sd: Option<f64>,
}

/// Strata of a known population.
#[derive(Debug, Clone, Deserialize)]
pub struct Strata {
    pub strata: Vec<Stratum>,
}

impl Strata {
    pub(super) fn population(&self) -> f64 {
        count(self.strata.iter().map(|stratum| stratum.population).sum())
    }

    /// # Errors
    /// A stratum in which nobody answered is to be merged first, never dropped in silence.
    pub(super) fn checked(&self) -> Defined<()> {
        let n = self.strata.iter().map(|stratum| stratum.n).sum();
        match () {
            () if n == 0 => Err(Undefined::nobody()),
            () if self.strata.iter().any(|s| s.n == 0) => Err(Undefined::new(n, "empty_stratum")),
            () if self.strata.iter().any(|s| s.n > s.population) => Err(Undefined::new(n, "out_of_range")),
            () => Ok(()),
        }
    }

    /// The variance within each stratum; a single answer takes the pooled one of the others.
    pub(super) fn variances(&self) -> Defined<Vec<f64>> {
        let known = |stratum: &Stratum| stratum.sd.filter(|_| stratum.n > 1).map(|sd| sd * sd);
        let (mut squares, mut freedom) = (0.0, 0.0);
        for stratum in &self.strata {
            if let Some(variance) = known(stratum) {
                squares += variance * (count(stratum.n) - 1.0);
                freedom += count(stratum.n) - 1.0;
            }
        }
        let unknown = || Undefined::new(self.strata.len() as u64, "no_variance");
        let pooled = (freedom > 0.0).then_some(squares / freedom);
        self.strata.iter().map(|stratum| known(stratum).or(pooled).ok_or_else(unknown)).collect()
    }

    /// Σ W²(1 − n/N)s²/n.
    pub(super) fn conditional_variance(&self, variances: &[f64]) -> f64 {
        let all = self.population();
        let part = |(stratum, variance): (&Stratum, &f64)| {
            let share = count(stratum.population) / all;
            share * share * (1.0 - count(stratum.n) / count(stratum.population)) * variance / count(stratum.n)
        };
        self.strata.iter().zip(variances).map(part).sum()
    }

    /// Σ W·mean.
    pub(super) fn weighted_mean(&self) -> f64 {
        self.strata.iter().map(|s| count(s.population) * s.mean).sum::<f64>() / self.population()
    }
}

/// The mean over strata that were sampled apart.
#[derive(Debug, Clone, Serialize)]
pub struct Stratified {
    pub mean: f64,
    pub variance: f64,
    pub se: f64,
    /// `None` where everybody answered.
    pub df_satterthwaite: Option<f64>,
    pub ci95: (f64, f64),
    /// A stratum of one answer took the others' spread.
    pub pooled: bool,
}

/// Σ W ȳ; var = Σ W²(1 − n/N)s²/n; degrees of freedom by Satterthwaite:
/// (Σ g s²)²/Σ(g² s⁴/(n − 1)), g = N(N − n)/n.
///
/// Source: Cochran (1977), ch. 5, eq. 5.16.
///
/// # Errors
/// A stratum without answers, or no spread to go by.
pub fn stratified_mean(strata: &Strata) -> Defined<Stratified> {
    strata.checked()?;
    let variances = strata.variances()?;
    let (mean, variance) = (strata.weighted_mean(), strata.conditional_variance(&variances));
    let others: u64 = strata.strata.iter().map(|stratum| stratum.n - 1).sum();
    let (mut above, mut below) = (0.0, 0.0);
    for (stratum, variance) in strata.strata.iter().zip(&variances) {
        let (all, n) = (count(stratum.population), count(stratum.n));
        let g = all * (all - n) / n;
        above += g * variance;
        // A spread that was pooled has the degrees of freedom of what it was pooled from.
        let freedom = if stratum.n > 1 { n - 1.0 } else { count(others) };
        below += (g * variance).powi(2) / freedom;
    }
    let df = (below > 0.0).then(|| above * above / below);
    let se = variance.sqrt();
    let half = df.map_or(0.0, |df| student_quantile(0.05, df) * se);
    Ok(Stratified {
        mean,
        variance,
        se,
        df_satterthwaite: df,
        ci95: (mean - half, mean + half),
        pooled: strata.strata.iter().any(|stratum| stratum.n == 1),
    })
}

/// How many to invite, of strata of which size and spread.
#[derive(Debug, Clone, Deserialize)]
pub struct Invitations {
    #[serde(rename = "N")]
    pub populations: Vec<u64>,
    /// The spread in each; 1 where it is not known.
    #[serde(rename = "S")]
    pub spreads: Vec<Option<f64>>,
    pub n: u64,
    /// What one answer costs in each; 1 unless said.
    pub cost: Option<Vec<f64>>,
}

/// Who to invite.
#[derive(Debug, Clone, Serialize)]
pub struct Allocation {
    pub raw: Vec<f64>,
    pub integer_allocation: Vec<u64>,
}

/// The least that a stratum without known spread gets, so that a spread can show.
const FLOOR: u64 = 2;

/// nₕ = n·NₕSₕ/√cₕ / Σ NₕSₕ/√cₕ; what exceeds a stratum goes to the others; whole numbers by largest
/// remainder, the earlier stratum first among equals; a stratum of spread 0 gets two.
///
/// Source: Neyman (1934), JRSS 97; Cochran (1977), 5.5.
///
/// # Errors
/// Lists that do not fit together or a cost that is not positive.
pub fn neyman_allocation(wanted: &Invitations) -> Defined<Allocation> {
    let Invitations { populations, spreads, n, cost } = wanted;
    let costs = cost.clone().unwrap_or_else(|| vec![1.0; populations.len()]);
    let fits = spreads.len() == populations.len() && costs.len() == populations.len();
    if !fits || costs.iter().any(|cost| *cost <= 0.0) {
        return Err(Undefined::new(*n, "out_of_range"));
    }
    let weights: Vec<f64> = populations
        .iter()
        .zip(spreads.iter().zip(&costs))
        .map(|(size, (spread, cost))| count(*size) * spread.unwrap_or(1.0) / cost.sqrt())
        .collect();
    // What is settled already: the floors first, then whatever is full.
    let mut fixed: Vec<Option<f64>> = weights
        .iter()
        .zip(populations)
        .map(|(weight, size)| (*weight <= 0.0).then(|| count(FLOOR.min(*size))))
        .collect();
    let raw = loop {
        let left = (count(*n) - fixed.iter().flatten().sum::<f64>()).max(0.0);
        let open: f64 =
            weights.iter().zip(&fixed).filter(|(_, f)| f.is_none()).map(|(weight, _)| weight).sum();
        let raw: Vec<f64> =
            weights.iter().zip(&fixed).map(|(weight, fixed)| fixed.unwrap_or(left * weight / open)).collect();
        let over: Vec<usize> = (0..raw.len())
            .filter(|place| fixed[*place].is_none() && raw[*place] > count(populations[*place]))
            .collect();
        if over.is_empty() {
            break raw;
        }
        for place in over {
            fixed[place] = Some(count(populations[place]));
        }
    };
    let integer_allocation = whole(&raw, populations, *n);
    Ok(Allocation { raw, integer_allocation })
}

/// Whole numbers of the same sum, by largest remainder, none above its population.
fn whole(raw: &[f64], populations: &[u64], n: u64) -> Vec<u64> {
    let floor = |value: f64| (0..=n).take_while(|whole| count(*whole) <= value + 1e-9).last().unwrap_or(0);
    let mut whole: Vec<u64> = raw.iter().map(|value| floor(*value)).collect();
    let mut order: Vec<usize> = (0..raw.len()).collect();
    let rest = |place: usize| raw[place] - count(whole[place]);
    order.sort_by(|a, b| rest(*b).total_cmp(&rest(*a)));
    let mut left = n.saturating_sub(whole.iter().sum());
    for place in order {
        if left > 0 && whole[place] < populations[place] {
            whole[place] += 1;
            left -= 1;
        }
    }
    whole
}

/// A precision wanted.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Precision {
    /// The share expected; 0.5 is the worst case.
    pub p: f64,
    pub half_width: f64,
    #[serde(rename = "N")]
    pub population: Option<u64>,
}

/// How many answers that takes.
#[derive(Debug, Clone, Serialize)]
pub struct SampleSize {
    pub n_infinite: f64,
    pub n_required: f64,
}

/// n₀ = z²p(1 − p)/h²; n = ⌈n₀/(1 + (n₀ − 1)/N)⌉.
///
/// Source: Cochran (1977), 4.4.
///
/// # Errors
/// A half width that is not positive, or a share outside 0..=1.
pub fn sample_size(precision: &Precision) -> Defined<SampleSize> {
    let Precision { p, half_width, population } = *precision;
    if half_width <= 0.0 || !(0.0..=1.0).contains(&p) || population == Some(0) {
        return Err(Undefined::new(0, "out_of_range"));
    }
    let n_infinite = Z95 * Z95 * p * (1.0 - p) / (half_width * half_width);
    let of_them = population.map_or(n_infinite, |all| n_infinite / (1.0 + (n_infinite - 1.0) / count(all)));
    Ok(SampleSize { n_infinite, n_required: clip((of_them.ceil(), 0.0), 0.0, f64::MAX).0 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_team_of_25_needs_17_answers_for_15_points() {
        let team = Precision { p: 0.5, half_width: 0.15, population: Some(25) };
        assert_eq!(sample_size(&team).unwrap().n_required, 17.0);
        assert!(sample_size(&Precision { half_width: 0.0, ..team }).is_err());
    }

    #[test]
    fn a_census_has_no_sampling_error() {
        let all = Sampled::Proportion { x: 20, n: 25, population: Some(25) };
        let Corrected::Proportion { ci_wilson_fpc, label, .. } = finite_population_correction(&all).unwrap()
        else {
            panic!("a share stays a share");
        };
        assert_eq!((ci_wilson_fpc, label), ((0.8, 0.8), Some("everyone answered")));
        assert!(
            finite_population_correction(&Sampled::Proportion { x: 2, n: 9, population: Some(8) }).is_err()
        );
    }

    proptest! {
        #[test]
        fn every_invitation_is_given_out(sizes in proptest::collection::vec(1_u64..50, 1..6), part in 0.0..=1.0) {
            let n = (count(sizes.iter().sum()) * part) as u64;
            let spreads = vec![Some(1.0); sizes.len()];
            let wanted = Invitations { populations: sizes.clone(), spreads, n, cost: None };
            let given = neyman_allocation(&wanted).unwrap().integer_allocation;
            prop_assert_eq!(given.iter().sum::<u64>(), n);
            prop_assert!(given.iter().zip(&sizes).all(|(given, size)| given <= size));
        }
    }
}
