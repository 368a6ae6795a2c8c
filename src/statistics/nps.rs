//! The Net Promoter Score and its change.

use serde::{Deserialize, Serialize};

use super::special::{student_quantile, student_two_sided};
use super::{Defined, Undefined, Z95, clip, count};

/// Answers on 0 to 10: promoters said 9 or 10, passives 7 or 8, detractors less. What was skipped
/// is told here only to be left out.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Camps {
    pub promoters: u64,
    pub passives: u64,
    pub detractors: u64,
    pub skipped: Option<u64>,
}

impl Camps {
    /// From answers by value, 0 first.
    pub fn of(counts: &[u64]) -> Camps {
        let sum = |range: std::ops::Range<usize>| counts.iter().skip(range.start).take(range.len()).sum();
        Camps { promoters: sum(9..11), passives: sum(7..9), detractors: sum(0..7), skipped: None }
    }

    /// Everybody who answered.
    pub fn n(self) -> u64 {
        self.promoters + self.passives + self.detractors
    }

    /// The mean of −1, 0, +1 and its variance for one respondent.
    fn moments(self) -> (f64, f64) {
        let n = count(self.n());
        let (p, d) = (count(self.promoters) / n, count(self.detractors) / n);
        (p - d, p + d - (p - d) * (p - d))
    }
}

/// A score in points, −100..=100, with the intervals that are in use. The adjusted Wald interval is
/// the one to show: it alone holds for few answers and for answers that are all the same.
#[derive(Debug, Clone, Serialize)]
pub struct Nps {
    pub n: u64,
    pub promoters_pct: f64,
    pub passives_pct: f64,
    pub detractors_pct: f64,
    pub nps: f64,
    pub se_plugin: f64,
    pub ci95_wald: (f64, f64),
    pub se_sample: Option<f64>,
    pub ci95_t: Option<(f64, f64)>,
    pub adj_center: f64,
    pub adj_se: f64,
    pub ci95_adjusted_wald: (f64, f64),
    /// What counting the skipped as passives would give; to be compared, never shown.
    pub wrong_value_if_skips_counted: Option<f64>,
}

/// θ = p − d in points; v = p + d − θ²; adjusted Wald adds 3 answers, ¾ of them promoters and ¾
/// detractors: θ' ± z·√(v'/(n + 3)).
///
/// Source: Rocks (2016), The American Statistician 70(4); Lewis & Sauro (2021) for the adjustment.
///
/// # Errors
/// Nobody answered.
pub fn nps(camps: &Camps) -> Defined<Nps> {
    if camps.n() == 0 {
        return Err(Undefined::nobody());
    }
    let n = count(camps.n());
    let (theta, variance) = camps.moments();
    let points = |centre: f64, half: f64| clip((100.0 * centre - half, 100.0 * centre + half), -100.0, 100.0);
    let se_plugin = 100.0 * (variance.max(0.0) / n).sqrt();
    let se_sample = (n > 1.0).then(|| 100.0 * (variance.max(0.0) / (n - 1.0)).sqrt());
    let more = n + 3.0;
    let (p, d) = ((count(camps.promoters) + 0.75) / more, (count(camps.detractors) + 0.75) / more);
    let adj_se = 100.0 * ((p + d - (p - d) * (p - d)) / more).sqrt();
    Ok(Nps {
        n: camps.n(),
        promoters_pct: 100.0 * count(camps.promoters) / n,
        passives_pct: 100.0 * count(camps.passives) / n,
        detractors_pct: 100.0 * count(camps.detractors) / n,
        nps: 100.0 * theta,
        se_plugin,
        ci95_wald: points(theta, Z95 * se_plugin),
        se_sample,
        ci95_t: se_sample.map(|se| points(theta, student_quantile(0.05, n - 1.0) * se)),
        adj_center: 100.0 * (p - d),
        adj_se,
        ci95_adjusted_wald: points(p - d, Z95 * adj_se),
        wrong_value_if_skips_counted: camps.skipped.map(|skipped| 100.0 * theta * n / (n + count(skipped))),
    })
}

/// Two independent waves.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Waves {
    pub before: Camps,
    pub after: Camps,
}

/// The change in points.
#[derive(Debug, Clone, Serialize)]
pub struct NpsChange {
    pub nps_1: f64,
    pub nps_2: f64,
    pub diff: f64,
    pub se: f64,
    pub df_welch: f64,
    pub t: f64,
    pub p_two_sided: f64,
    pub ci95: (f64, f64),
}

/// Welch's t on answers coded −1, 0, +1: se² = v₁/(n₁ − 1) + v₂/(n₂ − 1).
///
/// Source: Welch (1947), Biometrika 34; Rocks (2016).
///
/// # Errors
/// Fewer than two answers in a wave, or everybody said the same in both.
pub fn diff_nps(waves: &Waves) -> Defined<NpsChange> {
    let (n1, n2) = (waves.before.n(), waves.after.n());
    if n1 < 2 || n2 < 2 {
        return Err(Undefined::new(n1.min(n2), "too_few_responses"));
    }
    let part = |camps: Camps| {
        let (theta, variance) = camps.moments();
        (theta, variance / (count(camps.n()) - 1.0))
    };
    let ((theta1, v1), (theta2, v2)) = (part(waves.before), part(waves.after));
    if v1 + v2 <= 0.0 {
        return Err(Undefined::new(n1.min(n2), "no_variance"));
    }
    let se = (v1 + v2).sqrt();
    let df_welch = (v1 + v2).powi(2) / (v1 * v1 / (count(n1) - 1.0) + v2 * v2 / (count(n2) - 1.0));
    let diff = theta2 - theta1;
    let half = student_quantile(0.05, df_welch) * se;
    Ok(NpsChange {
        nps_1: 100.0 * theta1,
        nps_2: 100.0 * theta2,
        diff: 100.0 * diff,
        se: 100.0 * se,
        df_welch,
        t: diff / se,
        p_two_sided: student_two_sided(diff / se, df_welch),
        ci95: clip((100.0 * (diff - half), 100.0 * (diff + half)), -200.0, 200.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_points_of_thirty_answers() {
        let score = nps(&Camps { promoters: 15, passives: 9, detractors: 6, skipped: None }).unwrap();
        assert!((score.nps - 30.0).abs() < 1e-9 && (score.se_plugin - 14.259_500).abs() < 1e-6);
        let (low, high) = score.ci95_adjusted_wald;
        assert!((low - 0.681_272).abs() < 1e-6 && (high - 53.864_183).abs() < 1e-6);
    }

    #[test]
    fn camps_are_cut_at_seven_and_nine() {
        let camps = Camps::of(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!((camps.promoters, camps.passives, camps.detractors), (2, 2, 7));
    }

    #[test]
    fn nobody_and_one_person_have_no_t_interval() {
        assert_eq!(nps(&Camps::default()).unwrap_err().reason, "no_responses");
        let one = nps(&Camps { promoters: 1, ..Camps::default() }).unwrap();
        assert_eq!((one.se_sample, one.ci95_t), (None, None));
    }
}
