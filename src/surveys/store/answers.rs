//! All SQL of answers: what was said, its key, what it adds up to.

use crate::db::{Conn, Tx};
use crate::error::Result;

pub(in crate::surveys) async fn insert_key(tx: &mut Tx, wave: &str, wrapped: &str) -> Result<()> {
    let sql = "INSERT INTO wave_key (wave_id, wrapped) VALUES ($1, $2)";
    sqlx::query(sql).bind(wave).bind(wrapped).execute(tx.conn()).await?;
    Ok(())
}

pub(in crate::surveys) async fn key(conn: &mut Conn, wave: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT wrapped FROM wave_key WHERE wave_id = $1")
        .bind(wave)
        .fetch_optional(conn)
        .await?)
}

/// Notes that somebody answered, or does not any more. On PostgreSQL this is also what two
/// units that change one answer meet at, so that the second one sees what the first one left.
pub(in crate::surveys) async fn set_answered(tx: &mut Tx, invitation: &str, answered: bool) -> Result<()> {
    let sql = "UPDATE invitation SET answered = $2 WHERE id = $1";
    sqlx::query(sql).bind(invitation).bind(i64::from(answered)).execute(tx.conn()).await?;
    Ok(())
}

/// What somebody answered: (value, segment).
pub(in crate::surveys) async fn answer(
    conn: &mut Conn,
    wave: &str,
    respondent: &str,
) -> Result<Option<(i64, String)>> {
    let sql = "SELECT value, segment FROM answer WHERE wave_id = $1 AND respondent = $2";
    Ok(sqlx::query_as(sql).bind(wave).bind(respondent).fetch_optional(conn).await?)
}

/// One answer as it is kept.
pub(in crate::surveys) struct Answer<'a> {
    pub wave: &'a str,
    pub respondent: &'a str,
    pub value: i64,
    pub segment: &'a str,
}

/// A changed mind replaces the value, so that it counts once; the week stays that of the first.
pub(in crate::surveys) async fn put_answer(tx: &mut Tx, answer: &Answer<'_>, week: &str) -> Result<()> {
    let sql = "INSERT INTO answer (wave_id, respondent, value, week, segment) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (wave_id, respondent) DO UPDATE SET value = excluded.value, segment = excluded.segment";
    let query = sqlx::query(sql).bind(answer.wave).bind(answer.respondent).bind(answer.value).bind(week);
    query.bind(answer.segment).execute(tx.conn()).await?;
    Ok(())
}

/// Writes the answers of each wave again, all in one transaction (PostgreSQL
/// alone knows `xmin`, the transaction that a row is of).
pub(in crate::surveys) async fn rewrite_answers(tx: &mut Tx) -> Result<()> {
    let sql = "UPDATE answer SET week = week WHERE wave_id IN
                   (SELECT wave_id FROM answer GROUP BY wave_id HAVING count(DISTINCT xmin::text) > 1)";
    sqlx::query(sql).execute(tx.conn()).await?;
    Ok(())
}
