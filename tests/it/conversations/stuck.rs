//! Removals that do not go on, and what people decide then.

use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::stage::Stage;
use crate::harness::test_app::TestApp;
use crate::{on_each, reads};

on_each!(
    a_removal_that_keeps_failing_is_stuck_and_tried_again_when_somebody_says_so,
    an_admin_leaves_behind_what_cannot_be_removed_on_record,
    what_there_is_nothing_of_is_refused_with_the_next_step,
);

/// A ready `demo` whose site the driver cannot find any more, asked to go.
async fn hindered(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    ada.runs("env create preview-site demo").await;
    app.run_jobs().await;
    app.changes("UPDATE resource SET handle = '{\"was\":' || handle || '}' WHERE kind = 'process'").await;
    ada.runs("env destroy demo").await;
    app.run_jobs().await;
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

async fn a_removal_that_keeps_failing_is_stuck_and_tried_again_when_somebody_says_so(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    hindered(stage).await;
    reads!(stage.reads().await, @"⏳ Removing demo · 0 of 2 removed · removing the process site of demo does not work yet (the handle of a site cannot be read: missing field port); it is tried again");
    tried(app, 8).await;
    reads!(stage.reads().await, @"
    ⚠️ demo is stuck: the process site of demo cannot be removed: the handle of a site cannot be read: missing field port
    /platform env retry demo tries again; where that does not help, an admin can leave it behind with /platform env abandon demo.
    [Try again] [Leave it behind]
    ");
    reads!(ada.runs("env list").await, @"
    1 environment
    Name · State · Template · Where · Until
    demo · ⚠️ stuck · Preview site · http://127.0.0.1:PORT/ · 2026-11-21 09:00 UTC (in 2 days 23 h)
    <Show one>
    ");
    tried(app, 8).await;
    mend(app).await;
    assert_eq!(ada.presses("Try again").await, "");
    reads!(stage.reads().await, @"✅ demo is gone; its name is free again.");
}

async fn an_admin_leaves_behind_what_cannot_be_removed_on_record(stage: &Stage) {
    let (app, ada, olga) = (stage.app(), stage.person("Ada"), stage.person("Olga"));
    hindered(stage).await;
    tried(app, 8).await;
    reads!(ada.presses("Leave it behind").await, @"🔒 /platform env abandon needs the role admin. An admin gives it under [access.roles] in the config.");
    reads!(olga.runs("env abandon demo").await, @"⏳ Left behind: process site of demo. The rest of demo is being removed.");
    app.run_jobs().await;
    reads!(stage.reads().await, @"✅ demo is gone. Left behind: process site of demo.");
    let rows = app.texts("SELECT detail FROM audit WHERE command = 'env.abandon' ORDER BY detail").await;
    assert_eq!(rows, ["environment=demo left behind=process site of demo", "name=demo"]);
}

async fn what_there_is_nothing_of_is_refused_with_the_next_step(stage: &Stage) {
    let (ada, ben, olga) = (stage.person("Ada"), stage.person("Ben"), stage.person("Olga"));
    ada.runs("env create preview-site demo").await;
    reads!(ben.runs("env cancel demo").await, @"🔒 env cancel of somebody else's environment needs its owner (Ada) or an admin.");
    stage.app().run_jobs().await;
    for line in ["env retry demo", "env undo demo", "env cancel demo"] {
        assert!(ada.runs(line).await.starts_with("demo is ready; there is nothing to "), "{line}");
        assert!(ben.runs(line).await.starts_with("🔒"), "{line}");
    }
    reads!(ada.runs("env abandon demo").await, @"🔒 /platform env abandon needs the role admin. An admin gives it under [access.roles] in the config.");
    reads!(olga.runs("env abandon demo").await, @"demo is ready; there is nothing to abandon. /platform env show demo shows what can be done.");
}

#[tokio::test]
async fn an_outcome_that_is_none_is_refused_by_the_line() {
    let app = TestApp::start().await;
    assert_snapshot!(app.person("Ada").runs("env retry demo outcome=maybe").await, @"`maybe` is not one of `done` or `again`.");
    app.end().await;
}
