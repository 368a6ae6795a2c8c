//! The database: SQLite or PostgreSQL behind one text of SQL.
//!
//! Invariants: SQL stands in `store.rs` files, in the subset both engines
//! share; every change goes through [`Db::write`], a whole unit of work. A bare
//! transaction is never handed out, so that later several units may share one
//! disk sync without touching a slice. Deliberately absent: repositories and
//! traits over the two engines (`sqlx::Any` carries both).

mod away;
mod connect;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Executor as _, Row as _};
use tokio::sync::Notify;

pub use away::Away;
use away::Standing;

use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};
use crate::ids::Ids;

/// What a store function runs its statements on.
pub type Conn = AnyConnection;

/// The future of a unit of work.
pub type Unit<'t, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 't>>;

/// Which of the two engines it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// A handle on the database; clones share it.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    dialect: Dialect,
    writer: AnyPool,
    reader: AnyPool,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    jobs: Notify,
    standing: Standing,
    checkpoint: OnceLock<Arc<dyn Checkpoint>>,
    /// Held while we live: one process per SQLite file.
    _lock: Option<std::fs::File>,
}

/// How often a unit that lost against another one is run again.
const CONTENTION_RETRIES: u32 = 8;

/// How many bytes a change has that proves that changes are taken: more than any unit has.
const PROOF: usize = 256 * 1024;

impl Db {
    /// Connects to `url` (`sqlite:PATH`, made if missing, or `postgres:…`) and
    /// brings its tables up to date.
    ///
    /// # Errors
    /// `Unavailable` with what to do, when the file or server cannot be used.
    pub async fn open(url: &str, clock: Arc<dyn Clock>, ids: Arc<Ids>) -> Result<Db> {
        Ok(Db::over(connect::open(url).await?, clock, ids))
    }

    /// Connects to a database that a bot may be using: for tools. Nothing is made or
    /// migrated, and the lock of a SQLite file is left to the bot.
    ///
    /// # Errors
    /// `Unavailable` with what to do, also where the tables are of another version.
    pub async fn attach(url: &str, clock: Arc<dyn Clock>, ids: Arc<Ids>) -> Result<Db> {
        Ok(Db::over(connect::attach(url).await?, clock, ids))
    }

    fn over(pools: connect::Pools, clock: Arc<dyn Clock>, ids: Arc<Ids>) -> Db {
        let inner = Inner {
            dialect: pools.dialect,
            writer: pools.writer,
            reader: pools.reader,
            clock,
            ids,
            jobs: Notify::new(),
            standing: Standing::default(),
            checkpoint: OnceLock::new(),
            _lock: pools.lock,
        };
        Db(Arc::new(inner))
    }

    /// The engine, for the few statements that differ.
    pub fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    /// The clock that people's time is read from.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// A connection for reading; on SQLite it refuses to write.
    pub async fn read(&self) -> Result<PoolConnection<Any>> {
        Ok(self.0.reader.acquire().await?)
    }

