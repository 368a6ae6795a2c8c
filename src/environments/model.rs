//! What an environment is and how it moves from state to state: pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::notice::Term;
use crate::catalog::model::Tier;
use crate::clock::Timestamp;
use crate::drivers::{Ownership, Resource};
use crate::duration;
use crate::error::{Error, Result};

/// Where an environment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Asked for; nothing was made yet.
    Requested,
    /// Its create run is going on.
    Provisioning,
    /// It can be used.
    Ready,
    /// Its create run stopped; what was made stays until a destroy.
    Failed,
    /// What it owns is being removed.
    Destroying,
    /// It is gone; its name is free.
    Destroyed,
}

/// What can happen to an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The first step begins.
    Start,
    /// The last step is done.
    Provisioned,
    /// A step cannot be done.
    Stopped,
    /// Somebody, or the deadline, ends it.
    Destroy,
    /// Nothing it owned is left.
    Removed,
}

impl State {
    /// The state after `event`; `None` where the event means nothing.
    pub fn on(self, event: Event) -> Option<State> {
        use State::{Destroyed, Destroying, Failed, Provisioning, Ready, Requested};
        match (self, event) {
            (Requested, Event::Start) => Some(Provisioning),
            (Requested | Provisioning, Event::Provisioned) => Some(Ready),
            (Requested | Provisioning, Event::Stopped) => Some(Failed),
            (Requested | Provisioning | Ready | Failed, Event::Destroy) => Some(Destroying),
            (Destroying, Event::Removed) => Some(Destroyed),
            _ => None,
        }
    }

    /// The word in the database and in sentences.
    pub fn word(self) -> &'static str {
        match self {
            State::Requested => "requested",
            State::Provisioning => "provisioning",
            State::Ready => "ready",
            State::Failed => "failed",
            State::Destroying => "destroying",
            State::Destroyed => "destroyed",
        }
    }

    /// The mark in front of a line.
    pub fn mark(self) -> &'static str {
        match self {
            State::Requested | State::Provisioning | State::Destroying => "⏳",
            State::Ready | State::Destroyed => "✅",
            State::Failed => "❌",
        }
    }
}

/// An environment, as its row has it.
#[derive(Debug, Clone)]
pub struct Environment {
    /// `env_…`
    pub id: String,
    pub name: String,
    /// The owner's person id.
    pub owner: String,
    pub template: String,
    /// The template's version, pinned at the request.
    pub version: String,
    /// The template's title.
    pub title: String,
    pub tier: Tier,
    /// A parameter is outside what the template recommends.
    pub adapted: bool,
    pub parameters: Map<String, Value>,
    pub state: State,
    /// What it offers, `url` among it.
    pub outputs: Map<String, Value>,
    /// Why its creation stopped.
    pub failure: Option<String>,
    pub created_at: Timestamp,
    pub ready_at: Option<Timestamp>,
    /// When it is destroyed, once that was announced.
    pub deadline: Timestamp,
    /// Since when that is its deadline.
    pub deadline_set_at: Timestamp,
    /// The latest deadline that its template allows.
    pub latest: Timestamp,
    /// The owner chose the deadline.
    pub chosen: bool,
}

impl Environment {
    /// "golden path", "adapted" or the template's tier.
    pub fn support(&self) -> &'static str {
        match (self.tier, self.adapted) {
            (Tier::Golden, true) => "adapted: less support",
            (tier, _) => tier.label(),
        }
    }

    /// The life that its deadline gives.
    pub fn term(&self) -> Term {
        Term { set_at: self.deadline_set_at, deadline: self.deadline }
    }

    /// An output as text; empty ones count as absent.
    pub fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Waiting,
    /// Begun; after a crash, its outcome is unknown.
    Running,
    Done,
    /// Its condition did not hold.
    Skipped,
    Failed,
}

impl StepState {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            StepState::Waiting => "waiting",
            StepState::Running => "running",
            StepState::Done => "done",
            StepState::Skipped => "skipped",
            StepState::Failed => "failed",
        }
    }
}

/// A step of a run, as its row has it.
#[derive(Debug, Clone)]
pub struct StepRow {
    pub run: String,
    /// From 1, in the template's order.
    pub position: i64,
    pub id: String,
    pub name: String,
    pub action: String,
    pub state: StepState,
    pub attempts: i64,
    pub outputs: Value,
    /// Of a failed one: the end of its output.
    pub note: Option<String>,
}

/// Something made, as its row has it.
#[derive(Debug, Clone)]
pub struct ResourceRow {
    /// `res_…`
    pub id: String,
    pub env: String,
    pub driver: String,
    pub resource: Resource,
    pub present: bool,
}

/// The create run's date and steps.
#[derive(Debug, Clone)]
pub struct Run {
    /// `run_…`
    pub id: String,
    pub started_at: Timestamp,
    pub steps: Vec<StepRow>,
}

/// How long an environment lives unless its template says otherwise.
pub const DEFAULT_TTL: Duration = Duration::from_secs(3 * 86_400);
/// How long at most, unless its template says otherwise.
pub const MAX_TTL: Duration = Duration::from_secs(30 * 86_400);
/// A failed create removes what it made after this long, unless the owner chose a deadline.
pub const FAILED_TTL: Duration = Duration::from_secs(86_400);

