//! Warnings of a deadline: when they come, what they offer, what they become.

use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::reading::{buttons, choices};
use crate::harness::stage::{Player, Stage};
use crate::harness::test_app::TestApp;
use crate::{on_each, reads};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

on_each!(
    two_days_two_hours_and_half_an_hour_before_its_end_the_owner_is_told,
    extended_by_its_button_it_stays_and_is_warned_of_anew,
    keep_until_offers_the_ends_that_are_allowed,
    without_any_life_left_only_its_end_is_offered,
    a_short_life_is_warned_of_once_at_its_half,
    destroyed_by_a_person_it_needs_no_warning_and_leaves_none,
);

/// Ada has `demo` for so long.
async fn with_demo<'a>(stage: &'a Stage, ttl: &str) -> Player<'a> {
    let ada = stage.person("Ada");
    ada.runs(&format!("env create preview-site demo ttl={ttl}")).await;
    stage.app().run_jobs().await;
    ada
}

/// The warnings that stand in the direct conversation, in their order.
async fn warnings(ada: &Player<'_>) -> String {
    let read = ada.reads_directly().await;
    let of_it = read.split("\n\n").filter(|text| !text.contains("How did getting"));
    of_it.collect::<Vec<_>>().join("\n\n")
}

async fn two_days_two_hours_and_half_an_hour_before_its_end_the_owner_is_told(stage: &Stage) {
    let ada = with_demo(stage, "5d").await;
    stage.app().passes(3 * DAY).await;
    reads!(warnings(&ada).await, @"
    ⚠️ demo goes in 2 days (2026-11-23 09:00 UTC).
    Extended, it stays until 2026-11-26 09:00 UTC.
    [Extend by 3 days] [Keep until…] [Destroy now]
    ");
    stage.app().passes(2 * DAY - 2 * HOUR).await;
    reads!(warnings(&ada).await, @"
    ⚠️ A later warning says when demo goes.

    ⚠️ demo goes in 2 h (2026-11-23 09:00 UTC).
    Extended, it stays until 2026-11-26 09:00 UTC.
    [Extend by 3 days] [Keep until…] [Destroy now]
    ");
    stage.app().passes(90 * MINUTE).await;
    reads!(warnings(&ada).await, @"
    ⚠️ A later warning says when demo goes.

    ⚠️ A later warning says when demo goes.

    ⚠️ demo goes in 30 min (2026-11-23 09:00 UTC).
    Extended, it stays until 2026-11-26 09:00 UTC.
    [Extend by 3 days] [Keep until…] [Destroy now]
    ");
    stage.app().passes(30 * MINUTE).await;
    reads!(ada.runs("env list").await, @"You have no environments. /platform env create makes one; /platform template list shows what there is.");
    reads!(warnings(&ada).await, @"
    ✅ demo is gone.

    ✅ demo is gone.

    ✅ demo is gone.
    ");
}

async fn extended_by_its_button_it_stays_and_is_warned_of_anew(stage: &Stage) {
    let ada = with_demo(stage, "1d").await;
    stage.app().passes(22 * HOUR).await;
    // Slack knows everybody's time zone; where nobody does, it is named.
    reads!(ada.presses("Extend by 1 day").await.replace(" UTC", ""), @"✅ demo is yours until Fri 09:00, in 1 day 2 h.");
    reads!(warnings(&ada).await, @"✅ demo stays until 2026-11-20 09:00 UTC.");
    stage.app().passes(22 * HOUR).await;
    reads!(warnings(&ada).await, @"✅ demo stays until 2026-11-20 09:00 UTC.");
    stage.app().passes(2 * HOUR).await;
    reads!(stage.reads().await, @"
    ✅ demo is ready · http://127.0.0.1:PORT/ · yours until 2026-11-20 09:00 UTC (in 1 day 2 h)
    [Open] [Extend by 1 day] [Destroy]
    ");
    reads!(warnings(&ada).await, @"
    ✅ demo stays until 2026-11-20 09:00 UTC.

    ⚠️ demo goes in 2 h (2026-11-20 09:00 UTC).
    Extended, it stays until 2026-11-21 09:00 UTC.
    [Extend by 1 day] [Keep until…] [Destroy now]
    ");
}

async fn keep_until_offers_the_ends_that_are_allowed(stage: &Stage) {
    let ada = with_demo(stage, "1d").await;
    stage.app().passes(22 * HOUR).await;
    reads!(ada.presses_and_opens("Keep until…").await, @"
    Keep until…
    Until*: …
    ");
    let until = [("Until", "2 days more: Sat 2026-11-21 09:00")];
    reads!(ada.presses_and_fills("Keep until…", &until).await.replace(" UTC", ""), @"✅ demo is yours until Sat 09:00, in 2 days 2 h.");
    stage.app().run_jobs().await;
    reads!(warnings(&ada).await, @"✅ demo stays until 2026-11-21 09:00 UTC.");
}

async fn without_any_life_left_only_its_end_is_offered(stage: &Stage) {
    let ada = with_demo(stage, "14d").await;
    stage.app().passes(12 * DAY).await;
    reads!(warnings(&ada).await, @"
    ⚠️ demo goes in 2 days (2026-12-02 09:00 UTC).
    It cannot be extended: it may live 14 days in all. /platform env create makes a new one.
    [Destroy now]
    ");
    reads!(ada.presses("Destroy now").await, @"");
    reads!(warnings(&ada).await, @"✅ demo is gone.");
}

async fn a_short_life_is_warned_of_once_at_its_half(stage: &Stage) {
    let ada = with_demo(stage, "30m").await;
    stage.app().passes(15 * MINUTE).await;
    reads!(warnings(&ada).await, @"
    ⚠️ demo goes in 15 min (2026-11-18 09:30 UTC).
    Extended, it stays until 2026-11-19 09:30 UTC.
    [Extend by 1 day] [Keep until…] [Destroy now]
    ");
    stage.app().passes(15 * MINUTE).await;
    reads!(warnings(&ada).await, @"✅ demo is gone.");
}

async fn destroyed_by_a_person_it_needs_no_warning_and_leaves_none(stage: &Stage) {
    let ada = with_demo(stage, "1d").await;
    ada.runs("env destroy demo").await;
    stage.app().passes(2 * DAY).await;
    reads!(warnings(&ada).await, @"");
}

/// Ada has `demo` for a day at Slack, and is warned of its end.
async fn warned() -> TestApp {
    let app = TestApp::start().await;
    app.person("Ada").types("env create preview-site demo ttl=1d").await;
    app.run_jobs().await;
    app.passes(22 * HOUR).await;
    app
}

#[tokio::test]
async fn a_second_press_of_the_same_button_moves_nothing() {
    let app = warned().await;
    let ada = app.person("Ada");
    let (_, extend) = buttons(app.fake.shown_in("DUADA").last().unwrap())[0].clone();
    let first = ada.presses_value(&extend).await;
    assert_eq!(ada.presses_value(&extend).await, first);
    app.passes(3 * DAY).await;
    assert_snapshot!(ada.presses_value(&extend).await, @"`demo` is destroyed; there is nothing to extend.");
    assert_snapshot!(app.person("Ben").presses_value(&extend).await, @"🔒 `env extend` of somebody else's environment needs its owner (Ada) or an admin.");
    app.end().await;
}

#[tokio::test]
async fn the_allowed_ends_are_its_owners_alone() {
    let app = warned().await;
    let (_, keep) = buttons(app.fake.shown_in("DUADA").last().unwrap())[1].clone();
    let ends = choices(&app.person("Ada").opens_by(&keep).await);
    assert_snapshot!(ends.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>().join("\n"), @"
    1 day more: Fri 2026-11-20 09:00
    2 days more: Sat 2026-11-21 09:00
    3 days more: Sun 2026-11-22 09:00
    7 days more: Thu 2026-11-26 09:00
    As long as it may: Wed 2026-12-02 09:00
    ");
    assert_snapshot!(app.person("Ben").presses_value(&keep).await, @"🔒 `env extend` of somebody else's environment needs its owner (Ada) or an admin.");
    app.end().await;
}

#[tokio::test]
async fn where_the_form_does_not_open_it_says_what_to_type() {
    let app = warned().await;
    let (_, keep) = buttons(app.fake.shown_in("DUADA").last().unwrap())[1].clone();
    app.fake.refuse("views.open", "internal_error", 1);
    let press = app.person("Ada").presses_in_vain(&keep).await;
    assert_snapshot!(press, @"⚠️ Slack does not open the form just now. Type `/platform env extend demo 1d` instead.");
    app.end().await;
}
