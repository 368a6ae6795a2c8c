//! Shares: intervals of one, the difference of two, a trend in several.

use serde::{Deserialize, Serialize};

use super::special::{beta_quantile, normal_quantile, normal_two_sided};
use super::{Defined, Undefined, Z95, clip, count};

/// `x` of `n`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Hits {
    pub x: u64,
    pub n: u64,
    /// 0.95 unless said.
    pub confidence: Option<f64>,
}

/// A share with the intervals in use; Wilson's is the one to show.
#[derive(Debug, Clone, Serialize)]
pub struct Proportion {
    pub n: u64,
    pub p: f64,
    pub wilson_center: f64,
    pub wilson_halfwidth: f64,
    pub ci_wilson: (f64, f64),
    pub ci_agresti_coull: (f64, f64),
    pub ci_jeffreys_raw: (f64, f64),
    pub ci_jeffreys: (f64, f64),
    pub ci_clopper_pearson: (f64, f64),
}

/// Wilson's interval of `x` of `n > 0`, which need not be whole, for the normal quantile `z`:
/// (x + z²/2)/(n + z²) ± z/(n + z²)·√(x(n − x)/n + z²/4); exactly 0 or 1 at the ends.
pub fn wilson_at(x: f64, n: f64, z: f64) -> (f64, f64) {
    let (centre, half) = wilson_parts(x, n, z);
    let low = if x <= 0.0 { 0.0 } else { centre - half };
    let high = if x >= n { 1.0 } else { centre + half };
    clip((low, high), 0.0, 1.0)
}

fn wilson_parts(x: f64, n: f64, z: f64) -> (f64, f64) {
    let more = n + z * z;
    ((x + z * z / 2.0) / more, z / more * (x * (n - x) / n + z * z / 4.0).sqrt())
}

/// All intervals of a share. Agresti–Coull: ñ = n + z², p̃ = (x + z²/2)/ñ, p̃ ± z·√(p̃(1 − p̃)/ñ);
/// Jeffreys: quantiles of Beta(x + ½, n − x + ½), 0 and 1 at the ends; Clopper–Pearson: quantiles
/// of Beta(x, n − x + 1) and Beta(x + 1, n − x).
///
/// Source: Wilson (1927), JASA 22; Agresti & Coull (1998), The American Statistician 52; Brown, Cai &
/// DasGupta (2001), Statistical Science 16(2).
///
/// # Errors
/// Nobody was observed, or more hits than observations, or a confidence outside 0..1.
pub fn proportion_ci(hits: &Hits) -> Defined<Proportion> {
    let confidence = hits.confidence.unwrap_or(0.95);
    if hits.n == 0 {
        return Err(Undefined::nobody());
    }
    if hits.x > hits.n || !(confidence > 0.0 && confidence < 1.0) {
        return Err(Undefined::new(hits.n, "out_of_range"));
    }
    let (x, n, outside) = (count(hits.x), count(hits.n), (1.0 - confidence) / 2.0);
    let z = normal_quantile(1.0 - outside);
    let (wilson_center, wilson_halfwidth) = wilson_parts(x, n, z);
    let more = n + z * z;
    let shrunk = (x + z * z / 2.0) / more;
    let half = z * (shrunk * (1.0 - shrunk) / more).sqrt();
    let ends = |low: f64, high: f64| (if x == 0.0 { 0.0 } else { low }, if x == n { 1.0 } else { high });
    let quantile = beta_quantile;
    let raw = (quantile(outside, x + 0.5, n - x + 0.5), quantile(1.0 - outside, x + 0.5, n - x + 0.5));
    Ok(Proportion {
        n: hits.n,
        p: x / n,
        wilson_center,
        wilson_halfwidth,
        ci_wilson: wilson_at(x, n, z),
        ci_agresti_coull: clip((shrunk - half, shrunk + half), 0.0, 1.0),
        ci_jeffreys_raw: raw,
        ci_jeffreys: ends(raw.0, raw.1),
        ci_clopper_pearson: ends(
            if hits.x == 0 { 0.0 } else { quantile(outside, x, n - x + 1.0) },
            if hits.x == hits.n { 1.0 } else { quantile(1.0 - outside, x + 1.0, n - x) },
        ),
    })
}

/// Two shares, x1 of n1 and x2 of n2.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct TwoShares {
    pub x1: u64,
    pub n1: u64,
    pub x2: u64,
    pub n2: u64,
}

/// The first share less the second.
#[derive(Debug, Clone, Serialize)]
pub struct ShareChange {
    pub diff: f64,
    pub ci95: (f64, f64),
}

