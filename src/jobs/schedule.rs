//! Schedules: what happens at the times of a cron expression, once each.
//!
//! Each schedule of the config is a row with the instant of its next firing. The job `schedule`
//! wakes at the earliest of them; in one transaction it moves the row on and enqueues the job
//! that the firing is for, so that a firing has happened exactly when its job exists. The row is
//! moved on only from the instant that was read: of two processes one fires.
//!
//! - A clock that is set back fires nothing again: the row knows what has been.
//! - After an outage no firing but the latest is of interest. More than five minutes late it
//!   counts as missed, and [`Missed`] says what then.
//! - A changed expression or zone is planned anew from now on; what would have been is not missed.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use sqlx::Row;

use super::queue::{NewJob, enqueue};
use super::{Job, JobError};
use crate::clock::Timestamp;
use crate::cron::Cron;
use crate::db::{Conn, Db, Tx};
use crate::error::Result;
use crate::zone::Zone;

/// A firing that is later than this was missed.
const LATE: Duration = Duration::from_secs(5 * 60);
/// Another look for what a process with another config has planned.
const NOT_OURS: Duration = Duration::from_secs(60);
const KIND: &str = "schedule";
/// The key of a recurring job: it also wakes each day.
const KEY: &str = "every:schedule";
/// After the last year of the calendar.
const NEVER: Timestamp = Timestamp(i64::MAX);

/// What becomes of a firing that nobody was there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// Nothing: it waits for the next one.
    Skip,
    /// The latest fires as soon as somebody is there.
    Once,
}

/// Something that happens again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Unique among all, `survey:pulse.sat`.
    pub key: String,
    pub cron: Cron,
    /// By whose clocks it fires.
    pub zone: Zone,
    pub missed: Missed,
    /// The job that a firing enqueues. Its payload is `{"schedule": key, "at": milliseconds}`, the
    /// instant being the planned one; its key is `schedule:KEY:AT`.
    pub job_kind: &'static str,
}

impl Schedule {
    /// The next `count` firings after `now`, as its zone's clocks show them: `Tue 2026-12-01 10:00`.
    pub fn preview(&self, now: Timestamp, count: usize) -> Vec<String> {
        let next = self.cron.upcoming(now, self.zone).take(count);
        next.map(|at| self.zone.dated(at)).collect()
    }

    fn after(&self, at: Timestamp) -> Timestamp {
        self.cron.next(at, self.zone).unwrap_or(NEVER)
    }

    /// Of what was planned from `first` on, the one that fires at `now`.
    fn due(&self, first: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let before = Timestamp(first.0.saturating_sub(1));
        let latest = self.cron.latest(before, now, self.zone)?;
        (self.missed == Missed::Once || now.since(latest) <= LATE).then_some(latest)
    }
}

/// All schedules, and the job that fires them.
#[derive(Clone)]
pub struct Schedules {
    db: Db,
    all: Vec<Schedule>,
}

/// A row.
#[derive(Debug, Clone)]
struct Planned {
    key: String,
    cron: String,
    zone: String,
    next: Timestamp,
}

impl Planned {
    fn is_of(&self, schedule: &Schedule) -> bool {
        self.key == schedule.key
            && self.cron == schedule.cron.to_string()
            && self.zone == schedule.zone.to_string()
    }
}

impl Schedules {
    /// These, and no others.
    pub fn new(db: Db, all: Vec<Schedule>) -> Self {
        Schedules { db, all }
    }

    /// Brings the rows in line with the config, at each start: new ones and changed ones from now
    /// on, those that are gone removed, the others as they were.
    pub async fn plan(&self) -> Result<()> {
        self.db
            .write(self.all.clone(), |tx, all| {
                Box::pin(async move {
                    let now = tx.now();
                    for row in planned(tx).await? {
                        if !all.iter().any(|schedule| row.is_of(schedule)) {
                            let sql = "DELETE FROM schedule WHERE key = $1";
                            sqlx::query(sql).bind(&row.key).execute(tx.conn()).await?;
                        }
                    }
                    for schedule in all {
                        insert(tx, schedule, schedule.after(now)).await?;
                    }
                    let next = planned(tx).await?.iter().map(|row| row.next).min();
                    wake(tx, next).await
                })
            })
            .await
    }

