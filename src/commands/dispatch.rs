//! From an invocation to a reply: find the spec, authorize, parse, fill, run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;

use super::inbox::{self, Delivery};
use super::parse::{self, Args, Token, nearest};
use super::spec::{FormBy, Kind, Menu, Spec};
use super::{Call, Choices, Handlers, Noticed, WhoIs, help};
use crate::access::{Actor, authorize, may};
use crate::chat::Dispatch;
use crate::chat::inbound::{AnswerBy, Input, Invocation};
use crate::chat::message::Reply;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::Ids;

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
}

/// What was asked for, once its words are read.
enum Asked<'m> {
    Help(Vec<String>),
    Command(&'m Spec, Args),
}

#[async_trait]
impl Dispatch for Engine {
    async fn dispatch(&self, invocation: Invocation) -> Reply {
        let delivery = Delivery::of(&invocation, &self.secret);
        let submitted = matches!(invocation.input, Input::Submit { .. });
        let reply = match self.run(invocation, &delivery).await {
            Ok((reply, true)) => return reply,
            Ok((reply, false)) => reply,
            Err(error) => self.explain(error, submitted),
        };
        // Answers that came with a change went out with it; these did not.
        match inbox::answer_only(&self.db, &delivery, &reply).await {
            Ok(()) => reply,
            Err(error) => self.explain(error, submitted),
        }
    }
}

impl Engine {
    /// Specs without a handler and handlers without a spec: a mistake of ours.
    pub fn mismatches(&self) -> Vec<String> {
        let specs: BTreeSet<&str> =
            self.menu.all().map(|spec| spec.key.as_str()).filter(|key| *key != "help").collect();
        let handlers: BTreeSet<&str> = self.handlers.keys().copied().collect();
        specs.symmetric_difference(&handlers).map(|key| (*key).to_owned()).collect()
    }

    /// The reply, and whether a handler gave it (which has seen to its delivery itself).
    async fn run(&self, invocation: Invocation, delivery: &Delivery) -> Result<(Reply, bool)> {
        let identity = invocation.identity.clone();
        let actor = (self.who_is)(identity, invocation.standing, invocation.display_name.clone()).await?;
        let (spec, args) = match self.read(&invocation.input, &actor)? {
            Asked::Help(words) => {
                let reply = help::reply(&self.menu, &actor, &words)?;
                self.notice(&actor).await;
                return Ok((reply, false));
            }
            Asked::Command(spec, args) => (spec, args),
        };
        let approved = authorize(&actor, &spec.command(), spec.role)?;
        if !spec.private {
            self.notice(&actor).await;
        }
        let handler = self
            .handlers
            .get(spec.key.as_str())
            .ok_or_else(|| Error::internal(format!("{} has no handler", spec.key)))?;
        let missing = !args.missing(spec).is_empty();
        let spec = Arc::new(spec.clone());
        let (delivery, choices) = (delivery.clone(), self.choices.clone());
        let inline = invocation.answer_by == AnswerBy::Inline;
        let call = Call { spec, actor, approved, args, invocation, delivery: delivery.clone(), choices };
        if missing && call.spec.form == FormBy::Spec {
            return Ok((Reply::Form { form: call.form().await? }, false));
        }
        let reply = handler(call).await?;
        if !inline {
            // A handler that only reads has not noted its delivery; noting it twice changes nothing.
            inbox::answer_only(&self.db, &delivery, &reply).await?;
        }
        Ok((reply, true))
    }

