//! `/metrics`: what it tells, and what it never does.

use std::collections::BTreeSet;
use std::time::Duration;

use goldenpath::metrics::FAMILIES;

use crate::harness::bot_process::Bot;
use crate::harness::fake_slack::TOKEN;
use crate::harness::test_app::TestApp;

const MINUTE: Duration = Duration::from_secs(60);

/// The value of a sample, `None` where there is no such one.
async fn value(app: &TestApp, sample: &str) -> Option<f64> {
    let page = app.page("/metrics").await;
    let found = page.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ').map(str::to_owned));
    found.map(|value| value.parse().unwrap())
}

#[tokio::test]
async fn the_page_has_every_metric_that_is_documented_and_no_other() {
    let app = TestApp::start().await;
    let page = app.page("/metrics").await;
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let documented: Vec<String> = FAMILIES.iter().map(|it| format!("{} {}", it.name, it.kind)).collect();
    assert_eq!(types.collect::<Vec<_>>(), documented);
    app.end().await;
}

#[tokio::test]
async fn requests_are_timed_by_what_they_are() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.runs("env list").await;
    ada.runs("env create preview-site shop").await;
    app.run_jobs().await;
    ada.presses("Extend by 1 day").await;
    let count = async |kind: &str| {
        value(
            &app,
            &format!("goldenpath_acknowledgement_seconds_count{{platform=\"slack\",kind=\"{kind}\"}}"),
        )
        .await
    };
    assert_eq!(
        [count("slash").await, count("press").await, count("submit").await],
        [Some(2.0), Some(1.0), None]
    );
    let within = "goldenpath_acknowledgement_seconds_bucket{platform=\"slack\",kind=\"slash\",le=\"+Inf\"}";
    assert_eq!(value(&app, within).await, Some(2.0));
    assert_eq!(value(&app, "goldenpath_environments{state=\"ready\"}").await, Some(1.0));
    app.end().await;
}

#[tokio::test]
async fn what_waits_shows_how_much_and_how_long() {
    let app = TestApp::start().await;
    let (age, depth) = (
        "goldenpath_oldest_due_job_seconds{kind=\"deliver\"}",
        "goldenpath_outbox_waiting{platform=\"slack\"}",
    );
    assert_eq!((value(&app, age).await, value(&app, depth).await), (None, None));
    app.person("Ada").runs("env create preview-site shop").await;
    app.clock.advance(MINUTE);
    assert_eq!((value(&app, age).await, value(&app, depth).await), (Some(60.0), Some(1.0)));
    app.run_jobs().await;
    assert_eq!((value(&app, age).await, value(&app, depth).await), (None, None));
    app.end().await;
}

#[tokio::test]
async fn what_was_given_up_stays_to_be_seen() {
    let app = TestApp::start().await;
    app.fake.refuse("chat.postMessage", "invalid_blocks", usize::MAX);
    app.person("Ada").runs("env create preview-site shop").await;
    app.run_jobs().await;
    let given_up = "goldenpath_outbox_given_up{platform=\"slack\"}";
    assert!(value(&app, given_up).await.is_some_and(|messages| messages >= 1.0));
    app.end().await;
}

#[tokio::test]
async fn without_its_database_the_bot_still_tells_what_it_counted() {
    let app = TestApp::start().await;
    let failed = "goldenpath_commands_failed_total{reason=\"unavailable\"}";
    assert_eq!(
        (value(&app, failed).await, value(&app, "goldenpath_database_up").await),
        (Some(0.0), Some(1.0))
    );
    app.app.db.close().await;
    app.person("Ada").runs("env list").await;
    assert_eq!(
        (value(&app, failed).await, value(&app, "goldenpath_database_up").await),
        (Some(1.0), Some(0.0))
    );
}

/// What stands between the quotes of a page's labels.
fn labels(page: &str) -> BTreeSet<String> {
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    samples.flat_map(|line| line.split('"').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[tokio::test]
async fn no_person_name_id_text_or_secret_is_told() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.runs("env create preview-site quarterly-figures").await;
    ada.runs("template search the merger").await;
    ada.runs("such a thing does not exist").await;
    app.run_jobs().await;
    ada.presses("Extend by 1 day").await;
    let page = app.page("/metrics").await;
    for told in ["Ada", "UADA", "quarterly", "merger", "such a", "preview-site", "env_", "C1", "T1", TOKEN] {
        assert!(!page.contains(told), "{told} stands in:\n{page}");
    }
    let word = |label: &String| label.chars().all(|c| c.is_ascii_lowercase() || ".-".contains(c));
    let numbers =
        |label: &String| label == "+Inf" || label.split('.').all(|part| part.parse::<u32>().is_ok());
    let odd: Vec<_> = labels(&page).into_iter().filter(|label| !word(label) && !numbers(label)).collect();
    assert_eq!(odd, [] as [&str; 0], "labels are words of ours");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_bot_serves_it_and_two_bots_count_for_themselves() {
    let (one, other) = tokio::join!(Bot::start(), TestApp::start());
    one.slack().types("UADA", "env list").await;
    let page = reqwest::get(format!("{}/metrics", one.address())).await.unwrap().text().await.unwrap();
    let count = "goldenpath_acknowledgement_seconds_count{platform=\"slack\",kind=\"slash\"}";
    assert!(page.contains(&format!("{count} 1\n")), "{page}");
    assert_eq!(value(&other, count).await, None);
    other.end().await;
}
