//! Use of the platform: adoption, retention, the golden path's share.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::proportion::wilson_at;
use super::special::student_quantile;
use super::{Defined, Undefined, Z95, clip, count, length};

/// Somebody of the organisation.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    pub id: String,
    pub team: String,
    /// The day of it, on the scale of the events.
    pub first_contact: i64,
    /// Bots and service accounts are not counted.
    #[serde(default)]
    pub bot: bool,
}

/// What somebody did on a day: `use`, or `env_ready` for an environment that became ready.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    pub user: String,
    pub day: i64,
    pub kind: String,
}

/// The log up to `day`.
#[derive(Debug, Clone, Deserialize)]
pub struct Log {
    pub day: i64,
    #[serde(default)]
    pub mandated_teams: Vec<String>,
    pub users: Vec<User>,
    pub events: Vec<Event>,
}

/// Who used the platform, in windows that end with the day.
#[derive(Debug, Clone, Serialize)]
pub struct Adoption {
    pub dau: u64,
    pub wau: u64,
    pub mau: u64,
    pub stickiness_wau_over_mau: Option<f64>,
    pub adoption_rate_pct: Option<f64>,
    pub retention_rate: Option<f64>,
    pub activation: Activation,
    pub voluntary: Voluntary,
    pub voluntary_share_of_active: Option<f64>,
}

/// The share whose first environment was ready within 14 days, of those whose 14 days are over.
#[derive(Debug, Clone, Serialize)]
pub struct Activation {
    pub eligible: u64,
    pub activated: u64,
    pub rate: Option<f64>,
    pub ci_wilson: Option<(f64, f64)>,
}

/// The share that is active of those who need not be.
#[derive(Debug, Clone, Serialize)]
pub struct Voluntary {
    pub eligible: u64,
    pub active: u64,
    pub rate: Option<f64>,
    pub ci_wilson: Option<(f64, f64)>,
}

const ACTIVATION_DAYS: i64 = 14;

/// `hits` of `n` with Wilson's interval; `None` of nobody.
fn share(hits: u64, n: u64) -> (Option<f64>, Option<(f64, f64)>) {
    let some = n > 0;
    (some.then(|| count(hits) / count(n)), some.then(|| wilson_at(count(hits), count(n), Z95)))
}

/// Windows of whole days that end with `day`: 7 for the week, 28 for the month, so that every weekday
/// counts the same; the month before is the 28 days before. Growth = (MAU − before)/before·100;
/// retention = |now ∩ before|/|before|.
///
/// Source: Rodden, Hutchinson & Fu (2010), HEART, CHI; the Pelorus definitions of adoption and retention.
///
/// # Errors
/// None; what is not defined is `None` by itself.
pub fn adoption(log: &Log) -> Defined<Adoption> {
    let people: BTreeMap<&str, &User> =
        log.users.iter().filter(|user| !user.bot).map(|user| (user.id.as_str(), user)).collect();
    let known = || log.events.iter().filter(|event| people.contains_key(event.user.as_str()));
    let within = |from: i64, to: i64| -> BTreeSet<&str> {
        let used = known().filter(|event| event.kind == "use" && (from..=to).contains(&event.day));
        used.map(|event| event.user.as_str()).collect()
    };
    let day = log.day;
    let (today, week, month) = (within(day, day), within(day - 6, day), within(day - 27, day));
    let before = within(day - 55, day - 28);
    let (mau, prior) = (length_of(&month), length_of(&before));
    let eligible: Vec<&&User> =
        people.values().filter(|user| user.first_contact + ACTIVATION_DAYS <= day).collect();
    let in_time = |user: &User| {
        let span = user.first_contact..=user.first_contact + ACTIVATION_DAYS;
        known().any(|event| event.kind == "env_ready" && event.user == user.id && span.contains(&event.day))
    };
    let activated = eligible.iter().filter(|user| in_time(user)).count() as u64;
    let free = |user: &User| !log.mandated_teams.contains(&user.team);
    let may: Vec<&&User> = people.values().filter(|user| free(user)).collect();
    let active = may.iter().filter(|user| month.contains(user.id.as_str())).count() as u64;
    let (rate, ci_wilson) = share(activated, eligible.len() as u64);
    let (free_rate, free_ci) = share(active, may.len() as u64);
    Ok(Adoption {
        dau: length_of(&today),
        wau: length_of(&week),
        mau,
        stickiness_wau_over_mau: (mau > 0).then(|| count(length_of(&week)) / count(mau)),
        adoption_rate_pct: (prior > 0).then(|| (count(mau) - count(prior)) / count(prior) * 100.0),
        retention_rate: (prior > 0).then(|| count(month.intersection(&before).count() as u64) / count(prior)),
        activation: Activation { eligible: eligible.len() as u64, activated, rate, ci_wilson },
        voluntary: Voluntary { eligible: may.len() as u64, active, rate: free_rate, ci_wilson: free_ci },
        voluntary_share_of_active: (mau > 0).then(|| count(active) / count(mau)),
    })
}

fn length_of<T>(set: &BTreeSet<T>) -> u64 {
    set.len() as u64
}

/// Who used the platform first in which week, and who in which week at all.
#[derive(Debug, Clone, Deserialize)]
pub struct Weeks {
    pub first_week: BTreeMap<String, i64>,
    pub active: Vec<(String, i64)>,
    pub last_week: i64,
    /// Smaller cohorts show their size alone.
    pub k: Option<u64>,
}

/// People who began in the same week.
#[derive(Debug, Clone, Serialize)]
pub struct Cohort {
    pub size: u64,
    /// By week since the first; weeks that are not over are absent, not zero.
    pub retention: Option<Vec<f64>>,
}

