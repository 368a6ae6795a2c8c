//! When a call may go out: our own pace, so that a platform need not refuse, and what it said
//! when it did. It waits for nothing itself; it tells how long its caller has to wait.
//!
//! Each call stands in some lines: of its method, of its channel, of the message it edits.
//! Whoever finds no room is given the next free turn and comes back for it, so fifty
//! messages are fifty turns and not fifty that jostle for each one, and they keep their order.
//!
//! Why not a crate? Those that know keys make the caller wait or ask again; none hands out
//! a turn that a job, which sleeps in the database, can come back for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Timestamp};

/// Lines of nobody are forgotten when there are more than this.
const LINES: usize = 4096;

/// A line of this name lets one through `every` so often, and at first `burst` at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    pub every: Duration,
    pub burst: u32,
}

/// What is known of one line.
struct Queue {
    /// The first turn that nobody has.
    next: Timestamp,
    /// Whose turn comes when.
    turns: HashMap<String, Timestamp>,
    /// How long after it a turn is void.
    lapse: Duration,
}

#[derive(Default)]
struct State {
    lines: HashMap<String, Queue>,
    /// A method, or what several have in common → until when it is held back.
    held: HashMap<String, Timestamp>,
}

/// The pace of one connection to a platform.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Limiter {
    /// By this clock, which has to be that of the job table: jobs wait as long as they are told.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Limiter { clock, state: Mutex::default() }
    }

    /// How long the call `ticket` has to wait that stands in these lines and that any of
    /// `holds` holds back; with zero it goes now, and is counted.
    pub fn wait(&self, ticket: &str, holds: &[&str], lines: &[Line]) -> Duration {
        let now = self.clock.now();
        let mut state = self.state();
        let held = state.held_for(holds, now);
        if !held.is_zero() {
            return held;
        }
        state.forget(now);
        for line in lines {
            let wait = state.lines.entry(line.name.clone()).or_default().wait(ticket, line, now);
            if !wait.is_zero() {
                return wait;
            }
        }
        for line in lines {
            state.lines.entry(line.name.clone()).or_default().turns.remove(ticket);
        }
        Duration::ZERO
    }

    /// Nothing that `hold` holds goes before this long has passed.
    pub fn hold(&self, hold: &str, span: Duration) {
        let until = self.clock.now().plus(span);
        let mut state = self.state();
        let held = state.held.entry(hold.to_owned()).or_insert(until);
        *held = until.max(*held);
    }

    /// Nobody of the line goes before this long has passed: there is no room in it until then. Who has a
    /// turn already keeps their place behind the others.
    pub fn close(&self, line: &str, span: Duration) {
        let now = self.clock.now();
        self.state().lines.entry(line.to_owned()).or_default().close(now, span);
    }

    /// What `hold` held may go.
    pub fn release(&self, hold: &str) {
        self.state().held.remove(hold);
    }

    /// The time it goes by.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn held_for(&self, holds: &[&str], now: Timestamp) -> Duration {
        let until = holds.iter().filter_map(|hold| self.held.get(*hold)).max();
        until.map_or(Duration::ZERO, |until| until.since(now))
    }

    /// A line whose next turn has passed is like a new one.
    fn forget(&mut self, now: Timestamp) {
        if self.lines.len() > LINES {
            self.lines.retain(|_, queue| queue.next > now);
        }
    }
}

impl Queue {
    fn wait(&mut self, ticket: &str, line: &Line, now: Timestamp) -> Duration {
        let slack = line.every * line.burst.saturating_sub(1);
        self.lapse = slack + line.every;
        self.void(now);
        if let Some(turn) = self.turns.get(ticket) {
            return turn.since(now);
        }
        let turn = self.next.max(now.minus(slack));
        self.next = turn.plus(line.every);
        self.turns.insert(ticket.to_owned(), turn);
        turn.since(now)
    }

    /// A turn long past is void: those of a time of standstill would all go at once.
    fn void(&mut self, now: Timestamp) {
        self.turns.retain(|_, turn| turn.plus(self.lapse) > now);
    }

    fn close(&mut self, now: Timestamp, span: Duration) {
        self.void(now);
        let first = self.turns.values().copied().min().unwrap_or(self.next);
        let by = now.plus(span).since(first);
        self.turns.values_mut().for_each(|turn| *turn = turn.plus(by));
        self.next = self.next.plus(by);
    }
}

