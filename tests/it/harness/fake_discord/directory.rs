//! Guilds, members, roles, users, the application and the gateway.

use serde_json::{Value, json};

use super::memory::{Answer, Memory, Refusal};
use super::request::Request;
use super::{APP, BOT};

/// Members of one page.
const PAGE: usize = 1_000;

pub fn guild(memory: &Memory, guild: &str) -> Answer {
    let roles = roles(memory, guild)?;
    Ok(json!({ "id": guild, "name": "One", "owner_id": "1", "roles": roles }))
}

/// Where the bot is.
pub fn guilds(memory: &Memory) -> Answer {
    let granted = memory.application["granted"].as_str().unwrap_or("274877959168");
    let one = |guild: &String| json!({ "id": guild, "name": "One", "owner": false, "permissions": granted });
    Ok(memory.guilds.keys().map(one).collect::<Vec<_>>().into())
}

pub fn roles(memory: &Memory, guild: &str) -> Answer {
    let roles = memory.guilds.get(guild).ok_or(Refusal::of(404, 10004, "Unknown Guild"))?;
    let role = |(id, name): (&String, &String)| json!({ "id": id, "name": name, "managed": false });
    Ok(roles.iter().map(role).collect::<Vec<_>>().into())
}

pub fn one_member(memory: &Memory, guild: &str, user: &str) -> Answer {
    if !memory.guilds.contains_key(guild) {
        return Err(Refusal::of(403, 50001, "Missing Access"));
    }
    let there = !memory.absent.contains(&(guild.to_owned(), user.to_owned()));
    let member = memory.member(user).ok_or(Refusal::of(404, 10013, "Unknown User"))?;
    there.then_some(member).ok_or(Refusal::of(404, 10007, "Unknown Member"))
}

/// Those that are told apart, in the order of their ids, behind `after`.
pub fn members(memory: &Memory, guild: &str, request: &Request) -> Answer {
    roles(memory, guild)?;
    if !memory.members_intent {
        return Err(Refusal::of(403, 50001, "Missing Access"));
    }
    let asked =
        |name: &str| request.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let limit =
        asked("limit").map_or(Some(1), |limit| limit.parse().ok()).filter(|limit| (1..=PAGE).contains(limit));
    let limit = limit.ok_or_else(|| {
        let fault =
            json!({ "code": "NUMBER_TYPE_MAX", "message": "int value should be between 1 and 1000." });
        Refusal::invalid(json!({ "limit": { "_errors": [fault] } }))
    })?;
    let number = |id: &str| id.parse::<u64>().unwrap_or(0);
    let after = number(asked("after").unwrap_or("0"));
    let mut ids: Vec<&String> = memory.people.keys().filter(|id| number(id) > after).collect();
    ids.sort_by_key(|id| number(id));
    Ok(ids.into_iter().filter_map(|id| memory.member(id)).take(limit).collect::<Vec<_>>().into())
}

pub fn user(memory: &Memory, user: &str) -> Answer {
    let user = if user == "@me" { BOT } else { user };
    let member = memory.member(user).ok_or(Refusal::of(404, 10013, "Unknown User"))?;
    Ok(member["user"].clone())
}

pub fn application(memory: &Memory) -> Answer {
    let mut told = json!({
        "id": APP, "name": "Goldenpath", "bot_public": false, "bot": { "id": BOT, "username": "goldenpath" },
        "interactions_endpoint_url": null, "verify_key": "", "flags": 0,
    });
    for (name, value) in memory.application.as_object().into_iter().flatten() {
        told[name] = value.clone();
    }
    Ok(told)
}

pub fn gateway(memory: &Memory) -> Answer {
    let left = memory.application["sessions"].as_u64().unwrap_or(999);
    let limit = json!({ "total": 1000, "remaining": left, "reset_after": 86_400_000, "max_concurrency": 1 });
    let url = memory.application["gateway"].as_str().unwrap_or("ws://127.0.0.1:1");
    Ok(json!({ "url": url, "shards": 1, "session_start_limit": limit }))
}

impl Memory {
    /// The roles that somebody has.
    pub fn roles_of(&self, id: &str) -> Value {
        self.member(id).map_or(json!([]), |member| member["roles"].clone())
    }

    /// Somebody's member object; nobody has one whose id is none.
    pub(super) fn member(&self, id: &str) -> Option<Value> {
        let known = self.people.get(id);
        if !goldenpath::chat::discord::address::is_id(id) || known.is_some_and(Value::is_null) {
            return None;
        }
        let user =
            json!({ "id": id, "username": format!("user{id}"), "global_name": null, "bot": id == BOT });
        let mut member = json!({
            "user": user, "nick": null, "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": false,
            "mute": false, "flags": 0, "pending": false,
        });
        for (name, value) in known.and_then(Value::as_object).into_iter().flatten() {
            member[name] = value.clone();
        }
        Some(member)
    }
}
