//! A golden-path template: what it is, what it plans, what it knows: pure.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::actions;
use crate::templating::{RenderError, Renderer};

/// The files of a template's folder by their path with `/`, `template.yaml` included.
pub type Files = BTreeMap<String, TemplateFile>;

/// One file of a template's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFile {
    pub bytes: Vec<u8>,
    /// Known for folders on disk; for shipped templates a file that starts with `#!`.
    pub executable: bool,
}

/// How far the platform stands behind a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The way the platform recommends.
    Golden,
    /// Works and is looked after.
    Supported,
    /// Anything else.
    Custom,
}

impl Tier {
    /// How it is called in a sentence.
    pub fn label(self) -> &'static str {
        match self {
            Tier::Golden => "golden path",
            Tier::Supported => "supported",
            Tier::Custom => "custom",
        }
    }
}

/// How long an environment lives unless something else is said, and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ttl {
    pub default: Duration,
    pub max: Duration,
}

/// What an environment costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    pub amount: f64,
    pub currency: String,
}

/// A page to look at while an environment lives; the address is templated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observe {
    pub title: String,
    pub url: String,
}

/// One entry of a list of steps, as a run pins it: raw, rendered when its turn comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: String,
    pub name: String,
    pub action: String,
    pub input: Value,
    /// Skipped unless this holds (`Renderer::holds`).
    #[serde(rename = "if", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
    /// Safe to run again when nobody knows how the first attempt ended.
    pub idempotent: bool,
    /// From 1.
    pub position: usize,
}

/// A template at one version.
#[derive(Debug, Clone)]
pub struct Template {
    /// Unique in the catalog.
    pub name: String,
    pub title: String,
    pub description: String,
    pub tags: Vec<String>,
    /// An entity reference.
    pub owner: Option<String>,
    /// `service`, `website` …
    pub kind: String,
    /// Where it was read, as the operator knows it.
    pub file: String,
    /// The start of the SHA-256 of every file.
    pub version: String,
    pub tier: Tier,
    /// `None`: the installation's own.
    pub ttl: Option<Ttl>,
    pub rate_per_hour: Option<Rate>,
    /// Parameter → the JSON Schema within which an environment is on the path.
    pub recommended: BTreeMap<String, Value>,
    pub observe: Vec<Observe>,
    pub steps: Vec<Step>,
    /// `destroy`, `stop` … → steps.
    pub operations: BTreeMap<String, Vec<Step>>,
    /// Raw `spec.goldenpath.outputs` without `secret`.
    pub outputs: Map<String, Value>,
    /// References (`steps.db.output.password`) whose values are never shown.
    pub secrets: Vec<String>,
    /// The form's pages: JSON Schemas of objects.
    pub pages: Vec<Value>,
    /// The whole `template.yaml`, unknown keys included.
    pub document: Value,
    /// The folder.
    pub files: Files,
}

/// Where the templates are that came with the program; no folder of an operator reads so.
pub const SHIPPED: &str = "shipped:";

/// The operations that a template may define.
pub const OPERATIONS: &[&str] = &["destroy", "stop", "start", "deploy", "rollback", "logs"];

impl Template {
    /// Whether it came with the program.
    pub fn is_shipped(&self) -> bool {
        self.file.starts_with(SHIPPED)
    }

    /// The first sentence of the description.
    pub fn summary(&self) -> &str {
        self.description.split(['\n', '.']).next().unwrap_or_default().trim()
    }

    /// The steps that a create pins on its run.
    pub fn plan(&self) -> Vec<Step> {
        self.steps.clone()
    }

    /// What expressions see: everything declared is there, null when not given.
    ///
    /// `outputs` maps the id of each finished step to its outputs; a step that
    /// was skipped or has not run yet reads as null outputs.
    pub fn context(
        &self,
        parameters: &Map<String, Value>,
        outputs: &Map<String, Value>,
        user: &Value,
        environment: &Value,
    ) -> Value {
        let mut given: Map<String, Value> =
            self.parameter_names().into_iter().map(|name| (name, Value::Null)).collect();
        given.extend(parameters.iter().map(|(name, value)| (name.clone(), value.clone())));
        let mut steps = Map::new();
        for step in self.steps.iter().chain(self.operations.values().flatten()) {
            let mut known: Map<String, Value> = actions::outputs(&step.action)
                .unwrap_or_default()
                .iter()
                .map(|name| ((*name).to_owned(), Value::Null))
                .collect();
            if let Some(Value::Object(made)) = outputs.get(&step.id) {
                known.extend(made.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            steps.insert(step.id.clone(), json!({ "output": known }));
        }
        json!({"parameters": given, "steps": steps, "user": user, "environment": environment})
    }

    /// What the finished environment offers, `url` first among it; without null ones.
    pub fn rendered_outputs(
        &self,
        renderer: &Renderer,
        context: &Value,
    ) -> Result<Map<String, Value>, RenderError> {
        let raw = Value::Object(self.outputs.clone());
        match renderer.render_value(&raw, context)? {
            Some(Value::Object(outputs)) => Ok(outputs),
            _ => Ok(Map::new()),
        }
    }
}

/// The version of a folder: the start of a digest over all names and contents.
pub fn digest(files: &Files) -> String {
    let mut hash = Sha256::new();
    for (path, file) in files {
        for part in [path.as_bytes(), &file.bytes] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        hash.update([u8::from(file.executable)]);
    }
    let hex = data_encoding::HEXLOWER.encode(&hash.finalize());
    hex[..12].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_tells_names_contents_and_modes_apart() {
        let file = |text: &str, executable| TemplateFile { bytes: text.into(), executable };
        let files = |list: &[(&str, &str, bool)]| -> Files {
            list.iter().map(|(path, text, mode)| ((*path).to_owned(), file(text, *mode))).collect()
        };
        let one = digest(&files(&[("a", "bc", false)]));
        assert_eq!(one.len(), 12);
        for other in [[("ab", "c", false)], [("a", "bd", false)], [("a", "bc", true)]] {
            assert_ne!(digest(&files(&other)), one);
        }
        assert_eq!(digest(&files(&[("a", "bc", false)])), one);
    }
}
