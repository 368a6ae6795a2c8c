//! What an environment offers, and what happens when that cannot be told.

use insta::assert_snapshot;

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
    Made so far: workspace. `/platform env destroy bad` removes it now; else it goes in 1 day (<!date^1795078800^{date_short_pretty} at {time}|2026-11-19 09:00 UTC>).
    [Destroy]
    ");
    app.end().await;
}
