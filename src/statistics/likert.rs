//! Means of items on a scale: Likert, customer effort, UMUX-Lite.

use serde::{Deserialize, Serialize};

use super::proportion::wilson_at;
use super::special::student_quantile;
use super::{Defined, Undefined, Z95, clip, count, length};

/// Answers by value; the values are whole and grow.
#[derive(Debug, Clone, Deserialize)]
pub struct Histogram {
    pub values: Vec<i64>,
    pub counts: Vec<u64>,
}

/// A mean with the intervals in use; `ci95_default` is the one to show.
#[derive(Debug, Clone, Serialize)]
pub struct Mean {
    pub n: u64,
    pub mean: f64,
    pub sd: Option<f64>,
    pub se: Option<f64>,
    pub t_quantile: Option<f64>,
    pub ci95_t: Option<(f64, f64)>,
    pub ci95_bootstrap_exact: (f64, f64),
    pub bootstrap_se_exact: f64,
    pub dirichlet_mean: f64,
    pub dirichlet_sd: f64,
    pub ci95_dirichlet_normal: (f64, f64),
    pub ci95_default: (f64, f64),
}

/// t: mean ± t(.975, n − 1)·sd/√n. Bootstrap: the n-fold convolution of the observed distribution,
/// its percentiles by the inverted distribution function, so that no random number is drawn. Dirichlet
/// with 1/K added to each of K values: m ± z·√var, cut to the scale. Default: the wider at either end
/// of t and Dirichlet, because answers that are all the same are no certainty.
///
/// Source: Student (1908); Efron (1979) and Efron & Tibshirani (1993), ch. 13; Perks (1947) for 1/K.
///
/// # Errors
/// Nobody answered, or values and counts do not fit together.
pub fn likert_mean(answers: &Histogram) -> Defined<Mean> {
    let Histogram { values, counts } = answers;
    let n: u64 = counts.iter().sum();
    if values.len() != counts.len() || !values.is_sorted() || values.is_empty() {
        return Err(Undefined::new(n, "out_of_range"));
    }
    if n == 0 {
        return Err(Undefined::nobody());
    }
    let (values, counts): (Vec<f64>, Vec<f64>) = (floats(values), counts.iter().map(|c| count(*c)).collect());
    let (all, scale) = (count(n), (values[0], values[values.len() - 1]));
    let (mean, squares) = moments(&values, &counts);
    let sd = (n > 1).then(|| (squares / (all - 1.0)).sqrt());
    let se = sd.map(|sd| sd / all.sqrt());
    let t_quantile = (n > 1).then(|| student_quantile(0.05, all - 1.0));
    let ci95_t = se.zip(t_quantile).map(|(se, t)| (mean - t * se, mean + t * se));
    let (dirichlet_mean, dirichlet_sd) = dirichlet(&values, &counts);
    let half = Z95 * dirichlet_sd;
    let dirichlet = clip((dirichlet_mean - half, dirichlet_mean + half), scale.0, scale.1);
    let (low, high) = ci95_t.unwrap_or(dirichlet);
    Ok(Mean {
        n,
        mean,
        sd,
        se,
        t_quantile,
        ci95_t,
        ci95_bootstrap_exact: bootstrap(&answers.values, &answers.counts, n),
        bootstrap_se_exact: squares.sqrt() / all,
        dirichlet_mean,
        dirichlet_sd,
        ci95_dirichlet_normal: dirichlet,
        ci95_default: clip((low.min(dirichlet.0), high.max(dirichlet.1)), scale.0, scale.1),
    })
}

/// The mean, and the sum of squares about it.
fn moments(values: &[f64], weights: &[f64]) -> (f64, f64) {
    let sum = |f: &dyn Fn(f64) -> f64| -> f64 { weights.iter().zip(values).map(|(w, v)| w * f(*v)).sum() };
    let mean = sum(&|value| value) / weights.iter().sum::<f64>();
    (mean, sum(&|value| (value - mean).powi(2)))
}

/// Mean and standard deviation of the mean, where each of K values had 1/K of an answer before.
fn dirichlet(values: &[f64], counts: &[f64]) -> (f64, f64) {
    let shapes: Vec<f64> = counts.iter().map(|c| c + 1.0 / length(counts)).collect();
    let weight = counts.iter().sum::<f64>() + 1.0;
    let (mean, squares) = moments(values, &shapes);
    (mean, (squares / weight / (weight + 1.0)).sqrt())
}

#[expect(clippy::cast_precision_loss, reason = "points of a scale are small")]
fn floats(values: &[i64]) -> Vec<f64> {
    values.iter().map(|value| *value as f64).collect()
}

