//! The job table for the operator: what waits, runs and has failed; run again at once, or dropped.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::queue::{Waiting, wait_again};
use crate::audit;
use crate::clock::Timestamp;
use crate::db::{Conn, Db, Tx};
use crate::error::{Error, Result};

/// A job of the table. Without its payload, which is for the job alone.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: String,
    pub kind: String,
    /// What it is about; jobs with one key do not run side by side.
    pub key: Option<String>,
    /// `ready`, `running`, `failed` or `stuck`.
    pub state: String,
    /// When it came into this state; unknown of one that an older version left.
    pub since: Option<Timestamp>,
    /// When a waiting one is to run.
    pub due: Timestamp,
    pub attempts: i64,
    /// What its last run ended with.
    pub error: Option<String>,
}

impl Listed {
    fn read(row: &AnyRow) -> Result<Listed> {
        let error: Option<String> = row.try_get("error")?;
        Ok(Listed {
            id: row.try_get("id")?,
            kind: row.try_get("kind")?,
            key: row.try_get("key")?,
            state: row.try_get("state")?,
            since: Some(row.try_get("since")?).filter(|since| *since > 0).map(Timestamp),
            due: Timestamp(row.try_get("run_at")?),
            attempts: row.try_get("attempt")?,
            error: error.filter(|error| !error.is_empty()),
        })
    }

    /// Runs again and again by itself, as [`super::Job::every`] says.
    pub fn recurs(&self) -> bool {
        self.key.as_ref().is_some_and(|key| key.starts_with("every:"))
    }
}

/// Every job: what needs a person first, then what runs, then what waits in its order.
pub async fn list(conn: &mut Conn) -> Result<Vec<Listed>> {
    let sql = "SELECT id, kind, key, state, since, run_at, attempt, error FROM job
               ORDER BY CASE state WHEN 'stuck' THEN 0 WHEN 'failed' THEN 1 WHEN 'running' THEN 2 ELSE 3 END,
                        run_at, id";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    rows.iter().map(Listed::read).collect()
}

/// How many jobs there are: (kind, state, count).
pub async fn census(conn: &mut Conn) -> Result<Vec<(String, String, i64)>> {
    let sql = "SELECT kind, state, CAST(count(*) AS BIGINT) AS n FROM job GROUP BY kind, state ORDER BY kind, state";
    Ok(sqlx::query_as(sql).fetch_all(conn).await?)
}

/// When the oldest job of each kind was due that waits at `now`.
pub async fn oldest_due(conn: &mut Conn, now: i64) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT kind, MIN(run_at) AS due FROM job WHERE state = 'ready' AND run_at <= $1
               GROUP BY kind ORDER BY kind";
    Ok(sqlx::query_as(sql).bind(now).fetch_all(conn).await?)
}

/// Makes a job due now, its attempts counted anew. Where another one with its key waits
/// already, that one is brought forward instead: it knows more of what is to be done.
///
/// # Errors
/// `NotFound`, or `Conflict` while it runs.
pub async fn retry(db: &Db, id: &str) -> Result<Listed> {
    db.write(id.to_owned(), |tx, id| {
        Box::pin(async move {
            let (job, payload) = take(tx, id, "retry").await?;
            let waiting = Waiting {
                kind: &job.kind,
                payload: &payload,
                key: job.key.as_deref(),
                error: job.error.as_deref(),
            };
            let now = tx.now();
            wait_again(tx, waiting, now, 0).await?;
            let sql = "UPDATE job SET run_at = $2 WHERE key = $1 AND state = 'ready' AND run_at > $2";
            sqlx::query(sql).bind(job.key.clone()).bind(now.0).execute(tx.conn()).await?;
            tx.wake_workers();
            Ok(job)
        })
    })
    .await
}

/// Takes a job out of the table: it will not be done.
///
/// # Errors
/// `NotFound`, or `Conflict` while it runs and for one that recurs.
pub async fn drop(db: &Db, id: &str) -> Result<Listed> {
    db.write(id.to_owned(), |tx, id| {
        Box::pin(async move {
            let (job, _) = take(tx, id, "drop").await?;
            match job.recurs() && job.state == "ready" {
                // The refusal puts it back.
                true => Err(Error::Conflict(format!(
                    "`{id}` recurs: `{}` is what the bot does again and again, and it needs it.",
                    job.kind
                ))),
                false => Ok(job),
            }
        })
    })
    .await
}

/// Removes the row and notes who asked for it; a running one is the worker's.
async fn take(tx: &mut Tx, id: &str, verb: &str) -> Result<(Listed, String)> {
    let sql = "DELETE FROM job WHERE id = $1 AND state <> 'running'
               RETURNING id, kind, key, state, since, run_at, attempt, error, payload";
    let Some(row) = sqlx::query(sql).bind(id).fetch_optional(tx.conn()).await? else {
        let sql = "SELECT CAST(count(*) AS BIGINT) FROM job WHERE id = $1";
        let runs: i64 = sqlx::query_scalar(sql).bind(id).fetch_one(tx.conn()).await?;
        return Err(match runs {
            0 => Error::NotFound(format!(
                "There is no job `{id}`. `goldenpath jobs list` shows what there is."
            )),
            _ => Error::Conflict(format!(
                "`{id}` runs just now. Look again when it has ended; a process that died is noticed within 30 seconds."
            )),
        });
    };
    let job = Listed::read(&row)?;
    let detail = format!("job={id} kind={} key={}", job.kind, job.key.as_deref().unwrap_or_default());
    audit::record(tx, audit::OPERATOR, &format!("jobs.{verb}"), &detail).await?;
    Ok((job, row.try_get("payload")?))
}
