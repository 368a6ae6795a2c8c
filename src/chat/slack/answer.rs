//! Replies as Slack's answers: in the response, as a view, or as a refused form.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::chat::form::{Form, refusals};
use crate::chat::inbound::{AnswerBy, Invocation, Place};
use crate::chat::message::{Choice, Message, Reply, code};
use crate::chat::slack::inbound::Via;
use crate::chat::slack::render::Surface;
use crate::chat::slack::{Slack, limits, render, view};
use crate::chat::{Platform as _, Post, SendError, Target};
use crate::text;

/// What remains to know of a request once it was dispatched.
pub struct Asked {
    via: Via,
    trigger: Option<String>,
    place: Place,
    answer_by: AnswerBy,
    user: String,
}

impl Asked {
    /// Taken from the invocation before it goes away.
    pub fn new(invocation: &Invocation, via: Via, trigger: Option<String>) -> Self {
        let (place, answer_by) = (invocation.place.clone(), invocation.answer_by.clone());
        Asked { via, trigger, place, answer_by, user: invocation.identity.user.clone() }
    }
}

/// The JSON of the response; `None` for an empty one. Awaits nothing but the opening of a view.
pub async fn answer(slack: &Arc<Slack>, asked: Asked, reply: Reply) -> Option<Value> {
    match &asked.via {
        Via::Slash => to_slash(slack, &asked, reply).await,
        Via::Press { on } => {
            let in_modal = *on == Surface::Modal;
            to_press(slack, asked, in_modal, reply).await;
            None
        }
        Via::Event => {
            to_press(slack, asked, false, reply).await;
            None
        }
        Via::Submit { title, fields } => to_submission(title, fields, &asked.place, reply),
    }
}

/// What fits what somebody types.
pub fn options(fitting: &[Choice]) -> Value {
    let options: Vec<_> = fitting.iter().filter_map(render::option).take(limits::OPTIONS).collect();
    json!({ "options": options })
}

/// What a slash command is answered when our own work broke.
pub fn broken() -> Value {
    let sentence = "⚠️ Something went wrong on my side. It is logged; try again.";
    let mut json = render::message(&Message::new(sentence));
    json["response_type"] = "ephemeral".into();
    json
}

async fn to_slash(slack: &Slack, asked: &Asked, reply: Reply) -> Option<Value> {
    let (message, kind) = match reply {
        Reply::Private { message } => (message, "ephemeral"),
        Reply::Public { message } => (message, "in_channel"),
        Reply::Refused { fields } => (refusals(&fields), "ephemeral"),
        Reply::Silent => return None,
        Reply::Form { form } => (open_form(slack, asked, &form, false).await.err()?, "ephemeral"),
    };
    let mut json = render::message(&message);
    json["response_type"] = kind.into();
    Some(json)
}

/// With an address for answers the engine sends the reply itself, through the outbox; what
/// comes back could not go there and is shown at once. A press in a view has no such
/// address, so its answer is a view.
async fn to_press(slack: &Arc<Slack>, asked: Asked, in_modal: bool, reply: Reply) {
    let message = match reply {
        // What changes is below the modal, where nobody sees it.
        Reply::Silent if in_modal => {
            Message::new("⏳ It is under way; the message that follows it tells the rest.")
        }
        Reply::Silent => return,
        Reply::Private { message } | Reply::Public { message } => message,
        Reply::Refused { fields } => refusals(&fields),
        Reply::Form { form } => match open_form(slack, &asked, &form, in_modal).await {
            Ok(()) => return,
            Err(message) => message,
        },
    };
    if asked.answer_by == AnswerBy::InlineWords {
        return show(slack, &asked, in_modal, &message).await;
    }
    // Opening a form may have taken two of the three seconds, so the press is
    // acknowledged before the sentence is on its way.
    let slack = slack.clone();
    tokio::spawn(async move { show(&slack, &asked, in_modal, &message).await });
}

async fn show(slack: &Slack, asked: &Asked, in_modal: bool, message: &Message) {
    let user = asked.user.clone();
    let sent = match (&asked.answer_by, &asked.trigger) {
        (AnswerBy::Url { url }, _) => slack.client.respond(url, message).await.map(drop),
        (AnswerBy::Message, _) => {
            slack.post(Post::once("", &asked.place.privately(&user), message)).await.map(drop)
        }
        (AnswerBy::Home, _) => slack.post(Post::once("", &Target::Home { user }, message)).await.map(drop),
        (AnswerBy::InlineWords, Some(trigger)) => {
            slack.client.open(trigger, &view::message("Answer", message), in_modal).await
        }
        (AnswerBy::Inline | AnswerBy::InlineWords | AnswerBy::InlineOr { .. }, _) => {
            Err(SendError::Never("no way back to the presser".into()))
        }
    };
    if let Err(error) = sent {
        tracing::warn!(reason = %error, "the answer to a press was not shown");
    }
}

fn to_submission(title: &str, fields: &[String], place: &Place, reply: Reply) -> Option<Value> {
    let view = match reply {
        Reply::Silent => return None,
        Reply::Private { message } | Reply::Public { message } => view::message(title, &message),
        Reply::Refused { fields: refused } => match errors(fields, &refused) {
            Some(errors) => return Some(json!({ "response_action": "errors", "errors": errors })),
            None => view::message(title, &refusals(&refused)),
        },
        Reply::Form { form } => {
            view::form(&form, place).unwrap_or_else(|| view::message(title, &how_to_type(&form)))
        }
    };
    Some(json!({ "response_action": "update", "view": view }))
}

/// The sentences at the inputs that the view has. Slack refuses the whole answer for a name
/// that it does not know, so what belongs to no input stands at the first; `None` without one.
fn errors(fields: &[String], refused: &BTreeMap<String, String>) -> Option<Map<String, Value>> {
    let first = fields.first().filter(|_| !refused.is_empty())?;
    let mut all: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for (name, sentence) in refused {
        match fields.iter().find(|field| *field == name) {
            Some(field) => all.entry(field).or_default().push(sentence.clone()),
            None if name.is_empty() => all.entry(first).or_default().push(sentence.clone()),
            None => all.entry(first).or_default().push(format!("{name}: {sentence}")),
        }
    }
    Some(all.into_iter().map(|(name, sentences)| (name.clone(), sentences.join(" ").into())).collect())
}

/// Opens the form; where that fails, what to say instead.
async fn open_form(slack: &Slack, asked: &Asked, form: &Form, on_top: bool) -> Result<(), Message> {
    let (Some(view), Some(trigger)) = (view::form(form, &asked.place), &asked.trigger) else {
        return Err(how_to_type(form));
    };
    slack.client.open(trigger, &view, on_top).await.map_err(|error| {
        tracing::warn!(reason = %error, command = form.command, "a form was not opened");
        how_to_type(form)
    })
}

/// How to do without the form.
fn how_to_type(form: &Form) -> Message {
    Message::new(text!["⚠️ Slack does not open the form just now. Type ", code(form.line()), " instead."])
}
