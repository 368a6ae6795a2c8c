//! `chat.*`: posting, changing, deleting.

use goldenpath::clock::Timestamp;
use serde_json::{Value, json};

use super::checks::message_fault;
use super::memory::{Answer, Ephemeral, Memory, Posted, Refusal};
use super::request::text;
use super::{BOT, TEAM, files};

pub fn post(memory: &mut Memory, body: &Value, now: Timestamp) -> Answer {
    let channel = memory.writable(text(body, "channel"))?;
    sound(body)?;
    files::shown(memory, body, now)?;
    let ts = memory.new_ts(now);
    let message = as_stored(body, &ts);
    let versions = vec![body.clone()];
    memory.messages.push(Posted { channel: channel.clone(), ts: ts.clone(), versions, editable: true });
    Ok(json!({ "channel": channel, "ts": ts, "message": message }))
}

pub fn whisper(memory: &mut Memory, body: &Value, now: Timestamp) -> Answer {
    let channel = memory.writable(text(body, "channel"))?;
    let user = text(body, "user");
    if memory.person(user).is_none() {
        return Err("user_not_in_channel".into());
    }
    sound(body)?;
    if !files::unshown(body) {
        return Err("invalid_blocks".into());
    }
    memory.ephemeral.push(Ephemeral { channel, user: user.into(), body: body.clone() });
    let ts = memory.new_ts(now);
    Ok(json!({ "message_ts": ts }))
}

pub fn update(memory: &mut Memory, body: &Value, now: Timestamp) -> Answer {
    let channel = memory.writable(text(body, "channel"))?;
    sound(body)?;
    files::shown(memory, body, now)?;
    let ts = text(body, "ts");
    let posted = found(memory, &channel, ts).ok_or("message_not_found")?;
    if !posted.editable {
        return Err("cant_update_message".into());
    }
    posted.versions.push(body.clone());
    Ok(json!({ "channel": channel, "ts": ts, "text": body["text"], "message": as_stored(body, ts) }))
}

pub fn delete(memory: &mut Memory, body: &Value, _: Timestamp) -> Answer {
    let channel = memory.writable(text(body, "channel"))?;
    let ts = text(body, "ts").to_owned();
    if found(memory, &channel, &ts).is_none() {
        return Err("message_not_found".into());
    }
    memory.messages.retain(|posted| posted.channel != channel || posted.ts != ts);
    Ok(json!({ "channel": channel, "ts": ts }))
}

/// What Slack would refuse in it, wherever it goes.
fn sound(body: &Value) -> Result<(), Refusal> {
    let thread = &body["thread_ts"];
    let stamp = |thread: &str| thread.split_once('.').is_some_and(|(s, _)| s.parse::<u64>().is_ok());
    if !thread.is_null() && !thread.as_str().is_some_and(stamp) {
        return Err("invalid_thread_ts".into());
    }
    message_fault(body).map_or(Ok(()), |fault| Err(fault.into()))
}

fn found<'a>(memory: &'a mut Memory, channel: &str, ts: &str) -> Option<&'a mut Posted> {
    memory.messages.iter_mut().find(|posted| posted.channel == channel && posted.ts == ts)
}

/// The message as Slack tells it back.
fn as_stored(body: &Value, ts: &str) -> Value {
    let mut message = json!({
        "type": "message", "subtype": "bot_message", "user": BOT, "bot_id": "B1", "app_id": "A1",
        "team": TEAM, "ts": ts, "text": body["text"].as_str().unwrap_or_default(),
    });
    for name in ["blocks", "thread_ts", "metadata"] {
        if !body[name].is_null() {
            message[name] = body[name].clone();
        }
    }
    message
}

impl Memory {
    /// The channel; for a user, the direct conversation with them. One to somebody whose
    /// account is deactivated still takes messages (slackapi/python-slack-sdk#1156).
    fn writable(&self, channel: &str) -> Result<String, Refusal> {
        if self.person(channel).is_some() {
            return Ok(format!("D{channel}"));
        }
        if channel.starts_with('D') {
            return Ok(channel.to_owned());
        }
        match self.channels.get(channel) {
            None => Err("channel_not_found".into()),
            Some(_) if self.archived.contains(channel) => Err("is_archived".into()),
            Some(false) => Err("not_in_channel".into()),
            Some(true) => Ok(channel.to_owned()),
        }
    }
}
