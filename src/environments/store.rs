//! All SQL of environments; that of runs, steps and resources in `runs`, that of `warnings` there.

pub(super) mod runs;
pub(super) mod warnings;

use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::model::{Environment, State};
use crate::catalog::model::Tier;
use crate::clock::Timestamp;
use crate::db::{Conn, Dialect, Tx};
use crate::error::{Error, Result};

/// A statement over `environment` with all its columns.
macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT id, name, owner, template, version, title, tier, adapted, parameters, state, outputs, failure, ",
            "created_at, ready_at, deadline, deadline_set_at, latest, chosen FROM environment ",
            $tail
        )
    };
}

fn word<T: serde::de::DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T> {
    Ok(serde_json::from_value(Value::String(row.try_get(column)?))?)
}

fn object(row: &AnyRow, column: &str) -> Result<Map<String, Value>> {
    Ok(serde_json::from_str(row.try_get(column)?)?)
}

fn environment(row: &AnyRow) -> Result<Environment> {
    Ok(Environment {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        owner: row.try_get("owner")?,
        template: row.try_get("template")?,
        version: row.try_get("version")?,
        title: row.try_get("title")?,
        tier: word::<Tier>(row, "tier")?,
        adapted: row.try_get::<i64, _>("adapted")? == 1,
        parameters: object(row, "parameters")?,
        state: word::<State>(row, "state")?,
        outputs: object(row, "outputs")?,
        failure: row.try_get("failure")?,
        created_at: Timestamp(row.try_get("created_at")?),
        ready_at: row.try_get::<Option<i64>, _>("ready_at")?.map(Timestamp),
        deadline: Timestamp(row.try_get("deadline")?),
        deadline_set_at: Timestamp(row.try_get("deadline_set_at")?),
        latest: Timestamp(row.try_get("latest")?),
        chosen: row.try_get::<i64, _>("chosen")? == 1,
    })
}

/// Adds an environment under its name.
///
/// # Errors
/// `Conflict` when another live one has the name, however close the race.
pub(super) async fn insert(tx: &mut Tx, env: &Environment) -> Result<()> {
    let sql = "INSERT INTO environment (id, name, live_name, owner, template, version, title, tier, adapted, parameters,
                   state, outputs, created_at, deadline, deadline_set_at, latest, chosen)
               VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, '{}', $11, $12, $13, $14, $15)
               ON CONFLICT (live_name) DO NOTHING";
    let added = sqlx::query(sql)
        .bind(&env.id)
        .bind(&env.name)
        .bind(&env.owner)
        .bind(&env.template)
        .bind(&env.version)
        .bind(&env.title)
        .bind(serde_json::to_value(env.tier)?.as_str().unwrap_or_default().to_owned())
        .bind(i64::from(env.adapted))
        .bind(serde_json::to_string(&env.parameters)?)
        .bind(env.state.word())
        .bind(env.created_at.0)
        .bind(env.deadline.0)
        .bind(env.deadline_set_at.0)
        .bind(env.latest.0)
        .bind(i64::from(env.chosen))
        .execute(tx.conn())
        .await?;
    match added.rows_affected() {
        1 => Ok(()),
        _ => Err(Error::Conflict(format!("`{}` exists already. Choose another name.", env.name))),
    }
}

pub(super) async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Environment>> {
    let row = sqlx::query(select!("WHERE id = $1")).bind(id).fetch_optional(conn).await?;
    row.as_ref().map(environment).transpose()
}

/// The environment, its row ours until the unit ends. On PostgreSQL two units
/// would else both decide on the state that they read; SQLite has one writer.
pub(super) async fn lock(tx: &mut Tx, id: &str) -> Result<Option<Environment>> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => select!("WHERE id = $1"),
        Dialect::Postgres => select!("WHERE id = $1 FOR UPDATE"),
    };
    let row = sqlx::query(sql).bind(id).fetch_optional(tx.conn()).await?;
    row.as_ref().map(environment).transpose()
}

pub(super) async fn by_live_name(conn: &mut Conn, name: &str) -> Result<Option<Environment>> {
    let row = sqlx::query(select!("WHERE live_name = $1")).bind(name).fetch_optional(conn).await?;
    row.as_ref().map(environment).transpose()
}

/// Live ones, those of `owner` or all, newest first, at most `limit`.
pub(super) async fn live(conn: &mut Conn, owner: Option<&str>, limit: i64) -> Result<Vec<Environment>> {
    let sql = select!(
        "WHERE live_name IS NOT NULL AND ($1 = '' OR owner = $1) ORDER BY created_at DESC, name LIMIT $2"
    );
    let rows =
        sqlx::query(sql).bind(owner.unwrap_or_default().to_owned()).bind(limit).fetch_all(conn).await?;
    rows.iter().map(environment).collect()
}

pub(super) async fn names_of(conn: &mut Conn, owner: &str) -> Result<Vec<String>> {
    let sql = "SELECT live_name FROM environment WHERE live_name IS NOT NULL AND owner = $1
               ORDER BY created_at DESC, name";
    Ok(sqlx::query_scalar(sql).bind(owner).fetch_all(conn).await?)
}

/// All that somebody ever asked for, the oldest first.
pub(super) async fn of_owner(conn: &mut Conn, owner: &str) -> Result<Vec<Environment>> {
    let sql = "SELECT * FROM environment WHERE owner = $1 ORDER BY created_at, id";
    sqlx::query(sql).bind(owner).fetch_all(conn).await?.iter().map(environment).collect()
}

