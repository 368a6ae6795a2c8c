//! When a survey goes out and to whom: pure.

use serde::Deserialize;

/// What makes a survey go out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The fact that it goes out on, to the fact's person.
    pub fact: String,
}

/// The facts a survey can go out on.
const FACTS: [&str; 1] = ["env.ready"];

impl When {
    /// What is wrong with it: (key, what, fix).
    pub(super) fn problems(&self) -> Vec<(&'static str, String, &'static str)> {
        if FACTS.contains(&self.fact.as_str()) {
            return Vec::new();
        }
        vec![("fact", format!("no fact `{}` can send a survey", self.fact), "env.ready")]
    }
}
