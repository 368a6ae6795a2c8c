//! What moves a run: steps begin and end, a create stops or is ready, what was made is removed.

use serde_json::{Map, Value, json};

use super::model::{Environment, Event, FAILED_TTL, Presence, ResourceRow, State, StepRow, StepState};
use super::{store, warnings};
use crate::audit;
use crate::db::{Conn, Tx};
use crate::drivers::Resource;
use crate::error::Result;
use crate::facts::{self, FactKind};
use crate::jobs::queue::{self, NewJob, Standing};

/// A step begins: on disk before it acts. The state of its environment, which
/// says whether it is wanted or only ended; `None` when it is not to begin any
/// more, since all was decided otherwise between the look at it and now.
pub async fn begin_step(tx: &mut Tx, id: &str, step: &StepRow) -> Result<Option<State>> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(None) };
    match env.state {
        State::Requested => store::set_state(tx, id, State::Provisioning).await?,
        State::Provisioning => {}
        // One that was cut off is finished, so that what it made is known and removed.
        state if state.moves() && step.state == StepState::Running => {}
        _ => return Ok(None),
    }
    store::runs::begin_step(tx, &step.run, step.position).await?;
    audit::record(tx, "system", &step.action, &format!("environment={id} step={}", step.id)).await?;
    super::announce(tx, id).await?;
    Ok(Some(env.state))
}

/// Whether the steps of an environment are still wanted.
pub async fn is_wanted(conn: &mut Conn, id: &str) -> Result<bool> {
    Ok(store::by_id(conn, id).await?.is_some_and(|env| env.state.creates()))
}

/// How a step ended well.
pub struct StepEnd {
    pub env: String,
    pub step: StepRow,
    pub driver: String,
    pub state: StepState,
    pub outputs: Value,
    pub resources: Vec<Resource>,
}

/// A step is done or skipped: its outputs and what it made are on disk, and the next one is due.
pub async fn end_step(tx: &mut Tx, end: &StepEnd) -> Result<()> {
    store::lock(tx, &end.env).await?;
    if !store::runs::end_step(tx, &end.step, end.state, &end.outputs, None).await? {
        return Ok(());
    }
    for made in &end.resources {
        store::runs::insert_resource(tx, &end.env, (&end.step.run, end.step.position), &end.driver, made)
            .await?;
    }
    super::announce(tx, &end.env).await?;
    advance_soon(tx, &end.env).await
}

/// Why a step is not done.
pub struct StepStop {
    pub env: String,
    pub step: StepRow,
    pub why: String,
    /// The end of its output.
    pub note: String,
    /// It was cut off, and only a person can say whether it was done.
    pub unclear: bool,
}

/// A step cannot be done, or was ended: the create run stops here and says why.
pub async fn stop_at(tx: &mut Tx, stop: &StepStop) -> Result<()> {
    let Some(env) = store::lock(tx, &stop.env).await? else { return Ok(()) };
    let asks = stop.unclear && env.state.on(Event::CutOff).is_some();
    let state = if asks { StepState::Unclear } else { StepState::Failed };
    if !store::runs::end_step(tx, &stop.step, state, &Value::Null, Some(&stop.note)).await? {
        return Ok(());
    }
    match env.state.on(if asks { Event::CutOff } else { Event::Stopped }) {
        Some(next) => stopped(tx, &env, next, (Some(&stop.step.id), &stop.why)).await,
        // An undo or a destroy goes on.
        None => advance_soon(tx, &env.id).await,
    }
}

/// The create cannot go on, though no step failed: what it offers cannot be told, a fault of ours
/// stays, or somebody cancelled it while nothing ran.
pub async fn stop_here(tx: &mut Tx, id: &str, why: &str) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    match env.state.on(Event::Stopped) {
        Some(next) => stopped(tx, &env, next, (None, why)).await,
        None => Ok(()),
    }
}

async fn stopped(tx: &mut Tx, env: &Environment, next: State, at: (Option<&str>, &str)) -> Result<()> {
    let (step, why) = at;
    store::set_state(tx, &env.id, next).await?;
    // A cancelled one says who cancelled it, an unclear one goes on with its run.
    if next != State::Cancelled {
        store::set_failure(tx, &env.id, Some(why)).await?;
    }
    if next != State::Unclear {
        end_create_run(tx, &env.id, next.word()).await?;
        let soon = tx.now().plus(FAILED_TTL);
        if !env.chosen && soon < env.deadline {
            super::deadlines::set(tx, env.clone(), soon, false).await?;
        }
    }
    if next == State::Failed {
        let data = json!({"person": env.owner, "name": env.name, "template": env.template, "step": step});
        facts::append(tx, FactKind::EnvFailed, &env.id, data).await?;
    }
    super::announce(tx, &env.id).await
}

/// The create run ends as `state`, if it has not ended.
pub(super) async fn end_create_run(tx: &mut Tx, id: &str, state: &str) -> Result<()> {
    match store::runs::create_run(tx.conn(), id).await? {
        Some(run) => store::runs::end_run(tx, &run.id, state).await,
        None => Ok(()),
    }
}

