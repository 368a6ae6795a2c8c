//! Durable answers per second: the whole path of a press, against the same statements in a bare
//! loop over the driver, side by side in one run. `cargo bench --bench answers`.

#![expect(clippy::unwrap_used, reason = "a bench stops at the first thing that is not so")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use goldenpath::app::{Ambient, App};
use goldenpath::chat::inbound::{AnswerBy, Identity, Input, Invocation, Place, Standing};
use goldenpath::chat::message::{ButtonValue, Reply};
use goldenpath::clock::SystemClock;
use goldenpath::config::Config;
use goldenpath::content::Content;
use goldenpath::ids::Ids;
use goldenpath::keys::Keys;
use sqlx::{AnyConnection, Connection as _, Executor as _};

const ROUNDS: usize = 10;
const EACH: usize = 200;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    seed(&app, folder.path()).await;
    let copy = folder.path().join("bare.db");
    app.db.copy_to(&copy).await.unwrap();
    let mut bare = connect(&copy).await;
    let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        let people = round * EACH..(round + 1) * EACH;
        let start = Instant::now();
        for n in people.clone() {
            assert_eq!(app.dispatcher.dispatch(press(n)).await, Reply::Silent);
        }
        ours += start.elapsed();
        let start = Instant::now();
        for n in people {
            statements(&mut bare, n).await;
        }
        theirs += start.elapsed();
    }
    let total = u32::try_from(ROUNDS * EACH).unwrap();
    let rate = |span: Duration| f64::from(total) / span.as_secs_f64();
    println!("answers: {total}, one after another, each on disk before the next (WAL, synchronous FULL)");
    println!("the whole path of a press: {:.0} a second", rate(ours));
    println!("the same statements alone: {:.0} a second", rate(theirs));
    println!("ratio: {:.2}", rate(ours) / rate(theirs));
}

async fn app(folder: &Path) -> App {
    let mut config = Config::defaults();
    config.data = folder.join("data");
    let content = Content::load(&config).unwrap();
    let clock = Arc::new(SystemClock);
    let ambient = Ambient { clock: clock.clone(), wall: clock, ids: Arc::new(Ids::from_system()) };
    App::build(&config, content, ambient).await.unwrap()
}

/// People who were asked, and the messages that asked them.
async fn seed(app: &App, folder: &Path) {
    let keys = Keys::load_or_create(&folder.join("data/key"), &Ids::from_system()).unwrap();
    let wrapped = data_encoding::BASE64.encode(&keys.wrap("wav_1", &[7; 32], [1; 12]).unwrap());
    let unit = app.db.write(wrapped, |tx, wrapped| {
        Box::pin(async move {
            let conn = tx.conn();
            let wave = "INSERT INTO wave (id, survey, period, mode, k) VALUES ('wav_1', 'env.csat', '2026-11', 'confidential', 5)";
            sqlx::query(wave).execute(&mut *conn).await?;
            let key = "INSERT INTO wave_key (wave_id, wrapped) VALUES ('wav_1', $1)";
            sqlx::query(key).bind(wrapped).execute(&mut *conn).await?;
            for n in 0..ROUNDS * EACH {
                let (person, user) = (format!("per_{n}"), format!("U{n}"));
                for sql in [
                    "INSERT INTO person (id, name, created_at) VALUES ($1, 'Name' || $2, 1)",
                    "INSERT INTO identity (platform, workspace, user_id, person_id) VALUES ('slack', 'T1', $2, $1)",
                    "INSERT INTO invitation (id, wave_id, person_id, subject, answered) VALUES ('inv_' || $2, 'wav_1', $1, 'shop', 0)",
                    "INSERT INTO message (key, platform, workspace, target, content, version, delivered, sending, repeats)
                     VALUES ('invitation:inv_' || $2, 'slack', 'T1', $1, '{}', 1, 1, 0, 0)",
                ] {
                    sqlx::query(sql).bind(&person).bind(&user).execute(&mut *conn).await?;
                }
            }
            Ok(())
        })
    });
    unit.await.unwrap();
}

fn press(n: usize) -> Invocation {
    Invocation {
        identity: Identity::new("slack", "T1", &format!("U{n}")),
        standing: Standing::Member,
        display_name: format!("NameU{n}"),
        place: Place { conversation: "D1".into(), direct: true, thread: None },
        delivery: format!("press-{n}"),
        answer_by: AnswerBy::Inline,
        input: Input::Press { value: ButtonValue::new("survey.answer", &format!("inv_U{n}"), "4") },
    }
}