/// The deadline of a new environment and its latest possible one.
///
/// # Errors
/// `Invalid` when `wanted` is longer than the template allows.
pub fn deadlines(
    now: Timestamp,
    wanted: Option<Duration>,
    allowed: Option<(Duration, Duration)>,
    template: &str,
) -> Result<(Timestamp, Timestamp)> {
    let (default, max) = allowed.unwrap_or((DEFAULT_TTL, MAX_TTL));
    let span = wanted.unwrap_or(default);
    if span > max {
        return Err(Error::Fields(vec![(
            "ttl".into(),
            format!(
                "`{template}` allows {} at most; write `ttl={}` or less.",
                duration::words(max),
                duration::short(max)
            ),
        )]));
    }
    Ok((now.plus(span), now.plus(max)))
}

/// The deadline after an extension by `by`.
///
/// # Errors
/// `Conflict` naming what is still possible.
pub fn extended(env: &Environment, now: Timestamp, by: Duration) -> Result<Timestamp> {
    kept(env, now, env.deadline.max(now).plus(by))
}

/// The deadline when it is kept until `until`; a later one stays.
///
/// # Errors
/// `Conflict` naming what is still possible.
pub fn kept(env: &Environment, now: Timestamp, until: Timestamp) -> Result<Timestamp> {
    if !matches!(env.state, State::Requested | State::Provisioning | State::Ready | State::Failed) {
        return Err(Error::Conflict(format!(
            "`{}` is {}; there is nothing to extend.",
            env.name,
            env.state.word()
        )));
    }
    if until <= now {
        return Err(Error::Conflict(format!(
            "That end has passed. `/platform env extend {} 1d` keeps it a day longer.",
            env.name
        )));
    }
    if until <= env.latest { Ok(until.max(env.deadline)) } else { Err(beyond(env, now)) }
}

/// Why it cannot be kept longer, or so long, and what is still possible.
pub fn beyond(env: &Environment, now: Timestamp) -> Error {
    let left = env.latest.since(env.deadline.max(now));
    let possible = match left.as_secs() / 3_600 {
        0 => "it has reached that already; create a new one when you need more".to_owned(),
        hours => {
            let left = duration::short(Duration::from_secs(hours * 3_600));
            format!("`/platform env extend {} {left}` is the most that is left", env.name)
        }
    };
    let whole = duration::words(env.latest.since(env.created_at));
    Error::Conflict(format!("`{}` may live {whole} in all, and {possible}.", env.name))
}

/// What is to be done next for an environment.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Do the step at this index of the create run.
    Step(usize),
    /// Every step is done.
    Finish,
    /// Remove the resource at this index.
    Remove(usize),
    /// Nothing it owned is left.
    Gone,
    /// It rests.
    Nothing,
}

/// Decides what is next. A destroy first finishes a step that was cut off, so
/// that what the step made is known and removed too; then it removes what is
/// owned, last made first.
pub fn next(state: State, steps: &[StepRow], resources: &[ResourceRow]) -> Next {
    let unfinished = |step: &StepRow| matches!(step.state, StepState::Waiting | StepState::Running);
    match state {
        State::Requested | State::Provisioning => {
            steps.iter().position(unfinished).map_or(Next::Finish, Next::Step)
        }
        State::Destroying => {
            if let Some(cut_off) = steps.iter().position(|step| step.state == StepState::Running) {
                return Next::Step(cut_off);
            }
            let owned = |row: &ResourceRow| row.present && row.resource.ownership == Ownership::Owned;
            resources.iter().rposition(owned).map_or(Next::Gone, Next::Remove)
        }
        State::Ready | State::Failed | State::Destroyed => Next::Nothing,
    }
}

/// The middle of some numbers; `None` without any. Of an even count the mean of the middle two, rounded down.
pub fn median(mut numbers: Vec<i64>) -> Option<i64> {
    numbers.sort_unstable();
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => None,
        n if n % 2 == 1 => Some(numbers[middle]),
        _ => Some(i64::midpoint(numbers[middle - 1], numbers[middle])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_against_every_event() {
        use State::{Destroyed, Destroying, Failed, Provisioning, Ready, Requested};
        let mut table = String::new();
        for state in [Requested, Provisioning, Ready, Failed, Destroying, Destroyed] {
            for event in [Event::Start, Event::Provisioned, Event::Stopped, Event::Destroy, Event::Removed] {
                if let Some(next) = state.on(event) {
                    table.push_str(&format!("{} + {event:?} → {}\n", state.word(), next.word()));
                }
            }
        }
        insta::assert_snapshot!(table, @"
        requested + Start → provisioning
        requested + Provisioned → ready
        requested + Stopped → failed
        requested + Destroy → destroying
        provisioning + Provisioned → ready
        provisioning + Stopped → failed
        provisioning + Destroy → destroying
        ready + Destroy → destroying
        failed + Destroy → destroying
        destroying + Removed → destroyed
        ");
    }

    #[test]
    fn a_deadline_has_a_default_and_a_maximum() {
        let day = |n: u64| Duration::from_secs(n * 86_400);
        let allowed = Some((day(3), day(14)));
        let start = Timestamp(0);
        assert_eq!(deadlines(start, None, allowed, "t").unwrap(), (start.plus(day(3)), start.plus(day(14))));
        assert_eq!(deadlines(start, Some(day(14)), allowed, "t").unwrap().0, start.plus(day(14)));
        let error = deadlines(start, Some(day(15)), allowed, "t").unwrap_err().to_string();
        assert_eq!(error, "ttl: `t` allows 14 days at most; write `ttl=14d` or less.");
    }

    #[test]
    fn the_median_of_even_counts_lies_between() {
        assert_eq!([median(vec![]), median(vec![3, 1, 2]), median(vec![4, 1])], [None, Some(2), Some(2)]);
    }
}
