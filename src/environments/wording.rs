//! How environments read: the message that follows one, lists, the answer to `show`. Pure.

mod repair;

use std::time::Duration;

use serde_json::Value;

pub use repair::{abandoned, buttons, cancelled, retried, undoing};

use super::model::{Environment, Event, Presence, ResourceRow, Run, State, StepRow, StepState};
use super::notice::Standing;
use crate::access::Actor;
use crate::chat::message::{Block, Button, Choice, Message, Text, code, emphasis, link, plain, strong, time};
use crate::clock::Timestamp;
use crate::drivers::{Ownership, Resource};
use crate::duration;
use crate::text;

pub mod warning;

/// Everything that the words depend on.
pub struct View<'a> {
    pub env: &'a Environment,
    pub run: Option<&'a Run>,
    pub resources: &'a [ResourceRow],
    /// How long a create from this template usually takes.
    pub usual: Option<Duration>,
    pub now: Timestamp,
}

/// The message that follows an environment from the request to its end.
pub fn progress(view: &View<'_>) -> Message {
    let env = view.env;
    match env.state {
        State::Requested | State::Provisioning => going_on(view),
        State::Cancelling => repair::cancelling(view),
        State::Ready => ready(view),
        State::Failed | State::Cancelled | State::Unclear => repair::stopped(view),
        State::Undoing | State::Destroying => repair::removing(view),
        State::UndoStuck | State::DestroyStuck => repair::stuck(view),
        State::Undone => repair::undone(view),
        State::Destroyed => gone(view),
    }
}

fn going_on(view: &View<'_>) -> Message {
    let env = view.env;
    let steps = view.run.map(|run| run.steps.as_slice()).unwrap_or_default();
    let ended = |step: &&StepRow| matches!(step.state, StepState::Done | StepState::Skipped);
    let at = steps.iter().filter(ended).count();
    let name = steps.get(at).map_or("finishing", |step| step.name.as_str());
    let line = text!["⏳ ", code(&env.name), " from ", emphasis(&env.title), " (", env.support(), ") · "]
        .then(format!("{} of {} ", (at + 1).min(steps.len().max(1)), steps.len().max(1)))
        .then(plain(name));
    let usual =
        view.usual.map(|span| format!(" · usually {}", duration::words(span.max(Duration::from_secs(1)))));
    let line = line.then(usual.unwrap_or_default()).then(" · ");
    Message::new(extend(line, until(env, view.now))).buttons(buttons(env))
}

fn ready(view: &View<'_>) -> Message {
    let message = Message::new(ready_line(view));
    let message = match view.env.output("repository") {
        Some(url) => message.context(text!["Get it: ", code(format!("git clone {url}"))]),
        None => message,
    };
    message.buttons(buttons(view.env))
}

fn ready_line(view: &View<'_>) -> Text {
    let env = view.env;
    let mut line = text!["✅ ", code(&env.name), " is ready"];
    if let Some(url) = env.output("url") {
        line = line.then(" · ").then(link(url));
    }
    for repository in kept(view.resources, "repository") {
        line = line.then(" · repository ").then(code(repository));
    }
    if env.adapted {
        line = line.then(" · adapted: off the recommended values, with less support");
    }
    extend(line.then(" · "), until(env, view.now))
}

/// What is kept keeps its own name too, so only without it the environment's is said to be free.
fn gone(view: &View<'_>) -> Message {
    let line = text!["✅ ", code(&view.env.name), " is gone"];
    Message::new(match repair::stays(view) {
        None => line.then("; its name is free again."),
        Some(stays) => line.then(plain(format!(". {stays}"))),
    })
}

fn kept<'a>(resources: &'a [ResourceRow], kind: &'a str) -> impl Iterator<Item = &'a str> {
    resources.iter().filter(move |row| row.resource.kind == kind).map(|row| row.resource.label.as_str())
}

fn extend(mut text: Text, tail: Text) -> Text {
    text.0.extend(tail.0);
    text
}

/// "yours until Thu 18:00 (in 3 days)".
fn until(env: &Environment, now: Timestamp) -> Text {
    text!["yours until ", time(env.deadline), format!(" ({})", left(env.deadline, now))]
}

