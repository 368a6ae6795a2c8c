//! The worker: claims what is due, keeps its lease alive, decides what a failure means.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::queue::{self, Claimed};
use super::{Job, JobError};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Error, Result};

/// A lease lapses after this long without renewal: a crashed process's jobs go on elsewhere.
/// It is renewed three times within its length.
const LEASE: Duration = Duration::from_secs(30);
/// A look at the table even when nobody told us of new work.
const IDLE_LOOK: Duration = Duration::from_millis(500);
/// Jobs side by side; most of them wait for something outside.
const CONCURRENCY: usize = 16;
/// A faulty job is given up after this many runs (about 20 minutes of growing pauses).
pub const MAX_ATTEMPTS: i64 = 12;

/// Runs jobs of the registered kinds.
#[derive(Clone)]
pub struct Worker(Arc<Inner>);

struct Inner {
    db: Db,
    /// Leases are of the machine's time, not of the clock that tests and the playground move.
    wall: Arc<dyn Clock>,
    lease: Duration,
    jobs: HashMap<&'static str, Arc<dyn Job>>,
    running: AtomicBool,
    /// The ids of the jobs that run here just now.
    held: Mutex<HashSet<String>>,
}

/// A claimed job, in [`Inner::held`] while this lives.
struct Held {
    job: Claimed,
    worker: Worker,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.worker.held().remove(&self.job.id);
    }
}

impl Worker {
    /// A worker for these kinds of jobs.
    pub fn new(db: Db, wall: Arc<dyn Clock>, jobs: Vec<Arc<dyn Job>>) -> Self {
        Worker::leasing(LEASE, db, wall, jobs)
    }

    /// A worker with leases of another length.
    pub fn leasing(lease: Duration, db: Db, wall: Arc<dyn Clock>, jobs: Vec<Arc<dyn Job>>) -> Self {
        let jobs = jobs.into_iter().map(|job| (job.kind(), job)).collect();
        let (running, held) = (AtomicBool::new(false), Mutex::default());
        Worker(Arc::new(Inner { db, wall, lease, jobs, running, held }))
    }

    /// Whether the loop of [`Worker::serve`] is going round.
    pub fn is_running(&self) -> bool {
        self.0.running.load(Ordering::SeqCst)
    }

    /// Puts the recurring jobs into the table, once; due at once, at each start, as is what
    /// waits for something outside.
    pub async fn schedule(&self) -> Result<()> {
        queue::look_again(&self.0.db).await?;
        for job in self.0.jobs.values().filter(|job| job.every().is_some()) {
            queue::ensure(&self.0.db, job.kind()).await?;
        }
        Ok(())
    }

    /// Works until `stop`, then waits for what is running.
    pub async fn serve(self, stop: CancellationToken) {
        let slots = Arc::new(Semaphore::new(CONCURRENCY));
        let tasks = TaskTracker::new();
        if let Err(error) = queue::free_orphans(&self.0.db).await {
            tracing::error!(%error, "jobs of the process before could not be freed");
        }
        self.0.running.store(true, Ordering::SeqCst);
        while let Some(permit) = stop.run_until_cancelled(slots.clone().acquire_owned()).await {
            let Ok(permit) = permit else { break };
            // Listened for before the look, so that work enqueued in between is not slept through.
            let enqueued = self.0.db.job_enqueued();
            match self.claim().await {
                Ok(Some(job)) => {
                    let worker = self.clone();
                    tasks.spawn(async move {
                        let outcome = worker.perform(&job.job).await;
                        worker.record(&job.job, outcome).await;
                        drop(permit);
                    });
                }
                Ok(None) => {
                    let look = tokio::time::timeout(IDLE_LOOK, enqueued);
                    let _ = stop.run_until_cancelled(look).await;
                }
                Err(error) => {
                    told(&error, "no job could be claimed");
                    let _ = stop.run_until_cancelled(tokio::time::sleep(Duration::from_secs(1))).await;
                }
            }
        }
        self.0.running.store(false, Ordering::SeqCst);
        tasks.close();
        tasks.wait().await;
    }

    /// Runs what is due, one after another, until nothing is: for tests and tools. Returns how many ran.
    pub async fn run_due(&self) -> Result<usize> {
        let mut count = 0;
        while self.run_next(|_| true).await? {
            count += 1;
        }
        Ok(count)
    }

