//! `/platform settings`: what is in force, who said so, and how it is changed.

use insta::assert_snapshot;

use crate::harness::reading::read;
use crate::harness::test_app::TestApp;

#[tokio::test]
async fn what_is_in_force_is_shown_with_who_said_so_and_can_be_taken_back() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.runs("settings").await, @"
    You may be asked something once in a while, when you work.
    Time zone  `UTC` (the site's default)
    Working hours  `mon-fri 09:00-17:00` (the site's default)
    Surveys  `in`
    [Change…]
    ");
    app.run_jobs().await;
    assert_snapshot!(ada.runs("settings").await, @"
    You may be asked something once in a while, when you work.
    Time zone  `Europe/London` (Slack says so)
    Working hours  `mon-fri 09:00-17:00` (the site's default)
    Surveys  `in`
    [Change…]
    ");
    assert_snapshot!(ada.runs("settings zone=asia/tokyo hours=\"mon-thu 8-16\" surveys=fewer").await, @"
    ✅ Saved. You are asked half as often as others, when you work.
    Time zone  `Asia/Tokyo` (you said so)
    Working hours  `mon,tue,wed,thu 08:00-16:00` (you said so)
    Surveys  `fewer`
    [Change…]
    ");
    assert_snapshot!(ada.runs("settings zone=auto hours=auto surveys=out").await, @"
    ✅ Saved. You are not asked anything.
    Time zone  `Europe/London` (Slack says so)
    Working hours  `mon-fri 09:00-17:00` (the site's default)
    Surveys  `out`
    [Change…]
    ");
    app.end().await;
}

#[tokio::test]
async fn what_cannot_be_is_said_and_nothing_is_changed() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.runs("settings zone=Berlin").await, @"There is no time zone `Berlin`. Did you mean `Europe/Berlin`?");
    assert_snapshot!(ada.runs("settings zone=Atlantis").await, @"There is no time zone `Atlantis`. Did you mean `Canada/Atlantic`?");
    assert_snapshot!(ada.runs("settings hours=nine").await, @"`nine` are no working hours; write them as `mon-fri 9-17`.");
    assert_snapshot!(ada.runs("settings surveys=never").await, @"`never` is not one of `in`, `fewer` or `out`.");
    assert_snapshot!(ada.runs("settings zone=Asia/Tokyo hours=17-9").await, @"`17-9` are no working hours; write them as `mon-fri 9-17`.");
    let none = "SELECT name FROM person WHERE own_zone IS NOT NULL OR hours IS NOT NULL OR surveys <> 'in'";
    assert_eq!(app.texts(none).await, [""; 0]);
    app.end().await;
}

#[tokio::test]
async fn the_form_finds_zones_and_holds_what_was_said_before() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.types("settings hours=8-16").await;
    let form = ada.opens("settings change").await;
    assert_snapshot!(read(&form), @"
    Change your time zone, working hours and surveys by a form.
    Time zone: auto
    Working hours: mon-fri 08:00-16:00
    Surveys: in
    ");
    assert_eq!(ada.types_ahead(&form, "zone", "berl").await[0], "Europe/Berlin");
    assert_snapshot!(read(&ada.submits(&form, &[("zone", "Europe/Berlin"), ("surveys", "fewer")]).await), @"
    ✅ Saved. You are asked half as often as others, when you work.
    Time zone  `Europe/Berlin` (you said so)
    Working hours  `mon-fri 08:00-16:00` (you said so)
    Surveys  `fewer`
    [Change…]
    ");
    let again = ada.opens_by("settings.change::").await;
    assert_snapshot!(read(&again), @"
    Change your time zone, working hours and surveys by a form.
    Time zone: Europe/Berlin
    Working hours: mon-fri 08:00-16:00
    Surveys: fewer
    ");
    assert_snapshot!(read(&ada.submits(&again, &[("hours", "all day")]).await), @r#"refused: {"hours":"`all day` are no working hours; write them as `mon-fri 9-17`."}"#);
    app.end().await;
}
