//! `/platform stats` over a million answers, read from the sums kept with them; and the sums counted
//! anew. SQLite, one process. `cargo bench --bench stats`

#![expect(clippy::unwrap_used, reason = "a bench stops at the first thing that is not so")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use goldenpath::clock::{Clock, SystemClock};
use goldenpath::db::Db;
use goldenpath::ids::Ids;
use goldenpath::keys::Keys;
use goldenpath::people::{Defaults, People, Roles};
use goldenpath::stats::{Stats, picture::Studio};
use goldenpath::surveys::{self, Surveys};

const ANSWERS: i64 = 1_000_000;
const WAVES: i64 = 12;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let ids = Arc::new(Ids::from_system());
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    let db = Db::open(&url, Arc::new(SystemClock), ids.clone()).await.unwrap();
    fill(&db).await;
    let began = Instant::now();
    let rebuilt = db.write((), |tx, ()| Box::pin(surveys::rebuild(tx))).await.unwrap();
    println!("{} sums counted from {ANSWERS} answers in {:?}", rebuilt.sums, began.elapsed());
    let again = db.write((), |tx, ()| Box::pin(surveys::rebuild(tx))).await.unwrap();
    assert_eq!(again.mended, 0, "a second count differs from the first");
    let keys = Arc::new(Keys::load_or_create(&folder.path().join("key"), &ids).unwrap());
    let people = Arc::new(People::new(db.clone(), Roles::default(), Defaults::default()));
    let all = surveys::load(&[]).unwrap();
    let slice = Arc::new(Surveys { db: db.clone(), keys, people, all, gap: Duration::ZERO });
    let stats = Stats { db, surveys: slice, studio: Studio::default() };
    let year = Duration::from_secs(400 * 86_400);
    let mut times = Vec::new();
    for _ in 0..100 {
        let began = Instant::now();
        let overview = stats.overview(year).await.unwrap();
        times.push(began.elapsed());
        assert_eq!(overview.tracked().unwrap().answered, u64::try_from(ANSWERS).unwrap());
    }
    times.sort();
    println!("stats over {ANSWERS} answers: median {:?}, slowest {:?}", times[50], times[99]);
    let began = Instant::now();
    let overview = stats.overview(year).await.unwrap();
    let picture = stats.picture(overview.tracked().unwrap()).await.unwrap();
    let bytes = picture.light.bytes().unwrap().len();
    println!("the picture, drawn twice: {:?}, {bytes} bytes", began.elapsed());
    assert!(times[50] < Duration::from_millis(100), "slower than a tenth of a second");
}

/// A year of waves, each with its share of the answers, spread over twenty teams; all who were asked answered.
async fn fill(db: &Db) {
    let now = SystemClock.now();
    let people = db.write((), |tx, ()| {
        Box::pin(async move {
            let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
                       INSERT INTO person (id, name, created_at) SELECT printf('per_%08d', i), 'Ada', 1 FROM n";
            Ok(sqlx::query(sql).bind(ANSWERS / WAVES + ANSWERS % WAVES).execute(tx.conn()).await.map(drop)?)
        })
    });
    people.await.unwrap();
    for wave in 0..WAVES {
        let period = now.minus(Duration::from_secs(u64::try_from(wave).unwrap() * 30 * 86_400)).month();
        let unit = (format!("wav_{wave}"), format!("{period}-{wave:02}"));
        let filled = db.write(unit, |tx, (id, period)| {
            Box::pin(async move {
                let sql = "INSERT INTO wave (id, survey, period, mode, k, state)
                           VALUES ($1, 'env.csat', $2, 'confidential', 5, 'closed')";
                sqlx::query(sql).bind(&*id).bind(&*period).execute(tx.conn()).await?;
                let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
                           INSERT INTO answer (wave_id, respondent, value, week, segment)
                           SELECT $1, printf('%s-%08d', $1, i), 1 + (i * 7 + i / 11) % 5, '2026-W47',
                                  printf('team-%d', i % 20) FROM n";
                sqlx::query(sql).bind(&*id).bind(ANSWERS / WAVES + i64::from(id == "wav_0") * (ANSWERS % WAVES))
                    .execute(tx.conn()).await?;
                let sql = "INSERT INTO invitation (id, wave_id, person_id, subject, answered)
                           SELECT 'inv_' || substr(respondent, 5), $1, 'per_' || substr(respondent, -8), 'shop', 1
                           FROM answer WHERE wave_id = $1";
                Ok(sqlx::query(sql).bind(&*id).execute(tx.conn()).await.map(drop)?)
            })
        });
        filled.await.unwrap();
    }
}
