//! The methods: what each needs and how often it may be called, from its page at docs.slack.dev.

use goldenpath::clock::Timestamp;
use serde_json::{Value, json};

use super::memory::{Answer, Memory};
use super::{BOT, TEAM, chat, directory, files, views};

/// A method of the Web API.
pub struct Method {
    pub name: &'static str,
    /// Scopes of which the token needs one; none for a method that needs no scope.
    pub scopes: &'static [&'static str],
    /// Arguments without which nothing happens.
    pub required: &'static [&'static str],
    /// Calls a minute of its tier.
    pub per_minute: i64,
    /// Whether it reads JSON; every method reads forms.
    pub json: bool,
    pub act: fn(&mut Memory, &Value, Timestamp) -> Answer,
}

const CONVERSATIONS: &[&str] = &["channels:read", "groups:read", "im:read", "mpim:read"];
const WRITE: &[&str] = &["chat:write"];
const USERS: &[&str] = &["users:read"];
const GROUPS: &[&str] = &["usergroups:read"];

const TIER_2: i64 = 20;
const TIER_3: i64 = 50;
const TIER_4: i64 = 100;
/// "Special": several hundred.
const MANY: i64 = 300;

#[rustfmt::skip]
const METHODS: &[Method] = &[
    Method { name: "api.test", scopes: &[], required: &[], per_minute: TIER_4, json: true, act: api_test },
    Method { name: "auth.test", scopes: &[], required: &[], per_minute: MANY, json: true, act: auth_test },
    Method { name: "chat.postMessage", scopes: WRITE, required: &["channel"], per_minute: MANY, json: true, act: chat::post },
    Method { name: "chat.postEphemeral", scopes: WRITE, required: &["channel", "user"], per_minute: TIER_4, json: true, act: chat::whisper },
    Method { name: "chat.update", scopes: WRITE, required: &["channel", "ts"], per_minute: TIER_3, json: true, act: chat::update },
    Method { name: "chat.delete", scopes: WRITE, required: &["channel", "ts"], per_minute: TIER_3, json: true, act: chat::delete },
    Method { name: "conversations.info", scopes: CONVERSATIONS, required: &["channel"], per_minute: TIER_3, json: false, act: directory::channel },
    Method { name: "conversations.list", scopes: CONVERSATIONS, required: &[], per_minute: TIER_2, json: false, act: directory::channels },
    Method { name: "conversations.open", scopes: &["im:write"], required: &[], per_minute: TIER_3, json: true, act: directory::open },
    Method { name: "files.getUploadURLExternal", scopes: &["files:write"], required: &["filename", "length"], per_minute: TIER_4, json: true, act: files::begin },
    Method { name: "files.completeUploadExternal", scopes: &["files:write"], required: &["files"], per_minute: TIER_4, json: true, act: files::complete },
    Method { name: "users.info", scopes: USERS, required: &["user"], per_minute: TIER_4, json: false, act: directory::user },
    Method { name: "users.list", scopes: USERS, required: &[], per_minute: TIER_2, json: false, act: directory::users },
    Method { name: "usergroups.list", scopes: GROUPS, required: &[], per_minute: TIER_2, json: false, act: directory::groups },
    Method { name: "usergroups.users.list", scopes: GROUPS, required: &["usergroup"], per_minute: TIER_2, json: false, act: directory::group_users },
    Method { name: "views.open", scopes: &[], required: &["view"], per_minute: TIER_4, json: true, act: views::open },
    Method { name: "views.push", scopes: &[], required: &["view"], per_minute: TIER_4, json: true, act: views::push },
    Method { name: "views.update", scopes: &[], required: &["view"], per_minute: TIER_4, json: true, act: views::update },
    Method { name: "views.publish", scopes: &[], required: &["user_id", "view"], per_minute: TIER_4, json: true, act: views::publish },
];

/// The method of this name.
pub fn named(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// The one method that needs no token. It says what it was told.
fn api_test(_: &mut Memory, arguments: &Value, _: Timestamp) -> Answer {
    match arguments["error"].as_str() {
        Some(error) => Err(error.into()),
        None => Ok(json!({ "args": arguments })),
    }
}

fn auth_test(_: &mut Memory, _: &Value, _: Timestamp) -> Answer {
    Ok(json!({
        "url": "https://t1.slack.example/", "team": "One", "user": "goldenpath", "team_id": TEAM,
        "user_id": BOT, "bot_id": "B1", "is_enterprise_install": false,
    }))
}
