//! Speaks to a bot as Slack does: forms and payloads, signed over the raw body.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};

use super::fake_slack::checks::answer_fault;
use super::fake_slack::{BOT, FakeSlack, TEAM};

/// The longest wait for an answer that may never come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an answer of the bot was.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// The body as JSON; `null` for an empty one.
    pub fn json(&self) -> Value {
        if self.body.is_empty() { Value::Null } else { serde_json::from_str(&self.body).unwrap() }
    }
}

/// A person's Slack, connected to one bot.
#[derive(Clone)]
pub struct SlackSender {
    /// The bot's whole address for Slack.
    pub url: String,
    pub secret: String,
    /// What the stamp of a request says, in seconds.
    pub seconds: i64,
    pub fake: FakeSlack,
    pub http: reqwest::Client,
}

impl SlackSender {
    /// Signs with `secret` at `seconds`, posts to `url`; triggers come from `fake`.
    pub fn new(url: String, secret: &str, seconds: i64, fake: FakeSlack) -> Self {
        SlackSender { url, secret: secret.into(), seconds, fake, http: reqwest::Client::new() }
    }

    /// The two headers of a signed request.
    pub fn signature(&self, body: &[u8]) -> [(&'static str, String); 2] {
        let stamp = self.seconds.to_string();
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        for part in [b"v0:", stamp.as_bytes(), b":", body] {
            mac.update(part);
        }
        let hex = data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes());
        [("x-slack-request-timestamp", stamp), ("x-slack-signature", format!("v0={hex}"))]
    }

    /// Posts `body` with exactly these headers.
    pub async fn raw(&self, body: impl Into<reqwest::Body>, headers: &[(&'static str, String)]) -> Answer {
        let request = self.http.post(&self.url).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let response = request.send().await.unwrap();
        let answer = Answer { status: response.status().as_u16(), body: response.text().await.unwrap() };
        if let Ok(json) = serde_json::from_str(&answer.body) {
            assert_eq!(answer_fault(&json), None, "{}", answer.body);
        }
        answer
    }

    /// Posts a signed body.
    pub async fn signed(&self, body: &str) -> Answer {
        self.raw(body.to_owned(), &self.signature(body.as_bytes())).await
    }

    /// Posts a signed body to a bot that may be gone before it answers.
    pub async fn attempted(&self, body: &str) -> Option<Answer> {
        let request = self.http.post(&self.url).timeout(PATIENCE).body(body.to_owned());
        let signed = self.signature(body.as_bytes()).into_iter();
        let request = signed.fold(request, |request, (name, value)| request.header(name, value));
        let response = request.send().await.ok()?;
        Some(Answer { status: response.status().as_u16(), body: response.text().await.ok()? })
    }

    /// Posts a signed form.
    pub async fn form(&self, members: &[(&str, &str)]) -> Answer {
        self.signed(&form(members)).await
    }

    /// Posts a signed interaction.
    pub async fn payload(&self, payload: &Value) -> Answer {
        self.form(&[("payload", &payload.to_string())]).await
    }

    /// `user` types `/platform LINE` in the channel C1.
    pub async fn types(&self, user: &str, line: &str) -> Answer {
        self.signed(&self.typed(user, line)).await
    }

    /// The body of `user` typing `/platform LINE` in the channel C1.
    pub fn typed(&self, user: &str, line: &str) -> String {
        self.typed_in("C1", user, line)
    }

    /// The body of `user` typing `/platform LINE` in this channel.
    pub fn typed_in(&self, channel: &str, user: &str, line: &str) -> String {
        let trigger = self.fake.trigger();
        let name = user.to_lowercase();
        form(&[
            ("team_id", TEAM),
            ("channel_id", channel),
            ("channel_name", "general"),
            ("user_id", user),
            ("user_name", &name),
            ("command", "/platform"),
            ("text", line),
            ("response_url", &self.fake.response_url("slash")),
            ("trigger_id", &trigger),
        ])
    }

    /// A press of a button with this value, under a message in C1.
    pub fn press(&self, user: &str, value: &str) -> Value {
        json!({
            "type": "block_actions",
            "team": { "id": TEAM },
            "user": { "id": user, "name": user.to_lowercase(), "team_id": TEAM },
            "channel": { "id": "C1", "name": "general" },
            "container": { "type": "message", "message_ts": "1795350000.000001", "channel_id": "C1" },
            "trigger_id": self.fake.trigger(),
            "response_url": self.fake.response_url("press"),
            "actions": [{
                "type": "button", "action_id": "press:1", "block_id": "b", "value": value,
                "action_ts": "1795350000.000002",
            }],
        })
    }

    /// A press of a button of a modal or of the bot's page: no channel, and no address for answers.
    pub fn press_in_view(&self, user: &str, view: &Value, value: &str) -> Value {
        let mut press = self.press(user, value);
        for name in ["channel", "response_url"] {
            press.as_object_mut().unwrap().remove(name);
        }
        press["container"] = json!({ "type": "view", "view_id": view["id"] });
        press["view"] = view.clone();
        press
    }

    /// `user` types into an external select.
    pub fn suggestion(&self, user: &str, action: &str, typed: &str) -> Value {
        json!({
            "type": "block_suggestion",
            "team": { "id": TEAM },
            "user": { "id": user, "name": user.to_lowercase(), "team_id": TEAM },
            "container": { "type": "view" },
            "action_id": action,
            "block_id": "b",
            "value": typed,
        })
    }

    /// An event of this workspace, wrapped as Slack wraps it.
    pub fn event(&self, id: &str, event: Value) -> Value {
        json!({
            "type": "event_callback",
            "token": "verification",
            "team_id": TEAM,
            "api_app_id": "A1",
            "event_id": id,
            "event_time": self.seconds,
            "event": event,
            "authorizations": [{ "enterprise_id": null, "team_id": TEAM, "user_id": BOT, "is_bot": true }],
            "is_ext_shared_channel": false,
        })
    }

    /// `user` writes `words` in a channel, as the mention of the bot that is in them.
    pub fn mention(&self, user: &str, channel: &str, words: &str) -> Value {
        json!({
            "type": "app_mention", "user": user, "team": TEAM, "channel": channel, "text": words,
            "ts": "1795350000.000100", "event_ts": "1795350000.000100",
        })
    }

    /// `user` writes `words` directly to the bot.
    pub fn direct_message(&self, user: &str, words: &str) -> Value {
        json!({
            "type": "message", "channel_type": "im", "user": user, "team": TEAM, "channel": format!("D{user}"),
            "text": words, "ts": "1795350000.000100", "event_ts": "1795350000.000100",
        })
    }

    /// The submission of an opened view with these inputs: (field, (action id, element)).
    pub fn submission(&self, user: &str, view: &Value, inputs: &[(&str, (&str, Value))]) -> Value {
        let mut view = view.clone();
        let values = inputs.iter().map(|(field, (id, element))| {
            let actions: serde_json::Map<String, Value> =
                [((*id).to_owned(), element.clone())].into_iter().collect();
            ((*field).to_owned(), Value::Object(actions))
        });
        view["state"] = json!({ "values": values.collect::<serde_json::Map<_, _>>() });
        json!({
            "type": "view_submission",
            "team": { "id": TEAM },
            "user": { "id": user, "name": user.to_lowercase(), "team_id": TEAM },
            "trigger_id": self.fake.trigger(),
            "view": view,
        })
    }
}

/// The members as the body of a form.
pub fn form(members: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish()
}
