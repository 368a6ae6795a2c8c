//! What exists and what is known differ: compared and repaired, on evidence alone.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::path::PathBuf;

use goldenpath::drivers::process::{Identity, is_alive, kill_group};
use goldenpath::drivers::site::{SiteDriver, SiteSettings};
use goldenpath::drivers::{Driver as _, Observed, Resource};
use goldenpath::environments;
use insta::assert_snapshot;

use crate::harness::fickle::fickle;
use crate::harness::test_app::TestApp;

/// Compares now, as each start does.
async fn compare(app: &TestApp) {
    app.app.worker.schedule().await.unwrap();
    app.run_jobs().await;
}

/// A ready `demo` of Ada's.
async fn with_demo() -> TestApp {
    let app = TestApp::start().await;
    app.person("Ada").types("env create preview-site demo").await;
    app.run_jobs().await;
    app
}

/// Where the one environment keeps its files.
async fn folder(app: &TestApp) -> PathBuf {
    app.folder.path().join("data/environments").join(&app.texts("SELECT id FROM environment").await[0])
}

#[tokio::test]
async fn a_create_whose_job_is_lost_goes_on() {
    let app = TestApp::start().await;
    app.person("Ada").types("env create preview-site demo").await;
    // As if an operator had dropped it.
    app.changes("DELETE FROM job WHERE kind = 'env.advance'").await;
    app.run_jobs().await;
    assert!(app.reads("C1").starts_with("⏳ `demo`"), "{}", app.reads("C1"));
    compare(&app).await;
    assert!(app.reads("C1").starts_with("✅ `demo` is ready"), "{}", app.reads("C1"));
    app.end().await;
}

