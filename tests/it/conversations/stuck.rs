//! Removals that do not go on, and what people decide then.

use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::test_app::TestApp;

/// A ready `demo` whose site the driver cannot find any more, asked to go.
async fn hindered() -> TestApp {
    let app = TestApp::start().await;
    app.person("Ada").types("env create preview-site demo").await;
    app.run_jobs().await;
    app.changes("UPDATE resource SET handle = '{\"was\":' || handle || '}' WHERE kind = 'process'").await;
    app.person("Ada").types("env destroy demo").await;
    app.run_jobs().await;
    app
}

/// The driver can find it again.
async fn mend(app: &TestApp) {
    let was = "UPDATE resource SET handle = substr(handle, 8, length(handle) - 8) WHERE kind = 'process'";
    app.changes(was).await;
}

async fn tried(app: &TestApp, times: u32) {
    for _ in 0..times {
        app.after(Duration::from_secs(300)).await;
    }
}

#[tokio::test]
async fn a_removal_that_keeps_failing_is_stuck_and_tried_again_when_somebody_says_so() {
    let app = hindered().await;
    let ada = app.person("Ada");
    assert_snapshot!(app.reads("C1"), @"⏳ Removing `demo` · 0 of 2 removed · removing the process site of demo does not work yet (the handle of a site cannot be read: missing field `port`); it is tried again");
    tried(&app, 8).await;
    assert_snapshot!(app.reads("C1"), @"
    ⚠️ `demo` is stuck: the process site of demo cannot be removed: the handle of a site cannot be read: missing field `port`
    `/platform env retry demo` tries again; where that does not help, an admin can leave it behind with `/platform env abandon demo`.
    [Try again] [Leave it behind]
    ");
    assert_snapshot!(ada.runs("env list").await, @"
    1 environment
    Name | State | Template | Where | Until
    `demo` | ⚠️ stuck | Preview site | http://127.0.0.1:PORT/ | 2026-11-21 09:00 UTC (in 2 days 23 h)
    <Show one>
    ");
    tried(&app, 8).await;
    mend(&app).await;
    assert_eq!(ada.presses("Try again").await, "");
    assert_snapshot!(app.reads("C1"), @"✅ `demo` is gone; its name is free again.");
    app.end().await;
}

#[tokio::test]
async fn an_admin_leaves_behind_what_cannot_be_removed_on_record() {
    let app = hindered().await;
    let (ada, olga) = (app.person("Ada"), app.person("Olga"));
    tried(&app, 8).await;
    assert_snapshot!(ada.presses("Leave it behind").await, @"🔒 `/platform env abandon` needs the role `admin`. An admin gives it under `[access.roles]` in the config.");
    assert_snapshot!(olga.runs("env abandon demo").await, @"⏳ Left behind: process site of demo. The rest of `demo` is being removed.");
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"✅ `demo` is gone. Left behind: process site of demo.");
    let rows = app.texts("SELECT detail FROM audit WHERE command = 'env.abandon' ORDER BY detail").await;
    assert_eq!(rows, ["environment=demo left behind=process site of demo", "name=demo"]);
    app.end().await;
}

#[tokio::test]
async fn what_there_is_nothing_of_is_refused_with_the_next_step() {
    let app = TestApp::start().await;
    let (ada, ben, olga) = (app.person("Ada"), app.person("Ben"), app.person("Olga"));
    ada.types("env create preview-site demo").await;
    assert_snapshot!(ben.runs("env cancel demo").await, @"🔒 `env cancel` of somebody else's environment needs its owner (Ada) or an admin.");
    app.run_jobs().await;
    for line in ["env retry demo", "env undo demo", "env cancel demo"] {
        assert!(ada.runs(line).await.starts_with("`demo` is ready; there is nothing to "), "{line}");
        assert!(ben.runs(line).await.starts_with("🔒"), "{line}");
    }
    assert_snapshot!(ada.runs("env retry demo outcome=maybe").await, @"`maybe` is not one of `done` or `again`.");
    assert_snapshot!(ada.runs("env abandon demo").await, @"🔒 `/platform env abandon` needs the role `admin`. An admin gives it under `[access.roles]` in the config.");
    assert_snapshot!(olga.runs("env abandon demo").await, @"`demo` is ready; there is nothing to abandon. `/platform env show demo` shows what can be done.");
    app.end().await;
}
