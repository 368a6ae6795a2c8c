//! What each end of a run leads to.

use std::sync::Arc;
use std::time::Duration;

use goldenpath::jobs::worker::{MAX_ATTEMPTS, Worker};
use goldenpath::jobs::{Job, JobError};
use serde_json::json;

use super::{HOUR, MINUTE, SECOND};
use crate::harness::ground::{Acts, End, Ground, puppet};

/// A job of the kind `work` that ends as `end` says of its attempt.
fn ending(end: fn(i64) -> End) -> Arc<dyn Job> {
    Arc::new(Acts { kind: "work", every: None, act: move |_, attempt| end(attempt) })
}

async fn one(end: fn(i64) -> End) -> (Ground, Worker) {
    let ground = Ground::new().await;
    ground.work(None).await;
    let worker = ground.worker(vec![ending(end)]);
    assert_eq!(worker.run_due().await.unwrap(), 1);
    (ground, worker)
}

#[tokio::test]
async fn a_retry_comes_back_after_as_long_as_it_says() {
    let (ground, worker) = one(|_| Err(JobError::Retry(MINUTE, "not yet".into()))).await;
    ground.clock.advance(MINUTE - Duration::from_millis(1));
    assert_eq!(worker.run_due().await.unwrap(), 0);
    ground.clock.advance(Duration::from_millis(1));
    assert_eq!(worker.run_due().await.unwrap(), 1);
    ground.end().await;
}

#[tokio::test]
async fn a_fault_comes_back_after_a_pause_that_grows_until_it_is_given_up() {
    let (ground, worker) = one(|_| Err(JobError::Fault("broken".into()))).await;
    let mut pauses = Vec::new();
    while ground.failures().await.is_empty() {
        let mut waited = NONE;
        while worker.run_due().await.unwrap() == 0 {
            ground.clock.advance(SECOND);
            waited += SECOND;
        }
        pauses.push(waited.as_secs());
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256]);
    assert_eq!(pauses.len() + 1, usize::try_from(MAX_ATTEMPTS).unwrap());
    assert_eq!(ground.failures().await, [("work".to_owned(), "broken".to_owned())]);
    ground.end().await;
}

const NONE: Duration = Duration::ZERO;

#[tokio::test]
async fn a_long_wait_for_something_outside_uses_up_no_attempt_of_a_fault() {
    let waiting = |payload: i64| match payload {
        1 => Err(JobError::Retry(SECOND, "still working".into())),
        _ => Ok(()),
    };
    let (ground, worker) = one(waiting).await;
    for _ in 0..2 * MAX_ATTEMPTS {
        ground.clock.advance(SECOND);
        assert_eq!(worker.run_due().await.unwrap(), 1);
        assert_eq!(ground.jobs().await, ["work ready 0"]);
    }
    ground.end().await;
}

#[tokio::test]
async fn what_failed_or_is_stuck_is_kept_for_a_person_and_never_runs_again() {
    for (end, state) in [
        ((|_| Err(JobError::Fail("no use".into()))) as fn(i64) -> End, "failed"),
        (|_| Err(JobError::Stuck("no use".into())), "stuck"),
    ] {
        let (ground, worker) = one(end).await;
        assert_eq!(ground.jobs().await, [format!("work {state} 1")]);
        assert_eq!(ground.failures().await, [("work".to_owned(), "no use".to_owned())]);
        ground.clock.advance(1_000 * HOUR);
        ground.wall.advance(1_000 * HOUR);
        assert_eq!(worker.run_due().await.unwrap(), 0);
        ground.end().await;
    }
}

#[tokio::test]
async fn a_key_is_free_again_when_its_job_was_given_up() {
    let ground = Ground::new().await;
    ground.work(Some("k")).await;
    let worker = ground.worker(vec![ending(|_| Err(JobError::Fail("no use".into())))]);
    worker.run_due().await.unwrap();
    ground.work(Some("k")).await;
    assert_eq!(worker.run_due().await.unwrap(), 1);
    assert_eq!(ground.jobs().await, ["work failed 1"; 2]);
    ground.end().await;
}

#[tokio::test]
async fn a_panic_is_a_fault_of_that_job_alone() {
    let ground = Ground::new().await;
    let act = |payload: serde_json::Value, attempt: i64| match attempt {
        1 if payload == "bad" => panic!("a mistake of ours"),
        _ => Ok(()),
    };
    let worker = ground.worker(vec![Arc::new(Acts { kind: "work", every: None, act })]);
    for payload in ["bad", "good"] {
        ground.enqueue_in(NONE, "work", None, json!(payload)).await;
    }
    assert_eq!(worker.run_due().await.unwrap(), 2);
    assert_eq!(ground.jobs().await, ["work ready 1"]);
    ground.clock.advance(SECOND);
    assert_eq!(worker.run_due().await.unwrap(), 1);
    assert!(ground.jobs().await.is_empty());
    ground.end().await;
}

#[tokio::test]
async fn a_run_beyond_its_time_is_cut_off_and_comes_back() {
    let ground = Ground::new().await;
    let (job, mut runs) = puppet(Duration::from_millis(20));
    let worker = ground.worker(vec![job]);
    ground.work(None).await;
    assert_eq!(worker.run_due().await.unwrap(), 1);
    runs.next().await.cut_off().await;
    let sql = "SELECT state || ': ' || error FROM job";
    let said: String = sqlx::query_scalar(sql).fetch_one(&mut *ground.read().await).await.unwrap();
    assert_eq!(said, "ready: not done within 20ms");
    ground.end().await;
}
