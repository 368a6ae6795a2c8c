//! What is asked and what can be answered: pure.

use serde::Deserialize;

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Five labels from worst to best; the score is the share of the best two.
    Csat,
}

/// The one question of a micro-survey.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub kind: Kind,
    /// `{subject}` is what it is about, as the environment's name.
    pub text: String,
    /// The buttons, from worst to best; an answer's value is the place, from 1.
    pub choices: Vec<String>,
}

impl Question {
    /// What is wrong with it: (key, what, fix).
    pub(super) fn problems(&self) -> Vec<(&'static str, String, &'static str)> {
        let mut problems = Vec::new();
        if self.choices.len() != 5 {
            let what = format!("a csat question has 5 choices, not {}", self.choices.len());
            problems.push(("choices", what, "label every point from worst to best"));
        }
        if self.choices.iter().any(|choice| choice.trim().is_empty() || choice.chars().count() > 40) {
            let what = "a choice is empty or longer than 40 characters".into();
            problems.push(("choices", what, "it has to fit a button"));
        }
        problems
    }

    /// The value of a choice by its place from 1, if there is such a place.
    pub fn value(&self, choice: &str) -> Option<i64> {
        let value: i64 = choice.parse().ok()?;
        usize::try_from(value).ok().filter(|place| (1..=self.choices.len()).contains(place)).map(|_| value)
    }
}