/// The ids of those that a job should be moving.
pub(super) async fn rename_owner(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    let sql = "UPDATE environment SET owner = $2 WHERE owner = $1";
    sqlx::query(sql).bind(from).bind(to).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn moving(conn: &mut Conn) -> Result<Vec<String>> {
    let rows = sqlx::query("SELECT id, state FROM environment WHERE live_name IS NOT NULL ORDER BY id");
    let mut ids = Vec::new();
    for row in rows.fetch_all(conn).await? {
        if word::<State>(&row, "state")?.moves() {
            ids.push(row.try_get("id")?);
        }
    }
    Ok(ids)
}

/// How many live ones there are in each state.
pub(super) async fn census(conn: &mut Conn) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT state, CAST(count(*) AS BIGINT) AS n FROM environment WHERE live_name IS NOT NULL
               GROUP BY state ORDER BY state";
    Ok(sqlx::query_as(sql).fetch_all(conn).await?)
}

pub(super) async fn live_names(conn: &mut Conn) -> Result<Vec<String>> {
    let sql = "SELECT live_name FROM environment WHERE live_name IS NOT NULL ORDER BY live_name";
    Ok(sqlx::query_scalar(sql).fetch_all(conn).await?)
}

/// Moves to `state`; a destroyed one frees its name.
pub(super) async fn set_state(tx: &mut Tx, id: &str, state: State) -> Result<()> {
    let now = tx.now();
    let sql = "UPDATE environment SET state = $2,
                   live_name = CASE WHEN $2 = 'destroyed' THEN NULL ELSE live_name END,
                   ended_at = CASE WHEN $2 = 'destroyed' THEN $3 ELSE ended_at END,
                   ready_at = CASE WHEN $2 = 'ready' THEN $3 ELSE ready_at END
               WHERE id = $1";
    sqlx::query(sql).bind(id).bind(state.word()).bind(now.0).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn set_outputs(tx: &mut Tx, id: &str, outputs: &Map<String, Value>) -> Result<()> {
    let sql = "UPDATE environment SET outputs = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(serde_json::to_string(outputs)?).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn set_failure(tx: &mut Tx, id: &str, why: Option<&str>) -> Result<()> {
    sqlx::query("UPDATE environment SET failure = $2 WHERE id = $1")
        .bind(id)
        .bind(why.map(str::to_owned))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Stores the deadline that `env` has.
pub(super) async fn set_deadline(tx: &mut Tx, env: &Environment) -> Result<()> {
    let sql = "UPDATE environment SET deadline = $2, deadline_set_at = $3, chosen = $4 WHERE id = $1";
    let query = sqlx::query(sql).bind(&env.id).bind(env.deadline.0).bind(env.deadline_set_at.0);
    query.bind(i64::from(env.chosen)).execute(tx.conn()).await?;
    Ok(())
}

/// How long the last twenty creates from a template took, in milliseconds.
pub(super) async fn recent_lead_times(conn: &mut Conn, template: &str) -> Result<Vec<i64>> {
    let sql = "SELECT ready_at - created_at FROM environment WHERE template = $1 AND ready_at IS NOT NULL
               ORDER BY created_at DESC LIMIT 20";
    Ok(sqlx::query_scalar(sql).bind(template).fetch_all(conn).await?)
}

/// One environment as usage counts it.
pub(super) struct Asked {
    /// The person who asked.
    pub owner: String,
    pub created: Timestamp,
    pub ready: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub failed: bool,
    /// From a golden path, with recommended values.
    pub golden: bool,
}

/// Everything asked for since `since`.
pub(super) async fn asked_since(conn: &mut Conn, since: Timestamp) -> Result<Vec<Asked>> {
    let sql = "SELECT owner, created_at, ready_at, ended_at, tier, adapted,
                   CAST(CASE WHEN EXISTS (SELECT 1 FROM run WHERE env_id = environment.id AND kind = 'create'
                                          AND run.state = 'failed') THEN 1 ELSE 0 END AS BIGINT) AS failed
               FROM environment WHERE created_at >= $1";
    let rows = sqlx::query(sql).bind(since.0).fetch_all(conn).await?;
    let read = |row: &AnyRow| -> Result<Asked> {
        let instant = |name: &str| -> Result<Option<Timestamp>> {
            Ok(row.try_get::<Option<i64>, _>(name)?.map(Timestamp))
        };
        let ready = instant("ready_at")?;
        Ok(Asked {
            owner: row.try_get("owner")?,
            created: Timestamp(row.try_get("created_at")?),
            ready,
            ended: instant("ended_at")?,
            failed: ready.is_none() && row.try_get::<i64, _>("failed")? == 1,
            golden: word::<Tier>(row, "tier")? == Tier::Golden && row.try_get::<i64, _>("adapted")? == 0,
        })
    };
    rows.iter().map(read).collect()
}

/// Of each person whose first request was since `since`: when it was, and when their first
/// environment was ready.
pub(super) async fn first_since(
    conn: &mut Conn,
    since: Timestamp,
) -> Result<Vec<(Timestamp, Option<Timestamp>)>> {
    let sql =
        "SELECT min(created_at), min(ready_at) FROM environment GROUP BY owner HAVING min(created_at) >= $1";
    let rows: Vec<(i64, Option<i64>)> = sqlx::query_as(sql).bind(since.0).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(asked, ready)| (Timestamp(asked), ready.map(Timestamp))).collect())
}
