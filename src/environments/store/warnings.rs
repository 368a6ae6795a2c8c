//! All SQL of warnings; what became of their messages, the outbox knows.

use std::time::Duration;

use sqlx::Row;
use sqlx::any::AnyRow;

use super::word;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::environments::notice::Rung;
use crate::error::Result;

/// A warning, as its row has it.
pub(in crate::environments) struct Warning {
    /// Its message's, in the outbox.
    pub key: String,
    pub env: String,
    /// Of which deadline it warns.
    pub deadline: Timestamp,
    /// How long before.
    pub step: Duration,
    pub rung: Rung,
    /// None took its place, and it is still to be warned of.
    pub live: bool,
    pub made_at: Timestamp,
}

macro_rules! select {
    ($tail:literal) => {
        concat!("SELECT key, env_id, deadline, step, rung, live, made_at FROM warning ", $tail)
    };
}

fn warning(row: &AnyRow) -> Result<Warning> {
    Ok(Warning {
        key: row.try_get("key")?,
        env: row.try_get("env_id")?,
        deadline: Timestamp(row.try_get("deadline")?),
        step: Duration::from_millis(u64::try_from(row.try_get::<i64, _>("step")?).unwrap_or_default()),
        rung: word::<Rung>(row, "rung")?,
        live: row.try_get::<i64, _>("live")? == 1,
        made_at: Timestamp(row.try_get("made_at")?),
    })
}

/// Adds one; one with its key counts already.
pub(in crate::environments) async fn insert(tx: &mut Tx, warning: &Warning) -> Result<()> {
    let sql = "INSERT INTO warning (key, env_id, deadline, step, rung, live, made_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key) DO NOTHING";
    sqlx::query(sql)
        .bind(&warning.key)
        .bind(&warning.env)
        .bind(warning.deadline.0)
        .bind(i64::try_from(warning.step.as_millis()).unwrap_or(i64::MAX))
        .bind(warning.rung.word())
        .bind(i64::from(warning.live))
        .bind(warning.made_at.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(in crate::environments) async fn by_key(conn: &mut Conn, key: &str) -> Result<Option<Warning>> {
    let row = sqlx::query(select!("WHERE key = $1")).bind(key).fetch_optional(conn).await?;
    row.as_ref().map(warning).transpose()
}

/// All of an environment, in the order in which they were made.
pub(in crate::environments) async fn of(conn: &mut Conn, env: &str) -> Result<Vec<Warning>> {
    let sql = select!("WHERE env_id = $1 ORDER BY made_at, key");
    sqlx::query(sql).bind(env).fetch_all(conn).await?.iter().map(warning).collect()
}

/// It is not live any more.
pub(in crate::environments) async fn retire(tx: &mut Tx, key: &str) -> Result<()> {
    sqlx::query("UPDATE warning SET live = 0 WHERE key = $1").bind(key).execute(tx.conn()).await?;
    Ok(())
}
