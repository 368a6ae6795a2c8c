//! EDGE: the outside that steps act on. One driver per family of actions.
//!
//! Invariants: every call is safe to repeat; what a driver makes carries the
//! environment's id, so an orphan is recognisable; a driver knows no database,
//! no chat and no slice. Settings come as plain values, so the environment of
//! the bot (and the secrets in it) never reaches a program that a step starts.
//! What a crash leaves half made is listed and cleared by the one who knows
//! which step has ended; a driver never decides that by itself.
//! Deliberately absent: retries (the job decides), listing (nothing is ever
//! deleted because a list was empty), and a sandbox: a step runs with the
//! rights of the bot's own user, only its paths and its time are bounded.

pub mod exec;
pub mod git;
mod git_program;
mod git_target;
mod launch;
pub mod log;
mod paths;
pub mod process;
pub mod site;
pub mod site_server;
mod trace;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::clock::Timestamp;

/// One action to do, with everything it may know.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The environment's id, the tag of whatever is made.
    pub env: String,
    /// The environment's name, for names that people read.
    pub env_name: String,
    /// The run's id.
    pub run: String,
    /// The step's id within its template.
    pub step: String,
    /// The same for each repeat of this step of this run.
    pub key: String,
    /// `exec:run`, `publish:git` …
    pub action: String,
    /// Rendered input, the shape that the action documents.
    pub input: Value,
    /// The run's own folder of files, made by the caller.
    pub workspace: PathBuf,
    /// A folder outside the workspace that lives as long as the environment.
    pub state: PathBuf,
    /// Where output of programs is appended.
    pub log: PathBuf,
    /// Whether an earlier attempt was cut off, its outcome unknown.
    pub resumed: bool,
    /// Whether the step says that doing it twice does no harm.
    pub idempotent: bool,
    /// When the run was decided: the same for each repeat, the date of commits.
    pub decided: Timestamp,
    /// Set once the step is not wanted any more. A program is ended then; what
    /// can only be finished is finished, so that it is known; nothing is begun.
    pub stop: CancellationToken,
}

/// Whether we remove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// Removed, in reverse order, when the environment is destroyed.
    Owned,
    /// Never deleted by us; named in the reply to a destroy.
    Kept,
}

/// Something a step made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// `process`, `workspace`, `repository` …
    pub kind: String,
    /// What a person calls it.
    pub label: String,
    pub ownership: Ownership,
    /// What the driver needs to find it again.
    pub handle: Value,
}

/// What came of [`Driver::apply`].
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Done: the step's outputs (an object) and what was made.
    Ready { outputs: Value, resources: Vec<Resource> },
    /// Still going on: look again after this long.
    Working { again_in: Duration },
    /// Cannot be done as asked, or was ended: a sentence for people.
    Refused { reason: String },
    /// Was cut off, may have been done, and is not to be done twice: a sentence for the person who says.
    Unclear { reason: String },
}

/// What exists of a resource just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed {
    Present,
    Absent,
}

/// Does the actions of one family. All three calls are safe to repeat.
#[async_trait]
pub trait Driver: Send + Sync {
    /// `exec`, `git` …
    fn name(&self) -> &'static str;

    /// The actions it does.
    fn actions(&self) -> &'static [&'static str];

    /// Does the plan, or finds it done.
    ///
    /// # Errors
    /// Only faults worth another try; what a person must mend is [`Outcome::Refused`].
    async fn apply(&self, plan: &Plan) -> anyhow::Result<Outcome>;

    /// Looks whether the resource is there.
    async fn observe(&self, resource: &Resource) -> anyhow::Result<Observed>;

    /// Removes the resource; fine when it is gone already.
    async fn destroy(&self, resource: &Resource) -> anyhow::Result<()>;
}

/// The drivers of one installation, found by action or by name.
#[derive(Clone, Default)]
pub struct Drivers(Vec<Arc<dyn Driver>>);

impl Drivers {
    /// All that are to be had; the first one that does an action gets it.
    pub fn new(drivers: Vec<Arc<dyn Driver>>) -> Self {
        Drivers(drivers)
    }

    /// The driver that does `action`.
    pub fn for_action(&self, action: &str) -> Option<&Arc<dyn Driver>> {
        self.0.iter().find(|driver| driver.actions().contains(&action))
    }

    /// The driver of this name, as recorded with a resource.
    pub fn by_name(&self, name: &str) -> Option<&Arc<dyn Driver>> {
        self.0.iter().find(|driver| driver.name() == name)
    }
}
