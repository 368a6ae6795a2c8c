//! All SQL of evidence: what it is about, each time it was seen, what answers say.

use std::collections::BTreeMap;

use sqlx::Row;

use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::roadmap::model::evidence::{About, Evidence, Finding};
use crate::roadmap::model::score::Case;

/// The evidence of this group, made when it is the first of it.
pub(in crate::roadmap) async fn ensure(tx: &mut Tx, about: &About, at: Timestamp) -> Result<String> {
    let (id, group) = (tx.new_id("evi"), about.group());
    let sql = "INSERT INTO evidence (id, live_key, kind, about, aside, first_at, last_at)
               VALUES ($1, $2, $3, $4, 0, $5, $5)
               ON CONFLICT (live_key) DO UPDATE SET
                   last_at = CASE WHEN excluded.last_at > evidence.last_at THEN excluded.last_at ELSE evidence.last_at END";
    let query = sqlx::query(sql).bind(id).bind(&group).bind(about.kind()).bind(serde_json::to_string(about)?);
    query.bind(at.0).execute(tx.conn()).await?;
    let sql = "SELECT id FROM evidence WHERE live_key = $1";
    Ok(sqlx::query_scalar(sql).bind(group).fetch_one(tx.conn()).await?)
}

/// Notes once that it was seen; `id` is the fact's.
pub(in crate::roadmap) async fn sight(
    tx: &mut Tx,
    evidence: &str,
    (id, at): (&str, Timestamp),
    person: Option<&str>,
) -> Result<()> {
    let sql = "INSERT INTO sighting (id, evidence_id, person_id, at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (id) DO NOTHING";
    let query = sqlx::query(sql).bind(id).bind(evidence).bind(person.map(str::to_owned)).bind(at.0);
    query.execute(tx.conn()).await?;
    Ok(())
}

/// Whether a fact was counted.
pub(in crate::roadmap) async fn seen(conn: &mut Conn, fact: &str) -> Result<bool> {
    let sql = "SELECT id FROM sighting WHERE id = $1";
    Ok(sqlx::query(sql).bind(fact).fetch_optional(conn).await?.is_some())
}

/// What a wave's answers say; a second time replaces the first.
pub(in crate::roadmap) async fn find_out(
    tx: &mut Tx,
    evidence: &str,
    finding: &Finding,
    at: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO finding (evidence_id, wave_id, period, at, hits, n, impacts, teams)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
               ON CONFLICT (evidence_id, wave_id) DO UPDATE SET
                   hits = excluded.hits, n = excluded.n, impacts = excluded.impacts, teams = excluded.teams";
    let query = sqlx::query(sql).bind(evidence).bind(&finding.wave).bind(&finding.period).bind(at.0);
    let query = query.bind(signed(finding.hits)).bind(signed(finding.n));
    let query = query.bind(serde_json::to_string(&finding.impacts)?);
    query.bind(serde_json::to_string(&finding.teams)?).execute(tx.conn()).await?;
    Ok(())
}

