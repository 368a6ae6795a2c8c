//! The prompt and its answer: wording, and `survey answer` behind the buttons.

use std::sync::Arc;

use super::Surveys;
use super::model::Survey;
use crate::chat::message::{Button, Message, Reply, Text, code, plain, strong};
use crate::commands::{Call, Handlers, handler};
use crate::error::Result;
use crate::text;

/// The handlers of the slice.
pub fn handlers(slice: &Arc<Surveys>) -> Handlers {
    Handlers::from([("survey.answer", handler(slice, answer))])
}

async fn answer(slice: Arc<Surveys>, call: Call) -> Result<Reply> {
    let invitation = call.args.text("invitation").unwrap_or_default().to_owned();
    let choice = call.args.text("choice").unwrap_or_default().to_owned();
    let db = slice.db.clone();
    let input = (slice, call.actor.clone(), invitation, choice);
    // The answer is the prompt itself, which changes; a reply would only repeat it.
    call.commit(&db, input, |tx, (slice, actor, invitation, choice)| {
        Box::pin(async move {
            super::answering::answer(tx, slice, actor, invitation, choice).await?;
            Ok(Reply::Silent)
        })
    })
    .await
}

/// What somebody is asked. Once `recorded`, it says so without the choice, and can be changed.
pub(super) fn prompt(survey: &Survey, invitation: &str, subject: &str, recorded: bool) -> Message {
    let button = |(place, label): (usize, &String)| {
        Button::new(label, "survey.answer", invitation, &(place + 1).to_string())
    };
    let buttons: Vec<Button> = survey.question.labels().iter().enumerate().map(button).collect();
    let promise =
        format!("Your name is not stored with the answer; results are shown from {} answers on.", survey.k);
    let message = if recorded {
        Message::new(
            text!["✅ Recorded, thank you. "]
                .then(plain("You can press another one to change it; it counts once.")),
        )
        .section(question(survey, subject))
    } else {
        Message::new(question(survey, subject)).section(survey.why.as_str())
    };
    message.buttons(buttons).context(promise)
}

fn question(survey: &Survey, subject: &str) -> Text {
    match survey.question.text.split_once("{subject}") {
        Some((before, after)) => {
            text![strong(before.trim_end()), " ", code(subject), " ", strong(after.trim_start())]
        }
        None => text![strong(&survey.question.text)],
    }
}
