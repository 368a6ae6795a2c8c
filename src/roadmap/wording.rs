//! How the roadmap reads. Pure.

use super::model::{Feedback, Standing, excerpt};
use crate::chat::message::{Block, Button, Choice, Message, Span, emphasis, plain, strong, time};
use crate::text;

/// What somebody reads who gave a feedback under their name.
pub fn thanks(id: &str) -> Message {
    Message::new("✅ Thank you. It is in the platform team's inbox, with your name.")
        .section("They link it to what they work on, or set it aside. Where others meet the same, it counts with theirs.")
        .buttons(vec![Button::new("Tell me what comes of it", "feedback.contact", id, "")])
}

/// What somebody reads who gave one anonymously.
pub fn thanks_anonymously() -> Message {
    Message::new("✅ Thank you. It is in the platform team's inbox: your words and this week, not your name and not the time.")
        .context("Nobody can answer it, not even to ask what you mean. The words themselves may still tell who you are.")
}

/// What somebody reads who wants to be told.
pub fn will_tell() -> Message {
    Message::new("✅ You will be told once, when it is done or decided against.")
}

/// The inbox: what stands so, and how many stand how.
pub fn inbox(shown: &[Feedback], standing: Standing, counts: [i64; 3]) -> Message {
    let [new, linked, done] = counts;
    if new + linked + done == 0 {
        return Message::new("Nobody has said anything yet. `/platform feedback TEXT` is open to everybody.");
    }
    let head = Message::new(text![
        strong("Feedback"),
        format!(" · {new} new · {linked} linked to an item · {done} done")
    ]);
    if shown.is_empty() {
        return head.section(format!(
            "None is {}. `/platform feedback list state=…` shows the others.",
            standing.word()
        ));
    }
    let row = |one: &Feedback| {
        let words = text![plain(excerpt(&one.text, 120))];
        let item = one.item.as_deref().map_or_else(|| text!["–"], |title| text![emphasis(title)]);
        vec![text![when(one)], text![who(one)], words, item]
    };
    let header = ["When", "Who", "What", "Item"].map(str::to_owned).to_vec();
    let choice = |one: &Feedback| Choice {
        value: one.id.clone(),
        label: excerpt(&format!("{}: {}", name(one), one.text), 75),
    };
    head.with(Block::Table { header, rows: shown.iter().map(row).collect() }).with(Block::Select {
        placeholder: "Read one and decide".into(),
        command: "feedback.show".into(),
        choices: shown.iter().map(choice).collect(),
    })
}

/// One feedback as a whole.
pub fn feedback(one: &Feedback) -> Message {
    let head = text![who(one), " · ", when(one), " · ", one.standing.word()];
    let head = match &one.item {
        Some(title) => head.then(" to ").then(emphasis(title)),
        None => head,
    };
    let message = Message::new(head).section(text![plain(&one.text)]);
    match one.standing {
        Standing::New => message.buttons(vec![Button::new("Set aside", "feedback.done", &one.id, "")]),
        Standing::Linked | Standing::Done => message,
    }
}

/// What a product manager reads who set one aside.
pub fn set_aside(one: &Feedback) -> Message {
    Message::new(text!["✅ Set aside: ", emphasis(excerpt(&one.text, 80))])
}

fn name(one: &Feedback) -> &str {
    one.by.as_ref().map_or("Anonymous", |(_, name)| name)
}

fn who(one: &Feedback) -> Span {
    plain(name(one))
}

/// Of an anonymous one only the week is known.
fn when(one: &Feedback) -> Span {
    match one.by {
        Some(_) => time(one.at),
        None => plain(one.at.iso_week()),
    }
}
