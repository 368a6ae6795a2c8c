//! The playground's page as a browser has it open: what a persona sees there and does.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use super::reading;

/// Where everybody is.
pub const CHANNEL: &str = "platform";

static ACTIONS: AtomicUsize = AtomicUsize::new(0);

/// The page, opened by the address that one start of the bot printed.
pub struct Page {
    base: String,
    cookie: String,
    client: Client,
}

impl Page {
    /// Opens the printed address of the bot that is served at `base`.
    pub async fn open(base: String, printed: &str) -> Page {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let response = client.get(printed).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[LOCATION], "/");
        let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Page { base, cookie, client }
    }

    /// What the page says to the bot, with the cookie or without.
    pub async fn posts(&self, path: &str, body: &Value, cookie: bool) -> (StatusCode, Value) {
        let mut request = self.client.post(format!("{}/playground/{path}", self.base)).json(body);
        request = request.header(ORIGIN, &self.base);
        if cookie {
            request = request.header(COOKIE, &self.cookie);
        }
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap_or(Value::Null))
    }

    /// One action of a persona in a conversation; what the page is told.
    pub async fn acts(&self, path: &str, persona: &str, conversation: &str, mut body: Value) -> Value {
        let number = ACTIONS.fetch_add(1, Ordering::SeqCst);
        body["persona"] = persona.into();
        body["conversation"] = conversation.into();
        body["delivery"] = format!("action-{number}").into();
        let (status, answer) = self.posts(path, &body, true).await;
        assert_eq!(status, StatusCode::OK, "{body}: {answer}");
        answer
    }

    /// Types a line in the channel; what the page is told.
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

    /// Presses the button with this label of the last message that has one.
    pub async fn presses(&self, persona: &str, conversation: &str, label: &str) {
        let messages = self.messages(persona, conversation).await;
        let body = messages.iter().rev().find_map(|message| {
            let pressed = reading::pressed_neutral(&message["blocks"]);
            let value = pressed.into_iter().find(|(name, _)| name == label)?.1;
            Some(json!({ "message": message["id"], "value": value }))
        });
        let body = body.unwrap_or_else(|| panic!("no button {label}"));
        self.acts("press", persona, conversation, body).await;
    }

    /// All that the page starts with.
    pub async fn state(&self, persona: &str) -> Value {
        self.asks("state", &[("persona", persona)]).await
    }

    /// Moves the clock by an hour, a day, or to the next survey; what the page is told.
    pub async fn jumps(&self, by: &str) -> Value {
        self.posts("clock", &json!({ "by": by }), true).await.1
    }

    /// What may follow a line: the words, then what is expected.
    pub async fn completes(&self, persona: &str, line: &str) -> String {
        let told = self.asks("complete", &[("persona", persona), ("line", line)]).await;
        let choices = told["choices"].as_array().unwrap().iter();
        let words: Vec<&str> = choices.map(|choice| choice["value"].as_str().unwrap()).collect();
        let hint = told["hint"].as_str().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{} from {}{hint}", words.join(" "), told["from"])
    }

    /// The bytes of a picture or file.
    pub async fn file(&self, digest: &str) -> Vec<u8> {
        self.gets(&format!("file/{digest}"), &[]).await.bytes().await.unwrap().to_vec()
    }

    async fn asks(&self, path: &str, query: &[(&str, &str)]) -> Value {
        self.gets(path, query).await.json().await.unwrap()
    }

    async fn gets(&self, path: &str, query: &[(&str, &str)]) -> Response {
        let request = self.client.get(format!("{}/playground/{path}", self.base)).query(query);
        request.header(COOKIE, &self.cookie).send().await.unwrap()
    }

    /// What a persona sees in a conversation, message by message.
    pub async fn messages(&self, persona: &str, conversation: &str) -> Vec<Value> {
        let state = self.state(persona).await;
        let all = state["messages"].as_array().unwrap().iter();
        all.filter(|message| message["conversation"] == conversation).cloned().collect()
    }

    /// The same, as they read it.
    pub async fn reads(&self, persona: &str, conversation: &str) -> Vec<String> {
        let messages = self.messages(persona, conversation).await;
        messages.iter().map(|message| reading::read_neutral(&message["blocks"])).collect()
    }
}