/// The percentiles at 2.5 % and 97.5 % of the mean of n draws from what was observed.
fn bootstrap(values: &[i64], counts: &[u64], n: u64) -> (f64, f64) {
    let width = usize::try_from(values[values.len() - 1] - values[0]).unwrap_or_default();
    let mut one = vec![0.0; width + 1];
    for (value, hits) in values.iter().zip(counts) {
        one[usize::try_from(value - values[0]).unwrap_or_default()] += count(*hits) / count(n);
    }
    let sum = power(&one, n);
    let quantile = |p: f64| {
        let mut reached = 0.0;
        let place = sum.iter().position(|part| {
            reached += part;
            reached >= p - 1e-12
        });
        floats(&values[..1])[0] + count(place.unwrap_or(sum.len() - 1) as u64) / count(n)
    };
    (quantile(0.025), quantile(0.975))
}

/// The distribution of the sum of `times` draws, by squaring.
fn power(one: &[f64], times: u64) -> Vec<f64> {
    let (mut sum, mut base, mut left) = (vec![1.0], one.to_vec(), times);
    while left > 0 {
        if left % 2 == 1 {
            sum = convolved(&sum, &base);
        }
        left /= 2;
        if left > 0 {
            base = convolved(&base, &base);
        }
    }
    sum
}

fn convolved(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut both = vec![0.0; a.len() + b.len() - 1];
    // What is far out in the tails adds nothing and would cost most of the time.
    for (i, x) in a.iter().enumerate().filter(|(_, x)| **x > 1e-30) {
        for (place, y) in both[i..].iter_mut().zip(b) {
            *place += x * y;
        }
    }
    both
}

/// Answers to "it made it easy", 1 to 7.
#[derive(Debug, Clone, Deserialize)]
pub struct Effort {
    pub counts_1_to_7: Vec<u64>,
}

/// The customer effort score.
#[derive(Debug, Clone, Serialize)]
pub struct Ces {
    pub n: u64,
    pub mean: f64,
    pub agree_share_5_to_7: f64,
    pub ci_wilson: (f64, f64),
}

/// The mean, and the share of 5 to 7 with Wilson's interval.
///
/// Source: Dixon, Toman & DeLisi (2013), The Effortless Experience.
///
/// # Errors
/// Nobody answered, or there are not seven counts.
pub fn ces(answers: &Effort) -> Defined<Ces> {
    let counts = &answers.counts_1_to_7;
    let n: u64 = counts.iter().sum();
    if counts.len() != 7 {
        return Err(Undefined::new(n, "out_of_range"));
    }
    if n == 0 {
        return Err(Undefined::nobody());
    }
    let agree = count(counts[4..].iter().sum());
    let sum: f64 = counts.iter().zip(1..).map(|(hits, value)| count(*hits) * f64::from(value)).sum();
    Ok(Ces {
        n,
        mean: sum / count(n),
        agree_share_5_to_7: agree / count(n),
        ci_wilson: wilson_at(agree, count(n), Z95),
    })
}

/// One person's two answers, 1 to 7.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Umux {
    pub capabilities_meet_needs: Option<f64>,
    pub easy_to_use: Option<f64>,
}

/// A person's usability score.
#[derive(Debug, Clone, Serialize)]
pub struct UmuxLite {
    /// 0..=100.
    pub umux_lite: f64,
    /// What the System Usability Scale would say.
    pub sus_equivalent: f64,
}

/// U = ((a − 1) + (b − 1))/12·100; SUS ≈ 0.65·U + 22.9.
///
/// Source: Lewis, Utesch & Maher (2013), CHI.
///
/// # Errors
/// One of the two was not answered: the person is not scored.
pub fn umux_lite(answers: &Umux) -> Defined<UmuxLite> {
    let (Some(a), Some(b)) = (answers.capabilities_meet_needs, answers.easy_to_use) else {
        return Err(Undefined::new(0, "half_answered"));
    };
    let score = ((a - 1.0) + (b - 1.0)) / 12.0 * 100.0;
    Ok(UmuxLite { umux_lite: score, sus_equivalent: 0.65 * score + 22.9 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn five(counts: [u64; 5]) -> Mean {
        likert_mean(&Histogram { values: vec![1, 2, 3, 4, 5], counts: counts.to_vec() }).unwrap()
    }

    #[test]
    fn forty_answers_against_known_intervals() {
        let mean = five([2, 4, 9, 15, 10]);
        let known = [mean.mean, mean.ci95_default.0, mean.ci95_default.1, mean.ci95_bootstrap_exact.0];
        for (got, expected) in known.into_iter().zip([3.675, 3.317_344, 4.032_656, 3.325]) {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
    }

    #[test]
    fn the_same_from_all_is_no_certainty_and_one_answer_has_no_t() {
        let (low, high) = five([0, 0, 0, 6, 0]).ci95_default;
        assert!(low < 3.5 && high > 4.2);
        assert_eq!(five([0, 0, 1, 0, 0]).ci95_t, None);
    }

    proptest! {
        #[test]
        fn the_mean_lies_in_its_default_interval(counts: [u8; 5]) {
            prop_assume!(counts.iter().any(|c| *c > 0));
            let mean = five(counts.map(u64::from));
            prop_assert!(mean.ci95_default.0 <= mean.mean + 1e-9 && mean.mean <= mean.ci95_default.1 + 1e-9);
        }
    }
}
