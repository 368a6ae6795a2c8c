//! When a survey goes out and to whom, as the `[when]` of its file says it: pure.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::cron::Cron;
use crate::duration;
use crate::facts::FactKind;

/// What makes a survey go out: a fact, a schedule, or, without either, a person who starts it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// The fact that it goes out on: to its person, or to whoever was asked before.
    pub fact: Option<String>,
    /// How long after the fact.
    #[serde(deserialize_with = "duration::read")]
    pub delay: Duration,
    /// Not when this happened to the same person meanwhile.
    pub unless: Option<String>,
    /// The local time at which everybody is asked, in five fields: `0 10 1 * *`.
    pub cron: Option<Cron>,
    /// The share of the people that a wave asks, drawn anew for each wave.
    pub sample: f64,
    /// How long a wave takes answers; one of a fact's takes them for its calendar month and a week.
    #[serde(deserialize_with = "duration::read")]
    pub open: Duration,
    /// After this long whoever said nothing is reminded, once.
    #[serde(deserialize_with = "maybe_span")]
    pub remind: Option<Duration>,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Default for When {
    fn default() -> Self {
        When {
            fact: None,
            delay: Duration::ZERO,
            unless: None,
            cron: None,
            sample: 1.0,
            open: 14 * DAY,
            remind: None,
        }
    }
}

fn maybe_span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration::read(deserializer).map(Some)
}

/// The facts that a survey can go out on.
const FACTS: [FactKind; 3] = [FactKind::EnvReady, FactKind::EnvFailed, FactKind::RoadmapShipped];
/// The facts that can make a question needless.
const UNLESS: [FactKind; 2] = [FactKind::EnvReady, FactKind::EnvFailed];

/// Key, what, fix.
type Finding = (&'static str, String, &'static str);

impl When {
    /// Whether it goes out on facts of this kind.
    pub fn follows(&self, kind: FactKind) -> bool {
        self.fact.as_deref() == Some(kind.word())
    }

    /// Whether its waves are calendar months: each person's own fact brings them in.
    pub fn asks_its_month(&self) -> bool {
        self.fact.is_some() && !self.follows(FactKind::RoadmapShipped)
    }

    /// The fact that makes it needless.
    pub fn unless(&self) -> Option<FactKind> {
        UNLESS.into_iter().find(|kind| self.unless.as_deref() == Some(kind.word()))
    }

    /// What is wrong with it: (key, what, fix).
    pub(super) fn problems(&self) -> Vec<Finding> {
        let mut problems = self.of_facts();
        if let (Some(_), Some(_)) = (&self.fact, &self.cron) {
            let what = "a survey goes out on a fact or by a schedule, not both".to_owned();
            problems.push(("cron", what, "leave one of them out, or make two surveys"));
        }
        if !(self.sample > 0.0 && self.sample <= 1.0) {
            let what = format!("sample = {} is no share of the people", self.sample);
            problems.push(("sample", what, "more than 0, at most 1"));
        }
        if !(DAY..=90 * DAY).contains(&self.open) {
            let what = format!("a wave cannot be open for {}", duration::words(self.open));
            problems.push(("open", what, "between 1d and 90d"));
        }
        if let Some(remind) = self.remind.filter(|remind| !(DAY..self.open).contains(remind)) {
            let what = format!("a reminder after {} does not fit into the wave", duration::words(remind));
            problems.push(("remind", what, "at least 1d, and less than `open`"));
        }
        problems
    }

    fn of_facts(&self) -> Vec<Finding> {
        let known = |kinds: &[FactKind], word: &str| kinds.iter().any(|kind| kind.word() == word);
        let mut problems = Vec::new();
        if let Some(fact) = self.fact.as_deref().filter(|fact| !known(&FACTS, fact)) {
            let what = format!("no fact `{fact}` can send a survey");
            problems.push(("fact", what, "env.ready, env.failed or roadmap.shipped"));
        }
        if let Some(unless) = self.unless.as_deref().filter(|unless| !known(&UNLESS, unless)) {
            let what = format!("no fact `{unless}` can make a question needless");
            problems.push(("unless", what, "env.ready or env.failed"));
        }
        if self.fact.is_none() && (self.unless.is_some() || !self.delay.is_zero()) {
            let key = if self.unless.is_some() { "unless" } else { "delay" };
            problems.push((key, format!("`{key}` needs a `fact` that it counts from"), "name the fact"));
        }
        if self.delay > 30 * DAY {
            problems.push(("delay", "nobody remembers a thing that long".to_owned(), "30d at most"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let when: When = toml::from_str(text).unwrap();
        when.problems().into_iter().map(|(key, what, _)| format!("{key}: {what}")).collect()
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        assert_eq!(problems("fact = \"env.failed\"\ndelay = \"30m\"\nunless = \"env.ready\""), [""; 0]);
        assert_eq!(problems(""), [""; 0], "started by hand");
        let cases = [
            ("fact = \"env.rady\"", "fact: no fact `env.rady` can send a survey"),
            ("unless = \"env.ready\"", "unless: `unless` needs a `fact` that it counts from"),
            ("delay = \"1h\"", "delay: `delay` needs a `fact` that it counts from"),
            ("sample = 0.0", "sample: sample = 0 is no share of the people"),
            ("sample = 1.5", "sample: sample = 1.5 is no share of the people"),
            ("sample = nan", "sample: sample = NaN is no share of the people"),
            ("open = \"2h\"", "open: a wave cannot be open for 2 h"),
            ("remind = \"20d\"", "remind: a reminder after 20 days does not fit into the wave"),
        ];
        for (text, said) in cases {
            assert_eq!(problems(text), [said]);
        }
        assert!(toml::from_str::<When>("delay = \"soon\"").unwrap_err().message().contains("`soon`"));
        assert!(toml::from_str::<When>("cron = \"0 25 * * *\"").is_err());
        assert!(toml::from_str::<When>("dealy = \"1d\"").is_err());
    }
}
