//! All SQL of answers: what was said, its key, what it adds up to.

use sqlx::{AssertSqlSafe, Row as _};

use crate::db::{Conn, Dialect, Tx};
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

/// The key, which stays until this unit ends: on PostgreSQL whoever closes the wave waits.
pub(in crate::surveys) async fn hold_key(tx: &mut Tx, wave: &str) -> Result<Option<String>> {
    if tx.dialect() == Dialect::Sqlite {
        return key(tx.conn(), wave).await;
    }
    let sql = "SELECT wrapped FROM wave_key WHERE wave_id = $1 FOR SHARE";
    Ok(sqlx::query_scalar(sql).bind(wave).fetch_optional(tx.conn()).await?)
}

/// A wave that is open to somebody, with its key.
pub(in crate::surveys) struct Open {
    pub invitation: String,
    pub wave: String,
    pub survey: String,
    pub period: String,
    pub wrapped: String,
}

/// The waves in which somebody's answer can still be found.
pub(in crate::surveys) async fn open_of(conn: &mut Conn, person: &str) -> Result<Vec<Open>> {
    let sql = "SELECT invitation.id AS invitation, wave.id AS wave, survey, period, wrapped FROM invitation
               JOIN wave ON wave.id = invitation.wave_id JOIN wave_key ON wave_key.wave_id = wave.id
               WHERE person_id = $1 ORDER BY survey, period";
    let rows = sqlx::query(sql).bind(person).fetch_all(conn).await?;
    let open = |row: &sqlx::any::AnyRow| {
        Ok(Open {
            invitation: row.try_get("invitation")?,
            wave: row.try_get("wave")?,
            survey: row.try_get("survey")?,
            period: row.try_get("period")?,
            wrapped: row.try_get("wrapped")?,
        })
    };
    rows.iter().map(open).collect()
}

