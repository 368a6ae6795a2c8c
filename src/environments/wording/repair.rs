//! What is said when a create stopped or a removal does not go on, and what can be pressed then. Pure.

use super::{Text, View, destroy_button, extend, extend_button, named, until, when};
use crate::chat::message::{Block, Button, Message, code, emphasis, plain};
use crate::drivers::Ownership;
use crate::environments::model::{Environment, Presence, State, StepRow, StepState};
use crate::text;

/// A create that is being ended.
pub(super) fn cancelling(view: &View<'_>) -> Message {
    let why = view.env.failure.as_deref().unwrap_or("cancelled");
    Message::new(text!["⏳ ", code(&view.env.name), " is being ", plain(why)])
}

/// A create that failed, was cancelled, or is stuck at a step.
pub(super) fn stopped(view: &View<'_>) -> Message {
    let env = view.env;
    let steps = view.run.map(|run| run.steps.as_slice()).unwrap_or_default();
    let ended = |step: &&StepRow| matches!(step.state, StepState::Done | StepState::Skipped);
    let step = steps.iter().find(|step| !ended(step));
    let at = emphasis(step.map_or("telling what it offers", |step| step.name.as_str()));
    let head = text![format!("{} ", env.state.mark()), code(&env.name)];
    let why = env.failure.as_deref().unwrap_or("it cannot go on");
    let line = match env.state {
        State::Cancelled => extend(head, text![format!(" was {why} at "), at]),
        State::Unclear => extend(head, text![" is stuck at ", at, ": "]),
        _ => extend(head, text![" stopped at ", at, ": "]),
    };
    let mut message = match env.state {
        State::Cancelled => Message::new(line),
        _ => Message::new(extend(line, Text::from(why))),
    };
    if let Some(note) = step.and_then(|step| step.note.as_deref()).filter(|note| !note.trim().is_empty()) {
        message = message.with(Block::Log { text: note.to_owned() });
    }
    if env.state == State::Unclear {
        let name = &env.name;
        message = message.context(format!(
            "Look whether it was done, then say so: `/platform env retry {name} outcome=done` goes on after it, \
             `outcome=again` does it once more."
        ));
    }
    message.context(fate(view)).buttons(buttons(env))
}

/// What was made, and what becomes of it without a decision.
fn fate(view: &View<'_>) -> Text {
    let made = view.resources.iter().filter(|row| row.presence == Presence::There);
    let made = made.map(|row| named(&row.resource)).collect::<Vec<_>>().join(", ");
    let made = match made.as_str() {
        "" => "Nothing was left behind.".to_owned(),
        made => format!("Made so far: {made}."),
    };
    let line = text![plain(made), " Without a decision it is undone and goes "];
    extend(line, when(view.env.deadline, view.now)).then(".")
}

/// An undo or a destroy that is going on.
pub(super) fn removing(view: &View<'_>) -> Message {
    let env = view.env;
    let verb = if env.state == State::Undoing { "Undoing" } else { "Removing" };
    let line = text![format!("⏳ {verb} "), code(&env.name), format!(" · {}", count(view))];
    Message::new(match env.failure.as_deref() {
        Some(why) => extend(line, text![" · ", plain(why)]),
        None => line,
    })
}

/// "2 of 3 removed". An undo tries what is kept too.
fn count(view: &View<'_>) -> String {
    let undo = view.env.state == State::Undoing;
    let concerned = view.resources.iter().filter(|row| undo || row.resource.ownership == Ownership::Owned);
    let (all, left) = concerned
        .fold((0, 0), |(all, left), row| (all + 1, left + usize::from(row.presence == Presence::There)));
    format!("{} of {all} removed", all - left)
}

/// An undo or a destroy that does not go on.
pub(super) fn stuck(view: &View<'_>) -> Message {
    let env = view.env;
    let why = env.failure.as_deref().unwrap_or("something cannot be removed");
    let line = text!["⚠️ ", code(&env.name), " is stuck: ", plain(why)];
    let next = format!(
        "`/platform env retry {name}` tries again; where that does not help, an admin can leave it behind with \
         `/platform env abandon {name}`.",
        name = env.name
    );
    Message::new(line).context(next).buttons(buttons(env))
}

