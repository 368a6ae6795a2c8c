//! All SQL of feedback. An anonymous row holds no person, and nothing else is written with it that does.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::roadmap::model::{Feedback, Standing};

pub(in crate::roadmap) async fn insert(tx: &mut Tx, person: Option<&str>, text: &str) -> Result<String> {
    let id = tx.new_id("fbk");
    let at = if person.is_some() { tx.now() } else { tx.now().week_start() };
    let sql =
        "INSERT INTO feedback (id, at, person_id, text, state, contact) VALUES ($1, $2, $3, $4, 'new', 0)";
    let query = sqlx::query(sql).bind(&id).bind(at.0).bind(person.map(str::to_owned)).bind(text);
    query.execute(tx.conn()).await?;
    Ok(id)
}

const FEEDBACK: &str =
    "SELECT feedback.id, at, person_id, person.name, text, feedback.state, item.title FROM feedback
    LEFT JOIN person ON person.id = person_id LEFT JOIN item ON item.id = item_id";

fn read(row: &AnyRow) -> Result<Feedback> {
    let person: Option<String> = row.try_get("person_id")?;
    let name: Option<String> = row.try_get("name")?;
    let state: String = row.try_get("state")?;
    Ok(Feedback {
        id: row.try_get("id")?,
        at: Timestamp(row.try_get("at")?),
        by: person.map(|id| (id, name.unwrap_or_default())),
        text: row.try_get("text")?,
        standing: Standing::parse(&state).ok_or_else(|| Error::internal(format!("feedback is {state}")))?,
        item: row.try_get("title")?,
    })
}

/// Those that stand so, newest first, at most `limit`.
pub(in crate::roadmap) async fn standing(
    conn: &mut Conn,
    standing: Standing,
    limit: i64,
) -> Result<Vec<Feedback>> {
    let sql = format!("{FEEDBACK} WHERE feedback.state = $1 ORDER BY at DESC, feedback.id LIMIT $2");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(standing.word()).bind(limit).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

pub(in crate::roadmap) async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Feedback>> {
    let sql = format!("{FEEDBACK} WHERE feedback.id = $1");
    sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(conn).await?.as_ref().map(read).transpose()
}

pub(in crate::roadmap) async fn of_person(conn: &mut Conn, person: &str) -> Result<Vec<Feedback>> {
    let sql = format!("{FEEDBACK} WHERE person_id = $1 ORDER BY at");
    sqlx::query(AssertSqlSafe(sql)).bind(person).fetch_all(conn).await?.iter().map(read).collect()
}

/// How many stand how.
pub(in crate::roadmap) async fn census(conn: &mut Conn) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT state, CAST(count(*) AS BIGINT) FROM feedback GROUP BY state";
    Ok(sqlx::query_as(sql).fetch_all(conn).await?)
}

/// `false` when it stands elsewhere by now.
pub(in crate::roadmap) async fn move_on(tx: &mut Tx, id: &str, from: Standing, to: Standing) -> Result<bool> {
    let sql = "UPDATE feedback SET state = $3 WHERE id = $1 AND state = $2";
    let moved = sqlx::query(sql).bind(id).bind(from.word()).bind(to.word()).execute(tx.conn()).await?;
    Ok(moved.rows_affected() == 1)
}

pub(in crate::roadmap) async fn set_contact(tx: &mut Tx, id: &str) -> Result<()> {
    sqlx::query("UPDATE feedback SET contact = 1 WHERE id = $1").bind(id).execute(tx.conn()).await?;
    Ok(())
}

pub(in crate::roadmap) async fn rename(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    let sql = "UPDATE feedback SET person_id = $2 WHERE person_id = $1";
    sqlx::query(sql).bind(from).bind(to).execute(tx.conn()).await?;
    Ok(())
}

pub(in crate::roadmap) async fn delete_of(tx: &mut Tx, person: &str) -> Result<()> {
    sqlx::query("DELETE FROM feedback WHERE person_id = $1").bind(person).execute(tx.conn()).await?;
    Ok(())
}

pub(in crate::roadmap) async fn of_item(conn: &mut Conn, item: &str) -> Result<Vec<Feedback>> {
    let sql = format!("{FEEDBACK} WHERE item_id = $1 ORDER BY at DESC, feedback.id LIMIT 20");
    sqlx::query(AssertSqlSafe(sql)).bind(item).fetch_all(conn).await?.iter().map(read).collect()
}

/// It speaks for this item from now on.
pub(in crate::roadmap) async fn link(tx: &mut Tx, id: &str, item: &str) -> Result<()> {
    let sql = "UPDATE feedback SET state = 'linked', item_id = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(item).execute(tx.conn()).await?;
    Ok(())
}

/// Who wishes to be told what comes of an item.
pub(in crate::roadmap) async fn wishing(conn: &mut Conn, item: &str) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT person_id FROM feedback
               WHERE item_id = $1 AND contact = 1 AND person_id IS NOT NULL ORDER BY person_id";
    Ok(sqlx::query_scalar(sql).bind(item).fetch_all(conn).await?)
}

/// Its item ended.
pub(in crate::roadmap) async fn end(tx: &mut Tx, item: &str) -> Result<()> {
    let sql = "UPDATE feedback SET state = 'done' WHERE item_id = $1";
    sqlx::query(sql).bind(item).execute(tx.conn()).await?;
    Ok(())
}
