//! Whether Discord is connected as it has to be: what `goldenpath check` asks it.

use reqwest::Method;
use serde_json::Value;

use super::client::Call;
use super::errors::Decision;
use super::manifest::{invite, lacking};
use super::pace::Route;
use super::{Discord, address, register, tree};
use crate::chat::SendError;
use crate::chat::directory::{Directory as _, Group};
use crate::chat::payload::text;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// As it should be, or will be at the next start.
    Fine(String),
    /// Not known just now.
    Unknown(String),
    /// It works, and will surprise.
    Odd(String),
    /// What is wrong, and what to do.
    Wrong { what: String, fix: String },
}

impl Finding {
    fn wrong(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Finding::Wrong { what: what.into(), fix: fix.into() }
    }
}

impl Discord {
    /// Asks Discord of the token, the key, the servers with the bot's permissions there, the roles that are
    /// named (`@name`, or an id), and the commands. The bot needs no intents, so none is asked for.
    pub async fn examine(&self, roles: &[String]) -> Vec<Finding> {
        let call = Call::new(Method::GET, Route::new("GET applications/@me", ""), "applications/@me".into());
        let application = match self.outbound.client().ask(&call, None, &[]).await {
            Ok(application) => application,
            Err(failure) if failure.decision() == Decision::Token => {
                let fix = "take a new one from the application's page \"Bot\"";
                return vec![Finding::wrong("Discord does not take the token", fix)];
            }
            Err(failure) => return vec![Finding::Unknown(failure.reason())],
        };
        let app = application["id"].as_str().filter(|id| address::is_id(id)).unwrap_or_default();
        let mut found = vec![Finding::Fine(format!("Discord knows the bot as the application {app}"))];
        found.extend(self.key(&application));
        let servers = self.servers(&application, app).await;
        for part in [servers, self.named(roles).await, self.written(app).await] {
            found.extend(part.unwrap_or_else(|error| vec![Finding::Unknown(error.to_string())]));
        }
        found
    }

    /// How interactions come, and whether they will be believed.
    fn key(&self, application: &Value) -> Option<Finding> {
        let url = application["interactions_endpoint_url"].as_str();
        let theirs = application["verify_key"].as_str().filter(|key| !key.is_empty());
        let same = match (&self.public_key, theirs) {
            (Some(ours), Some(theirs)) => ours.trim().eq_ignore_ascii_case(theirs),
            _ => true,
        };
        let fix = "put the application's \"Public Key\" into DISCORD_PUBLIC_KEY";
        match (url, &self.public_key) {
            _ if !same => Some(Finding::wrong("the public key is another application's", fix)),
            (Some(_), None) => {
                Some(Finding::wrong("Discord sends interactions over HTTP, and no public key is set", fix))
            }
            (Some(url), Some(_)) => Some(Finding::Fine(format!("interactions come to {url}"))),
            (None, _) => Some(Finding::Fine("interactions come over the gateway".into())),
        }
    }

    async fn servers(&self, application: &Value, app: &str) -> Result<Vec<Finding>, SendError> {
        let Some(guilds) = self.outbound.client().guilds().await? else {
            return Ok(vec![Finding::Unknown("the server does not tell where the bot is".into())]);
        };
        let guilds: Vec<&Value> = guilds.as_array().into_iter().flatten().collect();
        self.guilds
            .learn(application["bot_public"] == true, guilds.iter().filter_map(|it| text(it, &["id"])));
        let is = |guild: &Value, id: &str| guild["id"] == id;
        let missing = self.guilds.own.iter().filter(|id| !guilds.iter().any(|guild| is(guild, id)));
        let absent = |id: &String| {
            Finding::wrong(
                format!("the bot is not in the server {id}"),
                format!("invite it: {}", invite(app)),
            )
        };
        let mut found: Vec<Finding> = missing.map(absent).collect();
        let own =
            |guild: &&&Value| self.guilds.own.is_empty() || self.guilds.own.iter().any(|id| is(guild, id));
        for guild in guilds.iter().filter(own) {
            let granted = guild["permissions"].as_str().and_then(|sum| sum.parse().ok()).unwrap_or(0);
            let (id, lacks) = (guild["id"].as_str().unwrap_or_default(), lacking(granted));
            found.push(match lacks.is_empty() {
                true => Finding::Fine(format!("the bot may do what it needs in the server {id}")),
                false => Finding::wrong(
                    format!("the bot lacks {} in the server {id}", lacks.join(", ")),
                    format!("give its role these permissions, or invite it anew: {}", invite(app)),
                ),
            });
        }
        if guilds.is_empty() {
            found.push(Finding::wrong("the bot is in no server", format!("invite it: {}", invite(app))));
        }
        found.extend(self.openness(application, &guilds));
        Ok(found)
    }

    /// What comes of a bot that anybody can invite, where nobody said which servers are ours.
    fn openness(&self, application: &Value, guilds: &[&Value]) -> Option<Finding> {
        if !self.guilds.own.is_empty() || application["bot_public"] != true {
            return None;
        }
        let ids: Vec<String> = guilds.iter().filter_map(|it| text(it, &["id"])).collect();
        let fix = format!("write `guilds = {ids:?}` under `[discord]`, with yours alone");
        match ids.len() {
            0 | 1 => Some(Finding::Odd(format!(
                "anybody can invite the bot, and once it is in two servers nobody is a member: {fix}"
            ))),
            more => Some(Finding::wrong(
                format!(
                    "anybody can invite the bot, and nothing says which of its {more} servers are yours: nobody is a member"
                ),
                fix,
            )),
        }
    }

    /// Whether each role that gives something is there.
    async fn named(&self, names: &[String]) -> Result<Vec<Finding>, SendError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let there = self.groups().await?;
        let is =
            |group: &Group, name: &str| group.id == name || name.strip_prefix('@') == Some(&group.handle);
        let found = names.iter().map(|name| match there.iter().filter(|group| is(group, name)).count() {
            0 => Finding::wrong(
                format!("no server of yours has the role `{name}`, which the file of people names"),
                "make it in the server, or mend the name; `@name` is as the server writes it",
            ),
            1 => Finding::Fine(format!("the role `{name}` is there")),
            more => Finding::Odd(format!(
                "{more} roles are called `{name}`, and each gives what it is named for: a role's id is one role"
            )),
        });
        Ok(found.collect())
    }

    async fn written(&self, app: &str) -> Result<Vec<Finding>, SendError> {
        let there = self.outbound.client().commands(app).await?;
        Ok(vec![Finding::Fine(match register::to_write(&there, &tree::tree(&self.menu)) {
            None => "Discord shows the commands as they are".into(),
            Some(_) => "Discord shows other commands; the next start of the bot writes them".into(),
        })])
    }
}
