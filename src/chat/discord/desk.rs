//! What happens between an interaction and its answer, whichever way the interaction came.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::address::Address;
use super::form::{self, Move, Step};
use super::guilds::Ours;
use super::inbound::{self, Act, Asking, Deed, Parsed, Via};
use super::{Discord, answer};
use crate::chat::Dispatcher;
use crate::chat::directory::{Account, Meet, Met, Told};
use crate::chat::drafts::{Draft, Drafts};
use crate::chat::form::Form;
use crate::chat::inbound::{Input, Invocation, Standing};
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
    /// Takes down what a guild says of its members.
    pub told: Told,
    /// Finds out of which guild somebody is who acts in a direct conversation.
    pub meet: Meet,
    pub metrics: Arc<Metrics>,
}

impl Desk {
    /// What it was, and what Discord is answered.
    pub(super) async fn respond(&self, interaction: &Value) -> (&'static str, Value) {
        match inbound::parse(interaction, &self.discord.menu) {
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
    async fn suggest(&self, asked: Option<Box<Asking>>) -> Vec<Choice> {
        let Some(mut asked) = asked else { return Vec::new() };
        let fitting = async {
            match self.place(&mut asked.who).await {
                Ok(()) => self.dispatcher.suggest(asked.ahead()).await,
                Err(_) => Vec::new(),
            }
        };
        tokio::time::timeout(TYPING, fitting).await.unwrap_or_else(|_| {
            tracing::warn!("what somebody typed was not looked up in time");
            Vec::new()
        })
    }

    /// Says of somebody whether they are a member of ours. A guild that is ours tells of its member itself;
    /// as long as nobody knows which guilds are ours, each counts, and nothing is taken down of it.
    async fn place(&self, who: &mut Account) -> Result<()> {
        let guild = Some(who.identity.workspace.clone()).filter(|guild| !guild.is_empty());
        let ours = self.discord.ours(guild.as_deref()).await;
        let Some(guild) = guild else { return self.find(who, ours).await };
        match ours.has(&guild) {
            None => return Ok(()),
            Some(true) => {}
            Some(false) => (who.standing, who.groups) = (Standing::Outsider, Some(Vec::new())),
        }
        match (self.told)(who.clone()).await {
            Ok(()) | Err(Error::Away(_)) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "what a Discord server says of its member was not taken down");
                Ok(())
            }
        }
    }

    /// The same of somebody in a direct conversation, which says nothing of it: whoever shares any server with
    /// the bot can begin one.
    async fn find(&self, who: &mut Account, ours: Ours) -> Result<()> {
        let met = match ours {
            Ours::These(guilds) => (self.meet)(guilds, who.clone()).await?,
            Ours::Unknown => Met::Unclear,
        };
        (who.identity, who.standing) = match met {
            Met::Member(identity) => (identity, Standing::Member),
            Met::Outsider(identity) => (identity, Standing::Outsider),
            Met::Unclear => {
                return Err(Error::Unavailable(
                    "🔒 I answer members of our server, and Discord does not say just now whether you are one. \
                     Nothing was changed. Type it in the server itself, or try again in a minute."
                        .into(),
                ));
            }
        };
        Ok(())
    }

    /// In a task of its own: when Discord hangs up after three seconds the work is still done, and its
    /// answer follows; a fault in it is answered instead of breaking the connection.
    async fn in_time(&self, act: Act) -> Value {
        let promise = self.discord.promise(&act);
        let act = Act { promise: promise.as_ref().map(Address::text), ..act };
        let desk = self.clone();
        let mut work = tokio::spawn(async move { desk.take(act).await });
        if let Ok(done) = tokio::time::timeout(AT_ONCE, &mut work).await {
            return done.unwrap_or_else(|_| self.crashed());
        }
        let desk = self.clone();
        tokio::spawn(async move {
            let late = work.await.unwrap_or_else(|_| desk.crashed());
            desk.discord.keep_promise(promise.as_ref(), late).await;
        });
        answer::promised()
    }

