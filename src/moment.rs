//! Days and moments as people write them, `tomorrow` and `fri 18:00`, without a zone until one is given. Pure.

use std::fmt;
use std::time::Duration;

use chrono::{Datelike as _, Days, NaiveDate, NaiveTime, Weekday};

use crate::clock::Timestamp;
use crate::duration;
use crate::zone::Zone;

/// A day as somebody says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    On(NaiveDate),
    Today,
    Tomorrow,
    /// The next one of this name, which may be today.
    Next(Weekday),
}

impl Day {
    /// Reads `2026-12-24`, `fri`, `Friday`, `today`, `tomorrow`.
    pub fn parse(text: &str) -> Option<Day> {
        match text.to_lowercase().as_str() {
            "today" => Some(Day::Today),
            "tomorrow" => Some(Day::Tomorrow),
            word => match word.parse::<Weekday>() {
                Ok(weekday) => Some(Day::Next(weekday)),
                Err(_) => NaiveDate::parse_from_str(word, "%Y-%m-%d").ok().map(Day::On),
            },
        }
    }

    /// The date that it is, said on the day `today`.
    pub fn date(self, today: NaiveDate) -> NaiveDate {
        let days = match self {
            Day::On(date) => return date,
            Day::Today => 0,
            Day::Tomorrow => 1,
            Day::Next(weekday) => {
                (7 + weekday.num_days_from_monday() - today.weekday().num_days_from_monday()) % 7
            }
        };
        today.checked_add_days(Days::new(days.into())).unwrap_or(today)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Day::On(date) => write!(f, "{date}"),
            Day::Today => f.write_str("today"),
            Day::Tomorrow => f.write_str("tomorrow"),
            Day::Next(weekday) => f.write_str(&weekday.to_string().to_lowercase()),
        }
    }
}

/// A moment as somebody says it: a day, a time of day, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    day: Option<Day>,
    time: Option<NaiveTime>,
}

impl Moment {
    /// Reads `fri 18:00`, `2026-12-01`, `tomorrow 9:00`, `18:00`, `6pm`; `at` and `on` mean nothing.
    pub fn parse(text: &str) -> Option<Moment> {
        let mut moment = Moment { day: None, time: None };
        for word in text.split_whitespace().filter(|word| !matches!(*word, "at" | "on")) {
            match (Day::parse(word), time_of_day(word)) {
                (Some(day), _) if moment.day.is_none() => moment.day = Some(day),
                (_, Some(time)) if moment.time.is_none() => moment.time = Some(time),
                _ => return None,
            }
        }
        (moment.day.is_some() || moment.time.is_some()).then_some(moment)
    }

    /// The instant that is meant, said at `now` by somebody in `zone`. A day alone means its last
    /// minute; a time alone, or with the name of a day, the next such time.
    pub fn instant(self, now: Timestamp, zone: Zone) -> Timestamp {
        let last = NaiveTime::from_hms_opt(23, 59, 0).unwrap_or_default();
        let time = self.time.unwrap_or(last);
        let today = zone.local(now).date_naive();
        let day = self.day.map_or(today, |day| day.date(today));
        let at = zone.instant(day.and_time(time));
        let again = match self.day {
            None => 1,
            Some(Day::Next(_)) => 7,
            Some(_) => 0,
        };
        match day.checked_add_days(Days::new(again)) {
            Some(later) if at <= now => zone.instant(later.and_time(time)),
            _ => at,
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.time.map(|time| time.format("%H:%M").to_string());
        let words: Vec<String> = self.day.map(|day| day.to_string()).into_iter().chain(time).collect();
        f.write_str(&words.join(" "))
    }
}

/// `9:00`, `18:30`, `9am`, `6:30pm`.
fn time_of_day(word: &str) -> Option<NaiveTime> {
    let word = word.to_lowercase();
    let half = ["am", "pm"].into_iter().find_map(|half| Some((word.strip_suffix(half)?, half)));
    let (clock, half) = half.map_or((word.as_str(), None), |(clock, half)| (clock, Some(half)));
    let (hour, minute) = match (clock.split_once(':'), half) {
        (Some((hour, minute)), _) if minute.len() == 2 => (hour, minute),
        (None, Some(_)) => (clock, "0"),
        _ => return None,
    };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok());
    let (hour, minute) = (number(hour)??, number(minute)??);
    let hour = match (half, hour) {
        (None, hour) => hour,
        (Some(half), 1..=12) => hour % 12 + if half == "pm" { 12 } else { 0 },
        _ => return None,
    };
    NaiveTime::from_hms_opt(hour, minute, 0)
}

/// How long something is to last, as somebody says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// `3d`.
    For(Duration),
    /// `until fri 18:00`.
    Until(Moment),
}

impl Lasting {
    /// Reads a length of time, or a moment with or without `until` before it.
    pub fn parse(text: &str) -> Option<Lasting> {
        let text = text.trim().to_lowercase();
        if let Some(span) = duration::parse(&text) {
            return Some(Lasting::For(span));
        }
        let moment = text.strip_prefix("until ").unwrap_or(&text);
        Moment::parse(moment).map(Lasting::Until)
    }
}

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lasting::For(span) => f.write_str(&duration::short(*span)),
            Lasting::Until(moment) => write!(f, "until {moment}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Said in Berlin on Wednesday 2026-11-25 at 15:00.
    fn said(text: &str) -> String {
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let now = zone.instant("2026-11-25T15:00:00".parse().unwrap());
        let moment = Moment::parse(text).unwrap_or_else(|| panic!("{text}"));
        zone.local(moment.instant(now, zone)).format("%a %m-%d %H:%M").to_string()
    }

    #[test]
    fn a_moment_is_the_next_one_that_fits() {
        assert_eq!([said("fri 18:00"), said("Friday at 6pm")], ["Fri 11-27 18:00"; 2]);
        assert_eq!([said("wed 14:59"), said("wed 15:01")], ["Wed 12-02 14:59", "Wed 11-25 15:01"]);
        assert_eq!([said("14:00"), said("18:00")], ["Thu 11-26 14:00", "Wed 11-25 18:00"]);
        assert_eq!([said("tomorrow 9:00"), said("9:30am tomorrow")], ["Thu 11-26 09:00", "Thu 11-26 09:30"]);
        assert_eq!([said("2026-12-01"), said("today")], ["Tue 12-01 23:59", "Wed 11-25 23:59"]);
        assert_eq!([said("today 14:00"), said("12am fri")], ["Wed 11-25 14:00", "Fri 11-27 00:00"]);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        let wrong = [
            "",
            "at",
            "soon",
            "fri sat",
            "25:00",
            "18",
            "18:0",
            "13pm",
            "0am",
            "2026-13-01",
            "fri 18:00 19:00",
        ];
        for text in wrong {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_read_is_written_so_that_it_reads_back() {
        for (text, written) in
            [("3D", "3d"), ("until Fri 6pm", "until fri 18:00"), ("tomorrow", "until tomorrow")]
        {
            let lasting = Lasting::parse(text).unwrap();
            assert_eq!(lasting.to_string(), written);
            assert_eq!(Lasting::parse(written), Some(lasting));
        }
        assert_eq!(Lasting::parse("until 1d"), None);
    }
}
