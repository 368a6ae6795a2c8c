//! The background work of surveys.

mod waves;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::Surveys;
use crate::db::Tx;
use crate::error::Error;
use crate::jobs::queue::{self, NewJob};
use crate::jobs::{Job, JobError};
pub use waves::schedules;
pub(super) use waves::{ask_at, close_at, look_at};

/// All of them.
pub fn all(slice: &Arc<Surveys>) -> Vec<Arc<dyn Job>> {
    let own: [Arc<dyn Job>; 2] = [Arc::new(Unmark(slice.clone())), Arc::new(Scrub(slice.clone()))];
    [own.to_vec(), waves::all(slice)].concat()
}

const SCRUB: &str = "survey.scrub";

/// Every hour: PostgreSQL marks each row with the transaction that wrote it, so
/// an answer bears the mark of the row that says who answered, and in the order
/// of the answers. Written again all at once, a wave's answers bear one mark.
/// SQLite keeps what each transaction wrote side by side in its log until that is emptied.
pub struct Unmark(pub Arc<Surveys>);

#[async_trait]
impl Job for Unmark {
    fn kind(&self) -> &'static str {
        "survey.unmark"
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(3_600))
    }

    async fn run(&self, _payload: Value, _attempt: i64) -> Result<(), JobError> {
        scrub(&self.0).await
    }
}

/// The same, as soon as a wave is closed.
pub struct Scrub(pub Arc<Surveys>);

#[async_trait]
impl Job for Scrub {
    fn kind(&self) -> &'static str {
        SCRUB
    }

    async fn run(&self, _payload: Value, _attempt: i64) -> Result<(), JobError> {
        scrub(&self.0).await
    }
}

async fn scrub(slice: &Surveys) -> Result<(), JobError> {
    match super::sealing::scrub(slice).await {
        // Somebody reads, which ends.
        Err(Error::Unavailable(why)) => Err(JobError::Retry(Duration::from_secs(5), why)),
        done => Ok(done?),
    }
}

/// [`Scrub`] comes once this unit is on disk.
pub(super) async fn scrub_soon(tx: &mut Tx) -> crate::error::Result<()> {
    let run_at = tx.now();
    queue::enqueue(tx, NewJob { kind: SCRUB, payload: Value::Null, key: Some(SCRUB.into()), run_at }).await
}
