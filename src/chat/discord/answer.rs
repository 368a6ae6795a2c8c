//! Replies as answers to an interaction ("Interaction response"): pure.

use serde_json::{Value, json};

use super::{form, render, typed};
use crate::chat::form::{Form, refusals};
use crate::chat::message::{Button, ButtonValue, Choice, Message, Reply, code};
use crate::text;

/// Somebody is there.
const PONG: u8 = 1;
/// A message.
const MESSAGE: u8 = 4;
/// A message that is still to come.
const PROMISED: u8 = 5;
/// A press, or a modal after one, that changes nothing of what is shown.
const NOTHING: u8 = 6;
/// Another message in place of the one that was pressed.
const INSTEAD: u8 = 7;
/// What fits.
const FITTING: u8 = 8;
const MODAL: u8 = 9;
/// Only the person who asked sees it ("Message flags").
const EPHEMERAL: u64 = 1 << 6;

/// What Discord is told that asks whether somebody is there.
pub fn pong() -> Value {
    json!({ "type": PONG })
}

/// The answer follows; only the person who asked will see it.
pub fn promised() -> Value {
    json!({ "type": PROMISED, "data": { "flags": EPHEMERAL } })
}

/// The answer follows for everybody.
fn promised_openly() -> Value {
    json!({ "type": PROMISED })
}

/// A message for the person alone, from its `data`; `over` puts it in the place of the one that was pressed.
pub fn alone(mut data: Value, over: bool) -> Value {
    if over {
        return json!({ "type": INSTEAD, "data": data });
    }
    data["flags"] = EPHEMERAL.into();
    json!({ "type": MESSAGE, "data": data })
}

/// A sentence or more for the person alone.
pub fn say(message: &Message, over: bool) -> Value {
    alone(render::message(message), over)
}

/// What a person is answered who acted `under` a message or not; `None` for a form, which takes more.
pub fn reply(under: bool, reply: &Reply, over: bool) -> Option<Value> {
    Some(match reply {
        // It is on its way through the outbox.
        Reply::Private { message } if message.has_files() => promised(),
        Reply::Public { message } if message.has_files() => promised_openly(),
        Reply::Private { message } => say(message, over),
        Reply::Public { message } => json!({ "type": MESSAGE, "data": render::message(message) }),
        Reply::Refused { fields } => say(&refusals(fields), over),
        Reply::Form { .. } => return None,
        Reply::Silent if under && !over => json!({ "type": NOTHING }),
        Reply::Silent => {
            say(&Message::new("⏳ It is under way; the message that follows it tells the rest."), over)
        }
    })
}

/// A step of a form; `None` where it is submitted.
pub fn step(step: form::Step, over: bool) -> Option<Value> {
    match step {
        form::Step::Modal(data) => Some(json!({ "type": MODAL, "data": data })),
        form::Step::Message(data) => Some(alone(data, over)),
        form::Step::Submit(_) => None,
    }
}

/// A modal cannot answer a modal: a button opens the form whose first page has this id.
pub fn go_on(form: &Form, id: String, over: bool) -> Value {
    let open = Button { value: ButtonValue(id), ..Button::new("Continue", "", "", "").primary() };
    let intro = form.intro.clone().unwrap_or_else(|| format!("{}: there is more to fill in.", form.title));
    say(&Message::new(intro).buttons(vec![open]), over)
}

/// How to do without the form.
pub fn to_type(form: &Form, over: bool) -> Value {
    say(&Message::new(text!["⚠️ Discord cannot show this form. Type ", code(form.line()), " instead."]), over)
}

/// What stands in the end where an answer was promised.
pub enum Late {
    /// A message of this `data`.
    Message(Value),
    /// Nothing: what changes nothing needs no words.
    Nothing,
    /// What the outbox brings.
    Elsewhere,
}

/// What becomes of a promise when this answer is there.
pub fn late(mut answer: Value) -> Late {
    match answer["type"].as_u64().and_then(|kind| u8::try_from(kind).ok()) {
        Some(MESSAGE | INSTEAD) => {
            let mut data = answer["data"].take();
            // Who sees it was settled with the promise; Discord refuses an edit that says so again.
            if let Some(data) = data.as_object_mut() {
                data.remove("flags");
            }
            Late::Message(data)
        }
        // It cannot open any more.
        Some(MODAL) => Late::Message(render::message(&Message::new(
            "⚠️ That took too long to open the form. Do it again.",
        ))),
        Some(PROMISED) => Late::Elsewhere,
        _ => Late::Nothing,
    }
}

/// What fits what somebody types.
pub fn options(fitting: &[Choice]) -> Value {
    json!({ "type": FITTING, "data": typed::offered(fitting) })
}

/// What is answered when our own work broke.
pub fn broken() -> Value {
    say(&Message::new("⚠️ Something went wrong on my side. It is logged; try again."), false)
}

/// What is answered to what we do not know, such as a button of a message from another time.
pub fn unknown() -> Value {
    say(&Message::new("I do not know what this means any more. `/platform help` shows what there is."), false)
}
