//! Lengths of time as people write and read them: `3d`, `1d12h`; "3 days", "40 s".

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads `90m`, `2h`, `3d`, `1d12h`, `1w`: at least one whole number with a unit, largest first.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut seconds = 0_u64;
    let mut units = UNITS.as_slice();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?.to_ascii_lowercase();
        let place = units.iter().position(|(letter, _)| *letter == unit)?;
        seconds = seconds.checked_add(count.checked_mul(units[place].1)?)?;
        units = &units[place + 1..];
        rest = &rest[digits + unit.len_utf8()..];
    }
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

/// Reads a setting that is a length of time, for serde's `deserialize_with`.
///
/// # Errors
/// A text that [`parse`] does not read.
pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || D::Error::custom(format!("`{text}` is no length of time; write it as `30m` or `7d`"));
    parse(&text).ok_or_else(wrong)
}

/// The one or two largest units in words, rounded to what is shown: "3 days", "1 day 12 h", "40 s", "0 s".
pub fn words(span: Duration) -> String {
    let shown = match span.as_secs() {
        0..300 => 1,
        300..86_400 => 60,
        86_400..259_200 => 3_600,
        _ => 86_400,
    };
    let seconds = (span.as_millis() + shown * 500) / (shown * 1_000) * shown;
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    let day = |n: u128| if n == 1 { "1 day".to_owned() } else { format!("{n} days") };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, m) if !seconds.is_multiple_of(60) => format!("{m} min {} s", seconds % 60),
        (0, 0, m) => format!("{m} min"),
        (0, h, 0) => format!("{h} h"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, 0, _) => day(d),
        (d, h, _) => format!("{} {h} h", day(d)),
    }
}

/// As [`parse`] reads it: "3d", "1d12h".
pub fn short(span: Duration) -> String {
    let mut seconds = span.as_secs();
    let mut out = String::new();
    for (letter, size) in UNITS.into_iter().skip(1) {
        if seconds >= size {
            out.push_str(&format!("{}{letter}", seconds / size));
            seconds %= size;
        }
    }
    if out.is_empty() { "0s".into() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_not_is_refused() {
        let seconds = |text| parse(text).map(|span| span.as_secs());
        assert_eq!(seconds("3d"), Some(259_200));
        assert_eq!(seconds("1d12h"), Some(129_600));
        assert_eq!(seconds("90M"), Some(5_400));
        for wrong in ["", "3", "d", "12h1d", "-1d", "1.5h", "0s", "1d 1h", "99999999999999999999d"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn words_are_short_and_short_reads_back() {
        let say = |seconds| words(Duration::from_secs(seconds));
        assert_eq!([say(40), say(90), say(600), say(5_400)], ["40 s", "1 min 30 s", "10 min", "1 h 30 min"]);
        assert_eq!([say(86_400), say(129_600), say(300_000)], ["1 day", "1 day 12 h", "3 days"]);
        assert_eq!([say(259_199), say(86_399), say(3_599)], ["3 days", "1 day", "1 h"]);
        assert_eq!(parse(&short(Duration::from_secs(131_405))), Some(Duration::from_secs(131_405)));
    }
}
