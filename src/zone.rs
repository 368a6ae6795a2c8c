//! Time zones: from local time to instants and back. Pure.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// A zone of the IANA database, `Europe/Berlin`; UTC by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone(pub Tz);

impl Zone {
    /// An instant as it is read there.
    pub fn local(self, at: Timestamp) -> DateTime<Tz> {
        at.utc().with_timezone(&self.0)
    }

    /// The instant of a local time: the first of two where the clock was set back,
    /// and the first instant after the gap where it was set forward over it.
    pub fn instant(self, local: NaiveDateTime) -> Timestamp {
        // No gap is longer than a day (Samoa left out 2011-12-30).
        let minutes = (0..=24 * 60).map(|minutes| local + chrono::TimeDelta::minutes(minutes));
        let found = minutes.filter_map(|local| self.0.from_local_datetime(&local).earliest()).next();
        Timestamp(found.map_or_else(|| local.and_utc().timestamp_millis(), |at| at.timestamp_millis()))
    }

    /// "Fri 18:00" where its clocks show that within the next six days, with the date where not.
    pub fn clock(self, at: Timestamp, now: Timestamp) -> String {
        let (local, today) = (self.local(at), self.local(now).date_naive());
        match (local.date_naive() - today).num_days() {
            0..=6 => local.format("%a %H:%M").to_string(),
            _ => self.dated(at),
        }
    }

    /// "Fri 2026-11-27 18:00".
    pub fn dated(self, at: Timestamp) -> String {
        self.local(at).format("%a %Y-%m-%d %H:%M").to_string()
    }

    /// The first instant of a day there.
    pub fn midnight(self, day: NaiveDate) -> Timestamp {
        self.instant(day.and_time(NaiveTime::MIN))
    }
}

impl Zone {
    /// Every zone there is, by its name.
    pub fn all() -> impl Iterator<Item = Zone> {
        TZ_VARIANTS.iter().copied().map(Zone)
    }

    /// The zone that is called so, in upper or lower case.
    ///
    /// # Errors
    /// The one that was meant, where a city or a name is near enough.
    pub fn meant(typed: &str) -> Result<Zone, Option<Zone>> {
        let plain = |name: &str| name.trim().to_lowercase().replace(' ', "_");
        let typed = plain(typed);
        if let Some(zone) = Zone::all().find(|zone| plain(zone.0.name()) == typed) {
            return Ok(zone);
        }
        let far = |zone: &Zone| {
            let name = plain(zone.0.name());
            let city = name.rsplit('/').next().unwrap_or_default();
            strsim::damerau_levenshtein(&typed, city).min(strsim::damerau_levenshtein(&typed, &name))
        };
        let near = Zone::all().map(|zone| (far(&zone), zone)).min_by_key(|(far, _)| *far);
        Err(near.filter(|(far, _)| *far <= typed.chars().count() / 4).map(|(_, zone)| zone))
    }
}

impl FromStr for Zone {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let unknown = |_| format!("`{name}` is not a time zone; write one as `Europe/Berlin`");
        name.parse().map(Zone).map_err(unknown)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(zone: &str, local: &str) -> String {
        let zone: Zone = zone.parse().unwrap();
        zone.local(zone.instant(local.parse().unwrap())).to_rfc3339()
    }

    #[test]
    fn a_day_of_this_week_needs_no_date() {
        let zone: Zone = "America/New_York".parse().unwrap();
        let at = |text: &str| zone.instant(text.parse().unwrap());
        let now = at("2026-11-27T23:00:00");
        assert_eq!(zone.clock(at("2026-12-03T09:05:00"), now), "Thu 09:05");
        assert_eq!(zone.clock(at("2026-12-04T09:05:00"), now), "Fri 2026-12-04 09:05");
        assert_eq!(zone.clock(at("2026-11-26T09:05:00"), now), "Thu 2026-11-26 09:05");
    }

    #[test]
    fn a_city_or_a_slip_of_the_pen_is_understood() {
        let meant = |typed: &str| match Zone::meant(typed) {
            Ok(zone) => zone.to_string(),
            Err(near) => near.map_or("?".into(), |zone| format!("{zone}?")),
        };
        for (typed, expected) in [
            ("europe/berlin", "Europe/Berlin"),
            (" America/New York", "America/New_York"),
            ("utc", "UTC"),
            ("Berlin", "Europe/Berlin?"),
            ("Europe/Berln", "Europe/Berlin?"),
            ("new york", "America/New_York?"),
            ("Sao Paolo", "America/Sao_Paulo?"),
            ("Mars/Olympus", "?"),
            ("x", "?"),
            ("", "?"),
        ] {
            assert_eq!(meant(typed), expected, "{typed}");
        }
    }

    #[test]
    fn a_local_time_that_is_not_or_is_twice_has_one_instant() {
        assert_eq!(at("Europe/Berlin", "2026-03-29T02:30:00"), "2026-03-29T03:00:00+02:00");
        assert_eq!(at("Europe/Berlin", "2026-10-25T02:30:00"), "2026-10-25T02:30:00+02:00");
        assert_eq!(at("Australia/Lord_Howe", "2026-10-04T02:15:00"), "2026-10-04T02:30:00+11:00");
        assert_eq!(at("Pacific/Apia", "2011-12-30T12:00:00"), "2011-12-31T00:00:00+14:00");
        assert!("Mars/Olympus".parse::<Zone>().is_err());
    }
}
