//! Warnings of a deadline: who is told, what is said at the moment of delivery, what old ones say.
//!
//! A warning is a message with a key of its own for each (environment,
//! deadline, step, addressee). Its words are made when it is delivered, so one
//! that the platform took late tells the truth of that moment; one that is not
//! true any more and never went out is dropped, and one that did is edited.

use std::sync::Arc;
use std::time::Duration;

use super::model::{Environment, Event};
use super::notice::{Rung, Said};
use super::store::{self, warnings::Warning};
use super::{deadlines, message_key, wording};
use crate::access::Role;
use crate::chat::Target;
use crate::chat::inbound::Identity;
use crate::chat::message::Message;
use crate::chat::outbox::{self, Address, Fate, Timely};
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::people;

/// How the keys of these messages begin.
const PREFIX: &str = "warn:";

/// Those who are told when neither owner nor channel can be: approvers and admins.
pub type Keepers = Arc<[(Identity, Role)]>;

/// What the outbox does with warnings.
pub fn timely() -> Timely {
    Timely {
        prefix: PREFIX,
        compose: Arc::new(|tx, key, sent| Box::pin(compose(tx, key, sent))),
        settled: Arc::new(|tx, key| Box::pin(settled(tx, key))),
    }
}

/// The warnings of its present deadline, and what became of each.
pub(super) async fn said(conn: &mut Conn, env: &Environment) -> Result<Vec<Said>> {
    let mut said = Vec::new();
    for warning in store::warnings::of(conn, &env.id).await? {
        if warning.deadline == env.deadline {
            // Without a message there was nobody to write to.
            let fate = outbox::fate(conn, &warning.key).await?.unwrap_or(Fate::GivenUp(warning.made_at));
            said.push(Said { step: warning.step, rung: warning.rung, fate });
        }
    }
    Ok(said)
}

/// Warns of the deadline, in place of the warnings that arrived: from `rung` on, the first where
/// somebody is. Those that wait go on waiting, and will tell the truth too.
pub(super) async fn warn(
    tx: &mut Tx,
    env: &Environment,
    step: Duration,
    rung: Rung,
    keepers: &Keepers,
) -> Result<()> {
    retire(tx, env, true).await?;
    let mut at = rung;
    let mut told = addressees(tx.conn(), env, at, keepers).await?;
    while let (true, Some(next)) = (told.is_empty(), at.next()) {
        at = next;
        told = addressees(tx.conn(), env, at, keepers).await?;
    }
    let row = |number: usize, rung: Rung, now| Warning {
        key: format!("{PREFIX}{}:{}:{}:{}{number}", env.id, env.deadline.0, step.as_millis(), rung.word()),
        env: env.id.clone(),
        deadline: env.deadline,
        step,
        rung,
        live: true,
        made_at: now,
    };
    if told.is_empty() {
        let nobody = row(0, at, tx.now());
        return store::warnings::insert(tx, &nobody).await;
    }
    for (number, (rung, address)) in told.into_iter().enumerate() {
        let warning = row(number, rung, tx.now());
        store::warnings::insert(tx, &warning).await?;
        outbox::put(tx, &warning.key, &address, &Message::default()).await?;
    }
    Ok(())
}

/// Where those of a rung are written to.
async fn addressees(
    conn: &mut Conn,
    env: &Environment,
    rung: Rung,
    keepers: &Keepers,
) -> Result<Vec<(Rung, Address)>> {
    let direct = |identity: Identity| Address {
        platform: identity.platform,
        workspace: identity.workspace,
        target: Target::Direct { user: identity.user },
        fallback: None,
    };
    let place = outbox::address(conn, &message_key(&env.id)).await?;
    match rung {
        Rung::Owner => {
            let near = place.as_ref().map(|place| (place.platform.as_str(), place.workspace.as_str()));
            let owner = people::identity_near(conn, &env.owner, near).await?;
            Ok(owner.map(|owner| (rung, direct(owner))).into_iter().collect())
        }
        Rung::Channel => {
            let open = |place: &Address| matches!(place.target, Target::Channel { .. });
            let place = place.filter(open).map(|place| Address { fallback: None, ..place });
            Ok(place.map(|place| (rung, place)).into_iter().collect())
        }
        Rung::Approver | Rung::Admin => {
            let rung = |role: Role| if role == Role::Admin { Rung::Admin } else { Rung::Approver };
            Ok(keepers.iter().map(|(who, role)| (rung(*role), direct(who.clone()))).collect())
        }
    }
}

/// Those that stand there say what is so now, without buttons; those that wait `may_wait`, or are dropped.
pub(super) async fn retire(tx: &mut Tx, env: &Environment, may_wait: bool) -> Result<()> {
    for warning in store::warnings::of(tx.conn(), &env.id).await?.iter().filter(|warning| warning.live) {
        let waits = outbox::fate(tx.conn(), &warning.key).await? == Some(Fate::Waiting);
        if !(waits && may_wait) {
            store::warnings::retire(tx, &warning.key).await?;
            outbox::touch(tx, &warning.key).await?;
        }
    }
    Ok(())
}

/// The environment is gone or has another deadline: whatever was said of it says so.
pub(super) async fn amend(tx: &mut Tx, env: &Environment) -> Result<()> {
    for warning in store::warnings::of(tx.conn(), &env.id).await? {
        store::warnings::retire(tx, &warning.key).await?;
        outbox::touch(tx, &warning.key).await?;
    }
    Ok(())
}

/// A warning as it reads at this moment; `None` when there is nothing to say and nothing was `sent`.
async fn compose(tx: &mut Tx, key: &str, sent: bool) -> Result<Option<Message>> {
    let Some(warning) = store::warnings::by_key(tx.conn(), key).await? else { return Ok(None) };
    let Some(env) = store::by_id(tx.conn(), &warning.env).await? else { return Ok(None) };
    let same = warning.deadline == env.deadline && env.state.on(Event::Expire).is_some();
    if !(same && warning.live) {
        return Ok(sent.then(|| wording::warning::former(&env, same)));
    }
    let owner = people::by_id(tx.conn(), &env.owner).await?.map(|owner| owner.name).unwrap_or_default();
    let said = said(tx.conn(), &env).await?;
    let view = wording::warning::View { env: &env, rung: warning.rung, owner: &owner, now: tx.now() };
    Ok(Some(wording::warning::warning(&view, env.term().told(tx.now(), &said))))
}

/// A warning arrived or was given up: its deadline is looked at anew.
async fn settled(tx: &mut Tx, key: &str) -> Result<()> {
    match store::warnings::by_key(tx.conn(), key).await? {
        Some(warning) => {
            let now = tx.now();
            deadlines::look_at(tx, &warning.env, now).await
        }
        None => Ok(()),
    }
}