/// Notes that somebody answered, or does not any more. On PostgreSQL this is also what two
/// units that change one answer meet at, so that the second one sees what the first one left.
/// Whoever answered, or took it back, is not reminded.
pub(in crate::surveys) async fn set_answered(tx: &mut Tx, invitation: &str, answered: bool) -> Result<()> {
    let sql = "UPDATE invitation SET answered = $2, remind_at = NULL WHERE id = $1";
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

pub(in crate::surveys) async fn drop_answer(tx: &mut Tx, wave: &str, respondent: &str) -> Result<()> {
    let sql = "DELETE FROM answer WHERE wave_id = $1 AND respondent = $2";
    sqlx::query(sql).bind(wave).bind(respondent).execute(tx.conn()).await?;
    Ok(())
}

/// Somebody's words as they are sealed.
pub(in crate::surveys) async fn words(
    conn: &mut Conn,
    wave: &str,
    respondent: &str,
) -> Result<Option<String>> {
    let sql = "SELECT sealed FROM answer_text WHERE wave_id = $1 AND respondent = $2";
    Ok(sqlx::query_scalar(sql).bind(wave).bind(respondent).fetch_optional(conn).await?)
}

/// All words of a wave as they are sealed.
pub(in crate::surveys) async fn all_words(conn: &mut Conn, wave: &str) -> Result<Vec<String>> {
    let sql = "SELECT sealed FROM answer_text WHERE wave_id = $1";
    Ok(sqlx::query_scalar(sql).bind(wave).fetch_all(conn).await?)
}

pub(in crate::surveys) async fn put_words(
    tx: &mut Tx,
    wave: &str,
    respondent: &str,
    sealed: &str,
) -> Result<()> {
    let sql = "INSERT INTO answer_text (wave_id, respondent, sealed) VALUES ($1, $2, $3)
               ON CONFLICT (wave_id, respondent) DO UPDATE SET sealed = excluded.sealed";
    sqlx::query(sql).bind(wave).bind(respondent).bind(sealed).execute(tx.conn()).await?;
    Ok(())
}

pub(in crate::surveys) async fn drop_words(tx: &mut Tx, wave: &str, respondent: &str) -> Result<()> {
    let sql = "DELETE FROM answer_text WHERE wave_id = $1 AND respondent = $2";
    sqlx::query(sql).bind(wave).bind(respondent).execute(tx.conn()).await?;
    Ok(())
}

pub(in crate::surveys) async fn drop_key(tx: &mut Tx, wave: &str) -> Result<()> {
    sqlx::query("DELETE FROM wave_key WHERE wave_id = $1").bind(wave).execute(tx.conn()).await?;
    Ok(())
}

/// `false` when it was closed before.
pub(in crate::surveys) async fn close(tx: &mut Tx, wave: &str) -> Result<bool> {
    let sql = "UPDATE wave SET state = 'closed' WHERE id = $1 AND state <> 'closed'";
    Ok(sqlx::query(sql).bind(wave).execute(tx.conn()).await?.rows_affected() == 1)
}

/// An answer of a closed wave, under the name that it has there.
pub(in crate::surveys) struct Row {
    pub name: String,
    value: i64,
    week: String,
    segment: String,
    sealed: Option<String>,
}

/// Takes all answers of a wave out, with their words.
pub(in crate::surveys) async fn take_all(tx: &mut Tx, wave: &str) -> Result<Vec<Row>> {
    let sql = "SELECT answer.respondent AS name, value, week, segment, sealed FROM answer
               LEFT JOIN answer_text ON answer_text.wave_id = answer.wave_id
                   AND answer_text.respondent = answer.respondent
               WHERE answer.wave_id = $1";
    let found = sqlx::query(sql).bind(wave).fetch_all(tx.conn()).await?;
    for sql in ["DELETE FROM answer_text WHERE wave_id = $1", "DELETE FROM answer WHERE wave_id = $1"] {
        sqlx::query(sql).bind(wave).execute(tx.conn()).await?;
    }
    let row = |row: &sqlx::any::AnyRow| {
        Ok(Row {
            name: row.try_get("name")?,
            value: row.try_get("value")?,
            week: row.try_get("week")?,
            segment: row.try_get("segment")?,
            sealed: row.try_get("sealed")?,
        })
    };
    found.iter().map(row).collect()
}

/// Puts answers in, many with one statement, because a wave's are put all at once.
pub(in crate::surveys) async fn put_all(tx: &mut Tx, wave: &str, rows: &[Row]) -> Result<()> {
    for rows in rows.chunks(100) {
        let sql = inserting("answer (wave_id, respondent, value, week, segment)", rows.len(), 5);
        let query = rows.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, row| {
            query.bind(wave).bind(&row.name).bind(row.value).bind(&row.week).bind(&row.segment)
        });
        query.execute(tx.conn()).await?;
    }
    let texts: Vec<(&String, &String)> =
        rows.iter().filter_map(|row| Some((&row.name, row.sealed.as_ref()?))).collect();
    for texts in texts.chunks(100) {
        let sql = inserting("answer_text (wave_id, respondent, sealed)", texts.len(), 3);
        let query = texts.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, (name, sealed)| {
            query.bind(wave).bind(*name).bind(*sealed)
        });
        query.execute(tx.conn()).await?;
    }
    Ok(())
}

/// `INSERT INTO TABLE VALUES ($1, $2), ($3, $4)`; only numbers are put together.
pub(in crate::surveys) fn inserting(table: &'static str, rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> =
            (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("INSERT INTO {table} VALUES {}", rows.join(", "))
}

/// Writes the answers of each wave again, all in one transaction (PostgreSQL
/// alone knows `xmin`, the transaction that a row is of).
pub(in crate::surveys) async fn rewrite_answers(tx: &mut Tx) -> Result<()> {
    let sql = "UPDATE answer SET week = week WHERE wave_id IN
                   (SELECT wave_id FROM answer GROUP BY wave_id HAVING count(DISTINCT xmin::text) > 1)";
    sqlx::query(sql).execute(tx.conn()).await?;
    Ok(())
}
