//! How a warning of a deadline reads, what it becomes, and the form that asks until when to keep. Pure.

use super::{destroy_button, extend, when};
use crate::access::Actor;
use crate::chat::form::{Field, FieldKind, Form};
use crate::chat::message::{Button, Choice, Message, Text, code, time};
use crate::clock::Timestamp;
use crate::duration;
use crate::environments::model::{Environment, State};
use crate::environments::notice::Rung;
use crate::environments::offers::{self, Offer};
use crate::text;

/// What the words depend on.
pub struct View<'a> {
    pub env: &'a Environment,
    /// Whom it tells.
    pub rung: Rung,
    /// The owner's name.
    pub owner: &'a str,
    pub now: Timestamp,
}

/// A warning that it goes at `end`, true at the moment `now`.
pub fn warning(view: &View<'_>, end: Timestamp) -> Message {
    let env = view.env;
    let line = extend(text!["⚠️ ", code(&env.name), " goes "], when(end, view.now));
    let mut message = Message::new(line.then(match env.state {
        State::Failed | State::Cancelled => ". Its creation had stopped.",
        State::Unclear => ". It is stuck, and waits for somebody to decide.",
        State::Undone => ". It was undone.",
        _ => ".",
    }));
    if end > env.deadline {
        let since =
            text!["Its time was up ", time(env.deadline), ", but its last warning had not arrived by then."];
        message = message.context(since);
    }
    if view.rung != Rung::Owner {
        let owner =
            format!("Its owner ({}) cannot be reached directly; an admin may decide too.", view.owner);
        message = message.context(text![owner]);
    }
    let offer = offers::usual(env.term(), env.latest, view.now);
    let message = message.context(match offer {
        Some(offer) => text!["Extended, it stays until ", time(offer.until), "."],
        None => reached(env),
    });
    match view.rung {
        // None but its owner and the admins may press them.
        Rung::Approver => message,
        _ => message.buttons(buttons(env, offer)),
    }
}

/// That it cannot be extended any more.
fn reached(env: &Environment) -> Text {
    let whole = duration::words(env.latest.since(env.created_at));
    text![
        format!("It cannot be extended: it may live {whole} in all. "),
        code("/platform env create"),
        " makes a new one."
    ]
}

fn buttons(env: &Environment, offer: Option<Offer>) -> Vec<Button> {
    let keep = offer.map(|offer| {
        let label = format!("Extend by {}", duration::words(offer.by));
        // The end, not the span: a second press moves nothing.
        [
            Button::new(label, "env.keep", &env.id, &offer.until.0.to_string()),
            Button::new("Keep until…", "env.keep", &env.id, ""),
        ]
    });
    let destroy = Button { label: "Destroy now".into(), ..destroy_button(env) };
    keep.into_iter().flatten().chain([destroy]).collect()
}

/// What a warning becomes: of the `same` deadline a later one stands below, else it is not so any more.
pub fn former(env: &Environment, same: bool) -> Message {
    let name = code(&env.name);
    Message::new(match env.state {
        State::Destroyed => text!["✅ ", name, " is gone."],
        State::Destroying => text!["⏳ ", name, " is being removed."],
        State::Undoing => text!["⏳ ", name, " is being undone."],
        State::UndoStuck | State::DestroyStuck => text!["⚠️ ", name, " is stuck; it is not all removed yet."],
        _ if same => text!["⚠️ A later warning says when ", name, " goes."],
        _ => text!["✅ ", name, " stays until ", time(env.deadline), "."],
    })
}

/// The form that asks until when to keep it, by the clock of who reads it; `None` where no later end is left.
pub fn keep_form(env: &Environment, now: Timestamp, reader: &Actor) -> Option<Form> {
    let offers = offers::all(env.term(), env.latest, now);
    let choice = |offer: &Offer| {
        let more = match offer.until == env.latest {
            true => "As long as it may".to_owned(),
            false => format!("{} more", duration::words(offer.by)),
        };
        Choice { value: offer.until.0.to_string(), label: format!("{more}: {}", reader.dated(offer.until)) }
    };
    let soonest = duration::short(offers.first()?.by);
    let field = Field {
        name: "until".into(),
        label: "Until".into(),
        kind: FieldKind::Choice { choices: offers.iter().map(choice).collect() },
        value: None,
        help: Some(match reader.zone_hint() {
            Some(hint) => format!("Then it goes, unless it is extended again. {hint}"),
            None => "Then it goes, unless it is extended again.".into(),
        }),
        required: true,
    };
    Some(Form {
        command: "env.keep".into(),
        title: "Keep until…".into(),
        submit: "Keep".into(),
        intro: Some(format!("The end of {} so far: {}.", env.name, reader.dated(env.deadline))),
        fields: vec![field],
        fixed: vec![("name".into(), env.id.clone())],
        typed: Some(format!("/platform env extend {} {}", env.name, soonest)),
        private: false,
    })
}
