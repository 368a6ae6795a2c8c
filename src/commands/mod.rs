//! The engine behind `commands/`: from an invocation to a handler and back.
//!
//! Invariants: the engine knows no slice and no platform; handlers, and the
//! lookups it needs, are functions given by `app.rs`. A handler cannot be
//! called without [`Approved`]. What a handler changes goes through
//! [`Call::commit`], so that a repeated delivery gets the first answer and
//! changes nothing. Deliberately absent: state of half-typed commands.

mod completion;
pub mod dispatch;
pub mod help;
pub mod inbox;
mod lookup;
pub mod parse;
mod reading;
pub mod spec;
mod suggestions;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;

use crate::access::{Actor, Approved, recorded};
use crate::audit;
use crate::chat::form::{Field, FieldKind, Form};
use crate::chat::inbound::{Identity, Input, Invocation, Standing};
use crate::chat::message::{Block, Choice, Reply};
use crate::db::{Db, Tx, Unit};
use crate::error::Result;
use inbox::Delivery;
use parse::Args;
use spec::{Argument, Kind, Spec};

/// What a command does.
pub type Handler = Arc<dyn Fn(Call) -> BoxFuture<'static, Result<Reply>> + Send + Sync>;

/// Handlers by the key of their spec.
pub type Handlers = BTreeMap<&'static str, Handler>;

/// A handler that shares `state`.
pub fn handler<S, F, Fut>(state: &Arc<S>, run: F) -> Handler
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>, Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply>> + Send + 'static,
{
    let state = state.clone();
    Arc::new(move |call| Box::pin(run(state.clone(), call)))
}

/// From an identity to the person behind it and their roles.
pub type WhoIs = Arc<dyn Fn(Identity, Standing, String) -> BoxFuture<'static, Result<Actor>> + Send + Sync>;

/// What can be chosen for arguments of a kind by this person.
pub type Choices = Arc<dyn Fn(Kind, Actor) -> BoxFuture<'static, Result<Vec<Choice>>> + Send + Sync>;

/// Called for a developer's command that is not private, for the count of active developers.
pub type Noticed = Arc<dyn Fn(Actor) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// What stands beneath an answer of theirs that tells a time; most often nothing.
pub type Afterword = Arc<dyn Fn(Actor) -> BoxFuture<'static, Result<Vec<Block>>> + Send + Sync>;

/// One authorized command with its values.
pub struct Call {
    pub spec: Arc<Spec>,
    pub actor: Actor,
    /// Proof that the actor may run `spec`.
    pub approved: Approved,
    pub args: Args,
    pub invocation: Invocation,
    delivery: Delivery,
    choices: Choices,
    /// Set once a reply is stored with its change.
    sent: Arc<AtomicBool>,
}

impl Call {
    /// Runs the command's one unit of work: notes the delivery, writes the audit
    /// row, does `unit`, and stores the reply it gives, all or nothing. A repeat
    /// of the delivery gets the stored reply instead.
    pub async fn commit<I, F>(&self, db: &Db, input: I, unit: F) -> Result<Reply>
    where
        I: Send + Sync + 'static,
        F: for<'t> Fn(&'t mut Tx, &'t I) -> Unit<'t, Reply> + Send + Sync + 'static,
    {
        recorded(&self.actor.person)?;
        let audit = (!self.args.private(&self.spec)).then(|| self.audit_detail());
        let work =
            (self.delivery.clone(), audit, self.actor.person.clone(), self.spec.key.clone(), input, unit);
        let reply = db.write(work, |tx, (delivery, audit, person, command, input, unit)| {
            Box::pin(async move {
                if let Some(first) = inbox::claim(tx, delivery).await? {
                    return Ok(first);
                }
                if let Some(detail) = audit {
                    audit::record(tx, person, command, detail).await?;
                }
                let reply = unit(tx, input).await?;
                inbox::answer(tx, delivery, &reply).await?;
                Ok(reply)
            })
        });
        let reply = reply.await?;
        self.sent.store(true, Ordering::SeqCst);
        Ok(reply)
    }

    /// The form for the spec's arguments, prefilled with what was given. What a button says is decided: it
    /// stands below what it is about.
    pub async fn form(&self) -> Result<Form> {
        let pressed = matches!(self.invocation.input, Input::Press { .. });
        let (mut fields, mut fixed) = (Vec::new(), Vec::new());
        for argument in self.spec.arguments.iter().chain(&self.spec.options) {
            match self.args.typed(&argument.name).filter(|_| pressed) {
                Some(value) => fixed.push((argument.name.clone(), value)),
                None => fields.push(self.field(argument).await?),
            }
        }
        Ok(Form {
            command: self.spec.key.clone(),
            title: title(&self.spec),
            submit: capitalised(self.spec.verb.as_deref().unwrap_or(&self.spec.noun)),
            intro: Some(format!("{}.", self.spec.summary)),
            fields,
            fixed,
            typed: None,
            private: false,
        })
    }

    /// The form's field for one argument.
    pub async fn field(&self, argument: &Argument) -> Result<Field> {
        let kind = match argument.kind {
            Kind::Text => FieldKind::Text { multiline: true },
            Kind::Number => FieldKind::Number { whole: false },
            Kind::Flag => FieldKind::Flag,
            Kind::Choice => FieldKind::Choice { choices: lookup::fixed(argument) },
            Kind::Template
            | Kind::Environment
            | Kind::Zone
            | Kind::Survey
            | Kind::Subject
            | Kind::Item
            | Kind::Evidence => match (self.choices)(argument.kind, self.actor.clone()).await? {
                none if none.is_empty() => FieldKind::Text { multiline: false },
                choices => FieldKind::Lookup { choices },
            },
            Kind::Words | Kind::Slug | Kind::Duration | Kind::Date | Kind::Until | Kind::User | Kind::Id => {
                FieldKind::Text { multiline: false }
            }
        };
        Ok(Field {
            name: argument.name.clone(),
            label: argument.label.clone().unwrap_or_else(|| capitalised(&argument.name)),
            kind,
            value: self.args.typed(&argument.name),
            help: Some(format!("{}.", argument.help)),
            required: argument.required,
        })
    }

    /// The arguments as typed, for the audit: `template=preview-site name=demo`.
    fn audit_detail(&self) -> String {
        let all = self.spec.arguments.iter().chain(&self.spec.options);
        let given = all.filter_map(|argument| {
            let value = self.args.typed(&argument.name)?;
            Some(format!("{}={}", argument.name, if argument.audit { &value } else { "…" }))
        });
        given.chain(self.args.extra.keys().map(|name| format!("{name}=…"))).collect::<Vec<_>>().join(" ")
    }
}

/// At most 24 characters, which is what a modal's title holds.
fn title(spec: &Spec) -> String {
    let words = capitalised(&spec.command().replace("/platform ", ""));
    words.chars().take(24).collect()
}

/// `ttl` → `Ttl`, `env create` → `Env create`.
fn capitalised(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
