//! SLICE environments: request → provision → ready → expire → destroy.
//!
//! Invariants: one job per environment moves it (`advance`, never two side by
//! side); a step is begun on disk before it acts and ended on disk after, so a
//! crash leaves at most one step of unknown outcome, which is done again; the
//! message that follows an environment changes in the unit that changes it; a
//! unit that changes one holds its row first, so that none decides on a state
//! that another is just leaving.
//! Deliberately absent: updates to a newer template version, operations other
//! than create and destroy.

pub mod actions;
pub mod commands;
pub mod jobs;
pub mod model;
mod store;
mod usage;
pub mod wording;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::access::{Actor, Role};
use crate::catalog::model::Template;
use crate::catalog::{self, Catalog};
use crate::chat::outbox::{self, Address};
use crate::clock::Timestamp;
use crate::commands::parse::nearest;
use crate::db::{Conn, Db, Tx};
use crate::drivers::{Ownership, Resource};
use crate::error::{Error, Result};
use crate::facts::{self, FactKind};
use crate::jobs::queue::{self, NewJob};
use crate::{audit, people};
use model::{Environment, Event, FAILED_TTL, ResourceRow, Run, State, StepRow, StepState};
pub use usage::{Usage, usage};

/// The slice.
pub struct Environments {
    pub db: Db,
    pub catalog: Arc<Catalog>,
}

/// Somebody asks for an environment.
#[derive(Clone)]
pub struct Request {
    pub owner: Actor,
    pub template: Arc<Template>,
    pub name: String,
    /// Validated by the template's schema.
    pub parameters: Map<String, Value>,
    /// As long as this instead of the template's default.
    pub ttl: Option<Duration>,
    /// Where the message goes that follows it.
    pub address: Address,
}

impl Request {
    /// The environment as it will be, with an id of its own.
    pub fn environment(&self, id: String, now: Timestamp) -> Result<Environment> {
        let template = &self.template;
        let allowed = template.ttl.map(|ttl| (ttl.default, ttl.max));
        let (deadline, latest) = model::deadlines(now, self.ttl, allowed, &template.name)?;
        Ok(Environment {
            id,
            name: self.name.clone(),
            owner: self.owner.person.clone(),
            template: template.name.clone(),
            version: template.version.clone(),
            title: template.title.clone(),
            tier: template.tier,
            adapted: template.adapted(&self.parameters),
            parameters: self.parameters.clone(),
            state: State::Requested,
            outputs: Map::new(),
            failure: None,
            created_at: now,
            ready_at: None,
            deadline,
            latest,
            chosen: self.ttl.is_some(),
        })
    }
}

/// Accepts a request: the row, its run, the message, and the job that goes on.
///
/// # Errors
/// `Fields` when a live environment has the name, or the ttl is too long.
pub async fn request(tx: &mut Tx, request: &Request) -> Result<Environment> {
    let env = request.environment(tx.new_id("env"), tx.now())?;
    if let Some(other) = store::by_live_name(tx.conn(), &env.name).await? {
        return Err(taken(tx.conn(), &other, &request.owner).await?);
    }
    catalog::pin(tx, &request.template).await?;
    store::insert(tx, &env).await?;
    let run = store::insert_run(tx, &env.id, "create", &request.template.plan()).await?;
    let folder = Resource {
        kind: "workspace".into(),
        label: "workspace".into(),
        ownership: Ownership::Owned,
        handle: json!({ "env": env.id }),
    };
    store::insert_resource(tx, &env.id, (&run, 0), "workspace", &folder).await?;
    let data =
        json!({"person": env.owner, "template": env.template, "tier": env.tier, "adapted": env.adapted});
    facts::append(tx, FactKind::EnvRequested, &env.id, data).await?;
    let message = with_view(tx, &env.id, wording::progress).await?;
    outbox::put(tx, &message_key(&env.id), &request.address, &message).await?;
    advance_soon(tx, &env.id).await?;
    expire_at(tx, &env.id, env.deadline).await?;
    Ok(env)
}

/// Somebody else has the name: whose it is, and a free one.
async fn taken(conn: &mut Conn, other: &Environment, asker: &Actor) -> Result<Error> {
    let names = store::live_names(conn).await?;
    let free =
        (2..).map(|n| format!("{}-{n}", other.name)).find(|name| !names.contains(name)).unwrap_or_default();
    let whose = if other.owner == asker.person {
        "It is yours".to_owned()
    } else {
        format!(
            "It is {}'s",
            people::by_id(conn, &other.owner).await?.map_or_else(|| "somebody".into(), |person| person.name)
        )
    };
    let sentence = format!(
        "`{}` exists already. {whose} ({}). Choose another name: `{free}` is free.",
        other.name,
        other.state.word()
    );
    // Of the name, so that a form shows it there, where it is mended.
    Ok(Error::Fields(vec![("name".into(), sentence)]))
}

