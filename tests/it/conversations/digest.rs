//! The digest that a channel gets each week.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use goldenpath::config::Config;

use super::stats::wave;
use crate::harness::fake_discord::{CHANNEL, GUILD};
use crate::harness::stage::Stage;
use crate::harness::test_app::TestApp;
use crate::harness::work::Work;
use crate::{on_each, reads};

const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// An app that tells the channel `C1` each Monday at nine.
async fn app() -> TestApp {
    TestApp::with(|config| config.digest.channel = Some("slack:T1:C1".to_owned().try_into().unwrap())).await
}

on_each!(with told_to_the_channel:
    a_channel_reads_each_monday_how_the_week_was,
    the_trend_that_says_most_comes_with_it_as_a_picture,
);

/// Alone, the playground has no other channel to tell.
fn told_to_the_channel(config: &mut Config) {
    let discord = config.discord.token.as_ref().map(|_| format!("discord:{GUILD}:{CHANNEL}"));
    let slack = config.slack.bot_token.as_ref().map(|_| "slack:T1:C1".to_owned());
    config.digest.channel = discord.or(slack).map(|channel| channel.try_into().unwrap());
}

async fn a_channel_reads_each_monday_how_the_week_was(stage: &Stage) {
    stage.person("Ada").runs("env create preview-site demo").await;
    stage.app().run_jobs().await;
    let before = stage.reads().await;
    stage.app().passes(WEEK).await;
    reads!(stage.reads().await.replace(&before, "…"), @"
    ✅ demo is gone; its name is free again.

    Platform · last 7 days against the 7 days before
    Adoption · 1 person active; nobody before, so there is nothing to compare with
    Environments · 1 asked for, 1 ready, 0 failed
    First environment · median 0.0 s, n = 1
    Golden path · 1 of 1
    Satisfaction · 0 of 1 asked; 0 answers so far; shown from 5 on
    In brackets: 95 % interval. Scores count whole calendar months and no skips.
    Something in your way? /platform feedback tells the platform team.
    ");
}

async fn the_trend_that_says_most_comes_with_it_as_a_picture(stage: &Stage) {
    wave(stage.app(), "env.csat", "2026-10", &[1, 2, 3, 9, 10], &[]).await;
    wave(stage.app(), "env.csat", "2026-11", &[0, 3, 3, 9, 10], &[]).await;
    stage.app().passes(WEEK).await;
    reads!(stage.reads().await, @"
    Platform · last 7 days against the 7 days before
    Adoption · 0 people active; nobody before, so there is nothing to compare with
    Environments · 0 asked for, 0 ready, 0 failed
    First environment · nobody asked for their first one in this time
    Golden path · 0 of 0
    Satisfaction · CSAT 76 % [57, 89] well or very well, n = 25 · 25 of 29 asked (86 %)
    Trend · Satisfaction: +0 points since the wave before, but anything under 23 could be chance with 25 answers
    In brackets: 95 % interval. Scores count whole calendar months and no skips.
    Something in your way? /platform feedback tells the platform team.
    No change to be seen: +0, chance up to 23. Getting an environment: well or very well, % · band: 95 % interval. Oct 26 76 % [57, 89], n = 25; Nov 26 76 % [57, 89], n = 25.
    ");
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