    /// Runs the next job that is due; `false` when none is. Unless `recorded` says so of its id, its
    /// end is not recorded, as if this process had died just before: it runs again when its lease has lapsed.
    pub async fn run_next(&self, recorded: impl FnOnce(&str) -> bool) -> Result<bool> {
        let Some(held) = self.claim().await? else { return Ok(false) };
        let recorded = recorded(&held.job.id);
        let outcome = self.perform(&held.job).await;
        if recorded {
            self.record(&held.job, outcome).await;
        }
        Ok(true)
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn claim(&self) -> Result<Option<Held>> {
        let (wall, held) = (self.0.wall.now(), self.held().clone());
        let claimed = queue::claim(&self.0.db, held, wall, wall.plus(self.0.lease)).await?;
        Ok(claimed.map(|job| {
            self.held().insert(job.id.clone());
            Held { job, worker: self.clone() }
        }))
    }

    async fn perform(&self, claimed: &Claimed) -> Result<(), JobError> {
        match self.0.jobs.get(claimed.kind.as_str()) {
            Some(job) => self.run_leased(job.clone(), claimed).await,
            None => Err(JobError::Fail(format!("no job of the kind `{}` is known", claimed.kind))),
        }
    }

    async fn record(&self, claimed: &Claimed, outcome: Result<(), JobError>) {
        if let Err(error) = self.settle(claimed, outcome).await {
            // The lease lapses and the job runs again.
            told(&error, "the end of a job could not be recorded");
        }
    }

    async fn run_leased(&self, job: Arc<dyn Job>, claimed: &Claimed) -> Result<(), JobError> {
        let limit = job.timeout();
        // A task of its own: a panic in a job ends that job alone. It ends with us.
        let (payload, attempt) = (claimed.payload.clone(), claimed.attempt);
        let run = async move { tokio::time::timeout(limit, job.run(payload, attempt)).await };
        let mut task = AbortOnDropHandle::new(tokio::spawn(run));
        loop {
            match tokio::time::timeout(self.0.lease / 3, &mut task).await {
                Ok(Ok(Ok(outcome))) => return outcome,
                Ok(Ok(Err(_))) => return Err(JobError::Fault(format!("not done within {limit:?}"))),
                Ok(Err(panic)) => return Err(JobError::Fault(format!("crashed: {panic}"))),
                Err(_) => {
                    let until = self.0.wall.now().plus(self.0.lease);
                    match queue::renew(&self.0.db, claimed, until).await {
                        Ok(true) => {}
                        Ok(false) => {
                            // It lapsed, and another process does the job by now.
                            return Err(JobError::Fault("the lease lapsed".into()));
                        }
                        Err(error) => told(&error, "a lease could not be renewed"),
                    }
                }
            }
        }
    }

    async fn settle(&self, job: &Claimed, outcome: Result<(), JobError>) -> Result<()> {
        let db = &self.0.db;
        let every = self.0.jobs.get(job.kind.as_str()).and_then(|job| job.every());
        let Err(error) = outcome else {
            return match every {
                Some(pause) => queue::put_back(db, job, db.now().plus(pause), 0, "").await,
                None => queue::finish(db, job).await.map(drop),
            };
        };
        let text = error.to_string();
        match error {
            // Waiting for something outside is no fault, and uses up none of its attempts.
            JobError::Retry(after, _) => queue::put_back(db, job, db.now().plus(after), 0, &text).await,
            JobError::Fault(_) if job.attempt < MAX_ATTEMPTS || every.is_some() => {
                tracing::warn!(
                    kind = job.kind,
                    attempt = job.attempt,
                    error = text,
                    "a job failed and runs again"
                );
                queue::put_back(db, job, db.now().plus(pause(job.attempt)), job.attempt, &text).await
            }
            JobError::Fault(_) | JobError::Fail(_) => {
                tracing::error!(kind = job.kind, id = job.id, error = text, "a job is given up");
                queue::give_up(db, job, "failed", &text).await
            }
            JobError::Stuck(_) => queue::give_up(db, job, "stuck", &text).await,
        }
    }
}

/// That the database is away is told once, by the database.
fn told(error: &Error, what: &str) {
    if !matches!(error, Error::Away(_)) {
        tracing::warn!(%error, "{what}");
    }
}

/// 1, 2, 4 … seconds, at most five minutes.
fn pause(attempt: i64) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 9) - 1).unwrap_or(8);
    Duration::from_secs((1 << doublings).min(300))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use serde_json::Value;
    use tokio::sync::{mpsc, watch};

    use super::*;
    use crate::clock::{ManualClock, SystemClock, Timestamp};
    use crate::ids::Ids;
    use crate::jobs::queue::NewJob;

    /// Says when it begins, ends when told to.
    struct Slow(mpsc::UnboundedSender<i64>, watch::Receiver<bool>);

    #[async_trait]
    impl Job for Slow {
        fn kind(&self) -> &'static str {
            "slow"
        }

        async fn run(&self, _: Value, attempt: i64) -> Result<(), JobError> {
            let _ = self.0.send(attempt);
            let _ = self.1.clone().wait_for(|end| *end).await;
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_job_that_still_runs_after_the_machine_slept_is_not_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("g.db").display());
        let db = Db::open(&url, Arc::new(SystemClock), Arc::new(Ids::seeded(1))).await.unwrap();
        let wall = Arc::new(ManualClock::at(Timestamp(1_000)));
        let ((begins, mut begun), (end, ended)) = (mpsc::unbounded_channel(), watch::channel(false));
        let worker = Worker::new(db.clone(), wall.clone(), vec![Arc::new(Slow(begins, ended))]);
        let job = NewJob { kind: "slow", payload: Value::Null, key: None, run_at: Timestamp(0) };
        db.write(job, |tx, job| Box::pin(queue::enqueue(tx, job.clone()))).await.unwrap();
        let first = tokio::spawn({
            let worker = worker.clone();
            async move { worker.run_due().await }
        });
        assert_eq!(begun.recv().await, Some(1));
        wall.advance(Duration::from_secs(3_600));
        tokio::select! {
            attempt = begun.recv() => panic!("it was begun again: {attempt:?}"),
            ran = worker.run_due() => assert_eq!(ran.unwrap(), 0),
        }
        end.send(true).unwrap();
        assert_eq!(first.await.unwrap().unwrap(), 1);
        let left = "SELECT CAST(count(*) AS BIGINT) FROM job";
        let mut conn = db.read().await.unwrap();
        assert_eq!(sqlx::query_scalar::<_, i64>(left).fetch_one(&mut *conn).await.unwrap(), 0);
    }
}
