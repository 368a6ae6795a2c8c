//! The prompt: its wording.

mod answers;
mod results;
mod running;
mod wishes;

use std::sync::Arc;

use super::Surveys;
use super::model::Survey;
use crate::chat::message::{Message, Span, Text, code, emphasis, strong, time};
use crate::clock::Timestamp;
use crate::commands::Handlers;
use crate::commands::spec::is_slug;
use crate::text;

/// The handlers of the slice.
pub fn handlers(slice: &Arc<Surveys>) -> Handlers {
    let all = [
        answers::handlers(slice),
        results::handlers(slice),
        running::handlers(slice),
        wishes::handlers(slice),
    ];
    all.into_iter().flatten().collect()
}

/// What became of a prompt, as it shows; never what was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Recorded,
    Withdrawn,
    /// "Not now": asked again then.
    Later(Timestamp),
    /// "Not now", and there is no later.
    NotAgain,
    /// They are asked less from now on.
    Fewer,
    /// They are asked nothing from now on.
    Out,
    /// It was asked for the second time, in another message.
    Moved,
    /// They were asked with another account of theirs, too, and that one counts.
    Elsewhere,
    /// The wave is closed, and they said nothing.
    Closed,
}

/// A question as it is asked.
pub(super) struct Question<'a> {
    pub survey: &'a Survey,
    pub invitation: &'a str,
    pub subject: &'a str,
    /// What is told before it.
    pub preface: Option<Text>,
    /// What the last answers led to.
    pub news: Option<String>,
    /// It is the second time, and the last.
    pub again: bool,
}

/// What somebody is asked: what, why, who sees the answers, what the last ones led to.
pub(super) fn asked(asked: &Question<'_>) -> Message {
    let Question { survey, invitation, subject, again, .. } = *asked;
    let question = question(survey, subject);
    let message = match &asked.preface {
        Some(told) => Message::new(told.clone()).section(question),
        None => Message::new(question),
    };
    let message = match again {
        true => message.section("This is the one reminder of it."),
        false => message,
    };
    let message = answerable(message.section(survey.why.as_str()), survey, invitation);
    let wishes = [(!again).then(|| wishes::not_now(invitation)), Some(wishes::fewer(invitation))];
    let message = message.buttons(wishes.into_iter().flatten().collect()).context(promise(survey));
    match &asked.news {
        Some(title) => message.context(text!["The last answers led to ", emphasis(title), "."]),
        None => message,
    }
}

/// What a prompt reads once something became of it.
pub(super) fn prompt(survey: &Survey, invitation: &str, subject: &str, stage: Stage) -> Message {
    let question = question(survey, subject);
    let settings = "`/platform settings surveys=in` takes that back.";
    let message = match stage {
        Stage::Recorded => Message::new(answers::recorded(survey)).section(question),
        Stage::Withdrawn => {
            Message::new("Your answer is withdrawn: nothing is kept of it.").section(question)
        }
        Stage::Later(at) => Message::new(question).section(text!["You are asked once more, ", time(at), "."]),
        Stage::NotAgain => Message::new(question)
            .section("It closes before you could be asked again. You can answer until then."),
        Stage::Fewer => {
            Message::new(question).section(format!("You are asked half as often from now on. {settings}"))
        }
        Stage::Out => {
            return Message::new(question).context(format!("You are asked nothing from now on. {settings}"));
        }
        Stage::Moved => return Message::new(question).context("Asked again below."),
        Stage::Elsewhere => {
            return Message::new(question)
                .context("Your other account was asked this too, and what you say there counts.");
        }
        Stage::Closed => return Message::new(question).context("This question is closed."),
    };
    let after = match stage {
        Stage::Recorded => answers::afterwards(survey, invitation),
        Stage::Fewer => vec![wishes::none(invitation)],
        _ => Vec::new(),
    };
    answerable(message, survey, invitation).buttons(after).context(promise(survey))
}

/// With what can be pressed to answer.
fn answerable(message: Message, survey: &Survey, invitation: &str) -> Message {
    let message = message.buttons(answers::choices(survey, invitation));
    match survey.question.ends() {
        Some((low, high)) => message.context(text!["0 is ", emphasis(low), ", 10 is ", emphasis(high), "."]),
        None => message,
    }
}

/// Who sees what.
fn promise(survey: &Survey) -> String {
    format!("Your name is not stored with the answer; results are shown from {} answers on.", survey.k)
}

fn question(survey: &Survey, subject: &str) -> Text {
    match survey.question.text.split_once("{subject}") {
        Some((before, after)) => {
            // A mark that ends in a space is none on some platforms.
            let gap = |between: bool| if between { " " } else { "" };
            let (left, right) = (gap(before.ends_with(' ')), gap(after.starts_with(' ')));
            text![strong(before.trim_end()), left, named(subject), right, strong(after.trim_start())]
        }
        None => text![strong(&survey.question.text)],
    }
}

/// A name is code, a title is not.
fn named(subject: &str) -> Span {
    if is_slug(subject) { code(subject) } else { emphasis(subject) }
}
