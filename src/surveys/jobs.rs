//! The background work of surveys.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::Surveys;
use crate::error::Result;
use crate::jobs::{Job, JobError};

/// Every hour: PostgreSQL marks each row with the transaction that wrote it, so
/// an answer bears the mark of the row that says who answered, and in the order
/// of the answers. Written again all at once, a wave's answers bear one mark.
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
        Ok(self.0.db.write((), |tx, ()| Box::pin(super::unmark(tx))).await?)
    }
}
