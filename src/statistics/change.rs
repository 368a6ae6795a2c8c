//! Changes between waves: what can be seen at all, the same people again, with and without.

use serde::{Deserialize, Serialize};

use super::special::{normal_quantile, normal_two_sided, student_quantile, student_two_sided};
use super::{Defined, Undefined, Z95, count, mean_sd};

/// Two waves, or one variance and the change that shall be seen.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct Planned {
    /// The variance of one answer in each wave.
    pub var1: Option<f64>,
    pub n1: Option<u64>,
    pub var2: Option<f64>,
    pub n2: Option<u64>,
    /// How alike the same people answer; 0 for different people.
    pub rho: f64,
    /// Instead of two waves: the variance of one answer and the change to be seen.
    pub var: Option<f64>,
    pub delta: Option<f64>,
    /// 0.05 unless said.
    pub alpha: Option<f64>,
    /// 0.8 unless said.
    pub power: Option<f64>,
}

/// What can be told from chance.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Detectable {
    pub se_diff: Option<f64>,
    /// A smaller change cannot be told from chance.
    pub least_significant_change: Option<f64>,
    /// A true change of this size is seen with the wanted power.
    pub minimum_detectable_effect: Option<f64>,
    pub n_per_wave: Option<f64>,
}

/// se = √(v₁/n₁ + v₂/n₂ − 2ρ√(v₁v₂/(n₁n₂))); the least significant change is z₁₋α/₂·se, the minimum
/// detectable effect (z₁₋α/₂ + z_power)·se; answers per wave: ⌈2(z_α + z_power)²·var/δ²⌉.
///
/// Source: Cohen (1988), Statistical Power Analysis; two-sample normal theory.
///
/// # Errors
/// Fewer than two answers in a wave, or not enough is said to plan by.
pub fn minimum_detectable_change(planned: &Planned) -> Defined<Detectable> {
    let z_alpha = normal_quantile(1.0 - planned.alpha.unwrap_or(0.05) / 2.0);
    let z_both = z_alpha + normal_quantile(planned.power.unwrap_or(0.8));
    let mut found = Detectable::default();
    if let (Some(var), Some(delta)) = (planned.var, planned.delta) {
        if delta == 0.0 {
            return Err(Undefined::new(0, "out_of_range"));
        }
        found.n_per_wave = Some((2.0 * z_both.powi(2) * var / delta.powi(2)).ceil());
        return Ok(found);
    }
    let (Some(v1), Some(v2), Some(n1), Some(n2)) = (planned.var1, planned.var2, planned.n1, planned.n2)
    else {
        return Err(Undefined::new(0, "not_enough_said"));
    };
    if n1 < 2 || n2 < 2 {
        return Err(Undefined::new(n1.min(n2), "too_few_responses"));
    }
    let (a, b) = (v1 / count(n1), v2 / count(n2));
    let se = (a + b - 2.0 * planned.rho * (a * b).sqrt()).max(0.0).sqrt();
    found.se_diff = Some(se);
    found.least_significant_change = Some(z_alpha * se);
    found.minimum_detectable_effect = Some(z_both * se);
    Ok(found)
}

/// The same people's answers in two waves, in the same order.
#[derive(Debug, Clone, Deserialize)]
pub struct Pairs {
    pub before: Vec<f64>,
    pub after: Vec<f64>,
}

/// The mean change of the same people.
#[derive(Debug, Clone, Serialize)]
pub struct PairedChange {
    pub n: u64,
    pub mean_diff: f64,
    pub sd_diff: f64,
    pub se: f64,
    /// `None` where everybody changed by the same.
    pub t: Option<f64>,
    pub p_two_sided: Option<f64>,
    pub ci95: Option<(f64, f64)>,
}