async fn connect(file: &Path) -> AnyConnection {
    let mut conn = AnyConnection::connect(&format!("sqlite://{}?mode=rw", file.display())).await.unwrap();
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;";
    conn.execute(settings).await.unwrap();
    conn
}

/// What one answer says to the database, with values of the same lengths.
async fn statements(conn: &mut AnyConnection, n: usize) {
    let (user, invitation, name) = (format!("U{n}"), format!("inv_U{n}"), format!("{n:064}"));
    let find = "SELECT person.id, person.name FROM identity JOIN person ON person.id = identity.person_id
                WHERE platform = 'slack' AND workspace = 'T1' AND user_id = $1";
    sqlx::query(find).bind(&user).fetch_one(&mut *conn).await.unwrap();
    conn.execute("BEGIN IMMEDIATE").await.unwrap();
    let claim =
        "INSERT INTO delivery (key, reply, expires_at) VALUES ($1, '', 1) ON CONFLICT (key) DO NOTHING";
    sqlx::query(claim).bind(&name).execute(&mut *conn).await.unwrap();
    let asked = "SELECT invitation.id, person_id, invitation.subject, segment, wave.id, survey, wave.state FROM invitation
                 JOIN wave ON wave.id = invitation.wave_id WHERE invitation.id = $1";
    sqlx::query(asked).bind(&invitation).fetch_one(&mut *conn).await.unwrap();
    let key = "SELECT wrapped FROM wave_key WHERE wave_id = 'wav_1'";
    sqlx::query(key).fetch_one(&mut *conn).await.unwrap();
    let note = "UPDATE invitation SET answered = 1, remind_at = NULL WHERE id = $1";
    sqlx::query(note).bind(&invitation).execute(&mut *conn).await.unwrap();
    let before = "SELECT value, segment FROM answer WHERE wave_id = 'wav_1' AND respondent = $1";
    sqlx::query(before).bind(&name).fetch_optional(&mut *conn).await.unwrap();
    let answer = "INSERT INTO answer (wave_id, respondent, value, week, segment) VALUES ('wav_1', $1, 4, '2026-W48', '')
                  ON CONFLICT (wave_id, respondent) DO UPDATE SET value = excluded.value";
    sqlx::query(answer).bind(&name).execute(&mut *conn).await.unwrap();
    let fact =
        "INSERT INTO fact (id, at, kind, subject, data) VALUES ($1, 1, 'survey.answered', 'wav_1', '{}')";
    sqlx::query(fact).bind(&name[44..]).execute(&mut *conn).await.unwrap();
    let sums =
        "INSERT INTO tally (wave_id, segment, bucket, n) VALUES ('wav_1', '', -1, 1), ('wav_1', '', 4, 1)
                ON CONFLICT (wave_id, segment, bucket) DO UPDATE SET n = tally.n + excluded.n";
    sqlx::query(sums).execute(&mut *conn).await.unwrap();
    let step =
        "SELECT bucket, n, told FROM tally WHERE wave_id = 'wav_1' AND segment = '' AND bucket IN (-1, 0)";
    sqlx::query(step).fetch_all(&mut *conn).await.unwrap();
    if n.is_multiple_of(5) {
        let tell = "UPDATE tally SET told = n WHERE wave_id = 'wav_1' AND segment = '' AND told <> n";
        sqlx::query(tell).execute(&mut *conn).await.unwrap();
    }
    let message = "UPDATE message SET content = $2, version = version + 1 WHERE key = 'invitation:inv_' || $1 AND content <> $2";
    sqlx::query(message).bind(&user).bind("x".repeat(1_900)).execute(&mut *conn).await.unwrap();
    let job = "INSERT INTO job (id, kind, payload, key, run_at, state, attempt, lease_until, since)
               VALUES ($1, 'deliver', '{\"message\":\"invitation:inv_\"}', 'deliver:invitation:' || $1, 1, 'ready', 0, 0, 1)
               ON CONFLICT (key) WHERE state = 'ready' DO UPDATE SET payload = excluded.payload";
    sqlx::query(job).bind(&invitation).execute(&mut *conn).await.unwrap();
    let reply = "UPDATE delivery SET reply = '{\"reply\":\"silent\"}' WHERE key = $1";
    sqlx::query(reply).bind(&name).execute(&mut *conn).await.unwrap();
    conn.execute("COMMIT").await.unwrap();
}