/// r(c, k) = |active in week c + k, of cohort c|/|cohort c|.
///
/// Source: cohort analysis as in Rodden, Hutchinson & Fu (2010), retention.
///
/// # Errors
/// None.
pub fn retention_cohorts(weeks: &Weeks) -> Defined<BTreeMap<i64, Cohort>> {
    let mut sizes: BTreeMap<i64, u64> = BTreeMap::new();
    for week in weeks.first_week.values().filter(|week| **week <= weeks.last_week) {
        *sizes.entry(*week).or_default() += 1;
    }
    let seen: BTreeSet<(&str, i64)> = weeks.active.iter().map(|(who, week)| (who.as_str(), *week)).collect();
    let active = |first: i64, week: i64| {
        let members = weeks.first_week.iter().filter(|(_, began)| **began == first);
        members.filter(|(who, _)| seen.contains(&(who.as_str(), week))).count() as u64
    };
    let cohort = |(first, size): (i64, u64)| {
        let shown = weeks.k.is_none_or(|k| size >= k);
        let cells =
            || (first..=weeks.last_week).map(|week| count(active(first, week)) / count(size)).collect();
        (first, Cohort { size, retention: shown.then(cells) })
    };
    Ok(sizes.into_iter().map(cohort).collect())
}

/// Environments by team: those of a golden path, and all.
#[derive(Debug, Clone, Deserialize)]
pub struct Provisions {
    pub golden_path_provisions: Vec<u64>,
    pub all_provisions: Vec<u64>,
    /// How many teams there are, where these are a sample of them.
    pub teams_in_population: Option<u64>,
}

/// The golden path's share of environments.
#[derive(Debug, Clone, Serialize)]
pub struct GoldenShare {
    pub share: f64,
    /// `None` of a single team, like all below.
    pub se_cluster: Option<f64>,
    pub se_naive: f64,
    /// How much more the teams vary than single environments would.
    pub design_effect: Option<f64>,
    pub ci95: Option<(f64, f64)>,
    /// Teams that asked for any.
    pub teams: u64,
}

/// R = Σy/Σx; var = (1 − f)/(m x̄²)·Σ(y − Rx)²/(m − 1) over m teams; t with m − 1 degrees of freedom,
/// because the environments of a team are not independent.
///
/// Source: Cochran (1977), ch. 6 and 11.
///
/// # Errors
/// No environments, or more of the golden path than in all.
pub fn golden_path_share(provisions: &Provisions) -> Defined<GoldenShare> {
    let Provisions { golden_path_provisions: golden, all_provisions: all, teams_in_population } = provisions;
    let teams: Vec<(f64, f64)> =
        golden.iter().zip(all).filter(|(_, all)| **all > 0).map(|(y, x)| (count(*y), count(*x))).collect();
    let (y, x) = teams.iter().fold((0.0, 0.0), |(ys, xs), (y, x)| (ys + y, xs + x));
    if teams.is_empty() {
        return Err(Undefined::nobody());
    }
    if golden.len() != all.len() || teams.iter().any(|(y, x)| y > x) {
        return Err(Undefined::new(teams.len() as u64, "out_of_range"));
    }
    let (m, share) = (length(&teams), y / x);
    let sampled = teams_in_population.map_or(0.0, |population| (m / count(population)).min(1.0));
    let squares: f64 = teams.iter().map(|(y, x)| (y - share * x).powi(2)).sum();
    let mean = x / m;
    let variance = (m > 1.0).then(|| (1.0 - sampled) / (m * mean * mean) * squares / (m - 1.0));
    let se_cluster = variance.map(f64::sqrt);
    let se_naive = (share * (1.0 - share) / x).sqrt();
    let interval = |se: f64| {
        let half = student_quantile(0.05, m - 1.0) * se;
        clip((share - half, share + half), 0.0, 1.0)
    };
    Ok(GoldenShare {
        share,
        se_cluster,
        se_naive,
        design_effect: variance.filter(|_| se_naive > 0.0).map(|variance| variance / se_naive.powi(2)),
        ci95: se_cluster.map(interval),
        teams: teams.len() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(days: &[(&str, i64)]) -> Log {
        let user =
            |id: &str| User { id: id.into(), team: "web".into(), first_contact: 0, bot: id == "robot" };
        let event = |(user, day): &(&str, i64)| Event { user: (*user).into(), day: *day, kind: "use".into() };
        let users = ["ada", "bo", "robot"].map(user).into();
        Log { day: 60, mandated_teams: vec![], users, events: days.iter().map(event).collect() }
    }

    #[test]
    fn a_month_is_28_days_and_bots_are_nobody() {
        let seen = adoption(&uses(&[("ada", 33), ("bo", 32), ("robot", 60), ("ada", 32)])).unwrap();
        assert_eq!((seen.mau, seen.adoption_rate_pct, seen.retention_rate), (1, Some(-50.0), Some(0.5)));
        assert_eq!(adoption(&uses(&[("ada", 60)])).unwrap().adoption_rate_pct, None);
    }

    #[test]
    fn a_heavy_team_widens_the_interval_and_one_team_has_none() {
        let of = |golden: &[u64], all: &[u64]| {
            let (golden_path_provisions, all_provisions) = (golden.to_vec(), all.to_vec());
            golden_path_share(&Provisions {
                golden_path_provisions,
                all_provisions,
                teams_in_population: None,
            })
        };
        let heavy = of(&[90, 2, 1], &[100, 10, 12]).unwrap();
        assert!((heavy.design_effect.unwrap() - 19.516_366).abs() < 1e-6);
        assert_eq!(of(&[3], &[4]).unwrap().ci95, None);
    }
}