/// Which evidence is asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::roadmap) enum Of<'a> {
    /// What speaks for an item.
    Item(&'a str),
    /// What nobody has decided about.
    Nobody,
    One(&'a str),
}

/// Evidence with what was counted since `since`, the latest first, at most 100.
pub(in crate::roadmap) async fn counted(
    conn: &mut Conn,
    of: Of<'_>,
    since: Timestamp,
) -> Result<Vec<Evidence>> {
    let sql = "SELECT evidence.id, about, item_id, last_at,
                   CAST(count(sighting.id) AS BIGINT) AS times,
                   CAST(count(DISTINCT sighting.person_id) AS BIGINT) AS people
               FROM evidence LEFT JOIN sighting ON evidence_id = evidence.id AND sighting.at >= $1
               WHERE item_id = $2 OR evidence.id = $3 OR (item_id IS NULL AND aside = 0 AND $4 = 1)
               GROUP BY evidence.id, about, item_id, last_at ORDER BY last_at DESC, about, evidence.id LIMIT 100";
    let (item, one, nobody) = match of {
        Of::Item(item) => (item, "", 0_i64),
        Of::One(id) => ("", id, 0),
        Of::Nobody => ("", "", 1),
    };
    let query = sqlx::query(sql).bind(since.0).bind(item.to_owned()).bind(one.to_owned()).bind(nobody);
    let mut found = Vec::new();
    for row in query.fetch_all(&mut *conn).await? {
        let id: String = row.try_get("id")?;
        found.push(Evidence {
            about: serde_json::from_str(row.try_get("about")?)?,
            item: row.try_get("item_id")?,
            last_at: Timestamp(row.try_get("last_at")?),
            times: unsigned(row.try_get("times")?),
            people: unsigned(row.try_get("people")?),
            findings: findings(conn, &id, since).await?,
            id,
        });
    }
    Ok(found)
}

async fn findings(conn: &mut Conn, evidence: &str, since: Timestamp) -> Result<Vec<Finding>> {
    let sql = "SELECT wave_id, period, hits, n, impacts, teams FROM finding
               WHERE evidence_id = $1 AND at >= $2 ORDER BY at DESC, wave_id";
    let rows = sqlx::query(sql).bind(evidence).bind(since.0).fetch_all(conn).await?;
    rows.iter().map(read_finding).collect()
}

fn read_finding(row: &sqlx::any::AnyRow) -> Result<Finding> {
    Ok(Finding {
        wave: row.try_get("wave_id")?,
        period: row.try_get("period")?,
        hits: unsigned(row.try_get("hits")?),
        n: unsigned(row.try_get("n")?),
        impacts: serde_json::from_str(row.try_get("impacts")?)?,
        teams: serde_json::from_str(row.try_get("teams")?)?,
    })
}

/// Each time anybody was seen with what speaks for an item, and how much it mattered there.
const SEEN: &str = "
    SELECT item_id, sighting.person_id AS person_id, CAST(CASE WHEN kind = 'failure' THEN 1 ELSE 0 END AS BIGINT) AS failed
        FROM sighting JOIN evidence ON evidence.id = evidence_id WHERE item_id IS NOT NULL AND sighting.at >= $1
    UNION ALL SELECT item_id, person_id, CAST(0 AS BIGINT) AS failed FROM vote
    UNION ALL SELECT item_id, person_id, CAST(0 AS BIGINT) AS failed FROM feedback WHERE item_id IS NOT NULL AND at >= $1";

/// What speaks for each item since `since`, by its id.
pub(in crate::roadmap) async fn cases(conn: &mut Conn, since: Timestamp) -> Result<BTreeMap<String, Case>> {
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    let sql = format!(
        "SELECT item_id, failed, CAST(count(*) AS BIGINT) AS people FROM
             (SELECT item_id, person_id, max(failed) AS failed FROM ({SEEN}) AS one
              WHERE person_id IS NOT NULL GROUP BY item_id, person_id) AS each
         GROUP BY item_id, failed"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(since.0).fetch_all(&mut *conn).await?;
    for row in rows {
        let case = cases.entry(row.try_get("item_id")?).or_default();
        let people = unsigned(row.try_get("people")?);
        match row.try_get::<i64, _>("failed")? == 1 {
            true => case.failed = people,
            false => case.missed = people,
        }
    }
    let sql = "SELECT item_id, wave_id, period, hits, n, impacts, teams FROM finding
               JOIN evidence ON evidence.id = evidence_id
               WHERE item_id IS NOT NULL AND at >= $1 ORDER BY at DESC, wave_id";
    for row in sqlx::query(sql).bind(since.0).fetch_all(conn).await? {
        cases.entry(row.try_get("item_id")?).or_default().findings.push(read_finding(&row)?);
    }
    Ok(cases)
}

/// It speaks for this item from now on.
pub(in crate::roadmap) async fn link(tx: &mut Tx, evidence: &str, item: &str) -> Result<()> {
    let sql = "UPDATE evidence SET item_id = $2, aside = 0 WHERE id = $1";
    sqlx::query(sql).bind(evidence).bind(item).execute(tx.conn()).await?;
    Ok(())
}

pub(in crate::roadmap) async fn set_aside(tx: &mut Tx, evidence: &str) -> Result<()> {
    sqlx::query("UPDATE evidence SET aside = 1 WHERE id = $1").bind(evidence).execute(tx.conn()).await?;
    Ok(())
}

/// What happens after an item was shipped stands by itself.
pub(in crate::roadmap) async fn settle(tx: &mut Tx, item: &str) -> Result<()> {
    let sql = "UPDATE evidence SET live_key = NULL WHERE item_id = $1";
    sqlx::query(sql).bind(item).execute(tx.conn()).await?;
    Ok(())
}

/// The times somebody was seen stay, without them.
pub(in crate::roadmap) async fn forget(tx: &mut Tx, person: &str) -> Result<()> {
    let sql = "UPDATE sighting SET person_id = NULL WHERE person_id = $1";
    sqlx::query(sql).bind(person).execute(tx.conn()).await?;
    Ok(())
}

pub(in crate::roadmap) async fn rename(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    let sql = "UPDATE sighting SET person_id = $2 WHERE person_id = $1";
    sqlx::query(sql).bind(from).bind(to).execute(tx.conn()).await?;
    Ok(())
}

/// (when, about) of each time somebody was seen.
pub(in crate::roadmap) async fn of_person(conn: &mut Conn, person: &str) -> Result<Vec<(Timestamp, About)>> {
    let sql = "SELECT at, about FROM sighting JOIN evidence ON evidence.id = evidence_id
               WHERE person_id = $1 ORDER BY at";
    let rows: Vec<(i64, String)> = sqlx::query_as(sql).bind(person).fetch_all(conn).await?;
    rows.into_iter().map(|(at, about)| Ok((Timestamp(at), serde_json::from_str(&about)?))).collect()
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
