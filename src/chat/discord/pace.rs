//! When a call may go to Discord: its limits as its own headers tell them, the one for everything, and
//! the one for refusals, above which it bans.
//!
//! Sources, checked on 2026-11-26: "Rate Limits" of discord/discord-api-docs. It asks not to write
//! down the limits of routes, so nothing is known of a route before its first answer; then each
//! of its channels has a line of its own.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;

use super::errors::TooMany;
use super::limits::{CALL_BURST, CALL_EVERY, EDIT_EVERY, REFUSALS, REFUSALS_IN};
use crate::chat::limiter::{Limiter, Line};
use crate::chat::outages::LIMITED_SECONDS;
use crate::clock::{Clock, Timestamp};

/// Holds all that goes by the bot's token.
pub const TOKEN: &str = "the bot token";
/// Holds every call.
const EVERYTHING: &str = "everything";
/// A limit that is said to last longer is not believed.
const LONGEST: Duration = Duration::from_secs(86_400);

/// What has one limit together: a method with its path, and whose it is (channel, guild, interaction).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `POST channels/messages`.
    pub name: &'static str,
    pub major: String,
    answers: bool,
}

impl Route {
    /// Of this name, of this owner.
    pub fn new(name: &'static str, major: &str) -> Self {
        Route { name, major: major.to_owned(), answers: false }
    }

    /// One that answers the interaction of this token.
    pub fn answering(name: &'static str, token: &str) -> Self {
        Route { answers: true, ..Route::new(name, token) }
    }

    /// What a "too many" of this route holds.
    fn hold(&self) -> String {
        format!("{} {}", self.name, self.major)
    }

    /// Answers to interactions are outside the limit for everything, and need no token.
    pub fn is_answer(&self) -> bool {
        self.answers
    }
}

/// A route's limit as its last answer told it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub bucket: String,
    pub limit: u32,
    pub remaining: u32,
    pub reset_after: Duration,
}

impl Told {
    /// Of an answer's headers; `None` where it has none that can be read.
    pub fn of(headers: &HeaderMap) -> Option<Told> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        Some(Told {
            bucket: text("x-ratelimit-bucket").filter(|bucket| bucket.len() <= 64)?.to_owned(),
            limit: text("x-ratelimit-limit")?.parse().ok().filter(|limit| *limit > 0)?,
            remaining: text("x-ratelimit-remaining")?.parse().ok()?,
            reset_after: seconds(text("x-ratelimit-reset-after")?)?,
        })
    }
}

/// A time in seconds, perhaps with decimals; nothing that is none or is absurd.
pub fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok().filter(|span| *span <= LONGEST)
}

/// The limit of a route.
struct Limit {
    bucket: String,
    limit: u32,
    /// For how long it counts.
    window: Duration,
}

/// The pace of one connection.
pub struct Pace {
    limiter: Limiter,
    /// Off only at a server that has no limits.
    pacing: bool,
    /// Name of a route → its limit.
    limits: Mutex<HashMap<&'static str, Limit>>,
    refusals: Mutex<VecDeque<Timestamp>>,
}

impl Pace {
    /// By this clock, which has to be that of the jobs.
    pub fn new(clock: Arc<dyn Clock>, pacing: bool) -> Self {
        let (limits, refusals) = (Mutex::default(), Mutex::default());
        Pace { limiter: Limiter::new(clock), pacing, limits, refusals }
    }

    /// How long `ticket` waits before it may call the route; with zero it goes now, and counts. An edit
    /// of something waits for people to have read it as well.
    pub fn wait(&self, ticket: &str, route: &Route, edits: bool) -> Duration {
        let (name, hold) = (format!("{} {ticket}", route.name), route.hold());
        let token = if route.is_answer() { EVERYTHING } else { TOKEN };
        let mut lines = Vec::new();
        if self.pacing {
            lines.extend(edits.then(|| Line { name: name.clone(), every: EDIT_EVERY, burst: 1 }));
            lines.extend(self.line(route));
            lines.extend((!route.is_answer()).then(|| Line {
                name: EVERYTHING.into(),
                every: CALL_EVERY,
                burst: CALL_BURST,
            }));
        }
        self.limiter.wait(&name, &[EVERYTHING, token, &hold], &lines)
    }

    /// The line in front of the route, once its limit is known.
    fn line(&self, route: &Route) -> Option<Line> {
        let limits = self.limits();
        let limit = limits.get(route.name)?;
        let (name, every) = (format!("{} {}", limit.bucket, route.major), limit.window / limit.limit);
        Some(Line { name, every, burst: limit.limit })
    }

    /// What an answer told of its route's limit.
    pub fn told(&self, route: &Route, told: &Told) {
        let window = match self.limits().get(route.name) {
            // The first of a new window tells how long it is; the others no more than what is left of it.
            Some(known) if known.bucket == told.bucket && told.remaining + 1 < told.limit => {
                known.window.max(told.reset_after)
            }
            _ => told.reset_after,
        };
        let limit = Limit { bucket: told.bucket.clone(), limit: told.limit, window };
        self.limits().insert(route.name, limit);
        if told.remaining == 0 && self.pacing {
            self.limiter.close(&format!("{} {}", told.bucket, route.major), told.reset_after);
        }
    }

    /// Holds what a 429 is about; in how many seconds to come back.
    pub fn too_many(&self, route: &Route, said: &TooMany) -> u64 {
        let after = said.after.unwrap_or(Duration::from_secs(LIMITED_SECONDS));
        let seconds = u64::try_from(after.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1);
        let hold = if said.global { EVERYTHING.to_owned() } else { route.hold() };
        self.limiter.hold(&hold, Duration::from_secs(seconds));
        seconds
    }

