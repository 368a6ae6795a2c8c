//! When an environment is warned of, and when it may go: pure.
//!
//! A warning is due at each step before the deadline. The end waits until the
//! last one that was made arrived, and for the notice then; where nobody can
//! be told, the notice runs from the last attempt. While a message waits
//! nothing ends; long after the deadline others are told as well.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::chat::outbox::Fate;
use crate::clock::Timestamp;

/// How long before a deadline warnings come, the first one first.
const STEPS: [Duration; 3] =
    [Duration::from_secs(2 * 86_400), Duration::from_secs(2 * 3_600), Duration::from_secs(30 * 60)];

/// How long after the deadline a message may wait before others are told as well: its chat may
/// not be connected any more, and nobody else would ever hear of what lives on.
const PATIENCE: Duration = Duration::from_secs(3 * 86_400);

/// The life that a deadline gives: from when it was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    pub set_at: Timestamp,
    pub deadline: Timestamp,
}

impl Term {
    /// The steps that fit: those no longer than half of the life, else one at half of it.
    pub fn steps(self) -> Vec<Duration> {
        let half = self.deadline.since(self.set_at) / 2;
        match STEPS.into_iter().filter(|step| *step <= half).collect::<Vec<_>>() {
            none if none.is_empty() => vec![half],
            fitting => fitting,
        }
    }

    /// What lies at least between a warning's arrival and the end: nearly the shortest step, so
    /// that a message which takes a moment moves no end.
    pub fn notice(self) -> Duration {
        self.steps().last().copied().unwrap_or_default() * 5 / 6
    }

    /// When it goes if a warning arrives at `told`.
    pub fn end(self, told: Timestamp) -> Timestamp {
        self.deadline.max(told.plus(self.notice()))
    }

    /// When it goes if what waits arrives `now`.
    pub fn told(self, now: Timestamp, said: &[Said]) -> Timestamp {
        leaves(self, said).map_or(self.end(now), |(end, _)| end)
    }

    /// When the first warning is due.
    pub fn first(self) -> Timestamp {
        self.deadline.minus(self.steps().first().copied().unwrap_or_default())
    }

    /// The step that is due at `now`.
    fn due(self, now: Timestamp) -> Option<Duration> {
        self.steps().into_iter().rfind(|step| self.deadline.minus(*step) <= now)
    }

    /// When others are told as well.
    fn patience(self) -> Timestamp {
        self.deadline.plus(PATIENCE)
    }

    /// When to look again after `now` even if nothing happens.
    fn following(self, now: Timestamp) -> Option<Timestamp> {
        let steps = self.steps().into_iter().map(|step| self.deadline.minus(step));
        steps.chain([self.patience()]).find(|at| *at > now)
    }
}

/// Whom a warning tells; each is tried where the one before cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// The owner, directly.
    Owner,
    /// The channel where the environment's own message stands.
    Channel,
    /// An approver, who is told together with the admins.
    Approver,
    /// An admin.
    Admin,
}

impl Rung {
    /// Whom to tell where this one cannot be reached.
    pub fn next(self) -> Option<Rung> {
        match self {
            Rung::Owner => Some(Rung::Channel),
            Rung::Channel => Some(Rung::Admin),
            Rung::Approver | Rung::Admin => None,
        }
    }

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Rung::Owner => "owner",
            Rung::Channel => "channel",
            Rung::Approver => "approver",
            Rung::Admin => "admin",
        }
    }
}

/// A warning of one deadline, and what became of its message.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    pub step: Duration,
    pub rung: Rung,
    pub fate: Fate,
}

/// What is to be done about a deadline now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// To look again then; without a time, when a message arrives or is given up.
    Wait(Option<Timestamp>),
    /// To warn at this step, of this rung on.
    Warn(Duration, Rung),
    /// It goes; `announced` is false where nobody could be told.
    End { announced: bool },
}

/// Decides what is next.
pub fn next(now: Timestamp, term: Term, said: &[Said]) -> Next {
    let Some(step) = term.due(now) else { return Next::Wait(Some(term.first())) };
    if let Some((step, rung)) = lacking(now, term, step, said) {
        return Next::Warn(step, rung);
    }
    match leaves(term, said) {
        Some((end, announced)) if end <= now => Next::End { announced },
        leaves => Next::Wait(leaves.map(|(end, _)| end).into_iter().chain(term.following(now)).min()),
    }
}