/// d = p₁ − p₂ with the hybrid of both Wilson intervals: the lower end is
/// d − √((p₁ − l₁)² + (u₂ − p₂)²), the upper d + √((u₁ − p₁)² + (p₂ − l₂)²).
///
/// Source: Newcombe (1998), Statistics in Medicine 17, method 10.
///
/// # Errors
/// Nobody was observed on one side, or more hits than observations.
pub fn diff_proportions(shares: &TwoShares) -> Defined<ShareChange> {
    let TwoShares { x1, n1, x2, n2 } = *shares;
    if n1 == 0 || n2 == 0 {
        return Err(Undefined::nobody());
    }
    if x1 > n1 || x2 > n2 {
        return Err(Undefined::new(n1.min(n2), "out_of_range"));
    }
    let part = |x: u64, n: u64| (count(x) / count(n), wilson_at(count(x), count(n), Z95));
    let ((p1, (l1, u1)), (p2, (l2, u2))) = (part(x1, n1), part(x2, n2));
    let diff = p1 - p2;
    let (below, above) = ((p1 - l1).hypot(u2 - p2), (u1 - p1).hypot(p2 - l2));
    Ok(ShareChange { diff, ci95: clip((diff - below, diff + above), -1.0, 1.0) })
}

/// Hits and observations by wave, with the waves' places.
#[derive(Debug, Clone, Deserialize)]
pub struct SharesInOrder {
    pub x: Vec<u64>,
    pub n: Vec<u64>,
    pub scores: Vec<f64>,
}

/// The score test for a linear trend.
#[derive(Debug, Clone, Serialize)]
pub struct ShareTrend {
    pub z: f64,
    pub chi2: f64,
    pub p_two_sided: f64,
}

/// z = Σ xᵢ(sᵢ − s̄) / √(p(1 − p) Σ nᵢ(sᵢ − s̄)²), s̄ = Σ nᵢsᵢ/N; 0 where everybody said the same.
///
/// Source: Cochran (1954), Biometrics 10; Armitage (1955), Biometrics 11.
///
/// # Errors
/// Nobody was observed, or the lists do not fit together.
pub fn cochran_armitage(waves: &SharesInOrder) -> Defined<ShareTrend> {
    let SharesInOrder { x, n, scores } = waves;
    let all: u64 = n.iter().sum();
    if all == 0 {
        return Err(Undefined::nobody());
    }
    if x.len() != n.len() || n.len() != scores.len() || x.iter().zip(n).any(|(x, n)| x > n) {
        return Err(Undefined::new(all, "out_of_range"));
    }
    let total = count(all);
    let p = count(x.iter().sum()) / total;
    let centre = n.iter().zip(scores).map(|(n, s)| count(*n) * s).sum::<f64>() / total;
    let lean: f64 = x.iter().zip(scores).map(|(x, s)| count(*x) * (s - centre)).sum();
    let spread: f64 = n.iter().zip(scores).map(|(n, s)| count(*n) * (s - centre).powi(2)).sum();
    let variance = p * (1.0 - p) * spread;
    let z = if variance > 0.0 { lean / variance.sqrt() } else { 0.0 };
    Ok(ShareTrend { z, chi2: z * z, p_two_sided: normal_two_sided(z) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn three_of_four_by_each_interval() {
        let shares = proportion_ci(&Hits { x: 3, n: 4, confidence: None }).unwrap();
        let close = |(low, high): (f64, f64), a: f64, b: f64| {
            assert!((low - a).abs() < 1e-6 && (high - b).abs() < 1e-6, "{low} {high}");
        };
        close(shares.ci_wilson, 0.300_642, 0.954_413);
        close(shares.ci_jeffreys, 0.283_752, 0.971_529);
        close(shares.ci_clopper_pearson, 0.194_12, 0.993_691);
    }

    proptest! {
        #[test]
        fn a_share_lies_in_each_of_its_intervals(n in 1_u64..3_000, part in 0.0..=1.0) {
            let x = (count(n) * part) as u64;
            let shares = proportion_ci(&Hits { x, n, confidence: Some(0.95) }).unwrap();
            for (low, high) in [shares.ci_wilson, shares.ci_agresti_coull, shares.ci_jeffreys, shares.ci_clopper_pearson] {
                prop_assert!(0.0 <= low && low <= shares.p + 1e-12 && shares.p <= high + 1e-12 && high <= 1.0);
            }
        }

        #[test]
        fn a_difference_turned_round_changes_its_sign(x1 in 0_u64..30, x2 in 0_u64..30) {
            let there = diff_proportions(&TwoShares { x1, n1: 30, x2, n2: 30 }).unwrap();
            let back = diff_proportions(&TwoShares { x1: x2, n1: 30, x2: x1, n2: 30 }).unwrap();
            prop_assert!((there.ci95.0 + back.ci95.1).abs() < 1e-12);
        }
    }
}
