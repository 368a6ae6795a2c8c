//! The whole app with the playground alone, working by itself behind real HTTP, and the page that is open.
//! It may be stopped and started again.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use goldenpath::app::{Ambient, App};
use goldenpath::clock::{ManualClock, SystemClock};
use goldenpath::content::Content;
use goldenpath::db::Db;
use goldenpath::ids::Ids;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::database::{Database, database};
use super::ground::until;
use super::page::{CHANNEL, Page};
use super::site_servers;
use super::test_app::{START, bare_config};

/// What stays when the bot stops.
pub struct Bot {
    pub clock: Arc<ManualClock>,
    folder: TempDir,
    database: Database,
    process: Option<Process>,
}

/// What is said to the bot is said by the page that is open.
impl Deref for Bot {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.process().page
    }
}

/// One start of it, and the page that was opened by its address.
struct Process {
    db: Db,
    page: Page,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Bot {
    pub async fn start() -> Bot {
        let folder = TempDir::with_prefix("gp").unwrap();
        let database = database(folder.path()).await;
        let clock = Arc::new(ManualClock::at(START));
        let mut bot = Bot { clock, folder, database, process: None };
        bot.process = Some(bot.begin().await);
        bot
    }

    /// Stops it in order and starts it again over what it left.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.process = Some(self.begin().await);
    }

    async fn stop(&mut self) {
        let Process { db, stop, serving, page } = self.process.take().unwrap();
        drop((db, page));
        stop.cancel();
        serving.await.unwrap();
    }

    async fn begin(&self) -> Process {
        let app = until("the data is free", async || self.build().await.ok()).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = listener.local_addr().unwrap();
        let playground = app.playground.as_ref().unwrap();
        playground.listening_at(listen);
        let (address, base, db) = (playground.url(), format!("http://{listen}"), app.db.clone());
        let stop = CancellationToken::new();
        let token = stop.clone();
        let serving = tokio::spawn(async move { app.serve(listener, token).await.unwrap() });
        let page = Page::open(base, &address).await;
        Process { db, page, stop, serving }
    }

    async fn build(&self) -> goldenpath::error::Result<App> {
        let config = bare_config(self.folder.path(), &self.database.url);
        let content = Content::load(&config).unwrap();
        let ids = Arc::new(Ids::from_system());
        let ambient = Ambient { clock: self.clock.clone(), wall: Arc::new(SystemClock), ids };
        App::build(&config, content, ambient).await
    }

    fn process(&self) -> &Process {
        self.process.as_ref().unwrap()
    }

    /// Ends a survey's open wave, and says so once more.
    pub async fn closes(&self, persona: &str, survey: &str) {
        self.runs(persona, &format!("/platform survey close {survey}")).await;
        self.presses(persona, CHANNEL, "Close it").await;
    }

    /// Waits until a persona reads a message with these words; the message.
    pub async fn sees(&self, persona: &str, conversation: &str, words: &str) -> String {
        let look = async || {
            let all = self.reads(persona, conversation).await;
            all.into_iter().rev().find(|message| message.contains(words))
        };
        until(&format!("{persona} reads {words:?}"), look).await
    }

    /// Rows of one column of text.
    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        let mut conn = self.process().db.read().await.unwrap();
        sqlx::query_scalar(sql).fetch_all(&mut *conn).await.unwrap()
    }

    /// Changes the database behind the bot's back.
    pub async fn changes(&self, sql: String) {
        let unit = self.process().db.write(sql, |tx, sql| {
            Box::pin(async move {
                let query = sqlx::query(sqlx::AssertSqlSafe(sql.clone()));
                Ok(query.execute(tx.conn()).await.map(drop)?)
            })
        });
        unit.await.unwrap();
    }

    /// How many sites of this bot run.
    pub fn site_processes(&self) -> usize {
        site_servers(self.folder.path()).len()
    }

    /// Every deadline passes and is announced; nothing may be left, no job may have failed.
    pub async fn end(mut self) {
        self.clock.advance(Duration::from_secs(60 * 86_400));
        // What nobody was warned of in this leap is announced now, and goes after its notice.
        let silent = "SELECT name FROM environment WHERE live_name IS NOT NULL AND NOT EXISTS (
                          SELECT 1 FROM warning JOIN message ON message.key = warning.key
                          WHERE env_id = environment.id AND warning.deadline = environment.deadline
                              AND delivered_at IS NOT NULL)";
        until("everything is announced", async || self.texts(silent).await.is_empty().then_some(())).await;
        self.clock.advance(Duration::from_secs(1_800));
        let live = "SELECT name FROM environment WHERE live_name IS NOT NULL";
        until("nothing lives", async || self.texts(live).await.is_empty().then_some(())).await;
        until("no site runs", async || (self.site_processes() == 0).then_some(())).await;
        let folders = std::fs::read_dir(self.folder.path().join("data/environments"));
        assert_eq!(folders.map_or(0, Iterator::count), 0, "folders of environments are left");
        let failed = self.texts("SELECT kind || ': ' || error FROM job WHERE state IN ('failed', 'stuck')");
        assert_eq!(failed.await, Vec::<String>::new());
        self.stop().await;
    }
}
