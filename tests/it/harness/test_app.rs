//! The whole shipped app in one process, with a clock that the test moves, a
//! fake Slack, and jobs that run when the test says so.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use goldenpath::app::{Ambient, App};
use goldenpath::chat::discord;
use goldenpath::chat::slack::subscriptions;
use goldenpath::clock::{Clock, ManualClock, SystemClock, Timestamp};
use goldenpath::config::{self, Config, Secret};
use goldenpath::content::Content;
use goldenpath::ids::Ids;
use goldenpath::jobs::queue;
use tempfile::TempDir;

use super::database::{Database, database, sqlite};
use super::discord_shown;
use super::fake_slack::{FakeSlack, TEAM, TOKEN};
pub use super::person::{Person, pressing};
use super::reading;
use super::slack_sender::SlackSender;
use super::work::Work;

const SECRET: &str = "the-signing-secret";
/// Wednesday, 2026-11-18 at 09:00 UTC.
pub const START: Timestamp = Timestamp(1_794_992_400_000);

/// The app and everything around it.
pub struct TestApp {
    pub app: App,
    pub clock: Arc<ManualClock>,
    pub fake: FakeSlack,
    pub folder: TempDir,
    /// Dropped last, after the app that uses it.
    pub database: Database,
    work: Work,
    /// Signs what a test makes itself.
    pub sender: SlackSender,
}

/// What an app is made with that no chat platform is connected to.
pub fn bare_config(folder: &Path, url: &str) -> Config {
    let mut config = Config::defaults();
    config.data = folder.join("data");
    config.database_url = Some(Secret::new(url));
    config.site.program = Some(env!("CARGO_BIN_EXE_goldenpath").into());
    let passed = |(name, _): &(String, String)| name == "PATH" || name == "HOME";
    config.child_env = config::environment().into_iter().filter(passed).collect();
    config
}

/// What a test's app is made with.
pub fn config_in(folder: &Path, fake: &FakeSlack, url: String) -> Config {
    let mut config = bare_config(folder, &url);
    config.slack.signing_secret = Some(Secret::new(SECRET));
    config.slack.bot_token = Some(Secret::new(TOKEN));
    config.slack.api_url = fake.api_url();
    // Most tests let no time pass between two messages.
    config.slack.pacing = false;
    for (role, user) in [("pm", "UPRIYA"), ("admin", "UOLGA")] {
        let role = goldenpath::access::Role::ALL.into_iter().find(|known| known.word() == role).unwrap();
        config.access.roles.insert(role, vec![format!("slack:{TEAM}:{user}")]);
    }
    config
}

/// One more survey.
pub fn asks(config: &mut Config, survey: &str) {
    let folder = config.data.with_file_name("surveys");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("own.toml"), survey).unwrap();
    config.paths.surveys = vec![folder];
    // Two of them ask at once.
    config.surveys.gap = Duration::ZERO;
}

impl TestApp {
    /// With the shipped commands, golden paths and surveys.
    pub async fn start() -> TestApp {
        TestApp::with(|_| {}).await
    }

    /// With a changed config.
    pub async fn with(change: impl FnOnce(&mut Config)) -> TestApp {
        TestApp::by(Arc::new(ManualClock::at(START)), change).await
    }

    /// With a clock that others go by, too.
    pub async fn by(clock: Arc<ManualClock>, change: impl FnOnce(&mut Config)) -> TestApp {
        let folder = TempDir::with_prefix("gp").unwrap();
        let database = database(folder.path()).await;
        TestApp::over(folder, database, clock, change).await
    }

    /// Whose jobs run so.
    pub async fn working(work: Work) -> TestApp {
        TestApp::start().await.and_works(work)
    }

    /// The same app, whose jobs run so from now on.
    pub fn and_works(mut self, work: Work) -> TestApp {
        if let Work::CutOff(scissors) = &work {
            self.app.db.pass(scissors.clone());
        }
        self.work = work;
        self
    }

    /// With one more survey, in an organisation as its `people.toml` says.
    pub async fn asking_among(survey: &str, organisation: &str) -> TestApp {
        TestApp::with(|config| {
            asks(config, survey);
            let people = config.data.with_file_name("people.toml");
            std::fs::write(&people, organisation).unwrap();
            config.people.file = Some(people);
        })
        .await
    }

    /// With an SQLite file, whatever the run's server is.
    pub async fn on_a_file() -> TestApp {
        let folder = TempDir::with_prefix("gp").unwrap();
        let database = sqlite(folder.path());
        TestApp::over(folder, database, Arc::new(ManualClock::at(START)), |_| {}).await
    }

    async fn over(
        folder: TempDir,
        database: Database,
        clock: Arc<ManualClock>,
        change: impl FnOnce(&mut Config),
    ) -> TestApp {
        let fake = FakeSlack::with_clock(clock.clone()).await;
        // What an app has that was made from the manifest, and no more.
        fake.grant(&subscriptions::scopes());
        let mut config = config_in(folder.path(), &fake, database.url.clone());
        change(&mut config);
        let ambient =
            Ambient { clock: clock.clone(), wall: Arc::new(SystemClock), ids: Arc::new(Ids::from_system()) };
        let content = Content::load(&config).unwrap();
        let app = App::build(&config, content, ambient).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = app.router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let seconds = SystemClock.now().0 / 1000;
        let sender =
            SlackSender::new(format!("http://{address}/slack/events"), SECRET, seconds, fake.clone());
        TestApp { app, clock, fake, folder, database, work: Work::Once, sender }
    }

