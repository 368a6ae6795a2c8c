//! How long an environment lives: extended by a person, ended by its deadline.

use std::time::Duration;

use serde_json::json;

use super::model::{self, Environment, Event};
use super::store;
use crate::access::Actor;
use crate::audit;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Result;
use crate::jobs::queue::{self, NewJob};

/// Moves the deadline by `by`.
pub async fn extend(tx: &mut Tx, actor: &Actor, name_or_id: &str, by: Duration) -> Result<Environment> {
    let mut env = super::find_to_change(tx, name_or_id).await?;
    super::demand(tx.conn(), actor, &env, "extend").await?;
    env.deadline = model::extended(&env, tx.now(), by)?;
    store::set_deadline(tx, &env.id, env.deadline, true).await?;
    expire_at(tx, &env.id, env.deadline).await?;
    super::announce(tx, &env.id).await?;
    Ok(env)
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
    super::begin_destroy(tx, &env).await
}

/// The deadline's job comes at `run_at`, or as soon as it waits for already.
pub(super) async fn expire_at(tx: &mut Tx, id: &str, run_at: Timestamp) -> Result<()> {
    let (payload, key) = (json!({ "env": id }), Some(format!("expire:{id}")));
    queue::enqueue(tx, NewJob { kind: "env.expire", payload, key, run_at }).await
}
