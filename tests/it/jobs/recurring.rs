//! Jobs that come back by themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use goldenpath::jobs::JobError;
use goldenpath::jobs::worker::{MAX_ATTEMPTS, Worker};

use super::{HOUR, MINUTE, SECOND};
use crate::harness::ground::{Acts, End, Ground, Serving, until};

/// Notes the attempt of its last run, and ends as `end` says of the number of its run.
fn recurring(ground: &Ground, end: fn(i64) -> End) -> (Worker, Arc<AtomicI64>) {
    let (count, attempts) = (AtomicI64::new(0), Arc::new(AtomicI64::new(0)));
    let noted = attempts.clone();
    let act = move |_, attempt| {
        noted.store(attempt, Ordering::SeqCst);
        end(count.fetch_add(1, Ordering::SeqCst) + 1)
    };
    (ground.worker(vec![Arc::new(Acts { kind: "look", every: Some(MINUTE), act })]), attempts)
}

#[tokio::test]
async fn a_recurring_job_comes_back_after_its_pause_and_each_time_afresh() {
    let ground = Ground::new().await;
    let (worker, attempts) = recurring(&ground, |_| Ok(()));
    worker.schedule().await.unwrap();
    assert_eq!(worker.run_due().await.unwrap(), 1);
    for _ in 0..3 {
        ground.clock.advance(MINUTE - SECOND);
        assert_eq!(worker.run_due().await.unwrap(), 0);
        ground.clock.advance(SECOND);
        assert_eq!(worker.run_due().await.unwrap(), 1);
        assert_eq!(attempts.load(Ordering::SeqCst), 1, "no run before it failed");
    }
    ground.end().await;
}

#[tokio::test]
async fn a_start_looks_again_at_what_waits_for_the_outside_and_leaves_the_planned() {
    let ground = Ground::new().await;
    let act = |_, _| Err(JobError::Retry(HOUR, "nobody answers".into()));
    let worker = ground.worker(vec![Arc::new(Acts { kind: "work", every: None, act })]);
    ground.work(None).await;
    ground.enqueue_in(HOUR, "work", None, serde_json::Value::Null).await;
    assert_eq!(worker.run_due().await.unwrap(), 1);
    ground.clock.advance(SECOND);
    assert_eq!(worker.run_due().await.unwrap(), 0);
    worker.schedule().await.unwrap();
    assert_eq!(worker.run_due().await.unwrap(), 1, "the one that waits, not the planned one");
    ground.end().await;
}

#[tokio::test]
async fn starts_do_not_double_it_whether_it_waits_or_runs() {
    let ground = Ground::new().await;
    let (worker, _) = recurring(&ground, |_| Ok(()));
    for _ in 0..3 {
        worker.schedule().await.unwrap();
        assert_eq!(ground.jobs().await.len(), 1);
    }
    let run = ground.db.write((), |tx, ()| {
        Box::pin(async move {
            let sql = "UPDATE job SET state = 'running', lease_until = 9000000000000000";
            sqlx::query(sql).execute(tx.conn()).await?;
            Ok(())
        })
    });
    run.await.unwrap();
    worker.schedule().await.unwrap();
    assert_eq!(ground.jobs().await, ["look running 0"]);
    ground.end().await;
}

#[tokio::test]
async fn a_fault_of_a_recurring_job_pauses_it_and_never_ends_it() {
    let ground = Ground::new().await;
    let (worker, attempts) = recurring(&ground, |run| match run {
        run if run <= 2 * MAX_ATTEMPTS => Err(JobError::Fault("broken".into())),
        _ => Ok(()),
    });
    worker.schedule().await.unwrap();
    for _ in 0..=2 * MAX_ATTEMPTS {
        assert_eq!(worker.run_due().await.unwrap(), 1);
        ground.clock.advance(HOUR);
    }
    assert_eq!(attempts.load(Ordering::SeqCst), 2 * MAX_ATTEMPTS + 1);
    assert_eq!(worker.run_due().await.unwrap(), 1);
    assert_eq!(attempts.load(Ordering::SeqCst), 1, "after a good run it begins anew");
    ground.end().await;
}

#[tokio::test]
async fn the_worker_finds_by_itself_that_its_time_has_come() {
    let ground = Ground::new().await;
    let count = Arc::new(AtomicI64::new(0));
    let counted = count.clone();
    let act = move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(())
    };
    let worker = ground.worker(vec![Arc::new(Acts { kind: "look", every: Some(MINUTE), act })]);
    worker.schedule().await.unwrap();
    let serving = Serving::start(&worker);
    for round in 1..=3 {
        until("its next run", async || (count.load(Ordering::SeqCst) == round).then_some(())).await;
        until("its end", async || (ground.jobs().await[0].contains("ready")).then_some(())).await;
        ground.clock.advance(MINUTE);
    }
    serving.stop().await;
    ground.end().await;
}
