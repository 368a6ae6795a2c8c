//! SLICE environments: request → provision → ready → expire → destroy.
//!
//! Invariants: one job per environment moves it (`advance`, never two side by
//! side); a step is begun on disk before it acts and ended on disk after, so a
//! crash leaves at most one step of unknown outcome: its driver looks what came
//! of it, and where that cannot be seen a person says; the message that follows
//! an environment changes in the unit that changes it; no deadline ends one
//! before its end was announced; a unit that changes one holds its row first, so
//! that none decides on a state that another is just leaving; what stopped offers
//! what can be decided, and nothing that was made is forgotten before it is gone
//! or an admin left it behind; whatever differs from what is written here is
//! found by `jobs::reconcile`, which removes only what the database says is over.
//! Deliberately absent: updates to a newer template version, operations of a
//! ready environment other than destroy.

pub mod actions;
pub mod commands;
pub mod deadlines;
pub mod home;
pub mod jobs;
pub mod model;
mod names;
pub mod notice;
pub mod offers;
pub mod repair;
pub mod runs;
mod store;
mod usage;
pub mod warnings;
pub mod wording;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::access::{Actor, Role};
use crate::catalog::model::Template;
use crate::catalog::{self, library::Library};
use crate::chat::outbox::{self, Address};
use crate::clock::Timestamp;
use crate::commands::parse::nearest;
use crate::db::{Conn, Db, Tx};
use crate::drivers::{Ownership, Resource};
use crate::error::{Error, Result};
use crate::facts::{self, FactKind};
use crate::moment::Lasting;
use crate::people;
use model::{Environment, Event, ResourceRow, Run, State};
pub use usage::{Usage, usage};
use warnings::Keepers;

/// The slice.
pub struct Environments {
    pub db: Db,
    pub catalog: Arc<Library>,
    pub keepers: Keepers,
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
    pub ttl: Option<Lasting>,
    /// Where the message goes that follows it.
    pub address: Address,
}

impl Request {
    /// The environment as it will be, with an id of its own.
    pub fn environment(&self, id: String, now: Timestamp) -> Result<Environment> {
        let template = &self.template;
        let allowed = template.ttl.map(|ttl| (ttl.default, ttl.max));
        let wanted = match self.ttl {
            Some(Lasting::For(span)) => Some(span),
            Some(Lasting::Until(moment)) => {
                let until = model::ahead(moment, now, &self.owner);
                Some(until.map_err(|why| Error::Fields(vec![("ttl".into(), why)]))?.since(now))
            }
            None => None,
        };
        let (deadline, latest) = model::deadlines(now, wanted, allowed, &template.name)?;
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
            deadline_set_at: now,
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
    names::demand_free(tx.conn(), request).await?;
    catalog::pin(tx, &request.template).await?;
    store::insert(tx, &env).await?;
    begin_create(tx, &env.id, &request.template).await?;
    let data =
        json!({"person": env.owner, "template": env.template, "tier": env.tier, "adapted": env.adapted});
    facts::append(tx, FactKind::EnvRequested, &env.id, data).await?;
    let message = with_view(tx, &env.id, wording::progress).await?;
    outbox::put(tx, &message_key(&env.id), &request.address, &message).await?;
    home::refresh_soon(tx, &env.owner).await?;
    runs::advance_soon(tx, &env.id).await?;
    deadlines::look_at(tx, &env.id, env.term().first()).await?;
    Ok(env)
}

/// A create run with its steps, and the workspace that it works in.
async fn begin_create(tx: &mut Tx, id: &str, template: &Template) -> Result<()> {
    let run = store::runs::insert_run(tx, id, "create", &template.plan()).await?;
    let folder = Resource {
        kind: "workspace".into(),
        label: "workspace".into(),
        ownership: Ownership::Owned,
        handle: json!({ "env": id }),
    };
    store::runs::insert_resource(tx, id, (&run, 0), "workspace", &folder).await
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

/// Begins the end: what it owns is removed by its job.
pub async fn destroy(tx: &mut Tx, actor: &Actor, name_or_id: &str) -> Result<Environment> {
    let env = find_to_change(tx, name_or_id).await?;
    demand(tx.conn(), actor, &env, "destroy").await?;
    match env.state.on(Event::Destroy) {
        Some(next) => begin_removal(tx, &env, next).await.map(|()| env),
        None => Err(Error::Conflict(format!("`{}` is {} already.", env.name, env.state.said()))),
    }
}

/// Begins an undo or a destroy, as `next` says; its job does it.
async fn begin_removal(tx: &mut Tx, env: &Environment, next: State) -> Result<()> {
    store::set_state(tx, &env.id, next).await?;
    store::set_failure(tx, &env.id, None).await?;
    let ended = if env.state == State::Unclear { "failed" } else { "cancelled" };
    runs::end_create_run(tx, &env.id, ended).await?;
    let kind = if next == State::Undoing { "undo" } else { "destroy" };
    store::runs::insert_run(tx, &env.id, kind, &[]).await?;
    announce(tx, &env.id).await?;
    warnings::retire(tx, env, false).await?;
    runs::advance_soon(tx, &env.id).await
}

/// An environment with its create run and what it made.
pub async fn load(conn: &mut Conn, id: &str) -> Result<Option<(Environment, Option<Run>, Vec<ResourceRow>)>> {
    let Some(env) = store::by_id(conn, id).await? else { return Ok(None) };
    let run = store::runs::create_run(conn, id).await?;
    let resources = store::runs::resources(conn, id).await?;
    Ok(Some((env, run, resources)))
}

/// The message's key in the outbox.
fn message_key(env: &str) -> String {
    format!("env:{env}")
}

/// Brings the message that follows an environment up to date, and its owner's page.
async fn announce(tx: &mut Tx, id: &str) -> Result<()> {
    let view = |view: &wording::View<'_>| (wording::progress(view), view.env.owner.clone());
    let (message, owner) = with_view(tx, id, view).await?;
    outbox::change(tx, &message_key(id), &message).await?;
    home::refresh_soon(tx, &owner).await
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

/// The names of somebody's live environments, newest first.
pub async fn names_of(conn: &mut Conn, owner: &str) -> Result<Vec<String>> {
    store::names_of(conn, owner).await
}

/// All that is kept here about a person: their environments, the oldest first.
pub async fn export(conn: &mut Conn, person: &str) -> Result<Value> {
    let entry = |env: Environment| {
        json!({
            "name": env.name,
            "template": env.template,
            "state": env.state.word(),
            "parameters": env.parameters,
            "requested_at": env.created_at.utc().to_rfc3339(),
        })
    };
    Ok(store::of_owner(conn, person).await?.into_iter().map(entry).collect())
}

/// The environments of `from` are those of `to`, whose accounts were joined before.
pub async fn merge(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    store::rename_owner(tx, from, to).await?;
    home::refresh_soon(tx, to).await
}

/// How many environments there are in each state, destroyed ones apart.
pub async fn census(conn: &mut Conn) -> Result<Vec<(String, i64)>> {
    store::census(conn).await
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