    fn read<'m>(&'m self, input: &Input, actor: &Actor) -> Result<Asked<'m>> {
        match input {
            Input::Line { text } => self.read_line(text, actor),
            Input::Press { value } => {
                let (command, id, arg) = value.parts();
                let spec = self.known(command)?;
                let given = [id, arg].into_iter().zip(&spec.arguments).filter(|(value, _)| !value.is_empty());
                let mut args = Args::default();
                for (value, argument) in given {
                    args.set(argument, value).map_err(|(_, why)| Error::Invalid(why))?;
                }
                Ok(Asked::Command(spec, args))
            }
            Input::Submit { command, fixed, values } => {
                let spec = self.known(command)?;
                Ok(Asked::Command(spec, submitted(spec, fixed, values)?))
            }
        }
    }

    fn known(&self, key: &str) -> Result<&Spec> {
        let gone = || {
            Error::NotFound(
                "This button belongs to an older version and does nothing any more. Type `/platform help`."
                    .into(),
            )
        };
        self.menu.get(key).ok_or_else(gone)
    }

    fn read_line<'m>(&'m self, line: &str, actor: &Actor) -> Result<Asked<'m>> {
        let line = line.trim();
        let line = line
            .strip_prefix("/platform")
            .filter(|rest| rest.is_empty() || rest.starts_with(' '))
            .unwrap_or(line);
        let tokens = parse::tokens(line).map_err(Error::Invalid)?;
        let word = |at: usize| tokens.get(at).map(|token| token.text.to_lowercase());
        let help =
            |tokens: &[Token]| Asked::Help(tokens.iter().map(|token| token.text.to_lowercase()).collect());
        let Some(noun) = word(0) else { return Ok(help(&[])) };
        if noun == "help" || noun == "--help" {
            return Ok(help(&tokens[1..]));
        }
        if tokens.last().is_some_and(|last| last.text == "--help" && !last.quoted) {
            return Ok(help(&tokens[..tokens.len().min(3) - 1]));
        }
        if self.menu.of_noun(&noun).is_empty() {
            return Err(self.unknown_noun(&noun, actor));
        }
        let second = word(1);
        if second.as_deref() == Some("help") {
            return Ok(help(&tokens[..1]));
        }
        let named = second
            .as_ref()
            .and_then(|verb| self.menu.get(&format!("{noun}.{verb}")))
            .filter(|spec| !spec.hidden);
        let (spec, used) = match (named, self.menu.get(&noun).filter(|spec| !spec.hidden)) {
            (Some(spec), _) => (spec, 2),
            (None, Some(spec)) => (spec, 1),
            (None, None) => match (&second, self.menu.of_noun(&noun).into_iter().find(|spec| spec.bare)) {
                (None, Some(spec)) => (spec, 1),
                (Some(word), Some(spec)) if word.starts_with('-') || word.contains('=') => (spec, 1),
                (None, None) => return Ok(help(&tokens[..1])),
                (Some(verb), _) => return Err(self.unknown_verb(&noun, verb, actor)),
            },
        };
        let args = parse::arguments(spec, line, &tokens[used..]).map_err(Error::Invalid)?;
        Ok(Asked::Command(spec, args))
    }

    fn unknown_noun(&self, noun: &str, actor: &Actor) -> Error {
        let visible = self.menu.all().filter(|spec| !spec.hidden && may(actor, spec.role));
        let nouns: BTreeSet<&str> = visible.map(|spec| spec.noun.as_str()).chain(["help"]).collect();
        let hint = match nearest(noun, nouns.iter().copied()) {
            Some(near) => format!("Did you mean `/platform {near}`?"),
            None => format!("There is {}; `/platform help` tells more.", parse::list(nouns.into_iter())),
        };
        Error::NotFound(format!("There is no `{}`. {hint}", noun.replace('`', "'")))
    }

    fn unknown_verb(&self, noun: &str, verb: &str, actor: &Actor) -> Error {
        let visible: Vec<&Spec> =
            self.menu.of_noun(noun).into_iter().filter(|spec| may(actor, spec.role)).collect();
        let verbs: BTreeSet<&str> = visible.iter().filter_map(|spec| spec.verb.as_deref()).collect();
        let hint = match nearest(verb, verbs.iter().copied()) {
            Some(near) => format!("Did you mean `/platform {noun} {near}`?"),
            None if verbs.is_empty() => "`/platform help` tells what there is.".into(),
            None => format!("`{noun}` knows {}.", parse::list(verbs.into_iter())),
        };
        Error::NotFound(format!("There is no `{noun} {}`. {hint}", verb.replace('`', "'")))
    }

    async fn notice(&self, actor: &Actor) {
        if let Err(error) = (self.noticed)(actor.clone()).await {
            tracing::warn!(%error, "the day's activity could not be noted");
        }
    }

    /// What a person reads of an error; a fault of ours is logged here, once.
    fn explain(&self, error: Error, submitted: bool) -> Reply {
        if let (true, Error::Fields(fields)) = (submitted, &error) {
            return Reply::Refused { fields: fields.iter().cloned().collect() };
        }
        let sentence = match &error {
            Error::Internal(cause) => {
                let reference = self.ids.new_id("tr");
                tracing::error!(reference, error = format!("{cause:#}"), "a command failed");
                format!(
                    "Something went wrong on my side (reference `{reference}`). Nothing was changed; try again."
                )
            }
            Error::Fields(fields) => fields.iter().map(|(_, why)| why.as_str()).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        };
        if submitted {
            return Reply::Refused { fields: [(String::new(), sentence)].into() };
        }
        Reply::say(sentence)
    }
}

/// A form's values by their arguments; what the spec does not declare goes to `extra` where it is open.
fn submitted(spec: &Spec, fixed: &[(String, String)], values: &BTreeMap<String, String>) -> Result<Args> {
    let mut args = Args::default();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    let fixed = fixed.iter().map(|(name, value)| (name, value));
    for (name, value) in fixed.chain(values) {
        // A field left empty is a value not given; a decided value counts before an asked one.
        if value.trim().is_empty() || !seen.insert(name) {
            continue;
        }
        match spec.argument(name) {
            Some(argument) => wrong.extend(args.set(argument, value).err()),
            None if spec.open => drop(args.extra.insert(name.clone(), value.clone())),
            None => wrong.push((name.clone(), format!("`{name}` is not asked for here."))),
        }
    }
    let missing = args.missing(spec);
    wrong.extend(
        missing
            .iter()
            .filter(|argument| argument.kind != Kind::Id && wrong_lacks(&wrong, &argument.name))
            .map(|argument| (argument.name.clone(), format!("{}: this is needed.", argument.help)))
            .collect::<Vec<_>>(),
    );
    if wrong.is_empty() { Ok(args) } else { Err(Error::Fields(wrong)) }
}

fn wrong_lacks(wrong: &[(String, String)], name: &str) -> bool {
    !wrong.iter().any(|(field, _)| field == name)
}