    /// Somebody at Slack, `Ada` being the user `UADA`.
    pub fn person(&self, name: &'static str) -> Person<'_> {
        Person::new(self, name)
    }

    /// The body of a page of the bot's own.
    pub async fn page(&self, path: &str) -> String {
        let url = self.sender.url.replace("/slack/events", path);
        let answer = self.sender.http.get(url).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// Runs every job that is due, until none is.
    pub async fn run_jobs(&self) {
        self.work.run(&self.app.worker, &self.database).await;
    }

    /// Lets time pass, then runs what became due.
    pub async fn after(&self, span: Duration) {
        self.clock.advance(span);
        self.run_jobs().await;
    }

    /// Lets time pass as it does for a bot that runs: each job at its own time.
    pub async fn passes(&self, span: Duration) {
        let goal = self.clock.now().plus(span);
        let next = "SELECT run_at FROM job WHERE state = 'ready' AND run_at <= $1 ORDER BY run_at LIMIT 1";
        loop {
            let mut conn = self.app.db.read().await.unwrap();
            let due: Option<i64> =
                sqlx::query_scalar(next).bind(goal.0).fetch_optional(&mut *conn).await.unwrap();
            drop(conn);
            let Some(due) = due else { break };
            self.after(Timestamp(due).since(self.clock.now())).await;
        }
        self.clock.advance(goal.since(self.clock.now()));
    }

    /// As many more environments just like the one with this name: rows alone, nothing runs.
    pub async fn has_copies(&self, name: &'static str, copies: usize) {
        let unit = self.app.db.write((), move |tx, ()| {
            Box::pin(async move {
                for n in 0..copies {
                    let sql = "INSERT INTO environment (id, name, live_name, owner, template, version, title, tier, adapted,
                                   parameters, state, outputs, created_at, deadline, latest, chosen)
                               SELECT $2, $3, $3, owner, template, version, title, tier, adapted,
                                   parameters, 'ready', outputs, created_at - 1, deadline, latest, chosen
                               FROM environment WHERE name = $1";
                    let (id, copy) = (format!("env_copy{n}"), format!("{name}-{n}"));
                    sqlx::query(sql).bind(name).bind(id).bind(copy).execute(tx.conn()).await?;
                }
                Ok(())
            })
        });
        unit.await.unwrap();
    }

    /// Changes the database behind the app's back, as what went wrong would have.
    pub async fn changes(&self, sql: &'static str) {
        let unit = self.app.db.write(sql, |tx, &sql| {
            Box::pin(async move { Ok(sqlx::query(sql).execute(tx.conn()).await.map(drop)?) })
        });
        unit.await.unwrap();
    }

    /// What a query of one text column finds.
    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&mut *self.app.db.read().await.unwrap()).await.unwrap()
    }

    /// What stands in a channel, message by message.
    pub fn reads(&self, channel: &str) -> String {
        let shown = self.fake.shown_in(channel);
        let whole = shown.iter().map(reading::read).collect::<Vec<_>>().join("\n\n");
        self.without_folder(&whole)
    }

    /// The test's folder, which differs, as `FOLDER`.
    pub fn without_folder(&self, read: &str) -> String {
        read.replace(&*self.folder.path().canonicalize().unwrap().to_string_lossy(), "FOLDER")
    }

    /// Returns once the bot knows its workspace.
    pub async fn connected(&self) {
        self.app.connect().await;
    }

    /// Whatever stands in the outbox and among the answers would fit Discord, too.
    async fn shows_discord(&self) {
        let mut conn = self.app.db.read().await.unwrap();
        let both = "SELECT content FROM message UNION SELECT reply FROM delivery";
        let all: Vec<String> = sqlx::query_scalar(both).fetch_all(&mut *conn).await.unwrap();
        for text in all {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            let message = if value["message"].is_object() { value["message"].clone() } else { value };
            if let Ok(message) = serde_json::from_value(message) {
                discord_shown::message(discord::render::message(&message));
            }
        }
    }

    /// Ends the test: every deadline passes and is announced, nothing may be left, no job may have failed.
    pub async fn end(self) {
        self.shows_discord().await;
        self.after(Duration::from_secs(60 * 86_400)).await;
        // What nobody was warned of in this leap is announced now, and goes after its notice.
        self.after(Duration::from_secs(1_800)).await;
        let mut conn = self.app.db.read().await.unwrap();
        assert_eq!(queue::failures(&mut conn).await.unwrap(), [], "jobs failed");
        drop(conn);
        let environments = self.folder.path().join("data/environments");
        let left = std::fs::read_dir(environments).map_or(0, Iterator::count);
        assert_eq!(left, 0, "folders of environments are left");
        self.app.db.close().await;
    }
}
