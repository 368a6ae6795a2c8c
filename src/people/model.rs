//! A member as surveys and settings see them: pure.

pub mod linking;
pub mod organisation;
pub mod settings;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, Weekday};
use serde::{Deserialize, Deserializer};

use crate::chat::inbound::Identity;
use crate::clock::Timestamp;
use crate::zone::Zone;

const DAYS: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// When somebody works, in their zone: `mon-fri 09:00-17:00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// On these days, Monday first.
    days: [bool; 7],
    /// Minutes since midnight; `from < to <= 1440`.
    from: u32,
    to: u32,
}

impl Hours {
    /// Every minute of every day.
    pub const ALWAYS: Hours = Hours { days: [true; 7], from: 0, to: 1440 };

    /// Whether this local day is one of work.
    fn on(&self, day: NaiveDate) -> bool {
        self.days[day.weekday().num_days_from_monday() as usize]
    }
}

impl Default for Hours {
    /// `mon-fri 09:00-17:00`.
    fn default() -> Self {
        let days = [true, true, true, true, true, false, false];
        Hours { days, from: 9 * 60, to: 17 * 60 }
    }
}

impl FromStr for Hours {
    type Err = String;

    /// Reads `mon-fri 9-17`, `mon,wed 08:30-16:00`, `9-17` (Monday to Friday).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` are no working hours; write them as `mon-fri 9-17`");
        let lower = text.trim().to_lowercase();
        let (days, span) = lower.rsplit_once(' ').unwrap_or(("mon-fri", lower.as_str()));
        let (from, to) = span.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (minute(from).ok_or_else(wrong)?, minute(to).ok_or_else(wrong)?);
        let days = week(days).ok_or_else(wrong)?;
        if from < to { Ok(Hours { days, from, to }) } else { Err(wrong()) }
    }
}

fn week(text: &str) -> Option<[bool; 7]> {
    let place = |name: &str| Some(name.parse::<Weekday>().ok()?.num_days_from_monday() as usize);
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last) = (place(first.trim())?, place(last.trim())?);
        days[day] = true;
        while day != last {
            day = (day + 1) % 7;
            days[day] = true;
        }
    }
    Some(days)
}

/// `9`, `09:30`, `24`.
fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    Some(hour * 60 + minute).filter(|all| minute < 60 && *all <= 1440)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = DAYS.iter().zip(self.days).filter(|(_, on)| *on).map(|(day, _)| day.to_string());
        let names: Vec<String> = names.map(|name| name.to_lowercase()).collect();
        let days = match names.join(",").as_str() {
            "mon,tue,wed,thu,fri" => "mon-fri".to_owned(),
            "mon,tue,wed,thu,fri,sat,sun" => "mon-sun".to_owned(),
            list => list.to_owned(),
        };
        let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
        write!(f, "{days} {}-{}", clock(self.from), clock(self.to))
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What somebody said about being asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wish {
    /// Like everybody.
    #[default]
    In,
    /// Half as often.
    Fewer,
    /// Not at all.
    Out,
}

impl Wish {
    /// The word in the database and in settings.
    pub fn word(self) -> &'static str {
        match self {
            Wish::In => "in",
            Wish::Fewer => "fewer",
            Wish::Out => "out",
        }
    }
}

impl FromStr for Wish {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let all = [Wish::In, Wish::Fewer, Wish::Out];
        let known = all.into_iter().find(|wish| wish.word() == word);
        known.ok_or_else(|| format!("`{word}` is none of in, fewer and out"))
    }
}

/// A full member of a connected workspace, with what decides on when to write to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// `per_…`
    pub person: String,
    /// Where to write to them.
    pub identity: Identity,
    pub zone: Zone,
    pub hours: Hours,
    /// Days off at their site.
    pub holidays: Arc<BTreeSet<NaiveDate>>,
    pub team: Option<String>,
    pub surveys: Wish,
}

impl Member {
    /// The span of work that goes on at `at` or comes next, from its first instant (or
    /// `at`) to its end; `None` when there is none within a year.
    pub fn working(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let today = self.zone.local(at).date_naive();
        let days = today.iter_days().take(366);
        let spans = days.filter(|day| self.hours.on(*day) && !self.holidays.contains(day)).map(|day| {
            let clock = |minute: u32| {
                let midnight = day.and_time(NaiveTime::MIN);
                self.zone.instant(midnight + TimeDelta::minutes(minute.into()))
            };
            (clock(self.hours.from), clock(self.hours.to))
        });
        spans.map(|(from, to)| (from.max(at), to)).find(|(from, to)| from < to)
    }

    /// Whether they work at `at`.
    pub fn works(&self, at: Timestamp) -> bool {
        self.working(at).is_some_and(|(from, _)| from == at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(hours: &str, zone: &str, holidays: &[&str]) -> Member {
        Member {
            person: "per_1".into(),
            identity: Identity::new("slack", "T1", "U1"),
            zone: zone.parse().unwrap(),
            hours: hours.parse().unwrap(),
            holidays: Arc::new(holidays.iter().map(|day| day.parse().unwrap()).collect()),
            team: None,
            surveys: Wish::In,
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    #[test]
    fn hours_read_and_write() {
        for (typed, said) in [
            ("9-17", "mon-fri 09:00-17:00"),
            ("Mon,Wed 8:30-16", "mon,wed 08:30-16:00"),
            ("sat-mon 0-24", "mon,sat,sun 00:00-24:00"),
            ("mon-sun 0-24", "mon-sun 00:00-24:00"),
        ] {
            assert_eq!(typed.parse::<Hours>().unwrap().to_string(), said);
        }
        for wrong in ["", "9", "17-9", "9-25", "foo 9-17", "9:70-10", "mon-fri"] {
            assert!(wrong.parse::<Hours>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_next_span_of_work_is_in_their_zone_and_past_days_off() {
        let ada = member("mon-fri 9-17", "Europe/Berlin", &["2026-11-30"]);
        let next = |text: &str| ada.working(at(text)).map(|(from, _)| ada.zone.local(from).to_rfc3339());
        assert_eq!(next("2026-11-27T12:00:00Z").unwrap(), "2026-11-27T13:00:00+01:00");
        assert_eq!(next("2026-11-27T16:00:00Z").unwrap(), "2026-12-01T09:00:00+01:00");
        assert!(ada.works(at("2026-11-27T08:00:00Z")) && !ada.works(at("2026-11-27T07:59:59Z")));
        assert_eq!(member("sat 9-10", "UTC", &[]).working(at("2026-11-28T10:00:00Z")).unwrap().0, {
            at("2026-12-05T09:00:00Z")
        });
    }
}
