//! How the jobs of a test's app run: as they should, each twice, or cut off at every commit.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use goldenpath::db::Checkpoint;
use goldenpath::jobs::worker::Worker;
use tokio::sync::Notify;

use super::database::Database;

/// What happens to each job.
#[derive(Debug, Clone)]
pub enum Work {
    Once,
    /// Its end is recorded the second time only.
    Twice,
    /// Cut off just before and just after its first commit, then its second …, until it is through.
    CutOff(Arc<Scissors>),
}

impl Work {
    /// Runs every job that is due, until none is.
    pub async fn run(&self, worker: &Worker, database: &Database) {
        match self {
            Work::Once => drop(worker.run_due().await.unwrap()),
            Work::Twice => twice(worker, database).await,
            Work::CutOff(scissors) => cut_off(worker, database, scissors).await,
        }
    }
}

/// As if so much time had passed.
async fn lapse_leases(database: &Database) {
    database.units_ended().await;
    database.execute("UPDATE job SET lease_until = 0 WHERE state = 'running'").await;
}

async fn twice(worker: &Worker, database: &Database) {
    let mut once = HashSet::new();
    while worker.run_next(|id| !once.insert(id.to_owned())).await.unwrap() {
        lapse_leases(database).await;
    }
}

async fn cut_off(worker: &Worker, database: &Database, scissors: &Scissors) {
    let mut moment = 0;
    loop {
        moment += 1;
        scissors.cut_at(moment);
        let through = tokio::select! {
            ran = worker.run_next(|_| true) => Some(ran.unwrap()),
            () = scissors.reached.notified() => None,
        };
        scissors.cut_at(usize::MAX);
        match through {
            Some(true) => moment = 0,
            Some(false) => return,
            None => lapse_leases(database).await,
        }
    }
}

/// Holds a unit of work at one moment for ever; who drops it there has a crash of that moment.
#[derive(Debug)]
pub struct Scissors {
    /// Moments until then: each commit has one before it and one after it.
    left: AtomicUsize,
    reached: Notify,
}

impl Scissors {
    pub fn new() -> Arc<Scissors> {
        Arc::new(Scissors { left: AtomicUsize::new(usize::MAX), reached: Notify::new() })
    }

    /// The moment to hold a unit at, from 1; `usize::MAX` for never.
    pub fn cut_at(&self, moment: usize) {
        self.left.store(moment, Ordering::SeqCst);
    }

    /// Resolves when a unit is held.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    async fn moment(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Checkpoint for Scissors {
    async fn before_commit(&self) {
        self.moment().await;
    }

    async fn after_commit(&self) {
        self.moment().await;
    }
}