fn when(at: Timestamp, now: Timestamp) -> Text {
    text![format!("{} (", left(at, now)), time(at), ")"]
}

/// "in 3 days"; "now" once it passed, for what only waits to be announced or removed.
pub(super) fn left(at: Timestamp, now: Timestamp) -> String {
    if at <= now { "now".into() } else { format!("in {}", duration::words(at.since(now))) }
}

/// What its owner can do with it, in any state.
pub fn all_buttons(env: &Environment) -> Vec<Button> {
    [vec![Button::new("Show", "env.show", &env.id, "")], buttons(env)].concat()
}

fn extend_button(env: &Environment) -> Button {
    Button::new("Extend by 1 day", "env.extend", &env.id, "1d")
}

fn destroy_button(env: &Environment) -> Button {
    let what = "What it owns is removed for good. Its repository, if it has one, is kept.";
    Button::new("Destroy", "env.destroy", &env.id, "").danger(
        format!("Destroy {}?", env.name),
        what,
        "Destroy",
    )
}

/// The answer to a create.
pub fn asked(env: &Environment) -> Message {
    Message::new(text![
        "⏳ ",
        code(&env.name),
        " is asked for; a message follows it, here or directly to you. ",
        code(format!("/platform env show {}", env.name)),
        " shows it any time."
    ])
}

/// What a create would do.
pub fn dry_run(env: &Environment, steps: &[crate::catalog::model::Step], now: Timestamp) -> Message {
    let rows = steps.iter().map(|step| {
        vec![text![step.position.to_string()], text![plain(&step.name)], text![code(&step.action)]]
    });
    let table =
        Block::Table { header: vec!["#".into(), "Step".into(), "Action".into()], rows: rows.collect() };
    let head = text![
        "A dry run: nothing was made. ",
        code(&env.name),
        " from ",
        emphasis(&env.title),
        " would take these steps and be "
    ];
    Message::new(extend(head, until(env, now)).then(".")).with(table)
}

/// The answer to `list`.
pub fn list(found: &[(Environment, String)], all: bool, now: Timestamp) -> Message {
    if found.is_empty() {
        let whose = if all { "There are no environments." } else { "You have no environments." };
        return Message::new(format!(
            "{whose} `/platform env create` makes one; `/platform template list` shows what there is."
        ));
    }
    let mut header =
        vec!["Name".to_owned(), "State".into(), "Template".into(), "Where".into(), "Until".into()];
    if all {
        header.insert(1, "Owner".into());
    }
    let row = |(env, owner): &(Environment, String)| {
        let place = env.output("url").map_or_else(Text::default, |url| text![link(url)]);
        let mut row = vec![
            text![code(&env.name)],
            text![format!("{} {}", env.state.mark(), env.state.said())],
            text![plain(&env.title)],
            place,
            text![time(env.deadline), format!(" ({})", left(env.deadline, now))],
        ];
        if all {
            row.insert(1, text![plain(owner)]);
        }
        row
    };
    let rows = found.iter().map(row).collect();
    let choices = found.iter().map(|(env, _)| Choice { value: env.id.clone(), label: env.name.clone() });
    let count =
        if found.len() == 1 { "1 environment".to_owned() } else { format!("{} environments", found.len()) };
    Message::new(text![strong(count)]).with(Block::Table { header, rows }).with(Block::Select {
        placeholder: "Show one".into(),
        command: "env.show".into(),
        // What is typed finds one's own; of everybody's the newest are listed.
        choices: choices.take(if all { 100 } else { found.len() }).collect(),
    })
}

