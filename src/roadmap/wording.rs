//! How the roadmap reads. Pure.

pub mod board;
pub mod export;
pub mod told;

use super::model::evidence::{Evidence, OfTeam};
use super::model::item::Item;
use super::model::score::K;
use super::model::{Feedback, Standing, excerpt};
use super::shipping::Told;
use crate::chat::attachment::File;
use crate::chat::message::{Block, Button, Choice, Message, Span, code, emphasis, plain, strong, time};
use crate::disclosure;
use crate::text;
use board::number;

/// A line names so many teams of a wave.
const TEAMS: usize = 3;

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
        Standing::New => message.buttons(vec![
            Button::new("Link to an item…", "roadmap.attach", &one.id, ""),
            Button::new("Set aside", "feedback.done", &one.id, ""),
        ]),
        Standing::Linked | Standing::Done => message,
    }
}

/// What a product manager reads who set a feedback aside.
pub fn put_aside(one: &Feedback) -> Message {
    Message::new(text!["✅ Set aside: ", emphasis(excerpt(&one.text, 80))])
}

/// What a product manager reads who made an item.
pub fn added(item: &Item) -> Message {
    Message::new(text!["✅ ", emphasis(&item.title), " is on the roadmap as ", code(&item.key), "."])
        .context("It ranks once it has evidence and an estimate.")
        .buttons(vec![
            Button::new("Link evidence…", "roadmap.link", &item.key, ""),
            Button::new("Estimate…", "roadmap.estimate", &item.key, ""),
        ])
}

/// What was linked, and to which item.
pub fn linked(item: &Item, what: &str) -> Message {
    Message::new(text!["✅ ", emphasis(what), " speaks for ", emphasis(&item.title), " now."])
        .buttons(vec![Button::new("Show", "roadmap.show", &item.key, "")])
}

/// What somebody reads who set evidence aside.
pub fn set_aside(what: &str) -> Message {
    Message::new(text!["✅ Set aside: ", emphasis(what), ". It is counted on, and asked about no more."])
}

/// An estimate as it is now.
pub fn estimated(item: &Item) -> Message {
    let effort = item.effort.map(|effort| {
        format!("{}, nine times in ten under {} person-weeks", number(effort.p50), number(effort.p90))
    });
    Message::new(text!["✅ ", emphasis(&item.title), ": ", effort.unwrap_or_default(), "."])
        .buttons(vec![Button::new("Show", "roadmap.show", &item.key, "")])
}

/// One vote a person.
pub fn voted(item: &Item, first: bool) -> Message {
    let others = match item.votes.saturating_sub(1) {
        0 => "It is the first one.".to_owned(),
        1 => "One more person is for it.".to_owned(),
        others => format!("{others} others are for it."),
    };
    let counts = if first { " counts. " } else { " counts already, once. " };
    Message::new(text!["✅ Your vote for ", emphasis(&item.title), counts, others])
        .buttons(vec![Button::new("Take it back", "roadmap.unvote", &item.key, "")])
}

/// A vote taken back.
pub fn unvoted(item: &Item) -> Message {
    Message::new(text!["✅ Your vote for ", emphasis(&item.title), " is taken back."])
}

/// A term beside the evidence, with its name under it.
pub fn judged(item: &Item, by: &str, (factor, reason): (f64, &str)) -> Message {
    if factor == 1.0 {
        return Message::new(text!["✅ ", emphasis(&item.title), " ranks by its evidence alone again."]);
    }
    Message::new(text![
        "✅ ",
        emphasis(&item.title),
        format!(" ranks with ×{} by {by}: ", number(factor)),
        plain(reason)
    ])
    .context("Both scores are shown. A factor of 1 takes it back.")
}

/// Somebody works on it.
pub fn started(item: &Item) -> Message {
    Message::new(text!["⏳ ", emphasis(&item.title), " is started."]).buttons(vec![Button::new(
        "Ship…",
        "roadmap.ship",
        &item.key,
        "",
    )])
}

/// It ended, and who hears of it.
pub fn ended(told: &Told) -> Message {
    let item = &told.item;
    let asked = match told.waves {
        0 => None,
        waves => Some(format!(
            "Everybody who was asked in the {} behind it is told, and asked whether it helped.",
            many(waves, "wave")
        )),
    };
    let people = match told.people {
        0 => None,
        people => Some(format!(
            "{} who gave feedback on it and wished to hear of it.",
            many(people, "person is told")
        )),
    };
    let parts = asked.into_iter().chain(people).collect::<Vec<_>>();
    let rest = if parts.is_empty() {
        "Nobody was asked about it, so nobody is told.".to_owned()
    } else {
        parts.join(" ")
    };
    Message::new(text!["✅ ", emphasis(&item.title), format!(" is {}.", item.state.word())]).section(rest)
}

fn many(count: usize, one: &str) -> String {
    match (count, one) {
        (1, "wave") => "wave".into(),
        (1, one) => format!("1 {one}"),
        (count, "wave") => format!("{count} waves"),
        (count, _) => format!("{count} people are told"),
    }
}

/// The roadmap for other tools, as a file.
pub fn exported(file: File, items: usize) -> Message {
    let rows = if items == 1 { "1 item".to_owned() } else { format!("{items} items") };
    let rest = format!(": {rows} with rank, score and what it rests on.");
    Message::new(text!["✅ The roadmap is in ", code(&file.name), rest]).file(file)
}

/// How much of it was seen lately: people from five on, answers as they were released.
pub fn counted(one: &Evidence) -> String {
    if let Some(finding) = one.findings.first() {
        return format!("{} of {} answers{}", finding.hits, finding.n, by_team(&finding.teams));
    }
    match (disclosure::people(one.people, K), one.people) {
        (Some(people), _) => format!("{people} people, {} times", one.times),
        (None, 0) => "not lately".into(),
        (None, _) => format!("fewer than {K} people"),
    }
}

/// "; Payments 8 of 10, Web 5 of 9 and 2 more teams".
fn by_team(teams: &[OfTeam]) -> String {
    let some: Vec<String> =
        teams.iter().take(TEAMS).map(|one| format!("{} {} of {}", one.team, one.hits, one.n)).collect();
    match (some.is_empty(), teams.len().saturating_sub(TEAMS)) {
        (true, _) => String::new(),
        (_, 0) => format!("; {}", some.join(", ")),
        (_, 1) => format!("; {} and 1 more team", some.join(", ")),
        (_, more) => format!("; {} and {more} more teams", some.join(", ")),
    }
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
