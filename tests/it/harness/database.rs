//! The database of one test: a file of its own, or one in the PostgreSQL that the run names.

use std::path::Path;
use std::sync::Once;

use goldenpath::ids::Ids;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _};
use url::Url;

use super::bot_process::until;

/// Names a PostgreSQL server for the whole run; without it every test uses SQLite.
const SERVER: &str = "GOLDENPATH_TEST_DATABASE_URL";

static DRIVERS: Once = Once::new();

/// A fresh database, dropped with the value.
pub struct Database {
    /// As the bot takes it.
    pub url: String,
    /// Of PostgreSQL: the server and the name to drop there.
    on_server: Option<(String, String)>,
}

/// An empty database: on the server of this run, or else a file in `folder`.
pub async fn database(folder: &Path) -> Database {
    let Some(server) = server() else { return sqlite(folder) };
    let name = Ids::from_system().new_id("test").to_lowercase();
    execute(&server, format!("CREATE DATABASE {name}")).await;
    let mut url = Url::parse(&server).unwrap();
    url.set_path(&name);
    Database { url: url.into(), on_server: Some((server, name)) }
}

/// A file in `folder`, whatever the run's server is.
pub fn sqlite(folder: &Path) -> Database {
    Database { url: format!("sqlite:{}", folder.join("goldenpath.db").display()), on_server: None }
}

fn server() -> Option<String> {
    goldenpath::config::environment().remove(SERVER).filter(|url| !url.is_empty())
}

impl Database {
    /// One that somebody else made and removes.
    pub fn at(url: &str) -> Database {
        Database { url: url.into(), on_server: None }
    }

    /// Whether it is one of a server.
    pub fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// The first column of each row, which has to be text.
    pub async fn texts(&self, sql: impl Into<String>) -> Vec<String> {
        let mut conn = connect(&self.reading()).await;
        let texts = sqlx::query_scalar(AssertSqlSafe(sql.into())).fetch_all(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        texts
    }

    /// Changes something behind the bot's back.
    pub async fn execute(&self, sql: impl Into<String>) {
        execute(&self.url, sql.into()).await;
    }

    /// As if the time had passed after which a dead process's jobs are taken over. On
    /// SQLite there is nothing to wait for.
    pub async fn lapse_leases(&self) {
        if self.is_postgres() {
            // What the dead process sent last may be done only now, and begin a lease.
            self.without("pid <> pg_backend_pid()").await;
            execute(&self.url, "UPDATE job SET lease_until = 0 WHERE state = 'running'".into()).await;
        }
    }

    /// Returns once no unit of work is open that somebody let go of; on SQLite the next writer waits for it.
    pub async fn units_ended(&self) {
        if self.is_postgres() {
            self.without("pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'").await;
        }
    }

    /// Returns once PostgreSQL has no such session for this database.
    async fn without(&self, sessions: &str) {
        let sql = format!(
            "SELECT state FROM pg_stat_activity
             WHERE datname = current_database() AND backend_type = 'client backend' AND {sessions}"
        );
        until("the sessions end", async || self.texts(&sql).await.is_empty().then_some(())).await;
    }

    fn reading(&self) -> String {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => format!("sqlite://{path}?mode=ro"),
            None => self.url.clone(),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((server, name)) = self.on_server.take() else { return };
        // The test's own runtime may be ending, so this brings one.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(execute(&server, format!("DROP DATABASE {name} WITH (FORCE)")));
        });
        assert!(dropping.join().is_ok() || std::thread::panicking(), "a test's database was not dropped");
    }
}

/// Another program that has an SQLite file for itself.
pub struct Hold(AnyConnection);

impl Hold {
    /// Lets others read, and nobody write.
    pub async fn on(database: &Database) -> Hold {
        let path = database.url.strip_prefix("sqlite:").expect("a file");
        let mut conn = connect(&format!("sqlite://{path}?mode=rw")).await;
        conn.execute("BEGIN IMMEDIATE").await.unwrap();
        Hold(conn)
    }

    pub async fn release(mut self) {
        self.0.execute("ROLLBACK").await.unwrap();
        self.0.close().await.unwrap();
    }
}

async fn execute(url: &str, sql: String) {
    let mut conn = connect(url).await;
    conn.execute(AssertSqlSafe(sql)).await.unwrap();
    conn.close().await.unwrap();
}

async fn connect(url: &str) -> AnyConnection {
    DRIVERS.call_once(sqlx::any::install_default_drivers);
    AnyConnection::connect(url).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}
