//! `/platform settings`: from arguments to verbs, and how it reads.

use std::sync::Arc;

use super::model::settings::{Change, Changes, Settings, Source};
use super::model::{Hours, Wish};
use super::{People, settings};
use crate::access::Actor;
use crate::chat::form::Form;
use crate::chat::message::{Block, Button, Message, Reply, code, plain};
use crate::commands::{Call, Handlers, handler};
use crate::error::{Error, Result};
use crate::text;
use crate::zone::Zone;

/// What takes one's own word back.
pub const AUTO: &str = "auto";

/// The handlers of the slice.
pub fn handlers(people: &Arc<People>) -> Handlers {
    Handlers::from([
        ("settings", handler(people, show)),
        ("settings.change", handler(people, change)),
        ("settings.zone", handler(people, change)),
    ])
}

/// Asks somebody for their zone beneath an answer that tells a time; nothing where that is known or was done.
pub async fn zone_question(people: &People, actor: &Actor) -> Result<Vec<Block>> {
    if !people.asks_zone(actor).await? {
        return Ok(Vec::new());
    }
    let words = format!(
        "I take your days to be in {} until you say your time zone, here or with `/platform settings zone`. It decides what \
         `until fri 18:00` means and when you may be asked something.",
        actor.zone
    );
    let button = Button::new("Set time zone", "settings.zone", "", "");
    Ok(vec![Block::Context { text: words.into() }, Block::Actions { buttons: vec![button] }])
}

/// Shows them, or changes those that were given.
async fn show(people: Arc<People>, call: Call) -> Result<Reply> {
    let changes = changes(&call)?;
    if changes != Changes::default() {
        return commit(people, call, changes).await;
    }
    let now = in_force(&people, &call).await?;
    Ok(Reply::private(shown(&people, &now, &call, "")))
}

/// Changes what was given; the form asks where nothing was.
async fn change(people: Arc<People>, call: Call) -> Result<Reply> {
    let changes = changes(&call)?;
    if changes != Changes::default() {
        return commit(people, call, changes).await;
    }
    Ok(Reply::Form { form: form(&call, &in_force(&people, &call).await?).await? })
}

async fn in_force(people: &People, call: &Call) -> Result<Settings> {
    let mut conn = people.db.read().await?;
    people.settings(&mut conn, &call.actor.person, &call.actor.identity).await
}

async fn commit(people: Arc<People>, call: Call, changes: Changes) -> Result<Reply> {
    let db = people.db.clone();
    let call = Arc::new(call);
    let input = (people, call.clone(), changes);
    call.commit(&db, input, |tx, (people, call, changes)| {
        Box::pin(async move {
            let actor = &call.actor;
            settings::change(tx, &actor.person, changes).await?;
            let now = people.settings(tx.conn(), &actor.person, &actor.identity).await?;
            Ok(Reply::private(shown(people, &now, call, "✅ Saved. ")))
        })
    })
    .await
}

/// What the values mean.
///
/// # Errors
/// Each that means nothing, by its name.
fn changes(call: &Call) -> Result<Changes> {
    let mut wrong = Vec::new();
    let mut note = |name: &str, why: String| wrong.push((name.to_owned(), why));
    let zone = read(call.args.text("zone"), |typed| zone(typed).map_err(|why| note("zone", why)));
    let hours = read(call.args.text("hours"), |typed| {
        typed.replace('`', "'").parse::<Hours>().map_err(|why| note("hours", format!("{why}.")))
    });
    let surveys =
        read(call.args.text("surveys"), |typed| typed.parse::<Wish>().map_err(|why| note("surveys", why)));
    if wrong.is_empty() { Ok(Changes { zone, hours, surveys }) } else { Err(Error::Fields(wrong)) }
}

fn read<T>(typed: Option<&str>, mut value: impl FnMut(&str) -> Result<T, ()>) -> Change<T> {
    match typed {
        None => Change::Keep,
        Some(typed) if typed.eq_ignore_ascii_case(AUTO) => Change::Auto,
        Some(typed) => value(typed).map_or(Change::Keep, Change::To),
    }
}

fn zone(typed: &str) -> Result<Zone, String> {
    Zone::meant(typed).map_err(|near| {
        let what = format!("There is no time zone `{}`.", typed.replace('`', "'"));
        match near {
            Some(near) => format!("{what} Did you mean `{near}`?"),
            None => format!("{what} They are called like `Europe/Berlin` or `Asia/Tokyo`; `{AUTO}` takes your own word back."),
        }
    })
}

/// The form, filled with what they said themselves.
async fn form(call: &Call, now: &Settings) -> Result<Form> {
    let mut form = call.form().await?;
    let own = |value: String, source: Source| if source == Source::Own { value } else { AUTO.to_owned() };
    for field in &mut form.fields {
        field.value = match field.name.as_str() {
            "zone" => Some(own(now.zone.0.to_string(), now.zone.1)),
            "hours" => Some(own(now.hours.0.to_string(), now.hours.1)),
            "surveys" => Some(now.surveys.word().to_owned()),
            _ => None,
        };
    }
    form.submit = "Save".into();
    form.typed = Some("/platform settings zone=… hours=\"…\" surveys=…".into());
    Ok(form)
}

/// What is in force, and who said so.
fn shown(people: &People, now: &Settings, call: &Call, before: &str) -> Message {
    let first = match now.surveys {
        Wish::In => format!("{before}You may be asked something once in a while, when you work."),
        Wish::Fewer => format!("{before}You are asked half as often as others, when you work."),
        Wish::Out => format!("{before}You are not asked anything."),
    };
    let says = |source: Source| match source {
        Source::Own => "you said so".to_owned(),
        Source::Directory if people.tells_no_zones(&call.actor.identity.platform) => {
            "the account that you linked says so".to_owned()
        }
        Source::Directory => format!("{} says so", capitalised(&call.actor.identity.platform)),
        Source::Site => format!("of the site {}", now.site.as_deref().unwrap_or_default()),
        Source::Default => "the site's default".to_owned(),
    };
    let row = |value: String, source| text![code(value), plain(format!(" ({})", says(source)))];
    let mut fields = vec![
        ("Time zone".to_owned(), row(now.zone.0.to_string(), now.zone.1)),
        ("Working hours".to_owned(), row(now.hours.0.to_string(), now.hours.1)),
        ("Surveys".to_owned(), text![code(now.surveys.word())]),
    ];
    fields.extend(now.team.iter().map(|team| ("Team".to_owned(), text![plain(team.as_str())])));
    Message::new(first).with(Block::Fields { fields }).buttons(vec![Button::new(
        "Change…",
        "settings.change",
        "",
        "",
    )])
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
