//! Two units of work on one environment or prompt at the same time. SQLite has
//! one writer, so these bite on PostgreSQL.

use std::time::Duration;

use goldenpath::access::Actor;
use goldenpath::chat::inbound::Identity;
use goldenpath::environments;
use goldenpath::error::Result;
use serde_json::Map;
use sqlx::Row;
use tokio::sync::mpsc;

use crate::harness::fake_slack::TEAM;
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
    let ready = app
        .app
        .db
        .write((id, Map::new()), |tx, (id, outputs)| Box::pin(environments::provisioned(tx, id, outputs)));
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
        Box::pin(environments::extend(tx, actor, "demo", Duration::from_secs(3_600)))
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
        Box::pin(environments::begin_step(tx, id, step))
    });
    assert!(!destroys_slowly(&app, begin).await.unwrap(), "it began");
    app.end().await;
}
