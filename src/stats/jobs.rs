//! The digest: what the overview says of a week, told to a channel, once for each firing.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::{Stats, wording};
use crate::chat::outbox::{self, Address};
use crate::cron::Cron;
use crate::error::Result;
use crate::jobs::schedule::{Missed, Schedule};
use crate::jobs::{Job, JobError};
use crate::zone::Zone;

const KIND: &str = "stats.digest";
/// It tells of so long, however often it comes.
const SPAN: Duration = Duration::from_secs(7 * 86_400);

/// When the digest comes; late, where nobody was there at the time.
pub fn schedule(cron: Cron, zone: Zone) -> Schedule {
    Schedule { key: "stats:digest".into(), cron, zone, missed: Missed::Once, job_kind: KIND }
}

/// Posts the digest.
pub struct Digest {
    pub slice: Arc<Stats>,
    /// Nowhere: then a firing that was planned under another config posts nothing.
    pub address: Option<Address>,
}

#[async_trait]
impl Job for Digest {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, payload: Value, _attempt: i64) -> std::result::Result<(), JobError> {
        match &self.address {
            Some(address) => Ok(self.post(address, &format!("digest:{}", payload["at"])).await?),
            None => Ok(()),
        }
    }
}

impl Digest {
    /// A week in which nothing happened is not worth a message.
    async fn post(&self, address: &Address, key: &str) -> Result<()> {
        let overview = self.slice.overview(SPAN).await?;
        if overview.is_empty() {
            return Ok(());
        }
        let message = wording::digest(&overview);
        let message = match self.slice.tracked_picture(&overview).await {
            Some(picture) => message.picture(picture),
            None => message,
        };
        let unit = (address.clone(), key.to_owned(), message);
        let posted = self.slice.db.write(unit, |tx, (address, key, message)| {
            Box::pin(async move {
                // A second run changes nothing of what was said.
                match outbox::fate(tx.conn(), key).await? {
                    Some(_) => Ok(()),
                    None => outbox::put(tx, key, address, message).await,
                }
            })
        });
        posted.await
    }
}
