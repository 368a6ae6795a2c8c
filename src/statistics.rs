//! Statistics: pure functions over counts, each with its formula and source.

/// The 0.975 quantile of the standard normal distribution: two-sided 95 %.
pub const Z95: f64 = 1.959_963_984_540_054;

/// Wilson's score interval of `hits` of `n` at 95 %, within 0..=1; `None` without any observation.
///
/// Source: Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209–212.
pub fn wilson(hits: u64, n: u64) -> Option<(f64, f64)> {
    if n == 0 || hits > n {
        return None;
    }
    let (hits, n) = (count(hits), count(n));
    let (share, z2) = (hits / n, Z95 * Z95);
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z95 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // At the ends the interval is exactly 0 or 1 there; rounding may miss it by a little.
    let low = if hits == 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if hits == n { 1.0 } else { (centre + half).min(1.0) };
    Some((low, high))
}

/// Exact up to 2^53, far above any count of people.
#[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^53")]
pub fn count(n: u64) -> f64 {
    n as f64
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
