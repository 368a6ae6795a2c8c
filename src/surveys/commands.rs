//! The prompt: its wording.

mod answers;
mod results;

use std::sync::Arc;

use super::Surveys;
use super::model::Survey;
use crate::chat::message::{Message, Text, code, emphasis, strong};
use crate::commands::Handlers;
use crate::text;

/// The handlers of the slice.
pub fn handlers(slice: &Arc<Surveys>) -> Handlers {
    let mut all = answers::handlers(slice);
    all.extend(results::handlers(slice));
    all
}

/// What became of a prompt, as it shows; never what was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Asked,
    Recorded,
    Withdrawn,
}

/// What somebody is asked, and reads after they answered.
pub(super) fn prompt(survey: &Survey, invitation: &str, subject: &str, stage: Stage) -> Message {
    let question = question(survey, subject);
    let message = match stage {
        Stage::Asked => Message::new(question).section(survey.why.as_str()),
        Stage::Recorded => Message::new(answers::recorded(survey)).section(question),
        Stage::Withdrawn => {
            Message::new("Your answer is withdrawn: nothing is kept of it.").section(question)
        }
    };
    let message = message.buttons(answers::choices(survey, invitation));
    let message = match survey.question.ends() {
        Some((low, high)) => message.context(text!["0 is ", emphasis(low), ", 10 is ", emphasis(high), "."]),
        None => message,
    };
    let message = match stage {
        Stage::Recorded => message.buttons(answers::afterwards(survey, invitation)),
        Stage::Asked | Stage::Withdrawn => message,
    };
    message.context(format!(
        "Your name is not stored with the answer; results are shown from {} answers on.",
        survey.k
    ))
}

fn question(survey: &Survey, subject: &str) -> Text {
    match survey.question.text.split_once("{subject}") {
        Some((before, after)) => {
            // A mark that ends in a space is none on some platforms.
            let gap = |between: bool| if between { " " } else { "" };
            let (left, right) = (gap(before.ends_with(' ')), gap(after.starts_with(' ')));
            text![strong(before.trim_end()), left, code(subject), right, strong(after.trim_start())]
        }
        None => text![strong(&survey.question.text)],
    }
}
