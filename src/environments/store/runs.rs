//! All SQL of runs, their steps and what these made.

use serde_json::Value;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::word;
use crate::catalog::model::Step;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::drivers::{Ownership, Resource};
use crate::environments::model::{Presence, ResourceRow, Run, StepRow, StepState};
use crate::error::Result;

pub(in crate::environments) async fn insert_run(
    tx: &mut Tx,
    env: &str,
    kind: &str,
    steps: &[Step],
) -> Result<String> {
    let (id, now) = (tx.new_id("run"), tx.now());
    sqlx::query("INSERT INTO run (id, env_id, kind, state, started_at) VALUES ($1, $2, $3, 'running', $4)")
        .bind(&id)
        .bind(env)
        .bind(kind)
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    for step in steps {
        sqlx::query(
            "INSERT INTO step (run_id, position, step_id, name, action, state, attempts, outputs)
             VALUES ($1, $2, $3, $4, $5, 'waiting', 0, 'null')",
        )
        .bind(&id)
        .bind(i64::try_from(step.position).unwrap_or(i64::MAX))
        .bind(&step.id)
        .bind(&step.name)
        .bind(&step.action)
        .execute(tx.conn())
        .await?;
    }
    Ok(id)
}

/// The create run of an environment with its steps in order; of several, the one that counts.
pub(in crate::environments) async fn create_run(conn: &mut Conn, env: &str) -> Result<Option<Run>> {
    let sql = "SELECT id, started_at FROM run WHERE env_id = $1 AND kind = 'create' AND state <> 'replaced'";
    let Some(row) = sqlx::query(sql).bind(env).fetch_optional(&mut *conn).await? else { return Ok(None) };
    let id: String = row.try_get("id")?;
    let sql = "SELECT run_id, position, step_id, name, action, state, attempts, started_at, outputs, note
               FROM step WHERE run_id = $1 ORDER BY position";
    let rows = sqlx::query(sql).bind(&id).fetch_all(conn).await?;
    let steps = rows.iter().map(step).collect::<Result<_>>()?;
    Ok(Some(Run { id, started_at: Timestamp(row.try_get("started_at")?), steps }))
}

fn step(row: &AnyRow) -> Result<StepRow> {
    Ok(StepRow {
        run: row.try_get("run_id")?,
        position: row.try_get("position")?,
        id: row.try_get("step_id")?,
        name: row.try_get("name")?,
        action: row.try_get("action")?,
        state: word::<StepState>(row, "state")?,
        attempts: row.try_get("attempts")?,
        began: row.try_get::<Option<i64>, _>("started_at")?.map(Timestamp),
        outputs: serde_json::from_str(row.try_get("outputs")?)?,
        note: row.try_get("note")?,
    })
}

pub(in crate::environments) async fn begin_step(tx: &mut Tx, run: &str, position: i64) -> Result<()> {
    let now = tx.now();
    let sql =
        "UPDATE step SET state = 'running', attempts = attempts + 1, started_at = COALESCE(started_at, $3)
               WHERE run_id = $1 AND position = $2 AND state IN ('waiting', 'running')";
    sqlx::query(sql).bind(run).bind(position).bind(now.0).execute(tx.conn()).await?;
    Ok(())
}

/// Ends a step; `false` when it had ended before.
pub(in crate::environments) async fn end_step(
    tx: &mut Tx,
    step: &StepRow,
    state: StepState,
    outputs: &Value,
    note: Option<&str>,
) -> Result<bool> {
    let now = tx.now();
    let sql = "UPDATE step SET state = $3, outputs = $4, note = $5, ended_at = $6
               WHERE run_id = $1 AND position = $2 AND state IN ('waiting', 'running')";
    let query =
        sqlx::query(sql).bind(&step.run).bind(step.position).bind(state.word()).bind(outputs.to_string());
    let ended = query.bind(note.map(str::to_owned)).bind(now.0).execute(tx.conn()).await?;
    Ok(ended.rows_affected() == 1)
}

pub(in crate::environments) async fn end_run(tx: &mut Tx, run: &str, state: &str) -> Result<()> {
    let now = tx.now();
    let sql = "UPDATE run SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'running'";
    sqlx::query(sql).bind(run).bind(state.to_owned()).bind(now.0).execute(tx.conn()).await?;
    Ok(())
}

/// The run goes on where it stopped: what failed is to be done again. A step that was cut off
/// without anybody having decided on it stays so, and its driver looks.
pub(in crate::environments) async fn resume_run(tx: &mut Tx, run: &str) -> Result<()> {
    let sql = "UPDATE step SET state = 'waiting', note = NULL, ended_at = NULL
               WHERE run_id = $1 AND state IN ('failed', 'unclear')";
    sqlx::query(sql).bind(run).execute(tx.conn()).await?;
    let sql = "UPDATE run SET state = 'running', ended_at = NULL WHERE id = $1";
    sqlx::query(sql).bind(run).execute(tx.conn()).await?;
    Ok(())
}

