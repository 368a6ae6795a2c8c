//! What stopped or is stuck, and what people decide then.

use std::time::Duration;

use crate::harness::fickle::fickle;
use crate::harness::stage::Stage;
use crate::{on_each, reads};

const DAY: Duration = Duration::from_secs(86_400);

on_each!(with fickle:
    a_failed_create_goes_on_where_it_stopped,
    an_undo_takes_what_the_run_made_keeps_the_name_and_starts_over,
    an_undo_leaves_a_repository_that_others_pushed_to_and_says_so,
    at_its_deadline_a_failed_create_is_undone_and_gone,
    a_deadline_that_its_owner_chose_outlives_a_failure_and_a_retry,
    a_cancel_ends_the_program_that_runs_and_says_who_did,
    a_cancel_before_anything_ran_leaves_all_to_a_retry,
    a_destroy_ends_the_program_that_runs,
);

async fn a_failed_create_goes_on_where_it_stopped(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    ada.runs("env create fickle shop").await;
    app.run_jobs().await;
    reads!(stage.reads().await, @r#"
    ❌ shop stopped at checking the soil: sh -c test -e "$IS" ended with exit code 1
    Made so far: workspace, repository shop.git, process site of shop. Without a decision it is undone and goes in 1 day (2026-11-19 09:00 UTC).
    [Retry from here] [Undo]
    "#);
    app.allow();
    assert_eq!(ada.presses("Retry from here").await, "");
    reads!(stage.reads().await, @"
    ✅ shop is ready · http://127.0.0.1:PORT/ · repository shop.git · yours until 2026-11-21 09:00 UTC (in 3 days)
    [Open] [Extend by 1 day] [Destroy]
    ");
    assert_eq!(app.attempts().await, ["files 1", "publish 1", "serve 1", "check 2"]);
    reads!(ada.runs("env retry shop").await, @"shop is ready; there is nothing to retry. /platform env show shop shows what can be done.");
}

async fn an_undo_takes_what_the_run_made_keeps_the_name_and_starts_over(stage: &Stage) {
    let app = stage.app();
    let (ada, ben) = (stage.person("Ada"), stage.person("Ben"));
    ada.runs("env create fickle shop").await;
    app.run_jobs().await;
    reads!(ada.runs("env undo shop").await, @"⏳ shop is being undone. Its name stays; /platform env retry shop starts over then.");
    app.run_jobs().await;
    reads!(stage.reads().await, @"
    ✅ shop is undone; its name is yours until 2026-11-19 09:00 UTC (in 1 day)
    [Start over] [Destroy]
    ");
    assert!(!app.repository().exists() && app.folders() == 0, "something stays");
    reads!(ben.runs("env create fickle shop").await, @"shop exists already. It is Ada's (undone). Choose another name: shop-2 is free.");
    app.allow();
    assert_eq!(ada.presses("Start over").await, "");
    let shown = stage.reads().await;
    assert!(shown.starts_with("✅ shop is ready"), "{shown}");
}

async fn an_undo_leaves_a_repository_that_others_pushed_to_and_says_so(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    ada.runs("env create fickle shop").await;
    app.run_jobs().await;
    app.somebody_pushes();
    ada.presses("Undo").await;
    reads!(stage.reads().await, @"
    ✅ shop is undone; its name is yours until 2026-11-19 09:00 UTC (in 1 day)
    Kept: repository shop.git.
    [Start over] [Destroy]
    ");
    ada.presses("Destroy").await;
    reads!(stage.reads().await, @"✅ shop is gone. Kept: repository shop.git.");
    assert!(app.repository().exists());
}

async fn at_its_deadline_a_failed_create_is_undone_and_gone(stage: &Stage) {
    let app = stage.app();
    stage.person("Ada").runs("env create fickle shop").await;
    app.run_jobs().await;
    app.passes(DAY).await;
    reads!(stage.reads().await, @"✅ shop is gone; its name is free again.");
    assert!(!app.repository().exists() && app.folders() == 0, "something stays");
}

async fn a_deadline_that_its_owner_chose_outlives_a_failure_and_a_retry(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    ada.runs("env create fickle shop ttl=2d").await;
    app.run_jobs().await;
    app.allow();
    app.after(DAY).await;
    ada.runs("env retry shop").await;
    app.run_jobs().await;
    reads!(stage.reads().await, @"
    ✅ shop is ready · http://127.0.0.1:PORT/ · repository shop.git · yours until 2026-11-20 09:00 UTC (in 1 day)
    [Open] [Extend by 1 day] [Destroy]
    ");
}

async fn a_cancel_ends_the_program_that_runs_and_says_who_did(stage: &Stage) {
    let app = stage.app();
    let (ada, olga) = (stage.person("Ada"), stage.person("Olga"));
    ada.runs("env create slow shop").await;
    // Not every press says what somebody is called.
    olga.runs("env list").await;
    let cancelled = async {
        let program = app.program().await;
        reads!(stage.reads().await, @"
        ⏳ shop from Slow path (supported) · 1 of 2 working · yours until 2026-11-21 09:00 UTC (in 3 days)
        [Cancel]
        ");
        assert_eq!(olga.presses("Cancel").await, "");
        program
    };
    let (_, program) = tokio::join!(app.run_jobs(), cancelled);
    assert!(!goldenpath::drivers::process::group_is_alive(program));
    app.run_jobs().await;
    reads!(stage.reads().await, @"
    ❌ shop was cancelled by Olga at working
    begun
    Made so far: workspace. Without a decision it is undone and goes in 1 day (2026-11-19 09:00 UTC).
    [Retry from here] [Undo]
    ");
    assert_eq!(app.attempts().await, ["work 1", "after 0"]);
    reads!(ada.runs("env cancel shop").await, @"shop is cancelled; there is nothing to cancel. /platform env show shop shows what can be done.");
    ada.presses("Undo").await;
}

async fn a_cancel_before_anything_ran_leaves_all_to_a_retry(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    app.allow();
    ada.runs("env create fickle shop").await;
    reads!(ada.runs("env cancel shop").await, @"⏳ shop is being cancelled; its message says what was made.");
    app.run_jobs().await;
    reads!(stage.reads().await, @"
    ❌ shop was cancelled by Ada at rendering the page
    Made so far: workspace. Without a decision it is undone and goes in 1 day (2026-11-19 09:00 UTC).
    [Retry from here] [Undo]
    ");
    reads!(ada.runs("env retry shop").await, @"⏳ shop goes on from where it stopped; its message follows it.");
    app.run_jobs().await;
    let shown = stage.reads().await;
    assert!(shown.starts_with("✅ shop is ready"), "{shown}");
}

async fn a_destroy_ends_the_program_that_runs(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    ada.runs("env create slow shop").await;
    let destroyed = async {
        let program = app.program().await;
        ada.runs("env destroy shop").await;
        program
    };
    let (_, program) = tokio::join!(app.run_jobs(), destroyed);
    assert!(!goldenpath::drivers::process::group_is_alive(program));
    app.run_jobs().await;
    reads!(stage.reads().await, @"✅ shop is gone; its name is free again.");
}
