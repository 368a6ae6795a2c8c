//! Schedules: one firing each, whatever processes, outages and clocks do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use goldenpath::clock::Timestamp;
use goldenpath::jobs::schedule::{Missed, Schedule, Schedules};
use goldenpath::jobs::{Job, worker::Worker};
use serde_json::Value;

use super::{HOUR, MINUTE, SECOND};
use crate::harness::ground::{Acts, Ground};

const DAY: Duration = Duration::from_secs(86_400);

fn schedule(cron: &str, zone: &str, missed: Missed) -> Schedule {
    let (cron, zone) = (cron.parse().unwrap(), zone.parse().unwrap());
    Schedule { key: "digest".into(), cron, zone, missed, job_kind: "work" }
}

/// A process with these schedules, and the instants that fired in it.
struct Process {
    schedules: Schedules,
    worker: Worker,
    fired: Arc<Mutex<Vec<Timestamp>>>,
}

impl Process {
    async fn start(ground: &Ground, all: Vec<Schedule>) -> Process {
        let schedules = Schedules::new(ground.another_process().await, all);
        let fired: Arc<Mutex<Vec<Timestamp>>> = Arc::default();
        let noted = fired.clone();
        let act = move |payload: Value, _| {
            assert_eq!(payload["schedule"], "digest");
            noted.lock().unwrap().push(Timestamp(payload["at"].as_i64().unwrap()));
            Ok(())
        };
        let work = Arc::new(Acts { kind: "work", every: None, act });
        let worker = ground.worker(vec![work, Arc::new(schedules.clone())]);
        schedules.plan().await.unwrap();
        Process { schedules, worker, fired }
    }

    /// What fired since the last look, as the zone's clocks show it.
    async fn fired(&self, zone: &str) -> Vec<String> {
        self.worker.run_due().await.unwrap();
        let fired = std::mem::take(&mut *self.fired.lock().unwrap());
        let zone: goldenpath::zone::Zone = zone.parse().unwrap();
        fired.into_iter().map(|at| zone.local(at).format("%m-%d %H:%M %:z").to_string()).collect()
    }
}

/// Moves the clock to this instant, written in RFC 3339.
fn at(ground: &Ground, instant: &str) {
    let to = chrono::DateTime::parse_from_rfc3339(instant).unwrap().timestamp_millis();
    ground.clock.set(Timestamp(to));
}

#[tokio::test]
async fn it_fires_at_its_instants_and_sleeps_in_between() {
    let ground = Ground::new().await;
    at(&ground, "2026-11-25T12:00:00Z");
    let process = Process::start(&ground, vec![schedule("0 9 * * *", "Europe/Berlin", Missed::Skip)]).await;
    assert!(process.fired("UTC").await.is_empty());
    at(&ground, "2026-11-26T07:59:59Z");
    assert_eq!(process.worker.run_due().await.unwrap(), 0, "nothing to do before it is due");
    ground.clock.advance(SECOND);
    assert_eq!(process.fired("Europe/Berlin").await, ["11-26 09:00 +01:00"]);
    ground.clock.advance(HOUR);
    assert_eq!(process.worker.run_due().await.unwrap(), 0);
    ground.clock.advance(DAY);
    assert!(process.fired("UTC").await.is_empty(), "an hour late, and it does not want that");
    ground.end().await;
}

#[tokio::test]
async fn two_processes_fire_once() {
    let ground = Ground::new().await;
    let all = vec![schedule("* * * * *", "UTC", Missed::Once)];
    let one = Process::start(&ground, all.clone()).await;
    let other = Process::start(&ground, all).await;
    for _ in 0..5 {
        ground.clock.advance(MINUTE);
        let (first, second) =
            tokio::join!(one.schedules.run(Value::Null, 1), other.schedules.run(Value::Null, 1));
        first.and(second).unwrap();
        let waiting = ground.jobs().await.into_iter().filter(|job| job == "work ready 0").count();
        assert_eq!(waiting, 1);
        let (first, second) = (one.fired("UTC").await, other.fired("UTC").await);
        assert_eq!(first.len() + second.len(), 1, "{first:?} {second:?}");
    }
    ground.end().await;
}

#[tokio::test]
async fn of_what_was_missed_the_latest_fires_or_nothing() {
    for (missed, fires) in [(Missed::Once, vec!["11-29 09:00 +00:00"]), (Missed::Skip, vec![])] {
        let ground = Ground::new().await;
        let all = vec![schedule("0 9 * * *", "UTC", missed)];
        at(&ground, "2026-11-25T12:00:00Z");
        Process::start(&ground, all.clone()).await;
        at(&ground, "2026-11-29T20:00:00Z");
        let later = Process::start(&ground, all).await;
        assert_eq!(later.fired("UTC").await, fires, "{missed:?}");
        at(&ground, "2026-11-30T09:04:00Z");
        assert_eq!(later.fired("UTC").await, ["11-30 09:00 +00:00"], "four minutes are not late");
        ground.end().await;
    }
}

#[tokio::test]
async fn what_was_changed_is_planned_from_now_on_and_what_is_gone_fires_no_more() {
    let ground = Ground::new().await;
    at(&ground, "2026-11-25T12:00:00Z");
    let before = Process::start(&ground, vec![schedule("0 13 * * *", "UTC", Missed::Once)]).await;
    at(&ground, "2026-11-25T14:00:00Z");
    let changed = Process::start(&ground, vec![schedule("30 13 * * *", "UTC", Missed::Once)]).await;
    assert!(changed.fired("UTC").await.is_empty(), "13:30 was not planned when it was");
    at(&ground, "2026-11-26T13:30:00Z");
    assert!(before.fired("UTC").await.is_empty(), "not its own any more");
    ground.clock.advance(MINUTE);
    assert_eq!(changed.fired("UTC").await, ["11-26 13:30 +00:00"]);
    let without = Process::start(&ground, vec![]).await;
    at(&ground, "2026-12-26T13:30:00Z");
    assert!(without.fired("UTC").await.is_empty());
    ground.end().await;
}

#[tokio::test]
async fn over_a_changed_clock_it_fires_once_and_after_one_set_back_not_again() {
    let ground = Ground::new().await;
    at(&ground, "2027-03-27T12:00:00Z");
    let berlin = "Europe/Berlin";
    let process = Process::start(&ground, vec![schedule("30 2 * * *", berlin, Missed::Once)]).await;
    at(&ground, "2027-03-28T01:00:00Z");
    assert_eq!(process.fired(berlin).await, ["03-28 03:00 +02:00"], "02:30 is left out that day");
    at(&ground, "2027-10-31T00:30:00Z");
    assert_eq!(process.fired(berlin).await, ["10-31 02:30 +02:00"]);
    at(&ground, "2027-10-31T01:30:00Z");
    assert!(process.fired(berlin).await.is_empty(), "02:30 comes twice");
    at(&ground, "2027-10-30T23:00:00Z");
    assert!(process.fired(berlin).await.is_empty());
    at(&ground, "2027-10-31T00:31:00Z");
    assert!(process.fired(berlin).await.is_empty(), "the machine's clock was set back");
    ground.end().await;
}
