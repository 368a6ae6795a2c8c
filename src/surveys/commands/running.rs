//! `survey list|show|start|pause|resume|close`, for product people, and their wording.

use std::sync::Arc;

use crate::chat::message::{Block, Button, Message, Reply, Text, code, emphasis, strong, time};
use crate::clock::Timestamp;
use crate::commands::{Call, Handlers, handler};
use crate::duration;
use crate::error::{Error, Result};
use crate::surveys::Surveys;
use crate::surveys::model::Survey;
use crate::surveys::model::wave::{State, Wave};
use crate::surveys::model::when::When;
use crate::surveys::running::{self, Preview, Progress, Standing};
use crate::text;

const CONFIRM: &str = "survey.confirm";

pub(super) fn handlers(slice: &Arc<Surveys>) -> Handlers {
    Handlers::from([
        ("survey.list", handler(slice, list)),
        ("survey.show", handler(slice, show)),
        ("survey.start", handler(slice, start)),
        ("survey.pause", handler(slice, pause)),
        ("survey.close", handler(slice, close)),
        ("survey.resume", handler(slice, resume)),
        (CONFIRM, handler(slice, confirm)),
    ])
}

fn key(call: &Call) -> String {
    call.args.text("survey").unwrap_or_default().to_owned()
}

async fn list(slice: Arc<Surveys>, _: Call) -> Result<Reply> {
    let standings = slice.standings().await?;
    let row = |standing: &Standing| {
        let Standing { survey, .. } = standing;
        vec![text![code(&survey.key)], text![survey.title.as_str()], goes_out(&survey.when), now(standing)]
    };
    let header = ["Survey", "About", "Goes out", "Now"].map(str::to_owned).to_vec();
    let rows = standings.iter().map(row).collect();
    let head = Message::new(text![strong("Surveys")]).with(Block::Table { header, rows });
    Ok(Reply::private(head.context("`/platform survey show SURVEY` shows its question and its last waves.")))
}

/// What makes it go out, and to whom.
fn goes_out(when: &When) -> Text {
    let mut text = match (&when.fact, &when.cron) {
        (Some(fact), _) if when.delay.is_zero() => text!["on ", code(fact)],
        (Some(fact), _) => text![duration::words(when.delay), " after ", code(fact)],
        (None, Some(cron)) => text!["by ", code(cron.to_string()), ", where each one is"],
        (None, None) => text!["when it is started"],
    };
    if let Some(unless) = &when.unless {
        text = text.then(", unless ").then(code(unless));
    }
    if when.sample < 1.0 {
        text = text.then(format!(", to {:.0} % of them", when.sample * 100.0));
    }
    text
}

/// How it stands, in a few words.
fn now(standing: &Standing) -> Text {
    let open = standing.waves.iter().find(|progress| progress.wave.state != State::Closed);
    match (standing.paused, open) {
        (Some(_), _) => "paused".into(),
        (None, None) => "asks nobody".into(),
        (None, Some(progress)) => said(progress),
    }
}

/// "12 of 40 asked answered, 25 still to be asked".
fn said(progress: &Progress) -> Text {
    let Progress { planned, asked, answered, left, wave } = progress;
    let mut words = format!("{answered} of {asked} asked answered");
    if wave.state == State::Planning {
        words.push_str(", being planned");
    }
    if *planned > 0 {
        words.push_str(&format!(", {planned} still to be asked"));
    }
    if *left > 0 {
        words.push_str(&format!(", {left} not asked"));
    }
    words.into()
}

async fn show(slice: Arc<Surveys>, call: Call) -> Result<Reply> {
    let standing = slice.standing(&key(&call)).await?;
    let Standing { survey, paused, waves } = &standing;
    let head = text![strong(&survey.title), " · ", code(&survey.key)];
    let mut message = Message::new(head).with(Block::Fields { fields: fields(survey) });
    if let Some(since) = paused {
        message = message.section(text!["Paused since ", time(*since), ": nobody is asked."]);
    }
    let rows: Vec<Vec<Text>> = waves.iter().map(row).collect();
    message = match rows.is_empty() {
        true => message.context("It has not asked anybody yet."),
        false => {
            let header = ["Wave", "State", "Answers"].map(str::to_owned).to_vec();
            message.with(Block::Table { header, rows })
        }
    };
    Ok(Reply::private(message.buttons(buttons(&standing))))
}

fn fields(survey: &Survey) -> Vec<(String, Text)> {
    let kept = format!("No name is stored with an answer; results are shown from {} answers on", survey.k);
    let field = |name: &str, words: Text| (name.to_owned(), words);
    vec![
        field("Question", super::question(survey, "…")),
        field("Answers", text![survey.question.labels().join(" · ")]),
        field("Decides", text![survey.decision.as_str()]),
        field("Kept", text![kept]),
        field("Goes out", goes_out(&survey.when)),
        field("Open for", text![open(survey)]),
    ]
}

/// "14 days; who says nothing is reminded once, after 7 days".
fn open(survey: &Survey) -> String {
    let span = match survey.when.asks_its_month() {
        true => "its calendar month and a week".to_owned(),
        false => duration::words(survey.when.open),
    };
    match survey.when.remind {
        Some(after) => format!("{span}; who says nothing is reminded once, after {}", duration::words(after)),
        None => format!("{span}; nobody is reminded"),
    }
}

fn row(progress: &Progress) -> Vec<Text> {
    let wave = &progress.wave;
    let state = match (wave.state, wave.closes_at) {
        (State::Closed, _) => text!["closed"],
        (_, Some(at)) => text!["open until ", time(at)],
        (_, None) => text!["open"],
    };
    vec![text![wave.period.as_str()], state, said(progress)]
}