    /// Runs one unit of work: all of it is on disk when this returns `Ok`,
    /// nothing of it otherwise. The unit may run more than once, so it acts on
    /// the database alone.
    pub async fn write<I, T, F>(&self, input: I, unit: F) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx, &'t I) -> Unit<'t, T> + Send + Sync + 'static,
    {
        let mut tries = 0;
        loop {
            match self.attempt(&input, &unit).await {
                Err(Error::Internal(error)) if tries < CONTENTION_RETRIES && is_contention(&error) => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(5 << tries)).await;
                }
                outcome => {
                    match &outcome {
                        Ok(_) if self.away().is_some() => self.prove().await,
                        Err(Error::Away(away)) => self.0.standing.refused(away),
                        Ok(_) | Err(_) => {}
                    }
                    return outcome;
                }
            }
        }
    }

    async fn attempt<I, T, F>(&self, input: &I, unit: &F) -> Result<T>
    where
        F: for<'t> Fn(&'t mut Tx, &'t I) -> Unit<'t, T>,
    {
        let mut tx = Tx::begin(self).await?;
        let value = match unit(&mut tx, input).await {
            Ok(value) => value,
            Err(error) => {
                tx.roll_back().await;
                return Err(error);
            }
        };
        let checkpoint = self.0.checkpoint.get();
        if let Some(checkpoint) = checkpoint {
            checkpoint.before_commit().await;
        }
        tx.commit().await?;
        if let Some(checkpoint) = checkpoint {
            checkpoint.after_commit().await;
        }
        if tx.wakes {
            self.0.jobs.notify_waiters();
        }
        Ok(value)
    }

    /// Why changes are not taken, since the last one was not. Reads may work all the same.
    pub fn away(&self) -> Option<&'static str> {
        self.0.standing.away()
    }

    /// Finds out whether a change is taken just now, by making one.
    pub async fn takes_changes(&self) -> Result<()> {
        self.write(self.now().0.to_string(), mark).await
    }

    /// A unit that changed nothing, as most claims, is no sign that changes are taken again, and
    /// on a full disk a small one may still fit. A large one is.
    async fn prove(&self) {
        let (large, small) = ("0".repeat(PROOF), self.now().0.to_string());
        if self.attempt(&large, &mark).await.is_ok() && self.attempt(&small, &mark).await.is_ok() {
            self.0.standing.took_a_change();
        }
    }

    /// Has each unit pass `checkpoint` from now on; the first one given stays.
    pub fn pass(&self, checkpoint: Arc<dyn Checkpoint>) {
        // A second one is not expected, and would change nothing.
        let _ = self.0.checkpoint.set(checkpoint);
    }

    /// Resolves when this process enqueued a job after the call (not only after the first poll).
    pub fn job_enqueued(&self) -> tokio::sync::futures::Notified<'_> {
        self.0.jobs.notified()
    }

    /// Copies a SQLite database, as it is at one instant, into an empty `file`. Others read and write meanwhile.
    ///
    /// # Errors
    /// `Unavailable` with the engine's reason, as a full disk; PostgreSQL has `pg_dump` for this.
    pub async fn copy_to(&self, file: &Path) -> Result<()> {
        let path = file.to_str().ok_or_else(|| Error::Invalid("The path has to be UTF-8.".into()))?;
        // The writer's connection, because one that refuses to write refuses this as well. It takes no lock.
        let mut conn = self.0.writer.acquire().await?;
        let copied = sqlx::query("VACUUM INTO $1").bind(path.to_owned()).execute(&mut *conn).await;
        copied.map(drop).map_err(|error| {
            Error::Unavailable(format!("The database cannot be copied to {}: {error}", file.display()))
        })
    }

    /// Takes from the files what was deleted or written over before now. SQLite's log holds
    /// every page that was written since it was last emptied, transaction by transaction;
    /// PostgreSQL keeps dead rows of `tables` until they are swept up, and its own log as
    /// long as it is set to.
    ///
    /// # Errors
    /// `Unavailable` while somebody reads what is in SQLite's log.
    pub async fn scrub(&self, tables: &[&'static str]) -> Result<()> {
        let mut conn = self.0.writer.acquire().await?;
        match self.0.dialect {
            Dialect::Sqlite => {
                let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
                let busy: i64 = sqlx::query(sql).fetch_one(&mut *conn).await?.try_get(0)?;
                match busy {
                    0 => Ok(()),
                    _ => Err(Error::Unavailable("the database's log is being read".into())),
                }
            }
            Dialect::Postgres => {
                for table in tables {
                    conn.execute(sqlx::AssertSqlSafe(format!("VACUUM {table}"))).await?;
                }
                Ok(())
            }
        }
    }

    /// Closes the connections; what was committed is on disk already.
    pub async fn close(&self) {
        self.0.writer.close().await;
        self.0.reader.close().await;
    }
}

/// Leaves a mark that nobody reads.
fn mark<'t>(tx: &'t mut Tx, value: &'t String) -> Unit<'t, ()> {
    Box::pin(async move {
        let sql = "INSERT INTO setting (name, value) VALUES ('ready', $1)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        sqlx::query(sql).bind(value).execute(tx.conn()).await?;
        Ok(())
    })
}

/// What each unit passes just before and just after its commit. A test that holds one there, and
/// drops it, leaves what a crash at that moment leaves.
#[async_trait]
pub trait Checkpoint: Send + Sync {
    /// All is done but nothing on disk.
    async fn before_commit(&self);
    /// All is on disk and nobody knows.
    async fn after_commit(&self);
}

/// A unit of work in progress.
///
/// Why not the driver's own transactions? After an error of the disk SQLite has rolled back by
/// itself; the driver's rollback then fails, and its connection refuses every later transaction.
/// Here a connection whose transaction did not end as it should is closed, and with it the transaction.
pub struct Tx {
    conn: PoolConnection<Any>,
    db: Db,
    wakes: bool,
    ended: bool,
}

