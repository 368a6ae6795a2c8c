//! A simulated year: 2,000 people at five sites in as many zones and all shipped surveys, through
//! the real jobs and the real store, by a clock that jumps from job to job.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod crowd;
mod prompts;

use std::collections::BTreeSet;
use std::sync::Arc;

use goldenpath::clock::{Clock as _, ManualClock, Timestamp};
use goldenpath::db::Db;
use goldenpath::facts::{self, FactJob, FactKind, Follower};
use goldenpath::ids::Ids;
use goldenpath::jobs::Job;
use goldenpath::jobs::schedule::Schedules;
use goldenpath::jobs::worker::Worker;
use goldenpath::keys::Keys;
use goldenpath::people::{Defaults, People, Roles};
use goldenpath::surveys::{self, Surveys, jobs};
use serde_json::json;

use prompts::GAP;

/// Friday, 2027-01-01 at 00:00 UTC.
const START: Timestamp = Timestamp(1_798_761_600_000);
const DAY: i64 = 86_400_000;
/// Of the year's five hundred environments: then some people leave, and something is shipped.
const MIDDLE: i64 = 225;

/// The installation, and what it did.
struct Year {
    db: Db,
    clock: Arc<ManualClock>,
    worker: Worker,
    _folder: tempfile::TempDir,
}

impl Year {
    async fn begin() -> Year {
        // A disk that syncs each of the many small transactions would be what is measured.
        let memory = std::path::Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory).unwrap(),
            false => tempfile::tempdir().unwrap(),
        };
        let (clock, ids) = (Arc::new(ManualClock::at(START)), Arc::new(Ids::seeded(4)));
        let url = format!("sqlite:{}", folder.path().join("g.db").display());
        let db = Db::open(&url, clock.clone(), ids.clone()).await.unwrap();
        db.write((), |tx, ()| Box::pin(crowd::arrives(tx))).await.unwrap();
        db.write((), |tx, ()| Box::pin(prompts::listens(tx))).await.unwrap();
        let keys = Arc::new(Keys::load_or_create(&folder.path().join("key"), &ids).unwrap());
        let defaults = Defaults { organisation: crowd::organisation(), ..Defaults::default() };
        let people = Arc::new(People::new(db.clone(), Roles::default(), defaults));
        let all = surveys::load(&[]).unwrap();
        let slice = Arc::new(Surveys { db: db.clone(), keys, people, all, gap: GAP });
        let schedules = Schedules::new(db.clone(), jobs::schedules(&slice.all));
        schedules.plan().await.unwrap();
        let worker = Worker::new(db.clone(), clock.clone(), all_jobs(&db, &slice, schedules));
        worker.schedule().await.unwrap();
        Year { db, clock, worker, _folder: folder }
    }

    /// Each job at its time, until `until`.
    async fn goes_on_until(&self, until: Timestamp) {
        while let Some(due) = self.next_job().await.filter(|due| *due <= until) {
            self.clock.advance(due.since(self.clock.now()));
            self.worker.run_next(|_| true).await.unwrap();
        }
        self.clock.advance(until.since(self.clock.now()));
    }

    async fn next_job(&self) -> Option<Timestamp> {
        let sql = "SELECT run_at FROM job WHERE state = 'ready' ORDER BY run_at LIMIT 1";
        let mut conn = self.db.read().await.unwrap();
        let due: Option<i64> = sqlx::query_scalar(sql).fetch_optional(&mut *conn).await.unwrap();
        due.map(Timestamp)
    }

    async fn happens(&self, kind: FactKind, subject: &'static str, data: serde_json::Value) {
        let unit = self.db.write((kind, subject, data), |tx, (kind, subject, data)| {
            Box::pin(facts::append(tx, *kind, subject, data.clone()))
        });
        unit.await.unwrap();
    }

    async fn texts(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&mut *self.db.read().await.unwrap()).await.unwrap()
    }
}

fn all_jobs(db: &Db, slice: &Arc<Surveys>, schedules: Schedules) -> Vec<Arc<dyn Job>> {
    let follower = slice.clone();
    let follow: Follower = Arc::new(move |fact| Box::pin(follower.clone().follow(fact)));
    let kinds = [FactKind::EnvReady, FactKind::EnvFailed, FactKind::RoadmapShipped];
    let followers = kinds.map(|kind| (kind, follow.clone())).to_vec();
    let ground: [Arc<dyn Job>; 2] =
        [Arc::new(schedules), Arc::new(FactJob::new(db.clone(), followers).unwrap())];
    // What comes each hour only tidies up.
    let own = jobs::all(slice).into_iter().filter(|job| job.every().is_none());
    ground.into_iter().chain(own).collect()
}

/// When the environment of this number is made, every sixteen hours.
fn moment(number: i64) -> Timestamp {
    Timestamp(START.0 + number * DAY * 2 / 3 + number % 12 * 3_600_000)
}

/// Each person has two environments, one after the other; one in five fails.
async fn passes() -> Year {
    let year = Year::begin().await;
    for number in 0..500 {
        year.goes_on_until(moment(number)).await;
        let (kind, subject) =
            if number % 5 == 0 { (FactKind::EnvFailed, "env_f") } else { (FactKind::EnvReady, "env_r") };
        let person = format!("per_{:04}", number / 2 * 37 % 2_000);
        year.happens(kind, subject, json!({ "person": person, "name": "demo" })).await;
        if number == MIDDLE {
            let waves = year.texts("SELECT id FROM wave WHERE survey = 'pulse.sat'").await;
            let data = json!({ "title": "Faster starts", "said": "Faster.", "waves": waves });
            year.happens(FactKind::RoadmapShipped, "itm_1", data).await;
            year.db.write((), |tx, ()| Box::pin(crowd::some_leave(tx))).await.unwrap();
        }
    }
    year.goes_on_until(Timestamp(START.0 + 365 * DAY)).await;
    year
}

#[tokio::test]
async fn nobody_is_asked_outside_their_hours_or_twice_within_the_gap_and_samples_are_fair() {
    let (began, year) = (std::time::Instant::now(), passes().await);
    let (sent, took, left) = (prompts::sent(&year.db).await, began.elapsed(), moment(MIDDLE));
    prompts::came_at_work(&sent, left);
    prompts::left_the_gap(&sent);
    prompts::came_once_a_wave(&sent);
    prompts::came_to_whom_it_says(&year.db, &sent).await;
    prompts::drawn_fairly(&year.db, left).await;
    assert_eq!(year.db.write((), |tx, ()| Box::pin(surveys::rebuild(tx))).await.unwrap().mended, 0);
    assert_eq!(year.texts("SELECT kind FROM job WHERE state IN ('failed', 'stuck')").await, [""; 0]);
    let asked: Vec<&str> = sent.iter().filter(|sent| sent.asks()).map(|sent| sent.survey.as_str()).collect();
    assert!(asked.len() > 8_000, "{} prompts", asked.len());
    let surveys = BTreeSet::from_iter(&asked);
    assert_eq!(Vec::from_iter(surveys), [&"did.help", &"docs.find", &"env.csat", &"env.fail", &"pulse.sat"]);
    println!("{} prompts in {took:?}", asked.len());
}
