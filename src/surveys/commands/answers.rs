//! What can be done with an answer: the buttons, the forms, and the hidden commands behind them.

use std::sync::Arc;

use super::question;
use crate::chat::form::{Field, FieldKind, Form};
use crate::chat::inbound::Input;
use crate::chat::message::{Button, Choice, Reply, Text, emphasis, plain};
use crate::commands::{Call, Handlers, handler};
use crate::error::{Error, Result};
use crate::surveys::Surveys;
use crate::surveys::answering::{self, Deed, Looked};
use crate::surveys::model::Survey;
use crate::surveys::model::question::Kind;
use crate::text;

const ANSWER: &str = "survey.answer";
const COMMENT: &str = "survey.comment";
const WITHDRAW: &str = "survey.withdraw";

pub(super) fn handlers(slice: &Arc<Surveys>) -> Handlers {
    Handlers::from([
        (ANSWER, handler(slice, answer)),
        (COMMENT, handler(slice, comment)),
        (WITHDRAW, handler(slice, withdraw)),
    ])
}

/// What can be pressed to answer: each choice, or what opens a form; "does not apply" last.
pub(super) fn choices(survey: &Survey, invitation: &str) -> Vec<Button> {
    let labels = match survey.question.kind {
        Kind::Multiple | Kind::Text => vec![("Answer".to_owned(), String::new())],
        _ => places(survey).map(|(label, place)| (label, place.to_string())).collect(),
    };
    let not = survey.question.not_applicable.iter().map(|label| (label.clone(), "0".to_owned()));
    labels.into_iter().chain(not).map(|(label, arg)| Button::new(label, ANSWER, invitation, &arg)).collect()
}

/// (label, place from 1).
fn places(survey: &Survey) -> impl Iterator<Item = (String, usize)> {
    survey.question.labels().into_iter().zip(1..)
}

/// What can be done with what was answered; the same whatever it was.
pub(super) fn afterwards(survey: &Survey, invitation: &str) -> Vec<Button> {
    let comment = Button::new("Add a comment", COMMENT, invitation, "");
    let withdraw = Button::new("Withdraw", WITHDRAW, invitation, "");
    let own = (survey.question.kind != Kind::Text).then_some(comment);
    own.into_iter().chain([withdraw]).collect()
}

/// The first line of a prompt that was answered, whatever was.
pub(super) fn recorded(survey: &Survey) -> Text {
    let how = match survey.question.kind {
        Kind::Multiple | Kind::Text => text!["You can press ", emphasis("Answer"), " again to change it"],
        _ => text!["You can press another one to change it"],
    };
    let mut whole = text!["✅ Recorded, thank you. "];
    whole.0.extend(how.0);
    whole.then(plain("; it counts once."))
}

async fn answer(slice: Arc<Surveys>, call: Call) -> Result<Reply> {
    let answer = call.args.text("answer").map(str::to_owned);
    let deed = match (answer, &call.invocation.input) {
        (Some(answer), Input::Submit { .. }) => Deed::Fill(answer),
        (Some(answer), _) => Deed::Press(answer),
        (None, _) => return form(&slice, &call, answer_form).await,
    };
    // The answer is the prompt itself, which changes; a reply would only repeat it.
    act(slice, call, deed).await
}

async fn comment(slice: Arc<Surveys>, call: Call) -> Result<Reply> {
    if matches!(call.invocation.input, Input::Submit { .. }) {
        let words = call.args.text("words").map(str::to_owned);
        return act(slice, call, Deed::Comment(words)).await;
    }
    form(&slice, &call, comment_form).await
}

async fn withdraw(slice: Arc<Surveys>, call: Call) -> Result<Reply> {
    act(slice, call, Deed::Withdraw).await
}

fn invitation(call: &Call) -> String {
    call.args.text("invitation").unwrap_or_default().to_owned()
}

async fn act(slice: Arc<Surveys>, call: Call, deed: Deed) -> Result<Reply> {
    let (db, input) = (slice.db.clone(), (slice, call.actor.clone(), invitation(&call), deed));
    call.commit(&db, input, |tx, (slice, actor, invitation, deed)| {
        Box::pin(async move {
            answering::act(tx, slice, actor, invitation, deed).await?;
            Ok(Reply::Silent)
        })
    })
    .await
}

/// The form that `fields` makes of the person's own answer. It is shown once and stored nowhere.
async fn form(slice: &Surveys, call: &Call, fields: fn(&Survey, &Looked) -> Result<Form>) -> Result<Reply> {
    let invitation = invitation(call);
    let looked = slice.look(&call.actor, &invitation).await?;
    let survey = slice.get(&looked.survey).ok_or_else(|| Error::internal("a survey is gone"))?;
    let form = fields(survey, &looked)?;
    Ok(Reply::Form { form: Form { fixed: vec![("invitation".into(), invitation)], ..form } })
}

fn answer_form(survey: &Survey, looked: &Looked) -> Result<Form> {
    let choice = |(label, place): (String, usize)| Choice { value: place.to_string(), label };
    let kind = match survey.question.kind {
        Kind::Multiple => FieldKind::Multiple { choices: places(survey).map(choice).collect() },
        Kind::Text => FieldKind::Text { multiline: true },
        _ => return Err(Error::Invalid("This question is answered by its buttons.".into())),
    };
    let label = question(survey, &looked.subject).plain();
    let help = looked.value.map(|_| "This takes the place of what you answered before.".into());
    let field = Field { name: "answer".into(), label, kind, value: None, help, required: true };
    Ok(one_field(ANSWER, "Your answer", field))
}

/// What is asked for follows the answer, which only its giver reads.
fn comment_form(survey: &Survey, looked: &Looked) -> Result<Form> {
    let none = || Error::Conflict("There is no answer of yours to comment on. Answer first.".into());
    let value = looked.value.ok_or_else(none)?;
    let asked = survey.question.comment_after(value).unwrap_or("What do you want to add?");
    let help = match looked.words {
        true => "This takes the place of your comment; left empty, it takes it back.",
        false => "Kept encrypted, without your name, and shown in no order.",
    };
    let field = Field {
        name: "words".into(),
        label: asked.into(),
        kind: FieldKind::Text { multiline: true },
        value: None,
        help: Some(help.into()),
        required: false,
    };
    Ok(one_field(COMMENT, "Add a comment", field))
}

fn one_field(command: &str, title: &str, field: Field) -> Form {
    Form {
        command: command.into(),
        title: title.into(),
        submit: "Send".into(),
        intro: None,
        fields: vec![field],
        fixed: Vec::new(),
        typed: None,
        private: false,
    }
}
