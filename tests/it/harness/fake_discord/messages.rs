//! Messages in channels and direct conversations.

use serde_json::{Value, json};

use super::checks::{Into, is_empty, message_fault};
use super::memory::{Answer, Channel, Memory, Posted, Refusal};
use super::request::Request;
use super::{APP, BOT};
use crate::harness::judged;

/// The largest file in a guild without boosts.
const LARGEST: usize = 10 * 1024 * 1024;

pub fn create(memory: &mut Memory, channel: &str, request: &Request) -> Answer {
    writable(memory, channel, request)?;
    sound(&request.body, &request.body, Into::Channel, request)?;
    let key = (channel.to_owned(), request.body["nonce"].as_str().unwrap_or_default().to_owned());
    if request.body["enforce_nonce"] == true
        && let Some((at, told)) = memory.nonces.get(&key)
        && memory.now.since(*at) < memory.nonces_live
    {
        let there = memory.messages.iter().find(|posted| posted.id == told["id"].as_str().unwrap());
        return Ok(there.map_or(told.clone(), shown));
    }
    let id = add(memory, channel, request, None);
    let told = shown(memory.messages.iter().find(|posted| posted.id == id).unwrap());
    if !key.1.is_empty() {
        memory.nonces.insert(key, (memory.now, told.clone()));
    }
    Ok(told)
}

pub fn edit(memory: &mut Memory, channel: &str, id: &str, request: &Request) -> Answer {
    writable(memory, channel, request)?;
    let posted = memory.messages.iter_mut().find(|posted| posted.channel == channel && posted.id == id);
    let posted = posted.ok_or(Refusal::of(404, 10008, "Unknown Message"))?;
    if posted.seen_by.is_some() {
        return Err(Refusal::of(404, 10008, "Unknown Message"));
    }
    change(posted, request)
}

/// A new version of a message.
pub fn change(posted: &mut Posted, request: &Request) -> Answer {
    let mut whole = posted.versions.last().cloned().unwrap_or_default();
    for (name, value) in request.body.as_object().into_iter().flatten() {
        whole[name] = value.clone();
    }
    sound(&request.body, &whole, Into::Edit, request)?;
    posted.versions.push(whole);
    posted.files = request.files.clone();
    Ok(shown(posted))
}

pub fn read(memory: &Memory, channel: &str, id: &str) -> Answer {
    let posted = memory.messages.iter().find(|posted| posted.channel == channel && posted.id == id);
    posted.map(shown).ok_or(Refusal::of(404, 10008, "Unknown Message"))
}

pub fn delete(memory: &mut Memory, channel: &str, id: &str) -> Answer {
    read(memory, channel, id)?;
    memory.messages.retain(|posted| posted.id != id);
    Ok(Value::Null)
}

/// Opens the direct conversation with a user, which works whether or not they take messages.
pub fn open(memory: &mut Memory, request: &Request) -> Answer {
    let user = request.body["recipient_id"].as_str().unwrap_or_default();
    if memory.member(user).is_none() || user == BOT {
        return Err(Refusal::of(400, 50033, "Invalid Recipient(s)"));
    }
    let id = memory.direct(user);
    Ok(json!({ "id": id, "type": 1, "last_message_id": null, "recipients": [{ "id": user }] }))
}

/// Stores a message; its id.
pub fn add(memory: &mut Memory, channel: &str, request: &Request, seen_by: Option<String>) -> String {
    let id = memory.new_id();
    memory.messages.push(Posted {
        channel: channel.to_owned(),
        id: id.clone(),
        at: memory.now,
        versions: vec![request.body.clone()],
        files: request.files.clone(),
        seen_by,
        token: None,
    });
    id
}

/// What Discord would refuse in a body, of which the message becomes `whole`.
pub fn sound(body: &Value, whole: &Value, into: Into, request: &Request) -> Result<(), Refusal> {
    if is_empty(whole) && request.files.is_empty() {
        return Err(Refusal::of(400, 50006, "Cannot send an empty message"));
    }
    if request.files.iter().any(|file| file.bytes.len() > LARGEST) {
        return Err(Refusal::of(413, 40005, "Request entity too large"));
    }
    if let Some(errors) = message_fault(body, into, &request.names()) {
        return Err(Refusal::invalid(errors));
    }
    judged::keep_for_discord(body);
    Ok(())
}

/// The message as Discord tells it back.
pub fn shown(posted: &Posted) -> Value {
    let body = posted.versions.last().unwrap();
    let attachment = |(n, file): (usize, &super::memory::Filed)| json!({ "id": format!("{}{n}", posted.id), "filename": file.name, "size": file.bytes.len() });
    let mut message = json!({
        "id": posted.id, "channel_id": posted.channel, "type": 0, "tts": false, "pinned": false,
        "author": { "id": BOT, "username": "goldenpath", "bot": true }, "application_id": APP,
        "timestamp": posted.at.utc().to_rfc3339(), "content": "", "embeds": [], "components": [],
        "mentions": [], "mention_roles": [], "mention_everyone": false,
        "attachments": posted.files.iter().enumerate().map(attachment).collect::<Vec<_>>(),
    });
    for name in ["content", "embeds", "components", "flags", "nonce"] {
        if !body[name].is_null() {
            message[name] = body[name].clone();
        }
    }
    message
}

/// What Discord asks before anybody writes there.
fn writable(memory: &Memory, channel: &str, request: &Request) -> Result<(), Refusal> {
    let unknown = Refusal::of(404, 10003, "Unknown Channel");
    let Channel { kind, user, lacks, locked, .. } = memory.channels.get(channel).ok_or(unknown)?;
    let some = |name: &str| request.body[name].as_array().is_some_and(|all| !all.is_empty());
    let missing = lacks.contains("SEND_MESSAGES")
        || (lacks.contains("EMBED_LINKS") && some("embeds"))
        || (lacks.contains("ATTACH_FILES") && !request.files.is_empty());
    let closed = user.as_ref().is_some_and(|user| memory.closed.contains(user));
    let refused = |status, code, message| Err(Refusal::of(status, code, message));
    match () {
        () if lacks.contains("VIEW_CHANNEL") => refused(403, 50001, "Missing Access"),
        () if missing => refused(403, 50013, "Missing Permissions"),
        () if closed => refused(403, 50007, "Cannot send messages to this user"),
        () if *locked => refused(400, 50083, "Thread is archived"),
        () if *kind == 15 => refused(400, 40058, "Cannot send a message in a forum channel"),
        () => Ok(()),
    }
}
