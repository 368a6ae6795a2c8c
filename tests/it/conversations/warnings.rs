//! Warnings of a deadline: when they come, what they offer, what they become.

use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::reading::{buttons, choices, read};
use crate::harness::test_app::TestApp;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Ada has `demo` for so long.
async fn with_demo(ttl: &str) -> TestApp {
    let app = TestApp::start().await;
    app.person("Ada").types(&format!("env create preview-site demo ttl={ttl}")).await;
    app.run_jobs().await;
    app
}

/// The warnings that stand in a conversation, in their order.
fn warnings(app: &TestApp, channel: &str) -> String {
    let shown = app.fake.shown_in(channel);
    let of_it = shown.iter().map(read).filter(|text| !text.contains("How did getting"));
    of_it.collect::<Vec<_>>().join("\n\n")
}

#[tokio::test]
async fn two_days_two_hours_and_half_an_hour_before_its_end_the_owner_is_told() {
    let app = with_demo("5d").await;
    app.passes(3 * DAY).await;
    assert_snapshot!(warnings(&app, "DUADA"), @"
    ⚠️ `demo` goes in 2 days (2026-11-23 09:00 UTC).
    Extended, it stays until <!date^1795683600^{date_short_pretty} at {time}|2026-11-26 09:00 UTC>.
    [Extend by 3 days] [Keep until…] [Destroy now]
    ");
    app.passes(2 * DAY - 2 * HOUR).await;
    assert_snapshot!(warnings(&app, "DUADA"), @"
    ⚠️ A later warning says when `demo` goes.

    ⚠️ `demo` goes in 2 h (2026-11-23 09:00 UTC).
    Extended, it stays until <!date^1795683600^{date_short_pretty} at {time}|2026-11-26 09:00 UTC>.
    [Extend by 3 days] [Keep until…] [Destroy now]
    ");
    app.passes(90 * MINUTE).await;
    assert_snapshot!(warnings(&app, "DUADA"), @"
    ⚠️ A later warning says when `demo` goes.

    ⚠️ A later warning says when `demo` goes.

    ⚠️ `demo` goes in 30 min (2026-11-23 09:00 UTC).
    Extended, it stays until <!date^1795683600^{date_short_pretty} at {time}|2026-11-26 09:00 UTC>.
    [Extend by 3 days] [Keep until…] [Destroy now]
    ");
    app.passes(30 * MINUTE).await;
    assert_snapshot!(app.reads("C1"), @"✅ `demo` is gone; its name is free again.");
    assert_snapshot!(warnings(&app, "DUADA"), @"
    ✅ `demo` is gone.

    ✅ `demo` is gone.

    ✅ `demo` is gone.
    ");
    app.end().await;
}

#[tokio::test]
async fn extended_by_its_button_it_stays_and_is_warned_of_anew() {
    let app = with_demo("1d").await;
    let ada = app.person("Ada");
    app.passes(22 * HOUR).await;
    assert_snapshot!(ada.presses("Extend by 1 day").await, @"✅ `demo` is yours until Fri 09:00, in 1 day 2 h.");
    assert_snapshot!(warnings(&app, "DUADA"), @"✅ `demo` stays until 2026-11-20 09:00 UTC.");
    app.passes(22 * HOUR).await;
    assert_snapshot!(warnings(&app, "DUADA"), @"✅ `demo` stays until 2026-11-20 09:00 UTC.");
    app.passes(2 * HOUR).await;
    assert_snapshot!(app.reads("C1"), @"
    ✅ `demo` is ready · http://127.0.0.1:PORT/ · yours until 2026-11-20 09:00 UTC (in 1 day 2 h)
    [Open] [Extend by 1 day] [Destroy]
    ");
    app.end().await;
}

#[tokio::test]
async fn a_second_press_of_the_same_button_moves_nothing() {
    let app = with_demo("1d").await;
    let ada = app.person("Ada");
    app.passes(22 * HOUR).await;
    let (_, extend) = buttons(app.fake.shown_in("DUADA").last().unwrap())[0].clone();
    let first = ada.presses_value(&extend).await;
    assert_eq!(ada.presses_value(&extend).await, first);
    app.passes(3 * DAY).await;
    assert_snapshot!(ada.presses_value(&extend).await, @"`demo` is destroyed; there is nothing to extend.");
    assert_snapshot!(app.person("Ben").presses_value(&extend).await, @"🔒 `env extend` of somebody else's environment needs its owner (Ada) or an admin.");
    app.end().await;
}

#[tokio::test]
async fn keep_until_offers_the_ends_that_are_allowed() {
    let app = with_demo("1d").await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    app.passes(22 * HOUR).await;
    let (_, keep) = buttons(app.fake.shown_in("DUADA").last().unwrap())[1].clone();
    assert_snapshot!(ben.presses_value(&keep).await, @"🔒 `env extend` of somebody else's environment needs its owner (Ada) or an admin.");
    let form = ada.opens_by(&keep).await;
    assert_snapshot!(read(&form), @"
    The end of demo so far: Thu 2026-11-19 09:00.
    Until*: …
    ");
    let ends = choices(&form);
    assert_snapshot!(ends.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>().join("\n"), @"
    1 day more: Fri 2026-11-20 09:00
    2 days more: Sat 2026-11-21 09:00
    3 days more: Sun 2026-11-22 09:00
    7 days more: Thu 2026-11-26 09:00
    As long as it may: Wed 2026-12-02 09:00
    ");
    assert_snapshot!(read(&ada.submits(&form, &[("until", &ends[1].1)]).await), @"✅ `demo` is yours until Sat 09:00, in 2 days 2 h.");
    app.run_jobs().await;
    assert_snapshot!(warnings(&app, "DUADA"), @"✅ `demo` stays until 2026-11-21 09:00 UTC.");
    app.end().await;
}

#[tokio::test]
async fn where_the_form_does_not_open_it_says_what_to_type() {
    let app = with_demo("1d").await;
    app.passes(22 * HOUR).await;
    let (_, keep) = buttons(app.fake.shown_in("DUADA").last().unwrap())[1].clone();
    app.fake.refuse("views.open", "internal_error", 1);
    let press = app.person("Ada").presses_in_vain(&keep).await;
    assert_snapshot!(press, @"⚠️ Slack does not open the form just now. Type `/platform env extend demo 1d` instead.");
    app.end().await;
}

#[tokio::test]
async fn without_any_life_left_only_its_end_is_offered() {
    let app = with_demo("14d").await;
    app.passes(12 * DAY).await;
    assert_snapshot!(warnings(&app, "DUADA"), @"
    ⚠️ `demo` goes in 2 days (2026-12-02 09:00 UTC).
    It cannot be extended: it may live 14 days in all. `/platform env create` makes a new one.
    [Destroy now]
    ");
    assert_snapshot!(app.person("Ada").presses("Destroy now").await, @"");
    assert_snapshot!(warnings(&app, "DUADA"), @"✅ `demo` is gone.");
    app.end().await;
}

#[tokio::test]
async fn a_short_life_is_warned_of_once_at_its_half() {
    let app = with_demo("30m").await;
    app.passes(15 * MINUTE).await;
    assert_snapshot!(warnings(&app, "DUADA"), @"
    ⚠️ `demo` goes in 15 min (2026-11-18 09:30 UTC).
    Extended, it stays until <!date^1795080600^{date_short_pretty} at {time}|2026-11-19 09:30 UTC>.
    [Extend by 1 day] [Keep until…] [Destroy now]
    ");
    app.passes(15 * MINUTE).await;
    assert_snapshot!(warnings(&app, "DUADA"), @"✅ `demo` is gone.");
    app.end().await;
}

#[tokio::test]
async fn destroyed_by_a_person_it_needs_no_warning_and_leaves_none() {
    let app = with_demo("1d").await;
    app.person("Ada").types("env destroy demo").await;
    app.passes(2 * DAY).await;
    assert_snapshot!(warnings(&app, "DUADA"), @"");
    app.end().await;
}
