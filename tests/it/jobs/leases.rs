//! Leases: whose a job is, until when, and what somebody who lost it may still do.

use std::sync::Arc;
use std::time::Duration;

use goldenpath::clock::{Clock, ManualClock};
use goldenpath::db::Dialect;
use goldenpath::jobs::JobError;
use goldenpath::jobs::worker::Worker;
use serde_json::json;

use super::{HOUR, NOW, SECOND};
use crate::harness::ground::{End, Ground, Serving, puppet, until};

const LEASE: Duration = Duration::from_secs(30);

/// Runs what is due in the background.
fn run_due(worker: &Worker) -> tokio::task::JoinHandle<usize> {
    let worker = worker.clone();
    tokio::spawn(async move { worker.run_due().await.unwrap() })
}

#[tokio::test]
async fn a_lapsed_lease_frees_the_job_and_the_late_finisher_changes_nothing() {
    let ends: [fn() -> End; 5] = [
        || Ok(()),
        || Err(JobError::Retry(NOW, "late".into())),
        || Err(JobError::Fault("late".into())),
        || Err(JobError::Fail("late".into())),
        || Err(JobError::Stuck("late".into())),
    ];
    for late_end in ends {
        let ground = Ground::new().await;
        let (job, mut runs) = puppet(HOUR);
        // Another process: one does not begin again what still runs in itself.
        let (worker, other) = (ground.worker(vec![job.clone()]), ground.worker(vec![job]));
        ground.work(Some("k")).await;
        let slow = run_due(&worker);
        let late = runs.next().await;
        ground.wall.advance(LEASE - SECOND);
        assert_eq!(other.run_due().await.unwrap(), 0, "the lease holds until it lapses");
        ground.wall.advance(SECOND);
        let quick = run_due(&other);
        let second = runs.next().await;
        assert_eq!((late.attempt, second.attempt), (1, 2));
        late.end(late_end());
        assert_eq!(slow.await.unwrap(), 1);
        assert_eq!(ground.jobs().await, ["work running 2"]);
        second.end(Ok(()));
        assert_eq!(quick.await.unwrap(), 1);
        assert!(ground.jobs().await.is_empty());
        ground.end().await;
    }
}

#[tokio::test]
async fn a_late_heartbeat_does_not_take_the_job_back() {
    let ground = Ground::new().await;
    let (job, mut runs) = puppet(HOUR);
    // Its clock stands, so that each of its leases has lapsed for the other one.
    let standing = Arc::new(ManualClock::at(ground.wall.now()));
    ground.wall.advance(HOUR);
    let beats = Duration::from_millis(60);
    ground.work(None).await;
    let slow = run_due(&Worker::leasing(beats, ground.db.clone(), standing, vec![job.clone()]));
    let late = runs.next().await;
    let quick = run_due(&ground.worker(vec![job]));
    let second = runs.next().await;
    let leased = lease_until(&ground).await;
    // Several of the late one's heartbeats.
    tokio::time::sleep(4 * beats).await;
    assert_eq!(lease_until(&ground).await, leased);
    late.end(Ok(()));
    second.end(Ok(()));
    assert_eq!((slow.await.unwrap(), quick.await.unwrap()), (1, 1));
    ground.end().await;
}

/// Until when the one job is leased.
async fn lease_until(ground: &Ground) -> i64 {
    let sql = "SELECT lease_until FROM job";
    sqlx::query_scalar(sql).fetch_one(&mut *ground.read().await).await.unwrap()
}

#[tokio::test]
async fn a_long_job_keeps_its_lease_by_heartbeats() {
    let ground = Ground::new().await;
    let (job, mut runs) = puppet(HOUR);
    let lease = Duration::from_millis(300);
    let worker = Worker::leasing(lease, ground.db.clone(), ground.wall.clone(), vec![job]);
    ground.work(None).await;
    let all = run_due(&worker);
    let run = runs.next().await;
    for _ in 0..4 {
        ground.wall.advance(lease - Duration::from_millis(50));
        let renewed = ground.wall.now().plus(lease).0;
        until("the lease is renewed", async || (lease_until(&ground).await == renewed).then_some(())).await;
        assert_eq!(worker.run_due().await.unwrap(), 0);
    }
    run.end(Ok(()));
    assert_eq!(all.await.unwrap(), 1);
    ground.end().await;
}

#[tokio::test]
async fn a_lost_job_goes_on_before_a_waiting_one_of_its_key_and_never_beside_it() {
    let ground = Ground::new().await;
    let (job, mut runs) = puppet(HOUR);
    let worker = ground.worker(vec![job]);
    ground.enqueue_in(NOW, "work", Some("k"), json!("lost")).await;
    let lost = run_due(&worker);
    let _never_ends = runs.next().await;
    lost.abort();
    // Due earlier, as a process with a slower clock may put it.
    wait_since_earlier(&ground).await;
    ground.wall.advance(LEASE);
    let serving = Serving::start(&worker);
    let first = runs.next().await;
    assert_eq!((first.payload.clone(), first.attempt), (json!("lost"), 2));
    assert_eq!(worker.run_due().await.unwrap(), 0, "the other one waits for its end");
    first.end(Ok(()));
    let second = runs.next().await;
    assert_eq!(second.payload, json!("waiting"));
    second.end(Ok(()));
    serving.stop().await;
    ground.end().await;
}

/// Enqueues the other job of the key, due an hour ago.
async fn wait_since_earlier(ground: &Ground) {
    ground.enqueue_in(NOW, "work", Some("k"), json!("waiting")).await;
    let earlier = ground.db.write((), |tx, ()| {
        Box::pin(async move {
            let sql = "UPDATE job SET run_at = run_at - 3600000 WHERE state = 'ready'";
            sqlx::query(sql).execute(tx.conn()).await?;
            Ok(())
        })
    });
    earlier.await.unwrap();
}

#[tokio::test]
async fn a_crashed_processs_job_goes_on_at_the_start_where_nobody_else_can_live_and_else_when_it_lapses() {
    let ground = Ground::new().await;
    let (job, mut runs) = puppet(HOUR);
    ground.work(None).await;
    let crashed = run_due(&ground.worker(vec![job.clone()]));
    let _never_ends = runs.next().await;
    crashed.abort();
    assert!(crashed.await.is_err());
    let ground = ground.after_the_process_died().await;
    assert_eq!(ground.jobs().await, ["work running 1"]);
    let worker = ground.worker(vec![job]);
    let serving = Serving::start(&worker);
    if ground.db.dialect() == Dialect::Postgres {
        until("the worker is running", async || worker.is_running().then_some(())).await;
        assert_eq!(worker.run_due().await.unwrap(), 0, "its process may live elsewhere");
        ground.wall.advance(LEASE);
    }
    let again = runs.next().await;
    assert_eq!(again.attempt, 2);
    again.end(Ok(()));
    serving.stop().await;
    assert!(ground.jobs().await.is_empty());
    ground.end().await;
}
