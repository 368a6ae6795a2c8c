//! What an environment is and how it moves from state to state: pure.

mod state;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::notice::Term;
use crate::access::Actor;
use crate::catalog::model::Tier;
use crate::clock::Timestamp;
use crate::drivers::{Ownership, Resource};
use crate::duration;
use crate::error::{Error, Result};
use crate::moment::Moment;
pub use state::{Event, State};

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
    /// Why its creation stopped, who cancelled it, or what hinders its removal.
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
    /// Cut off and not to be done twice: a person says whether it was done.
    Unclear,
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
            StepState::Unclear => "unclear",
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
    /// When it was first begun.
    pub began: Option<Timestamp>,
    pub outputs: Value,
    /// Of a failed one: the end of its output.
    pub note: Option<String>,
}

impl StepRow {
    /// What names its work outside, the same for each repeat.
    pub fn key(&self) -> String {
        format!("{}:{}", self.run, self.position)
    }
}

/// Whether something made is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Gone,
    There,
    /// There, and no longer removed by us: an undo found more in it than its run made, or an admin
    /// left it behind.
    Left,
}

/// Something made, as its row has it.
#[derive(Debug, Clone)]
pub struct ResourceRow {
    /// `res_…`
    pub id: String,
    pub env: String,
    pub driver: String,
    pub resource: Resource,
    pub presence: Presence,
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
    if env.state.on(Event::Expire).is_none() {
        return Err(Error::Conflict(format!(
            "`{}` is {}; there is nothing to extend.",
            env.name,
            env.state.said()
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

/// The deadline when it is to be the moment that `by` says.
///
/// # Errors
/// `Conflict` where the moment is past, earlier than the deadline, or beyond what is possible.
pub fn until(env: &Environment, now: Timestamp, moment: Moment, by: &Actor) -> Result<Timestamp> {
    let until = ahead(moment, now, by).map_err(Error::Conflict)?;
    if until > env.latest && env.latest > env.deadline {
        let whole = duration::words(env.latest.since(env.created_at));
        let name = &env.name;
        return Err(Error::Conflict(format!(
            "`{name}` may live {whole} in all, until {}. `/platform env extend {name} until {}` keeps it that long.",
            by.clock(env.latest, now),
            by.zone.local(env.latest).format("%Y-%m-%d %H:%M"),
        )));
    }
    let kept = kept(env, now, until)?;
    if kept <= until {
        return Ok(kept);
    }
    Err(Error::Conflict(format!(
        "`{0}` stays until {1} already. `/platform env extend {0} 1d` keeps it a day longer, `/platform env destroy {0}` \
         ends it now.",
        env.name,
        by.clock(env.deadline, now)
    )))
}

/// The instant that somebody means by a moment.
///
/// # Errors
/// A sentence where it is past.
pub fn ahead(moment: Moment, now: Timestamp, by: &Actor) -> std::result::Result<Timestamp, String> {
    let at = moment.instant(now, by.zone);
    let past = || {
        let clock = by.clock(now, now);
        format!("`{moment}` is past: it is {clock} now. Write a later moment, as `until tomorrow 9:00`.")
    };
    if at > now { Ok(at) } else { Err(past()) }
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
    /// The create was cancelled, and nothing runs any more.
    Stop,
    /// Remove the resource at this index.
    Remove(usize),
    /// Nothing is left to remove.
    Gone,
    /// It rests.
    Nothing,
}

/// Decides what is next. Whatever ends a create first ends a step that was cut
/// off, so that what the step made is known; a removal takes the last made first.
pub fn next(state: State, steps: &[StepRow], resources: &[ResourceRow]) -> Next {
    let unfinished = |step: &StepRow| matches!(step.state, StepState::Waiting | StepState::Running);
    let cut_off = || steps.iter().position(|step| step.state == StepState::Running);
    match state {
        State::Requested | State::Provisioning => {
            steps.iter().position(unfinished).map_or(Next::Finish, Next::Step)
        }
        State::Cancelling => cut_off().map_or(Next::Stop, Next::Step),
        State::Undoing | State::Destroying => match cut_off() {
            Some(step) => Next::Step(step),
            None => to_remove(state, resources).map_or(Next::Gone, Next::Remove),
        },
        _ => Next::Nothing,
    }
}

/// What an undo or a destroy removes next, or is stuck at. An undo also tries what is kept: its
/// driver removes it only if this run made it and nobody has changed it since.
pub fn to_remove(state: State, resources: &[ResourceRow]) -> Option<usize> {
    let undo = matches!(state, State::Undoing | State::UndoStuck);
    resources.iter().rposition(|row| {
        row.presence == Presence::There && (undo || row.resource.ownership == Ownership::Owned)
    })
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
