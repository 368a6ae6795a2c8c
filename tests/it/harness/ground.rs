//! The ground under the slices: a fresh database, clocks that the test moves,
//! jobs that tell the test when they run and end as it says.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use goldenpath::clock::{Clock, ManualClock};
use goldenpath::db::{Db, Dialect};
use goldenpath::ids::Ids;
use goldenpath::jobs::queue::{self, NewJob};
use goldenpath::jobs::worker::Worker;
use goldenpath::jobs::{Job, JobError};
use serde_json::{Value, json};
use sqlx::Any;
use sqlx::pool::PoolConnection;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::database::{Database, database, sqlite};
use super::test_app::START;

/// What a condition that has to become true is given.
const PATIENCE: Duration = Duration::from_secs(30);

/// A database without an app.
pub struct Ground {
    pub db: Db,
    /// People's time: when a job is due.
    pub clock: Arc<ManualClock>,
    /// The machine's time: leases.
    pub wall: Arc<ManualClock>,
    pub database: Database,
    _folder: TempDir,
}

impl Ground {
    pub async fn new() -> Ground {
        let folder = TempDir::with_prefix("gp").unwrap();
        let database = database(folder.path()).await;
        Ground::over(folder, database).await
    }

    /// With an SQLite file, whatever the run's server is.
    pub async fn on_a_file() -> Ground {
        let folder = TempDir::with_prefix("gp").unwrap();
        let database = sqlite(folder.path());
        Ground::over(folder, database).await
    }

    async fn over(folder: TempDir, database: Database) -> Ground {
        let (clock, wall) = (Arc::new(ManualClock::at(START)), Arc::new(ManualClock::at(START)));
        let db = open(&database.url, &clock).await.unwrap();
        Ground { db, clock, wall, database, _folder: folder }
    }

    /// The database as another process has it; on SQLite, where there is one process, ours.
    pub async fn another_process(&self) -> Db {
        match self.db.dialect() {
            Dialect::Sqlite => self.db.clone(),
            Dialect::Postgres => open(&self.database.url, &self.clock).await.unwrap(),
        }
    }

    /// The database as the next process has it; whatever else held the old one has to be gone.
    pub async fn after_the_process_died(self) -> Ground {
        let Ground { db, clock, wall, database, _folder } = self;
        db.close().await;
        drop(db);
        let db = until("the file is free", async || open(&database.url, &clock).await.ok()).await;
        Ground { db, clock, wall, database, _folder }
    }

    pub fn worker(&self, jobs: Vec<Arc<dyn Job>>) -> Worker {
        Worker::new(self.db.clone(), self.wall.clone(), jobs)
    }

    pub async fn read(&self) -> PoolConnection<Any> {
        self.db.read().await.unwrap()
    }

    /// Enqueues a job that is due after `wait`.
    pub async fn enqueue_in(&self, wait: Duration, kind: &'static str, key: Option<&str>, payload: Value) {
        let job = NewJob { kind, payload, key: key.map(str::to_owned), run_at: self.clock.now().plus(wait) };
        let unit = self.db.write(job, |tx, job| Box::pin(queue::enqueue(tx, job.clone())));
        unit.await.unwrap();
    }

    /// Enqueues a job of the kind `work` that is due now.
    pub async fn work(&self, key: Option<&str>) {
        self.enqueue_in(Duration::ZERO, "work", key, json!(null)).await;
    }

    /// The job table, `kind state attempt`.
    pub async fn jobs(&self) -> Vec<String> {
        let sql = "SELECT kind || ' ' || state || ' ' || CAST(attempt AS TEXT) FROM job ORDER BY 1";
        sqlx::query_scalar(sql).fetch_all(&mut *self.read().await).await.unwrap()
    }

    /// What the failed and stuck jobs say: (kind, error).
    pub async fn failures(&self) -> Vec<(String, String)> {
        queue::failures(&mut *self.read().await).await.unwrap()
    }

    pub async fn end(self) {
        self.db.close().await;
    }
}

async fn open(url: &str, clock: &Arc<ManualClock>) -> goldenpath::error::Result<Db> {
    Db::open(url, clock.clone(), Arc::new(Ids::from_system())).await
}

/// Looks until there is something to see.
pub async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let seen = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    seen.await.unwrap_or_else(|_| panic!("{what}: not so after {PATIENCE:?}"))
}

/// A worker that works by itself until it is stopped.
pub struct Serving(CancellationToken, JoinHandle<()>);

impl Serving {
    pub fn start(worker: &Worker) -> Serving {
        let stop = CancellationToken::new();
        Serving(stop.clone(), tokio::spawn(worker.clone().serve(stop)))
    }

    pub async fn stop(self) {
        self.0.cancel();
        self.1.await.unwrap();
    }
}

/// What a run of a job comes to.
pub type End = Result<(), JobError>;

/// One run of a [`Puppet`] that goes on until the test ends it.
pub struct Run {
    pub payload: Value,
    pub attempt: i64,
    end: oneshot::Sender<End>,
}

impl Run {
    /// Ends it; nothing when the worker has cut it off already.
    pub fn end(self, end: End) {
        drop(self.end.send(end));
    }

    /// Returns once the worker has cut it off.
    pub async fn cut_off(mut self) {
        let gone = tokio::time::timeout(PATIENCE, self.end.closed());
        gone.await.expect("the run goes on");
    }
}

/// A job of the kind `work` whose runs the test ends.
pub struct Puppet(mpsc::UnboundedSender<Run>, Duration);

/// The runs of a [`Puppet`], in the order in which they began.
pub struct Runs(mpsc::UnboundedReceiver<Run>);

pub fn puppet(timeout: Duration) -> (Arc<dyn Job>, Runs) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Arc::new(Puppet(sender, timeout)), Runs(receiver))
}

impl Runs {
    /// The next run that begins.
    pub async fn next(&mut self) -> Run {
        let next = tokio::time::timeout(PATIENCE, self.0.recv());
        next.await.expect("no run begins").expect("the job is there")
    }
}

#[async_trait]
impl Job for Puppet {
    fn kind(&self) -> &'static str {
        "work"
    }

    fn timeout(&self) -> Duration {
        self.1
    }

    async fn run(&self, payload: Value, attempt: i64) -> End {
        let (end, told) = oneshot::channel();
        self.0.send(Run { payload, attempt, end }).map_err(|_| JobError::Fail("no test listens".into()))?;
        told.await.unwrap_or_else(|_| Err(JobError::Fail("the test let go of the run".into())))
    }
}

/// A job that ends at once as a function of payload and attempt says.
pub struct Acts<F> {
    pub kind: &'static str,
    pub every: Option<Duration>,
    pub act: F,
}

#[async_trait]
impl<F: Fn(Value, i64) -> End + Send + Sync> Job for Acts<F> {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn every(&self) -> Option<Duration> {
        self.every
    }

    async fn run(&self, payload: Value, attempt: i64) -> End {
        (self.act)(payload, attempt)
    }
}