/// Somebody says that a step of unknown outcome was done.
pub(in crate::environments) async fn settle_unclear(tx: &mut Tx, run: &str) -> Result<()> {
    let sql = "UPDATE step SET state = 'done', outputs = '{}' WHERE run_id = $1 AND state = 'unclear'";
    sqlx::query(sql).bind(run).execute(tx.conn()).await?;
    Ok(())
}

/// Another create run takes the place of the one before.
pub(in crate::environments) async fn replace_run(tx: &mut Tx, env: &str) -> Result<()> {
    let sql = "UPDATE run SET state = 'replaced' WHERE env_id = $1 AND kind = 'create'";
    sqlx::query(sql).bind(env).execute(tx.conn()).await?;
    Ok(())
}

pub(in crate::environments) async fn insert_resource(
    tx: &mut Tx,
    env: &str,
    step: (&str, i64),
    driver: &str,
    made: &Resource,
) -> Result<()> {
    let id = tx.new_id("res");
    sqlx::query(
        "INSERT INTO resource (id, env_id, run_id, position, driver, kind, label, ownership, handle, present)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)",
    )
    .bind(id)
    .bind(env)
    .bind(step.0)
    .bind(step.1)
    .bind(driver)
    .bind(&made.kind)
    .bind(&made.label)
    .bind(ownership_word(made.ownership))
    .bind(made.handle.to_string())
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn ownership_word(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::Owned => "owned",
        Ownership::Kept => "kept",
    }
}

fn resource(row: &AnyRow) -> Result<ResourceRow> {
    Ok(ResourceRow {
        id: row.try_get("id")?,
        env: row.try_get("env_id")?,
        driver: row.try_get("driver")?,
        resource: Resource {
            kind: row.try_get("kind")?,
            label: row.try_get("label")?,
            ownership: word::<Ownership>(row, "ownership")?,
            handle: serde_json::from_str(row.try_get("handle")?)?,
        },
        presence: match row.try_get::<i64, _>("present")? {
            0 => Presence::Gone,
            1 => Presence::There,
            _ => Presence::Left,
        },
    })
}

/// What an environment made, first made first.
pub(in crate::environments) async fn resources(conn: &mut Conn, env: &str) -> Result<Vec<ResourceRow>> {
    let sql = "SELECT id, env_id, driver, kind, label, ownership, handle, present FROM resource
               WHERE env_id = $1 ORDER BY position, id";
    sqlx::query(sql).bind(env).fetch_all(conn).await?.iter().map(resource).collect()
}

/// The processes that ready environments should have.
pub(in crate::environments) async fn expected_processes(conn: &mut Conn) -> Result<Vec<ResourceRow>> {
    let sql = "SELECT resource.id, env_id, driver, kind, label, ownership, handle, present FROM resource
               JOIN environment ON environment.id = resource.env_id
               WHERE kind = 'process' AND present = 1 AND environment.state = 'ready' ORDER BY resource.id";
    sqlx::query(sql).fetch_all(conn).await?.iter().map(resource).collect()
}

/// The keys of the steps of an action in environments where they cannot be done again.
pub(in crate::environments) async fn keys_that_are_over(
    conn: &mut Conn,
    action: &str,
) -> Result<Vec<String>> {
    let sql = "SELECT step.run_id || ':' || CAST(step.position AS TEXT) FROM step
               JOIN run ON run.id = step.run_id JOIN environment ON environment.id = run.env_id
               WHERE step.action = $1 AND environment.state IN ('ready', 'undone', 'destroyed')";
    Ok(sqlx::query_scalar(sql).bind(action).fetch_all(conn).await?)
}

/// The repositories that destroyed environments left, of this label or all.
pub(in crate::environments) async fn kept_repositories(
    conn: &mut Conn,
    label: Option<&str>,
) -> Result<Vec<ResourceRow>> {
    let sql = "SELECT resource.id, env_id, driver, kind, label, ownership, handle, present FROM resource
               JOIN environment ON environment.id = resource.env_id
               WHERE kind = 'repository' AND present <> 0 AND environment.state = 'destroyed'
                   AND ($1 = '' OR label = $1) ORDER BY resource.id";
    let label = label.unwrap_or_default().to_owned();
    sqlx::query(sql).bind(label).fetch_all(conn).await?.iter().map(resource).collect()
}

pub(in crate::environments) async fn set_handle(tx: &mut Tx, id: &str, handle: &Value) -> Result<()> {
    let sql = "UPDATE resource SET handle = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(handle.to_string()).execute(tx.conn()).await?;
    Ok(())
}

pub(in crate::environments) async fn set_presence(tx: &mut Tx, id: &str, presence: Presence) -> Result<()> {
    let present = match presence {
        Presence::Gone => 0_i64,
        Presence::There => 1,
        Presence::Left => 2,
    };
    let sql = "UPDATE resource SET present = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(present).execute(tx.conn()).await?;
    Ok(())
}
