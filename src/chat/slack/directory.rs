//! Slack's members and user groups, read leniently: `users.*` and `usergroups.*`.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::inbound::{PLATFORM, Workspace};
use super::{Slack, limits};
use crate::chat::SendError;
use crate::chat::directory::{Account, Directory, Group, Page, Question, Roster};
use crate::chat::inbound::{Identity, Standing};
use crate::chat::payload::text;

/// Slack's own program, which is marked like a person.
const SLACKBOT: &str = "USLACKBOT";
/// The codes for somebody whom Slack does not know, or does not show to us.
const UNKNOWN: [&str; 2] = ["user_not_found", "user_not_visible"];

#[async_trait]
impl Directory for Slack {
    fn platform(&self) -> &'static str {
        PLATFORM
    }

    fn tells_zones(&self) -> bool {
        true
    }

    fn wait(&self, ticket: &str, question: Question) -> Duration {
        self.client.wait_to_ask(ticket, method(question))
    }

    async fn account(&self, who: &Identity) -> Result<Option<Account>, SendError> {
        let workspace = self.met().await?;
        match self.client.look_up(method(Question::Account), &[("user", &who.user)]).await {
            Ok(answer) => Ok(account(&answer["user"], workspace)),
            Err(SendError::NotThere(code)) if UNKNOWN.contains(&code.as_str()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn groups(&self) -> Result<Vec<Group>, SendError> {
        let answer = self.client.look_up(method(Question::Groups), &[]).await?;
        let all = answer["usergroups"].as_array().into_iter().flatten();
        let group = |one: &Value| Some(Group { id: text(one, &["id"])?, handle: text(one, &["handle"])? });
        Ok(all.filter(|one| one["date_delete"].as_i64().unwrap_or(0) == 0).filter_map(group).collect())
    }

    fn roster(&self) -> Option<&dyn Roster> {
        Some(self)
    }
}

#[async_trait]
impl Roster for Slack {
    async fn accounts(&self, cursor: &str) -> Result<Page, SendError> {
        let workspace = self.met().await?;
        let limit = limits::PAGE.to_string();
        let mut asked = vec![("limit", limit.as_str())];
        asked.extend(Some(("cursor", cursor)).filter(|_| !cursor.is_empty()));
        let answer = self.client.look_up(method(Question::Accounts), &asked).await?;
        let members = answer["members"].as_array().into_iter().flatten();
        let accounts = members.filter_map(|user| account(user, workspace)).collect();
        Ok(Page { accounts, next: text(&answer, &["response_metadata", "next_cursor"]) })
    }

    async fn group_members(&self, id: &str) -> Result<Vec<Identity>, SendError> {
        let workspace = self.met().await?;
        let answer = self.client.look_up(method(Question::GroupMembers), &[("usergroup", id)]).await?;
        let users = answer["users"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Ok(users.map(|user| Identity::new(PLATFORM, &workspace.team, user)).collect())
    }
}

fn method(question: Question) -> &'static str {
    match question {
        Question::Accounts => "users.list",
        Question::Account => "users.info",
        Question::Groups => "usergroups.list",
        Question::GroupMembers => "usergroups.users.list",
    }
}

/// A user object; `None` for one without an id.
pub(super) fn account(user: &Value, connected: &Workspace) -> Option<Account> {
    let id = text(user, &["id"])?;
    let is = |name: &str| user[name] == true;
    // An organisation's own user may be named by it instead of by a workspace.
    let home = text(user, &["team_id"]).filter(|team| Some(team) != connected.enterprise.as_ref());
    let team = home.unwrap_or_else(|| connected.team.clone());
    let organisation = text(user, &["enterprise_user", "enterprise_id"]);
    let ours = team == connected.team || (organisation.is_some() && organisation == connected.enterprise);
    let bot = is("is_bot") || is("is_workflow_bot") || id == SLACKBOT;
    let guest = is("is_restricted") || is("is_ultra_restricted") || is("is_stranger");
    let standing = match (is("deleted"), ours && !bot && !guest) {
        (true, _) => Standing::Gone,
        (false, true) => Standing::Member,
        (false, false) => Standing::Outsider,
    };
    let names: [&[&str]; 4] =
        [&["profile", "display_name"], &["profile", "real_name"], &["real_name"], &["name"]];
    let name = names.iter().find_map(|path| text(user, path)).unwrap_or_else(|| id.clone());
    let zone = text(user, &["tz"]).and_then(|zone| zone.parse().ok());
    Some(Account { identity: Identity::new(PLATFORM, &team, &id), name, zone, standing, bot, groups: None })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn standing(more: Value, enterprise: Option<&str>) -> Standing {
        let connected =
            Workspace { team: "T1".into(), enterprise: enterprise.map(str::to_owned), bot_user: None };
        let mut user = json!({ "id": "UADA", "team_id": "T1", "name": "ada" });
        for (name, value) in more.as_object().unwrap() {
            user[name] = value.clone();
        }
        account(&user, &connected).unwrap().standing
    }

    #[test]
    fn guests_bots_and_people_of_other_workspaces_are_outsiders_and_who_left_is_gone() {
        let org = json!({ "team_id": "T2", "enterprise_user": { "enterprise_id": "E1" } });
        for (more, expected) in [
            (json!({}), Standing::Member),
            (json!({ "is_restricted": true }), Standing::Outsider),
            (json!({ "is_ultra_restricted": true }), Standing::Outsider),
            (json!({ "is_stranger": true }), Standing::Outsider),
            (json!({ "is_bot": true }), Standing::Outsider),
            (json!({ "id": SLACKBOT }), Standing::Outsider),
            (json!({ "team_id": "T2" }), Standing::Outsider),
            (json!({ "team_id": null, "is_restricted": "yes" }), Standing::Member),
            (json!({ "deleted": true, "is_bot": true }), Standing::Gone),
            (org.clone(), Standing::Outsider),
        ] {
            assert_eq!(standing(more.clone(), None), expected, "{more}");
        }
        assert_eq!(standing(org.clone(), Some("E1")), Standing::Member);
        assert_eq!(standing(org, Some("E2")), Standing::Outsider);
        assert_eq!(standing(json!({ "team_id": "E1" }), Some("E1")), Standing::Member);
    }

    #[test]
    fn what_slack_leaves_out_or_garbles_costs_only_itself() {
        let connected = Workspace { team: "T1".into(), enterprise: None, bot_user: None };
        let read = |user: Value| account(&user, &connected);
        assert_eq!(read(json!({ "name": "ada" })), None);
        let bare = read(json!({ "id": "UADA", "tz": "Mars/Olympus", "profile": { "display_name": "" } }));
        let identity = Identity::new(PLATFORM, "T1", "UADA");
        let (name, standing) = ("UADA".to_owned(), Standing::Member);
        assert_eq!(bare, Some(Account { identity, name, zone: None, standing, bot: false, groups: None }));
    }
}
