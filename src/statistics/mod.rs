//! Statistics: pure functions over counts, each with its formula and source.
//!
//! Invariants: what is not defined is an [`Undefined`] with its reason, never 0; nothing here draws a
//! random number; skips never reach a denominator. Inputs and outputs are plain records that read from
//! and write to JSON, so that [`vectors`] can hold every method against a file of worked examples.

pub mod change;
pub mod fatigue;
pub mod likert;
pub mod nonresponse;
pub mod nps;
pub mod priority;
pub mod privacy;
pub mod proportion;
pub mod ranking;
pub mod sampling;
pub mod sequences;
pub mod special;
pub mod survival;
pub mod teams;
pub mod trend;
pub mod usage;
pub mod vectors;
pub mod weighting;

/// The 0.975 quantile of the standard normal distribution: two-sided 95 %.
pub const Z95: f64 = 1.959_963_984_540_054;

/// Why there is no number. A reader is told the reason in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undefined {
    /// How many observations there were.
    pub n: u64,
    /// A word for machines, as `no_responses`.
    pub reason: &'static str,
}

impl Undefined {
    pub fn new(n: u64, reason: &'static str) -> Undefined {
        Undefined { n, reason }
    }

    /// Nothing was observed.
    pub fn nobody() -> Undefined {
        Undefined { n: 0, reason: "no_responses" }
    }
}

/// A number, or why there is none.
pub type Defined<T> = std::result::Result<T, Undefined>;

/// Wilson's score interval of `hits` of `n` at 95 %, within 0..=1; `None` without any observation.
///
/// Source: Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209–212.
pub fn wilson(hits: u64, n: u64) -> Option<(f64, f64)> {
    (n > 0 && hits <= n).then(|| proportion::wilson_at(count(hits), count(n), Z95))
}

/// Exact up to 2^53, far above any count of people.
#[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^53")]
pub fn count(n: u64) -> f64 {
    n as f64
}

/// A count of things in memory; exact like [`count`].
pub fn length<T>(things: &[T]) -> f64 {
    count(things.len() as u64)
}

/// An interval cut to its scale.
pub fn clip((low, high): (f64, f64), least: f64, most: f64) -> (f64, f64) {
    (low.clamp(least, most), high.clamp(least, most))
}

/// The mean and the standard deviation with n − 1; `None` for the second of a single value.
pub fn mean_sd(values: &[f64]) -> Option<(f64, Option<f64>)> {
    if values.is_empty() {
        return None;
    }
    let n = length(values);
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((mean, (n > 1.0).then(|| (squares / (n - 1.0)).sqrt())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close((low, high): (f64, f64), expected: (f64, f64)) -> bool {
        (low - expected.0).abs() <= 1e-6 && (high - expected.1).abs() <= 1e-6
    }

    /// Expected values were computed by an independent implementation, to six digits.
    #[test]
    fn wilson_against_known_intervals() {
        assert!(close(wilson(18, 25).unwrap(), (0.524_234, 0.857_161)));
        assert!(close(wilson(0, 10).unwrap(), (0.0, 0.277_533)));
        assert!(close(wilson(10, 10).unwrap(), (0.722_467, 1.0)));
        assert!(close(wilson(1, 1).unwrap(), (0.206_549, 1.0)));
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(2, 1), None);
    }
}
