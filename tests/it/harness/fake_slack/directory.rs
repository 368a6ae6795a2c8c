//! `conversations.*` and `users.*`: who and what there is, a page at a time.

use goldenpath::clock::Timestamp;
use serde_json::{Value, json};

use super::memory::{Answer, Memory};
use super::request::{number, text};
use super::{BOT, TEAM};

pub fn channel(memory: &mut Memory, body: &Value, _: Timestamp) -> Answer {
    let id = text(body, "channel");
    if let Some(user) = id.strip_prefix('D') {
        return Ok(json!({ "channel": { "id": id, "is_im": true, "user": user } }));
    }
    let member = memory.channels.get(id).ok_or("channel_not_found")?;
    Ok(json!({ "channel": described(memory, id, *member) }))
}

pub fn channels(memory: &mut Memory, body: &Value, _: Timestamp) -> Answer {
    let all: Vec<Value> = memory.channels.iter().map(|(id, member)| described(memory, id, *member)).collect();
    paged("channels", &all, body)
}

pub fn open(memory: &mut Memory, body: &Value, _: Timestamp) -> Answer {
    let asked = text(body, "users");
    let users: Vec<&str> = asked.split(',').filter(|user| !user.is_empty()).collect();
    let &[user] = users.as_slice() else {
        let error = if users.is_empty() { "users_list_not_supplied" } else { "not_enough_users" };
        return Err(error.into());
    };
    match memory.person(user) {
        None => Err("user_not_found".into()),
        Some(person) if person["deleted"] == true => Err("user_disabled".into()),
        Some(person) if person["is_bot"] == true => Err("cannot_dm_bot".into()),
        Some(_) => Ok(json!({ "channel": { "id": format!("D{user}") } })),
    }
}

pub fn user(memory: &mut Memory, body: &Value, _: Timestamp) -> Answer {
    let person = memory.person(text(body, "user")).ok_or("user_not_found")?;
    Ok(json!({ "user": person }))
}

pub fn users(memory: &mut Memory, body: &Value, _: Timestamp) -> Answer {
    let known = memory.people.iter().filter(|(_, person)| !person.is_null()).map(|(id, _)| id.clone());
    let ids: Vec<String> = std::iter::once(BOT.to_owned()).chain(known).collect();
    let all = ids.len() + memory.crowd;
    let nth = |n: usize| ids.get(n).cloned().unwrap_or_else(|| format!("UCROWD{:06}", n - ids.len()));
    page("members", all, body, |n| memory.person(&nth(n)))
}

/// Those in use; a disabled one is told only to whoever asks for it.
pub fn groups(memory: &mut Memory, _: &Value, _: Timestamp) -> Answer {
    let group = |(id, (handle, users)): (&String, &(String, Vec<String>))| {
        json!({
            "id": id, "team_id": TEAM, "is_usergroup": true, "name": handle, "handle": handle,
            "date_delete": 0, "user_count": users.len().to_string(),
        })
    };
    Ok(json!({ "usergroups": memory.groups.iter().map(group).collect::<Vec<_>>() }))
}

pub fn group_users(memory: &mut Memory, body: &Value, _: Timestamp) -> Answer {
    let (_, users) = memory.groups.get(text(body, "usergroup")).ok_or("no_such_subteam")?;
    Ok(json!({ "users": users }))
}

fn paged(name: &str, all: &[Value], body: &Value) -> Answer {
    page(name, all.len(), body, |n| all.get(n).cloned())
}

/// One page from the cursor on, made as it is asked for, and the cursor of the next; empty at the end.
fn page(name: &str, all: usize, body: &Value, nth: impl Fn(usize) -> Option<Value>) -> Answer {
    let from = match text(body, "cursor") {
        "" => 0,
        cursor => cursor.strip_prefix("at").and_then(|at| at.parse().ok()).ok_or("invalid_cursor")?,
    };
    let limit = number(body, "limit").filter(|limit| *limit > 0).unwrap_or(all.max(1));
    if limit > 1000 {
        return Err("invalid_limit".into());
    }
    if from > all {
        return Err("invalid_cursor".into());
    }
    let to = (from + limit).min(all);
    let next = if to < all { format!("at{to}") } else { String::new() };
    let page: Vec<Value> = (from..to).filter_map(nth).collect();
    Ok(json!({ name: page, "response_metadata": { "next_cursor": next } }))
}

fn described(memory: &Memory, id: &str, member: bool) -> Value {
    json!({
        "id": id, "name": id.to_lowercase(), "is_channel": true, "is_im": false, "is_private": false,
        "is_archived": memory.archived.contains(id), "is_member": member, "context_team_id": TEAM,
    })
}

impl Memory {
    /// Somebody's user object; nobody has one whose id is not like a user's.
    pub(super) fn person(&self, id: &str) -> Option<Value> {
        let known = self.people.get(id);
        if !id.starts_with(['U', 'W']) || known.is_some_and(Value::is_null) {
            return None;
        }
        let name = id[1..].to_lowercase();
        let shown = id.get(1..2).unwrap_or_default().to_owned() + name.get(1..).unwrap_or_default();
        let mut person = json!({
            "id": id, "team_id": TEAM, "name": name, "real_name": shown, "deleted": false,
            "tz": "Europe/London", "tz_label": "Greenwich Mean Time", "tz_offset": 0,
            "is_admin": false, "is_owner": false, "is_restricted": false,
            "is_ultra_restricted": false, "is_bot": id == BOT, "is_app_user": false,
            "profile": { "real_name": shown, "display_name": shown, "team": TEAM },
        });
        for (name, value) in known.and_then(Value::as_object).into_iter().flatten() {
            person[name] = value.clone();
        }
        Some(person)
    }
}
