//! Answers of every kind, and what they add up to.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use goldenpath::clock::Timestamp;
use goldenpath::disclosure::Counts;
use goldenpath::surveys;

use crate::harness::test_app::TestApp;

/// What the waves of a survey add up to.
async fn sums(app: &TestApp, survey: &str) -> Vec<Counts> {
    let mut conn = app.app.db.read().await.unwrap();
    let waves = surveys::tallies(&mut conn, survey, Timestamp(0)).await.unwrap();
    waves.into_iter().map(|wave| wave.counts).collect()
}

#[tokio::test]
async fn what_is_answered_and_changed_adds_up_at_once() {
    let app = TestApp::start().await;
    for name in ["Ada", "Ben", "Cy"] {
        let person = app.person(name);
        person.types(&format!("env create preview-site {}-site", name.to_lowercase())).await;
    }
    app.run_jobs().await;
    app.person("Ada").presses("Well").await;
    app.person("Ben").presses("Well").await;
    assert_eq!(sums(&app, "env.csat").await, [Counts::new(3, 2, 5, 0, 2, vec![0, 0, 0, 2])]);
    app.person("Ada").presses("Badly").await;
    assert_eq!(sums(&app, "env.csat").await, [Counts::new(3, 2, 5, 0, 2, vec![0, 1, 0, 1])]);
    let rebuilt = app.app.db.write((), |tx, ()| Box::pin(surveys::rebuild(tx))).await.unwrap();
    assert_eq!(rebuilt.mended, 0);
    app.end().await;
}
