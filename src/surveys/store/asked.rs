//! All SQL of invitations: who was drawn, when they are asked, when anybody was last asked anything.

use std::fmt::Write as _;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Row};

use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::surveys::model::plan::Left;

/// Somebody drawn.
pub(in crate::surveys) struct Drawn {
    pub person: String,
    pub subject: String,
    pub probability: f64,
    /// When they are asked, or why they are not.
    pub at: Result<Timestamp, Left>,
    pub segment: String,
}

/// Somebody whose turn has come.
pub(in crate::surveys) struct Due {
    pub id: String,
    pub person: String,
    pub subject: String,
    pub segment: String,
    /// Whether they were asked before and said nothing.
    pub again: bool,
}

/// Rows in one statement.
const ROWS: usize = 100;
/// Values of one row.
const VALUES: usize = 9;

/// Notes who was drawn; whoever stands there already stays as they are.
pub(in crate::surveys) async fn draw(tx: &mut Tx, wave: &str, drawn: &[Drawn]) -> Result<()> {
    for rows in drawn.chunks(ROWS) {
        let ids: Vec<String> = rows.iter().map(|_| tx.new_id("inv")).collect();
        let sql = insert(rows.len());
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (id, row) in ids.iter().zip(rows) {
            let (state, at, reason) = match &row.at {
                Ok(at) => ("planned", at.0, None),
                Err(left) => ("left", 0, Some(left.word())),
            };
            query = query.bind(id).bind(wave).bind(&row.person).bind(&row.subject).bind(state);
            query = query.bind(row.probability).bind(at).bind(reason).bind(&row.segment);
        }
        query.execute(tx.conn()).await?;
    }
    Ok(())
}

fn insert(rows: usize) -> String {
    let mut sql =
        "INSERT INTO invitation (id, wave_id, person_id, subject, state, probability, planned_at, reason,
        segment, answered) VALUES "
            .to_owned();
    for row in 0..rows {
        let places = (1..=VALUES).map(|place| format!("${}", row * VALUES + place)).collect::<Vec<_>>();
        let comma = if row == 0 { "" } else { ", " };
        // Writing into a string cannot fail.
        let _ = write!(sql, "{comma}({}, 0)", places.join(", "));
    }
    sql + " ON CONFLICT (wave_id, person_id) DO NOTHING"
}

/// The invitation of a person in a wave.
pub(in crate::surveys) async fn find(conn: &mut Conn, wave: &str, person: &str) -> Result<Option<String>> {
    let sql = "SELECT id FROM invitation WHERE wave_id = $1 AND person_id = $2";
    Ok(sqlx::query_scalar(sql).bind(wave).bind(person).fetch_optional(conn).await?)
}

/// Those whose turn has come, first those who wait longest; at most `limit`.
pub(in crate::surveys) async fn due(
    conn: &mut Conn,
    wave: &str,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Due>> {
    let sql = "SELECT id, person_id, subject, segment, again FROM (
                   SELECT id, person_id, subject, segment, CAST(0 AS BIGINT) AS again FROM invitation
                   WHERE wave_id = $1 AND state = 'planned' AND planned_at <= $2
                   ORDER BY planned_at, id LIMIT $3) AS first
               UNION ALL SELECT id, person_id, subject, segment, again FROM (
                   SELECT id, person_id, subject, segment, CAST(1 AS BIGINT) AS again FROM invitation
                   WHERE wave_id = $1 AND remind_at IS NOT NULL AND remind_at <= $2 AND answered = 0
                   ORDER BY remind_at, id LIMIT $3) AS second";
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = sqlx::query(sql).bind(wave).bind(now.0).bind(most).fetch_all(conn).await?;
    let due = |row: &sqlx::any::AnyRow| {
        let (id, person) = (row.try_get("id")?, row.try_get("person_id")?);
        let (subject, segment) = (row.try_get("subject")?, row.try_get("segment")?);
        Ok(Due { id, person, subject, segment, again: row.try_get::<i64, _>("again")? == 1 })
    };
    rows.iter().take(limit).map(due).collect()
}

