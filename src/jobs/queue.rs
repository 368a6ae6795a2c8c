//! The job table: enqueue in the deciding transaction, claim with a lease, finish fenced.

use std::collections::HashSet;

use serde_json::Value;
use sqlx::Row;

use crate::clock::Timestamp;
use crate::db::{Conn, Db, Dialect, Tx};
use crate::error::Result;

/// A job to be done.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub kind: &'static str,
    pub payload: Value,
    /// While a job with this key waits, enqueuing it again only brings it forward;
    /// while one runs, the next one waits. Two with one key never run side by side.
    pub key: Option<String>,
    pub run_at: Timestamp,
}

/// A job that this process runs just now.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub id: String,
    pub kind: String,
    pub payload: Value,
    pub attempt: i64,
}

/// Adds a job to this unit of work; it is visible once the unit is on disk.
pub async fn enqueue(tx: &mut Tx, job: NewJob) -> Result<()> {
    let id = tx.new_id("job");
    sqlx::query(
        "INSERT INTO job (id, kind, payload, key, run_at, state, attempt, lease_until, since)
         VALUES ($1, $2, $3, $4, $5, 'ready', 0, 0, $6)
         ON CONFLICT (key) WHERE state = 'ready' DO UPDATE SET
             payload = excluded.payload,
             run_at = CASE WHEN excluded.run_at < job.run_at THEN excluded.run_at ELSE job.run_at END",
    )
    .bind(id)
    .bind(job.kind)
    .bind(job.payload.to_string())
    .bind(job.key)
    .bind(job.run_at.0)
    .bind(tx.now().0)
    .execute(tx.conn())
    .await?;
    tx.wake_workers();
    Ok(())
}

