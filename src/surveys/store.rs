//! All SQL of surveys: waves and invitations here. An answer's row never holds a person or a time.

pub(super) mod answers;
pub(super) mod tallies;
pub(super) mod upcoming;

use sqlx::Row;

use crate::db::{Conn, Tx};
use crate::error::Result;

/// A wave as an invitation needs it.
pub(super) struct Wave {
    pub id: String,
    pub survey: String,
    /// Takes no more answers.
    pub closed: bool,
}

/// Somebody who was asked.
pub(super) struct Invitation {
    pub id: String,
    pub wave: Wave,
    pub person: String,
    pub subject: String,
    pub segment: String,
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

/// The new invitation's id; `None` when the person was asked in this wave before.
pub(super) async fn invite(tx: &mut Tx, wave: &str, person: &str, subject: &str) -> Result<Option<String>> {
    let id = tx.new_id("inv");
    let sql = "INSERT INTO invitation (id, wave_id, person_id, subject, answered) VALUES ($1, $2, $3, $4, 0)
               ON CONFLICT (wave_id, person_id) DO NOTHING";
    let query = sqlx::query(sql).bind(&id).bind(wave).bind(person).bind(subject);
    Ok((query.execute(tx.conn()).await?.rows_affected() == 1).then_some(id))
}

pub(super) async fn invitation(conn: &mut Conn, id: &str) -> Result<Option<Invitation>> {
    let sql = "SELECT invitation.id, person_id, invitation.subject, segment, wave.id AS wave_id, survey,
                   wave.state AS stands FROM invitation
               JOIN wave ON wave.id = invitation.wave_id WHERE invitation.id = $1";
    let Some(row) = sqlx::query(sql).bind(id).fetch_optional(conn).await? else { return Ok(None) };
    Ok(Some(Invitation {
        id: row.try_get("id")?,
        wave: Wave {
            id: row.try_get("wave_id")?,
            survey: row.try_get("survey")?,
            closed: row.try_get::<String, _>("stands")? == "closed",
        },
        person: row.try_get("person_id")?,
        subject: row.try_get("subject")?,
        segment: row.try_get("segment")?,
    }))
}
