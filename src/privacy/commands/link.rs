//! `/platform link`: two accounts of one person, joined by a code.

use std::sync::Arc;

use crate::access::{Actor, recorded};
use crate::chat::inbound::Identity;
use crate::chat::message::{Button, Message, Reply, code, plain, strong};
use crate::commands::{Call, Handlers, handler};
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::people::{self, linking, linking::Typed};
use crate::privacy::{Privacy, merge};
use crate::text;

/// The handlers.
pub(super) fn handlers(slice: &Arc<Privacy>) -> Handlers {
    Handlers::from([("link", handler(slice, link)), ("link.confirm", handler(slice, confirm))])
}

fn secret(slice: &Privacy) -> [u8; 32] {
    slice.surveys.keys.derive("link codes")
}

/// Gives a code, or takes one.
async fn link(slice: Arc<Privacy>, call: Call) -> Result<Reply> {
    slice.surveys.people.may_link(&call.actor.identity.platform)?;
    match call.args.text("code").map(str::to_owned) {
        None => give(&slice, &call).await,
        Some(typed) => take(slice, call, typed).await,
    }
}

/// Not by [`Call::commit`], which would store the answer and with it the code. A repeat of the
/// delivery gets the same one without.
async fn give(slice: &Privacy, call: &Call) -> Result<Reply> {
    recorded(&call.actor.person)?;
    if !call.invocation.answer_by.is_inline() {
        return Err(Error::Invalid(
            "A code is shown to you alone, and only as the answer to the command. Type `/platform link`."
                .into(),
        ));
    }
    let made = slice.surveys.people.offer(&secret(slice), &call.actor, &call.invocation.delivery).await?;
    let message = Message::new(text!["Your code is ", strong(made.as_str()), "."])
        .section(text![
            "Type ",
            code(format!("/platform link {made}")),
            " from your other account within 10 minutes. It asks there whether both are you.",
        ])
        .context("Give it to nobody: whose account takes it becomes one with yours.");
    Ok(Reply::private(message))
}

async fn take(slice: Arc<Privacy>, call: Call, typed: String) -> Result<Reply> {
    let db = slice.db.clone();
    let unit = (secret(&slice), call.actor.clone(), typed);
    call.commit(&db, unit, |tx, (secret, actor, typed)| {
        Box::pin(async move {
            match linking::take(tx, secret, &actor.person, typed).await? {
                Typed::Taken(offer) => Ok(Reply::private(question(tx.conn(), &offer, actor).await?)),
                refused => Ok(Reply::say(why_not(&refused, actor, tx))),
            }
        })
    })
    .await
}

fn why_not(refused: &Typed, actor: &Actor, tx: &Tx) -> String {
    match refused {
        Typed::Own => "This is your own code. Type it from your other account.".into(),
        Typed::TooMany { until } => format!(
            "Too many codes were tried, and none is looked at until {}. Then `/platform link` on your other account \
             gives a new one.",
            actor.clock(*until, tx.now())
        ),
        Typed::Unknown { left: 0 } => {
            format!("{} No more can be tried within the hour.", UNKNOWN)
        }
        Typed::Unknown { left } => format!("{UNKNOWN} Tries left: {left}."),
        Typed::Taken(_) => String::new(),
    }
}

const UNKNOWN: &str = "This code is not good, or not any more: each is for ten minutes and one account. \
                       `/platform link` on your other account gives a new one.";

/// Names both accounts before anything is done.
async fn question(conn: &mut Conn, offer: &linking::Offer, actor: &Actor) -> Result<Message> {
    let maker = people::by_id(conn, &offer.person).await?;
    let name = maker.map(|person| person.name).unwrap_or_default();
    Ok(Message::new(text![
        "Is ",
        account(&name, &offer.maker),
        " you, as much as ",
        account(&actor.name, &actor.identity),
        "?",
    ])
    .section(
        "Linked, both are one person: what you own, asked for, answered and voted for with this account is the \
         other's too. Where both said something, the other account's settings, vote or answer counts; you are \
         asked things there. It cannot be undone.",
    )
    .context("If somebody else gave you this code, do not link: all that is yours would be theirs.")
    .buttons(vec![Button::new("Link both", "link.confirm", &offer.id, "").primary()]))
}

/// `Ada (Slack, U1)`
fn account(name: &str, who: &Identity) -> crate::chat::message::Span {
    let platform = chat(&who.platform);
    plain(format!("{name} ({platform}, {})", who.user))
}

fn chat(platform: &str) -> String {
    let mut letters = platform.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

async fn confirm(slice: Arc<Privacy>, call: Call) -> Result<Reply> {
    slice.surveys.people.may_link(&call.actor.identity.platform)?;
    let (db, id) = (slice.db.clone(), call.args.text("link").unwrap_or_default().to_owned());
    let unit = (slice, call.actor.clone(), id);
    call.commit(&db, unit, |tx, (slice, actor, id)| {
        Box::pin(async move {
            let offer = linking::spend(tx, id, &actor.person).await?;
            merge(tx, slice, &actor.person, &offer.person).await?;
            let (here, there) = (chat(&actor.identity.platform), chat(&offer.maker.platform));
            Ok(Reply::say(format!(
                "✅ Linked: your accounts on {there} and {here} are one person now. `/platform env list` shows the same \
                 on both, and `/platform privacy` what is kept."
            )))
        })
    })
    .await
}
