//! Messages whose words are made when they are delivered.

use std::sync::Arc;
use std::time::Duration;

use goldenpath::chat::SendError;
use goldenpath::chat::message::Message;
use goldenpath::chat::outbox::{self, Deliver, Fate, Timely};
use goldenpath::jobs::worker::Worker;

use super::{address, end, says};
use crate::harness::ground::Ground;
use crate::harness::recorder::Recorder;
use crate::harness::test_app::START;

const MINUTE: Duration = Duration::from_secs(60);

/// They say how many minutes passed, and nothing before the first one did. That they were
/// settled is a setting.
fn minutes() -> Timely {
    Timely {
        prefix: "m",
        compose: Arc::new(|tx, _, sent| {
            let passed = tx.now().since(START).as_secs() / 60;
            let words = format!("{passed} min{}", if sent { ", changed" } else { "" });
            Box::pin(async move { Ok((passed > 0).then(|| Message::new(words))) })
        }),
        settled: Arc::new(|tx, key| {
            Box::pin(async move {
                let sql = "INSERT INTO setting (name, value) VALUES ($1, '') ON CONFLICT (name) DO NOTHING";
                sqlx::query(sql).bind(key).execute(tx.conn()).await?;
                Ok(())
            })
        }),
    }
}

async fn ground() -> (Ground, Arc<Recorder>, Worker) {
    let (ground, recorder) = (Ground::new().await, Recorder::new());
    let deliver = Deliver::new(ground.db.clone(), vec![recorder.clone()]).with(minutes());
    let worker = ground.worker(vec![Arc::new(deliver)]);
    (ground, recorder, worker)
}

/// What became of the message, and whether somebody was told.
async fn fate(ground: &Ground) -> (Option<Fate>, bool) {
    let mut conn = ground.read().await;
    let told = "SELECT CAST(count(*) AS BIGINT) FROM setting WHERE name = 'm'";
    let told: i64 = sqlx::query_scalar(told).fetch_one(&mut *conn).await.unwrap();
    (outbox::fate(&mut conn, "m").await.unwrap(), told == 1)
}

#[tokio::test]
async fn one_that_comes_late_says_what_is_so_then() {
    let (ground, recorder, worker) = ground().await;
    ground.clock.advance(MINUTE);
    recorder.refuses(SendError::Later { seconds: 120, reason: "too many".into() });
    says(&ground, "whatever").await;
    worker.run_due().await.unwrap();
    assert_eq!(fate(&ground).await, (Some(Fate::Waiting), false));
    ground.clock.advance(2 * MINUTE);
    worker.run_due().await.unwrap();
    let delivered = Some(Fate::Delivered(START.plus(3 * MINUTE)));
    assert_eq!(fate(&ground).await, (delivered, true));
    ground.clock.advance(MINUTE);
    ground.db.write((), |tx, ()| Box::pin(outbox::touch(tx, "m"))).await.unwrap();
    worker.run_due().await.unwrap();
    assert_eq!(recorder.sent(), ["post C1 1 min", "post C1 3 min", "update #2 4 min, changed"]);
    assert_eq!(fate(&ground).await.0, delivered, "its first arrival counts");
    end(ground).await;
}

#[tokio::test]
async fn one_that_has_nothing_to_say_is_dropped_unsent() {
    let (ground, recorder, worker) = ground().await;
    says(&ground, "whatever").await;
    worker.run_due().await.unwrap();
    assert_eq!((recorder.sent(), fate(&ground).await), (vec![], (None, false)));
    end(ground).await;
}

#[tokio::test]
async fn one_that_is_given_up_tells_so() {
    let (ground, recorder, worker) = ground().await;
    ground.clock.advance(MINUTE);
    recorder.refuses(SendError::Never("nobody is there".into()));
    let silent = (address(), Message::default());
    let put = ground.db.write(silent, |tx, (to, message)| Box::pin(outbox::put(tx, "m", to, message)));
    put.await.unwrap();
    worker.run_due().await.unwrap();
    assert_eq!(fate(&ground).await, (Some(Fate::GivenUp(START.plus(MINUTE))), true));
    end(ground).await;
}
