//! `/platform privacy`: what is kept about me, export, forget.

mod link;

use std::sync::Arc;

use serde_json::Value;

use super::Privacy;
use crate::chat::attachment::File;
use crate::chat::message::{Block, Button, Message, Reply, plain, strong};
use crate::commands::{Call, Handlers, handler};
use crate::error::{Error, Result};
use crate::text;

/// The handlers of the slice.
pub fn handlers(slice: &Arc<Privacy>) -> Handlers {
    let mut handlers = link::handlers(slice);
    handlers.extend([
        ("privacy", handler(slice, show)),
        ("privacy.export", handler(slice, export)),
        ("privacy.forget", handler(slice, forget)),
    ]);
    handlers
}

async fn kept(slice: &Privacy, call: &Call) -> Result<Value> {
    let mut conn = slice.db.read().await?;
    super::export(&mut conn, slice, &call.actor.person).await
}

async fn show(slice: Arc<Privacy>, call: Call) -> Result<Reply> {
    Ok(Reply::private(overview(&kept(&slice, &call).await?)))
}

async fn export(slice: Arc<Privacy>, call: Call) -> Result<Reply> {
    let all = serde_json::to_string_pretty(&kept(&slice, &call).await?).map_err(Error::internal)?;
    let message =
        Message::new("This is all that is kept about you. `/platform privacy` can have it forgotten.");
    Ok(Reply::private(message.file(File::new("about-me.json", all))))
}

async fn forget(slice: Arc<Privacy>, call: Call) -> Result<Reply> {
    let db = slice.db.clone();
    let unit = (slice, call.actor.person.clone());
    call.commit(&db, unit, |tx, (slice, person)| {
        Box::pin(async move {
            super::forget(tx, slice, person).await?;
            Ok(Reply::say(
                "✅ You are forgotten: your name, accounts, settings, words and votes are gone, and answers \
                 to open questions were withdrawn. The next command you type begins anew.",
            ))
        })
    })
    .await
}

/// A line for each part, and what can be done.
fn overview(kept: &Value) -> Message {
    let some = |list: &Value| list.as_array().map_or(0, Vec::len);
    let (you, roadmap) = (&kept["you"], &kept["roadmap"]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let zone = text(&you["zone"]["own"]).or_else(|| text(&you["zone"]["directory"]));
    let lines = [
        ("Your name", text(&you["name"]).unwrap_or_default()),
        ("Accounts", some(&you["accounts"]).to_string()),
        ("Time zone", zone.unwrap_or_else(|| "none of your own".into())),
        ("Days on which you used the bot", some(&you["days_active"]).to_string()),
        ("Environments", some(&kept["environments"]).to_string()),
        ("Questions you were asked", some(&kept["surveys"]["asked"]).to_string()),
        ("Answers that lead to you still", some(&kept["answers"]).to_string()),
        ("Feedback with your name", some(&roadmap["feedback"]).to_string()),
        ("Votes", some(&roadmap["votes"]).to_string()),
        ("Searches and failures noted for the roadmap", some(&roadmap["seen"]).to_string()),
        ("Commands in the audit", some(&kept["commands"]).to_string()),
    ];
    let fields = lines.map(|(name, value)| (name.to_owned(), text![plain(value)])).into();
    let forget = Button::new("Forget me", "privacy.forget", "", "").danger(
        "Forget all of it?",
        "Your name, accounts, settings, words and votes go, and answers to open questions are withdrawn. \
         It cannot be undone.",
        "Forget me",
    );
    Message::new(text![strong("What is kept about you")])
        .with(Block::Fields { fields })
        .context(
            "An answer leads to nobody once its question is closed: the key that it was kept under is \
             destroyed then. What you changed stays in the audit, under an id that leads to nobody once \
             you are forgotten.",
        )
        .buttons(vec![Button::new("Export", "privacy.export", "", ""), forget])
}