/// Every step is done.
pub async fn provisioned(tx: &mut Tx, id: &str, outputs: &Map<String, Value>) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    let Some(next) = env.state.on(Event::Provisioned) else { return Ok(()) };
    store::set_outputs(tx, id, outputs).await?;
    store::set_state(tx, id, next).await?;
    end_create_run(tx, id, "done").await?;
    let data = json!({"person": env.owner, "name": env.name, "template": env.template});
    facts::append(tx, FactKind::EnvReady, id, data).await?;
    super::announce(tx, id).await
}

/// A resource is gone, or stays for good: what it is tells `presence`.
pub async fn removed(tx: &mut Tx, id: &str, resource: &str, presence: Presence) -> Result<()> {
    store::lock(tx, id).await?;
    store::runs::set_presence(tx, resource, presence).await?;
    store::set_failure(tx, id, None).await?;
    super::announce(tx, id).await?;
    advance_soon(tx, id).await
}

/// It could not be removed, and is tried again: said in the message.
pub async fn removal_hindered(tx: &mut Tx, id: &str, why: &str) -> Result<()> {
    if store::lock(tx, id).await?.is_some_and(|env| env.state.on(Event::Hindered).is_some()) {
        store::set_failure(tx, id, Some(why)).await?;
        super::announce(tx, id).await?;
    }
    Ok(())
}

/// It could not be removed however often it was tried: a person decides.
pub async fn removal_stuck(tx: &mut Tx, id: &str, why: &str) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    let Some(next) = env.state.on(Event::Hindered) else { return Ok(()) };
    store::set_state(tx, id, next).await?;
    store::set_failure(tx, id, Some(why)).await?;
    super::announce(tx, id).await
}

/// A fault of ours stays: a create stops and says so, a removal is stuck.
pub async fn hopeless(tx: &mut Tx, id: &str, why: &str) -> Result<()> {
    stop_here(tx, id, why).await?;
    removal_stuck(tx, id, why).await
}

/// Nothing is left to remove: an undone one keeps its name, a destroyed one frees it.
pub async fn emptied(tx: &mut Tx, id: &str) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    let Some(next) = env.state.on(Event::Removed) else { return Ok(()) };
    store::set_state(tx, id, next).await?;
    store::set_failure(tx, id, None).await?;
    if next == State::Undone {
        // Its deadline counts again, and may be what undid it.
        let now = tx.now();
        super::deadlines::look_at(tx, id, now).await?;
    }
    if next == State::Destroyed {
        facts::append(tx, FactKind::EnvDestroyed, id, json!({ "person": env.owner })).await?;
    }
    super::announce(tx, id).await?;
    warnings::amend(tx, &env).await
}

/// The processes that ready environments should have.
pub async fn expected_processes(conn: &mut Conn) -> Result<Vec<ResourceRow>> {
    store::runs::expected_processes(conn).await
}

/// Where a restarted process is now; `false` when its environment is no longer ready.
pub async fn process_moved(tx: &mut Tx, row: &ResourceRow, handle: &Value) -> Result<bool> {
    let env = store::lock(tx, &row.env).await?;
    if env.is_none_or(|env| env.state != State::Ready) {
        return Ok(false);
    }
    store::runs::set_handle(tx, &row.id, handle).await?;
    Ok(true)
}

/// Environments that should move and have no job that moves them.
pub async fn without_job(conn: &mut Conn) -> Result<Vec<String>> {
    let mut lost = Vec::new();
    for id in store::moving(conn).await? {
        if queue::standing(conn, &advance_key(&id)).await? != Standing::Live {
            lost.push(id);
        }
    }
    Ok(lost)
}

/// Gives an environment its job again, or, where the worker gave that up, ends what it was about
/// with `why`. `false` when it has one by now.
pub async fn set_going(tx: &mut Tx, id: &str, why: &str) -> Result<bool> {
    if store::lock(tx, id).await?.is_none_or(|env| !env.state.moves()) {
        return Ok(false);
    }
    match queue::standing(tx.conn(), &advance_key(id)).await? {
        Standing::Live => return Ok(false),
        Standing::None => advance_soon(tx, id).await?,
        Standing::GivenUp => hopeless(tx, id, why).await?,
    }
    Ok(true)
}

/// The repositories that destroyed environments left.
pub async fn kept_repositories(conn: &mut Conn) -> Result<Vec<ResourceRow>> {
    store::runs::kept_repositories(conn, None).await
}

/// What was kept after its environment was removed by somebody since.
pub async fn kept_is_gone(tx: &mut Tx, resource: &str) -> Result<()> {
    store::runs::set_presence(tx, resource, Presence::Gone).await
}

/// The keys of all steps of this action whose environments neither make nor undo anything with them any more.
pub async fn keys_that_are_over(conn: &mut Conn, action: &str) -> Result<Vec<String>> {
    store::runs::keys_that_are_over(conn, action).await
}

/// The job that goes on is due.
pub(super) async fn advance_soon(tx: &mut Tx, id: &str) -> Result<()> {
    let run_at = tx.now();
    let (payload, key) = (json!({ "env": id }), Some(advance_key(id)));
    queue::enqueue(tx, NewJob { kind: "env.advance", payload, key, run_at }).await
}

/// The key of the job that moves an environment.
pub(super) fn advance_key(id: &str) -> String {
    format!("env:{id}")
}
