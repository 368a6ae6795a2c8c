//! What a survey's waves say: estimates, a trend, and whether it can be told from chance. Pure.

use crate::disclosure::{Counts, Pooled, Released, pool, release};
use crate::statistics::change::{Planned, minimum_detectable_change};
use crate::statistics::count;
use crate::statistics::trend::{Line, Series, trend_wls};
use crate::surveys::WaveTally;
use crate::surveys::model::Survey;
use crate::surveys::model::question::Kind;
use crate::surveys::model::score::{Estimate, Scale, shown};

/// A wave as a trend shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// `2026-11`, `2026-11-18`.
    pub period: String,
    pub estimate: Estimate,
}

/// What several waves say of the direction.
#[derive(Debug, Clone)]
pub enum Trend {
    /// One wave or none.
    None,
    /// The last of two less the first.
    Change { by: f64, least: f64, n: u64 },
    /// A line, and the smallest change that could be seen between its last two waves.
    Line { waves: usize, line: Line, least: f64 },
}

impl Trend {
    /// Whether it can be told from nothing at all.
    pub fn distinct(&self) -> bool {
        match self {
            Trend::None => false,
            Trend::Change { by, least, .. } => by.abs() >= *least,
            Trend::Line { line, .. } => line.ci95.0 > 0.0 || line.ci95.1 < 0.0,
        }
    }
}

/// The direction of waves, the earliest first; each counts as one step.
pub fn trend(points: &[Point]) -> Trend {
    let [.., before, last] = points else { return Trend::None };
    let Some(least) = least_visible(&before.estimate, &last.estimate) else { return Trend::None };
    let by = last.estimate.value - before.estimate.value;
    let two = Trend::Change { by, least, n: before.estimate.n.min(last.estimate.n) };
    let series = Series {
        t: (0..points.len() as u64).map(count).collect(),
        y: points.iter().map(|point| point.estimate.value).collect(),
        se: points.iter().map(|point| point.estimate.se).collect(),
    };
    match trend_wls(&series) {
        Ok(line) => Trend::Line { waves: points.len(), line, least },
        Err(_) => two,
    }
}

/// The smallest change between two waves that is no chance.
fn least_visible(before: &Estimate, after: &Estimate) -> Option<f64> {
    let variance = |estimate: &Estimate| Some(estimate.se * estimate.se * count(estimate.n));
    let waves = Planned {
        var1: variance(before),
        n1: Some(before.n),
        var2: variance(after),
        n2: Some(after.n),
        ..Planned::default()
    };
    minimum_detectable_change(&waves).ok()?.least_significant_change
}

/// What one survey says, ready to be shown: all of it passed `disclosure`.
#[derive(Debug, Clone)]
pub struct Findings {
    pub key: String,
    pub title: String,
    pub kind: Kind,
    pub labels: Vec<String>,
    pub scale: Option<Scale>,
    pub invited: u64,
    pub answered: u64,
    pub k: u64,
    /// Waves that the score leaves out for too few answers.
    pub left_out: u64,
    /// Answers of open waves that are told with the next step.
    pub untold: u64,
    pub released: Released,
    /// Where there is a score and it may be shown.
    pub estimate: Option<Estimate>,
    pub teams: Vec<(String, Released)>,
    pub hidden_teams: usize,
    /// Over a year, whatever was asked for.
    pub points: Vec<Point>,
    pub trend: Trend,
}

/// What `waves` say, those of the asked time being the ones that `counted` takes.
pub fn findings(survey: &Survey, waves: &[WaveTally], counted: impl Fn(&WaveTally) -> bool) -> Findings {
    let labels = survey.question.labels();
    let kind = survey.question.kind;
    let scale = Scale::of(kind, labels.len());
    let of_time = waves.iter().filter(|wave| counted(wave));
    let Pooled { whole, left_out, untold, teams, hidden } =
        pool(of_time.map(|wave| (&wave.counts, wave.segments.as_slice())));
    let released = release(&whole);
    let points: Vec<Point> = scale.map(|scale| points(scale, waves)).unwrap_or_default();
    Findings {
        key: survey.key.clone(),
        title: survey.title.clone(),
        kind,
        labels,
        scale,
        invited: whole.invited,
        answered: whole.answered,
        k: whole.k.max(u64::try_from(survey.k).unwrap_or_default()),
        left_out,
        untold,
        estimate: scale.and_then(|scale| shown(scale, &released)),
        released,
        hidden_teams: hidden.len(),
        teams: teams.iter().map(|(name, counts)| (name.clone(), release(counts))).collect(),
        trend: trend(&points),
        points,
    }
}

fn points(scale: Scale, waves: &[WaveTally]) -> Vec<Point> {
    let point = |wave: &WaveTally| {
        let counts: &Counts = &wave.counts;
        let estimate = shown(scale, &release(counts))?;
        Some(Point { period: wave.period.clone(), estimate })
    };
    waves.iter().filter_map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surveys::model::score::estimate;

    const CSAT: Scale = Scale::Share { from: 4 };

    fn wave(period: &str, buckets: &[u64]) -> Point {
        Point { period: period.into(), estimate: estimate(CSAT, buckets, buckets.iter().sum()).unwrap() }
    }

    #[test]
    fn a_score_is_of_the_best_places_and_its_error_is_never_nothing() {
        let csat = estimate(CSAT, &[1, 2, 4, 8, 10], 25).unwrap();
        assert!((csat.value, csat.low.round(), csat.high.round()) == (72.0, 52.0, 86.0), "{csat:?}");
        let all = estimate(CSAT, &[0, 0, 0, 0, 6], 6).unwrap();
        assert!(all.value == 100.0 && all.se > 1.0);
        let points = estimate(Scale::Points, &[6, 0, 0, 0, 0, 0, 0, 9, 0, 15, 0], 30).unwrap();
        assert!((points.value - 30.0).abs() < 1e-9, "place 1 is 0: {points:?}");
        assert_eq!(estimate(Scale::Mean { places: 5 }, &[0, 2, 2], 4).unwrap().value, 2.5);
    }

    #[test]
    fn two_waves_of_25_see_no_change_of_a_few_points_and_three_make_a_line() {
        let (one, two) = (wave("2026-09", &[1, 2, 4, 8, 10]), wave("2026-10", &[1, 2, 3, 9, 10]));
        let change = trend(&[one.clone(), two.clone()]);
        assert!(matches!(change, Trend::Change { n: 25, .. }) && !change.distinct());
        assert!(matches!(trend(&[one.clone(), two.clone(), one.clone()]), Trend::Line { waves: 3, .. }));
        assert!(matches!(trend(&[one]), Trend::None));
        let (bad, good) = (wave("a", &[40, 5, 0, 3, 2]), wave("b", &[2, 3, 0, 20, 25]));
        assert!(trend(&[bad, good]).distinct());
    }
}
