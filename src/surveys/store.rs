//! All SQL of surveys: waves in `waves`, invitations in `asked`. An answer's row never holds a person or a time.

pub(super) mod answers;
pub(super) mod asked;
pub(super) mod merging;
pub(super) mod tallies;
pub(super) mod upcoming;
pub(super) mod waves;

use sqlx::Row;

use crate::db::Conn;
use crate::error::Result;

/// A wave as an invitation needs it.
pub(super) struct Wave {
    pub id: String,
    pub survey: String,
    /// Takes no more answers.
    pub closed: bool,
    /// Nothing of it is told below this many answers.
    pub k: i64,
}

/// Somebody who was asked.
pub(super) struct Invitation {
    pub id: String,
    pub wave: Wave,
    pub person: String,
    pub subject: String,
    pub segment: String,
}

pub(super) async fn invitation(conn: &mut Conn, id: &str) -> Result<Option<Invitation>> {
    let sql = "SELECT invitation.id, person_id, invitation.subject, segment, wave.id AS wave_id, survey, k,
                   wave.state AS stands FROM invitation
               JOIN wave ON wave.id = invitation.wave_id WHERE invitation.id = $1";
    let Some(row) = sqlx::query(sql).bind(id).fetch_optional(conn).await? else { return Ok(None) };
    Ok(Some(Invitation {
        id: row.try_get("id")?,
        wave: Wave {
            id: row.try_get("wave_id")?,
            survey: row.try_get("survey")?,
            closed: row.try_get::<String, _>("stands")? == "closed",
            k: row.try_get("k")?,
        },
        person: row.try_get("person_id")?,
        subject: row.try_get("subject")?,
        segment: row.try_get("segment")?,
    }))
}
