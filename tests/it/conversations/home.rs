//! The bot's page: Slack's App Home, and the same as an answer to a line.

use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::test_app::TestApp;

#[tokio::test]
async fn a_page_tells_what_to_type_when_there_is_nothing() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.opens_home().await, @"
    You have no environments. `/platform env create` makes one, and so does the button; `/platform help` shows what else there is to type.
    [New environment]
    ---
    Golden paths
    `preview-site`  Preview site, golden path: A static web page at an address of its own within seconds, to show an idea, share a note with a team or try the platform out
    `rust-service`  Rust service, golden path: A small HTTP service in Rust with a health check, tests, continuous integration and a catalog entry, in a Git repository of its own
    `/platform template show NAME` tells what one asks and does.
    ");
    assert_eq!(ada.runs("home").await, ada.home(), "typed, it is the same");
    assert_eq!(app.fake.calls("views.publish"), 1, "a repeated event publishes once");
    app.end().await;
}

#[tokio::test]
async fn a_page_follows_its_owners_environments_once_it_was_opened() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    ben.types("env create preview-site other").await;
    app.run_jobs().await;
    assert_eq!(app.fake.calls("views.publish"), 0, "nobody has opened one");
    ada.opens_home().await;
    ada.types("env create preview-site demo").await;
    assert!(ada.home().starts_with("You have no environments."), "until the job has run");
    app.run_jobs().await;
    assert_snapshot!(ada.home(), @"
    Your environment
    [New environment]
    ✅ `demo` is ready · Preview site · http://127.0.0.1:PORT/ · until 2026-11-21 09:00 UTC (in 3 days)
    [Show] [Open] [Extend by 1 day] [Destroy]
    ---
    Golden paths
    `preview-site`  Preview site, golden path: A static web page at an address of its own within seconds, to show an idea, share a note with a team or try the platform out
    `rust-service`  Rust service, golden path: A small HTTP service in Rust with a health check, tests, continuous integration and a catalog entry, in a Git repository of its own
    `/platform template show NAME` tells what one asks and does.
    ");
    app.passes(Duration::from_secs(4 * 86_400)).await;
    assert_snapshot!(ada.home().lines().next().unwrap_or_default(), @"You have no environments. `/platform env create` makes one, and so does the button; `/platform help` shows what else there is to type.");
    app.end().await;
}

#[tokio::test]
async fn a_press_at_home_is_answered_in_a_modal_and_the_page_shows_what_came_of_it() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    ada.opens_home().await;
    assert_snapshot!(ada.presses_at_home("Extend by 1 day").await, @"✅ `demo` is yours until Sun 09:00, in 4 days.");
    assert_snapshot!(ada.home().lines().nth(2).unwrap_or_default(), @"✅ `demo` is ready · Preview site · http://127.0.0.1:PORT/ · until 2026-11-22 09:00 UTC (in 4 days)");
    assert_snapshot!(ada.presses_at_home("Show").await.lines().next().unwrap_or_default(), @"demo");
    assert_snapshot!(ada.presses_at_home("New environment").await, @"
    Make an environment from a golden path.
    Template*: …
    ");
    assert_eq!(ada.presses_at_home("Destroy").await, "");
    assert_snapshot!(ada.home().lines().next().unwrap_or_default(), @"You have no environments. `/platform env create` makes one, and so does the button; `/platform help` shows what else there is to type.");
    app.end().await;
}

#[tokio::test]
async fn a_press_that_changes_nothing_draws_the_page_anew_all_the_same() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    ada.opens_home().await;
    app.has_copies("demo", 1).await;
    assert!(ada.home().starts_with("Your environment\n"), "a row alone tells nobody");
    ada.presses_at_home("Show").await;
    assert!(ada.home().starts_with("Your 2 environments"), "{}", ada.home());
}

#[tokio::test]
async fn what_is_pressed_in_a_modal_and_shows_elsewhere_is_said_there_too() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    ada.opens_home().await;
    ada.presses_at_home("Show").await;
    assert_snapshot!(ada.presses_in_modal("Destroy").await, @"⏳ It is under way; the message that follows it tells the rest.");
    assert!(ada.home().starts_with("You have no environments."));
    app.end().await;
}

#[tokio::test]
async fn three_hundred_environments_are_cut_with_a_count() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    app.has_copies("demo", 299).await;
    let page = ada.opens_home().await;
    assert_eq!(page.matches("[Show]").count(), 20);
    assert_snapshot!(page.lines().next().unwrap_or_default(), @"Your 300 environments");
    assert!(page.contains("280 more, older ones; `/platform env list` shows them."), "{page}");
}

#[tokio::test]
async fn who_has_no_role_reads_so_at_home() {
    let app =
        TestApp::with(|config| config.access.default_role = goldenpath::config::DefaultRole::None).await;
    let eve = app.person("Eve");
    assert_snapshot!(eve.opens_home().await, @"🔒 You have no role here. Guests, bots and people from elsewhere have none; a member gets one from an admin, under `[access.roles]` in the config.");
    app.end().await;
}

#[tokio::test]
async fn a_page_that_could_not_be_published_is_published_when_it_is_opened_again() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    app.fake.memory().people.insert("UADA".into(), serde_json::Value::Null);
    assert_eq!(ada.opens_home().await, "");
    app.fake.memory().people.remove("UADA");
    assert_ne!(ada.opens_home().await, "");
    app.end().await;
}
