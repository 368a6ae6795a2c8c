//! Two units of work on one environment or prompt at the same time. SQLite has
//! one writer, so these bite on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use goldenpath::access::Actor;
use goldenpath::chat::inbound::Identity;
use goldenpath::db::Dialect;
use goldenpath::environments;
use goldenpath::error::Result;
use goldenpath::moment::Lasting;
use serde_json::Map;
use sqlx::Row;
use tokio::sync::mpsc;

use crate::harness::fake_slack::TEAM;
use crate::harness::reading::buttons;
use crate::harness::test_app::TestApp;

/// The only environment's id and state.
async fn standing(app: &TestApp) -> (String, String) {
    let mut conn = app.app.db.read().await.unwrap();
    let row = sqlx::query("SELECT id, state FROM environment").fetch_one(&mut *conn).await.unwrap();
    (row.get("id"), row.get("state"))
}

async fn ada_herself(app: &TestApp) -> Actor {
    let mut conn = app.app.db.read().await.unwrap();
    let sql = "SELECT person_id FROM identity WHERE user_id = 'UADA'";
    let person: String = sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap();
    Actor {
        person,
        name: "Ada".into(),
        identity: Identity::new("slack", TEAM, "UADA"),
        roles: std::collections::BTreeSet::new(),
        zone: goldenpath::zone::Zone::default(),
        zone_known: false,
    }
}

/// Destroys `demo` in a unit that stays open until `meanwhile` had its chance to begin.
async fn destroys_slowly<T>(app: &TestApp, meanwhile: impl Future<Output = Result<T>>) -> Result<T> {
    let (begun, mut has_begun) = mpsc::unbounded_channel();
    let input = (ada_herself(app).await, begun);
    let destroying = app.app.db.write(input, |tx, (actor, begun)| {
        Box::pin(async move {
            environments::destroy(tx, actor, "demo").await?;
            let _ = begun.send(());
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(())
        })
    });
    let meanwhile = async {
        has_begun.recv().await.unwrap();
        meanwhile.await
    };
    let (destroyed, outcome) = tokio::join!(destroying, meanwhile);
    destroyed.unwrap();
    outcome
}

#[tokio::test]
async fn a_create_that_ends_while_a_destroy_commits_does_not_undo_the_destroy() {
    let app = TestApp::start().await;
    app.person("Ada").types("env create preview-site demo").await;
    let (id, _) = standing(&app).await;
    let ready = app.app.db.write((id, Map::new()), |tx, (id, outputs)| {
        Box::pin(environments::runs::provisioned(tx, id, outputs))
    });
    destroys_slowly(&app, ready).await.unwrap();
    assert_eq!(standing(&app).await.1, "destroying");
    app.end().await;
}

#[tokio::test]
async fn an_extension_that_meets_a_destroy_is_refused() {
    let app = TestApp::start().await;
    app.person("Ada").types("env create preview-site demo").await;
    app.run_jobs().await;
    let extend = app.app.db.write(ada_herself(&app).await, |tx, actor| {
        Box::pin(environments::deadlines::extend(tx, actor, "demo", Lasting::For(Duration::from_secs(3_600))))
    });
    let refused = destroys_slowly(&app, extend).await.unwrap_err();
    assert_eq!(refused.to_string(), "`demo` is destroying; there is nothing to extend.");
    app.end().await;
}

#[tokio::test]
async fn a_step_that_would_begin_while_a_destroy_commits_does_not() {
    let app = TestApp::start().await;
    app.person("Ada").types("env create preview-site demo").await;
    let (id, _) = standing(&app).await;
    let mut conn = app.app.db.read().await.unwrap();
    let (_, run, _) = environments::load(&mut conn, &id).await.unwrap().unwrap();
    drop(conn);
    let begin = app.app.db.write((id, run.unwrap().steps.remove(0)), |tx, (id, step)| {
        Box::pin(environments::runs::begin_step(tx, id, step))
    });
    assert_eq!(destroys_slowly(&app, begin).await.unwrap(), None, "it began");
    app.end().await;
}

#[tokio::test]
async fn two_clicks_at_once_are_one_answer_and_one_fact() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    let mut buttons = buttons(&app.fake.shown_in(&ada.direct())[0]).into_iter().map(|(_, value)| value);
    let (first, second) = (buttons.next().unwrap(), buttons.next().unwrap());
    // Held, so that both have read that nothing was answered before either goes on.
    let mut holder = app.app.db.read().await.unwrap();
    let postgres = app.app.db.dialect() == Dialect::Postgres;
    if postgres {
        sqlx::query("BEGIN").execute(&mut *holder).await.unwrap();
        sqlx::query("LOCK TABLE answer IN EXCLUSIVE MODE").execute(&mut *holder).await.unwrap();
    }
    let release = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        if postgres {
            sqlx::query("COMMIT").execute(&mut *holder).await.unwrap();
        }
        drop(holder);
    };
    tokio::join!(ada.presses_value(&first), ada.presses_value(&second), release);
    let mut conn = app.app.db.read().await.unwrap();
    let count = "SELECT CAST(count(*) AS BIGINT) FROM fact WHERE kind = 'survey.answered'";
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&mut *conn).await.unwrap(), 1);
    drop(conn);
    app.end().await;
}
