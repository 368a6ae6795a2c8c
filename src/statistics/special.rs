//! Distributions: normal, Student, beta, by series and continued fractions; quantiles by bisection.
//!
//! Why no crate? Quantiles of small shapes are where published ones hang, panic or are not monotone;
//! halving an interval of a monotone function is slower and always right.

use std::f64::consts::PI;

/// More steps than any argument here needs; a fraction that has not settled by then is as good as it gets.
const MOST_STEPS: u32 = 200_000;
const TINY: f64 = 1e-300;
const SETTLED: f64 = 1e-16;

/// Where a function that grows from negative to positive over `low..=high` crosses zero.
pub fn bisect(mut low: f64, mut high: f64, grows: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if grows(middle) < 0.0 { low = middle } else { high = middle }
    }
    low + (high - low) / 2.0
}

/// The logarithm of the gamma function for `x > 0`.
///
/// Source: Lanczos (1964), SIAM Journal on Numerical Analysis B 1; coefficients for g = 7, n = 9.
pub fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (PI / (PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let base = x + 7.5;
    let series = COEFFICIENTS.iter().zip(1..).fold(0.999_999_999_999_809_9, |sum, (coefficient, place)| {
        sum + coefficient / (x + f64::from(place))
    });
    0.5 * (2.0 * PI).ln() + (x + 0.5) * base.ln() - base + series.ln()
}

/// The logarithm of the beta function.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// The regularised incomplete beta function I_x(a, b): the distribution of Beta(a, b) at `x`.
///
/// Source: the continued fraction of Abramowitz & Stegun 26.5.8, evaluated by Lentz's method.
pub fn beta_distribution(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast on this side of the mean alone.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_distribution(1.0 - x, b, a);
    }
    let front = a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b) - a.ln();
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for step in 1..MOST_STEPS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            change = d * c;
            fraction *= change;
        }
        if (change - 1.0).abs() < SETTLED {
            break;
        }
    }
    (front.exp() * fraction).min(1.0)
}

/// The quantile of Beta(a, b) at `p`, 0..=1.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    bisect(0.0, 1.0, |x| beta_distribution(x, a, b) - p)
}

/// 1 − Φ(z), with its relative precision kept in the tail.
///
/// Source: Φ by the incomplete gamma function of ½: series near 0, continued fraction in the tail
/// (Abramowitz & Stegun 6.5.29 and 6.5.31).
pub fn normal_above(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - normal_above(-z);
    }
    let x = z * z / 2.0;
    let front = (-x + 0.5 * x.ln() - 0.5 * PI.ln()).exp();
    if x < 1.5 {
        let (mut term, mut sum, mut place) = (2.0, 2.0, 0.5);
        while x > 0.0 && term > sum * SETTLED {
            place += 1.0;
            term *= x / place;
            sum += term;
        }
        return if x > 0.0 { 0.5 * (1.0 - front * sum) } else { 0.5 };
    }
    let mut b = x + 0.5;
    let (mut c, mut d) = (1.0 / TINY, 1.0 / b);
    let mut fraction = d;
    for step in 1..MOST_STEPS {
        let i = f64::from(step);
        let term = -i * (i - 0.5);
        b += 2.0;
        d = 1.0 / (term * d + b);
        c = b + term / c;
        fraction *= d * c;
        if (d * c - 1.0).abs() < SETTLED {
            break;
        }
    }
    0.5 * front * fraction
}

/// Φ(z), the standard normal distribution.
pub fn normal(z: f64) -> f64 {
    normal_above(-z)
}

/// The quantile of the standard normal distribution at `p`, between 0 and 1.
pub fn normal_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    bisect(-38.0, 0.0, |z| normal(z) - p)
}

/// The two-sided probability of a normal deviate at least as far out as `z`.
pub fn normal_two_sided(z: f64) -> f64 {
    (2.0 * normal_above(z.abs())).min(1.0)
}

/// The two-sided probability of a Student deviate at least as far out as `t`; `df` need not be whole.
pub fn student_two_sided(t: f64, df: f64) -> f64 {
    beta_distribution(df / (df + t * t), df / 2.0, 0.5)
}

/// The positive quantile of Student's t that leaves `outside` on both sides together.
pub fn student_quantile(outside: f64, df: f64) -> f64 {
    let mut high = 2.0;
    while student_two_sided(high, df) > outside && high < 1e300 {
        high *= 2.0;
    }
    bisect(0.0, high, |t| outside - student_two_sided(t, df))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_values_hold_to_twelve_digits() {
        let close = |got: f64, known: f64| assert!((got / known - 1.0).abs() < 1e-12, "{got} {known}");
        close(ln_gamma(0.5), PI.sqrt().ln());
        close(ln_gamma(10.0), 362_880_f64.ln());
        close(normal_above(1.0), 0.158_655_253_931_457_05);
        close(normal_above(6.0), 9.865_876_450_376_946e-10);
        close(normal_quantile(0.975), 1.959_963_984_540_054);
        close(beta_distribution(0.3, 2.0, 3.0), 0.348_3);
        close(student_quantile(0.05, 1.0), 12.706_204_736_174_7);
    }

    proptest! {
        #[test]
        fn a_quantile_gives_back_its_probability(p in 0.001..0.999, a in 0.05..400.0, b in 0.05..400.0) {
            let x = beta_quantile(p, a, b);
            prop_assert!((0.0..=1.0).contains(&x));
            // Next to an end a single step of the floating point may carry much of the probability.
            let near = beta_distribution(x * (1.0 - 1e-12), a, b) - 1e-9..=beta_distribution(x + 1e-15, a, b) + 1e-9;
            prop_assert!(near.contains(&p), "{x} {near:?}");
        }

        #[test]
        fn distributions_grow(x in 0.0..1.0, step in 0.0..0.2, a in 0.05..60.0, b in 0.05..60.0) {
            prop_assert!(beta_distribution(x + step, a, b) >= beta_distribution(x, a, b) - 1e-12);
            prop_assert!(normal(x * 9.0 - 4.0 + step) >= normal(x * 9.0 - 4.0));
        }
    }
}
