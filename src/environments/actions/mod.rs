//! Built-in actions: what a step does in this process, to its workspace alone.
//!
//! `fetch:*` brings files of the template, `fs:*` moves, removes and lists what is in the workspace,
//! `debug:*` writes to the log or waits, `catalog:register` reads the entity that was made. All are safe
//! to repeat. File work blocks: call them from a thread that may. Nothing here leaves the workspace:
//! paths are checked by their parts, and no link is ever followed or written through.

mod fetch;
mod files;
mod places;
mod register;
pub mod wait;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::catalog::{self, model::Files};
use crate::drivers::Outcome;

/// One step to do.
pub struct Call<'a> {
    pub action: &'a str,
    /// Rendered.
    pub input: &'a Value,
    /// The run's folder of files; it exists.
    pub workspace: &'a Path,
    /// The template's folder.
    pub files: &'a Files,
    /// Where what happens is appended.
    pub log: &'a Path,
    /// A file of this step's own outside the workspace: how far an earlier attempt came.
    pub progress: &'a Path,
}

/// Why an action was not done.
enum Stop {
    /// As asked, it cannot be done.
    Refused(String),
    Fault(std::io::Error),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Stop::Fault(error)
    }
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Stop::Refused(reason)
    }
}

/// Does a built-in action.
///
/// # Errors
/// Faults of the disk only; what a person must mend is [`Outcome::Refused`].
pub fn run(call: &Call<'_>) -> anyhow::Result<Outcome> {
    let done = match call.action {
        "fetch:template" => fetch::template(call),
        "fetch:plain" => fetch::plain(call),
        "fetch:plain:file" => fetch::plain_file(call),
        "fs:delete" => files::delete(call),
        "fs:rename" => files::rename(call),
        "fs:readdir" => files::readdir(call),
        "debug:log" => debug_log(call),
        "catalog:register" => register::register(call),
        other => Err(Stop::Refused(format!("There is no built-in action `{other}`."))),
    };
    match done {
        Ok(outcome) => Ok(outcome),
        Err(Stop::Refused(reason)) => Ok(Outcome::Refused { reason }),
        Err(Stop::Fault(error)) => Err(anyhow::Error::new(error).context(call.action.to_owned())),
    }
}

fn ready(outputs: Value) -> Outcome {
    Outcome::Ready { outputs, resources: Vec::new() }
}

fn debug_log(call: &Call<'_>) -> Result<Outcome, Stop> {
    known_keys(call)?;
    let message = call.input.get("message").map(crate::catalog::parameters::as_text).unwrap_or_default();
    log(call, &message)?;
    if call.input.get("listWorkspace") == Some(&Value::Bool(true)) {
        for entry in fs::read_dir(call.workspace)? {
            log(call, &format!("  {}", entry?.file_name().to_string_lossy()))?;
        }
    }
    Ok(ready(json!({})))
}

fn log(call: &Call<'_>, line: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(call.log)?;
    writeln!(file, "{line}")
}

fn known_keys(call: &Call<'_>) -> Result<(), Stop> {
    let known = catalog::actions::find(call.action).map(|action| action.inputs()).unwrap_or_default();
    let keys = call.input.as_object().into_iter().flat_map(Map::keys);
    match keys.into_iter().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!(
            "`{}` has no input `{key}` here; it takes {}.",
            call.action,
            known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
        )
        .into()),
    }
}

fn input_text<'a>(call: &Call<'a>, key: &str) -> Result<Option<&'a str>, Stop> {
    match call.input.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("The input `{key}` of `{}` has to be text.", call.action).into()),
    }
}

#[cfg(test)]
mod tests;
