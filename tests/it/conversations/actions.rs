//! Templates that bring, move, remove and list files, and wait, as a portal's do.

use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::test_app::TestApp;

const HEAD: &str = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\n";

/// An app with one template of these steps, in a folder with some plain files.
async fn with_steps(steps: &str) -> (TestApp, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("{HEAD}metadata: {{name: portal}}\nspec:\n  type: service\n  steps:\n{steps}");
    for (path, text) in
        [("template.yaml", text.as_str()), ("plain/http/page", "${{ x }}"), ("plain/junk.tmp", "")]
    {
        let path = folder.path().join("deep/down/portal").join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    (TestApp::with(|config| config.paths.templates = vec![folder.path().into()]).await, folder)
}

#[tokio::test]
async fn files_are_brought_moved_removed_and_listed() {
    let steps = r"
    - {id: bring, action: 'fetch:plain', input: {url: ./plain, targetPath: in}}
    - {id: one, action: 'fetch:plain:file', input: {url: ./plain/http/page, targetPath: in/copy}}
    - {id: clean, action: 'fs:delete', input: {files: ['**/*.tmp', in/none]}}
    - {id: move, action: 'fs:rename', input: {files: [{from: in/http, to: 'in/${{ environment.name }}'}]}}
    - {id: list, action: 'fs:readdir', input: {paths: [in], recursive: true}}
    - id: check
      action: exec:run
      input: {command: [test, '${{ steps.list.output.files[1].path }} ${{ steps.list.output.files | length }}', '=', 'in/shop/page 2']}
";
    let (app, _folder) = with_steps(steps).await;
    app.person("Ada").types("env create portal shop").await;
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"
    ✅ `shop` is ready · yours until 2026-11-21 09:00 UTC (in 3 days)
    [Extend by 1 day] [Destroy]
    ");
    app.end().await;
}

#[tokio::test]
async fn a_wait_sleeps_and_is_ended_by_a_cancel() {
    let (app, _folder) =
        with_steps("    - {id: rest, name: resting, action: 'debug:wait', input: {minutes: 5}}\n").await;
    let ada = app.person("Ada");
    for name in ["one", "two"] {
        ada.types(&format!("env create portal {name}")).await;
        app.run_jobs().await;
    }
    app.after(Duration::from_secs(299)).await;
    assert!(ada.runs("env show one").await.contains("resting"));
    ada.types("env cancel two").await;
    app.run_jobs().await;
    app.after(Duration::from_secs(1)).await;
    assert_snapshot!(ada.runs("env list").await, @"
    2 environments
    Name | State | Template | Where | Until
    `one` | ✅ ready | portal | – | 2026-11-21 09:00 UTC (in 3 days)
    `two` | ❌ cancelled | portal | – | 2026-11-19 09:04 UTC (in 1 day)
    <Show one>
    ");
    app.end().await;
}
