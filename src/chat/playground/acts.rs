//! One thing that a persona does: their line appears, the dispatcher decides, its answer appears.

use std::collections::BTreeMap;

use super::personas::{CHANNEL, Persona};
use super::store::{BOT, NewMessage};
use super::{NAME, Playground, WORKSPACE};
use crate::chat::Dispatcher;
use crate::chat::inbound::{AnswerBy, Identity, Input, Invocation, Place, Standing};
use crate::chat::message::{Message, Reply, Text, plain};
use crate::error::{Error, Result};

/// What somebody does, where.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub persona: &'static Persona,
    pub conversation: String,
    /// The page's key of this action: the same for each repeat.
    pub key: String,
    pub input: Input,
}

/// Does it. What is to be seen in the conversation is stored when this
/// returns; a form or the refusal of one is the caller's to show.
pub(super) async fn perform(playground: &Playground, dispatcher: &Dispatcher, act: Act) -> Result<Reply> {
    let act = act.checked()?;
    if let Input::Line { text } = &act.input {
        playground.store.insert(act.echo(text)).await?;
    }
    let submitted = matches!(act.input, Input::Submit { .. });
    let reply = dispatcher.dispatch(act.invocation()).await;
    match &reply {
        Reply::Private { message } => {
            playground.store.insert(act.answer(message.clone(), true)).await?;
        }
        Reply::Public { message } => {
            playground.store.publish(&act.source("line")).await?;
            playground.store.insert(act.answer(message.clone(), false)).await?;
        }
        Reply::Refused { fields } if !submitted => {
            playground.store.insert(act.answer(sentences(fields), true)).await?;
        }
        Reply::Refused { .. } | Reply::Form { .. } | Reply::Silent => {}
    }
    Ok(reply)
}

impl Act {
    fn checked(self) -> Result<Self> {
        if self.conversation != CHANNEL && self.conversation != self.persona.direct() {
            return Err(Error::NotFound("There is no such conversation for this persona.".into()));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if self.key.is_empty() || self.key.len() > 100 || !self.key.chars().all(fits) {
            return Err(Error::Invalid(
                "The key of the action has to be letters, digits, hyphens and underscores.".into(),
            ));
        }
        Ok(self)
    }

    fn direct(&self) -> bool {
        self.conversation != CHANNEL
    }

    /// Unique within the platform, even when two personas' pages make the same key.
    fn delivery(&self) -> String {
        format!("{}:{}", self.persona.user, self.key)
    }

    fn source(&self, what: &str) -> String {
        format!("{what}:{}", self.delivery())
    }

    /// In the channel a line is its author's alone until the answer turns out to be for everybody.
    fn echo(&self, line: &str) -> NewMessage {
        let content = Message::new(Text(vec![plain(format!("/platform {line}").trim_end())]));
        self.message(self.persona.user, content, true, "line")
    }

    fn answer(&self, content: Message, private: bool) -> NewMessage {
        self.message(BOT, content, private, "reply")
    }

    fn message(&self, author: &str, content: Message, private: bool, what: &str) -> NewMessage {
        NewMessage {
            conversation: self.conversation.clone(),
            author: author.into(),
            seen_by: (private && !self.direct()).then(|| self.persona.user.into()),
            content,
            source: Some(self.source(what)),
        }
    }

    fn invocation(&self) -> Invocation {
        Invocation {
            identity: Identity::new(NAME, WORKSPACE, self.persona.user),
            standing: Standing::Member,
            display_name: self.persona.name.into(),
            place: Place { conversation: self.conversation.clone(), direct: self.direct(), thread: None },
            delivery: self.delivery(),
            answer_by: AnswerBy::Inline,
            input: self.input.clone(),
        }
    }
}

/// A refusal where no form is open.
fn sentences(fields: &BTreeMap<String, String>) -> Message {
    fields.values().fold(Message::default(), |message, sentence| message.section(sentence.clone()))
}

/// The words after `/platform`, whether or not it was typed.
pub(super) fn line(typed: &str) -> String {
    let typed = typed.trim();
    match typed.strip_prefix("/platform") {
        Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => rest.trim().to_owned(),
        _ => typed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_may_be_typed_or_left_out() {
        assert_eq!(line("  /platform env list "), "env list");
        assert_eq!(line("env list"), "env list");
        assert_eq!(line("/platform"), "");
        assert_eq!(line("/platforms"), "/platforms");
    }
}
