//! `/platform feedback …`: from arguments to verbs to replies; items have a file of their own.

mod items;

use std::sync::Arc;

use super::model::Standing;
use super::{Roadmap, feedback, wording};
use crate::chat::inbound::Input;
use crate::chat::message::Reply;
use crate::commands::{Call, Handlers, handler};
use crate::error::Result;

/// The handlers of the slice.
pub fn handlers(slice: &Arc<Roadmap>) -> Handlers {
    let feedback = Handlers::from([
        ("feedback", handler(slice, give)),
        ("feedback.list", handler(slice, list)),
        ("feedback.show", handler(slice, show)),
        ("feedback.done", handler(slice, set_aside)),
        ("feedback.contact", handler(slice, ask_back)),
    ]);
    feedback.into_iter().chain(items::handlers(slice)).collect()
}

/// An anonymous one comes by its form alone: a line others may see, and where it was typed
/// stands who typed it.
async fn give(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    let anonymous = call.args.private(&call.spec);
    if anonymous && !matches!(call.invocation.input, Input::Submit { .. }) {
        let mut form = call.form().await?;
        form.fields.retain(|field| field.name == "text");
        form.title = "Anonymous feedback".into();
        form.fixed = vec![("anonymous".into(), "true".into())];
        form.typed = Some("/platform feedback --anonymous".into());
        form.intro = Some("Your words and this week are stored; your name and the time are not.".into());
        return Ok(Reply::Form { form });
    }
    let text = call.args.text("text").unwrap_or_default().to_owned();
    let person = (!anonymous).then(|| call.actor.person.clone());
    call.commit(&slice.db, (person, text), |tx, (person, text)| {
        Box::pin(async move {
            let id = feedback::give(tx, person.as_deref(), text).await?;
            let thanks = match person {
                Some(_) => wording::thanks(&id),
                None => wording::thanks_anonymously(),
            };
            Ok(Reply::private(thanks))
        })
    })
    .await
}

async fn list(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    let standing = call.args.text("state").and_then(Standing::parse).unwrap_or(Standing::New);
    let mut conn = slice.db.read().await?;
    let (shown, counts) = feedback::inbox(&mut conn, standing).await?;
    Ok(Reply::private(wording::inbox(&shown, standing, counts)))
}

fn id_of(call: &Call) -> String {
    call.args.text("feedback").unwrap_or_default().to_owned()
}

async fn show(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    let mut conn = slice.db.read().await?;
    Ok(Reply::private(wording::feedback(&feedback::find(&mut conn, &id_of(&call)).await?)))
}

async fn set_aside(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, id_of(&call), |tx, id| {
        Box::pin(async move { Ok(Reply::private(wording::put_aside(&feedback::set_aside(tx, id).await?))) })
    })
    .await
}

async fn ask_back(slice: Arc<Roadmap>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, (call.actor.clone(), id_of(&call)), |tx, (actor, id)| {
        Box::pin(async move {
            feedback::ask_back(tx, actor, id).await?;
            Ok(Reply::private(wording::will_tell()))
        })
    })
    .await
}
