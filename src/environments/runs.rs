//! What moves a run: steps begin and end, a create stops or is ready, what was made is removed.

use serde_json::{Map, Value, json};

use super::model::{Environment, Event, FAILED_TTL, ResourceRow, State, StepRow, StepState};
use super::{store, warnings};
use crate::audit;
use crate::db::{Conn, Tx};
use crate::drivers::Resource;
use crate::error::Result;
use crate::facts::{self, FactKind};
use crate::jobs::queue::{self, NewJob};

/// A step begins: on disk before it acts. `false` when it is not to begin any
/// more: its environment was destroyed between the look at it and now.
pub async fn begin_step(tx: &mut Tx, id: &str, step: &StepRow) -> Result<bool> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(false) };
    match env.state {
        State::Requested => store::set_state(tx, id, State::Provisioning).await?,
        State::Provisioning => {}
        // One that was cut off is finished, so that what it made is known and removed.
        State::Destroying if step.state == StepState::Running => {}
        _ => return Ok(false),
    }
    store::runs::begin_step(tx, &step.run, step.position).await?;
    audit::record(tx, "system", &step.action, &format!("environment={id} step={}", step.id)).await?;
    super::announce(tx, id).await?;
    Ok(true)
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

/// A step cannot be done: the create run stops here and says why.
pub async fn stop_at(tx: &mut Tx, id: &str, step: &StepRow, why: &str, note: &str) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    if !store::runs::end_step(tx, step, StepState::Failed, &Value::Null, Some(note)).await? {
        return Ok(());
    }
    store::runs::end_run(tx, &step.run, "failed").await?;
    if env.state.on(Event::Stopped).is_none() {
        return advance_soon(tx, id).await;
    }
    failed(tx, &env, Some(&step.id), why).await
}

/// The create cannot go on, though no step failed: what it offers cannot be told, or a fault of ours stays.
pub async fn stop_here(tx: &mut Tx, id: &str, why: &str) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    if env.state.on(Event::Stopped).is_none() {
        return Ok(());
    }
    if let Some(run) = store::runs::create_run(tx.conn(), id).await? {
        store::runs::end_run(tx, &run.id, "failed").await?;
    }
    failed(tx, &env, None, why).await
}

async fn failed(tx: &mut Tx, env: &Environment, step: Option<&str>, why: &str) -> Result<()> {
    store::set_state(tx, &env.id, State::Failed).await?;
    store::set_failure(tx, &env.id, why).await?;
    let soon = tx.now().plus(FAILED_TTL);
    if !env.chosen && soon < env.deadline {
        super::deadlines::set(tx, env.clone(), soon, false).await?;
    }
    facts::append(tx, FactKind::EnvFailed, &env.id, json!({"person": env.owner, "step": step})).await?;
    super::announce(tx, &env.id).await
}

/// Every step is done.
pub async fn provisioned(tx: &mut Tx, id: &str, outputs: &Map<String, Value>) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    if env.state.on(Event::Provisioned).is_none() {
        return Ok(());
    }
    store::set_outputs(tx, id, outputs).await?;
    store::set_state(tx, id, State::Ready).await?;
    if let Some(run) = store::runs::create_run(tx.conn(), id).await? {
        store::runs::end_run(tx, &run.id, "done").await?;
    }
    let data = json!({"person": env.owner, "name": env.name, "template": env.template});
    facts::append(tx, FactKind::EnvReady, id, data).await?;
    super::announce(tx, id).await
}

/// A resource is gone.
pub async fn removed(tx: &mut Tx, id: &str, resource: &str) -> Result<()> {
    store::lock(tx, id).await?;
    store::runs::set_removed(tx, resource).await?;
    super::announce(tx, id).await?;
    advance_soon(tx, id).await
}

/// It could not be removed yet: said in the message, tried again by the job. `false` when it is
/// not being removed.
pub async fn removal_hindered(tx: &mut Tx, id: &str, why: &str) -> Result<bool> {
    let env = store::lock(tx, id).await?;
    if env.is_none_or(|env| env.state != State::Destroying) {
        return Ok(false);
    }
    store::set_failure(tx, id, why).await?;
    super::announce(tx, id).await?;
    Ok(true)
}

/// Nothing it owned is left: its name is free.
pub async fn destroyed(tx: &mut Tx, id: &str) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    if env.state.on(Event::Removed).is_none() {
        return Ok(());
    }
    store::set_state(tx, id, State::Destroyed).await?;
    facts::append(tx, FactKind::EnvDestroyed, id, json!({ "person": env.owner })).await?;
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

/// The job that goes on is due.
pub(super) async fn advance_soon(tx: &mut Tx, id: &str) -> Result<()> {
    let run_at = tx.now();
    let (payload, key) = (json!({ "env": id }), Some(format!("env:{id}")));
    queue::enqueue(tx, NewJob { kind: "env.advance", payload, key, run_at }).await
}
