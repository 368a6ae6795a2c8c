//! What a person decides when something went wrong: retry, undo, cancel, abandon.

use super::model::{self, Environment, Event, Presence, State};
use super::wording::named;
use super::{begin_create, begin_removal, demand, find_to_change, runs, store};
use crate::access::{Actor, Role};
use crate::audit;
use crate::catalog::{self, Catalog, model::Template};
use crate::db::Tx;
use crate::error::{Error, Result};

/// What a person says of a step that was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was done: the run goes on after it.
    Done,
    /// It is to be done again.
    Again,
}

/// Goes on where it stopped: with the same run after a failure, with a new one after an undo, with
/// the removal that is stuck. Returns the environment as it was.
///
/// # Errors
/// `Conflict` when there is nothing to try again, or a step of unknown outcome needs a verdict.
pub async fn retry(
    tx: &mut Tx,
    actor: &Actor,
    catalog: &Catalog,
    name_or_id: &str,
    verdict: Option<Verdict>,
) -> Result<Environment> {
    let env = find_to_change(tx, name_or_id).await?;
    demand(tx.conn(), actor, &env, "retry").await?;
    let next = env.state.on(Event::Retry).ok_or_else(|| nothing_to(&env, "retry"))?;
    if (env.state == State::Unclear) != verdict.is_some() {
        return Err(verdict_misplaced(&env));
    }
    if next.creates() {
        let template = catalog::pinned(tx.conn(), catalog, &env.template, &env.version).await?;
        go_on(tx, &env, &template, verdict).await?;
        lives_on(tx, &env, &template).await?;
    }
    moves_to(tx, &env, next).await?;
    Ok(env)
}

async fn go_on(tx: &mut Tx, env: &Environment, template: &Template, verdict: Option<Verdict>) -> Result<()> {
    if env.state == State::Undone {
        store::runs::replace_run(tx, &env.id).await?;
        return begin_create(tx, &env.id, template).await;
    }
    let run = store::runs::create_run(tx.conn(), &env.id).await?;
    let run = run.ok_or_else(|| Error::internal(format!("{} has no create run", env.id)))?;
    if verdict == Some(Verdict::Done) {
        store::runs::settle_unclear(tx, &run.id).await?;
    }
    store::runs::resume_run(tx, &run.id).await
}

/// The short deadline of a failed one gives way to a normal one, unless its owner chose it.
async fn lives_on(tx: &mut Tx, env: &Environment, template: &Template) -> Result<()> {
    if env.chosen {
        return Ok(());
    }
    let allowed = template.ttl.map(|ttl| (ttl.default, ttl.max));
    let (deadline, _) = model::deadlines(tx.now(), None, allowed, &template.name)?;
    super::deadlines::set(tx, env.clone(), deadline.min(env.latest), false).await.map(drop)
}

/// Begins to remove what a stopped create made; the name stays.
///
/// # Errors
/// `Conflict` when it is not a stopped create.
pub async fn undo(tx: &mut Tx, actor: &Actor, name_or_id: &str) -> Result<Environment> {
    let env = find_to_change(tx, name_or_id).await?;
    demand(tx.conn(), actor, &env, "undo").await?;
    let next = env.state.on(Event::Undo).ok_or_else(|| nothing_to(&env, "undo"))?;
    begin_removal(tx, &env, next).await?;
    Ok(env)
}

/// Ends a create that is going on; what it made stays, for a retry or an undo.
///
/// # Errors
/// `Conflict` when none is going on.
pub async fn cancel(tx: &mut Tx, actor: &Actor, name_or_id: &str) -> Result<Environment> {
    let env = find_to_change(tx, name_or_id).await?;
    demand(tx.conn(), actor, &env, "cancel").await?;
    let next = env.state.on(Event::Cancel).ok_or_else(|| nothing_to(&env, "cancel"))?;
    moves_to(tx, &env, next).await?;
    store::set_failure(tx, &env.id, Some(&format!("cancelled by {}", actor.name))).await?;
    super::announce(tx, &env.id).await?;
    Ok(env)
}

/// Leaves behind what an undo or a destroy is stuck at, and goes on with the rest. Returns what it was.
///
/// # Errors
/// `Denied` to all but admins, `Conflict` when no removal is stuck.
pub async fn abandon(tx: &mut Tx, actor: &Actor, name_or_id: &str) -> Result<(Environment, String)> {
    if !actor.holds(Role::Admin) {
        return Err(Error::Denied("🔒 `env abandon` needs an admin.".into()));
    }
    let env = find_to_change(tx, name_or_id).await?;
    let next = env.state.on(Event::Abandon).ok_or_else(|| nothing_to(&env, "abandon"))?;
    let resources = store::runs::resources(tx.conn(), &env.id).await?;
    let at = model::to_remove(env.state, &resources);
    let what = match at.map(|index| &resources[index]) {
        Some(row) => {
            store::runs::set_presence(tx, &row.id, Presence::Left).await?;
            named(&row.resource)
        }
        // Not a resource holds it up but a fault of ours: the end of it is tried again.
        None => "nothing".to_owned(),
    };
    let detail = format!("environment={} left behind={what}", env.name);
    audit::record(tx, &actor.person, "env.abandon", &detail).await?;
    moves_to(tx, &env, next).await?;
    Ok((env, what))
}

async fn moves_to(tx: &mut Tx, env: &Environment, next: State) -> Result<()> {
    store::set_state(tx, &env.id, next).await?;
    store::set_failure(tx, &env.id, None).await?;
    super::announce(tx, &env.id).await?;
    runs::advance_soon(tx, &env.id).await
}

fn nothing_to(env: &Environment, verb: &str) -> Error {
    Error::Conflict(format!(
        "`{}` is {}; there is nothing to {verb}. `/platform env show {}` shows what can be done.",
        env.name,
        env.state.said(),
        env.name
    ))
}

fn verdict_misplaced(env: &Environment) -> Error {
    let name = &env.name;
    Error::Conflict(match env.state {
        State::Unclear => format!(
            "It is unknown whether the step at which `{name}` is stuck was done. `/platform env retry {name} \
             outcome=done` goes on after it, `outcome=again` does it once more."
        ),
        _ => format!(
            "No step of `{name}` has an unknown outcome. `/platform env retry {name}` alone tries it again."
        ),
    })
}
