//! From an invocation to a reply: find the spec, authorize, parse, fill, run.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::inbox::{self, Delivery};
use super::reading::{self, Asked, Misread};
use super::spec::{Argument, FormBy, Kind, Menu, Spec};
use super::{Afterword, Call, Choices, Handlers, Noticed, WhoIs, completion, help, lookup, suggestions};
use crate::access::{Actor, Role, authorize, recorded};
use crate::chat::form::Form;
use crate::chat::inbound::{AnswerBy, Input, Invocation, LineAhead, TypeAhead};
use crate::chat::message::{Button, Choice, Message, Reply, Span, Text};
use crate::chat::{Completion, Dispatch, Proposal};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::Ids;
use crate::metrics::Metrics;

/// The two commands that the engine does itself.
const HELP: &str = "help";
const RUN: &str = "help.run";

/// The engine: the menu, its handlers and what it may ask.
pub struct Engine {
    pub menu: Menu,
    pub handlers: Handlers,
    pub db: Db,
    pub ids: Arc<Ids>,
    /// Under which delivery ids are hashed.
    pub secret: [u8; 32],
    pub who_is: WhoIs,
    pub choices: Choices,
    pub noticed: Noticed,
    pub afterword: Afterword,
    pub metrics: Arc<Metrics>,
}

#[async_trait]
impl Dispatch for Engine {
    async fn dispatch(&self, invocation: Invocation) -> Reply {
        let delivery = Delivery::of(&invocation, &self.secret);
        let submitted = matches!(invocation.input, Input::Submit { .. });
        let answer_by = invocation.answer_by.clone();
        let sent = Arc::new(AtomicBool::new(false));
        let reply = match self.run(invocation, &delivery, &sent).await {
            Ok(reply) => reply,
            // There is no outbox either, and no time to wait for it once more.
            Err(error @ Error::Away(_)) => return self.explain(error, submitted),
            Err(error) => self.explain(error, submitted),
        };
        if matches!(reply, Reply::Form { .. }) {
            return reply;
        }
        // An answer that came with a change went out with it; the others go now.
        let stored = match sent.load(Ordering::SeqCst) {
            true => Ok(()),
            false => inbox::answer_only(&self.db, &delivery, &reply).await,
        };
        match stored {
            Ok(()) if answer_by == AnswerBy::InlineWords => with_message(reply, inbox::in_words),
            Ok(()) if matches!(answer_by, AnswerBy::Inline | AnswerBy::InlineOr { .. }) => reply,
            Ok(()) => Reply::Silent,
            // What was found out is told all the same, at once; what was drawn cannot follow.
            Err(Error::Away(_)) => with_message(reply, Message::in_words),
            Err(error) => self.explain(error, submitted),
        }
    }

    async fn suggest(&self, asked: TypeAhead) -> Vec<Choice> {
        self.fitting(asked).await.unwrap_or_else(|error| {
            if let Error::Internal(cause) = &error {
                tracing::error!(error = format!("{cause:#}"), "what was typed could not be looked up");
            }
            Vec::new()
        })
    }

    async fn complete(&self, asked: LineAhead) -> Completion {
        self.going_on(asked).await.unwrap_or_else(|error| {
            if let Error::Internal(cause) = &error {
                tracing::error!(error = format!("{cause:#}"), "a line could not be completed");
            }
            Completion::default()
        })
    }
}

impl Engine {
    /// The choices of an argument for somebody who may run its command.
    async fn fitting(&self, asked: TypeAhead) -> Result<Vec<Choice>> {
        let actor = (self.who_is)(asked.identity, asked.standing, asked.display_name).await?;
        let Some(spec) = self.menu.get(&asked.command) else { return Ok(Vec::new()) };
        authorize(&actor, &spec.command(), spec.role)?;
        let argument = match asked.argument.as_str() {
            "" => spec.arguments.first(),
            name => spec.argument(name),
        };
        match argument {
            Some(argument) => self.values(argument, actor, &asked.typed).await,
            None => Ok(Vec::new()),
        }
    }

