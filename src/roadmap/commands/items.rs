//! `/platform roadmap …`: from arguments to verbs to replies.

use std::sync::Arc;

use crate::access::Role;
use crate::chat::attachment::File;
use crate::chat::form::Form;
use crate::chat::inbound::Input;
use crate::chat::message::Reply;
use crate::commands::{Call, Handlers, handler};
use crate::error::{Error, Result};
use crate::roadmap::evidence::{self, Source};
use crate::roadmap::model::item::{Effort, State};
use crate::roadmap::wording::{self, board, export};
use crate::roadmap::{Roadmap, feedback, items, shipping};

/// The handlers of items.
pub fn handlers(slice: &Arc<Roadmap>) -> Handlers {
    Handlers::from([
        ("roadmap.list", handler(slice, list)),
        ("roadmap.add", handler(slice, add)),
        ("roadmap.show", handler(slice, show)),
        ("roadmap.link", handler(slice, link)),
        ("roadmap.attach", handler(slice, attach)),
        ("roadmap.estimate", handler(slice, estimate)),
        ("roadmap.vote", handler(slice, vote)),
        ("roadmap.unvote", handler(slice, unvote)),
        ("roadmap.override", handler(slice, judge)),
        ("roadmap.start", handler(slice, start)),
        ("roadmap.ship", handler(slice, ship)),
        ("roadmap.drop", handler(slice, drop)),
        ("roadmap.export", handler(slice, write)),
    ])
}

fn text(call: &Call, name: &str) -> String {
    call.args.text(name).unwrap_or_default().to_owned()
}

fn number(call: &Call, name: &str) -> Result<f64> {
    call.args.number(name).ok_or_else(|| Error::internal(format!("the spec requires `{name}`")))
}

async fn list(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    let (mut conn, now) = (slice.db.read().await?, slice.db.now());
    let board = items::board(&mut conn, now).await?;
    let unlinked = match call.actor.holds(Role::Pm) {
        true => Some(evidence::unlinked(&mut conn, now).await?),
        false => None,
    };
    Ok(Reply::private(board::list(&board, unlinked.as_deref())))
}

async fn add(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, text(&call, "title"), |tx, title| {
        Box::pin(async move { Ok(Reply::private(wording::added(&items::add(tx, title).await?))) })
    })
    .await
}

async fn show(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    let (mut conn, now) = (slice.db.read().await?, slice.db.now());
    let item = items::find(&mut conn, &text(&call, "item")).await?;
    let board = items::board(&mut conn, now).await?;
    let whole = board::Whole {
        item: &item,
        ranked: board.live.iter().find(|ranked| ranked.candidate.item.id == item.id),
        evidence: &items::evidence_of(&mut conn, &item, now).await?,
        feedback: &feedback::of_item(&mut conn, &item.id).await?,
        help: slice.help(&mut conn, &item).await?,
    };
    Ok(Reply::private(board::show(&whole)))
}

async fn link(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    let input = (text(&call, "item"), Source::of(&text(&call, "evidence")));
    call.commit(&slice.db, input, |tx, (item, source)| {
        Box::pin(async move {
            let item = items::find_live(tx.conn(), item).await?;
            let what = evidence::link(tx, &item, source).await?;
            Ok(Reply::private(wording::linked(&item, &what)))
        })
    })
    .await
}

/// What to make of a piece of evidence.
#[derive(Clone)]
enum Use {
    For(String),
    New(String),
    Aside,
}

/// From a piece of evidence to its item: there already, new, or none.
async fn attach(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    let (item, title) = (call.args.text("item"), call.args.text("title"));
    let chosen = match (item, title, call.args.flag("aside")) {
        (Some(item), None, false) => Use::For(item.to_owned()),
        (None, Some(title), false) => Use::New(title.to_owned()),
        (None, None, true) => Use::Aside,
        (None, None, false) if !matches!(call.invocation.input, Input::Submit { .. }) => {
            return Ok(Reply::Form { form: attach_form(&call).await? });
        }
        _ => return Err(Error::Fields(vec![(String::new(), "Choose one of the three.".into())])),
    };
    let input = (Source::of(&text(&call, "evidence")), chosen);
    call.commit(&slice.db, input, |tx, (source, chosen)| {
        Box::pin(async move {
            let item = match chosen {
                Use::For(key) => items::find_live(tx.conn(), key).await?,
                Use::New(title) => items::add(tx, title).await?,
                Use::Aside => {
                    let what = evidence::set_aside(tx, source).await?;
                    return Ok(Reply::private(wording::set_aside(&what)));
                }
            };
            let what = evidence::link(tx, &item, source).await?;
            Ok(Reply::private(wording::linked(&item, &what)))
        })
    })
    .await
}

async fn attach_form(call: &Call) -> Result<Form> {
    let mut form = call.form().await?;
    form.title = "Link evidence".into();
    form.submit = "Do it".into();
    form.intro = Some("An item that is there, a new one, or none.".into());
    Ok(form)
}

async fn estimate(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    let effort = Effort { p50: number(&call, "p50")?, p90: number(&call, "p90")? };
    call.commit(&slice.db, (text(&call, "item"), effort), |tx, (item, effort)| {
        Box::pin(
            async move { Ok(Reply::private(wording::estimated(&items::estimate(tx, item, *effort).await?))) },
        )
    })
    .await
}

async fn vote(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, (call.actor.clone(), text(&call, "item")), |tx, (actor, item)| {
        Box::pin(async move {
            let (item, first) = items::vote(tx, actor, item).await?;
            Ok(Reply::private(wording::voted(&item, first)))
        })
    })
    .await
}

async fn unvote(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, (call.actor.clone(), text(&call, "item")), |tx, (actor, item)| {
        Box::pin(
            async move { Ok(Reply::private(wording::unvoted(&items::take_back(tx, actor, item).await?))) },
        )
    })
    .await
}

async fn judge(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    let (factor, reason) = (number(&call, "factor")?, text(&call, "reason"));
    let input = (call.actor.clone(), text(&call, "item"), factor, reason);
    call.commit(&slice.db, input, |tx, (actor, item, factor, reason)| {
        Box::pin(async move {
            let item = items::judge(tx, actor, item, (*factor, reason)).await?;
            Ok(Reply::private(wording::judged(&item, &actor.name, (*factor, reason))))
        })
    })
    .await
}

async fn start(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, text(&call, "item"), |tx, item| {
        Box::pin(async move { Ok(Reply::private(wording::started(&shipping::start(tx, item).await?))) })
    })
    .await
}

async fn ship(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, (text(&call, "item"), text(&call, "said")), |tx, (item, said)| {
        Box::pin(async move { Ok(Reply::private(wording::ended(&shipping::ship(tx, item, said).await?))) })
    })
    .await
}

async fn drop(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, (text(&call, "item"), text(&call, "why")), |tx, (item, why)| {
        Box::pin(async move { Ok(Reply::private(wording::ended(&shipping::drop(tx, item, why).await?))) })
    })
    .await
}

async fn write(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    let mut conn = slice.db.read().await?;
    let board = items::board(&mut conn, slice.db.now()).await?;
    let shipped: Vec<_> = board.ended.iter().filter(|item| item.state == State::Shipped).collect();
    let file = match call.args.text("format") {
        Some("json") => File::new("roadmap.json", export::json(&board.live, &shipped)),
        _ => File::new("roadmap.csv", export::csv(&board.live, &shipped)),
    };
    Ok(Reply::private(wording::exported(file, board.live.len() + shipped.len())))
}
