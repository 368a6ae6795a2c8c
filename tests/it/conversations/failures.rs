//! Creates that cannot end well, and what is said then.

use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::reading::buttons;
use crate::harness::test_app::TestApp;

#[tokio::test]
async fn a_create_whose_outputs_cannot_be_told_fails_and_says_so() {
    let odd = r#"
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: odd, title: Odd path, description: Offers what it has not.}
spec:
  type: service
  goldenpath: {tier: supported, outputs: {owner: "${{ (steps.say.output.stdout | parseRepoUrl).owner }}"}}
  steps:
    - {id: say, name: saying, action: exec:run, input: {command: [echo, nothing]}}
"#;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("template.yaml"), odd).unwrap();
    let app = TestApp::with(|config| config.paths.templates = vec![folder.path().into()]).await;
    app.person("Ada").types("env create odd bad").await;
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"
    ❌ `bad` stopped at telling what it offers: `${{ (steps.say.output.stdout | parseRepoUrl).owner }}`: is not of the form `host?owner=…&repo=…`
    Made so far: workspace. Without a decision it is undone and goes in 1 day (<!date^1795078800^{date_short_pretty} at {time}|2026-11-19 09:00 UTC>).
    [Retry from here] [Undo]
    ");
    app.end().await;
}

#[tokio::test]
async fn a_fault_that_stays_ends_a_create_and_holds_no_destroy_up() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    // As if the pinned files were lost: no step can begin.
    app.changes("UPDATE environment SET version = 'lost'").await;
    for _ in 0..12 {
        app.after(Duration::from_secs(300)).await;
    }
    assert_snapshot!(app.reads("C1"), @"
    ❌ `demo` stopped at rendering the page: something went wrong on my side, again and again; the log has the details
    Made so far: workspace. Without a decision it is undone and goes in 1 day (<!date^1795082400^{date_short_pretty} at {time}|2026-11-19 10:00 UTC>).
    [Retry from here] [Undo]
    ");
    ada.types("env destroy demo").await;
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"✅ `demo` is gone; its name is free again.");
    app.end().await;
}

#[tokio::test]
async fn a_press_that_cannot_be_recorded_says_so_at_once() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    let (_, value) = buttons(&app.fake.shown_in(&ada.direct())[0])[3].clone();
    ada.types("env destroy demo").await;
    app.run_jobs().await;
    app.app.db.close().await;
    assert_snapshot!(ada.presses_in_vain(&value).await, @"The database cannot be used just now: it does not answer. Nothing was changed; try again in a minute.");
    assert_snapshot!(ada.runs("env list").await, @"The database cannot be used just now: it does not answer. Nothing was changed; try again in a minute.");
}
