//! What an operator sees of the table and does to it.

use goldenpath::error::Error;
use goldenpath::jobs::{JobError, operator};
use serde_json::{Value, json};

use super::{HOUR, NOW, SECOND};
use crate::harness::ground::{Ground, puppet};

/// The table as the operator sees it, `state kind attempts error`.
async fn seen(ground: &Ground) -> Vec<String> {
    let jobs = operator::list(&mut *ground.read().await).await.unwrap();
    let line = |job: &operator::Listed| {
        let error = job.error.as_deref().unwrap_or("-");
        format!("{} {} {} {error}", job.state, job.kind, job.attempts)
    };
    jobs.iter().map(line).collect()
}

async fn first_id(ground: &Ground) -> String {
    operator::list(&mut *ground.read().await).await.unwrap().remove(0).id
}

#[tokio::test]
async fn what_needs_a_person_stands_first_and_tells_since_when() {
    let ground = Ground::new().await;
    ground.enqueue_in(HOUR, "work", None, Value::Null).await;
    ground.enqueue_in(NOW, "old-word", None, Value::Null).await;
    ground.clock.advance(SECOND);
    ground.worker(Vec::new()).run_due().await.unwrap();
    ground.clock.advance(HOUR - 2 * SECOND);
    let why = "no job of the kind `old-word` is known";
    assert_eq!(seen(&ground).await, [&format!("failed old-word 1 {why}"), "ready work 0 -"]);
    let jobs = operator::list(&mut *ground.read().await).await.unwrap();
    let now = ground.db.now();
    let waits = [&jobs[0], &jobs[1]].map(|job| now.since(job.since.unwrap()));
    assert_eq!(waits, [HOUR - 2 * SECOND, HOUR - SECOND]);
    ground.end().await;
}

#[tokio::test]
async fn a_retried_job_is_due_at_once_and_its_attempts_count_anew() {
    let ground = Ground::new().await;
    let (job, mut runs) = puppet(HOUR);
    let worker = ground.worker(vec![job]);
    ground.work(Some("k")).await;
    let work = {
        let worker = worker.clone();
        tokio::spawn(async move { worker.run_due().await.unwrap() })
    };
    runs.next().await.end(Err(JobError::Stuck("who pays?".into())));
    work.await.unwrap();
    assert_eq!(seen(&ground).await, ["stuck work 1 who pays?"]);
    operator::retry(&ground.db, &first_id(&ground).await).await.unwrap();
    assert_eq!(seen(&ground).await, ["ready work 0 who pays?"]);
    let work = tokio::spawn(async move { worker.run_due().await.unwrap() });
    let run = runs.next().await;
    assert_eq!((&run.payload, run.attempt), (&json!(null), 1));
    run.end(Ok(()));
    assert_eq!(work.await.unwrap(), 1);
    assert_eq!(seen(&ground).await, [] as [&str; 0]);
    ground.end().await;
}

#[tokio::test]
async fn a_retried_job_gives_way_to_one_of_its_key_that_waits_and_brings_it_forward() {
    let ground = Ground::new().await;
    ground.enqueue_in(NOW, "old-word", Some("k"), json!("old")).await;
    ground.worker(Vec::new()).run_due().await.unwrap();
    ground.enqueue_in(HOUR, "work", Some("k"), json!("new")).await;
    operator::retry(&ground.db, &first_id(&ground).await).await.unwrap();
    let (job, mut runs) = puppet(HOUR);
    let worker = ground.worker(vec![job]);
    let work = tokio::spawn(async move { worker.run_due().await.unwrap() });
    let run = runs.next().await;
    assert_eq!(run.payload, json!("new"));
    run.end(Ok(()));
    assert_eq!(work.await.unwrap(), 1);
    ground.end().await;
}

#[tokio::test]
async fn a_job_that_runs_is_left_alone() {
    let ground = Ground::new().await;
    let (job, mut runs) = puppet(HOUR);
    let worker = ground.worker(vec![job]);
    ground.work(None).await;
    let work = tokio::spawn(async move { worker.run_due().await.unwrap() });
    let run = runs.next().await;
    let id = first_id(&ground).await;
    assert!(matches!(operator::retry(&ground.db, &id).await, Err(Error::Conflict(_))));
    assert!(matches!(operator::drop(&ground.db, &id).await, Err(Error::Conflict(_))));
    assert_eq!(seen(&ground).await, ["running work 1 -"]);
    run.end(Ok(()));
    work.await.unwrap();
    ground.end().await;
}
