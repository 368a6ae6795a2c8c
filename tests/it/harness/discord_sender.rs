//! Speaks to a bot as Discord does: interactions, signed with Ed25519 over the stamp and the raw body.

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use super::fake_discord::{APP, CHANNEL, FakeDiscord, GUILD};
use super::slack_sender::Answer;

const COMMAND: u64 = 2;
const COMPONENT: u64 = 3;
const AUTOCOMPLETE: u64 = 4;
const MODAL: u64 = 5;

/// Where somebody acts.
#[derive(Debug, Clone)]
pub struct Scene {
    pub user: String,
    pub channel: String,
    /// None in a direct conversation.
    pub guild: Option<String>,
    /// The message that is pressed, or that the modal was opened from.
    pub message: Option<String>,
}

impl Scene {
    /// In the guild's channel.
    pub fn of(user: &str) -> Scene {
        let (channel, guild) = (CHANNEL.to_owned(), Some(GUILD.to_owned()));
        Scene { user: user.to_owned(), channel, guild, message: None }
    }

    /// In the direct conversation with the bot.
    pub fn direct(fake: &FakeDiscord, user: &str) -> Scene {
        Scene { user: user.to_owned(), channel: fake.direct(user), guild: None, message: None }
    }

    /// Under this message.
    pub fn under(self, message: &str) -> Scene {
        Scene { message: Some(message.to_owned()), ..self }
    }
}

/// Discord, connected to one bot.
#[derive(Clone)]
pub struct DiscordSender {
    /// The bot's whole address for interactions.
    pub url: String,
    pub key: SigningKey,
    /// What the stamp of a request says, in seconds.
    pub seconds: i64,
    pub fake: FakeDiscord,
    pub http: reqwest::Client,
}

