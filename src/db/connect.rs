//! Opening the pools: SQLite with one writer, PostgreSQL as it is, both migrated.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Once;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::{AnyPool, Connection as _, Executor};

use super::Dialect;
use crate::error::{Error, Result};

static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");
static DRIVERS: Once = Once::new();

/// The longest wait for a connection at the start.
const START: Duration = Duration::from_secs(10);
/// The longest wait later: whoever waits at Slack reads an answer after three seconds or none at all.
const WAIT: Duration = Duration::from_millis(1_500);

pub(super) struct Pools {
    pub dialect: Dialect,
    pub writer: AnyPool,
    pub reader: AnyPool,
    pub lock: Option<std::fs::File>,
}

pub(super) async fn open(url: &str) -> Result<Pools> {
    DRIVERS.call_once(sqlx::any::install_default_drivers);
    match kind(url)? {
        Kind::Sqlite(path) => sqlite(path).await,
        Kind::Postgres => postgres(url).await,
    }
}

enum Kind<'a> {
    /// With its path.
    Sqlite(&'a str),
    Postgres,
}

fn kind(url: &str) -> Result<Kind<'_>> {
    match url.split_once(':') {
        Some(("sqlite", path)) => Ok(Kind::Sqlite(path)),
        Some(("postgres" | "postgresql", _)) => Ok(Kind::Postgres),
        _ => Err(Error::Unavailable(
            "DATABASE_URL is neither `sqlite:PATH` nor `postgres://…`; write one of these".into(),
        )),
    }
}

async fn sqlite(path: &str) -> Result<Pools> {
    let path = absolute(path)?;
    let lock = lock(&path)?;
    private_file(&path).map_err(|error| cannot_open(&path, &error.into()))?;
    let mut pools = sqlite_pools(&path, "rwc").await?;
    migrate(&SQLITE, &pools.writer).await?;
    pools.lock = Some(lock);
    Ok(pools)
}

/// Beside a bot that may run: nothing is made, locked or migrated.
pub(super) async fn attach(url: &str) -> Result<Pools> {
    DRIVERS.call_once(sqlx::any::install_default_drivers);
    match kind(url)? {
        Kind::Sqlite(path) => {
            let path = absolute(path)?;
            if !path.exists() {
                return Err(Error::Unavailable(format!(
                    "There is no database {}; the bot makes it at its first start. GOLDENPATH_DATA or DATABASE_URL \
                     name another one",
                    path.display()
                )));
            }
            let pools = sqlite_pools(&path, "rw").await?;
            of_this_version(&SQLITE, &pools.writer).await.map(|()| pools)
        }
        Kind::Postgres => {
            let pools = postgres_pools(url, 1).await?;
            of_this_version(&POSTGRES, &pools.writer).await.map(|()| pools)
        }
    }
}