/// When the next turn of a wave comes.
pub(in crate::surveys) async fn next_turn(conn: &mut Conn, wave: &str) -> Result<Option<Timestamp>> {
    let sql = "SELECT CAST(min(turn) AS BIGINT) FROM (
                   SELECT min(planned_at) AS turn FROM invitation WHERE wave_id = $1 AND state = 'planned'
                   UNION ALL SELECT min(remind_at) AS turn FROM invitation
                       WHERE wave_id = $1 AND remind_at IS NOT NULL AND answered = 0) AS turns";
    let next: Option<i64> = sqlx::query_scalar(sql).bind(wave).fetch_one(conn).await?;
    Ok(next.map(Timestamp))
}

/// Takes the person's gap: `false` when they were asked anything less than `gap` ago. Of two
/// that take it at once one gets it.
pub(in crate::surveys) async fn take_gap(tx: &mut Tx, person: &str, gap: Duration) -> Result<bool> {
    let now = tx.now();
    let sql = "INSERT INTO prompted (person_id, at) VALUES ($1, $2)
               ON CONFLICT (person_id) DO UPDATE SET at = excluded.at WHERE prompted.at <= $3";
    let query = sqlx::query(sql).bind(person).bind(now.0).bind(now.minus(gap).0);
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// When somebody was last asked anything.
pub(in crate::surveys) async fn last_prompted(conn: &mut Conn, person: &str) -> Result<Option<Timestamp>> {
    let sql = "SELECT at FROM prompted WHERE person_id = $1";
    let at: Option<i64> = sqlx::query_scalar(sql).bind(person).fetch_optional(conn).await?;
    Ok(at.map(Timestamp))
}

/// They are asked now, and again at `remind_at`; `false` when they are not to be any more.
pub(in crate::surveys) async fn sent(tx: &mut Tx, due: &Due, remind_at: Option<Timestamp>) -> Result<bool> {
    let now = tx.now();
    let query = match due.again {
        true => sqlx::query(
            "UPDATE invitation SET remind_at = NULL WHERE id = $1 AND remind_at IS NOT NULL AND answered = 0",
        )
        .bind(&due.id),
        false => sqlx::query(
            "UPDATE invitation SET state = 'sent', sent_at = $2, remind_at = $3 WHERE id = $1 AND state = 'planned'",
        )
        .bind(&due.id)
        .bind(now.0)
        .bind(remind_at.map(|at| at.0)),
    };
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Their turn comes later.
pub(in crate::surveys) async fn postpone(tx: &mut Tx, due: &Due, at: Timestamp) -> Result<()> {
    let sql = match due.again {
        true => "UPDATE invitation SET remind_at = $2 WHERE id = $1",
        false => "UPDATE invitation SET planned_at = $2 WHERE id = $1",
    };
    sqlx::query(sql).bind(&due.id).bind(at.0).execute(tx.conn()).await?;
    Ok(())
}

/// They are not asked, or not asked again.
pub(in crate::surveys) async fn leave(tx: &mut Tx, due: &Due, why: Left) -> Result<()> {
    if due.again {
        return dont_remind(tx, &due.id).await;
    }
    let sql = "UPDATE invitation SET state = 'left', reason = $2 WHERE id = $1";
    sqlx::query(sql).bind(&due.id).bind(why.word()).execute(tx.conn()).await?;
    Ok(())
}

/// Nothing more comes of it.
pub(in crate::surveys) async fn dont_remind(tx: &mut Tx, id: &str) -> Result<()> {
    sqlx::query("UPDATE invitation SET remind_at = NULL WHERE id = $1").bind(id).execute(tx.conn()).await?;
    Ok(())
}

/// They are asked once more then.
pub(in crate::surveys) async fn remind(tx: &mut Tx, id: &str, at: Timestamp) -> Result<()> {
    let sql = "UPDATE invitation SET remind_at = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(at.0).execute(tx.conn()).await?;
    Ok(())
}

/// Nobody of the wave is asked any more.
pub(in crate::surveys) async fn lapse(tx: &mut Tx, wave: &str) -> Result<()> {
    let sql = "UPDATE invitation SET state = 'left', reason = $2 WHERE wave_id = $1 AND state = 'planned'";
    sqlx::query(sql).bind(wave).bind(Left::Closed.word()).execute(tx.conn()).await?;
    let sql = "UPDATE invitation SET remind_at = NULL WHERE wave_id = $1 AND remind_at IS NOT NULL";
    sqlx::query(sql).bind(wave).execute(tx.conn()).await?;
    Ok(())
}

/// (invitation, person, subject) of those who were asked and said nothing, by their ids, after `after`.
pub(in crate::surveys) async fn silent(
    conn: &mut Conn,
    wave: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, String, String)>> {
    let sql = "SELECT id, person_id, subject FROM invitation
               WHERE wave_id = $1 AND person_id > $2 AND state = 'sent' AND answered = 0
               ORDER BY person_id LIMIT $3";
    Ok(sqlx::query_as(sql).bind(wave).bind(after).bind(limit).fetch_all(conn).await?)
}

/// The people who were asked in one of these waves, by their ids, after `after`.
pub(in crate::surveys) async fn audience(
    conn: &mut Conn,
    waves: &[String],
    after: &str,
    limit: i64,
) -> Result<Vec<String>> {
    let places: Vec<String> = (3..3 + waves.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT DISTINCT person_id FROM invitation WHERE person_id > $1 AND state = 'sent' AND wave_id IN ({})
         ORDER BY person_id LIMIT $2",
        places.join(", ")
    );
    let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(after).bind(limit);
    Ok(waves.iter().fold(query, |query, wave| query.bind(wave)).fetch_all(conn).await?)
}

/// How many of a wave are in each state: (state or reason, how many, how many of them answered).
pub(in crate::surveys) async fn counts(conn: &mut Conn, wave: &str) -> Result<Vec<(String, i64, i64)>> {
    let sql = "SELECT state, CAST(count(*) AS BIGINT) AS n, CAST(sum(answered) AS BIGINT) AS done
               FROM invitation WHERE wave_id = $1 GROUP BY state ORDER BY state";
    Ok(sqlx::query_as(sql).bind(wave).fetch_all(conn).await?)
}

/// What somebody was asked: (survey, period, state, when planned, when asked, answered).
type Asked = (String, String, String, i64, Option<i64>, i64);

/// Everything that somebody was drawn for, the oldest first.
pub(in crate::surveys) async fn of_person(conn: &mut Conn, person: &str) -> Result<Vec<Asked>> {
    let sql = "SELECT survey, period, invitation.state AS state, planned_at, sent_at, answered FROM invitation
               JOIN wave ON wave.id = invitation.wave_id WHERE person_id = $1 ORDER BY planned_at, survey, period";
    Ok(sqlx::query_as(sql).bind(person).fetch_all(conn).await?)
}

/// (wave, segment) of what somebody was asked, in waves that are not closed.
pub(in crate::surveys) async fn asked_of(conn: &mut Conn, person: &str) -> Result<Vec<(String, String)>> {
    let sql = "SELECT wave_id, segment FROM invitation JOIN wave ON wave.id = invitation.wave_id
               WHERE person_id = $1 AND invitation.state = 'sent' AND wave.state <> 'closed' ORDER BY wave_id";
    Ok(sqlx::query_as(sql).bind(person).fetch_all(conn).await?)
}

/// Forgets that somebody was ever drawn or asked. Of a closed wave it stays that somebody was,
/// without what about: the answers that count there are of so many.
pub(in crate::surveys) async fn forget(tx: &mut Tx, person: &str) -> Result<()> {
    for sql in [
        "DELETE FROM invitation WHERE person_id = $1
             AND wave_id IN (SELECT id FROM wave WHERE state <> 'closed')",
        "UPDATE invitation SET subject = '' WHERE person_id = $1",
        "DELETE FROM prompted WHERE person_id = $1",
    ] {
        sqlx::query(sql).bind(person).execute(tx.conn()).await?;
    }
    Ok(())
}
