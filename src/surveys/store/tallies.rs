//! All SQL of what answers add up to.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Row};

use super::answers::inserting;
use crate::db::{Conn, Dialect, Tx};
use crate::disclosure::Step;
use crate::error::Result;
use crate::surveys::model::question::{ASKED, PLACED, buckets};

/// (wave, segment, bucket) → how many; segment `''` is all of them.
pub(in crate::surveys) type Sums = BTreeMap<(String, String, i64), i64>;

/// What one more answer of this value adds, `by` being 1, or takes away with -1.
pub(in crate::surveys) fn count(sums: &mut Sums, wave: &str, segment: &str, value: i64, by: i64) {
    for bucket in buckets(value) {
        add(sums, wave, segment, bucket, by);
    }
}

fn add(sums: &mut Sums, wave: &str, segment: &str, bucket: i64, by: i64) {
    let all = std::iter::once("").chain((!segment.is_empty()).then_some(segment));
    for segment in all {
        *sums.entry((wave.to_owned(), segment.to_owned(), bucket)).or_default() += by;
    }
}

/// People of these segments were asked, `by` being 1, or are forgotten, with -1: belongs in the unit
/// that sends the prompts.
pub(in crate::surveys) async fn count_asked<'s>(
    tx: &mut Tx,
    wave: &str,
    segments: impl IntoIterator<Item = &'s str>,
    by: i64,
) -> Result<()> {
    let mut sums = Sums::new();
    for segment in segments {
        add(&mut sums, wave, segment, ASKED, by);
    }
    change(tx, sums).await
}

/// Adds to the sums, always in one order, so that two units wait for each other and not both.
pub(in crate::surveys) async fn change(tx: &mut Tx, mut sums: Sums) -> Result<()> {
    sums.retain(|_, by| *by != 0);
    if sums.is_empty() {
        return Ok(());
    }
    let mut sql = inserting("tally (wave_id, segment, bucket, n)", sums.len(), 4);
    sql += " ON CONFLICT (wave_id, segment, bucket) DO UPDATE SET n = tally.n + excluded.n";
    let bound =
        sums.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, ((wave, segment, bucket), by)| {
            query.bind(wave).bind(segment).bind(bucket).bind(by)
        });
    bound.execute(tx.conn()).await?;
    Ok(())
}

/// How many answers of an open wave there are, and how many of them were told.
pub(in crate::surveys) async fn step(tx: &mut Tx, wave: &str) -> Result<Step> {
    let sql = "SELECT bucket, n, told FROM tally WHERE wave_id = $1 AND segment = '' AND bucket IN ($2, 0)";
    let query = sqlx::query_as(sql).bind(wave).bind(PLACED);
    let rows: Vec<(i64, i64, i64)> = query.fetch_all(tx.conn()).await?;
    let of = |placed: bool, column: fn(&(i64, i64, i64)) -> i64| {
        let sums = rows.iter().filter(|row| !placed || row.0 == PLACED).map(column);
        u64::try_from(sums.sum::<i64>()).unwrap_or_default()
    };
    Ok(Step {
        placed: (of(true, |row| row.1), of(true, |row| row.2)),
        all: (of(false, |row| row.1), of(false, |row| row.2)),
    })
}

/// From now on the sums of an open wave are told as they are at this moment.
pub(in crate::surveys) async fn tell(tx: &mut Tx, wave: &str) -> Result<()> {
    let sql = "UPDATE tally SET told = n WHERE wave_id = $1 AND segment = '' AND told <> n";
    sqlx::query(sql).bind(wave).execute(tx.conn()).await?;
    Ok(())
}

/// One sum of a wave.
pub(in crate::surveys) struct Sum {
    pub wave: String,
    pub period: String,
    pub state: String,
    pub k: i64,
    pub segment: String,
    pub bucket: i64,
    pub n: i64,
    /// What it was when an open wave's were told last.
    pub told: i64,
}

/// The sums of a survey's waves from `period` on, wave by wave, segment by segment.
pub(in crate::surveys) async fn sums(conn: &mut Conn, survey: &str, period: &str) -> Result<Vec<Sum>> {
    let sql = "SELECT wave.id AS wave, period, state, k, segment, bucket, n, told
               FROM wave JOIN tally ON tally.wave_id = wave.id WHERE survey = $1 AND period >= $2
               ORDER BY period, wave.id, segment, bucket";
    let rows = sqlx::query(sql).bind(survey).bind(period).fetch_all(conn).await?;
    let sum = |row: &sqlx::any::AnyRow| {
        Ok(Sum {
            wave: row.try_get("wave")?,
            period: row.try_get("period")?,
            state: row.try_get("state")?,
            k: row.try_get("k")?,
            segment: row.try_get("segment")?,
            bucket: row.try_get("bucket")?,
            n: row.try_get("n")?,
            told: row.try_get("told")?,
        })
    };
    rows.iter().map(sum).collect()
}

/// Lets nobody else change a sum until this unit ends; one who writes at a time is SQLite's rule anyway.
pub(in crate::surveys) async fn lock(tx: &mut Tx) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        sqlx::query("LOCK TABLE tally IN EXCLUSIVE MODE").execute(tx.conn()).await?;
    }
    Ok(())
}

/// The sums as they are kept.
pub(in crate::surveys) async fn kept(conn: &mut Conn) -> Result<Sums> {
    let sql = "SELECT wave_id, segment, bucket, n FROM tally";
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(sql).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(wave, segment, bucket, n)| ((wave, segment, bucket), n)).collect())
}

/// The sums counted from the answers and invitations themselves.
pub(in crate::surveys) async fn counted(conn: &mut Conn) -> Result<Sums> {
    let mut sums = Sums::new();
    let sql = "SELECT wave_id, segment, value, CAST(count(*) AS BIGINT) FROM answer
               GROUP BY wave_id, segment, value";
    let answers: Vec<(String, String, i64, i64)> = sqlx::query_as(sql).fetch_all(&mut *conn).await?;
    for (wave, segment, value, n) in answers {
        count(&mut sums, &wave, &segment, value, n);
    }
    let sql = "SELECT wave_id, segment, CAST(count(*) AS BIGINT) FROM invitation
               WHERE state = 'sent' GROUP BY wave_id, segment";
    let asked: Vec<(String, String, i64)> = sqlx::query_as(sql).fetch_all(conn).await?;
    for (wave, segment, n) in asked {
        add(&mut sums, &wave, &segment, ASKED, n);
    }
    Ok(sums)
}