async fn sqlite_pools(path: &Path, mode: &str) -> Result<Pools> {
    let options = AnyConnectOptions::from_str(&sqlite_url(path, mode)?)?;
    answers(&options).await.map_err(|error| cannot_open(path, &error))?;
    // A connection was asked whether it works when it was given back, and a file does not hang up
    // in between; asked once more before each unit, the thread behind it would be woken for nothing.
    let pool = |connections| pool(connections).test_before_acquire(false);
    // An acknowledged write survives power loss: the write-ahead log is synced at each commit.
    let writer = pool(1)
        .after_connect(|conn, _| {
            Box::pin(async move {
                conn.execute(
                    // What another program holds is waited for, a little shorter than for a connection.
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                     PRAGMA busy_timeout = 900;
                     -- What is deleted, as the key of a closed wave, is zeroed.
                     PRAGMA secure_delete = ON;",
                )
                .await?;
                Ok(())
            })
        })
        .connect_with(options.clone())
        .await
        .map_err(|error| cannot_open(path, &error))?;
    let reader = pool(4)
        .after_connect(|conn, _| {
            Box::pin(async move {
                conn.execute("PRAGMA query_only = ON;").await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await?;
    Ok(Pools { dialect: Dialect::Sqlite, writer, reader, lock: None })
}

async fn postgres(url: &str) -> Result<Pools> {
    let pools = postgres_pools(url, 16).await?;
    migrate(&POSTGRES, &pools.writer).await.map(|()| pools)
}

async fn postgres_pools(url: &str, connections: u32) -> Result<Pools> {
    let options = AnyConnectOptions::from_str(url)
        .map_err(|_| Error::Unavailable("DATABASE_URL is not a valid PostgreSQL address".into()))?;
    let unusable = |error| {
        Error::Unavailable(format!("PostgreSQL does not answer: {error}; check DATABASE_URL and the server"))
    };
    answers(&options).await.map_err(unusable)?;
    let writer = pool(connections).connect_with(options).await.map_err(unusable)?;
    Ok(Pools { dialect: Dialect::Postgres, reader: writer.clone(), writer, lock: None })
}

/// One connection and one question, because a pool that cannot connect tries on
/// and then says only that it waited too long.
async fn answers(options: &AnyConnectOptions) -> Result<(), sqlx::Error> {
    let question = async {
        let mut conn = sqlx::AnyConnection::connect_with(options).await?;
        // SQLite reads the file only now.
        conn.execute("SELECT count(*) FROM (SELECT 1) AS one").await?;
        conn.close().await
    };
    tokio::time::timeout(START, question).await.map_err(|_| sqlx::Error::PoolTimedOut)?
}

/// Who reads the file reads what everybody said; its log takes over the file's mode.
fn private_file(path: &Path) -> std::io::Result<()> {
    let mut new = std::fs::File::options();
    match new.write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new().max_connections(connections).acquire_timeout(WAIT)
}

async fn migrate(migrator: &Migrator, pool: &AnyPool) -> Result<()> {
    migrator.run(pool).await.map_err(|error| {
        Error::Unavailable(format!(
            "The tables cannot be brought up to date: {error}; restore a backup or run the version that made them"
        ))
    })
}

/// What a tool does to tables of another version could be wrong, and bringing them up to date is the bot's.
async fn of_this_version(migrator: &Migrator, pool: &AnyPool) -> Result<()> {
    let sql = "SELECT version FROM _sqlx_migrations ORDER BY version";
    let found: Result<Vec<i64>, _> = sqlx::query_scalar(sql).fetch_all(pool).await;
    let expected: Vec<i64> = migrator.iter().map(|migration| migration.version).collect();
    match found {
        Ok(found) if found == expected => Ok(()),
        Ok(_) => Err(Error::Unavailable(
            "The tables of this database are of another version; use the goldenpath that runs on it, or start this \
             one to bring them up to date"
                .into(),
        )),
        Err(sqlx::Error::Database(_)) => Err(Error::Unavailable(
            "This database holds no tables of goldenpath; check GOLDENPATH_DATA and DATABASE_URL".into(),
        )),
        Err(error) => Err(error.into()),
    }
}

fn absolute(path: &str) -> Result<PathBuf> {
    if path.is_empty() || path.contains(":memory:") {
        let fix = "`sqlite:` needs the path of a file, as in `sqlite:goldenpath.db`";
        return Err(Error::Unavailable(fix.into()));
    }
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    Ok(std::path::absolute(path)?)
}

fn sqlite_url(path: &Path, mode: &str) -> Result<String> {
    let file = url::Url::from_file_path(path).map_err(|()| Error::internal("the path is not absolute"))?;
    Ok(format!("sqlite://{}?mode={mode}", file.path()))
}

/// Two processes on one SQLite file would each believe the other's running jobs to be lost.
fn lock(path: &Path) -> Result<std::fs::File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = std::fs::File::options().create(true).truncate(false).write(true).open(&name);
    let file = file.map_err(|error| {
        Error::Unavailable(format!(
            "The database {} cannot be written: {error}; choose a folder that this user may write with \
             GOLDENPATH_DATA or DATABASE_URL",
            path.display()
        ))
    })?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        Error::Unavailable(format!(
            "Another goldenpath uses {}; stop it first, or give this one its own GOLDENPATH_DATA",
            path.display()
        ))
    })?;
    Ok(file)
}

fn cannot_open(path: &Path, error: &sqlx::Error) -> Error {
    Error::Unavailable(format!("The database {} cannot be opened: {error}", path.display()))
}
