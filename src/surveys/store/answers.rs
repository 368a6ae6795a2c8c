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

/// `true` for the first answer, however close a second one comes.
pub(in crate::surveys) async fn set_answered(tx: &mut Tx, invitation: &str) -> Result<bool> {
    let sql = "UPDATE invitation SET answered = 1 WHERE id = $1 AND answered = 0";
    let set = sqlx::query(sql).bind(invitation).execute(tx.conn()).await?;
    Ok(set.rows_affected() == 1)
}

/// A changed mind replaces the value, so that it counts once.
pub(in crate::surveys) async fn put_answer(
    tx: &mut Tx,
    wave: &str,
    respondent: &str,
    value: i64,
    week: &str,
) -> Result<()> {
    let sql = "INSERT INTO answer (wave_id, respondent, value, week) VALUES ($1, $2, $3, $4)
               ON CONFLICT (wave_id, respondent) DO UPDATE SET value = excluded.value";
    sqlx::query(sql).bind(wave).bind(respondent).bind(value).bind(week).execute(tx.conn()).await?;
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

/// (invited, answered, k) over the waves of a survey from `period` on.
pub(in crate::surveys) async fn participation(
    conn: &mut Conn,
    survey: &str,
    period: &str,
) -> Result<(i64, i64, i64)> {
    let sql = "SELECT CAST(count(*) AS BIGINT), CAST(COALESCE(sum(answered), 0) AS BIGINT),
                   CAST(COALESCE(max(k), 0) AS BIGINT)
               FROM invitation JOIN wave ON wave.id = invitation.wave_id WHERE survey = $1 AND period >= $2";
    Ok(sqlx::query_as(sql).bind(survey).bind(period).fetch_one(conn).await?)
}

/// (value, count) of each wave of a survey from `period` on that has k answers.
pub(in crate::surveys) async fn histogram(
    conn: &mut Conn,
    survey: &str,
    period: &str,
) -> Result<Vec<(i64, i64)>> {
    let sql = "SELECT value, CAST(count(*) AS BIGINT) FROM answer JOIN wave ON wave.id = answer.wave_id
               WHERE survey = $1 AND period >= $2
                   AND k <= (SELECT count(*) FROM answer AS other WHERE other.wave_id = wave.id)
               GROUP BY value";
    Ok(sqlx::query_as(sql).bind(survey).bind(period).fetch_all(conn).await?)
}
