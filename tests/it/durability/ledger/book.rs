//! The book of what people were told, and its comparison with what is there.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use super::effects;
use crate::durability::surveys;
use crate::harness::bot_process::Bot;
use crate::harness::slack_sender::Answer;

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Create,
    Extend,
    Destroy,
    /// The answer in this place, from 1.
    Answer(usize),
    Form,
}

/// What they were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Yes,
    No,
    /// The answer was cut off: it may be done or not.
    Nothing,
}

#[derive(Debug, Clone)]
pub struct Deed {
    pub who: String,
    /// The environment's, or that of the address for answers.
    pub name: String,
    pub what: What,
}

/// All deeds in order.
#[derive(Default)]
pub struct Book {
    deeds: Vec<(Deed, Told)>,
    /// Answers that nobody should get.
    odd: Vec<String>,
}

impl Book {
    pub fn note(&mut self, deed: Deed, told: Told) {
        self.deeds.push((deed, told));
    }

    pub fn odd(&mut self, what: String) {
        self.odd.push(what);
    }

    /// A refusal has to be one of a rule.
    pub fn refused(&mut self, deed: &Deed, answer: &Answer) {
        let rules = ["there is nothing to extend", "There is no environment", "already", "may live"];
        if answer.status != 200 || !rules.iter().any(|rule| answer.body.contains(rule)) {
            self.odd.push(format!("{deed:?} was refused: {answer:?}"));
        }
    }

    /// How many changes were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.deeds.iter().filter(|(deed, told)| deed.what != What::Form && *told == Told::Yes).count()
    }

    /// How often it may be there: what was acknowledged, and what may have been done besides.
    pub fn possible(&self, what: &What, name: &str) -> RangeInclusive<usize> {
        let told = |wanted| {
            let there = self
                .deeds
                .iter()
                .filter(|(deed, told)| deed.what == *what && deed.name == name && *told == wanted);
            there.count()
        };
        told(Told::Yes)..=told(Told::Yes) + told(Told::Nothing)
    }

    /// Every name that was asked for.
    pub fn names(&self) -> Vec<&str> {
        let creates = self.deeds.iter().filter(|(deed, _)| deed.what == What::Create);
        creates.map(|(deed, _)| deed.name.as_str()).collect()
    }

    /// Compares all of it.
    pub async fn compared(self, bot: &Bot, kills: usize) -> Verdict {
        let mut verdict =
            Verdict { acknowledged: self.acknowledged(), kills, odd: self.odd.clone(), ..Verdict::default() };
        self.compare_records(bot, &mut verdict).await;
        self.compare_answers(bot, &mut verdict).await;
        effects::compare(&self, bot, &mut verdict).await;
        verdict
    }

    /// Each deed has its line in the audit, and what it did is there as often.
    async fn compare_records(&self, bot: &Bot, verdict: &mut Verdict) {
        let lines =
            bot.database.texts("SELECT command || ' ' || detail FROM audit WHERE actor <> 'system'").await;
        let rows = bot.database.texts("SELECT name FROM environment").await;
        let ends = "SELECT environment.name FROM run JOIN environment ON environment.id = run.env_id WHERE run.kind = 'destroy'";
        let ends = bot.database.texts(ends).await;
        let extended = extensions(bot).await;
        for name in self.names() {
            let count = |command: &str| {
                let named = format!("name={name}");
                lines
                    .iter()
                    .filter(|line| line.starts_with(command) && line.split(' ').any(|word| word == named))
                    .count()
            };
            for (what, command) in
                [(What::Create, "env.create"), (What::Extend, "env.extend"), (What::Destroy, "env.destroy")]
            {
                verdict.expect(&format!("{what:?} {name}"), self.possible(&what, name), count(command));
            }
            let there = |all: &[String]| all.iter().filter(|one| *one == name).count();
            let (made, ended) = (count("env.create"), count("env.destroy"));
            verdict.expect(&format!("row of {name}"), made..=made, there(&rows));
            verdict.expect(&format!("end of {name}"), ended..=ended, there(&ends));
            if let Some(hours) = extended.get(name) {
                let times = count("env.extend");
                verdict.expect(&format!("hours of {name}"), times..=times, *hours);
            }
        }
    }

    /// The last answer that was acknowledged, or one that may have come after it.
    async fn compare_answers(&self, bot: &Bot, verdict: &mut Verdict) {
        let kept = surveys::answers(bot).await;
        let mut possible: BTreeMap<&str, Vec<Option<usize>>> = BTreeMap::new();
        for (deed, told) in &self.deeds {
            let What::Answer(place) = deed.what else { continue };
            let possible = possible.entry(&deed.who).or_insert_with(|| vec![None]);
            match told {
                Told::Yes => *possible = vec![Some(place)],
                Told::Nothing => possible.push(Some(place)),
                Told::No => {}
            }
        }
        for (who, possible) in possible {
            let found = kept.get(who).copied();
            if !possible.contains(&found) {
                verdict.lost.push(format!("answer of {who}: {found:?} of {possible:?}"));
            }
        }
    }
}

/// By how many hours each deadline was moved, of those that no failure brought forward.
async fn extensions(bot: &Bot) -> BTreeMap<String, usize> {
    let sql = "SELECT name || ' ' || CAST((deadline - created_at) / 3600000 - 72 AS TEXT) FROM environment
               WHERE ready_at IS NOT NULL";
    let rows = bot.database.texts(sql).await;
    let pair =
        |row: &String| row.split_once(' ').map(|(name, hours)| (name.to_owned(), hours.parse().unwrap_or(0)));
    rows.iter().filter_map(pair).collect()
}

/// What the comparison found.
#[derive(Debug, Default)]
pub struct Verdict {
    pub acknowledged: usize,
    pub kills: usize,
    pub lost: Vec<String>,
    pub doubled: Vec<String>,
    /// Messages that came again and said so.
    pub again: usize,
    /// Steps that must not be done twice and stopped instead.
    pub stopped: usize,
    pub odd: Vec<String>,
}

impl Verdict {
    pub fn expect(&mut self, what: &str, possible: RangeInclusive<usize>, found: usize) {
        if found < *possible.start() {
            self.lost.push(format!("{what}: {found}, but {possible:?} acknowledged"));
        } else if found > *possible.end() {
            self.doubled.push(format!("{what}: {found}, but {possible:?} acknowledged"));
        }
    }

    /// Nothing is lost, nothing is doubled, nothing was odd.
    pub fn holds(&self) {
        assert!(self.lost.is_empty() && self.doubled.is_empty() && self.odd.is_empty(), "{self:#?}");
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ledger: {} acknowledged, {} kills, {} lost, {} doubled; {} messages sent again and marked, \
             {} steps not repeated",
            self.acknowledged,
            self.kills,
            self.lost.len(),
            self.doubled.len(),
            self.again,
            self.stopped
        )
    }
}
