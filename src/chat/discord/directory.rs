//! Discord's members and roles, one member at a time: to list them all takes a privileged intent that the
//! bot does not ask for.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use serde_json::Value;

use super::client::Call;
use super::errors::{Failure, TooMany};
use super::guilds::Ours;
use super::pace::Route;
use super::{Discord, PLATFORM, address, inbound};
use crate::chat::SendError;
use crate::chat::directory::{Account, Directory, Group, Question, Roster};
use crate::chat::inbound::Identity;
use crate::chat::payload::text;

/// Discord's codes for somebody who is no member, or nobody at all. Not those for a guild: a guild where
/// the bot is may be unknown for a while (discord/discord-api-docs#8445).
const NOBODY: [u64; 2] = [10007, 10013];
/// Whoever typed waits for this, and Discord waits three seconds for us.
const PATIENCE: Duration = Duration::from_secs(1);
/// After an answer that did not come nobody is asked for so long: whoever types waits for it.
const QUIET: Duration = Duration::from_secs(15);

#[async_trait]
impl Directory for Discord {
    fn platform(&self) -> &'static str {
        PLATFORM
    }

    fn tells_zones(&self) -> bool {
        false
    }

    fn wait(&self, ticket: &str, question: Question) -> Duration {
        self.outbound.client().pace().wait(ticket, &route(question), false)
    }

    async fn account(&self, who: &Identity) -> Result<Option<Account>, SendError> {
        let ours = self.guilds.ours().has(&who.workspace).ok_or_else(unknown)?;
        if !ours || !address::is_id(&who.workspace) || !address::is_id(&who.user) {
            return Ok(None);
        }
        let path = format!("guilds/{}/members/{}", who.workspace, who.user);
        let (client, call) = (self.outbound.client(), Call::new(Method::GET, route(Question::Account), path));
        let answer = client.ask(&call, None, &[]).await;
        if matches!(&answer, Err(Failure::Code { code, .. }) if NOBODY.contains(code)) {
            return Ok(None);
        }
        let member = client.judged(&call.route, answer).inspect_err(|_| {
            client.pace().too_many(&call.route, &TooMany { after: Some(QUIET), ..TooMany::default() });
        })?;
        match inbound::member(&who.workspace, &member) {
            Some(account) if account.identity == *who => Ok(Some(account)),
            _ => Err(unreadable()),
        }
    }

    async fn groups(&self) -> Result<Vec<Group>, SendError> {
        let Ours::These(guilds) = self.guilds.ours() else { return Err(unknown()) };
        let mut all = Vec::new();
        for guild in guilds.iter().filter(|guild| address::is_id(guild)) {
            match self.roles(guild).await {
                // The bot is not there any more, or not yet.
                Err(SendError::NotThere(reason)) => {
                    tracing::warn!(guild, reason, "the roles of a Discord server cannot be read");
                }
                roles => all.extend(roles?),
            }
        }
        Ok(all)
    }

    fn roster(&self) -> Option<&dyn Roster> {
        None
    }
}

impl Discord {
    /// The guilds that are ours, because of something that happened in `guild` or in a direct conversation.
    /// Discord is asked where it did not say yet, or not of this one.
    pub(super) async fn ours(&self, guild: Option<&str>) -> Ours {
        let client = self.outbound.client();
        if self.guilds.asks(guild, client.now()) {
            let asked = async { self.learn_guilds(&client.application().await?).await };
            match tokio::time::timeout(PATIENCE, asked).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(reason = %error, "which servers are ours is not known"),
                Err(_) => tracing::warn!("Discord did not say in time which servers are ours"),
            }
        }
        self.guilds.ours()
    }

    /// Asks where the bot is, unless it was set which guilds are ours.
    pub(super) async fn learn_guilds(&self, application: &Value) -> Result<(), SendError> {
        if !self.guilds.own.is_empty() {
            return Ok(());
        }
        // A server that does not tell it here does so at the gateway.
        let Some(guilds) = self.outbound.client().guilds().await? else { return Ok(()) };
        let guilds = guilds.as_array().ok_or_else(unreadable)?;
        let ids = guilds.iter().filter_map(|guild| text(guild, &["id"]));
        self.guilds.learn(application["bot_public"] == true, ids);
        Ok(())
    }

    /// The roles of a guild.
    pub(super) async fn roles(&self, guild: &str) -> Result<Vec<Group>, SendError> {
        let path = format!("guilds/{guild}/roles");
        let roles = self.outbound.client().look_up(route(Question::Groups), &path).await?;
        let role = |one: &Value| Some(Group { id: text(one, &["id"])?, handle: text(one, &["name"])? });
        Ok(roles.as_array().into_iter().flatten().filter_map(role).collect())
    }
}

fn unknown() -> SendError {
    SendError::Later { seconds: 60, reason: "Discord has not said yet which servers are ours".into() }
}

fn unreadable() -> SendError {
    SendError::Unclear { seconds: 60, reason: "Discord's answer cannot be read".into() }
}

/// One line for all guilds: what is asked in the background has time.
fn route(question: Question) -> Route {
    match question {
        Question::Accounts | Question::Account => Route::new("GET guilds/members", ""),
        Question::Groups | Question::GroupMembers => Route::new("GET guilds/roles", ""),
    }
}
