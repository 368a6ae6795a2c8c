//! What happens between an interaction and its answer, whichever way the interaction came.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::form::{self, Move, Step};
use super::inbound::{self, Act, Deed, Parsed, Via};
use super::{Discord, answer};
use crate::chat::Dispatcher;
use crate::chat::drafts::Drafts;
use crate::chat::form::Form;
use crate::chat::inbound::{Input, TypeAhead};
use crate::chat::message::{Choice, Message, Reply};
use crate::error::{Error, Result};
use crate::metrics::Metrics;

/// Discord waits three seconds for what fits.
const TYPING: Duration = Duration::from_millis(2_500);
/// Before the three seconds are over the answer is promised.
const AT_ONCE: Duration = Duration::from_millis(2_300);

/// Takes interactions.
#[derive(Clone)]
pub struct Desk {
    pub discord: Arc<Discord>,
    pub dispatcher: Dispatcher,
    pub drafts: Drafts,
    pub metrics: Arc<Metrics>,
}

impl Desk {
    /// What it was, and what Discord is answered.
    pub(super) async fn respond(&self, interaction: &Value) -> (&'static str, Value) {
        match inbound::parse(interaction, &self.discord.menu, &self.discord.guilds()) {
            Parsed::Ping => ("ping", answer::pong()),
            Parsed::Act(act) => (act.via.word(), self.in_time(*act).await),
            Parsed::Ask(asked) => ("suggest", answer::options(&self.suggest(asked).await)),
            Parsed::Unknown(kind) => {
                self.discord.note_unknown(&kind);
                ("unknown", answer::unknown())
            }
        }
    }

    /// What fits; nothing where that takes longer than Discord waits.
    async fn suggest(&self, asked: Option<Box<TypeAhead>>) -> Vec<Choice> {
        let Some(asked) = asked else { return Vec::new() };
        tokio::time::timeout(TYPING, self.dispatcher.suggest(*asked)).await.unwrap_or_else(|_| {
            tracing::warn!("what somebody typed was not looked up in time");
            Vec::new()
        })
    }

    /// In a task of its own: when Discord hangs up after three seconds the work is still done, and its
    /// answer follows; a fault in it is answered instead of breaking the connection.
    async fn in_time(&self, act: Act) -> Value {
        let (desk, promise) = (self.clone(), self.discord.promise(&act));
        let mut work = tokio::spawn(async move { desk.take(&act).await });
        if let Ok(done) = tokio::time::timeout(AT_ONCE, &mut work).await {
            return done.unwrap_or_else(|_| self.crashed());
        }
        let desk = self.clone();
        tokio::spawn(async move {
            let late = work.await.unwrap_or_else(|_| desk.crashed());
            desk.discord.keep_promise(&promise, late).await;
        });
        answer::promised()
    }

    fn crashed(&self) -> Value {
        self.metrics.command_failed("crashed");
        tracing::error!("a Discord interaction stopped in the middle");
        answer::broken()
    }

    async fn take(&self, act: &Act) -> Value {
        let taken = match &act.deed {
            Deed::Confirm(question) => Ok(answer::alone(question.clone(), false)),
            Deed::Do(input) => {
                let reply = self.dispatcher.dispatch(act.invocation(input.clone())).await;
                self.show(act, reply, false).await
            }
            Deed::Fill(Move::Whole { input, over }) => self.submit_whole(act, input, *over).await,
            Deed::Fill(step) => self.fill(act, step).await,
        };
        taken.unwrap_or_else(|error| match error {
            Error::Internal(error) => {
                tracing::error!(%error, "a form on Discord was not shown");
                answer::broken()
            }
            told => answer::say(&Message::new(told.to_string()), false),
        })
    }

    async fn submit_whole(&self, act: &Act, input: &Input, over: bool) -> Result<Value> {
        match self.dispatcher.dispatch(act.invocation(input.clone())).await {
            Reply::Refused { fields } => Ok(answer::alone(form::refused_whole(input, &fields), over)),
            reply => self.show(act, reply, over).await,
        }
    }

    /// A step in a form that is kept.
    async fn fill(&self, act: &Act, step: &Move) -> Result<Value> {
        let Move::Page { draft, page, deed } = step else { return Ok(answer::unknown()) };
        let over = step.over();
        let Some(draft) = self.drafts.find(&act.identity, draft).await? else {
            return Ok(answer::alone(form::gone(), over));
        };
        let Some((given, next)) = form::advance(&draft, *page, deed) else { return Ok(answer::unknown()) };
        if !given.is_empty() {
            self.drafts.fill(&draft, given).await?;
        }
        let Step::Submit(input) = next else {
            return Ok(answer::step(next, over).unwrap_or_else(answer::unknown));
        };
        match self.dispatcher.dispatch(act.invocation(input.clone())).await {
            Reply::Refused { fields } => {
                let (given, data) = form::refused(&draft, &input, &fields);
                self.drafts.fill(&draft, given).await?;
                Ok(answer::alone(data, over))
            }
            reply => {
                self.drafts.close(&draft).await?;
                self.show(act, reply, over).await
            }
        }
    }

    async fn show(&self, act: &Act, reply: Reply, over: bool) -> Result<Value> {
        match (answer::reply(act.under, &reply, over), reply) {
            (Some(shown), _) => Ok(shown),
            (None, Reply::Form { form }) => self.open(act, &form, over).await,
            (None, _) => Ok(answer::unknown()),
        }
    }

    /// The first page of a form, or the way to it.
    async fn open(&self, act: &Act, form: &Form, over: bool) -> Result<Value> {
        if form.private {
            let step = form::open(form, None).filter(|step| {
                // Nothing is kept that a button could open.
                act.via != Via::Submit || !matches!(step, Step::Modal(_))
            });
            let shown = step.and_then(|step| answer::step(step, over));
            return Ok(shown.unwrap_or_else(|| answer::to_type(form, over)));
        }
        let draft = self.drafts.open(&act.identity, form).await?;
        Ok(match form::open(form, Some(&draft)) {
            Some(Step::Modal(_)) if act.via == Via::Submit => {
                answer::go_on(form, form::id(&draft, 0, "open"), over)
            }
            step => {
                step.and_then(|step| answer::step(step, over)).unwrap_or_else(|| answer::to_type(form, over))
            }
        })
    }
}
