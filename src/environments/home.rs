//! Somebody's page: their environments with what can be done, and what there is to make.
//!
//! A chat that has pages shows it as one ([`Target::Home`](crate::chat::Target)) and then it
//! follows: a unit that changes an environment asks for its owner's page to be drawn anew,
//! once for all the changes until that is done. Elsewhere it is the answer to `home`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::model::Environment;
use super::{Environments, store, wording};
use crate::catalog::Catalog;
use crate::chat::message::{Block, Button, Choice, Message, Text, code, emphasis, link, plain, strong, time};
use crate::chat::outbox;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::jobs::queue::{self, NewJob};
use crate::jobs::{Job, JobError};
use crate::people;
use crate::text;

/// As many environments are shown with their buttons, each in two blocks: a message has
/// room for 50 blocks, and a page that needs scrolling is no overview.
const SHOWN: usize = 20;
/// With more than these a choice leads to each of them, those without buttons too.
const FEW: usize = 4;
/// As many golden paths are named.
const PATHS: usize = 10;

/// The page of a person as it is now.
pub async fn page(conn: &mut Conn, catalog: &Catalog, person: &str, now: Timestamp) -> Result<Message> {
    let mine = store::live(conn, Some(person), i64::try_from(SHOWN).unwrap_or(i64::MAX)).await?;
    let all = store::names_of(conn, person).await?;
    Ok(paths(environments(&mine, &all, now), catalog))
}

fn environments(mine: &[Environment], all: &[String], now: Timestamp) -> Message {
    let new = Button::new("New environment", "env.create", "", "").primary();
    let head = match all.len() {
        0 => Text::from(
            "You have no environments. `/platform env create` makes one, and so does the button; `/platform help` \
             shows what else there is to type.",
        ),
        1 => text![strong("Your environment")],
        count => text![strong(format!("Your {count} environments"))],
    };
    let mut message = Message::new(head).buttons(vec![new]);
    for env in mine {
        message = message.section(line(env, now)).buttons(wording::all_buttons(env));
    }
    if all.len() > FEW {
        let choices = all.iter().map(|name| Choice { value: name.clone(), label: name.clone() }).collect();
        let (placeholder, command) = ("Show one".into(), "env.show".into());
        message = message.with(Block::Select { placeholder, command, choices });
    }
    match all.len().saturating_sub(mine.len()) {
        0 => message,
        more => message.context(format!("{more} more, older ones; `/platform env list` shows them.")),
    }
}

fn line(env: &Environment, now: Timestamp) -> Text {
    let mut line =
        text![format!("{} ", env.state.mark()), code(&env.name), format!(" is {} · ", env.state.word())]
            .then(plain(&env.title));
    if let Some(url) = env.output("url") {
        line = line.then(" · ").then(link(url));
    }
    line.then(" · until ").then(time(env.deadline)).then(format!(" ({})", wording::left(env.deadline, now)))
}

fn paths(message: Message, catalog: &Catalog) -> Message {
    let all = catalog.list();
    let mut text = text![strong("Golden paths")];
    for template in all.iter().take(PATHS) {
        text = text.then("\n").then(code(&template.name)).then("  ").then(emphasis(template.title.as_str()));
        text = text.then(format!(", {}: ", template.tier.label())).then(plain(template.summary()));
    }
    let message = message.with(Block::Divider).section(text);
    match all.len().saturating_sub(PATHS) {
        0 => message.context("`/platform template show NAME` tells what one asks and does."),
        more => message.context(format!("{more} more; `/platform template list` shows them all.")),
    }
}

/// Asks for the page of this person to be drawn anew, if they ever opened it.
pub(super) async fn refresh_soon(tx: &mut Tx, person: &str) -> Result<()> {
    for identity in people::identities(tx.conn(), person).await? {
        if outbox::has_home(tx.conn(), &identity).await? {
            let (payload, key, run_at) =
                (json!({ "person": person }), Some(format!("home:{person}")), tx.now());
            return queue::enqueue(tx, NewJob { kind: "env.home", payload, key, run_at }).await;
        }
    }
    Ok(())
}

/// Draws somebody's page anew: `env.home`, keyed by the person.
pub struct Refresh(pub Arc<Environments>);

#[async_trait]
impl Job for Refresh {
    fn kind(&self) -> &'static str {
        "env.home"
    }

    async fn run(&self, payload: Value, _attempt: i64) -> Result<(), JobError> {
        let person = payload["person"].as_str().unwrap_or_default().to_owned();
        let unit = (person, self.0.catalog.now());
        let refresh = self.0.db.write(unit, |tx, (person, catalog)| {
            Box::pin(async move {
                let now = tx.now();
                let message = page(tx.conn(), catalog, person, now).await?;
                for identity in people::identities(tx.conn(), person).await? {
                    outbox::change_home(tx, &identity, &message).await?;
                }
                Ok(())
            })
        });
        Ok(refresh.await?)
    }
}
