//! A survey as its file says it, and what an answer is: pure.

pub mod plan;
pub mod question;
pub mod score;
pub mod wave;
pub mod when;

use serde::Deserialize;

use crate::diagnostic::{Problem, parse_toml};
use crate::keys::hmac;
use question::Question;
use when::When;

/// How answers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Under a pseudonym made with the wave's key: no person, no time finer than the week.
    Confidential,
}

impl Mode {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Mode::Confidential => "confidential",
        }
    }
}

/// A micro-survey, one TOML file of `surveys/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// `env.csat`
    pub key: String,
    pub title: String,
    /// What the invitation says of its use.
    pub why: String,
    /// The decision that the question feeds; a question without one is not asked.
    pub decision: String,
    pub mode: Mode,
    /// No score is shown below this many answers: 3 at least, 5 unless said.
    #[serde(default = "default_k")]
    pub k: i64,
    pub question: Question,
    pub when: When,
}

fn default_k() -> i64 {
    5
}

impl Survey {
    /// Reads a survey's file.
    ///
    /// # Errors
    /// Every problem, each with its line.
    pub fn parse(file: &str, text: &str) -> Result<Survey, Vec<Problem>> {
        let survey: Survey = parse_toml(file, text).map_err(|problem| vec![problem])?;
        let mut problems = Vec::new();
        let mut say = |key: &str, what: String, fix: &str| {
            problems.push(Problem::at_key(file, text, key, what, fix));
        };
        let key_ok = survey
            .key
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-'));
        if survey.key.is_empty() || survey.key.len() > 40 || !key_ok {
            say(
                "key",
                format!("`{}` is not a survey's key", survey.key),
                "lower-case letters, digits, `.` and `-`",
            );
        }
        if survey.decision.trim().is_empty() {
            say(
                "decision",
                "the decision that it feeds is empty".into(),
                "name what will be decided by the answers",
            );
        }
        if survey.k < 3 {
            say(
                "k",
                format!("k = {} would show what single people said", survey.k),
                "3 at least; 5 is the default",
            );
        }
        for (key, what, fix) in survey.question.problems().into_iter().chain(survey.when.problems()) {
            say(key, what, fix);
        }
        problems.sort_by_key(|problem| problem.line);
        if problems.is_empty() { Ok(survey) } else { Err(problems) }
    }
}

/// The pseudonym of a person in a wave: HMAC-SHA-256(wave key, person id), in hexadecimal digits.
pub fn respondent(wave_key: &[u8], person: &str) -> String {
    data_encoding::HEXLOWER.encode(&hmac(wave_key, person.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../surveys/env-csat.toml");

    #[test]
    fn the_shipped_survey_reads_and_its_values_are_places() {
        let survey = Survey::parse("env-csat.toml", GOOD).unwrap();
        assert_eq!((survey.question.value("1"), survey.question.value("5")), (Some(1), Some(5)));
        for wrong in ["0", "6", "-1", "x", ""] {
            assert_eq!(survey.question.value(wrong), None);
        }
    }

    #[test]
    fn each_mistake_is_named_with_its_line() {
        let bad = GOOD.replace("k = 5", "k = 1").replace("\"Badly\", ", "").replace("env.ready", "env.rady");
        let problems = Survey::parse("s.toml", &bad).unwrap_err();
        let lines: Vec<String> =
            problems.iter().map(|problem| format!("{}: {}", problem.line, problem.what)).collect();
        assert_eq!(
            lines,
            [
                "7: k = 1 would show what single people said",
                "12: a csat question has 5 choices, not 4",
                "15: no fact `env.rady` can send a survey",
            ]
        );
        let without = GOOD.replace("decision = ", "#");
        assert!(Survey::parse("s.toml", &without).unwrap_err()[0].what.contains("missing field `decision`"));
    }
}
