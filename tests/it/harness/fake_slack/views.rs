//! `views.*`: forms on a trigger, their changes, and the App Home.

use goldenpath::clock::Timestamp;
use serde_json::{Value, json};

use super::checks::{home_fault, view_fault};
use super::memory::{Answer, Memory, Refusal};
use super::request::text;
use super::{BOT, TEAM};

/// A root view and two on top of it.
const STACK: usize = 3;

pub fn open(memory: &mut Memory, body: &Value, now: Timestamp) -> Answer {
    show(memory, body, now, 1)
}

pub fn push(memory: &mut Memory, body: &Value, now: Timestamp) -> Answer {
    let below = memory.views.last().and_then(|view| view["level"].as_u64());
    let level = below.map_or(2, |level| usize::try_from(level + 1).unwrap_or(STACK));
    if level > STACK {
        return Err("push_limit_reached".into());
    }
    show(memory, body, now, level)
}

fn show(memory: &mut Memory, body: &Value, now: Timestamp, level: usize) -> Answer {
    let trigger = text(body, "trigger_id");
    memory.usable(trigger, now)?;
    sound(&body["view"], view_fault)?;
    memory.use_up(trigger);
    let id = format!("V{}", memory.views.len() + 1);
    let mut view = completed(memory, &body["view"], &id);
    view["level"] = level.into();
    memory.views.push(view);
    Ok(json!({ "view": told(memory.views.last().unwrap()) }))
}

pub fn update(memory: &mut Memory, body: &Value, _: Timestamp) -> Answer {
    let (id, name) = (text(body, "view_id"), text(body, "external_id"));
    let named = |view: &Value| !name.is_empty() && view["external_id"] == name;
    let at = memory.views.iter().position(|view| view["id"] == id || named(view));
    let at = at.ok_or("not_found")?;
    fresh(&memory.views[at], body)?;
    sound(&body["view"], view_fault)?;
    let (id, level) = (text(&memory.views[at], "id").to_owned(), memory.views[at]["level"].clone());
    let mut view = completed(memory, &body["view"], &id);
    view["level"] = level;
    memory.views[at] = view;
    Ok(json!({ "view": told(&memory.views[at]) }))
}

pub fn publish(memory: &mut Memory, body: &Value, _: Timestamp) -> Answer {
    let user = text(body, "user_id");
    if memory.person(user).is_none() {
        return Err(Refusal::explained("invalid_arguments", "invalid `user_id` [json-pointer:/user_id]"));
    }
    if let Some(home) = memory.homes.get(user) {
        fresh(home, body)?;
    }
    sound(&body["view"], home_fault)?;
    let view = completed(memory, &body["view"], &format!("VH{user}"));
    memory.homes.insert(user.to_owned(), view.clone());
    Ok(json!({ "view": told(&view) }))
}

/// Refuses a change of what has changed meanwhile.
fn fresh(view: &Value, body: &Value) -> Result<(), Refusal> {
    let stale = body["hash"].is_string() && body["hash"] != view["hash"];
    if stale { Err("hash_conflict".into()) } else { Ok(()) }
}

fn sound(view: &Value, fault: fn(&Value) -> Option<&'static str>) -> Result<(), Refusal> {
    match fault(view) {
        Some(error) => Err(Refusal::explained(error, "a limit or a missing part [json-pointer:/view]")),
        None => Ok(()),
    }
}

/// With what Slack adds.
fn completed(memory: &mut Memory, view: &Value, id: &str) -> Value {
    let mut view = view.clone();
    view["id"] = id.into();
    view["hash"] = memory.new_hash().into();
    for (name, value) in
        [("team_id", TEAM), ("app_id", "A1"), ("bot_id", "B1"), ("app_installed_team_id", TEAM)]
    {
        view[name] = value.into();
    }
    view["bot_user_id"] = BOT.into();
    view["root_view_id"] = id.into();
    view["state"] = json!({ "values": {} });
    view
}

/// Without what only the fake knows.
fn told(view: &Value) -> Value {
    let mut view = view.clone();
    view.as_object_mut().unwrap().remove("level");
    view
}
