//! All SQL of invitations and answers of two persons who become one.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::db::{Conn, Dialect, Tx};
use crate::error::Result;

/// What one of two persons was asked in a wave that both were drawn in.
pub(in crate::surveys) struct Side {
    pub person: String,
    pub invitation: String,
    pub survey: String,
    pub subject: String,
    pub segment: String,
    pub sent: bool,
    answered: bool,
    planned: bool,
}

impl Side {
    /// The greater, the more came of it.
    pub(in crate::surveys) fn weight(&self) -> (bool, bool, bool) {
        (self.answered, self.sent, self.planned)
    }
}

/// The waves that are not closed and that somebody was drawn in, always in the same order.
pub(in crate::surveys) async fn open_waves(conn: &mut Conn, person: &str) -> Result<Vec<String>> {
    let sql = "SELECT wave_id FROM invitation JOIN wave ON wave.id = invitation.wave_id
               WHERE person_id = $1 AND wave.state <> 'closed' ORDER BY wave_id";
    Ok(sqlx::query_scalar(sql).bind(person).fetch_all(conn).await?)
}

/// What both were asked in a wave, the first one's first; `None` where one of them was not. On PostgreSQL
/// whoever answers one of them waits. A wave that was closed meanwhile is as every closed one.
pub(in crate::surveys) async fn both(
    tx: &mut Tx,
    wave: &str,
    first: &str,
    second: &str,
) -> Result<Option<(Side, Side)>> {
    let lock = match tx.dialect() {
        Dialect::Postgres => " FOR UPDATE OF invitation",
        Dialect::Sqlite => "",
    };
    let sql = format!(
        "SELECT invitation.id AS id, person_id, survey, invitation.subject AS subject, segment,
             invitation.state AS state, answered
         FROM invitation JOIN wave ON wave.id = invitation.wave_id
         WHERE wave_id = $1 AND person_id IN ($2, $3) AND wave.state <> 'closed'
         ORDER BY invitation.id{lock}"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(wave).bind(first).bind(second);
    let mut sides = query.fetch_all(tx.conn()).await?.iter().map(side).collect::<Result<Vec<_>>>()?;
    sides.sort_by_key(|side| side.person != first);
    let mut sides = sides.into_iter();
    Ok(sides.next().zip(sides.next()))
}

fn side(row: &AnyRow) -> Result<Side> {
    let state: String = row.try_get("state")?;
    Ok(Side {
        person: row.try_get("person_id")?,
        invitation: row.try_get("id")?,
        survey: row.try_get("survey")?,
        subject: row.try_get("subject")?,
        segment: row.try_get("segment")?,
        sent: state == "sent",
        planned: state == "planned",
        answered: row.try_get::<i64, _>("answered")? == 1,
    })
}

pub(in crate::surveys) async fn delete(tx: &mut Tx, invitation: &str) -> Result<()> {
    sqlx::query("DELETE FROM invitation WHERE id = $1").bind(invitation).execute(tx.conn()).await?;
    Ok(())
}

/// Gives an answer, where there is one, another pseudonym; its words too.
pub(in crate::surveys) async fn rename_answer(tx: &mut Tx, wave: &str, old: &str, new: &str) -> Result<()> {
    for sql in [
        "UPDATE answer SET respondent = $3 WHERE wave_id = $1 AND respondent = $2",
        "UPDATE answer_text SET respondent = $3 WHERE wave_id = $1 AND respondent = $2",
    ] {
        sqlx::query(sql).bind(wave).bind(old).bind(new).execute(tx.conn()).await?;
    }
    Ok(())
}

/// The invitations of `from` are those of `to` but for the waves that both are in, which are closed;
/// and the later of both prompts counts for the gap.
pub(in crate::surveys) async fn rename(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    for sql in [
        "UPDATE invitation SET person_id = $2 WHERE person_id = $1
             AND wave_id NOT IN (SELECT theirs.wave_id FROM invitation AS theirs WHERE theirs.person_id = $2)",
        "INSERT INTO prompted (person_id, at) SELECT $2, at FROM prompted WHERE person_id = $1
         ON CONFLICT (person_id) DO UPDATE SET at = excluded.at WHERE prompted.at < excluded.at",
    ] {
        sqlx::query(sql).bind(from).bind(to).execute(tx.conn()).await?;
    }
    sqlx::query("DELETE FROM prompted WHERE person_id = $1").bind(from).execute(tx.conn()).await?;
    Ok(())
}
