//! All SQL of surveys. An answer's row never holds a person or a time.

use sqlx::Row;

use crate::db::{Conn, Tx};
use crate::error::Result;

/// A wave as an invitation needs it.
pub(super) struct Wave {
    pub id: String,
    pub survey: String,
}

/// Somebody who was asked.
pub(super) struct Invitation {
    pub id: String,
    pub wave: Wave,
    pub person: String,
    pub subject: String,
}

/// The wave of a period, made with this id when it is the first.
pub(super) async fn ensure_wave(
    tx: &mut Tx,
    survey: &str,
    period: &str,
    mode: &str,
    k: i64,
) -> Result<(String, bool)> {
    let id = tx.new_id("wav");
    let sql = "INSERT INTO wave (id, survey, period, mode, k) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (survey, period) DO NOTHING";
    let query = sqlx::query(sql).bind(&id).bind(survey).bind(period).bind(mode.to_owned()).bind(k);
    if query.execute(tx.conn()).await?.rows_affected() == 1 {
        return Ok((id, true));
    }
    let sql = "SELECT id FROM wave WHERE survey = $1 AND period = $2";
    Ok((sqlx::query_scalar(sql).bind(survey).bind(period).fetch_one(tx.conn()).await?, false))
}

pub(super) async fn insert_key(tx: &mut Tx, wave: &str, wrapped: &str) -> Result<()> {
    let sql = "INSERT INTO wave_key (wave_id, wrapped) VALUES ($1, $2)";
    sqlx::query(sql).bind(wave).bind(wrapped).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn key(conn: &mut Conn, wave: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT wrapped FROM wave_key WHERE wave_id = $1")
        .bind(wave)
        .fetch_optional(conn)
        .await?)
}

/// The new invitation's id; `None` when the person was asked in this wave before.
pub(super) async fn invite(tx: &mut Tx, wave: &str, person: &str, subject: &str) -> Result<Option<String>> {
    let id = tx.new_id("inv");
    let sql = "INSERT INTO invitation (id, wave_id, person_id, subject, answered) VALUES ($1, $2, $3, $4, 0)
               ON CONFLICT (wave_id, person_id) DO NOTHING";
    let query = sqlx::query(sql).bind(&id).bind(wave).bind(person).bind(subject);
    Ok((query.execute(tx.conn()).await?.rows_affected() == 1).then_some(id))
}

pub(super) async fn invitation(conn: &mut Conn, id: &str) -> Result<Option<Invitation>> {
    let sql = "SELECT invitation.id, person_id, subject, wave.id AS wave_id, survey FROM invitation
               JOIN wave ON wave.id = invitation.wave_id WHERE invitation.id = $1";
    let Some(row) = sqlx::query(sql).bind(id).fetch_optional(conn).await? else { return Ok(None) };
    Ok(Some(Invitation {
        id: row.try_get("id")?,
        wave: Wave { id: row.try_get("wave_id")?, survey: row.try_get("survey")? },
        person: row.try_get("person_id")?,
        subject: row.try_get("subject")?,
    }))
}

/// `true` for the first answer, however close a second one comes.
pub(super) async fn set_answered(tx: &mut Tx, invitation: &str) -> Result<bool> {
    let sql = "UPDATE invitation SET answered = 1 WHERE id = $1 AND answered = 0";
    let set = sqlx::query(sql).bind(invitation).execute(tx.conn()).await?;
    Ok(set.rows_affected() == 1)
}

/// A changed mind replaces the value, so that it counts once.
pub(super) async fn put_answer(
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
pub(super) async fn rewrite_answers(tx: &mut Tx) -> Result<()> {
    let sql = "UPDATE answer SET week = week WHERE wave_id IN
                   (SELECT wave_id FROM answer GROUP BY wave_id HAVING count(DISTINCT xmin::text) > 1)";
    sqlx::query(sql).execute(tx.conn()).await?;
    Ok(())
}

/// (invited, answered, k) over the waves of a survey from `period` on.
pub(super) async fn participation(conn: &mut Conn, survey: &str, period: &str) -> Result<(i64, i64, i64)> {
    let sql = "SELECT CAST(count(*) AS BIGINT), CAST(COALESCE(sum(answered), 0) AS BIGINT),
                   CAST(COALESCE(max(k), 0) AS BIGINT)
               FROM invitation JOIN wave ON wave.id = invitation.wave_id WHERE survey = $1 AND period >= $2";
    Ok(sqlx::query_as(sql).bind(survey).bind(period).fetch_one(conn).await?)
}

/// (value, count) of each wave of a survey from `period` on that has k answers.
pub(super) async fn histogram(conn: &mut Conn, survey: &str, period: &str) -> Result<Vec<(i64, i64)>> {
    let sql = "SELECT value, CAST(count(*) AS BIGINT) FROM answer JOIN wave ON wave.id = answer.wave_id
               WHERE survey = $1 AND period >= $2
                   AND k <= (SELECT count(*) FROM answer AS other WHERE other.wave_id = wave.id)
               GROUP BY value";
    Ok(sqlx::query_as(sql).bind(survey).bind(period).fetch_all(conn).await?)
}