    fn crashed(&self) -> Value {
        self.metrics.command_failed("crashed");
        tracing::error!("a Discord interaction stopped in the middle");
        answer::broken()
    }

    async fn take(&self, mut act: Act) -> Value {
        let taken = match self.place(&mut act.who).await {
            Ok(()) => self.done(&act).await,
            Err(error) => Err(error),
        };
        taken.unwrap_or_else(|error| match error {
            Error::Internal(error) => {
                tracing::error!(%error, "a form on Discord was not shown");
                answer::broken()
            }
            told => answer::say(&Message::new(told.to_string()), false),
        })
    }

    async fn done(&self, act: &Act) -> Result<Value> {
        match &act.deed {
            Deed::Confirm(question) => Ok(answer::alone(question.clone(), false)),
            Deed::Do(input) | Deed::Sure(input) => {
                let reply = self.dispatcher.dispatch(act.invocation(input.clone())).await;
                self.show(act, reply, matches!(act.deed, Deed::Sure(_))).await
            }
            Deed::Fill(step) => match step {
                Move::Whole { input, opened, over } => {
                    let form = opened.as_ref().map(|opened| format!("{}:{opened}", act.who.identity.user));
                    self.submit_whole(act, input, form.as_deref(), *over).await
                }
                Move::Page { draft, page, deed } => self.fill(act, (draft, *page, deed), step.over()).await,
            },
        }
    }

    /// Submits a form; one that was submitted already gets the same answer.
    async fn submit(&self, act: &Act, input: &Input, form: Option<&str>) -> Reply {
        let invocation = act.invocation(input.clone());
        let delivery = form.map_or(invocation.delivery, |form| format!("form:{form}"));
        self.dispatcher.dispatch(Invocation { delivery, ..invocation }).await
    }

    async fn submit_whole(&self, act: &Act, input: &Input, form: Option<&str>, over: bool) -> Result<Value> {
        match self.submit(act, input, form).await {
            Reply::Refused { fields } => Ok(answer::alone(form::refused_whole(input, &fields), over)),
            reply => self.show(act, reply, over).await,
        }
    }

    /// A step in a form that is kept: its draft, the page, and what was done there.
    async fn fill(
        &self,
        act: &Act,
        (draft, page, deed): (&str, usize, &form::Deed),
        over: bool,
    ) -> Result<Value> {
        // One that was sent is there for a repeat of that very act, which gets its answer once more.
        let own = |draft: &Draft| draft.sent_by.as_ref().is_none_or(|delivery| *delivery == act.id);
        let Some(draft) = self.drafts.find(&act.who.identity, draft).await?.filter(own) else {
            return Ok(answer::alone(form::gone(), over));
        };
        let Some((given, next)) = form::advance(&draft, page, deed) else { return Ok(answer::unknown()) };
        if !given.is_empty() {
            self.drafts.fill(&draft, given).await?;
        }
        let Step::Submit(input) = next else {
            return Ok(answer::step(next, over).unwrap_or_else(answer::unknown));
        };
        match self.submit(act, &input, Some(&draft.id)).await {
            Reply::Refused { fields } => {
                let (given, data) = form::refused(&draft, &input, &fields);
                self.drafts.fill(&draft, given).await?;
                Ok(answer::alone(data, over))
            }
            reply => {
                self.drafts.close(&draft, &act.id).await?;
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
            let step = form::open_private(form, &act.id).filter(|step| {
                // Nothing is kept that a button could open.
                act.via != Via::Submit || !matches!(step, Step::Modal(_))
            });
            let shown = step.and_then(|step| answer::step(step, over));
            return Ok(shown.unwrap_or_else(|| answer::to_type(form, over)));
        }
        let draft = self.drafts.open(&act.who.identity, form).await?;
        Ok(match form::open(&draft) {
            Some(Step::Modal(_)) if act.via == Via::Submit => {
                answer::go_on(form, form::id(&draft, 0, "open"), over)
            }
            step => {
                step.and_then(|step| answer::step(step, over)).unwrap_or_else(|| answer::to_type(form, over))
            }
        })
    }
}
