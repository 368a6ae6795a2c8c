//! A wave to 50,000 people, planned on SQLite: how long it takes, and what it needs of memory.
//!
//! `cargo bench --bench waves`; the time does not count the people's own rows.

#![expect(clippy::unwrap_used, reason = "a bench stops at the first thing that is not so")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use goldenpath::clock::{ManualClock, Timestamp};
use goldenpath::db::Db;
use goldenpath::ids::Ids;
use goldenpath::keys::Keys;
use goldenpath::people::{Defaults, People, Roles};
use goldenpath::surveys::{self, Surveys, model::Survey};

const PEOPLE: usize = 50_000;
/// Tuesday, 2026-12-01 at 00:00 where a date begins first.
const OPENS: Timestamp = Timestamp(1_796_032_800_000 + 10 * 3_600_000);

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("g.db").display());
    let ids = Arc::new(Ids::seeded(1));
    let db = Db::open(&url, Arc::new(ManualClock::at(OPENS)), ids.clone()).await.unwrap();
    db.write((), |tx, ()| {
        Box::pin(async move {
            for n in 0..PEOPLE {
                let (person, zone) = (format!("per_{n:06}"), ZONES[n % ZONES.len()]);
                let sql = "INSERT INTO person (id, name, created_at, zone) VALUES ($1, $1, 0, $2)";
                sqlx::query(sql).bind(&person).bind(zone).execute(tx.conn()).await?;
                let sql = "INSERT INTO identity (platform, workspace, user_id, person_id, standing)
                           VALUES ('slack', 'T1', $1, $1, 'member')";
                sqlx::query(sql).bind(&person).execute(tx.conn()).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
    let keys = Arc::new(Keys::load_or_create(&folder.path().join("key"), &ids).unwrap());
    let people = Arc::new(People::new(db.clone(), Roles::default(), Defaults::default()));
    let everybody = |mut survey: Survey| {
        survey.when.sample = 1.0;
        survey
    };
    let all = surveys::load(&[]).unwrap().into_iter().map(everybody).collect();
    let gap = Duration::from_secs(7 * 86_400);
    let slice = Arc::new(Surveys { db: db.clone(), keys, people, all, gap });
    slice.clone().come_round("pulse.sat", OPENS).await.unwrap();
    let wave: String = {
        let mut conn = db.read().await.unwrap();
        sqlx::query_scalar("SELECT id FROM wave").fetch_one(&mut *conn).await.unwrap()
    };
    let (before, start) = (peak(), Instant::now());
    slice.go_on(&wave).await.unwrap();
    let (took, after) = (start.elapsed(), peak());
    let sql = "SELECT CAST(count(*) AS BIGINT) FROM invitation WHERE state = 'planned'";
    let planned: i64 = sqlx::query_scalar(sql).fetch_one(&mut *db.read().await.unwrap()).await.unwrap();
    println!(
        "planned {planned} of {PEOPLE} in {took:.2?}; peak memory {before} KiB before, {after} KiB after"
    );
    assert_eq!(planned, 50_000);
    assert!(took < Duration::from_secs(5), "{took:?}");
}

const ZONES: [&str; 5] =
    ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo"];

/// The most memory this process ever had, in KiB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
