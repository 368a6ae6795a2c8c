//! Time, injected: the wall clock is read here and nowhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z, as the database stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This instant plus `span`.
    pub fn plus(self, span: Duration) -> Self {
        Timestamp(self.0.saturating_add(millis(span)))
    }

    /// This instant minus `span`.
    pub fn minus(self, span: Duration) -> Self {
        Timestamp(self.0.saturating_sub(millis(span)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// The same instant as a UTC date and time.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// The calendar month in UTC, `2026-11`: the wave of an event survey.
    pub fn month(self) -> String {
        self.utc().format("%Y-%m").to_string()
    }

    /// The ISO week in UTC, `2026-W47`: the finest time an answer keeps.
    pub fn iso_week(self) -> String {
        let week = self.utc().iso_week();
        format!("{}-W{:02}", week.year(), week.week())
    }

    /// Midnight UTC of the Monday of this ISO week.
    pub fn week_start(self) -> Self {
        let day = 86_400_000;
        // 1970-01-01 was a Thursday, so the Monday before it is day -3.
        let days = self.0.div_euclid(day);
        Timestamp((days - (days + 3).rem_euclid(7)) * day)
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The instant it is now.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp(since.map(millis).unwrap_or(0))
    }
}

/// A clock that was moved ahead of another one. It only moves forward.
pub struct Ahead {
    base: Arc<dyn Clock>,
    millis: AtomicI64,
}

impl Ahead {
    /// As the other one, for now.
    pub fn of(base: Arc<dyn Clock>) -> Self {
        Ahead { base, millis: AtomicI64::new(0) }
    }

    /// How far it is ahead.
    pub fn by(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.millis.load(Ordering::SeqCst)).unwrap_or(0))
    }

    /// Is so far ahead from now on, unless it is further already.
    pub fn move_to(&self, ahead: Duration) {
        self.millis.fetch_max(millis(ahead), Ordering::SeqCst);
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        self.base.now().plus(self.by())
    }
}

/// A clock that moves only when told to, for tests.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock standing at `start`.
    pub fn at(start: Timestamp) -> Self {
        ManualClock(AtomicI64::new(start.0))
    }

    /// Moves forward by `span`.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(millis(span), Ordering::SeqCst);
    }

    /// Stands at `at`, which may be earlier.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_was_moved_ahead_does_not_come_back() {
        let base = Arc::new(ManualClock::at(Timestamp(1_000)));
        let clock = Ahead::of(base.clone());
        clock.move_to(Duration::from_secs(60));
        clock.move_to(Duration::from_secs(1));
        base.advance(Duration::from_secs(1));
        assert_eq!((clock.now(), clock.by()), (Timestamp(62_000), Duration::from_secs(60)));
    }

    #[test]
    fn a_week_starts_on_monday_and_names_its_iso_year() {
        let sunday = Timestamp(1_795_305_600_000); // 2026-11-22T00:00:00Z
        assert_eq!(sunday.iso_week(), "2026-W47");
        assert_eq!(sunday.week_start().utc().to_rfc3339(), "2026-11-16T00:00:00+00:00");
        assert_eq!(sunday.month(), "2026-11");
        assert_eq!(Timestamp(0).week_start().utc().to_rfc3339(), "1969-12-29T00:00:00+00:00");
    }
}