    async fn values(&self, argument: &Argument, actor: Actor, typed: &str) -> Result<Vec<Choice>> {
        let choices = match argument.kind {
            Kind::Choice => lookup::fixed(argument),
            kind => (self.choices)(kind, actor).await?,
        };
        Ok(lookup::best(choices, typed))
    }

    /// The words that may follow, those of the argument first.
    async fn going_on(&self, asked: LineAhead) -> Result<Completion> {
        let actor = (self.who_is)(asked.identity, asked.standing, asked.display_name).await?;
        let Some(ahead) = completion::read(&self.menu, &actor, &asked.line) else {
            return Ok(Completion::default());
        };
        let mut choices = Vec::new();
        if let Some(argument) = ahead.argument {
            for Choice { value, label } in self.values(argument, actor, &ahead.typed).await? {
                // What a choice is called, without the word that stands there already.
                let help = label.trim_end_matches(&format!(" ({value})"));
                let help = if help == value { String::new() } else { help.to_owned() };
                choices.push(Proposal { help, ..Proposal::word(&format!("{}{value}", ahead.before), "") });
            }
        }
        choices.extend(ahead.words);
        let hint =
            ahead.argument.map(|argument| format!("{}: {}", argument.name.to_uppercase(), argument.help));
        Ok(Completion { from: ahead.from, choices, hint })
    }

    /// Specs without a handler and handlers without a spec: a mistake of ours.
    pub fn mismatches(&self) -> Vec<String> {
        let specs: BTreeSet<&str> =
            self.menu.all().map(|spec| spec.key.as_str()).filter(|key| ![HELP, RUN].contains(key)).collect();
        let handlers: BTreeSet<&str> = self.handlers.keys().copied().collect();
        specs.symmetric_difference(&handlers).map(|key| (*key).to_owned()).collect()
    }

    /// The reply; `sent` is set when it is stored with the change that it tells of.
    async fn run(
        &self,
        mut invocation: Invocation,
        delivery: &Delivery,
        sent: &Arc<AtomicBool>,
    ) -> Result<Reply> {
        let identity = invocation.identity.clone();
        let actor = (self.who_is)(identity, invocation.standing, invocation.display_name.clone()).await?;
        self.take_suggestion(&mut invocation, &actor).await?;
        let (spec, args) = match reading::read(&self.menu, &invocation.input, &actor) {
            Ok(Asked::Command(spec, args)) => (spec, args),
            Ok(Asked::Help(words)) => {
                return help::reply(&self.menu, &actor, &words);
            }
            Err(Misread::Error(error)) => return Err(error),
            Err(Misread::Typo { sentence, corrected }) => {
                let reply = self.suggest_line(&actor, sentence.clone(), "Run it", &corrected).await;
                // The sentence is of use without the button.
                return match reply {
                    Err(Error::Away(_) | Error::Unavailable(_)) => Ok(Reply::private(Message::new(sentence))),
                    reply => reply,
                };
            }
        };
        let approved = authorize(&actor, &spec.command(), spec.role)?;
        // Who reads stats is not counted by them.
        if !args.private(spec) && spec.role == Some(Role::Developer) {
            self.notice(&actor).await;
        }
        let handler = self
            .handlers
            .get(spec.key.as_str())
            .ok_or_else(|| Error::internal(format!("{} has no handler", spec.key)))?;
        let missing = !args.missing(spec).is_empty();
        let (asker, command, private) = (actor.clone(), spec.command(), spec.may_be_private());
        let line = without_form(spec, &invocation);
        let spec = Arc::new(spec.clone());
        let (delivery, choices, sent) = (delivery.clone(), self.choices.clone(), sent.clone());
        let call = Call { spec, actor, approved, args, invocation, delivery, choices, sent };
        let reply = match missing && call.spec.form == FormBy::Spec {
            true => Reply::Form { form: call.form().await? },
            false => handler(call).await?,
        };
        match (reply, line) {
            (Reply::Form { .. }, Some(line)) => {
                let sentence =
                    format!("`{command}` needs more values. The button opens a form that asks for them.");
                self.suggest_line(&asker, sentence, "Open the form", &line).await
            }
            (Reply::Form { form }, None) => Ok(Reply::Form { form: Form { private, ..form } }),
            (reply, _) if private => Ok(reply),
            (reply, _) => Ok(self.with_afterword(&asker, reply).await),
        }
    }

