//! The append-only record of who did what, written before it is done.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::Result;

/// Who it was on the command line: somebody with the rights of the bot's own user.
pub const OPERATOR: &str = "operator";

/// Appends a row to this unit of work: `actor` is a person's id or `system`,
/// `detail` what was asked, without secrets and without a private command's arguments.
pub async fn record(tx: &mut Tx, actor: &str, command: &str, detail: &str) -> Result<()> {
    let (id, now) = (tx.new_id("aud"), tx.now());
    sqlx::query("INSERT INTO audit (id, at, actor, command, detail) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(now.0)
        .bind(actor)
        .bind(command)
        .bind(detail)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What a person did, the oldest first: `[{"at", "command", "detail"}]`.
pub async fn of(conn: &mut Conn, actor: &str) -> Result<Value> {
    let sql = "SELECT at, command, detail FROM audit WHERE actor = $1 ORDER BY at, id";
    let rows: Vec<(i64, String, String)> = sqlx::query_as(sql).bind(actor).fetch_all(conn).await?;
    let entry = |(at, command, detail): (i64, String, String)| json!({ "at": Timestamp(at).utc().to_rfc3339(), "command": command, "detail": detail });
    Ok(rows.into_iter().map(entry).collect())
}

/// What `from` did, `to` did: two accounts of one person. The row of their joining says whose it was before.
pub async fn merge(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    record(tx, to, "link.merge", &format!("from={from}")).await?;
    sqlx::query("UPDATE audit SET actor = $2 WHERE actor = $1")
        .bind(from)
        .bind(to)
        .execute(tx.conn())
        .await?;
    Ok(())
}
