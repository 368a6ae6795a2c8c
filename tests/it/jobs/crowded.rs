//! Many jobs at once: 16 slots of one process on SQLite, three processes on PostgreSQL.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use goldenpath::db::Dialect;
use goldenpath::jobs::queue::{self, NewJob};
use goldenpath::jobs::worker::Worker;
use goldenpath::jobs::{Job, JobError};
use serde_json::{Value, json};

use super::{NOW, SECOND};
use crate::harness::ground::{Acts, End, Ground, Serving, until};

/// Workers over these jobs: one on SQLite, three with connections of their own on PostgreSQL.
async fn crowd(ground: &Ground, jobs: Vec<Arc<dyn Job>>) -> Vec<Serving> {
    let processes = if ground.db.dialect() == Dialect::Sqlite { 1 } else { 3 };
    let mut crowd = Vec::new();
    for _ in 0..processes {
        let worker = Worker::new(ground.another_process().await, ground.wall.clone(), jobs.clone());
        crowd.push(Serving::start(&worker));
    }
    crowd
}

async fn all_done(ground: Ground, crowd: Vec<Serving>) {
    let done = async || {
        ground.clock.advance(SECOND);
        ground.jobs().await.is_empty().then_some(())
    };
    until("all jobs are done", done).await;
    for serving in crowd {
        serving.stop().await;
    }
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_of_200_jobs_runs_exactly_once() {
    let ground = Ground::new().await;
    let ran = Arc::new(Mutex::new(Vec::new()));
    let noted = ran.clone();
    let act = move |payload: Value, _| {
        noted.lock().unwrap().push(payload.as_i64().unwrap());
        Ok(())
    };
    let crowd = crowd(&ground, vec![Arc::new(Acts { kind: "work", every: None, act })]).await;
    let unit = ground.db.write((), |tx, ()| {
        Box::pin(async move {
            for number in 0..200 {
                let run_at = tx.now();
                queue::enqueue(tx, NewJob { kind: "work", payload: json!(number), key: None, run_at })
                    .await?;
            }
            Ok(())
        })
    });
    unit.await.unwrap();
    all_done(ground, crowd).await;
    let mut ran = ran.lock().unwrap().clone();
    ran.sort_unstable();
    assert_eq!(ran, (0..200).collect::<Vec<_>>());
}

/// Which keys are at work just now, and the last round that each has seen.
#[derive(Default)]
struct Seen {
    at_work: BTreeMap<String, i64>,
    last: BTreeMap<String, i64>,
    side_by_side: usize,
}

/// Takes its time, and the first time asks to be run again.
struct Slow(Arc<Mutex<Seen>>);

#[async_trait]
impl Job for Slow {
    fn kind(&self) -> &'static str {
        "work"
    }

    async fn run(&self, payload: Value, attempt: i64) -> End {
        let (key, round) = (payload["key"].as_str().unwrap().to_owned(), payload["round"].as_i64().unwrap());
        let others = self.0.lock().unwrap().at_work.insert(key.clone(), round);
        tokio::time::sleep(Duration::from_millis(20)).await;
        let mut seen = self.0.lock().unwrap();
        seen.side_by_side += usize::from(others.is_some());
        seen.at_work.remove(&key);
        if round % 2 == 0 && attempt == 1 {
            return Err(JobError::Fault("once more".into()));
        }
        seen.last.insert(key, round);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn jobs_of_one_key_follow_each_other_and_the_last_word_is_heard() {
    let ground = Ground::new().await;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let crowd = crowd(&ground, vec![Arc::new(Slow(seen.clone()))]).await;
    for round in 1..=30 {
        for key in ["a", "b", "c", "d"] {
            ground.enqueue_in(NOW, "work", Some(key), json!({ "key": key, "round": round })).await;
        }
        ground.clock.advance(Duration::from_millis(100));
    }
    all_done(ground, crowd).await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen.side_by_side, 0);
    let last: Vec<i64> = seen.last.values().copied().collect();
    assert_eq!(last, [30; 4]);
}
