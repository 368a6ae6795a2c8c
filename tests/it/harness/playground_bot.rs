//! The whole app with the playground alone, working by itself behind real HTTP,
//! and a browser's page as it speaks to it. It may be stopped and started again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use goldenpath::app::{Ambient, App};
use goldenpath::clock::{ManualClock, SystemClock};
use goldenpath::content::Content;
use goldenpath::db::Db;
use goldenpath::ids::Ids;
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::database::{Database, database};
use super::ground::until;
use super::reading;
use super::site_servers;
use super::test_app::{START, bare_config};

/// Where everybody is.
pub const CHANNEL: &str = "platform";

/// What stays when the bot stops.
pub struct Bot {
    pub clock: Arc<ManualClock>,
    folder: TempDir,
    database: Database,
    actions: AtomicUsize,
    process: Option<Process>,
}

/// One start of it, and the page that was opened by its address.
struct Process {
    db: Db,
    base: String,
    cookie: String,
    client: Client,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Bot {
    pub async fn start() -> Bot {
        let folder = TempDir::with_prefix("gp").unwrap();
        let database = database(folder.path()).await;
        let clock = Arc::new(ManualClock::at(START));
        let mut bot = Bot { clock, folder, database, actions: AtomicUsize::new(0), process: None };
        bot.process = Some(bot.begin().await);
        bot
    }

    /// Stops it in order and starts it again over what it left.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.process = Some(self.begin().await);
    }

    async fn stop(&mut self) {
        let Process { db, stop, serving, client, .. } = self.process.take().unwrap();
        drop((db, client));
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
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let cookie = enter(&client, &address).await;
        Process { db, base, cookie, client, stop, serving }
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

    /// What the page says to the bot, with the cookie or without.
    pub async fn posts(&self, path: &str, body: &Value, cookie: bool) -> (StatusCode, Value) {
        let process = self.process();
        let mut request = process.client.post(format!("{}/playground/{path}", process.base)).json(body);
        request = request.header(ORIGIN, &process.base);
        if cookie {
            request = request.header(COOKIE, &process.cookie);
        }
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap_or(Value::Null))
    }

    async fn acts(&self, path: &str, persona: &str, conversation: &str, mut body: Value) -> Value {
        let number = self.actions.fetch_add(1, Ordering::SeqCst);
        body["persona"] = persona.into();
        body["conversation"] = conversation.into();
        body["delivery"] = format!("action-{number}").into();
        let (status, answer) = self.posts(path, &body, true).await;
        assert_eq!(status, StatusCode::OK, "{body}: {answer}");
        answer
    }

    /// Types a line in the channel; the answer's body.
    pub async fn types(&self, persona: &str, line: &str) -> Value {
        self.acts("command", persona, CHANNEL, json!({ "line": line })).await
    }

    /// Types a line in the channel; the answer, which only they see. What everybody sees may come first.
    pub async fn runs(&self, persona: &str, line: &str) -> String {
        assert_eq!(self.types(persona, line).await, json!({ "done": true }), "{line}");
        let messages = self.messages(persona, CHANNEL).await;
        let answer =
            messages.iter().rev().find(|message| message["author"] == "bot" && message["private"] == true);
        reading::read_neutral(&answer.unwrap()["blocks"])
    }

    /// Submits a form with these values.
    pub async fn submits(&self, persona: &str, form: &Value, values: &Value) -> Value {
        let body = json!({ "command": form["command"], "fixed": form["fixed"], "values": values });
        self.acts("submit", persona, CHANNEL, body).await
    }

    /// Presses the button with this label in the direct conversation.
    pub async fn presses(&self, persona: &str, label: &str) {
        self.presses_in(&format!("dm:{persona}"), persona, label).await;
    }

    async fn presses_in(&self, conversation: &str, persona: &str, label: &str) {
        let messages = self.messages(persona, conversation).await;
        let value = |message: &Value| {
            let buttons =
                message["blocks"].as_array()?.iter().find_map(|block| block["buttons"].as_array())?;
            let button = buttons.iter().find(|button| button["label"] == label)?;
            Some(json!({ "message": message["id"], "value": button["value"] }))
        };
        let body = messages.iter().rev().find_map(value).unwrap_or_else(|| panic!("no button {label}"));
        self.acts("press", persona, conversation, body).await;
    }

    /// Ends a survey's open wave, and says so once more.
    pub async fn closes(&self, persona: &str, survey: &str) {
        self.runs(persona, &format!("/platform survey close {survey}")).await;
        self.presses_in(CHANNEL, persona, "Close it").await;
    }

    pub async fn state(&self, persona: &str) -> Value {
        let process = self.process();
        let path = format!("{}/playground/state?persona={persona}", process.base);
        let request = process.client.get(path).header(COOKIE, &process.cookie);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Moves the clock by an hour, a day, or to the next survey; what the page is told.
    pub async fn jumps(&self, by: &str) -> Value {
        self.posts("clock", &json!({ "by": by }), true).await.1
    }

    /// What may follow a line: the words, then what is expected.
    pub async fn completes(&self, persona: &str, line: &str) -> String {
        let process = self.process();
        let query = [("persona", persona), ("line", line)];
        let request = process.client.get(format!("{}/playground/complete", process.base)).query(&query);
        let told: Value = request.header(COOKIE, &process.cookie).send().await.unwrap().json().await.unwrap();
        let choices = told["choices"].as_array().unwrap().iter();
        let words: Vec<&str> = choices.map(|choice| choice["value"].as_str().unwrap()).collect();
        let hint = told["hint"].as_str().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{} from {}{hint}", words.join(" "), told["from"])
    }

    async fn messages(&self, persona: &str, conversation: &str) -> Vec<Value> {
        let state = self.state(persona).await;
        let all = state["messages"].as_array().unwrap().iter();
        all.filter(|message| message["conversation"] == conversation).cloned().collect()
    }

    /// What a persona reads in a conversation, message by message.
    pub async fn reads(&self, persona: &str, conversation: &str) -> Vec<String> {
        let messages = self.messages(persona, conversation).await;
        messages.iter().map(|message| reading::read_neutral(&message["blocks"])).collect()
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

/// Opens the printed address; the cookie that it gives.
pub async fn enter(client: &Client, address: &str) -> String {
    let response = client.get(address).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[LOCATION], "/");
    let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}
