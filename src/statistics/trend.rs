//! Trends over waves.

use serde::{Deserialize, Serialize};

use super::special::normal_two_sided;
use super::{Defined, Undefined, Z95, count, length};

/// An estimate with its standard error, by wave.
#[derive(Debug, Clone, Deserialize)]
pub struct Series {
    pub t: Vec<f64>,
    pub y: Vec<f64>,
    pub se: Vec<f64>,
}

/// A weighted line.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    pub slope: f64,
    pub intercept: f64,
    pub se_slope: f64,
    pub z: f64,
    pub p_two_sided: f64,
    pub ci95: (f64, f64),
    /// Large against χ² with `df_residual` degrees: not a line.
    #[serde(rename = "Q_residual")]
    pub q_residual: f64,
    pub df_residual: u64,
}

/// Weights 1/se² with known variances: slope = Σw(t − t̄)(y − ȳ)/Σw(t − t̄)², its se = 1/√Σw(t − t̄)².
///
/// Source: Cochran (1954), Biometrics 10; meta-regression with known variances.
///
/// # Errors
/// Fewer than three waves, or a wave without a standard error.
pub fn trend_wls(series: &Series) -> Defined<Line> {
    if series.t.len() < 3 {
        return Err(Undefined::new(series.t.len() as u64, "too_few_waves"));
    }
    line(series)
}

/// The same from two points on.
///
/// # Errors
/// Lists that do not fit, all points at one time, or a standard error that is not positive.
pub fn line(series: &Series) -> Defined<Line> {
    let Series { t, y, se } = series;
    let waves = t.len() as u64;
    if y.len() != t.len() || se.len() != t.len() {
        return Err(Undefined::new(waves, "out_of_range"));
    }
    if se.iter().any(|se| se.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater)) {
        return Err(Undefined::new(waves, "no_standard_error"));
    }
    let weights: Vec<f64> = se.iter().map(|se| se.powi(-2)).collect();
    let sum = |f: &dyn Fn(usize) -> f64| -> f64 { weights.iter().enumerate().map(|(i, w)| w * f(i)).sum() };
    let all = sum(&|_| 1.0);
    let (t_mean, y_mean) = (sum(&|i| t[i]) / all, sum(&|i| y[i]) / all);
    let spread = sum(&|i| (t[i] - t_mean).powi(2));
    if spread <= 0.0 {
        return Err(Undefined::new(waves, "one_time"));
    }
    let slope = sum(&|i| (t[i] - t_mean) * (y[i] - y_mean)) / spread;
    let intercept = y_mean - slope * t_mean;
    let se_slope = 1.0 / spread.sqrt();
    Ok(Line {
        slope,
        intercept,
        se_slope,
        z: slope / se_slope,
        p_two_sided: normal_two_sided(slope / se_slope),
        ci95: (slope - Z95 * se_slope, slope + Z95 * se_slope),
        q_residual: sum(&|i| (y[i] - intercept - slope * t[i]).powi(2)),
        df_residual: waves.saturating_sub(2),
    })
}

/// A short series without standard errors, one value a wave.
#[derive(Debug, Clone, Deserialize)]
pub struct Values {
    pub x: Vec<f64>,
}

/// Whether a series grows or falls, whatever its shape.
#[derive(Debug, Clone, Serialize)]
pub struct MannKendall {
    pub n: u64,
    #[serde(rename = "S")]
    pub s: i64,
    #[serde(rename = "var_S")]
    pub var_s: f64,
    pub z: f64,
    pub p_normal: f64,
    pub sen_slope: f64,
    /// By permutation; for ten values at most, without ties.
    pub p_exact: Option<f64>,
}

impl MannKendall {
    /// The exact probability where there is one.
    pub fn p(&self) -> f64 {
        self.p_exact.unwrap_or(self.p_normal)
    }
}

