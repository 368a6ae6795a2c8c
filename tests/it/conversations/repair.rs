//! What stopped or is stuck, and what people decide then.

use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::fickle::Fickle;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_failed_create_goes_on_where_it_stopped() {
    let app = Fickle::start().await;
    let ada = app.person("Ada");
    ada.types("env create fickle shop").await;
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @r#"
    ❌ `shop` stopped at checking the soil: `sh -c test -e "$IS"` ended with exit code 1
    Made so far: workspace, repository shop.git, process site of shop. Without a decision it is undone and goes in 1 day (<!date^1795078800^{date_short_pretty} at {time}|2026-11-19 09:00 UTC>).
    [Retry from here] [Undo]
    "#);
    app.allow();
    assert_eq!(ada.presses("Retry from here").await, "");
    assert_snapshot!(app.reads("C1"), @"
    ✅ `shop` is ready · http://127.0.0.1:PORT/ · repository `shop.git` · yours until 2026-11-21 09:00 UTC (in 3 days)
    [Open] [Extend by 1 day] [Destroy]
    ");
    assert_eq!(app.attempts().await, ["files 1", "publish 1", "serve 1", "check 2"]);
    assert_snapshot!(ada.runs("env retry shop").await, @"`shop` is ready; there is nothing to retry. `/platform env show shop` shows what can be done.");
    app.end().await;
}

#[tokio::test]
async fn an_undo_takes_what_the_run_made_keeps_the_name_and_starts_over() {
    let app = Fickle::start().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    ada.types("env create fickle shop").await;
    app.run_jobs().await;
    assert_snapshot!(ada.runs("env undo shop").await, @"⏳ `shop` is being undone. Its name stays; `/platform env retry shop` starts over then.");
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"
    ✅ `shop` is undone; its name is yours until 2026-11-19 09:00 UTC (in 1 day)
    [Start over] [Destroy]
    ");
    assert!(!app.repository().exists() && app.folders() == 0, "something stays");
    assert_snapshot!(ben.runs("env create fickle shop").await, @"`shop` exists already. It is Ada's (undone). Choose another name: `shop-2` is free.");
    app.allow();
    assert_eq!(ada.presses("Start over").await, "");
    assert!(app.reads("C1").starts_with("✅ `shop` is ready"), "{}", app.reads("C1"));
    app.end().await;
}

#[tokio::test]
async fn an_undo_leaves_a_repository_that_others_pushed_to_and_says_so() {
    let app = Fickle::start().await;
    let ada = app.person("Ada");
    ada.types("env create fickle shop").await;
    app.run_jobs().await;
    app.somebody_pushes();
    ada.presses("Undo").await;
    assert_snapshot!(app.reads("C1"), @"
    ✅ `shop` is undone; its name is yours until 2026-11-19 09:00 UTC (in 1 day)
    Kept: repository shop.git.
    [Start over] [Destroy]
    ");
    ada.presses("Destroy").await;
    assert_snapshot!(app.reads("C1"), @"✅ `shop` is gone. Kept: repository shop.git.");
    assert!(app.repository().exists());
    app.end().await;
}

#[tokio::test]
async fn at_its_deadline_a_failed_create_is_undone_and_gone() {
    let app = Fickle::start().await;
    app.person("Ada").types("env create fickle shop").await;
    app.run_jobs().await;
    app.passes(DAY).await;
    assert_snapshot!(app.reads("C1"), @"✅ `shop` is gone; its name is free again.");
    assert!(!app.repository().exists() && app.folders() == 0, "something stays");
    app.end().await;
}

#[tokio::test]
async fn a_deadline_that_its_owner_chose_outlives_a_failure_and_a_retry() {
    let app = Fickle::start().await;
    let ada = app.person("Ada");
    ada.types("env create fickle shop ttl=2d").await;
    app.run_jobs().await;
    app.allow();
    app.after(DAY).await;
    ada.types("env retry shop").await;
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"
    ✅ `shop` is ready · http://127.0.0.1:PORT/ · repository `shop.git` · yours until 2026-11-20 09:00 UTC (in 1 day)
    [Open] [Extend by 1 day] [Destroy]
    ");
    app.end().await;
}

#[tokio::test]
async fn a_cancel_ends_the_program_that_runs_and_says_who_did() {
    let app = Fickle::start().await;
    let (ada, olga) = (app.person("Ada"), app.person("Olga"));
    ada.types("env create slow shop").await;
    let cancelled = async {
        let program = app.program().await;
        assert_snapshot!(app.reads("C1"), @"
        ⏳ `shop` from Slow path (supported) · 1 of 2 working · yours until 2026-11-21 09:00 UTC (in 3 days)
        [Cancel]
        ");
        assert_eq!(olga.presses("Cancel").await, "");
        program
    };
    let (_, program) = tokio::join!(app.run_jobs(), cancelled);
    assert!(!goldenpath::drivers::process::group_is_alive(program));
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"
    ❌ `shop` was cancelled by uolga at working
    ```begun```
    Made so far: workspace. Without a decision it is undone and goes in 1 day (<!date^1795078800^{date_short_pretty} at {time}|2026-11-19 09:00 UTC>).
    [Retry from here] [Undo]
    ");
    assert_eq!(app.attempts().await, ["work 1", "after 0"]);
    assert_snapshot!(ada.runs("env cancel shop").await, @"`shop` is cancelled; there is nothing to cancel. `/platform env show shop` shows what can be done.");
    ada.presses("Undo").await;
    app.end().await;
}

#[tokio::test]
async fn a_cancel_before_anything_ran_leaves_all_to_a_retry() {
    let app = Fickle::start().await;
    let ada = app.person("Ada");
    app.allow();
    ada.types("env create fickle shop").await;
    assert_snapshot!(ada.runs("env cancel shop").await, @"⏳ `shop` is being cancelled; its message says what was made.");
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"
    ❌ `shop` was cancelled by Ada at rendering the page
    Made so far: workspace. Without a decision it is undone and goes in 1 day (<!date^1795078800^{date_short_pretty} at {time}|2026-11-19 09:00 UTC>).
    [Retry from here] [Undo]
    ");
    assert_snapshot!(ada.runs("env retry shop").await, @"⏳ `shop` goes on from where it stopped; its message follows it.");
    app.run_jobs().await;
    assert!(app.reads("C1").starts_with("✅ `shop` is ready"), "{}", app.reads("C1"));
    app.end().await;
}

#[tokio::test]
async fn a_destroy_ends_the_program_that_runs() {
    let app = Fickle::start().await;
    let ada = app.person("Ada");
    ada.types("env create slow shop").await;
    let destroyed = async {
        let program = app.program().await;
        ada.types("env destroy shop").await;
        program
    };
    let (_, program) = tokio::join!(app.run_jobs(), destroyed);
    assert!(!goldenpath::drivers::process::group_is_alive(program));
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"✅ `shop` is gone; its name is free again.");
    app.end().await;
}
