//! Interactions: their first answer within three seconds, then the token for a quarter of an hour.

use std::time::Duration;

use serde_json::{Value, json};

use super::APP;
use super::checks::Into;
use super::memory::{Answer, Interaction, Memory, Refusal};
use super::messages::{add, change, shown, sound};
use super::modals::callback_fault;
use super::request::Request;
use crate::harness::judged;

/// How soon the first answer has to come.
const FIRST: Duration = Duration::from_secs(3);
/// How long the token is good.
const LIVES: Duration = Duration::from_secs(15 * 60);
const EPHEMERAL: u64 = 64;

/// The first answer, by a call of its own.
pub fn callback(memory: &mut Memory, id: &str, token: &str, request: &Request) -> Answer {
    let known = memory.interactions.get(token).filter(|known| known.id == id);
    let known = known.ok_or(Refusal::of(404, 10062, "Unknown interaction"))?;
    if known.callback.is_some() {
        return Err(Refusal::of(400, 40060, "Interaction has already been acknowledged."));
    }
    if memory.now.since(known.made) > FIRST {
        return Err(Refusal::of(404, 10062, "Unknown interaction"));
    }
    take(memory, token, request).map(|()| Value::Null)
}

/// Takes the first answer, however it came.
pub fn take(memory: &mut Memory, token: &str, request: &Request) -> Result<(), Refusal> {
    let known = memory.interactions.get(token).ok_or(Refusal::of(404, 10062, "Unknown interaction"))?.clone();
    let body = &request.body;
    if let Some(errors) = callback_fault(body, known.kind, known.message.is_some(), &request.names()) {
        return Err(Refusal::invalid(errors));
    }
    judged::keep_for_discord(body);
    let original = match body["type"].as_u64() {
        Some(4) => Some(say(memory, token, &known, &body["data"])),
        Some(5) => {
            // It shows that the app thinks.
            let mut loading = json!({ "content": "" });
            loading["flags"] = body["data"]["flags"].clone();
            Some(say(memory, token, &known, &loading))
        }
        Some(6 | 7) => known.message.clone(),
        _ => None,
    };
    if body["type"] == 7 {
        let shown = memory.messages.iter_mut().find(|posted| Some(&posted.id) == known.message.as_ref());
        let unknown = Refusal::of(404, 10008, "Unknown Message");
        change(shown.ok_or(unknown)?, &Request { body: body["data"].clone(), ..Request::default() })?;
    }
    let entry = memory.interactions.get_mut(token).unwrap();
    (entry.callback, entry.original) = (Some(body.clone()), original);
    Ok(())
}

/// Another message.
pub fn follow_up(memory: &mut Memory, app: &str, token: &str, request: &Request) -> Answer {
    let known = usable(memory, app, token)?;
    sound(&request.body, &request.body, Into::Answer, request)?;
    let id = say_whole(memory, token, &known, request);
    Ok(shown(memory.messages.iter().find(|posted| posted.id == id).unwrap()))
}

/// Changes the answer or another message of the interaction.
pub fn edit(memory: &mut Memory, app: &str, token: &str, id: &str, request: &Request) -> Answer {
    let known = usable(memory, app, token)?;
    let id = if id == "@original" { known.original.unwrap_or_default() } else { id.to_owned() };
    let ours = |posted: &&mut super::memory::Posted| posted.id == id;
    let posted = memory.messages.iter_mut().find(ours).ok_or(Refusal::of(404, 10008, "Unknown Message"))?;
    change(posted, request)
}

/// Takes the answer or another message of the interaction away.
pub fn delete(memory: &mut Memory, app: &str, token: &str, id: &str) -> Answer {
    let known = usable(memory, app, token)?;
    let id = if id == "@original" { known.original.unwrap_or_default() } else { id.to_owned() };
    let before = memory.messages.len();
    memory.messages.retain(|posted| posted.id != id);
    match memory.messages.len() < before {
        true => Ok(Value::Null),
        false => Err(Refusal::of(404, 10008, "Unknown Message")),
    }
}

/// The interaction, where its token may be used.
fn usable(memory: &Memory, app: &str, token: &str) -> Result<Interaction, Refusal> {
    let known = memory.interactions.get(token).filter(|known| app == APP && known.callback.is_some());
    let known = known.ok_or(Refusal::of(404, 10015, "Unknown Webhook"))?;
    if memory.now.since(known.made) >= LIVES {
        return Err(Refusal::of(401, 50027, "Invalid Webhook Token"));
    }
    Ok(known.clone())
}

fn say(memory: &mut Memory, token: &str, known: &Interaction, body: &Value) -> String {
    say_whole(memory, token, known, &Request { body: body.clone(), ..Request::default() })
}

fn say_whole(memory: &mut Memory, token: &str, known: &Interaction, request: &Request) -> String {
    let alone = request.body["flags"].as_u64().unwrap_or(0) & EPHEMERAL != 0;
    let id = add(memory, &known.channel, request, alone.then(|| known.user.clone()));
    let posted = memory.messages.iter_mut().find(|posted| posted.id == id).unwrap();
    posted.token = Some(token.to_owned());
    id
}