impl Default for Queue {
    fn default() -> Self {
        Queue { next: Timestamp(0), turns: HashMap::new(), lapse: Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const SECOND: Duration = Duration::from_secs(1);

    fn limiter() -> (Arc<ManualClock>, Limiter) {
        let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
        (clock.clone(), Limiter::new(clock))
    }

    fn line(name: &str, burst: u32) -> Line {
        Line { name: name.into(), every: SECOND, burst }
    }

    /// Asks for each ticket, in this order; the waits in milliseconds.
    fn waits(limiter: &Limiter, tickets: &[&str], lines: &[Line]) -> Vec<u128> {
        tickets.iter().map(|ticket| limiter.wait(ticket, &["post"], lines).as_millis()).collect()
    }

    #[test]
    fn after_a_burst_each_gets_a_turn_and_keeps_it() {
        let (clock, limiter) = limiter();
        let lines = [line("C1", 2)];
        assert_eq!(waits(&limiter, &["a", "b", "c", "d"], &lines), [0, 0, 1_000, 2_000]);
        clock.advance(SECOND / 2);
        assert_eq!(
            waits(&limiter, &["d", "c", "e"], &lines),
            [1_500, 500, 2_500],
            "asking again gains nothing"
        );
        clock.advance(SECOND / 2);
        assert_eq!(waits(&limiter, &["f", "c"], &lines), [3_000, 0], "a newcomer takes nobody's turn");
        assert_eq!(waits(&limiter, &["a"], &[line("C2", 2)]), [0], "another channel has its own line");
    }

    #[test]
    fn quiet_time_makes_room_for_a_burst_and_no_more() {
        let (clock, limiter) = limiter();
        let lines = [line("C1", 2)];
        assert_eq!(waits(&limiter, &["a", "b"], &lines), [0, 0]);
        clock.advance(SECOND * 3600);
        assert_eq!(waits(&limiter, &["c", "d", "e"], &lines), [0, 0, 1_000]);
    }

    #[test]
    fn turns_that_nobody_came_for_are_void() {
        let (clock, limiter) = limiter();
        let lines = [line("C1", 1)];
        assert_eq!(waits(&limiter, &["a", "b", "c", "d"], &lines), [0, 1_000, 2_000, 3_000]);
        clock.advance(SECOND * 60);
        assert_eq!(waits(&limiter, &["b", "c", "d"], &lines), [0, 1_000, 2_000], "not all at once");
    }

    #[test]
    fn the_longest_of_several_lines_counts() {
        let (clock, limiter) = limiter();
        let both = |channel: &str| [line(channel, 1), Line { every: SECOND * 5, ..line("method", 1) }];
        assert_eq!(limiter.wait("a", &["post"], &both("C1")), Duration::ZERO);
        assert_eq!(limiter.wait("b", &["post"], &both("C2")), SECOND * 5);
        clock.advance(SECOND * 5);
        assert_eq!(limiter.wait("b", &["post"], &both("C2")), Duration::ZERO);
    }

    #[test]
    fn a_line_without_room_opens_later_and_keeps_its_order() {
        let (clock, limiter) = limiter();
        let lines = [line("C1", 2)];
        assert_eq!(waits(&limiter, &["a", "b", "c"], &lines), [0, 0, 1_000]);
        limiter.close("C1", SECOND * 5);
        assert_eq!(waits(&limiter, &["c", "d"], &lines), [5_000, 6_000]);
        limiter.close("C1", SECOND * 2);
        assert_eq!(waits(&limiter, &["d", "c"], &lines), [6_000, 5_000], "it was closed for longer");
        clock.advance(SECOND * 60);
        limiter.close("C1", SECOND);
        assert_eq!(waits(&limiter, &["e", "f"], &lines), [1_000, 2_000], "and for no longer than is said");
        limiter.close("C2", SECOND * 3);
        assert_eq!(waits(&limiter, &["a", "b"], &[line("C2", 5)]), [3_000, 4_000], "no burst after it");
    }

    #[test]
    fn what_a_platform_said_holds_for_everybody() {
        let (clock, limiter) = limiter();
        limiter.hold("post", SECOND * 60);
        limiter.hold("post", SECOND * 5);
        assert_eq!(waits(&limiter, &["a", "b"], &[]), [60_000, 60_000]);
        assert_eq!(limiter.wait("a", &["all", "update"], &[]), Duration::ZERO);
        clock.advance(SECOND * 60);
        assert_eq!(waits(&limiter, &["a"], &[]), [0]);
        limiter.hold("all", SECOND);
        assert_eq!(limiter.wait("a", &["all", "update"], &[]), SECOND);
        limiter.release("all");
        assert_eq!(limiter.wait("a", &["all", "update"], &[]), Duration::ZERO);
    }

    #[test]
    fn what_is_long_quiet_is_forgotten() {
        let (clock, limiter) = limiter();
        for channel in 0..=LINES {
            limiter.wait("a", &["post"], &[line(&format!("C{channel}"), 1)]);
        }
        clock.advance(SECOND * 60);
        limiter.wait("a", &["post"], &[line("C1", 1)]);
        assert_eq!(limiter.state().lines.len(), 1);
    }
}
