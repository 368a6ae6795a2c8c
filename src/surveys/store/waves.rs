//! All SQL of waves, of pauses and of what answers led to.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::surveys::model::Survey;
use crate::surveys::model::wave::{NewWave, State, Wave};

/// The new wave's id; `None` when there is one of this survey and period.
pub(in crate::surveys) async fn open(tx: &mut Tx, survey: &Survey, new: &NewWave) -> Result<Option<String>> {
    let (id, now) = (tx.new_id("wav"), tx.now());
    let sql =
        "INSERT INTO wave (id, survey, period, mode, k, state, opens_at, closes_at, local_time, audience,
                   subject, preface, segments)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
               ON CONFLICT (survey, period) DO NOTHING";
    let local = new.local.map(|local| local.format(LOCAL).to_string()).unwrap_or_default();
    let query = sqlx::query(sql)
        .bind(&id)
        .bind(&survey.key)
        .bind(&new.period)
        .bind(survey.mode.word())
        .bind(survey.k)
        .bind(new.state.word())
        .bind(now.0)
        .bind(new.closes_at.0)
        .bind(local)
        .bind(serde_json::to_string(&new.audience)?)
        .bind(&new.subject)
        .bind(&new.preface)
        .bind(serde_json::to_string(&new.segments)?);
    Ok((query.execute(tx.conn()).await?.rows_affected() == 1).then_some(id))
}

const LOCAL: &str = "%Y-%m-%dT%H:%M:%S";

const WAVE: &str =
    "SELECT id, survey, period, state, opens_at, closes_at, local_time, audience, subject, preface,
    segments, planned_to FROM wave";

fn read(row: &AnyRow) -> Result<Wave> {
    let text = |column: &str| row.try_get::<String, _>(column);
    let closes_at: Option<i64> = row.try_get("closes_at")?;
    Ok(Wave {
        id: text("id")?,
        survey: text("survey")?,
        period: text("period")?,
        state: State::of(&text("state")?),
        opens_at: Timestamp(row.try_get("opens_at")?),
        closes_at: closes_at.map(Timestamp),
        local: text("local_time")?.parse().ok(),
        audience: serde_json::from_str(&text("audience")?)?,
        subject: text("subject")?,
        preface: text("preface")?,
        segments: serde_json::from_str(&text("segments")?)?,
        planned_to: text("planned_to")?,
    })
}

/// The wave with this id.
pub(in crate::surveys) async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Wave>> {
    let sql = format!("{WAVE} WHERE id = $1");
    sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(conn).await?.as_ref().map(read).transpose()
}

/// The wave of a survey and period.
pub(in crate::surveys) async fn of_period(
    conn: &mut Conn,
    survey: &str,
    period: &str,
) -> Result<Option<Wave>> {
    let sql = format!("{WAVE} WHERE survey = $1 AND period = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(survey).bind(period);
    query.fetch_optional(conn).await?.as_ref().map(read).transpose()
}

/// The latest waves of a survey, the newest first.
pub(in crate::surveys) async fn latest(conn: &mut Conn, survey: &str, limit: i64) -> Result<Vec<Wave>> {
    let sql = format!("{WAVE} WHERE survey = $1 ORDER BY opens_at DESC, period DESC, id LIMIT $2");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(survey).bind(limit).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// The waves of a survey that are not closed, the oldest first.
pub(in crate::surveys) async fn unclosed(conn: &mut Conn, survey: &str) -> Result<Vec<Wave>> {
    let sql = format!(
        "{WAVE} WHERE survey = $1 AND state <> 'closed' AND closes_at IS NOT NULL ORDER BY opens_at, id"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(survey).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// The surveys that these waves are of.
pub(in crate::surveys) async fn surveys_of(conn: &mut Conn, waves: &[String]) -> Result<Vec<String>> {
    let mut surveys = Vec::new();
    for wave in waves {
        let found: Option<String> = sqlx::query_scalar("SELECT survey FROM wave WHERE id = $1")
            .bind(wave)
            .fetch_optional(&mut *conn)
            .await?;
        surveys.extend(found.filter(|survey| !surveys.contains(survey)));
    }
    Ok(surveys)
}

/// The wave closes then; for one that was made before waves closed.
pub(in crate::surveys) async fn set_end(tx: &mut Tx, id: &str, closes_at: Timestamp) -> Result<()> {
    let sql = "UPDATE wave SET closes_at = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(closes_at.0).execute(tx.conn()).await?;
    Ok(())
}

/// `false` when it is closed, or in this state, already.
pub(in crate::surveys) async fn set_state(tx: &mut Tx, id: &str, state: State) -> Result<bool> {
    let sql = "UPDATE wave SET state = $2 WHERE id = $1 AND state NOT IN ('closed', $2)";
    let set = sqlx::query(sql).bind(id).bind(state.word()).execute(tx.conn()).await?;
    Ok(set.rows_affected() == 1)
}

/// The plan has come to this person.
pub(in crate::surveys) async fn planned_to(tx: &mut Tx, id: &str, person: &str) -> Result<()> {
    let sql = "UPDATE wave SET planned_to = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(person).execute(tx.conn()).await?;
    Ok(())
}

/// The teams that are told apart.
pub(in crate::surveys) async fn set_segments(tx: &mut Tx, wave: &Wave) -> Result<()> {
    let sql = "UPDATE wave SET segments = $2 WHERE id = $1";
    sqlx::query(sql).bind(&wave.id).bind(serde_json::to_string(&wave.segments)?).execute(tx.conn()).await?;
    Ok(())
}

/// Since when a survey asks nobody, if it is paused.
pub(in crate::surveys) async fn paused(conn: &mut Conn, survey: &str) -> Result<Option<Timestamp>> {
    let sql = "SELECT paused_at FROM survey_pause WHERE survey = $1";
    let at: Option<i64> = sqlx::query_scalar(sql).bind(survey).fetch_optional(conn).await?;
    Ok(at.map(Timestamp))
}

/// `false` when it is paused already.
pub(in crate::surveys) async fn pause(tx: &mut Tx, survey: &str) -> Result<bool> {
    let now = tx.now();
    let sql = "INSERT INTO survey_pause (survey, paused_at) VALUES ($1, $2) ON CONFLICT (survey) DO NOTHING";
    Ok(sqlx::query(sql).bind(survey).bind(now.0).execute(tx.conn()).await?.rows_affected() == 1)
}

/// `false` when it is not paused.
pub(in crate::surveys) async fn resume(tx: &mut Tx, survey: &str) -> Result<bool> {
    let sql = "DELETE FROM survey_pause WHERE survey = $1";
    Ok(sqlx::query(sql).bind(survey).execute(tx.conn()).await?.rows_affected() == 1)
}

/// Answers to this survey led to that.
pub(in crate::surveys) async fn set_news(tx: &mut Tx, survey: &str, title: &str) -> Result<()> {
    let sql = "INSERT INTO survey_news (survey, title) VALUES ($1, $2)
               ON CONFLICT (survey) DO UPDATE SET title = excluded.title";
    sqlx::query(sql).bind(survey).bind(title).execute(tx.conn()).await?;
    Ok(())
}

/// What the last answers to this survey led to.
pub(in crate::surveys) async fn news(conn: &mut Conn, survey: &str) -> Result<Option<String>> {
    let sql = "SELECT title FROM survey_news WHERE survey = $1";
    Ok(sqlx::query_scalar(sql).bind(survey).fetch_optional(conn).await?)
}
