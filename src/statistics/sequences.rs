//! Intervals that stay true however often one looks.

use serde::{Deserialize, Serialize};

use super::special::{bisect, ln_beta};
use super::{Defined, Undefined, count};

/// A mean, or a difference, looked at after n answers.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Look {
    pub mean: Option<f64>,
    pub variance: Option<f64>,
    /// Instead of a mean: a difference and the variance of its estimator.
    pub diff: Option<f64>,
    pub variance_of_estimator: Option<f64>,
    pub n: u64,
    pub alpha: f64,
    /// Where the interval is tightest: the answers that were planned.
    pub n_opt: f64,
}

/// What a look says.
#[derive(Debug, Clone, Serialize)]
pub struct Anytime {
    pub rho: f64,
    pub halfwidth: Option<f64>,
    pub ci: Option<(f64, f64)>,
    pub log_e: Option<f64>,
    pub p: Option<f64>,
}

/// Below this the exact sequence is to be used.
const LEAST: u64 = 30;

/// ρ = √((−2 ln α + ln(−2 ln α + 1))/n_opt); half width σ·√(2(nρ² + 1)·ln(√(nρ² + 1)/α)/(nρ)²); for a
/// difference ln e = ρ²t²/(2(nρ² + 1)) − ln(nρ² + 1)/2 with t² = diff²·n/var, p = min(1, 1/e).
///
/// Source: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, arXiv 2103.06476, eq. 9, 155 and 161.
///
/// # Errors
/// Fewer than 30 answers, a variance that is not positive, or an α outside 0..1.
pub fn asymptotic_confidence_sequence(look: &Look) -> Defined<Anytime> {
    let Look { n, alpha, n_opt, .. } = *look;
    if n < LEAST {
        return Err(Undefined::new(n, "use_bernoulli_confidence_sequence"));
    }
    let variance = look.variance.or(look.variance_of_estimator).filter(|variance| *variance > 0.0);
    let Some(variance) = variance.filter(|_| alpha > 0.0 && alpha < 1.0 && n_opt > 0.0) else {
        return Err(Undefined::new(n, "out_of_range"));
    };
    let odds = -2.0 * alpha.ln();
    let rho = ((odds + (odds + 1.0).ln()) / n_opt).sqrt();
    let (size, grown) = (count(n), count(n) * rho * rho + 1.0);
    let half = variance.sqrt() * (2.0 * grown * (grown.sqrt() / alpha).ln() / (size * rho).powi(2)).sqrt();
    let log_e = look.diff.map(|diff| {
        let t2 = diff * diff * size / variance;
        rho * rho * t2 / (2.0 * grown) - grown.ln() / 2.0
    });
    Ok(Anytime {
        rho,
        halfwidth: look.mean.map(|_| half),
        ci: look.mean.map(|mean| (mean - half, mean + half)),
        log_e,
        p: log_e.map(|log_e| (-log_e).exp().min(1.0)),
    })
}

/// `x` of `n` looked at, with the prior of the mixture.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct ShareLook {
    pub x: u64,
    pub n: u64,
    pub alpha: f64,
    pub prior_a: Option<f64>,
    pub prior_b: Option<f64>,
}

/// What a look at a share says.
#[derive(Debug, Clone, Serialize)]
pub struct AnytimeShare {
    pub ci: (f64, f64),
    pub log_e_against_half: f64,
    pub p_against_half: f64,
}

/// E(p) = B(a + x, b + n − x)/B(a, b)/(pˣ(1 − p)ⁿ⁻ˣ); the interval is where E(p) < 1/α.
///
/// Source: Robbins (1970); Howard, Ramdas, McAuliffe & Sekhon (2021), Annals of Statistics 49(2).
///
/// # Errors
/// More hits than observations, or an α outside 0..1.
pub fn bernoulli_confidence_sequence(look: &ShareLook) -> Defined<AnytimeShare> {
    let ShareLook { x, n, alpha, .. } = *look;
    if x > n || !(alpha > 0.0 && alpha < 1.0) {
        return Err(Undefined::new(n, "out_of_range"));
    }
    let (a, b) = (look.prior_a.unwrap_or(0.5), look.prior_b.unwrap_or(0.5));
    let (hits, misses) = (count(x), count(n - x));
    let front = ln_beta(a + hits, b + misses) - ln_beta(a, b);
    // 0·ln 0 is 0 here.
    let times = |times: f64, ln: f64| if times == 0.0 { 0.0 } else { times * ln };
    let log_e = |p: f64| front - times(hits, p.ln()) - times(misses, (-p).ln_1p());
    let share = if n == 0 { 0.0 } else { hits / count(n) };
    let level = -alpha.ln();
    let low = if x == 0 { 0.0 } else { bisect(0.0, share, |p| level - log_e(p)) };
    let high = if x == n { 1.0 } else { bisect(share, 1.0, |p| log_e(p) - level) };
    let against = log_e(0.5);
    Ok(AnytimeShare {
        ci: (low, high),
        log_e_against_half: against,
        p_against_half: (-against).exp().min(1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::wilson;

    fn look(x: u64, n: u64) -> (f64, f64) {
        let look = ShareLook { x, n, alpha: 0.05, prior_a: None, prior_b: None };
        bernoulli_confidence_sequence(&look).unwrap().ci
    }

    #[test]
    fn looking_every_day_costs_width() {
        let ((low, high), (one_low, one_high)) = (look(29, 40), wilson(29, 40).unwrap());
        assert!((low - 0.476_920).abs() < 1e-6 && (high - 0.902_724).abs() < 1e-6);
        assert!(low < one_low && one_high < high);
        assert_eq!(look(0, 0), (0.0, 1.0));
        assert_eq!((look(0, 6).0, look(6, 6).1), (0.0, 1.0));
    }
}