/// The live environment that a name means, or any that an id means.
///
/// # Errors
/// `NotFound` with the nearest name.
pub async fn find(conn: &mut Conn, name_or_id: &str) -> Result<Environment> {
    let found = match name_or_id.starts_with("env_") {
        true => store::by_id(conn, name_or_id).await?,
        false => store::by_live_name(conn, &name_or_id.to_lowercase()).await?,
    };
    if let Some(env) = found {
        return Ok(env);
    }
    let names = store::live_names(conn).await?;
    let hint = match nearest(name_or_id, names.iter().map(String::as_str)) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "`/platform env list --all` shows what there is.".into(),
    };
    Err(Error::NotFound(format!("There is no environment `{name_or_id}`. {hint}")))
}

/// Like [`find`], and nobody else changes it before this unit ends.
async fn find_to_change(tx: &mut Tx, name_or_id: &str) -> Result<Environment> {
    let found = find(tx.conn(), name_or_id).await?;
    Ok(store::lock(tx, &found.id).await?.unwrap_or(found))
}

/// Whether `actor` may change it: its owner or an admin.
pub fn may_change(actor: &Actor, env: &Environment) -> bool {
    env.owner == actor.person || actor.holds(Role::Admin)
}

async fn demand(conn: &mut Conn, actor: &Actor, env: &Environment, verb: &str) -> Result<()> {
    if may_change(actor, env) {
        return Ok(());
    }
    let owner =
        people::by_id(conn, &env.owner).await?.map_or_else(|| "somebody".into(), |person| person.name);
    Err(Error::Denied(format!(
        "🔒 `env {verb}` of somebody else's environment needs its owner ({owner}) or an admin."
    )))
}

/// Moves the deadline by `by`.
pub async fn extend(tx: &mut Tx, actor: &Actor, name_or_id: &str, by: Duration) -> Result<Environment> {
    let mut env = find_to_change(tx, name_or_id).await?;
    demand(tx.conn(), actor, &env, "extend").await?;
    env.deadline = model::extended(&env, tx.now(), by)?;
    store::set_deadline(tx, &env.id, env.deadline, true).await?;
    expire_at(tx, &env.id, env.deadline).await?;
    announce(tx, &env.id).await?;
    Ok(env)
}

/// Begins the end: what it owns is removed by its job.
pub async fn destroy(tx: &mut Tx, actor: &Actor, name_or_id: &str) -> Result<Environment> {
    let env = find_to_change(tx, name_or_id).await?;
    demand(tx.conn(), actor, &env, "destroy").await?;
    match env.state.on(Event::Destroy) {
        Some(_) => begin_destroy(tx, &env).await.map(|()| env),
        None => Err(Error::Conflict(format!("`{}` is {} already.", env.name, env.state.word()))),
    }
}

async fn begin_destroy(tx: &mut Tx, env: &Environment) -> Result<()> {
    store::set_state(tx, &env.id, State::Destroying).await?;
    if let Some(run) = store::create_run(tx.conn(), &env.id).await? {
        store::end_run(tx, &run.id, "cancelled").await?;
    }
    store::insert_run(tx, &env.id, "destroy", &[]).await?;
    announce(tx, &env.id).await?;
    advance_soon(tx, &env.id).await
}

/// The deadline came: destroys unless it was moved meanwhile.
pub async fn expire(tx: &mut Tx, id: &str) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    if env.state.on(Event::Destroy).is_none() {
        return Ok(());
    }
    if env.deadline > tx.now() {
        return expire_at(tx, id, env.deadline).await;
    }
    audit::record(tx, "system", "env.destroy", &format!("environment={} reason=deadline", env.name)).await?;
    begin_destroy(tx, &env).await
}

/// An environment with its create run and what it made.
pub async fn load(conn: &mut Conn, id: &str) -> Result<Option<(Environment, Option<Run>, Vec<ResourceRow>)>> {
    let Some(env) = store::by_id(conn, id).await? else { return Ok(None) };
    let run = store::create_run(conn, id).await?;
    let resources = store::resources(conn, id).await?;
    Ok(Some((env, run, resources)))
}

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
    store::begin_step(tx, &step.run, step.position).await?;
    audit::record(tx, "system", &step.action, &format!("environment={id} step={}", step.id)).await?;
    announce(tx, id).await?;
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
    if !store::end_step(tx, &end.step, end.state, &end.outputs, None).await? {
        return Ok(());
    }
    for made in &end.resources {
        store::insert_resource(tx, &end.env, (&end.step.run, end.step.position), &end.driver, made).await?;
    }
    announce(tx, &end.env).await?;
    advance_soon(tx, &end.env).await
}

