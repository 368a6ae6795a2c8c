//! What is known of a program after a crash: whether it was begun, which process it was, how it ended.
//!
//! A file of the environment's state, one for each step of a run. It is written
//! before the program starts and after it ended, so a repeat of the step tells
//! "never begun" and "done" from "cut off".

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Plan;
use super::process::{Identity, end_group};

/// How far a program came.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Trace {
    /// It is about to start, or started just now.
    Begun,
    /// It runs, or was cut off.
    Runs(Identity),
    /// It ended by itself.
    Ended { code: i32, stdout: String },
}

/// Where the trace of one step stands.
pub(super) struct TraceFile(PathBuf);

impl TraceFile {
    pub fn of(plan: &Plan) -> std::io::Result<Self> {
        std::fs::create_dir_all(&plan.state)?;
        let name = HEXLOWER.encode(&Sha256::digest(plan.key.as_bytes())[..8]);
        Ok(TraceFile(plan.state.join(format!("exec-{name}.json"))))
    }

    /// What an attempt before left, with nothing of its program running any more; `None` when none
    /// was begun. Where the bot was killed, its programs, being groups of their own, were not.
    pub async fn at_rest(&self) -> anyhow::Result<Option<Trace>> {
        let trace = match std::fs::read(&self.0) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            // One that cannot be read was begun all the same.
            read => serde_json::from_slice(&read?).unwrap_or(Trace::Begun),
        };
        if let Trace::Runs(program) = &trace {
            end_group(program).await?;
        }
        Ok(Some(trace))
    }

    /// All at once: a crash leaves this trace or the one before.
    pub fn write(&self, trace: &Trace) -> std::io::Result<()> {
        let new = self.0.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(trace)?)?;
        std::fs::rename(&new, &self.0)
    }

    /// Nothing was begun after all.
    pub fn remove(&self) -> std::io::Result<()> {
        std::fs::remove_file(&self.0)
    }
}