    /// An answer that tells somebody a time, with what there is to say of it.
    async fn with_afterword(&self, actor: &Actor, reply: Reply) -> Reply {
        match reply {
            // One with files was sent on its way already.
            Reply::Private { mut message } if !message.has_files() && tells_time(&message, actor) => {
                match (self.afterword)(actor.clone()).await {
                    Ok(blocks) => message.blocks.extend(blocks),
                    Err(Error::Away(_)) => {}
                    Err(error) => tracing::warn!(%error, "nothing was said beneath an answer"),
                }
                Reply::Private { message }
            }
            reply => reply,
        }
    }

    /// A button that does what `line` says, for this person alone and not for ever.
    async fn suggest_line(&self, actor: &Actor, said: String, label: &str, line: &str) -> Result<Reply> {
        recorded(&actor.person)?;
        let id =
            suggestions::keep(&self.db, &actor.person, &reading::to_keep(&self.menu, line, actor)).await?;
        let run = Button::new(label, RUN, &id, "");
        Ok(Reply::private(Message::new(said).buttons(vec![run])))
    }

    /// A press on such a button stands for the line that was suggested.
    async fn take_suggestion(&self, invocation: &mut Invocation, actor: &Actor) -> Result<()> {
        if let Input::Press { value } = &invocation.input
            && let (RUN, id, _) = value.parts()
        {
            let text = suggestions::line(&self.db, &actor.person, id).await?;
            invocation.input = Input::Line { text };
        }
        Ok(())
    }

    async fn notice(&self, actor: &Actor) {
        match (self.noticed)(actor.clone()).await {
            Ok(()) | Err(Error::Away(_)) => {}
            Err(error) => tracing::warn!(%error, "the day's activity could not be noted"),
        }
    }

    /// What a person reads of an error; a fault of ours is logged here, once.
    fn explain(&self, error: Error, submitted: bool) -> Reply {
        if let (true, Error::Fields(fields)) = (submitted, &error) {
            return Reply::Refused { fields: fields.iter().cloned().collect() };
        }
        let sentence = match &error {
            Error::Internal(cause) => {
                self.metrics.command_failed("internal");
                let reference = self.ids.new_id("tr");
                tracing::error!(reference, error = format!("{cause:#}"), "a command failed");
                format!(
                    "Something went wrong on my side (reference `{reference}`). Nothing was changed; try again."
                )
            }
            Error::Fields(fields) => fields.iter().map(|(_, why)| why.as_str()).collect::<Vec<_>>().join(" "),
            other => {
                if matches!(other, Error::Away(_) | Error::Unavailable(_)) {
                    self.metrics.command_failed("unavailable");
                }
                other.to_string()
            }
        };
        if submitted {
            return Reply::Refused { fields: [(String::new(), sentence)].into() };
        }
        Reply::say(sentence)
    }
}

/// Whether there is a time in it, which nothing there says the zone of already.
fn tells_time(message: &Message, actor: &Actor) -> bool {
    let zone = actor.zone.to_string();
    let tells = |text: &Text| {
        text.0.iter().any(|span| matches!(span, Span::Time { .. })) || text.plain().contains(&zone)
    };
    let hint = actor.zone_hint().unwrap_or_default();
    message.texts().any(tells) && !message.texts().any(|text| text.plain().contains(&hint.replace('`', "")))
}

fn with_message(reply: Reply, change: impl FnOnce(Message) -> Message) -> Reply {
    match reply {
        Reply::Private { message } => Reply::Private { message: change(message) },
        Reply::Public { message } => Reply::Public { message: change(message) },
        other => other,
    }
}

/// The line that asks for the form again where a form cannot open; of a private command
/// nothing that was typed is kept.
fn without_form(spec: &Spec, invocation: &Invocation) -> Option<String> {
    match (&invocation.answer_by, &invocation.input) {
        (AnswerBy::Message, Input::Line { text }) if !spec.private => Some(text.clone()),
        (AnswerBy::Message, _) => Some(spec.command()),
        _ => None,
    }
}