    async fn fire_due(&self) -> Result<()> {
        self.db
            .write(self.all.clone(), |tx, all| {
                Box::pin(async move {
                    let (now, mut next) = (tx.now(), None::<Timestamp>);
                    for row in planned(tx).await? {
                        let at = match all.iter().find(|schedule| row.is_of(schedule)) {
                            Some(schedule) if row.next <= now => fire(tx, schedule, row.next).await?,
                            Some(_) => row.next,
                            // A process with a newer or an older config planned it, and fires it.
                            None => row.next.max(now.plus(NOT_OURS)),
                        };
                        next = Some(next.map_or(at, |next| next.min(at)));
                    }
                    wake(tx, next).await
                })
            })
            .await
    }
}

#[async_trait]
impl Job for Schedules {
    fn kind(&self) -> &'static str {
        KIND
    }

    /// It is enqueued for the next firing; this is for the case that nothing is planned.
    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(24 * 3_600))
    }

    async fn run(&self, _: Value, _attempt: i64) -> std::result::Result<(), JobError> {
        Ok(self.fire_due().await?)
    }
}

/// When the next one fires of those whose keys begin so, after `now`.
pub async fn next_firing(conn: &mut Conn, prefix: &str, now: Timestamp) -> Result<Option<Timestamp>> {
    let sql = "SELECT CAST(min(next_at) AS BIGINT) FROM schedule WHERE key LIKE $1 AND next_at > $2 AND next_at < $3";
    let query =
        sqlx::query_scalar::<_, Option<i64>>(sql).bind(format!("{prefix}%")).bind(now.0).bind(NEVER.0);
    Ok(query.fetch_one(conn).await?.map(Timestamp))
}

/// Fires what is due of it, and moves it on; returns when it is next.
async fn fire(tx: &mut Tx, schedule: &Schedule, first: Timestamp) -> Result<Timestamp> {
    let now = tx.now();
    let next = schedule.after(now);
    let sql = "UPDATE schedule SET next_at = $1 WHERE key = $2 AND next_at = $3";
    let moved = sqlx::query(sql).bind(next.0).bind(&schedule.key).bind(first.0).execute(tx.conn()).await?;
    if let (1, Some(at)) = (moved.rows_affected(), schedule.due(first, now)) {
        let key = format!("schedule:{}:{}", schedule.key, at.0);
        let payload = json!({ "schedule": schedule.key, "at": at.0 });
        enqueue(tx, NewJob { kind: schedule.job_kind, payload, key: Some(key), run_at: now }).await?;
    }
    Ok(next)
}

async fn wake(tx: &mut Tx, next: Option<Timestamp>) -> Result<()> {
    match next.filter(|next| *next != NEVER) {
        Some(run_at) => {
            let job = NewJob { kind: KIND, payload: Value::Null, key: Some(KEY.into()), run_at };
            enqueue(tx, job).await
        }
        None => Ok(()),
    }
}

/// Adds it unless it stands there already.
async fn insert(tx: &mut Tx, schedule: &Schedule, next: Timestamp) -> Result<()> {
    let sql = "INSERT INTO schedule (key, cron, zone, next_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (key) DO NOTHING";
    sqlx::query(sql)
        .bind(&schedule.key)
        .bind(schedule.cron.to_string())
        .bind(schedule.zone.to_string())
        .bind(next.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

async fn planned(tx: &mut Tx) -> Result<Vec<Planned>> {
    let sql = "SELECT key, cron, zone, next_at FROM schedule ORDER BY key";
    let rows = sqlx::query(sql).fetch_all(tx.conn()).await?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(Planned {
            key: row.try_get("key")?,
            cron: row.try_get("cron")?,
            zone: row.try_get("zone")?,
            next: Timestamp(row.try_get("next_at")?),
        })
    };
    rows.iter().map(read).collect()
}