/// S = Σᵢ<ⱼ sign(xⱼ − xᵢ); Var = [n(n − 1)(2n + 5) − Σ t(t − 1)(2t + 5)]/18 over groups of t ties;
/// z = (S − sign S)/√Var; the Theil–Sen slope is the median of (xⱼ − xᵢ)/(j − i).
///
/// Source: Mann (1945), Econometrica 13; Kendall (1975); Sen (1968), JASA 63.
///
/// # Errors
/// Fewer than four values.
pub fn mann_kendall(values: &Values) -> Defined<MannKendall> {
    let x = &values.x;
    let n = x.len();
    if n < 4 {
        return Err(Undefined::new(n as u64, "too_few_waves"));
    }
    let pairs = || (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    let s: i64 = pairs().map(|(i, j)| sign(x[j] - x[i])).sum();
    let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let mut sorted = x.clone();
    sorted.sort_by(f64::total_cmp);
    let ties: Vec<f64> = sorted.chunk_by(|a, b| a == b).map(length).filter(|size| *size > 1.0).collect();
    let var_s = (term(length(x)) - ties.iter().map(|size| term(*size)).sum::<f64>()) / 18.0;
    let z = if var_s > 0.0 { whole(s - s.signum()) / var_s.sqrt() } else { 0.0 };
    let slopes = pairs().map(|(i, j)| (x[j] - x[i]) / count((j - i) as u64)).collect();
    Ok(MannKendall {
        n: n as u64,
        s,
        var_s,
        z,
        p_normal: normal_two_sided(z),
        sen_slope: median(slopes),
        p_exact: (n <= 10 && ties.is_empty()).then(|| exact(n, s)),
    })
}

fn sign(difference: f64) -> i64 {
    i64::from(difference > 0.0) - i64::from(difference < 0.0)
}

#[expect(clippy::cast_precision_loss, reason = "a count of pairs is small")]
fn whole(n: i64) -> f64 {
    n as f64
}

/// The middle of `values`, of which there is one at least.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// The share of all orders of n values whose |S| is as large, by how many pairs stand the wrong way round.
fn exact(n: usize, s: i64) -> f64 {
    let mut ways = vec![1.0];
    for size in 2..=n {
        let mut next = vec![0.0; ways.len() + size - 1];
        for (wrong, number) in ways.iter().enumerate() {
            for more in 0..size {
                next[wrong + more] += number;
            }
        }
        ways = next;
    }
    let pairs = ways.len() as i64 - 1;
    let as_large = ways.iter().zip(0_i64..).filter(|(_, wrong)| (pairs - 2 * wrong).abs() >= s.abs());
    as_large.map(|(number, _)| number).sum::<f64>() / ways.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_waves_rise_and_cannot_be_told_from_flat() {
        let series = Series {
            t: vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
            y: vec![12.0, 15.0, 14.0, 20.0, 24.0, 23.0],
            se: vec![6.0, 5.5, 6.2, 5.0, 4.8, 5.1],
        };
        let line = trend_wls(&series).unwrap();
        assert!((line.slope - 2.522_305).abs() < 1e-6 && line.ci95.0 < 0.0);
        let two = Series { t: vec![0.0, 1.0], y: vec![1.0, 2.0], se: vec![1.0, 1.0] };
        assert_eq!(trend_wls(&two).unwrap_err().reason, "too_few_waves");
    }

    #[test]
    fn a_rise_in_eight_values_is_no_chance_and_a_constant_is() {
        let rising = mann_kendall(&Values { x: vec![3.1, 3.2, 3.15, 3.3, 3.4, 3.35, 3.5, 3.6] }).unwrap();
        assert!(rising.s == 24 && (rising.p() - 0.001_736).abs() < 1e-6);
        let flat = mann_kendall(&Values { x: vec![2.0; 5] }).unwrap();
        assert_eq!((flat.s, flat.var_s, flat.z, flat.p()), (0, 0.0, 0.0, 1.0));
    }
}