/// mean(d) ± t(.975, n − 1)·sd(d)/√n with d = after − before.
///
/// Source: Student (1908), Biometrika 6.
///
/// # Errors
/// Fewer than two people, or the lists do not fit together.
pub fn paired_change(pairs: &Pairs) -> Defined<PairedChange> {
    let n = pairs.before.len() as u64;
    if pairs.before.len() != pairs.after.len() {
        return Err(Undefined::new(n, "out_of_range"));
    }
    let changes: Vec<f64> =
        pairs.before.iter().zip(&pairs.after).map(|(before, after)| after - before).collect();
    let Some((mean, Some(sd))) = mean_sd(&changes) else {
        return Err(Undefined::new(n, if n == 0 { "no_responses" } else { "too_few_responses" }));
    };
    let (se, df) = (sd / count(n).sqrt(), count(n) - 1.0);
    let told = se > 0.0;
    let half = student_quantile(0.05, df) * se;
    Ok(PairedChange {
        n,
        mean_diff: mean,
        sd_diff: sd,
        se,
        t: told.then(|| mean / se),
        p_two_sided: told.then(|| student_two_sided(mean / se, df)),
        ci95: told.then_some((mean - half, mean + half)),
    })
}

/// A mean, its standard deviation, and of how many.
pub type Cell = (f64, f64, u64);

/// Who can use what was shipped, and who cannot, before and after.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Cells {
    pub treated_before: Cell,
    pub treated_after: Cell,
    pub control_before: Cell,
    pub control_after: Cell,
}

/// How much more those changed who can use it.
#[derive(Debug, Clone, Serialize)]
pub struct Effect {
    pub effect: f64,
    pub se: f64,
    pub z: Option<f64>,
    pub p_two_sided: Option<f64>,
    pub ci95: (f64, f64),
}

/// Fewer answers in a cell give no verdict.
const LEAST_IN_CELL: u64 = 10;

/// (T₁ − T₀) − (C₁ − C₀), se = √Σ s²/n over the four cells, normal interval. It assumes that both would
/// have moved alike otherwise.
///
/// Source: Card & Krueger (1994), AER 84; Angrist & Pischke (2009), ch. 5.
///
/// # Errors
/// A cell of fewer than ten answers.
pub fn difference_in_differences(cells: &Cells) -> Defined<Effect> {
    let all = [cells.treated_after, cells.treated_before, cells.control_after, cells.control_before];
    let least = all.iter().map(|cell| cell.2).min().unwrap_or_default();
    if least < LEAST_IN_CELL {
        return Err(Undefined::new(least, "not_enough_answers"));
    }
    let effect = (all[0].0 - all[1].0) - (all[2].0 - all[3].0);
    let se = all.iter().map(|cell| cell.1.powi(2) / count(cell.2)).sum::<f64>().sqrt();
    let z = (se > 0.0).then(|| effect / se);
    Ok(Effect {
        effect,
        se,
        z,
        p_two_sided: z.map(normal_two_sided),
        ci95: (effect - Z95 * se, effect + Z95 * se),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_answers_see_no_nps_change_below_28_points() {
        let wave = Planned {
            var1: Some(6_100.0),
            n1: Some(60),
            var2: Some(6_100.0),
            n2: Some(60),
            ..Planned::default()
        };
        let seen = minimum_detectable_change(&wave).unwrap();
        assert!((seen.least_significant_change.unwrap() - 27.9).abs() < 0.1);
        assert!((seen.minimum_detectable_effect.unwrap() - 39.9).abs() < 0.1);
        let planned = Planned { var: Some(6_100.0), delta: Some(10.0), ..Planned::default() };
        assert_eq!(minimum_detectable_change(&planned).unwrap().n_per_wave, Some(958.0));
    }

    #[test]
    fn the_same_change_for_all_has_a_mean_and_no_test() {
        let all = paired_change(&Pairs { before: vec![1.0, 2.0, 3.0], after: vec![2.0, 3.0, 4.0] }).unwrap();
        assert_eq!((all.mean_diff, all.t, all.ci95), (1.0, None, None));
        assert_eq!(paired_change(&Pairs { before: vec![1.0], after: vec![2.0] }).unwrap_err().n, 1);
    }

    #[test]
    fn nine_answers_in_a_cell_give_no_verdict() {
        let full = (3.0, 1.0, 40);
        let cells = Cells {
            treated_before: full,
            treated_after: full,
            control_before: full,
            control_after: (3.0, 1.0, 9),
        };
        assert_eq!(difference_in_differences(&cells).unwrap_err().reason, "not_enough_answers");
    }
}
