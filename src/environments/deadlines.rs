//! How long an environment lives: its deadline moves by a person's word, and ends it once that was announced.

use serde_json::json;

use super::model::{self, Environment, Event, State};
use super::notice::{self, Next};
use super::store;
use super::warnings::{self, Keepers};
use crate::access::Actor;
use crate::audit;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Result;
use crate::jobs::queue::{self, NewJob};
use crate::moment::Lasting;

/// Moves the deadline by a length of time, or to a moment.
pub async fn extend(tx: &mut Tx, actor: &Actor, name_or_id: &str, by: Lasting) -> Result<Environment> {
    let env = super::find_to_change(tx, name_or_id).await?;
    super::demand(tx.conn(), actor, &env, "extend").await?;
    let deadline = match by {
        Lasting::For(span) => model::extended(&env, tx.now(), span)?,
        Lasting::Until(moment) => model::until(&env, tx.now(), moment, actor)?,
    };
    moved(tx, env, deadline).await
}

/// Moves the deadline to `until`; one that is later already stays, so that a second press moves nothing.
pub async fn keep(tx: &mut Tx, actor: &Actor, id: &str, until: Timestamp) -> Result<Environment> {
    let env = super::find_to_change(tx, id).await?;
    super::demand(tx.conn(), actor, &env, "extend").await?;
    let deadline = model::kept(&env, tx.now(), until)?;
    if deadline == env.deadline { Ok(env) } else { moved(tx, env, deadline).await }
}

async fn moved(tx: &mut Tx, env: Environment, deadline: Timestamp) -> Result<Environment> {
    let env = set(tx, env, deadline, true).await?;
    super::announce(tx, &env.id).await?;
    Ok(env)
}

/// From now on it lives until `deadline`: warnings of the one before say so, and the new one's are due.
pub(super) async fn set(
    tx: &mut Tx,
    env: Environment,
    deadline: Timestamp,
    chosen: bool,
) -> Result<Environment> {
    let env = Environment { deadline, deadline_set_at: tx.now(), chosen, ..env };
    store::set_deadline(tx, &env).await?;
    warnings::amend(tx, &env).await?;
    look_at(tx, &env.id, env.term().first()).await?;
    Ok(env)
}

/// Does what is due about the deadline: warns, or ends what was announced. A stopped create is undone
/// first, and what is stuck waits for a person.
pub async fn look(tx: &mut Tx, id: &str, keepers: &Keepers) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    let Some(end) = env.state.on(Event::Expire) else { return Ok(()) };
    let said = warnings::said(tx.conn(), &env).await?;
    let now = tx.now();
    match notice::next(now, env.term(), &said) {
        Next::Wait(Some(at)) => look_at(tx, id, at).await,
        // The message's own end brings the next look.
        Next::Wait(None) => Ok(()),
        Next::Warn(step, rung) => {
            warnings::warn(tx, &env, step, rung, keepers).await?;
            look_at(tx, id, now).await
        }
        Next::End { announced } => {
            let reason = if announced { "deadline" } else { "deadline, and nobody could be told" };
            let detail = format!("environment={} reason={reason}", env.name);
            let command = if end == State::Undoing { "env.undo" } else { "env.destroy" };
            audit::record(tx, "system", command, &detail).await?;
            super::begin_removal(tx, &env, end).await
        }
    }
}

/// The deadline's job comes at `run_at`, or as soon as it waits for already.
pub(super) async fn look_at(tx: &mut Tx, id: &str, run_at: Timestamp) -> Result<()> {
    let (payload, key) = (json!({ "env": id }), Some(format!("expire:{id}")));
    queue::enqueue(tx, NewJob { kind: "env.expire", payload, key, run_at }).await
}