impl DiscordSender {
    /// Signs with the key of this seed at `seconds`, posts to `url`; ids and tokens come from `fake`.
    pub fn new(url: String, seed: u8, seconds: i64, fake: FakeDiscord) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        DiscordSender { url, key, seconds, fake, http: reqwest::Client::new() }
    }

    /// What the bot is told to verify signatures with, in hex.
    pub fn public_key(&self) -> String {
        HEXLOWER.encode(self.key.verifying_key().as_bytes())
    }

    /// The two headers of a signed request.
    pub fn signature(&self, body: &[u8]) -> [(&'static str, String); 2] {
        let stamp = self.seconds.to_string();
        let signature = self.key.sign(&[stamp.as_bytes(), body].concat());
        [("x-signature-ed25519", HEXLOWER.encode(&signature.to_bytes())), ("x-signature-timestamp", stamp)]
    }

    /// Posts `body` with exactly these headers.
    pub async fn raw(&self, body: impl Into<reqwest::Body>, headers: &[(&'static str, String)]) -> Answer {
        let request = self.http.post(&self.url).body(body).header("content-type", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let response = request.send().await.unwrap();
        Answer { status: response.status().as_u16(), body: response.text().await.unwrap() }
    }

    /// Posts a signed interaction; what the bot answers is taken by the fake, which refuses what Discord
    /// would. A test that sends one twice uses [`DiscordSender::raw`] for the second.
    pub async fn sends(&self, interaction: &Value) -> Answer {
        let body = interaction.to_string();
        let answer = self.raw(body.clone(), &self.signature(body.as_bytes())).await;
        if answer.status == 200 && interaction["type"] != 1 {
            self.fake.answered(interaction["token"].as_str().unwrap(), &answer.json());
        }
        answer
    }

    /// Discord asks whether somebody is there.
    pub fn ping(&self) -> Value {
        json!({ "id": "1", "application_id": APP, "type": 1, "token": "ping", "version": 1 })
    }

    /// Somebody runs `/platform` with these words, groups and sub-commands, and these values.
    pub fn command(&self, scene: &Scene, words: &[&str], values: &[(&str, Value)]) -> Value {
        self.interaction(COMMAND, scene, command_data(words, values, None))
    }

    /// Somebody types into the value `focused`, having typed `values` before it.
    pub fn types(
        &self,
        scene: &Scene,
        words: &[&str],
        values: &[(&str, Value)],
        focused: (&str, &str),
    ) -> Value {
        self.interaction(AUTOCOMPLETE, scene, command_data(words, values, Some(focused)))
    }

    /// Somebody presses a button.
    pub fn press(&self, scene: &Scene, custom_id: &str) -> Value {
        let data = json!({ "id": 2, "custom_id": custom_id, "component_type": 2 });
        self.interaction(COMPONENT, scene, data)
    }

    /// Somebody chooses in a select.
    pub fn choice(&self, scene: &Scene, custom_id: &str, values: &[&str]) -> Value {
        let data = json!({ "id": 2, "custom_id": custom_id, "component_type": 3, "values": values });
        self.interaction(COMPONENT, scene, data)
    }

    /// Somebody sends a modal: of each input its custom id, its type, and what is in it: a text, the
    /// list of what was chosen, one value, or whether the box is ticked.
    pub fn submission(&self, scene: &Scene, custom_id: &str, inputs: &[(&str, u64, Value)]) -> Value {
        let label = |(n, (name, kind, value)): (usize, &(&str, u64, Value))| {
            let member = if value.is_array() { "values" } else { "value" };
            let input = json!({ "type": kind, "id": 2 * n + 2, "custom_id": name, member: value });
            json!({ "type": 18, "id": 2 * n + 1, "component": input })
        };
        let labels: Vec<Value> = inputs.iter().enumerate().map(label).collect();
        let data = json!({ "custom_id": custom_id, "components": labels });
        self.interaction(MODAL, scene, data)
    }

    fn interaction(&self, kind: u64, scene: &Scene, data: Value) -> Value {
        let Scene { user, channel, guild, message } = scene;
        let (id, token) = self.fake.interaction(kind, user, channel, message.as_deref());
        let person =
            json!({ "id": user, "username": format!("user{user}"), "global_name": "Ada", "avatar": null });
        let kind_of_channel = if guild.is_some() { 0 } else { 1 };
        let mut body = json!({
            "version": 1, "type": kind, "id": id, "token": token, "application_id": APP, "data": data,
            "channel_id": channel, "channel": { "id": channel, "type": kind_of_channel }, "locale": "en-GB",
            "app_permissions": "442368", "entitlements": [], "attachment_size_limit": 10_485_760,
            "authorizing_integration_owners": {}, "context": if guild.is_some() { 0 } else { 1 },
        });
        match guild {
            Some(guild) => {
                body["guild_id"] = guild.as_str().into();
                body["guild"] = json!({ "id": guild, "locale": "en-US", "features": [] });
                body["guild_locale"] = "en-US".into();
                let roles = self.fake.memory().roles_of(user);
                let member =
                    json!({ "user": person, "roles": roles, "permissions": "2147483647", "nick": null });
                body["member"] = member;
            }
            None => body["user"] = person,
        }
        if let Some(message) = message {
            body["message"] = json!({ "id": message, "channel_id": channel, "type": 0 });
        }
        body
    }
}

/// The data of a command: options in options, the values in the innermost.
fn command_data(words: &[&str], values: &[(&str, Value)], focused: Option<(&str, &str)>) -> Value {
    let kind = |value: &Value| match value {
        Value::Bool(_) => 5,
        Value::Number(number) if number.is_i64() || number.is_u64() => 4,
        Value::Number(_) => 10,
        _ => 3,
    };
    let option = |(name, value): &(&str, Value)| json!({ "name": name, "type": kind(value), "value": value });
    let mut options: Vec<Value> = values.iter().map(option).collect();
    options.extend(
        focused.map(|(name, typed)| json!({ "name": name, "type": 3, "value": typed, "focused": true })),
    );
    for (depth, word) in words.iter().enumerate().rev() {
        let kind = if depth + 1 == words.len() { 1 } else { 2 };
        options = vec![json!({ "name": word, "type": kind, "options": options })];
    }
    json!({ "id": "800000000000000001", "name": "platform", "type": 1, "options": options })
}
