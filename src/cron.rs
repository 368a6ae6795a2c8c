//! Cron expressions as crontab(5) means them, evaluated in a time zone. Pure.
//!
//! The `cron` crate walks the calendar, behind a parser of our own, for it means other things by
//! the same characters: its Sunday is 1, it needs seconds, and it fires only where both fields of
//! days match. It is given explicit lists of values and *local* time posing as UTC, in which no
//! hour is missing or comes twice; what the zone's clock does is decided here:
//!
//! - A job at fixed times fires once a day at each: where the clock is set forward over one,
//!   at the first instant after the gap; where an hour comes twice, in the first.
//! - A job whose minute or hour begins with `*` goes with the clock: it is left out in a gap and
//!   fires in both hours of an overlap.
//! - Day of month and day of week: either is enough where both are restricted; `*` (and `*/1`)
//!   does not restrict, a longer step does.

mod fields;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use ::cron::Schedule;
use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::clock::Timestamp;
use crate::zone::Zone;
use fields::Fields;

/// No clock is set back by more (Casey in 2010, by three hours).
const LONGEST_OVERLAP: TimeDelta = TimeDelta::hours(3);

/// A cron expression that fires.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cron {
    text: String,
    /// It fires when any of them does; in local time posing as UTC.
    any_of: Vec<Schedule>,
    /// Neither its minute nor its hour begins with `*`.
    fixed: bool,
}

impl Cron {
    /// The first instant after `after` at which it fires by the clocks of `zone`; none after
    /// the year 2100, with which the calendar ends here.
    pub fn next(&self, after: Timestamp, zone: Zone) -> Option<Timestamp> {
        let local = zone.local(after);
        let offset = |at: &DateTime<Tz>| at.offset().fix().local_minus_utc();
        // Where the clock is about to be set back, local times that have passed come once more.
        let set_back = offset(&local) - offset(&(local + LONGEST_OVERLAP));
        let start = local.naive_local() - TimeDelta::seconds(set_back.max(0).into());
        let first = self.naive_next(start.and_utc());
        let mut repeated: Option<Timestamp> = None;
        for naive in std::iter::successors(first, |before| self.naive_next(*before)) {
            let (at, again) = self.instants(naive.naive_utc(), zone);
            repeated = repeated.into_iter().chain(again.filter(|again| *again > after)).min();
            if let Some(at) = at.filter(|at| *at > after) {
                return Some(repeated.map_or(at, |again| again.min(at)));
            }
        }
        repeated
    }

    /// Every firing after `after`, in their order.
    pub fn upcoming(&self, after: Timestamp, zone: Zone) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next(after, zone), move |before| self.next(*before, zone))
    }

    /// The last firing after `after` and not after `until`.
    pub fn latest(&self, after: Timestamp, until: Timestamp, zone: Zone) -> Option<Timestamp> {
        // A long outage of something that fires each minute is not walked through from its begin.
        let mut span = Duration::from_secs(3_600);
        loop {
            let start = until.minus(span).max(after);
            let found = self.upcoming(start, zone).take_while(|at| *at <= until).last();
            if found.is_some() || start == after {
                return found;
            }
            span *= 8;
        }
    }

    fn naive_next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.any_of.iter().filter_map(|schedule| schedule.after(&after).next()).min()
    }

    /// When a local time is, and when it is once more.
    fn instants(&self, local: NaiveDateTime, zone: Zone) -> (Option<Timestamp>, Option<Timestamp>) {
        let readings = zone.0.from_local_datetime(&local);
        let instant = |at: DateTime<_>| Timestamp(at.timestamp_millis());
        match (readings.earliest(), readings.latest()) {
            (Some(first), Some(last)) if first != last && !self.fixed => {
                (Some(instant(first)), Some(instant(last)))
            }
            (Some(first), _) => (Some(instant(first)), None),
            (None, _) => (self.fixed.then(|| zone.instant(local)), None),
        }
    }
}

impl FromStr for Cron {
    type Err = String;

    /// # Errors
    /// A sentence that names the field and says what to write.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields = Fields::parse(text)?;
        let schedule = |expression: String| {
            Schedule::from_str(&expression).map_err(|error| format!("`{text}` cannot be planned: {error}"))
        };
        let any_of = fields.expressions().into_iter().map(schedule).collect::<Result<_, _>>()?;
        let cron = Cron { text: text.trim().to_owned(), any_of, fixed: fields.fixed() };
        match cron.naive_next(DateTime::UNIX_EPOCH) {
            Some(_) => Ok(cron),
            None => Err(format!(
                "`{}` never fires: none of its months has such a day; mend the day of month or the month",
                cron.text
            )),
        }
    }
}

impl TryFrom<String> for Cron {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