/// The step of the last warning that was made, and what became of it: told is told, whoever else was not.
fn last(said: &[Said]) -> Option<(Duration, Fate)> {
    let step = said.iter().map(|warning| warning.step).min()?;
    let fates = || said.iter().filter(|warning| warning.step == step).map(|warning| warning.fate);
    let delivered = fates().filter_map(Fate::delivered_at).min().map(Fate::Delivered);
    let waiting = || fates().find(|fate| *fate == Fate::Waiting);
    let given_up = || fates().filter_map(Fate::given_up_at).max().map(Fate::GivenUp);
    Some((step, delivered.or_else(waiting).or_else(given_up)?))
}

/// Who is to be told and was not yet, and at which step. A message that waits says what is so
/// when it arrives, whichever step made it.
fn lacking(now: Timestamp, term: Term, due: Duration, said: &[Said]) -> Option<(Duration, Rung)> {
    let further = |step: Duration| {
        let tried = said.iter().filter(|warning| warning.step == step).map(|warning| warning.rung).max()?;
        Some((step, tried.next()?))
    };
    match last(said) {
        Some((_, Fate::Waiting)) if now < term.patience() => None,
        Some((step, Fate::Waiting)) => further(step),
        Some((step, Fate::Delivered(told))) if step == due || told >= term.deadline.minus(due) => None,
        Some((step, Fate::GivenUp(_))) if step == due => further(step),
        _ => Some((due, Rung::Owner)),
    }
}

/// When it goes, as far as that is known, and whether somebody was told.
fn leaves(term: Term, said: &[Said]) -> Option<(Timestamp, bool)> {
    match last(said)?.1 {
        Fate::Waiting => None,
        Fate::Delivered(told) => Some((term.end(told), true)),
        Fate::GivenUp(at) => {
            let before = said.iter().filter_map(|warning| warning.fate.delivered_at()).max();
            Some((term.end(before.unwrap_or(at)), before.is_some()))
        }
    }
}

/// What can be said of the end of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It goes then; `announced` is false where nobody can be told.
    Goes { at: Timestamp, announced: bool },
    /// It stays until a warning arrived, and for the notice then.
    Unannounced,
}

