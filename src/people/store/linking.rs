//! All SQL of joining two accounts, and of two persons who become one.

use sqlx::Row;

use crate::chat::inbound::Identity;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::people::linking::Offer;

/// Forgets what is past its time.
pub(in crate::people) async fn sweep(tx: &mut Tx) -> Result<()> {
    let now = tx.now().0;
    for sql in ["DELETE FROM link_code WHERE expires_at <= $1", "DELETE FROM link_try WHERE until <= $1"] {
        sqlx::query(sql).bind(now).execute(tx.conn()).await?;
    }
    Ok(())
}

/// Keeps a code in place of those that the person was given before; one that is there stays as it is.
pub(in crate::people) async fn keep(
    tx: &mut Tx,
    (hash, expires_at): (&str, Timestamp),
    person: &str,
    who: &Identity,
) -> Result<()> {
    let sql = "DELETE FROM link_code WHERE person_id = $1 AND hash <> $2 AND spent = 0";
    sqlx::query(sql).bind(person).bind(hash).execute(tx.conn()).await?;
    let id = tx.new_id("lnk");
    let sql = "INSERT INTO link_code (id, hash, person_id, platform, workspace, user_id, spent, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT (hash) DO NOTHING";
    let query = sqlx::query(sql).bind(id).bind(hash).bind(person);
    let query = query.bind(&who.platform).bind(&who.workspace).bind(&who.user).bind(expires_at.0);
    query.execute(tx.conn()).await?;
    Ok(())
}

/// One more try of a person, and how many that makes until they are forgotten.
pub(in crate::people) async fn tries(
    tx: &mut Tx,
    person: &str,
    until: Timestamp,
) -> Result<(i64, Timestamp)> {
    let sql = "INSERT INTO link_try (person_id, tries, until) VALUES ($1, 1, $2)
               ON CONFLICT (person_id) DO UPDATE SET tries = link_try.tries + 1";
    sqlx::query(sql).bind(person).bind(until.0).execute(tx.conn()).await?;
    let sql = "SELECT tries, until FROM link_try WHERE person_id = $1";
    let (tries, until) = sqlx::query_as(sql).bind(person).fetch_one(tx.conn()).await?;
    Ok((tries, Timestamp(until)))
}

/// Makes a code theirs who types it first; `false` where it is none, or somebody else's by now.
pub(in crate::people) async fn claim(tx: &mut Tx, hash: &str, person: &str) -> Result<bool> {
    let now = tx.now().0;
    let sql = "UPDATE link_code SET claimed_by = $2 WHERE hash = $1 AND spent = 0 AND expires_at > $3
                   AND person_id <> $2 AND (claimed_by IS NULL OR claimed_by = $2)";
    let query = sqlx::query(sql).bind(hash).bind(person).bind(now);
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Uses a code up; `false` where whoever asks did not type it, or its time is over.
pub(in crate::people) async fn spend(tx: &mut Tx, id: &str, person: &str) -> Result<bool> {
    let now = tx.now().0;
    let sql = "UPDATE link_code SET spent = 1
               WHERE id = $1 AND claimed_by = $2 AND spent = 0 AND expires_at > $3";
    let query = sqlx::query(sql).bind(id).bind(person).bind(now);
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// The code with this id or this hash.
pub(in crate::people) async fn find(conn: &mut Conn, id_or_hash: &str) -> Result<Option<Offer>> {
    let sql = "SELECT id, person_id, platform, workspace, user_id FROM link_code WHERE id = $1 OR hash = $1";
    let Some(row) = sqlx::query(sql).bind(id_or_hash).fetch_optional(conn).await? else { return Ok(None) };
    let (platform, workspace, user) =
        (row.try_get("platform")?, row.try_get("workspace")?, row.try_get("user_id")?);
    let maker = Identity { platform, workspace, user };
    Ok(Some(Offer { id: row.try_get("id")?, person: row.try_get("person_id")?, maker }))
}

/// Whatever codes a person made or typed goes, and that they tried.
pub(in crate::people) async fn forget(tx: &mut Tx, person: &str) -> Result<()> {
    for sql in [
        "DELETE FROM link_code WHERE person_id = $1 OR (claimed_by = $1 AND spent = 0)",
        "DELETE FROM link_try WHERE person_id = $1",
    ] {
        sqlx::query(sql).bind(person).execute(tx.conn()).await?;
    }
    Ok(())
}

/// The accounts of `from` become those of `to`, behind those that it has; so do its days, and what
/// it said of itself where `to` said nothing.
pub(in crate::people) async fn merge(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    for sql in [
        "UPDATE identity SET person_id = $2, linked = linked + 1 +
             (SELECT max(theirs.linked) FROM identity AS theirs WHERE theirs.person_id = $2)
         WHERE person_id = $1",
        "INSERT INTO activity (person_id, day) SELECT $2, day FROM activity WHERE person_id = $1
         ON CONFLICT (person_id, day) DO NOTHING",
        "UPDATE person SET zone = COALESCE(zone, (SELECT zone FROM person WHERE id = $1)),
             own_zone = COALESCE(own_zone, (SELECT own_zone FROM person WHERE id = $1)),
             zone_asked = CASE WHEN zone_asked = 1 THEN 1 ELSE (SELECT zone_asked FROM person WHERE id = $1) END,
             hours = COALESCE(hours, (SELECT hours FROM person WHERE id = $1)),
             surveys = CASE WHEN surveys = 'in' THEN (SELECT surveys FROM person WHERE id = $1) ELSE surveys END
         WHERE id = $2",
    ] {
        sqlx::query(sql).bind(from).bind(to).execute(tx.conn()).await?;
    }
    sqlx::query("DELETE FROM activity WHERE person_id = $1").bind(from).execute(tx.conn()).await?;
    Ok(())
}