impl Drop for Tx {
    fn drop(&mut self) {
        if !self.ended {
            self.conn.close_on_drop();
        }
    }
}

impl Tx {
    async fn begin(db: &Db) -> Result<Tx> {
        let conn = db.0.writer.acquire().await?;
        let mut tx = Tx { conn, db: db.clone(), wakes: false, ended: false };
        let begin = match db.0.dialect {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN",
        };
        tx.conn.execute(begin).await?;
        Ok(tx)
    }

    async fn commit(&mut self) -> Result<()> {
        match self.conn.execute("COMMIT").await.map_err(Error::from) {
            Ok(_) => {
                self.ended = true;
                Ok(())
            }
            Err(Error::Away(away)) => Err(Error::Away(away.while_committing())),
            Err(error) => Err(error),
        }
    }

    async fn roll_back(mut self) {
        self.ended = self.conn.execute("ROLLBACK").await.is_ok();
    }

    /// The connection that store functions take.
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// The instant of this unit.
    pub fn now(&self) -> Timestamp {
        self.db.now()
    }

    /// The engine, for the few statements that differ.
    pub fn dialect(&self) -> Dialect {
        self.db.0.dialect
    }

    /// A new id, `PREFIX_…`.
    pub fn new_id(&self, prefix: &str) -> String {
        self.db.0.ids.new_id(prefix)
    }

    /// Random bytes, for keys.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        self.db.0.ids.bytes()
    }

    /// Wakes the workers once this unit is on disk.
    pub(crate) fn wake_workers(&mut self) {
        self.wakes = true;
    }
}

/// Whether two units got in each other's way, so that running again may help:
/// PostgreSQL's serialization failure and deadlock, SQLite's lock within a process.
fn is_contention(error: &anyhow::Error) -> bool {
    let database = error.chain().find_map(|cause| cause.downcast_ref::<sqlx::Error>());
    let code = database.and_then(|error| error.as_database_error()).and_then(|error| error.code());
    matches!(code.as_deref(), Some("40001" | "40P01" | "6"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    async fn open(path: &std::path::Path) -> Result<Db> {
        let url = format!("sqlite:{}", path.display());
        Db::open(&url, Arc::new(SystemClock), Arc::new(Ids::seeded(1))).await
    }

    #[tokio::test]
    async fn a_refused_unit_leaves_nothing_and_a_kept_one_survives_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("with space ü.db");
        let db = open(&path).await.unwrap();
        let refused = db
            .write((), |tx, ()| {
                Box::pin(async move {
                    sqlx::query("INSERT INTO setting (name, value) VALUES ('a', 'x')")
                        .execute(tx.conn())
                        .await?;
                    Err::<(), _>(Error::Conflict("no".into()))
                })
            })
            .await;
        assert!(matches!(refused, Err(Error::Conflict(_))));
        db.write((), |tx, ()| {
            Box::pin(async move {
                sqlx::query("INSERT INTO setting (name, value) VALUES ('a', 'b')").execute(tx.conn()).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
        db.close().await;
        drop(db);
        let again = open(&path).await.unwrap();
        let mut conn = again.read().await.unwrap();
        let value: String =
            sqlx::query_scalar("SELECT value FROM setting").fetch_one(&mut *conn).await.unwrap();
        assert_eq!(value, "b");
    }

    #[tokio::test]
    async fn a_second_process_on_the_same_file_is_refused_and_a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.db");
        let db = open(&path).await.unwrap();
        assert!(matches!(open(&path).await, Err(Error::Unavailable(_))));
        let mut conn = db.read().await.unwrap();
        let written =
            sqlx::query("INSERT INTO setting (name, value) VALUES ('a', 'x')").execute(&mut *conn).await;
        assert!(written.is_err());
    }

    #[tokio::test]
    async fn an_acknowledged_write_survives_power_loss() {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder.path().join("g.db")).await.unwrap();
        let read = db.write((), |tx, ()| {
            Box::pin(async move {
                let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(tx.conn()).await?;
                let sync: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(tx.conn()).await?;
                Ok((mode, sync))
            })
        });
        assert_eq!(read.await.unwrap(), ("wal".to_owned(), 2), "2 is FULL");
    }
}
