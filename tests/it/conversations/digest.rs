//! The digest that a channel gets each week.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use insta::assert_snapshot;

use super::stats::wave;
use crate::harness::test_app::TestApp;
use crate::harness::work::Work;

const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// An app that tells the channel `C1` each Monday at nine.
async fn app() -> TestApp {
    TestApp::with(|config| config.digest.channel = Some("slack:T1:C1".to_owned().try_into().unwrap())).await
}

#[tokio::test]
async fn a_channel_reads_each_monday_how_the_week_was() {
    let app = app().await;
    app.person("Ada").types("env create preview-site demo").await;
    app.run_jobs().await;
    let before = app.reads("C1");
    app.passes(WEEK).await;
    assert_snapshot!(app.reads("C1").replace(&before, "…"), @"
    ✅ `demo` is gone; its name is free again.

    Platform · last 7 days against the 7 days before
    Adoption  1 person active; nobody before, so there is nothing to compare with
    Environments  1 asked for, 1 ready, 0 failed
    First environment  median 0.0 s, n = 1
    Golden path  1 of 1
    Satisfaction  0 of 1 asked; 0 answers so far; shown from 5 on
    In brackets: 95 % interval. Scores count whole calendar months and no skips.
    Something in your way? `/platform feedback` tells the platform team.
    ");
    app.end().await;
}

#[tokio::test]
async fn the_trend_that_says_most_comes_with_it_as_a_picture() {
    let app = app().await;
    wave(&app, "env.csat", "2026-10", &[1, 2, 3, 9, 10], &[]).await;
    wave(&app, "env.csat", "2026-11", &[0, 3, 3, 9, 10], &[]).await;
    app.passes(WEEK).await;
    let posted = app.reads("C1");
    assert!(posted.contains("CSAT 76 % [57, 89]") && posted.contains("Oct 26 76 %"), "{posted}");
    assert_eq!(app.fake.shown_in("C1").len(), 1);
}

#[tokio::test]
async fn a_week_in_which_nothing_happened_is_not_worth_a_message() {
    let app = app().await;
    app.passes(2 * WEEK).await;
    assert_eq!(app.reads("C1"), "");
}

#[tokio::test]
async fn a_digest_that_is_made_twice_is_posted_once() {
    let app = app().await.and_works(Work::Twice);
    app.person("Ada").types("env create preview-site demo").await;
    app.run_jobs().await;
    app.passes(WEEK).await;
    assert_eq!(app.reads("C1").matches("last 7 days").count(), 1);
    assert_eq!(
        app.texts("SELECT key FROM message WHERE key LIKE 'digest:%' AND repeats = 0 AND version = 1")
            .await
            .len(),
        1
    );
}
