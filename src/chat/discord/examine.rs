//! Whether Discord is connected as it has to be: what `goldenpath check` asks it.

use reqwest::Method;
use serde_json::Value;

use super::client::Call;
use super::errors::Decision;
use super::manifest::{invite, lacking};
use super::pace::Route;
use super::{Discord, address, register, tree};
use crate::chat::SendError;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// As it should be, or will be at the next start.
    Fine(String),
    /// Not known just now.
    Unknown(String),
    /// What is wrong, and what to do.
    Wrong { what: String, fix: String },
}

impl Finding {
    fn wrong(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Finding::Wrong { what: what.into(), fix: fix.into() }
    }
}

impl Discord {
    /// Asks Discord of the token, the key, the servers with the bot's permissions there, and the commands.
    /// The bot needs no intents, so none is asked for.
    pub async fn examine(&self) -> Vec<Finding> {
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
        for part in [self.servers(app).await, self.written(app).await] {
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

    async fn servers(&self, app: &str) -> Result<Vec<Finding>, SendError> {
        let asked = Route::new("GET users/@me/guilds", "");
        let guilds = self.outbound.client().look_up(asked, "users/@me/guilds").await?;
        let guilds: Vec<&Value> = guilds.as_array().into_iter().flatten().collect();
        let is = |guild: &Value, id: &str| guild["id"] == id;
        let missing = self.own_guilds.iter().filter(|id| !guilds.iter().any(|guild| is(guild, id)));
        let absent = |id: &String| {
            Finding::wrong(
                format!("the bot is not in the server {id}"),
                format!("invite it: {}", invite(app)),
            )
        };
        let mut found: Vec<Finding> = missing.map(absent).collect();
        let own =
            |guild: &&&Value| self.own_guilds.is_empty() || self.own_guilds.iter().any(|id| is(guild, id));
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
        Ok(found)
    }

    async fn written(&self, app: &str) -> Result<Vec<Finding>, SendError> {
        let there = self.outbound.client().commands(app, None).await?;
        Ok(vec![Finding::Fine(match register::to_write(&there, &tree::tree(&self.menu)) {
            None => "Discord shows the commands as they are".into(),
            Some(_) => "Discord shows other commands; the next start of the bot writes them".into(),
        })])
    }
}