/// Takes the next job that is due at `now`, or whose lease lapsed before `wall`.
/// A waiting job gives way to a lost one of its key, which goes on first: side by
/// side they would be two of one key.
/// Those in `held` run here still: their leases lapsed while this machine slept,
/// or its clock was set forward, and are only renewed.
pub(super) async fn claim(
    db: &Db,
    held: HashSet<String>,
    wall: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<Claimed>> {
    let now = db.now();
    db.write((held, now, wall, lease_until), |tx, (held, now, wall, lease_until)| {
        Box::pin(async move {
            let dialect = tx.dialect();
            loop {
                match claim_next(tx.conn(), dialect, *now, *wall, *lease_until).await? {
                    Some(job) if held.contains(&job.id) => unclaim(tx.conn(), &job.id).await?,
                    found => return Ok(found),
                }
            }
        })
    })
    .await
}

/// The claim before stays the valid one, with the new lease.
async fn unclaim(conn: &mut Conn, id: &str) -> Result<()> {
    sqlx::query("UPDATE job SET attempt = attempt - 1 WHERE id = $1").bind(id).execute(conn).await?;
    Ok(())
}

macro_rules! claim_sql {
    () => {
        "UPDATE job SET state = 'running', attempt = attempt + 1, lease_until = $1, since = $2
         WHERE id = (SELECT id FROM job
                     WHERE (state = 'ready' AND run_at <= $2 AND NOT EXISTS
                                (SELECT 1 FROM job AS other
                                 WHERE other.key = job.key AND other.state = 'running'))
                        OR (state = 'running' AND lease_until <= $3)
                     ORDER BY run_at, id LIMIT 1"
    };
}
macro_rules! claim_returning {
    () => {
        " RETURNING id, kind, payload, attempt"
    };
}

async fn claim_next(
    conn: &mut Conn,
    dialect: Dialect,
    now: Timestamp,
    wall: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<Claimed>> {
    // PostgreSQL lets several processes claim side by side; SQLite has one writer anyway.
    let sql = match dialect {
        Dialect::Sqlite => concat!(claim_sql!(), ")", claim_returning!()),
        Dialect::Postgres => concat!(claim_sql!(), " FOR UPDATE SKIP LOCKED)", claim_returning!()),
    };
    let row = sqlx::query(sql).bind(lease_until.0).bind(now.0).bind(wall.0).fetch_optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    let payload: String = row.try_get("payload")?;
    Ok(Some(Claimed {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        payload: serde_json::from_str(&payload)?,
        attempt: row.try_get("attempt")?,
    }))
}

/// Removes a finished job; `false` when the claim was no longer ours.
pub(super) async fn finish(db: &Db, job: &Claimed) -> Result<bool> {
    db.write((job.id.clone(), job.attempt), |tx, (id, attempt)| {
        Box::pin(async move {
            // One with the same key may have waited for this end.
            tx.wake_workers();
            let done = sqlx::query("DELETE FROM job WHERE id = $1 AND attempt = $2 AND state = 'running'")
                .bind(id)
                .bind(attempt)
                .execute(tx.conn())
                .await?;
            Ok(done.rows_affected() == 1)
        })
    })
    .await
}

/// Puts a job back, due at `run_at`; `attempt` of its runs count from now on. When another one with
/// its key waits already, that one does.
///
/// It gets a new id, so that the end of an earlier run, which may still come, finds nothing to change
/// even where the count begins anew.
///
/// Why not an update of the row? On PostgreSQL the other one may be enqueued between a look and
/// the update, which the key's index would then refuse; an insert can give way to it.
pub(super) async fn put_back(
    db: &Db,
    job: &Claimed,
    run_at: Timestamp,
    attempt: i64,
    error: &str,
) -> Result<()> {
    db.write((job.clone(), run_at, attempt, error.to_owned()), |tx, (job, run_at, attempt, error)| {
        Box::pin(async move {
            let sql = "DELETE FROM job WHERE id = $1 AND attempt = $2 AND state = 'running' RETURNING key";
            let ours = sqlx::query(sql).bind(&job.id).bind(job.attempt).fetch_optional(tx.conn()).await?;
            let Some(row) = ours else { return Ok(()) };
            let key: Option<String> = row.try_get("key")?;
            let (kind, payload) = (job.kind.as_str(), job.payload.to_string());
            let waiting = Waiting { kind, payload: &payload, key: key.as_deref(), error: Some(error) };
            wait_again(tx, waiting, *run_at, *attempt).await
        })
    })
    .await
}

/// A job that was in the table before.
pub(super) struct Waiting<'a> {
    pub kind: &'a str,
    pub payload: &'a str,
    pub key: Option<&'a str>,
    /// What its last run ended with.
    pub error: Option<&'a str>,
}

/// Adds it under a new id; nothing where another one with its key waits already.
pub(super) async fn wait_again(tx: &mut Tx, job: Waiting<'_>, run_at: Timestamp, attempt: i64) -> Result<()> {
    let (id, now) = (tx.new_id("job"), tx.now());
    sqlx::query(
        "INSERT INTO job (id, kind, payload, key, run_at, state, attempt, lease_until, error, since)
         VALUES ($1, $2, $3, $4, $5, 'ready', $6, 0, $7, $8)
         ON CONFLICT (key) WHERE state = 'ready' DO NOTHING",
    )
    .bind(id)
    .bind(job.kind.to_owned())
    .bind(job.payload.to_owned())
    .bind(job.key.map(str::to_owned))
    .bind(run_at.0)
    .bind(attempt)
    .bind(job.error.map(str::to_owned))
    .bind(now.0)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends a job as `failed` or `stuck`, kept for a person to look at.
pub(super) async fn give_up(db: &Db, job: &Claimed, state: &'static str, error: &str) -> Result<()> {
    db.write((job.id.clone(), job.attempt, state, error.to_owned()), |tx, (id, attempt, state, error)| {
        Box::pin(async move {
            let now = tx.now();
            sqlx::query(
                "UPDATE job SET state = $3, error = $4, lease_until = 0, since = $5
                 WHERE id = $1 AND attempt = $2 AND state = 'running'",
            )
            .bind(id)
            .bind(attempt)
            .bind(*state)
            .bind(error)
            .bind(now.0)
            .execute(tx.conn())
            .await?;
            Ok(())
        })
    })
    .await
}

/// Keeps a running job ours until `lease_until`; `false` when it is no longer.
pub(super) async fn renew(db: &Db, job: &Claimed, lease_until: Timestamp) -> Result<bool> {
    db.write((job.id.clone(), job.attempt, lease_until), |tx, (id, attempt, lease_until)| {
        Box::pin(async move {
            let renewed = sqlx::query(
                "UPDATE job SET lease_until = $3 WHERE id = $1 AND attempt = $2 AND state = 'running'",
            )
            .bind(id)
            .bind(attempt)
            .bind(lease_until.0)
            .execute(tx.conn())
            .await?;
            Ok(renewed.rows_affected() == 1)
        })
    })
    .await
}

/// Frees what a process before us was running. Only SQLite, where the file's
/// lock proves that nobody else lives; on PostgreSQL the leases lapse.
pub(super) async fn free_orphans(db: &Db) -> Result<u64> {
    if db.dialect() != Dialect::Sqlite {
        return Ok(0);
    }
    db.write((), |tx, ()| {
        Box::pin(async move {
            let freed =
                sqlx::query("UPDATE job SET lease_until = 0 WHERE state = 'running'").execute(tx.conn());
            Ok(freed.await?.rows_affected())
        })
    })
    .await
}

/// Makes a recurring job due now, unless it runs. One that waits for its next time since an
/// earlier process is brought forward: whatever happened while none lived is seen at once.
pub(super) async fn ensure(db: &Db, kind: &'static str) -> Result<()> {
    db.write(kind, |tx, &kind| {
        Box::pin(async move {
            let key = format!("every:{kind}");
            let sql = "SELECT CAST(count(*) AS BIGINT) FROM job WHERE key = $1 AND state = 'running'";
            let runs: i64 = sqlx::query_scalar(sql).bind(&key).fetch_one(tx.conn()).await?;
            let run_at = tx.now();
            match runs {
                0 => enqueue(tx, NewJob { kind, payload: Value::Null, key: Some(key), run_at }).await,
                _ => Ok(()),
            }
        })
    })
    .await
}

/// Makes due now what waits for something outside: since the process before it may have been
/// mended, as a dead token is by a start with a good one.
pub(super) async fn look_again(db: &Db) -> Result<()> {
    db.write((), |tx, ()| {
        Box::pin(async move {
            let now = tx.now();
            let sql = "UPDATE job SET run_at = $1
                       WHERE state = 'ready' AND attempt = 0 AND error <> '' AND run_at > $1";
            sqlx::query(sql).bind(now.0).execute(tx.conn()).await?;
            Ok(())
        })
    })
    .await
}

/// How the job of a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It waits or runs.
    Live,
    /// It is kept as failed or stuck, and none waits.
    GivenUp,
    None,
}

/// How the job of this key stands.
pub async fn standing(conn: &mut Conn, key: &str) -> Result<Standing> {
    let sql = "SELECT state FROM job WHERE key = $1";
    let states: Vec<String> = sqlx::query_scalar(sql).bind(key.to_owned()).fetch_all(conn).await?;
    Ok(match states.iter().any(|state| matches!(state.as_str(), "ready" | "running")) {
        true => Standing::Live,
        false if states.is_empty() => Standing::None,
        false => Standing::GivenUp,
    })
}

/// When the next job of this kind is due after `now`.
pub async fn next_of(conn: &mut Conn, kind: &str, now: Timestamp) -> Result<Option<Timestamp>> {
    let sql =
        "SELECT CAST(min(run_at) AS BIGINT) FROM job WHERE kind = $1 AND state = 'ready' AND run_at > $2";
    let at: Option<i64> = sqlx::query_scalar(sql).bind(kind).bind(now.0).fetch_one(conn).await?;
    Ok(at.map(Timestamp))
}

/// Whether no job is due or running.
pub async fn idle(conn: &mut Conn, now: Timestamp) -> Result<bool> {
    let sql = "SELECT CAST(count(*) AS BIGINT) FROM job
               WHERE state = 'running' OR (state = 'ready' AND run_at <= $1)";
    Ok(sqlx::query_scalar::<_, i64>(sql).bind(now.0).fetch_one(conn).await? == 0)
}

/// Failed and stuck jobs: (kind, error).
pub async fn failures(conn: &mut Conn) -> Result<Vec<(String, String)>> {
    let sql =
        "SELECT kind, COALESCE(error, '') AS error FROM job WHERE state IN ('failed', 'stuck') ORDER BY id";
    Ok(sqlx::query_as(sql).fetch_all(conn).await?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::{ManualClock, SystemClock};
    use crate::ids::Ids;

    /// A job of this key, due at `run_at`.
    async fn add(db: &Db, kind: &'static str, run_at: i64) {
        let job = NewJob { kind, payload: Value::Null, key: Some("one".into()), run_at: Timestamp(run_at) };
        db.write(job, |tx, job| Box::pin(enqueue(tx, job.clone()))).await.unwrap();
    }

    #[tokio::test]
    async fn one_that_waits_for_a_cut_off_one_of_its_key_is_not_taken_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("g.db").display());
        let clock = Arc::new(ManualClock::at(Timestamp(1_000)));
        let db = Db::open(&url, clock, Arc::new(Ids::seeded(1))).await.unwrap();
        let (wall, lease) = (SystemClock, std::time::Duration::from_secs(30));
        let take = async || {
            let wall = crate::clock::Clock::now(&wall);
            claim(&db, HashSet::new(), wall, wall.plus(lease)).await.unwrap().map(|job| job.kind)
        };
        add(&db, "cut off", 500).await;
        assert_eq!(take().await.as_deref(), Some("cut off"));
        // Brought forward, as by a clock that was set back.
        add(&db, "next", 400).await;
        free_orphans(&db).await.unwrap();
        assert_eq!(take().await.as_deref(), Some("cut off"));
        assert_eq!(take().await, None, "two of one key run side by side");
    }
}
