//! The job table where two units of work meet.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use goldenpath::clock::SystemClock;
use goldenpath::db::Db;
use goldenpath::ids::Ids;
use goldenpath::jobs::queue::{NewJob, enqueue};
use goldenpath::jobs::worker::Worker;
use goldenpath::jobs::{Job, JobError};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::harness::database::database;

const HOUR: Duration = Duration::from_secs(3_600);

/// A job with the one key that there is here, due after `pause`.
async fn add(db: &Db, pause: Duration, open: Arc<Notify>) {
    let unit = (pause, open);
    let added = db.write(unit, |tx, (pause, open)| {
        Box::pin(async move {
            let run_at = tx.now().plus(*pause);
            enqueue(tx, NewJob { kind: "meet", payload: json!({}), key: Some("one".into()), run_at }).await?;
            open.notify_one();
            // Open for a while, so that what comes now meets it.
            tokio::time::sleep(Duration::from_millis(200)).await;
            Ok(())
        })
    });
    added.await.unwrap();
}

/// Wants to run again in an hour, and ends while its like is just being enqueued.
struct Meet(Db);

#[async_trait]
impl Job for Meet {
    fn kind(&self) -> &'static str {
        "meet"
    }

    async fn run(&self, _payload: Value, _attempt: i64) -> Result<(), JobError> {
        let (db, open) = (self.0.clone(), Arc::<Notify>::default());
        let opened = open.clone();
        tokio::spawn(async move { add(&db, HOUR, open).await });
        opened.notified().await;
        Err(JobError::Retry(HOUR, "not yet".into()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_put_back_gives_way_to_one_just_enqueued() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(folder.path()).await;
    let db = Db::open(&database.url, Arc::new(SystemClock), Arc::new(Ids::from_system())).await.unwrap();
    add(&db, Duration::ZERO, Arc::default()).await;
    let worker = Worker::new(db.clone(), Arc::new(SystemClock), vec![Arc::new(Meet(db.clone()))]);
    assert_eq!(worker.run_due().await.unwrap(), 1);
    assert_eq!(database.texts("SELECT state FROM job").await, ["ready"]);
    db.close().await;
}
