//! The whole shipped app in one process, with a clock that the test moves, a
//! fake Slack, and jobs that run when the test says so.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use goldenpath::app::{Ambient, App};
use goldenpath::chat::discord;
use goldenpath::chat::slack::subscriptions;
use goldenpath::clock::{Clock, ManualClock, SystemClock, Timestamp};
use goldenpath::config::{self, Config, Secret};
use goldenpath::content::Content;
use goldenpath::ids::Ids;
use goldenpath::jobs::queue;
use serde_json::Value;
use tempfile::TempDir;

use super::database::{Database, database, sqlite};
use super::discord_shown;
use super::fake_slack::{BOT, FakeSlack, TEAM, TOKEN};
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
    for (role, user) in [("pm", "UPRIYA"), ("admin", "UROOT")] {
        let role = goldenpath::access::Role::ALL.into_iter().find(|known| known.word() == role).unwrap();
        config.access.roles.insert(role, vec![format!("slack:{TEAM}:{user}")]);
    }
    config
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

    /// With one more survey, asked when an environment is ready.
    pub async fn asking(survey: &str) -> TestApp {
        TestApp::asking_among(survey, "").await
    }

    /// The same, of an organisation as its `people.toml` says.
    pub async fn asking_among(survey: &str, organisation: &str) -> TestApp {
        TestApp::with(|config| {
            let folder = config.data.with_file_name("surveys");
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("own.toml"), survey).unwrap();
            let people = config.data.with_file_name("people.toml");
            std::fs::write(&people, organisation).unwrap();
            (config.paths.surveys, config.people.file) = (vec![folder], Some(people));
            // Two of them ask at once.
            config.surveys.gap = Duration::ZERO;
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
        Person { app: self, name, channel: "C1", team: TEAM }
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
        whole.replace(&*self.folder.path().canonicalize().unwrap().to_string_lossy(), "FOLDER")
    }

    /// The first link that stands in a channel.
    pub fn link(&self, channel: &str) -> String {
        let shown = serde_json::Value::from(self.fake.shown_in(channel)).to_string();
        let start = shown.find("http://127.0.0.1:").expect("a link");
        shown[start..].split(['"', ' ']).next().unwrap_or_default().to_owned()
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

/// Somebody, in a channel.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    app: &'a TestApp,
    name: &'static str,
    channel: &'a str,
    team: &'a str,
}

static TRIGGERS: AtomicUsize = AtomicUsize::new(0);

impl<'a> Person<'a> {
    /// The user's id at Slack.
    pub fn user(&self) -> String {
        format!("U{}", self.name.to_uppercase())
    }

    /// The direct conversation between them and the bot.
    pub fn direct(&self) -> String {
        format!("D{}", self.user())
    }

    /// The same person in another channel.
    pub fn within(self, channel: &'a str) -> Self {
        Person { channel, ..self }
    }

    /// The same person as one of another workspace.
    pub fn of(self, team: &'a str) -> Self {
        Person { team, ..self }
    }

    /// Types a line after `/platform`; the answer's body.
    pub async fn types(&self, line: &str) -> Value {
        self.delivers(line, &self.app.fake.trigger()).await
    }

    /// Types a line in a delivery that has this trigger.
    pub async fn delivers(&self, line: &str, trigger: &str) -> Value {
        let (user, answers) = (self.user(), self.app.fake.response_url("slash"));
        let members = [
            ("team_id", self.team),
            ("channel_id", self.channel),
            ("user_id", &user),
            ("user_name", self.name),
            ("command", "/platform"),
            ("text", line),
            ("response_url", &answers),
            ("trigger_id", trigger),
        ];
        let answer = self.app.sender.form(&members).await;
        assert_eq!(answer.status, 200, "{line}: {}", answer.body);
        answer.json()
    }

    /// Types a line; the answer as it reads.
    pub async fn runs(&self, line: &str) -> String {
        reading::read(&self.types(line).await)
    }

    /// Types a line that opens a form; the form.
    pub async fn opens(&self, line: &str) -> Value {
        let before = self.app.fake.memory().views.len();
        let answer = self.types(line).await;
        let views = &self.app.fake.memory().views;
        assert_eq!(views.len(), before + 1, "{line}: no form opened, but {answer}");
        views.last().unwrap().clone()
    }

    /// Mentions the bot in front of a line, in the channel or a thread of it; what only they see then.
    pub async fn mentions(&self, line: &str, thread: Option<&str>) -> String {
        self.tells(self.mention(line, thread)).await;
        self.whispered(thread)
    }

    /// Mentions the bot while its database is gone; what they see at once.
    pub async fn mentions_in_vain(&self, line: &str) -> String {
        let body = self.app.sender.event("Ev0", self.mention(line, None)).to_string();
        assert_eq!(self.app.sender.signed(&body).await.status, 200);
        self.app.fake.anything_whispered().await;
        self.whispered(None)
    }

    fn mention(&self, line: &str, thread: Option<&str>) -> Value {
        let words = format!("<@{BOT}> {line}");
        let mut event = self.app.sender.mention(&self.user(), self.channel, &words);
        event["thread_ts"] = thread.into();
        event["user_team"] = self.team.into();
        event
    }

    /// Writes a line directly to the bot; what stands there then.
    pub async fn writes_directly(&self, line: &str) -> String {
        self.tells(self.app.sender.direct_message(&self.user(), line)).await;
        self.app.reads(&self.direct())
    }

    /// Looks at the bot's page; how it reads.
    pub async fn opens_home(&self) -> String {
        let opened = serde_json::json!({"type": "app_home_opened", "user": self.user(), "channel": self.direct(), "tab": "home"});
        self.tells(opened).await;
        self.home()
    }

    /// The bot's page as it is now.
    pub fn home(&self) -> String {
        self.app.fake.memory().homes.get(&self.user()).map(reading::read).unwrap_or_default()
    }

    /// Presses a button of the bot's page; the modal that answers, if one does.
    pub async fn presses_at_home(&self, label: &str) -> String {
        let home = self.app.fake.memory().homes[&self.user()].clone();
        self.presses_in(&home, label).await
    }

    /// Presses a button of the modal that opened last; the one that answers.
    pub async fn presses_in_modal(&self, label: &str) -> String {
        let modal = self.app.fake.memory().views.last().unwrap().clone();
        self.presses_in(&modal, label).await
    }

    async fn presses_in(&self, view: &Value, label: &str) -> String {
        let button = reading::buttons(view).into_iter().find(|(name, _)| name == label);
        let value = button.unwrap_or_else(|| panic!("{} sees no button {label} there", self.name)).1;
        let before = self.app.fake.memory().views.len();
        let press = self.app.sender.press_in_view(&self.user(), view, &value);
        let answer = self.app.sender.payload(&press).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{label}");
        self.app.run_jobs().await;
        self.app.fake.memory().views.get(before).map(reading::read).unwrap_or_default()
    }

    /// Uses a shortcut of Slack's menu; the modal that opens.
    pub async fn uses_shortcut(&self, callback: &str) -> String {
        let mut used = self.app.sender.suggestion(&self.user(), "", "");
        used["type"] = "shortcut".into();
        used["callback_id"] = callback.into();
        used["trigger_id"] = self.app.fake.trigger().into();
        let answer = self.app.sender.payload(&used).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{callback}");
        self.app.fake.memory().views.last().map(reading::read).unwrap_or_default()
    }

    /// Types into a choice of a form; what fits, as it is offered.
    pub async fn types_ahead(&self, view: &Value, field: &str, typed: &str) -> Vec<String> {
        let mut asked = self.app.sender.suggestion(&self.user(), "lookup", typed);
        asked["view"] = view.clone();
        asked["block_id"] = field.into();
        self.offered(&asked).await
    }

    /// Types into the choice that runs `command`, of a message; what fits, as it is offered.
    pub async fn types_ahead_for(&self, command: &str, typed: &str) -> Vec<String> {
        let asked = self.app.sender.suggestion(&self.user(), &format!("choose:{command}:1"), typed);
        self.offered(&asked).await
    }

    async fn offered(&self, asked: &Value) -> Vec<String> {
        let mut asked = asked.clone();
        asked["user"]["team_id"] = self.team.into();
        let options = self.app.sender.payload(&asked).await.json()["options"].clone();
        let label = |option: &Value| option["text"]["text"].as_str().unwrap_or_default().to_owned();
        options.as_array().unwrap().iter().map(label).collect()
    }

    /// Sends an event, twice as Slack does when it doubts, and lets the bot work.
    pub async fn tells(&self, event: Value) {
        let id = format!("Ev{}", TRIGGERS.fetch_add(1, Ordering::SeqCst));
        let body = self.app.sender.event(&id, event).to_string();
        for _ in 0..2 {
            let answer = self.app.sender.signed(&body).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{body}");
        }
        self.app.run_jobs().await;
    }

    /// The last thing in the channel that only they saw.
    fn whispered(&self, thread: Option<&str>) -> String {
        let seen = self.app.fake.whispered(self.channel, &self.user());
        seen.iter().rfind(|body| body["thread_ts"].as_str() == thread).map(reading::read).unwrap_or_default()
    }

    /// Presses a button that opens a form; the form.
    pub async fn opens_by(&self, value: &str) -> Value {
        let before = self.app.fake.memory().views.len();
        let answer = self.presses_value(value).await;
        let views = &self.app.fake.memory().views;
        assert_eq!(views.len(), before + 1, "{value}: no form opened, but {answer}");
        views.last().unwrap().clone()
    }

    /// Fills in text fields of an opened form and submits it; the answer's body.
    pub async fn submits(&self, view: &Value, texts: &[(&str, &str)]) -> Value {
        let element = |block: &Value| {
            let field = block["block_id"].as_str()?.to_owned();
            let id = block["element"]["action_id"].as_str()?.to_owned();
            let typed = texts.iter().find(|(name, _)| *name == field).map(|(_, text)| (*text).to_owned());
            let filled = typed.or_else(|| block["element"]["initial_value"].as_str().map(str::to_owned));
            let state = match block["element"]["type"].as_str()? {
                kind @ ("static_select" | "external_select") => {
                    let chosen = filled
                        .or_else(|| block["element"]["initial_option"]["value"].as_str().map(str::to_owned));
                    serde_json::json!({"type": kind, "selected_option": chosen.map(|value| serde_json::json!({ "value": value }))})
                }
                // Ticked boxes are given as a JSON list.
                "checkboxes" => {
                    let ticked: Vec<String> =
                        filled.map(|list| serde_json::from_str(&list).unwrap()).unwrap_or_default();
                    let options = ticked.iter().map(|value| serde_json::json!({ "value": value }));
                    serde_json::json!({"type": "checkboxes", "selected_options": options.collect::<Vec<_>>()})
                }
                kind => serde_json::json!({ "type": kind, "value": filled }),
            };
            Some((field, id, state))
        };
        let inputs: Vec<_> = view["blocks"].as_array().unwrap().iter().filter_map(element).collect();
        let inputs: Vec<_> =
            inputs.iter().map(|(field, id, state)| (field.as_str(), (id.as_str(), state.clone()))).collect();
        let payload = self.app.sender.submission(&self.user(), view, &inputs);
        self.app.sender.payload(&payload).await.json()
    }

    /// Presses the button with this label under the last message that has one, in
    /// the channel or the direct conversation; what only they see then.
    pub async fn presses(&self, label: &str) -> String {
        self.presses_value(&self.button(label)).await
    }

    /// The value of that button.
    pub fn button(&self, label: &str) -> String {
        let direct = self.direct();
        let found = [self.channel, direct.as_str()].into_iter().find_map(|channel| {
            let shown = self.app.fake.shown_in(channel);
            let buttons: Vec<_> = shown.iter().rev().flat_map(reading::buttons).collect();
            buttons.into_iter().find(|(name, _)| name == label).map(|(_, value)| value)
        });
        found.unwrap_or_else(|| panic!("nobody shows {} a button {label}", self.name))
    }

    /// Presses a button that has this value; what only they see then.
    pub async fn presses_value(&self, value: &str) -> String {
        let name = self.presses_only(value).await;
        self.app.run_jobs().await;
        self.answer_at(&name)
    }

    /// Ends a survey's open wave, and says so once more.
    pub async fn closes(&self, survey: &str) -> String {
        let offer = self.types(&format!("survey close {survey}")).await;
        self.presses_value(&reading::buttons(&offer)[0].1).await
    }

    /// Presses a button while the bot's database is gone; what they see at once.
    pub async fn presses_in_vain(&self, value: &str) -> String {
        let name = self.presses_only(value).await;
        self.app.fake.answered().await;
        self.answer_at(&name)
    }

    /// Presses a button, acknowledged like any; the name of the address for answers.
    async fn presses_only(&self, value: &str) -> String {
        let name = format!("press{}", TRIGGERS.fetch_add(1, Ordering::SeqCst));
        let mut press = self.app.sender.press(&self.user(), value);
        press["response_url"] = self.app.fake.response_url(&name).into();
        let answer = self.app.sender.payload(&press).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{value}");
        name
    }

    fn answer_at(&self, name: &str) -> String {
        let memory = self.app.fake.memory();
        let seen = memory.responses.iter().filter(|(address, _)| address == name);
        seen.map(|(_, body)| reading::read(body)).collect::<Vec<_>>().join("\n\n")
    }
}
