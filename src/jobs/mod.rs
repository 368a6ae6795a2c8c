//! Work that outlives a request: the job table, the worker, schedules.
//!
//! Invariants: a job is enqueued in the transaction that decides it, claimed
//! with a short update and a lease, run outside any transaction, and finished
//! with an update that counts only if the claim is still ours. A job may run
//! twice, so each looks at the state it finds. Deliberately absent: a record of
//! finished jobs; what a job did stands in the tables of its slice.

pub mod operator;
pub mod queue;
pub mod schedule;
pub mod worker;

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::error::Error;

/// How long a job waits that met a database which cannot be used.
const AWAY: Duration = Duration::from_secs(5);

/// Why a job did not finish. Every failure decides.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Run again after this long: waiting, not a fault, so attempts count anew.
    #[error("again in {0:?}: {1}")]
    Retry(Duration, String),
    /// Run again after a pause that grows with the attempts; given up after [`worker::MAX_ATTEMPTS`].
    #[error("{0}")]
    Fault(String),
    /// Trying again will not help.
    #[error("{0}")]
    Fail(String),
    /// Only a person can decide.
    #[error("{0}")]
    Stuck(String),
}

impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            // Waited for like anything outside; it uses up no attempt.
            Error::Away(away) => JobError::Retry(AWAY, away.reason().into()),
            error => JobError::Fault(error.to_string()),
        }
    }
}

/// One kind of work.
#[async_trait]
pub trait Job: Send + Sync {
    /// The word in the job table, `deliver`.
    fn kind(&self) -> &'static str;

    /// After this long a run counts as failed and is tried again.
    fn timeout(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// A recurring job runs again this long after each run; [`worker::Worker::schedule`] starts it.
    fn every(&self) -> Option<Duration> {
        None
    }

    /// Does it. `attempt` counts from 1; more than 1 means that an earlier run
    /// failed or was cut off.
    async fn run(&self, payload: Value, attempt: i64) -> Result<(), JobError>;
}