    /// Counts a refusal; when there are too many, nothing goes any more for a while.
    pub fn refused(&self) {
        let now = self.limiter.now();
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.push_back(now);
        while refusals.front().is_some_and(|first| now.since(*first) >= REFUSALS_IN) {
            refusals.pop_front();
        }
        if refusals.len() < REFUSALS {
            return;
        }
        tracing::error!(
            refusals = refusals.len(),
            "Discord refused so much lately that nothing is sent for ten minutes: at 10,000 refusals in ten minutes \
             it bans this address. Look above for what it refuses"
        );
        refusals.clear();
        self.limiter.hold(EVERYTHING, REFUSALS_IN);
    }

    /// The pace itself, for what holds beyond a route.
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    fn limits(&self) -> MutexGuard<'_, HashMap<&'static str, Limit>> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace() -> (Arc<ManualClock>, Pace) {
        let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
        (clock.clone(), Pace::new(clock, true))
    }

    fn post(channel: &str) -> Route {
        Route::new("POST channels/messages", channel)
    }

    fn told(remaining: u32, reset_after: u64) -> Told {
        let reset_after = Duration::from_secs(reset_after);
        Told { bucket: "b".into(), limit: 5, remaining, reset_after }
    }

    #[test]
    fn a_route_is_free_until_its_limit_is_known_and_then_each_channel_has_a_line() {
        let (_, pace) = pace();
        assert_eq!(pace.wait("a", &post("1"), false), Duration::ZERO);
        pace.told(&post("1"), &told(4, 5));
        pace.told(&post("1"), &told(0, 5));
        let waits = ["b", "c", "d"].map(|ticket| pace.wait(ticket, &post("1"), false).as_secs());
        assert_eq!(waits, [5, 6, 7], "none before it resets, then no faster than it says");
        assert_eq!(pace.wait("e", &post("2"), false), Duration::ZERO);
    }

    #[test]
    fn what_is_left_of_a_window_does_not_shorten_it() {
        let (_, pace) = pace();
        pace.told(&post("1"), &told(4, 5));
        pace.told(&post("1"), &told(3, 1));
        assert_eq!(pace.line(&post("1")).map(|line| (line.every, line.burst)), Some((SECOND, 5)));
        pace.told(&post("1"), &told(4, 10));
        assert_eq!(pace.line(&post("1")).map(|line| line.every), Some(SECOND * 2));
    }

    #[test]
    fn everything_together_is_at_most_fifty_in_any_second() {
        let (clock, pace) = pace();
        let mut went = Vec::new();
        for milli in 0..3_000_u32 {
            let route = post(&milli.to_string());
            if pace.wait("m", &route, false).is_zero() {
                went.push(milli);
            }
            clock.advance(Duration::from_millis(1));
        }
        let in_a_second = |from: &u32| went.iter().filter(|at| (*from..from + 1_000).contains(*at)).count();
        assert!(went.iter().all(|from| in_a_second(from) <= 50), "{went:?}");
        assert!(went.len() >= 110, "{}", went.len());
    }

    #[test]
    fn too_many_holds_its_route_or_everything() {
        let (clock, pace) = pace();
        let said = TooMany { after: Some(Duration::from_millis(64_570)), global: false, shared: false };
        assert_eq!(pace.too_many(&post("1"), &said), 65);
        assert_eq!(pace.wait("a", &post("1"), false), SECOND * 65);
        assert_eq!(pace.wait("a", &post("2"), false), Duration::ZERO);
        clock.advance(SECOND * 65);
        pace.too_many(&post("1"), &TooMany { after: Some(SECOND), global: true, shared: false });
        let answer = Route::answering("PATCH webhooks", "t");
        assert_eq!([pace.wait("b", &post("2"), false), pace.wait("c", &answer, false)], [SECOND; 2]);
    }

    #[test]
    fn many_refusals_stop_everything_long_before_the_ban() {
        let (clock, pace) = pace();
        for _ in 0..REFUSALS - 1 {
            pace.refused();
        }
        clock.advance(REFUSALS_IN);
        pace.refused();
        assert_eq!(pace.wait("a", &post("1"), false), Duration::ZERO, "those of long ago do not count");
        for _ in 0..REFUSALS {
            pace.refused();
        }
        assert_eq!(pace.wait("b", &Route::answering("PATCH webhooks", "t"), false), REFUSALS_IN);
    }

    #[test]
    fn headers_that_make_no_sense_are_not_believed() {
        let headers = |limit: &str, after: &str| {
            let pairs = [("bucket", "b"), ("limit", limit), ("remaining", "1"), ("reset-after", after)];
            let header = |(name, value): (&str, &str)| {
                let name: reqwest::header::HeaderName = format!("x-ratelimit-{name}").parse().unwrap();
                (name, value.parse().unwrap())
            };
            Told::of(&pairs.into_iter().map(header).collect())
        };
        assert_eq!(headers("5", "1.5").map(|told| told.reset_after), Some(Duration::from_millis(1_500)));
        for (limit, after) in [("0", "1"), ("x", "1"), ("5", "-1"), ("5", "NaN"), ("5", "inf"), ("5", "1e9")]
        {
            assert_eq!(headers(limit, after), None, "{limit} {after}");
        }
        assert_eq!(Told::of(&HeaderMap::new()), None);
    }
}