#[tokio::test]
async fn a_create_whose_job_was_given_up_stops_and_says_so() {
    let app = TestApp::start().await;
    app.person("Ada").types("env create preview-site demo").await;
    // As after a panic in each of its runs.
    app.changes("UPDATE job SET state = 'failed' WHERE kind = 'env.advance'").await;
    compare(&app).await;
    assert_snapshot!(app.reads("C1"), @"
    ❌ `demo` stopped at rendering the page: something went wrong on my side, again and again; the log has the details
    Made so far: workspace. Without a decision it is undone and goes in 1 day (<!date^1795078800^{date_short_pretty} at {time}|2026-11-19 09:00 UTC>).
    [Retry from here] [Undo]
    ");
    app.person("Ada").presses("Retry from here").await;
    assert!(app.reads("C1").starts_with("✅ `demo` is ready"), "{}", app.reads("C1"));
    app.changes("DELETE FROM job WHERE state = 'failed'").await;
    app.end().await;
}

#[tokio::test]
async fn a_destroy_whose_job_was_given_up_is_stuck() {
    let app = with_demo().await;
    app.person("Ada").types("env destroy demo").await;
    app.changes("UPDATE job SET state = 'failed' WHERE kind = 'env.advance'").await;
    compare(&app).await;
    assert_snapshot!(app.reads("C1"), @"
    ⚠️ `demo` is stuck: something went wrong on my side, again and again; the log has the details
    `/platform env retry demo` tries again; where that does not help, an admin can leave it behind with `/platform env abandon demo`.
    [Try again] [Leave it behind]
    ");
    app.changes("DELETE FROM job WHERE state = 'failed'").await;
    app.person("Ada").presses("Try again").await;
    assert_snapshot!(app.reads("C1"), @"✅ `demo` is gone; its name is free again.");
    app.end().await;
}

/// The server of `demo`, and what is recorded of it.
async fn site(app: &TestApp) -> (Identity, Resource) {
    let id = app.texts("SELECT id FROM environment").await.remove(0);
    let mut conn = app.app.db.read().await.unwrap();
    let (_, _, resources) = environments::load(&mut conn, &id).await.unwrap().unwrap();
    let row = resources.into_iter().find(|row| row.resource.kind == "process").unwrap();
    (serde_json::from_value(row.resource.handle.clone()).unwrap(), row.resource)
}

#[tokio::test]
async fn a_server_that_was_started_while_its_environment_went_is_ended() {
    let app = with_demo().await;
    let (server, recorded) = site(&app).await;
    kill_group(&server).unwrap();
    // The destroy is past the site and not past the folder …
    app.changes("UPDATE resource SET driver = 'site' WHERE kind = 'workspace'").await;
    app.person("Ada").types("env destroy demo").await;
    app.run_jobs().await;
    assert!(app.reads("C1").contains("1 of 2 removed"), "{}", app.reads("C1"));
    // … when the start of the site ends that was under way, and then the bot crashes.
    let driver = SiteDriver::new(SiteSettings::new(env!("CARGO_BIN_EXE_goldenpath").into()));
    let again = driver.restart(&recorded).await.unwrap();
    let again: Identity = serde_json::from_value(again.handle).unwrap();
    assert!(is_alive(&again) && driver.observe(&recorded).await.unwrap() == Observed::Present);
    compare(&app).await;
    assert!(!is_alive(&again), "a server stays that nobody knows");
    app.changes("UPDATE resource SET driver = 'workspace' WHERE kind = 'workspace'").await;
    app.end().await;
}

#[tokio::test]
async fn only_the_folder_of_what_is_known_to_be_destroyed_is_removed() {
    let app = with_demo().await;
    let late = folder(&app).await.join("workspace/late");
    let unknown = late.ancestors().nth(3).unwrap().join("env_unknown");
    std::fs::create_dir_all(&unknown).unwrap();
    compare(&app).await;
    assert!(late.ancestors().nth(2).unwrap().exists(), "it is ready");
    app.person("Ada").types("env destroy demo").await;
    app.run_jobs().await;
    // A worker that had slept through its lease wakes up and goes on writing.
    std::fs::create_dir_all(&late).unwrap();
    compare(&app).await;
    assert!(!late.ancestors().nth(2).unwrap().exists() && unknown.exists());
    std::fs::remove_dir(unknown).unwrap();
    app.end().await;
}

#[tokio::test]
async fn what_an_admin_left_behind_goes_once_it_can() {
    let app = with_demo().await;
    let folder = folder(&app).await;
    app.changes("UPDATE resource SET driver = 'site' WHERE kind = 'workspace'").await;
    app.person("Ada").types("env destroy demo").await;
    for _ in 0..10 {
        app.after(std::time::Duration::from_secs(300)).await;
    }
    app.person("Olga").presses("Leave it behind").await;
    assert_snapshot!(app.reads("C1"), @"✅ `demo` is gone. Left behind: workspace.");
    assert!(folder.exists());
    compare(&app).await;
    assert!(!folder.exists());
    app.end().await;
}

#[tokio::test]
async fn a_half_made_repository_is_removed_once_its_step_is_over() {
    let app = TestApp::with(fickle).await;
    let ada = app.person("Ada");
    ada.types("env create fickle shop").await;
    app.run_jobs().await;
    let key =
        app.texts("SELECT run_id || ':' || CAST(position AS TEXT) FROM step WHERE step_id = 'publish'").await;
    let half_made = app.half_made(&key[0]);
    let unknown = app.half_made("run_unknown:2");
    compare(&app).await;
    assert!(half_made.iter().all(|path| path.exists()), "its step may be done again");
    ada.presses("Undo").await;
    compare(&app).await;
    assert!(!half_made.iter().any(|path| path.exists()) && unknown.iter().all(|path| path.exists()));
    app.end().await;
}

#[tokio::test]
async fn the_name_of_a_kept_repository_is_refused_until_somebody_removed_it() {
    let app = TestApp::with(fickle).await;
    let ada = app.person("Ada");
    app.allow();
    ada.types("env create fickle shop").await;
    app.run_jobs().await;
    ada.types("env destroy shop").await;
    app.run_jobs().await;
    compare(&app).await;
    assert_snapshot!(ada.runs("env create fickle shop").await, @"The repository `shop.git` of an earlier environment is kept, and this one would need that name for its own. Choose another name: `shop-2` is free.");
    assert!(ada.runs("env create preview-site shop").await.starts_with("⏳"), "it makes no repository");
    ada.types("env destroy shop").await;
    app.run_jobs().await;
    std::fs::remove_dir_all(app.repository()).unwrap();
    compare(&app).await;
    assert!(ada.runs("env create fickle shop").await.starts_with("⏳"));
    app.end().await;
}
