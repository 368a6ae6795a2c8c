//! The job table and the worker, on either database.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod crowded;
mod ends;
mod leases;
mod operator;
mod recurring;
mod schedule;

use std::time::Duration;

use goldenpath::error::Error;
use goldenpath::jobs::queue::{self, NewJob};
use serde_json::{Value, json};

use crate::harness::ground::{Ground, Serving, puppet};

const NOW: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_refused_unit_enqueues_nothing() {
    let ground = Ground::new().await;
    let refused = ground.db.write((), |tx, ()| {
        Box::pin(async move {
            let run_at = tx.now();
            queue::enqueue(tx, NewJob { kind: "work", payload: Value::Null, key: None, run_at }).await?;
            Err::<(), _>(Error::Conflict("no".into()))
        })
    });
    assert!(matches!(refused.await, Err(Error::Conflict(_))));
    assert!(ground.jobs().await.is_empty());
    ground.end().await;
}

#[tokio::test]
async fn a_key_brings_a_waiting_job_forward_and_never_puts_it_off_or_doubles_it() {
    let ground = Ground::new().await;
    let (job, mut runs) = puppet(HOUR);
    let worker = ground.worker(vec![job]);
    for (wait, payload) in [(HOUR, 1), (NOW, 2), (HOUR, 3)] {
        ground.enqueue_in(wait, "work", Some("k"), json!(payload)).await;
    }
    ground.enqueue_in(HOUR, "work", Some("another"), json!(4)).await;
    let all = tokio::spawn(async move { worker.run_due().await.unwrap() });
    let run = runs.next().await;
    assert_eq!(run.payload, json!(3), "the last one says what is to be done");
    run.end(Ok(()));
    assert_eq!(all.await.unwrap(), 1);
    assert_eq!(ground.jobs().await, ["work ready 0"], "the other key waits for its hour");
    ground.end().await;
}

#[tokio::test]
async fn of_two_jobs_of_one_key_the_second_begins_when_the_first_has_ended() {
    let ground = Ground::new().await;
    let (job, mut runs) = puppet(HOUR);
    let worker = ground.worker(vec![job]);
    let serving = Serving::start(&worker);
    ground.work(Some("k")).await;
    let first = runs.next().await;
    ground.work(Some("k")).await;
    assert_eq!(worker.run_due().await.unwrap(), 0, "another worker finds nothing to do");
    assert_eq!(ground.jobs().await, ["work ready 0", "work running 1"]);
    let woken = ground.db.job_enqueued();
    first.end(Ok(()));
    tokio::time::timeout(30 * SECOND, woken).await.expect("the end of the first wakes the workers");
    runs.next().await.end(Ok(()));
    serving.stop().await;
    assert!(ground.jobs().await.is_empty());
    ground.end().await;
}

#[tokio::test]
async fn jobs_of_different_keys_and_without_one_run_side_by_side() {
    let ground = Ground::new().await;
    let (job, mut runs) = puppet(HOUR);
    let serving = Serving::start(&ground.worker(vec![job]));
    for key in [Some("a"), Some("b"), None, None] {
        ground.work(key).await;
    }
    let together = [runs.next().await, runs.next().await, runs.next().await, runs.next().await];
    assert_eq!(ground.jobs().await, ["work running 1"; 4]);
    together.into_iter().for_each(|run| run.end(Ok(())));
    serving.stop().await;
    ground.end().await;
}

#[tokio::test]
async fn a_job_that_nobody_knows_fails_and_says_so() {
    let ground = Ground::new().await;
    ground.enqueue_in(NOW, "old-word", None, Value::Null).await;
    assert_eq!(ground.worker(Vec::new()).run_due().await.unwrap(), 1);
    let why = "no job of the kind `old-word` is known".to_owned();
    assert_eq!(ground.failures().await, [("old-word".to_owned(), why)]);
    ground.end().await;
}
