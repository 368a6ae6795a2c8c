//! Time to an event, with those who are still waiting.

use serde::{Deserialize, Serialize};

use super::{Defined, Undefined, Z95, count, length};

/// How long each has waited, and whether it happened (1) or they wait still (0).
#[derive(Debug, Clone, Deserialize)]
pub struct Waits {
    pub durations: Vec<f64>,
    pub event: Vec<u8>,
    /// Up to where the restricted mean goes; the longest wait unless said.
    pub tau: Option<f64>,
}

/// The share still waiting just after a time at which it happened to somebody.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub t: f64,
    pub at_risk: u64,
    pub events: u64,
    #[serde(rename = "S")]
    pub s: f64,
    /// Not defined once nobody waits.
    pub se_greenwood: Option<f64>,
    pub ci95_loglog: Option<(f64, f64)>,
}

/// What the waits add up to.
#[derive(Debug, Clone, Serialize)]
pub struct Survival {
    pub table: Vec<Step>,
    /// `None` while more than half are still waiting.
    pub median: Option<f64>,
    pub median_ci95: (Option<f64>, Option<f64>),
    /// The mean wait, cut at tau.
    pub rmst: f64,
    /// Too low by those who wait; to be compared, never shown.
    pub naive_mean_of_completed: Option<f64>,
    pub still_waiting: u64,
}

/// S(t) = Π(1 − dᵢ/nᵢ); Greenwood's variance S²Σd/(n(n − d)); the interval on log(−log S):
/// S^exp(±z√G/ln S). The median is the first t with S ≤ ½, its limits where the limits of S cross ½.
///
/// Source: Kaplan & Meier (1958), JASA 53; Greenwood (1926); Brookmeyer & Crowley (1982), Biometrics 38.
///
/// # Errors
/// Nobody, or lists that do not fit together.
pub fn kaplan_meier(waits: &Waits) -> Defined<Survival> {
    let Waits { durations, event, tau } = waits;
    if durations.is_empty() {
        return Err(Undefined::nobody());
    }
    if durations.len() != event.len() {
        return Err(Undefined::new(durations.len() as u64, "out_of_range"));
    }
    let mut people: Vec<(f64, bool)> =
        durations.iter().zip(event).map(|(t, event)| (*t, *event != 0)).collect();
    people.sort_by(|a, b| a.0.total_cmp(&b.0));
    let table = table(&people);
    let longest = people.last().map_or(0.0, |(t, _)| *t);
    let crossing = |of: &dyn Fn(&Step) -> Option<f64>| {
        table.iter().find(|step| of(step).is_some_and(|s| s <= 0.5 + 1e-12)).map(|step| step.t)
    };
    let done: Vec<f64> = people.iter().filter(|(_, event)| *event).map(|(t, _)| *t).collect();
    Ok(Survival {
        median: crossing(&|step| Some(step.s)),
        median_ci95: (
            crossing(&|step| step.ci95_loglog.map(|(low, _)| low)),
            crossing(&|step| step.ci95_loglog.map(|(_, high)| high)),
        ),
        rmst: area(&table, tau.unwrap_or(longest)),
        naive_mean_of_completed: (!done.is_empty()).then(|| done.iter().sum::<f64>() / length(&done)),
        still_waiting: (people.len() - done.len()) as u64,
        table,
    })
}

/// At equal times what happens comes before who is left waiting.
fn table(people: &[(f64, bool)]) -> Vec<Step> {
    let (mut s, mut greenwood, mut gone) = (1.0, 0.0, 0);
    let mut table = Vec::new();
    for same in people.chunk_by(|a, b| a.0 == b.0) {
        let at_risk = (people.len() - gone) as u64;
        let events = same.iter().filter(|(_, event)| *event).count() as u64;
        gone += same.len();
        if events == 0 {
            continue;
        }
        let (n, d) = (count(at_risk), count(events));
        s *= 1.0 - d / n;
        let some_wait = events < at_risk;
        if some_wait {
            greenwood += d / (n * (n - d));
        }
        let limit = |z: f64| f64::powf(s, (z * greenwood.sqrt() / s.ln()).exp());
        table.push(Step {
            t: same[0].0,
            at_risk,
            events,
            s,
            se_greenwood: some_wait.then(|| s * greenwood.sqrt()),
            ci95_loglog: some_wait.then(|| (limit(-Z95), limit(Z95))),
        });
    }
    table
}

/// The area below the steps, up to `tau`.
fn area(table: &[Step], tau: f64) -> f64 {
    let (mut area, mut from, mut s) = (0.0, 0.0, 1.0);
    for step in table.iter().take_while(|step| step.t < tau) {
        area += s * (step.t - from);
        (from, s) = (step.t, step.s);
    }
    area + s * (tau - from).max(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_waits_still_makes_the_wait_longer_than_the_mean_of_the_finished() {
        let durations = vec![2.0, 3.0, 5.0, 7.0, 7.0, 8.0, 10.0, 14.0, 14.0, 14.0, 14.0, 14.0];
        let event = vec![1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        let seen = kaplan_meier(&Waits { durations, event, tau: Some(14.0) }).unwrap();
        assert_eq!((seen.median, seen.median_ci95, seen.still_waiting), (None, (Some(5.0), None), 9));
        assert!((seen.rmst - 11.467_857).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn without_waiting_it_is_the_plain_share(mut durations in proptest::collection::vec(1_u32..50, 1..40)) {
            let waits = Waits {
                durations: durations.iter().map(|t| f64::from(*t)).collect(),
                event: vec![1; durations.len()],
                tau: None,
            };
            durations.sort_unstable();
            let seen = kaplan_meier(&waits).unwrap();
            for step in &seen.table {
                let later = durations.iter().filter(|t| f64::from(**t) > step.t).count();
                prop_assert!((step.s - count(later as u64) / length(&durations)).abs() < 1e-9);
            }
            prop_assert!((seen.rmst - seen.naive_mean_of_completed.unwrap()).abs() < 1e-9);
        }
    }
}
