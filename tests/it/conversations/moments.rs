//! Moments as people type them, by their own clock.

use insta::assert_snapshot;
use serde_json::json;

use crate::harness::reading::{buttons, choices, read};
use crate::harness::test_app::TestApp;

const HOUR: std::time::Duration = std::time::Duration::from_secs(3_600);

/// Ada has `demo` until Saturday 2026-11-21 04:00 by her clock, in New York, where it is Wednesday 04:00.
async fn with_demo() -> TestApp {
    let app = TestApp::start().await;
    app.fake.memory().people.insert("UADA".into(), json!({ "tz": "America/New_York" }));
    app.person("Ada").types("env create preview-site demo").await;
    app.run_jobs().await;
    app
}

#[tokio::test]
async fn until_a_moment_is_by_the_clock_of_who_says_it_and_is_told_back() {
    let app = with_demo().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.runs("env extend demo until sun 18:00").await, @"✅ `demo` is yours until Sun 18:00, in 5 days.");
    assert_snapshot!(ada.runs("env extend demo until Monday at 9am").await, @"✅ `demo` is yours until Mon 09:00, in 5 days.");
    assert_snapshot!(ada.runs("env extend demo by=2026-11-24").await, @"✅ `demo` is yours until Tue 23:59, in 7 days.");
    assert_snapshot!(ada.runs("env extend demo --by until 2026-11-25 8:30").await, @"✅ `demo` is yours until Wed 2026-11-25 08:30, in 7 days.");
    app.end().await;
}

#[tokio::test]
async fn a_moment_that_cannot_be_is_refused_with_what_to_type() {
    let app = with_demo().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.runs("env extend demo until today 3:00").await, @"`today 03:00` is past: it is Wed 04:00 now. Write a later moment, as `until tomorrow 9:00`.");
    assert_snapshot!(ada.runs("env extend demo until fri 18:00").await, @"`demo` stays until Sat 04:00 already. `/platform env extend demo 1d` keeps it a day longer, `/platform env destroy demo` ends it now.");
    assert_snapshot!(ada.runs("env extend demo until 2027-01-01").await, @"`demo` may live 14 days in all, until Wed 2026-12-02 04:00. `/platform env extend demo until 2026-12-02 04:00` keeps it that long.");
    assert_snapshot!(ada.runs("env extend demo until 2026-12-02 03:59").await, @"✅ `demo` is yours until Wed 2026-12-02 03:59, in 14 days.");
    assert_snapshot!(ada.runs("env extend demo until 2026-12-01").await, @"`demo` stays until Wed 2026-12-02 03:59 already. `/platform env extend demo 1d` keeps it a day longer, `/platform env destroy demo` ends it now.");
    assert_snapshot!(ada.runs("env extend demo until the cows come home").await, @"`until the cows come` is neither a length of time nor a moment; `by` takes one like `1d12h`, or `until fri 18:00`, `until 2026-12-24`.");
    assert_snapshot!(ada.runs("env extend demo soon").await, @"`soon` is neither a length of time nor a moment; `by` takes one like `1d12h`, or `until fri 18:00`, `until 2026-12-24`.");
    app.end().await;
}

#[tokio::test]
async fn a_create_takes_a_moment_too_and_names_the_zone_that_nobody_told() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.runs("env create preview-site demo ttl=fri 18:00").await, @"
    ⏳ `demo` is asked for; a message follows it, here or directly to you. `/platform env show demo` shows it any time.
    It is yours until Fri 18:00 UTC, in 2 days 9 h. Times are in UTC; `/platform settings zone` sets yours.
    ");
    assert_snapshot!(ada.runs("env create preview-site other ttl=2026-11-17").await, @"`2026-11-17` is past: it is Wed 09:00 UTC now. Write a later moment, as `until tomorrow 9:00`.");
    assert_snapshot!(ada.runs("env create preview-site other ttl=until 2027-01-01").await, @"`preview-site` allows 14 days at most; write `ttl=14d` or less.");
    app.run_jobs().await;
    app.end().await;
}

#[tokio::test]
async fn the_ends_to_choose_from_are_by_the_clock_of_who_chooses() {
    let app = with_demo().await;
    app.passes(70 * HOUR).await;
    let ada = app.person("Ada");
    let (_, keep) = buttons(app.fake.shown_in("DUADA").last().unwrap())[1].clone();
    let form = ada.opens_by(&keep).await;
    assert_snapshot!(read(&form), @"
    The end of demo so far: Sat 2026-11-21 04:00.
    Until*: …
    ");
    assert_snapshot!(choices(&form)[0].0, @"1 day more: Sun 2026-11-22 04:00");
    assert_snapshot!(read(&ada.submits(&form, &[("until", &choices(&form)[0].1)]).await), @"✅ `demo` is yours until Sun 04:00, in 1 day 2 h.");
    app.run_jobs().await;
    app.end().await;
}
