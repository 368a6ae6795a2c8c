//! `survey snooze|fewer|decline`: what somebody who is asked says of being asked.

use std::sync::Arc;

use crate::chat::message::{Button, Reply};
use crate::commands::{Call, Handlers, handler};
use crate::error::Result;
use crate::surveys::Surveys;
use crate::surveys::wishes::{self, Word};

const SNOOZE: &str = "survey.snooze";
const FEWER: &str = "survey.fewer";
const DECLINE: &str = "survey.decline";

pub(super) fn handlers(slice: &Arc<Surveys>) -> Handlers {
    Handlers::from([
        (SNOOZE, handler(slice, |slice, call| heed(slice, call, Word::NotNow))),
        (FEWER, handler(slice, |slice, call| heed(slice, call, Word::Fewer))),
        (DECLINE, handler(slice, |slice, call| heed(slice, call, Word::None))),
    ])
}

/// Asked again once, later in the wave.
pub(super) fn not_now(invitation: &str) -> Button {
    Button::new("Not now", SNOOZE, invitation, "")
}

/// Half as many questions from now on.
pub(super) fn fewer(invitation: &str) -> Button {
    Button::new("Fewer of these", FEWER, invitation, "")
}

/// No questions from now on.
pub(super) fn none(invitation: &str) -> Button {
    Button::new("None of these", DECLINE, invitation, "")
}

async fn heed(slice: Arc<Surveys>, call: Call, word: Word) -> Result<Reply> {
    let invitation = call.args.text("invitation").unwrap_or_default().to_owned();
    let (db, input) = (slice.db.clone(), (slice, call.actor.clone(), invitation));
    // The answer is the prompt itself, which changes.
    call.commit(&db, input, move |tx, (slice, actor, invitation)| {
        Box::pin(async move {
            wishes::heed(tx, slice, actor, invitation, word).await?;
            Ok(Reply::Silent)
        })
    })
    .await
}