/// The answer to `show`.
pub fn show(view: &View<'_>, owner: &str, standing: Standing, may_change: bool) -> Message {
    let env = view.env;
    let mut fields = vec![
        ("State".to_owned(), text![format!("{} {}", env.state.mark(), env.state.said())]),
        ("Owner".into(), text![plain(owner)]),
        (
            "Template".into(),
            text![plain(&env.title), format!(" ({}, version ", env.support()), code(&env.version), ")"],
        ),
        ("Until".into(), ends(env, standing, view.now)),
    ];
    fields.extend(env.outputs.iter().filter_map(|(name, value)| {
        let value = value.as_str().filter(|value| !value.is_empty())?;
        let shown = if value.starts_with("http") { link(value) } else { code(value) };
        Some((label(name), text![shown]))
    }));
    let mut message = Message::new(text![strong(&env.name)]).with(Block::Fields { fields });
    let parameters = env.parameters.iter().filter(|(_, value)| !value.is_null());
    let parameters: Vec<String> = parameters.map(|(name, value)| as_typed(name, value)).collect();
    if !parameters.is_empty() {
        message = message.context(text!["Parameters: ", code(parameters.join(" "))]);
    }
    for (fate, ownership) in [("Goes with it", Ownership::Owned), ("Stays after it", Ownership::Kept)] {
        let made = view
            .resources
            .iter()
            .filter(|row| row.presence == Presence::There && row.resource.ownership == ownership);
        let made: Vec<String> = made.map(|row| named(&row.resource)).collect();
        if !made.is_empty() {
            message = message.context(text![plain(format!("{fate}: {}.", made.join(", ")))]);
        }
    }
    // What goes on, or stopped, is told as in the message that follows it.
    if env.state != State::Ready {
        let told = progress(view);
        message
            .blocks
            .extend(told.blocks.into_iter().filter(|block| !matches!(block, Block::Actions { .. })));
    }
    match may_change {
        true => message.buttons(buttons(env)),
        false => {
            message.buttons(env.output("url").map(|url| Button::open("Open", url)).into_iter().collect())
        }
    }
}

/// "Thu 18:00 (in 3 days)", and why it stays longer where it does.
fn ends(env: &Environment, standing: Standing, now: Timestamp) -> Text {
    match standing {
        _ if env.state.on(Event::Expire).is_none() => text![time(env.deadline)],
        Standing::Goes { at, announced } if at > env.deadline => {
            let line = text![time(at), format!(" ({}): its time was up ", left(at, now)), time(env.deadline)];
            line.then(if announced { ", and its warning came late" } else { ", and nobody can be told" })
        }
        Standing::Goes { at, .. } => text![time(at), format!(" ({})", left(at, now))],
        Standing::Unannounced => {
            let notice = duration::words(env.term().notice());
            text![
                time(env.deadline),
                format!("; waiting to be announced: it stays until {notice} after a warning arrived")
            ]
        }
    }
}

/// `url` → "URL", `repository` → "Repository".
fn label(name: &str) -> String {
    if name.len() <= 3 {
        return name.to_uppercase();
    }
    let mut chars = name.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A parameter as one would type it: `title="My site"`.
fn as_typed(name: &str, value: &Value) -> String {
    match value.as_str() {
        Some(text) if text.chars().all(|c| !c.is_whitespace() && c != '"' && c != '\'') => {
            format!("{name}={text}")
        }
        Some(text) => format!("{name}=\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        None => format!("{name}={value}"),
    }
}

/// "repository shop.git"; one whose name says it, alone.
pub fn named(resource: &Resource) -> String {
    if resource.label.contains(&resource.kind) {
        return resource.label.clone();
    }
    format!("{} {}", resource.kind, resource.label)
}

/// The answer to `extend`, by the clock of who asked.
pub fn extended(env: &Environment, now: Timestamp, reader: &Actor) -> Message {
    Message::new(text!["✅ ", code(&env.name), format!(" is yours {}.", ends_for(env, now, reader))])
}

/// Adds to an answer what a moment was taken for, and how to be understood better.
pub fn taken(answer: Message, env: &Environment, now: Timestamp, reader: &Actor) -> Message {
    let hint = reader.zone_hint().map(|hint| format!(" {hint}")).unwrap_or_default();
    answer.context(format!("It is yours {}.{hint}", ends_for(env, now, reader)))
}

/// "until Fri 18:00, in 2 days".
fn ends_for(env: &Environment, now: Timestamp, reader: &Actor) -> String {
    format!("until {}, {}", reader.clock(env.deadline, now), left(env.deadline, now))
}

/// The answer to `destroy`.
pub fn going(env: &Environment) -> Message {
    Message::new(text![
        "⏳ ",
        code(&env.name),
        " is being removed. What it keeps is named in its message when it is gone."
    ])
}