/// An undo that is done.
pub(super) fn undone(view: &View<'_>) -> Message {
    let env = view.env;
    let line = text!["✅ ", code(&env.name), " is undone; its name is "];
    let message = Message::new(extend(line, until(env, view.now)));
    let message = match stays(view) {
        Some(stays) => message.context(text![plain(stays)]),
        None => message,
    };
    message.buttons(buttons(env))
}

/// What stays after it: "Kept: repository shop.git. Left behind: process site of shop."
pub(super) fn stays(view: &View<'_>) -> Option<String> {
    let named = |word: &str, ownership: Ownership| {
        let stays = view.resources.iter().filter(|row| {
            // Of what it owned, only what an admin left behind.
            let left = row.presence == Presence::Left
                || (row.presence == Presence::There && ownership == Ownership::Kept);
            left && row.resource.ownership == ownership
        });
        let stays = stays.map(|row| named(&row.resource)).collect::<Vec<_>>().join(", ");
        (!stays.is_empty()).then(|| format!("{word}: {stays}."))
    };
    let both = [named("Kept", Ownership::Kept), named("Left behind", Ownership::Owned)];
    let both: Vec<String> = both.into_iter().flatten().collect();
    (!both.is_empty()).then(|| both.join(" "))
}

/// What its owner can press, the safe one first.
pub fn buttons(env: &Environment) -> Vec<Button> {
    let retry = |label: &str, outcome: &str| Button::new(label, "env.retry", &env.id, outcome);
    match env.state {
        State::Requested | State::Provisioning => vec![Button::new("Cancel", "env.cancel", &env.id, "")],
        State::Ready => {
            let open = env.output("url").map(|url| Button::open("Open", url));
            open.into_iter().chain([extend_button(env), destroy_button(env)]).collect()
        }
        State::Failed | State::Cancelled => vec![retry("Retry from here", ""), undo_button(env)],
        State::Unclear => {
            vec![retry("It was done, go on", "done"), retry("Do it again", "again"), undo_button(env)]
        }
        State::Undone => vec![retry("Start over", ""), destroy_button(env)],
        State::UndoStuck | State::DestroyStuck => vec![retry("Try again", ""), abandon_button(env)],
        State::Cancelling | State::Undoing | State::Destroying | State::Destroyed => Vec::new(),
    }
}

fn undo_button(env: &Environment) -> Button {
    let what = "What this run made is removed for good, its repository too unless others have pushed to it. \
                The name stays.";
    Button::new("Undo", "env.undo", &env.id, "").danger(format!("Undo {}?", env.name), what, "Undo")
}

fn abandon_button(env: &Environment) -> Button {
    let what =
        "It is not removed by the platform any more: whoever can has to do it by hand. This is on record.";
    let title = format!("Leave it behind, of {}?", env.name);
    Button::new("Leave it behind", "env.abandon", &env.id, "").danger(title, what, "Leave it behind")
}

/// The answer to `retry`, of the environment as it was.
pub fn retried(env: &Environment) -> Message {
    let name = code(&env.name);
    Message::new(match env.state {
        State::Undone => text!["⏳ ", name, " starts over; its message follows it."],
        State::UndoStuck | State::DestroyStuck => text!["⏳ Removing ", name, " is tried again."],
        _ => text!["⏳ ", name, " goes on from where it stopped; its message follows it."],
    })
}

/// The answer to `undo`.
pub fn undoing(env: &Environment) -> Message {
    let again = code(format!("/platform env retry {}", env.name));
    Message::new(text![
        "⏳ ",
        code(&env.name),
        " is being undone. Its name stays; ",
        again,
        " starts over then."
    ])
}

/// The answer to `cancel`.
pub fn cancelled(env: &Environment) -> Message {
    Message::new(text!["⏳ ", code(&env.name), " is being cancelled; its message says what was made."])
}

/// The answer to `abandon`.
pub fn abandoned(env: &Environment, what: &str) -> Message {
    Message::new(text![
        "⏳ Left behind: ",
        plain(what),
        ". The rest of ",
        code(&env.name),
        " is being removed."
    ])
}