fn buttons(standing: &Standing) -> Vec<Button> {
    let Standing { survey, paused, waves } = standing;
    let open = waves.iter().any(|progress| progress.wave.state != State::Closed);
    let button = |label: &str, verb: &str| Button::new(label, verb, &survey.key, "");
    let startable = survey.when.fact.is_none() && !open && paused.is_none();
    let pause = match paused {
        Some(_) => button("Resume", "survey.resume"),
        None => button("Pause", "survey.pause"),
    };
    let start = startable.then(|| button("Start", "survey.start"));
    start.into_iter().chain([pause]).chain(open.then(|| button("Close", "survey.close"))).collect()
}

/// What would happen, with the button that makes it happen.
fn would(words: Text, label: &str, key: &str, deed: &str) -> Reply {
    Reply::private(Message::new(words).buttons(vec![Button::new(label, CONFIRM, key, deed)]))
}

async fn start(slice: Arc<Surveys>, call: Call) -> Result<Reply> {
    let survey = slice.find(&key(&call))?;
    let preview = slice.preview(survey).await?;
    Ok(match preview.first {
        Some(first) => would(starts(&slice, survey, &preview, first), "Start it", &survey.key, "start"),
        None => Reply::say(format!(
            "`{}` would ask nobody: no member who wants questions works in the next {}.",
            survey.key,
            duration::words(survey.when.open)
        )),
    })
}

fn starts(slice: &Surveys, survey: &Survey, preview: &Preview, first: Timestamp) -> Text {
    let people = match preview.people {
        1 => "1 person".to_owned(),
        people if survey.when.sample < 1.0 => format!("about {:.0} of {people} people", preview.expected),
        people => format!("{people} people"),
    };
    let later =
        format!(". Who was asked anything in the last {} is asked later.", duration::words(slice.gap));
    text![
        code(&survey.key),
        format!(" would ask {people} in their working hours, the first "),
        time(first),
        ", until ",
        time(preview.closes_at),
        later,
    ]
}

async fn pause(slice: Arc<Surveys>, call: Call) -> Result<Reply> {
    let standing = slice.standing(&key(&call)).await?;
    let key = &standing.survey.key;
    if standing.paused.is_some() {
        return Err(Error::Conflict(format!("`{key}` is paused already.")));
    }
    let planned: i64 = standing.waves.iter().map(|progress| progress.planned).sum();
    let words = format!(
        " would ask nobody until it is resumed; {planned} are still to be asked now. Who was asked can answer."
    );
    Ok(would(text![code(key), words], "Pause it", key, "pause"))
}

async fn close(slice: Arc<Surveys>, call: Call) -> Result<Reply> {
    let standing = slice.standing(&key(&call)).await?;
    let key = &standing.survey.key;
    let open = standing.waves.iter().filter(|progress| progress.wave.state != State::Closed);
    let open: Vec<&Progress> = open.collect();
    if open.is_empty() {
        return Err(Error::Conflict(format!("`{key}` has no open wave.")));
    }
    let planned: i64 = open.iter().map(|progress| progress.planned).sum();
    let silent: i64 = open.iter().map(|progress| progress.asked - progress.answered).sum();
    let words = format!(
        " ends for good in its open wave: {planned} are not asked any more, and the {silent} who were and said \
         nothing no longer can. No answer can be changed then."
    );
    Ok(would(text![code(key), words], "Close it", key, "close"))
}

async fn resume(slice: Arc<Surveys>, call: Call) -> Result<Reply> {
    let (db, key) = (slice.db.clone(), key(&call));
    call.commit(&db, (slice, key), |tx, (slice, key)| {
        Box::pin(async move {
            running::resume(tx, slice, key).await?;
            Ok(Reply::private(Message::new(resumed(key))))
        })
    })
    .await
}

/// Behind the button that says what would happen.
async fn confirm(slice: Arc<Surveys>, call: Call) -> Result<Reply> {
    let deed = call.args.text("deed").unwrap_or_default().to_owned();
    let (db, key) = (slice.db.clone(), key(&call));
    call.commit(&db, (slice, key, deed), |tx, (slice, key, deed)| {
        Box::pin(async move {
            let said = match deed.as_str() {
                "start" => started(&running::start(tx, slice, key).await?),
                "pause" => {
                    running::pause(tx, slice, key).await?;
                    paused(key)
                }
                _ => {
                    running::close(tx, slice, key).await?;
                    text![
                        "✅ ",
                        code(key),
                        " is closed; ",
                        code("/platform stats"),
                        " has what was answered."
                    ]
                }
            };
            Ok(Reply::private(Message::new(said)))
        })
    })
    .await
}

fn started(wave: &Wave) -> Text {
    let show = code(format!("/platform survey show {}", wave.survey));
    let until = time(wave.closes_at.unwrap_or(wave.opens_at));
    let name = code(&wave.survey);
    text![
        "✅ ",
        name,
        " asks, in its wave of ",
        emphasis(&wave.period),
        ", until ",
        until,
        ". ",
        show,
        " tells how far it is."
    ]
}

fn paused(key: &str) -> Text {
    text!["✅ ", code(key), " is paused. ", code(format!("/platform survey resume {key}")), " lets it go on."]
}

fn resumed(key: &str) -> Text {
    text!["✅ ", code(key), " asks again. What happened meanwhile is not asked about."]
}
