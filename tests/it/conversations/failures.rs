//! Creates that cannot end well, and what is said then.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use goldenpath::config::Config;
use insta::assert_snapshot;

use crate::harness::reading::buttons;
use crate::harness::stage::Stage;
use crate::harness::test_app::TestApp;
use crate::{on_each, reads};

on_each!(with an_odd_path: a_create_whose_outputs_cannot_be_told_fails_and_says_so);
on_each!(a_fault_that_stays_ends_a_create_and_holds_no_destroy_up);

fn an_odd_path(config: &mut Config) {
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
    let folder = config.data.with_file_name("templates");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("template.yaml"), odd).unwrap();
    config.paths.templates = vec![folder];
}

async fn a_create_whose_outputs_cannot_be_told_fails_and_says_so(stage: &Stage) {
    stage.person("Ada").runs("env create odd bad").await;
    stage.app().run_jobs().await;
    reads!(stage.reads().await, @"
    ❌ bad stopped at telling what it offers: ${{ (steps.say.output.stdout · parseRepoUrl).owner }}: is not of the form host?owner=…&repo=…
    Made so far: workspace. Without a decision it is undone and goes in 1 day (2026-11-19 09:00 UTC).
    [Retry from here] [Undo]
    ");
}

async fn a_fault_that_stays_ends_a_create_and_holds_no_destroy_up(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    ada.runs("env create preview-site demo").await;
    // As if the pinned files were lost: no step can begin.
    app.changes("UPDATE environment SET version = 'lost'").await;
    for _ in 0..12 {
        app.after(Duration::from_secs(300)).await;
    }
    reads!(stage.reads().await, @"
    ❌ demo stopped at rendering the page: something went wrong on my side, again and again; the log has the details
    Made so far: workspace. Without a decision it is undone and goes in 1 day (2026-11-19 10:00 UTC).
    [Retry from here] [Undo]
    ");
    ada.runs("env destroy demo").await;
    app.run_jobs().await;
    reads!(stage.reads().await, @"✅ demo is gone; its name is free again.");
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