/// A step cannot be done: the create run stops here and says why.
pub async fn stop_at(tx: &mut Tx, id: &str, step: &StepRow, why: &str, note: &str) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    if !store::end_step(tx, step, StepState::Failed, &Value::Null, Some(note)).await? {
        return Ok(());
    }
    store::end_run(tx, &step.run, "failed").await?;
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
    if let Some(run) = store::create_run(tx.conn(), id).await? {
        store::end_run(tx, &run.id, "failed").await?;
    }
    failed(tx, &env, None, why).await
}

async fn failed(tx: &mut Tx, env: &Environment, step: Option<&str>, why: &str) -> Result<()> {
    store::set_state(tx, &env.id, State::Failed).await?;
    store::set_failure(tx, &env.id, why).await?;
    let soon = tx.now().plus(FAILED_TTL);
    if !env.chosen && soon < env.deadline {
        store::set_deadline(tx, &env.id, soon, false).await?;
        expire_at(tx, &env.id, soon).await?;
    }
    facts::append(tx, FactKind::EnvFailed, &env.id, json!({"person": env.owner, "step": step})).await?;
    announce(tx, &env.id).await
}

/// Every step is done.
pub async fn provisioned(tx: &mut Tx, id: &str, outputs: &Map<String, Value>) -> Result<()> {
    let Some(env) = store::lock(tx, id).await? else { return Ok(()) };
    if env.state.on(Event::Provisioned).is_none() {
        return Ok(());
    }
    store::set_outputs(tx, id, outputs).await?;
    store::set_state(tx, id, State::Ready).await?;
    if let Some(run) = store::create_run(tx.conn(), id).await? {
        store::end_run(tx, &run.id, "done").await?;
    }
    let data = json!({"person": env.owner, "name": env.name, "template": env.template});
    facts::append(tx, FactKind::EnvReady, id, data).await?;
    announce(tx, id).await
}

/// A resource is gone.
pub async fn removed(tx: &mut Tx, id: &str, resource: &str) -> Result<()> {
    store::lock(tx, id).await?;
    store::set_removed(tx, resource).await?;
    announce(tx, id).await?;
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
    announce(tx, id).await?;
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
    announce(tx, id).await
}

/// The processes that ready environments should have.
pub async fn expected_processes(conn: &mut Conn) -> Result<Vec<ResourceRow>> {
    store::expected_processes(conn).await
}

/// Where a restarted process is now; `false` when its environment is no longer ready.
pub async fn process_moved(tx: &mut Tx, row: &ResourceRow, handle: &Value) -> Result<bool> {
    let env = store::lock(tx, &row.env).await?;
    if env.is_none_or(|env| env.state != State::Ready) {
        return Ok(false);
    }
    store::set_handle(tx, &row.id, handle).await?;
    Ok(true)
}

/// The message's key in the outbox.
fn message_key(env: &str) -> String {
    format!("env:{env}")
}

/// Brings the message that follows an environment up to date.
async fn announce(tx: &mut Tx, id: &str) -> Result<()> {
    let message = with_view(tx, id, wording::progress).await?;
    outbox::change(tx, &message_key(id), &message).await
}

async fn with_view<T>(tx: &mut Tx, id: &str, words: impl Fn(&wording::View<'_>) -> T) -> Result<T> {
    let now = tx.now();
    let loaded = load(tx.conn(), id).await?;
    let (env, run, resources) = loaded.ok_or_else(|| Error::internal(format!("{id} is gone")))?;
    let usual = usual(tx.conn(), &env.template).await?;
    Ok(words(&wording::View { env: &env, run: run.as_ref(), resources: &resources, usual, now }))
}

/// How long a create from a template usually takes.
pub async fn usual(conn: &mut Conn, template: &str) -> Result<Option<Duration>> {
    let median = model::median(store::recent_lead_times(conn, template).await?);
    Ok(median.and_then(|millis| u64::try_from(millis).ok()).map(Duration::from_millis))
}

async fn advance_soon(tx: &mut Tx, id: &str) -> Result<()> {
    let run_at = tx.now();
    let (payload, key) = (json!({ "env": id }), Some(format!("env:{id}")));
    queue::enqueue(tx, NewJob { kind: "env.advance", payload, key, run_at }).await
}

async fn expire_at(tx: &mut Tx, id: &str, run_at: Timestamp) -> Result<()> {
    let (payload, key) = (json!({ "env": id }), Some(format!("expire:{id}")));
    queue::enqueue(tx, NewJob { kind: "env.expire", payload, key, run_at }).await
}

/// Live environments with their owners' names: of `owner`, or all; 300 at most, newest first.
pub async fn live(conn: &mut Conn, owner: Option<&str>) -> Result<Vec<(Environment, String)>> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut found = Vec::new();
    for env in store::live(conn, owner, 300).await? {
        if !names.contains_key(&env.owner) {
            let name = people::by_id(conn, &env.owner).await?.map(|person| person.name).unwrap_or_default();
            names.insert(env.owner.clone(), name);
        }
        let name = names.get(&env.owner).cloned().unwrap_or_default();
        found.push((env, name));
    }
    Ok(found)
}