/// When it goes, as things stand.
pub fn standing(now: Timestamp, term: Term, said: &[Said]) -> Standing {
    match leaves(term, said) {
        Some((at, announced)) => Standing::Goes { at, announced },
        None if term.end(now) > term.deadline => Standing::Unannounced,
        None => Standing::Goes { at: term.deadline, announced: true },
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::duration::short;

    const HOUR: i64 = 3_600_000;

    fn term(hours: i64) -> Term {
        Term { set_at: Timestamp(0), deadline: Timestamp(hours * HOUR) }
    }

    #[test]
    fn a_step_counts_where_it_is_at_most_half_of_the_life() {
        let plan = |text: &str| {
            let life = crate::duration::parse(text).unwrap();
            let term = Term { set_at: Timestamp(0), deadline: Timestamp(0).plus(life) };
            let steps: Vec<_> = term.steps().into_iter().map(short).collect();
            format!("{text}: {}, at least {}", steps.join(", "), short(term.notice()))
        };
        let lives = ["30d", "4d", "3d", "1d", "4h", "3h", "1h", "30m", "1m"];
        assert_snapshot!(lives.map(plan).join("\n"), @"
        30d: 2d, 2h, 30m, at least 25m
        4d: 2d, 2h, 30m, at least 25m
        3d: 2h, 30m, at least 25m
        1d: 2h, 30m, at least 25m
        4h: 2h, 30m, at least 25m
        3h: 30m, at least 25m
        1h: 30m, at least 25m
        30m: 15m, at least 12m30s
        1m: 30s, at least 25s
        ");
    }

    /// What is next at each of these hours, for warnings as `step rung fate`.
    fn table(hours: &[f64], said: &[Said]) -> String {
        let line = |hour: &f64| {
            #[expect(clippy::cast_possible_truncation, reason = "hours of a test")]
            let now = Timestamp((hour * HOUR as f64) as i64);
            let hours = |at: Timestamp| format!("{:.1}", at.0 as f64 / HOUR as f64);
            let next = match next(now, term(100), said) {
                Next::Wait(None) => "wait".into(),
                Next::Wait(Some(at)) => format!("wait until {}", hours(at)),
                Next::Warn(step, rung) => format!("warn {} {}", short(step), rung.word()),
                Next::End { announced } => format!("end, announced: {announced}"),
            };
            let standing = match standing(now, term(100), said) {
                Standing::Goes { at, .. } => hours(at),
                Standing::Unannounced => "unannounced".into(),
            };
            format!("{hour}: {next} ({standing})")
        };
        hours.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn said(step: &str, rung: Rung, fate: Fate) -> Said {
        Said { step: crate::duration::parse(step).unwrap(), rung, fate }
    }

    /// So many tenths of an hour after the start.
    fn at(tenths: i64) -> Timestamp {
        Timestamp(tenths * HOUR / 10)
    }

    #[test]
    fn nothing_said_is_said_at_the_latest_step_and_never_ends() {
        assert_snapshot!(table(&[0.0, 52.0, 97.9, 98.0, 99.5, 100.0, 500.0], &[]), @"
        0: wait until 52.0 (100.0)
        52: warn 2d owner (100.0)
        97.9: warn 2d owner (100.0)
        98: warn 2h owner (100.0)
        99.5: warn 30m owner (100.0)
        100: warn 30m owner (unannounced)
        500: warn 30m owner (unannounced)
        ");
    }

    #[test]
    fn what_arrived_in_time_ends_at_the_deadline_and_later_steps_are_said_too() {
        let first = said("2d", Rung::Owner, Fate::Delivered(at(520)));
        assert_snapshot!(table(&[60.0, 98.0, 100.0], &[first]), @"
        60: wait until 98.0 (100.0)
        98: warn 2h owner (100.0)
        100: warn 30m owner (100.0)
        ");
        let all = [
            first,
            said("2h", Rung::Owner, Fate::Delivered(at(980))),
            said("30m", Rung::Owner, Fate::Delivered(at(995))),
        ];
        assert_snapshot!(table(&[98.5, 99.6, 100.0], &all), @"
        98.5: wait until 99.5 (100.0)
        99.6: wait until 100.0 (100.0)
        100: end, announced: true (100.0)
        ");
    }

    #[test]
    fn what_waits_stays_one_message_and_holds_the_end_until_its_notice_passed() {
        let waiting = said("2h", Rung::Owner, Fate::Waiting);
        assert_snapshot!(table(&[98.5, 99.5, 100.0, 171.9, 172.0], &[waiting]), @"
        98.5: wait until 99.5 (100.0)
        99.5: wait until 172.0 (100.0)
        100: wait until 172.0 (unannounced)
        171.9: wait until 172.0 (unannounced)
        172: warn 2h channel (unannounced)
        ");
        let all = [waiting, said("2h", Rung::Channel, Fate::Waiting), said("2h", Rung::Admin, Fate::Waiting)];
        assert_snapshot!(table(&[172.0, 500.0], &all), @"
        172: wait (unannounced)
        500: wait (unannounced)
        ");
        let late = said("2h", Rung::Owner, Fate::Delivered(at(1_010)));
        assert_snapshot!(table(&[101.0, 101.4, 101.5], &[late]), @"
        101: wait until 101.4 (101.4)
        101.4: wait until 101.4 (101.4)
        101.5: end, announced: true (101.4)
        ");
    }

    #[test]
    fn what_is_given_up_is_said_further_up_until_nobody_is_left() {
        let up = |rung| said("30m", rung, Fate::GivenUp(at(999)));
        assert_snapshot!(table(&[99.6, 100.0], &[up(Rung::Owner)]), @"
        99.6: warn 30m channel (100.3)
        100: warn 30m channel (100.3)
        ");
        assert_snapshot!(table(&[99.6, 100.0], &[up(Rung::Owner), up(Rung::Channel)]), @"
        99.6: warn 30m admin (100.3)
        100: warn 30m admin (100.3)
        ");
        let some =
            [up(Rung::Owner), up(Rung::Channel), up(Rung::Approver), said("30m", Rung::Admin, Fate::Waiting)];
        assert_snapshot!(table(&[100.0], &some), @"100: wait until 172.0 (unannounced)");
        let none = [up(Rung::Owner), up(Rung::Channel), up(Rung::Admin)];
        assert_snapshot!(table(&[100.0, 100.4], &none), @"
        100: wait until 100.3 (100.3)
        100.4: end, announced: false (100.3)
        ");
    }
}
