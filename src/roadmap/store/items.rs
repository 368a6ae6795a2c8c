//! All SQL of items, votes and terms.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::roadmap::model::item::{Effort, Item, State, Term};

pub(in crate::roadmap) async fn insert(tx: &mut Tx, key: &str, title: &str) -> Result<String> {
    let (id, now) = (tx.new_id("itm"), tx.now());
    let sql = "INSERT INTO item (id, key, title, state, created_at) VALUES ($1, $2, $3, 'open', $4)";
    sqlx::query(sql).bind(&id).bind(key).bind(title).bind(now.0).execute(tx.conn()).await?;
    Ok(id)
}

const ITEM: &str = "SELECT item.id, key, title, state, ended_at, said, p50, p90,
    (SELECT CAST(count(*) AS BIGINT) FROM vote WHERE vote.item_id = item.id) AS votes FROM item";

fn read(row: &AnyRow) -> Result<Item> {
    let state: String = row.try_get("state")?;
    let (p50, p90): (Option<f64>, Option<f64>) = (row.try_get("p50")?, row.try_get("p90")?);
    Ok(Item {
        id: row.try_get("id")?,
        key: row.try_get("key")?,
        title: row.try_get("title")?,
        state: State::parse(&state).ok_or_else(|| Error::internal(format!("an item is {state}")))?,
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(Timestamp),
        said: row.try_get("said")?,
        effort: p50.zip(p90).map(|(p50, p90)| Effort { p50, p90 }),
        votes: u64::try_from(row.try_get::<i64, _>("votes")?).unwrap_or_default(),
    })
}

/// The one with this key or id.
pub(in crate::roadmap) async fn find(conn: &mut Conn, key_or_id: &str) -> Result<Option<Item>> {
    let sql = format!("{ITEM} WHERE key = $1 OR id = $1");
    sqlx::query(AssertSqlSafe(sql)).bind(key_or_id).fetch_optional(conn).await?.as_ref().map(read).transpose()
}

/// All of them, the newest first, live ones before those that ended.
pub(in crate::roadmap) async fn all(conn: &mut Conn) -> Result<Vec<Item>> {
    let sql = format!("{ITEM} ORDER BY COALESCE(ended_at, 0), created_at DESC, item.id");
    sqlx::query(AssertSqlSafe(sql)).fetch_all(conn).await?.iter().map(read).collect()
}

pub(in crate::roadmap) async fn keys(conn: &mut Conn) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar("SELECT key FROM item ORDER BY key").fetch_all(conn).await?)
}

/// `false` when it is in another state by now.
pub(in crate::roadmap) async fn move_on(
    tx: &mut Tx,
    item: &Item,
    to: State,
    said: Option<&str>,
) -> Result<bool> {
    let ended = (!to.live()).then(|| tx.now().0);
    let sql = "UPDATE item SET state = $3, ended_at = $4, said = $5 WHERE id = $1 AND state = $2";
    let query = sqlx::query(sql).bind(&item.id).bind(item.state.word()).bind(to.word()).bind(ended);
    Ok(query.bind(said.map(str::to_owned)).execute(tx.conn()).await?.rows_affected() == 1)
}

pub(in crate::roadmap) async fn set_effort(tx: &mut Tx, id: &str, effort: Effort) -> Result<()> {
    let sql = "UPDATE item SET p50 = $2, p90 = $3 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(effort.p50).bind(effort.p90).execute(tx.conn()).await?;
    Ok(())
}

/// `false` for a second vote of one person.
pub(in crate::roadmap) async fn vote(tx: &mut Tx, item: &str, person: &str) -> Result<bool> {
    let now = tx.now();
    let sql = "INSERT INTO vote (item_id, person_id, at) VALUES ($1, $2, $3)
               ON CONFLICT (item_id, person_id) DO NOTHING";
    let voted = sqlx::query(sql).bind(item).bind(person).bind(now.0).execute(tx.conn()).await?;
    Ok(voted.rows_affected() == 1)
}

/// `false` when there was none.
pub(in crate::roadmap) async fn take_back(tx: &mut Tx, item: &str, person: &str) -> Result<bool> {
    let sql = "DELETE FROM vote WHERE item_id = $1 AND person_id = $2";
    Ok(sqlx::query(sql).bind(item).bind(person).execute(tx.conn()).await?.rows_affected() == 1)
}

/// The keys of what somebody voted for.
pub(in crate::roadmap) async fn votes_of(conn: &mut Conn, person: &str) -> Result<Vec<String>> {
    let sql = "SELECT key FROM vote JOIN item ON item.id = vote.item_id WHERE person_id = $1 ORDER BY key";
    Ok(sqlx::query_scalar(sql).bind(person).fetch_all(conn).await?)
}

pub(in crate::roadmap) async fn delete_votes_of(tx: &mut Tx, person: &str) -> Result<()> {
    sqlx::query("DELETE FROM vote WHERE person_id = $1").bind(person).execute(tx.conn()).await?;
    Ok(())
}

/// Of an item that both voted for the vote of `to` stays.
pub(in crate::roadmap) async fn rename(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    for sql in [
        "INSERT INTO vote (item_id, person_id, at) SELECT item_id, $2, at FROM vote WHERE person_id = $1
         ON CONFLICT (item_id, person_id) DO NOTHING",
        "UPDATE term SET person_id = $2 WHERE person_id = $1",
    ] {
        sqlx::query(sql).bind(from).bind(to).execute(tx.conn()).await?;
    }
    delete_votes_of(tx, from).await
}

pub(in crate::roadmap) async fn insert_term(
    tx: &mut Tx,
    item: &str,
    person: &str,
    (factor, reason): (f64, &str),
) -> Result<()> {
    let (id, now) = (tx.new_id("trm"), tx.now());
    let sql = "INSERT INTO term (id, item_id, factor, reason, person_id, at) VALUES ($1, $2, $3, $4, $5, $6)";
    let query = sqlx::query(sql).bind(id).bind(item).bind(factor).bind(reason).bind(person).bind(now.0);
    query.execute(tx.conn()).await?;
    Ok(())
}

/// The last term of each item: (item, term).
pub(in crate::roadmap) async fn terms(conn: &mut Conn) -> Result<Vec<(String, Term)>> {
    let sql = "SELECT item_id, factor, reason, person.name AS name, at FROM term
               JOIN person ON person.id = person_id ORDER BY at, term.id";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    let term = |row: &AnyRow| -> Result<(String, Term)> {
        let at = Timestamp(row.try_get("at")?);
        let (reason, by) = (row.try_get("reason")?, row.try_get("name")?);
        Ok((row.try_get("item_id")?, Term { factor: row.try_get("factor")?, reason, by, at }))
    };
    rows.iter().map(term).collect()
}
