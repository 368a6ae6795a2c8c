//! The five fields of a cron expression: names, lists, ranges and steps into lists of values.

/// What a field may hold.
struct Kind {
    /// As crontab(5) calls it.
    name: &'static str,
    min: u32,
    max: u32,
    /// Names of its values, the smallest first.
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const KINDS: [Kind; 5] = [
    Kind { name: "minute", min: 0, max: 59, names: &[] },
    Kind { name: "hour", min: 0, max: 23, names: &[] },
    Kind { name: "day of month", min: 1, max: 31, names: &[] },
    Kind { name: "month", min: 1, max: 12, names: &MONTHS },
    // 0 and 7 are both Sunday.
    Kind { name: "day of week", min: 0, max: 7, names: &DAYS },
];
const MACROS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];
const SHAPE: &str = "minute, hour, day of month, month, day of week, as `30 9 * * 1-5`";

/// One field, read.
struct Field {
    values: Vec<u32>,
    /// Begins with `*`.
    star: bool,
    /// Leaves out nothing: `*`, `*/1`.
    open: bool,
}

/// The five fields of an expression.
pub(super) struct Fields([Field; 5]);

impl Fields {
    /// Reads five fields, or a macro as `@daily`.
    ///
    /// # Errors
    /// A sentence that names the field and says what to write.
    pub(super) fn parse(text: &str) -> Result<Fields, String> {
        let parts: Vec<&str> = expanded(text.trim())?.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = parts.as_slice() else {
            return Err(wrong_count(parts.len()));
        };
        let read = |place: usize, part: &str| KINDS[place].read(part);
        Ok(Fields([read(0, minute)?, read(1, hour)?, read(2, day)?, read(3, month)?, read(4, weekday)?]))
    }

    /// Fires at fixed times of the day, and not as often as the clock shows a minute or an hour.
    pub(super) fn fixed(&self) -> bool {
        !self.0[0].star && !self.0[1].star
    }

    /// What the `cron` crate reads: seconds first, Sunday as 1. Two where either field of days is enough.
    pub(super) fn expressions(&self) -> Vec<String> {
        let [minute, hour, day, month, weekday] = &self.0;
        let mut weekdays: Vec<u32> = weekday.values.iter().map(|day| day % 7 + 1).collect();
        weekdays.sort_unstable();
        weekdays.dedup();
        let list = |values: &[u32]| values.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let (days, weekdays) = (list(&day.values), list(&weekdays));
        let expression = |days: &str, weekdays: &str| {
            format!(
                "0 {} {} {days} {} {weekdays}",
                list(&minute.values),
                list(&hour.values),
                list(&month.values)
            )
        };
        match day.open || weekday.open {
            true => vec![expression(&days, &weekdays)],
            false => vec![expression(&days, "*"), expression("*", &weekdays)],
        }
    }
}

fn expanded(text: &str) -> Result<&str, String> {
    if !text.starts_with('@') {
        return Ok(text);
    }
    let found = MACROS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let why = match text.to_ascii_lowercase().as_str() {
            "@reboot" => "`@reboot` is no time".to_owned(),
            _ => format!("`{text}` is not known"),
        };
        let names = MACROS.map(|(name, _)| name).join(", ");
        format!("{why}; write one of {names}, or five fields: {SHAPE}")
    })
}

fn wrong_count(count: usize) -> String {
    match count {
        0 => format!("nothing stands there; write five fields: {SHAPE}"),
        6 | 7 => format!("it has {count} fields; leave out seconds and years, so that five remain: {SHAPE}"),
        _ => format!("it has {count} field{}, it needs five: {SHAPE}", if count == 1 { "" } else { "s" }),
    }
}

impl Kind {
    fn read(&self, text: &str) -> Result<Field, String> {
        let mut values = Vec::new();
        for item in text.split(',') {
            values.extend(self.item(item)?);
        }
        values.sort_unstable();
        values.dedup();
        let open = text.split(',').any(|item| matches!(item, "*" | "*/1"));
        Ok(Field { values, star: text.starts_with('*'), open })
    }

    /// `*`, `5`, `1-5`, each perhaps with a step; from `5/15` on to the end.
    fn item(&self, item: &str) -> Result<Vec<u32>, String> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.step(item, step)?)),
            None => (item, None),
        };
        let (from, to) = match (range, range.split_once('-'), step) {
            ("*", ..) => (self.min, self.max),
            (_, Some((from, to)), _) => (self.value(item, from)?, self.value(item, to)?),
            (one, None, Some(_)) => (self.value(item, one)?, self.max),
            (one, None, None) => (self.value(item, one)?, self.value(item, one)?),
        };
        if from > to {
            return Err(self.backwards(range, (from, to)));
        }
        let step = usize::try_from(step.unwrap_or(1)).unwrap_or(usize::MAX);
        Ok((from..=to).step_by(step).collect())
    }

    fn step(&self, item: &str, text: &str) -> Result<u32, String> {
        // Seven days, though Sunday has two numbers.
        let most = if self.max == 7 { 7 } else { self.max - self.min + 1 };
        match number(text) {
            Some(step) if (1..=most).contains(&step) => Ok(step),
            _ => Err(format!(
                "the {} field `{item}` needs a step from 1 to {most} after the `/`, as `*/2`",
                self.name
            )),
        }
    }

    fn value(&self, item: &str, text: &str) -> Result<u32, String> {
        if let Some(place) = self.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return Ok(u32::try_from(place).unwrap_or(0) + self.min);
        }
        match number(text) {
            Some(value) if (self.min..=self.max).contains(&value) => Ok(value),
            _ => Err(format!("the {} field `{item}` {}; write {}", self.name, why(text), self.takes())),
        }
    }

    /// `0 to 59`; `1 to 12, or JAN to DEC`.
    fn takes(&self) -> String {
        let numbers = format!("{} to {}", self.min, self.max);
        match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!("{numbers}, or {first} to {last}"),
            _ => numbers,
        }
    }

    /// `FRI-MON` → `5-7,0-1`.
    fn backwards(&self, range: &str, (from, to): (u32, u32)) -> String {
        let instead = match to == self.min {
            true if self.max == 7 => format!("{from}-7"),
            _ => format!("{from}-{},{}-{to}", self.max, self.min),
        };
        format!("the {} field `{range}` runs backwards; write `{instead}`", self.name)
    }
}

/// Plain digits; other alphabets have some that look alike.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn why(text: &str) -> String {
    // `5L`, `15W`, `FRI#2`: of other crons.
    let letters = text.trim_matches(|c: char| c.is_ascii_digit());
    let foreign = match letters.to_ascii_uppercase().as_str() {
        "L" | "LW" => Some('L'),
        "W" => Some('W'),
        other => other.chars().find(|c| matches!(c, '#' | '?')),
    };
    match (text, foreign) {
        ("", _) => "has nothing where a value belongs".into(),
        (_, Some('?')) => "holds `?`, which crontab(5) writes as `*`".into(),
        (_, Some(foreign)) => format!("holds `{foreign}`, which crontab(5) does not have"),
        _ if number(text).is_some() => "is out of range".into(),
        _ => format!("holds `{text}`, which is no value"),
    }
}
