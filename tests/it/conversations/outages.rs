//! Deadlines while Slack cannot be reached, or the owner cannot: nothing goes unannounced.

use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::test_app::TestApp;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Ada has `demo` for a day, and reads nothing else directly.
async fn with_demo() -> TestApp {
    with_demo_for("1d").await
}

async fn with_demo_for(ttl: &str) -> TestApp {
    let app = TestApp::with(|config| {
        let approvers = vec!["slack:T1:UGRACE".to_owned()];
        config.access.roles.insert(goldenpath::access::Role::Approver, approvers);
    })
    .await;
    app.person("Ada").types(&format!("env create preview-site demo ttl={ttl}")).await;
    app.run_jobs().await;
    app.fake.memory().messages.retain(|posted| posted.channel != "DUADA");
    app
}

/// These users' accounts are closed.
fn leaves(app: &TestApp, users: &[&str]) {
    let gone = users.iter().map(|user| ((*user).to_owned(), serde_json::json!({ "deleted": true })));
    app.fake.memory().people.extend(gone);
}

/// How it stands, in the words of `env show`.
async fn ends(app: &TestApp) -> String {
    let shown = app.person("Ada").runs("env show demo").await;
    shown.lines().find(|line| line.starts_with("Until")).unwrap_or(&shown).to_owned()
}

/// How often messages were posted.
fn posts(app: &TestApp) -> usize {
    app.fake.calls("chat.postMessage")
}

#[tokio::test]
async fn while_slack_is_down_it_stays_and_goes_half_an_hour_after_it_was_announced() {
    let app = with_demo().await;
    app.passes(21 * HOUR).await;
    app.fake.set_down(true);
    for _ in 0..12 {
        app.after(30 * MINUTE).await;
    }
    assert_snapshot!(ends(&app).await, @"Until  2026-11-19 09:00 UTC; waiting to be announced: it stays until 25 min after a warning arrived");
    app.fake.set_down(false);
    app.after(MINUTE).await;
    assert_snapshot!(app.reads("DUADA"), @"
    ⚠️ `demo` goes in 25 min (2026-11-19 12:26 UTC).
    Its time was up <!date^1795078800^{date_short_pretty} at {time}|2026-11-19 09:00 UTC>, but its last warning had not arrived by then.
    Extended, it stays until <!date^1795176060^{date_short_pretty} at {time}|2026-11-20 12:01 UTC>.
    [Extend by 1 day] [Keep until…] [Destroy now]
    ");
    assert_snapshot!(ends(&app).await, @"Until  2026-11-19 12:26 UTC (in 25 min): its time was up 2026-11-19 09:00 UTC, and its warning came late");
    app.passes(24 * MINUTE).await;
    assert_snapshot!(ends(&app).await, @"Until  2026-11-19 12:26 UTC (in 1 min): its time was up 2026-11-19 09:00 UTC, and its warning came late");
    app.passes(2 * MINUTE).await;
    assert_snapshot!(app.reads("DUADA"), @"✅ `demo` is gone.");
    app.end().await;
}

#[tokio::test]
async fn told_two_days_before_it_stays_all_the_same_until_the_last_warning_arrived() {
    let app = with_demo_for("5d").await;
    app.passes(4 * DAY).await;
    app.fake.set_down(true);
    for _ in 0..14 {
        app.after(2 * HOUR).await;
    }
    assert_snapshot!(ends(&app).await, @"Until  2026-11-23 09:00 UTC; waiting to be announced: it stays until 25 min after a warning arrived");
    app.fake.set_down(false);
    app.after(MINUTE).await;
    assert_snapshot!(app.reads("DUADA"), @"
    ⚠️ A later warning says when `demo` goes.

    ⚠️ `demo` goes in 25 min (2026-11-23 13:26 UTC).
    Its time was up <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>, but its last warning had not arrived by then.
    Extended, it stays until <!date^1795698060^{date_short_pretty} at {time}|2026-11-26 13:01 UTC>.
    [Extend by 3 days] [Keep until…] [Destroy now]
    ");
    app.passes(25 * MINUTE).await;
    assert_snapshot!(app.reads("C1"), @"✅ `demo` is gone; its name is free again.");
    app.end().await;
}

#[tokio::test]
async fn extended_while_slack_is_down_no_warning_of_the_old_deadline_arrives() {
    let app = with_demo().await;
    app.passes(21 * HOUR).await;
    app.fake.set_down(true);
    app.after(2 * HOUR).await;
    app.person("Ada").types("env extend demo 3d").await;
    app.fake.set_down(false);
    app.after(MINUTE).await;
    assert_snapshot!(app.reads("DUADA"), @"");
    app.passes(3 * DAY - HOUR).await;
    assert_snapshot!(app.reads("DUADA"), @"
    ⚠️ `demo` goes in 2 h (2026-11-22 09:00 UTC).
    Extended, it stays until <!date^1795597200^{date_short_pretty} at {time}|2026-11-25 09:00 UTC>.
    [Extend by 3 days] [Keep until…] [Destroy now]
    ");
    app.end().await;
}

#[tokio::test]
async fn too_many_requests_for_a_minute_delay_a_warning_and_no_end() {
    let app = with_demo().await;
    app.passes(22 * HOUR - MINUTE).await;
    app.passes(MINUTE / 2).await;
    app.fake.set_busy("*", MINUTE);
    app.passes(MINUTE / 2).await;
    assert_snapshot!(app.reads("DUADA"), @"");
    app.passes(MINUTE).await;
    assert_snapshot!(app.reads("DUADA"), @"
    ⚠️ `demo` goes in 2 h (2026-11-19 09:00 UTC).
    Extended, it stays until <!date^1795165200^{date_short_pretty} at {time}|2026-11-20 09:00 UTC>.
    [Extend by 1 day] [Keep until…] [Destroy now]
    ");
    app.passes(2 * HOUR - MINUTE).await;
    assert_snapshot!(app.reads("C1"), @"✅ `demo` is gone; its name is free again.");
    app.end().await;
}

#[tokio::test]
async fn a_warning_that_takes_slack_ten_seconds_arrives_once() {
    let app = with_demo().await;
    let before = posts(&app);
    // By the machine's own time: the wait for an answer is not one of the clock that tests move.
    app.fake.set_slow(Duration::from_secs(10));
    app.passes(22 * HOUR).await;
    app.fake.set_slow(Duration::ZERO);
    assert_eq!(posts(&app), before + 1);
    let warning = app.reads("DUADA");
    assert!(warning.starts_with("⚠️ `demo` goes in 2 h") && !warning.contains("Sent again"), "{warning}");
    app.passes(2 * HOUR).await;
    assert_snapshot!(app.reads("DUADA"), @"
    ✅ `demo` is gone.

    ✅ `demo` is gone.
    ");
    app.end().await;
}

#[tokio::test]
async fn where_the_owner_cannot_be_reached_the_channel_is_told() {
    let app = with_demo().await;
    leaves(&app, &["UADA"]);
    app.passes(22 * HOUR).await;
    assert_snapshot!(app.reads("C1"), @"
    ✅ `demo` is ready · http://127.0.0.1:PORT/ · yours until 2026-11-19 09:00 UTC (in 1 day)
    [Open] [Extend by 1 day] [Destroy]

    ⚠️ `demo` goes in 2 h (2026-11-19 09:00 UTC).
    Its owner (Ada) cannot be reached directly; an admin may decide too.
    Extended, it stays until <!date^1795165200^{date_short_pretty} at {time}|2026-11-20 09:00 UTC>.
    [Extend by 1 day] [Keep until…] [Destroy now]
    ");
    app.passes(2 * HOUR).await;
    assert_snapshot!(app.reads("C1"), @"
    ✅ `demo` is gone; its name is free again.

    ✅ `demo` is gone.

    ✅ `demo` is gone.
    ");
    app.end().await;
}

#[tokio::test]
async fn where_the_channel_cannot_be_reached_either_approvers_and_admins_are_told() {
    let app = with_demo().await;
    leaves(&app, &["UADA"]);
    app.fake.memory().archived.insert("C1".into());
    app.passes(22 * HOUR).await;
    assert_snapshot!(app.reads("DUOLGA"), @"
    ⚠️ `demo` goes in 2 h (2026-11-19 09:00 UTC).
    Its owner (Ada) cannot be reached directly; an admin may decide too.
    Extended, it stays until <!date^1795165200^{date_short_pretty} at {time}|2026-11-20 09:00 UTC>.
    [Extend by 1 day] [Keep until…] [Destroy now]
    ");
    assert_snapshot!(app.reads("DUGRACE"), @"
    ⚠️ `demo` goes in 2 h (2026-11-19 09:00 UTC).
    Its owner (Ada) cannot be reached directly; an admin may decide too.
    Extended, it stays until <!date^1795165200^{date_short_pretty} at {time}|2026-11-20 09:00 UTC>.
    ");
    assert_snapshot!(app.person("Olga").presses("Extend by 1 day").await, @"✅ `demo` is yours until Fri 09:00 UTC, in 1 day 2 h.");
    assert_snapshot!(app.reads("DUGRACE"), @"✅ `demo` stays until 2026-11-20 09:00 UTC.");
    app.end().await;
}

#[tokio::test]
async fn of_one_whose_chat_is_not_connected_any_more_the_admins_are_told_in_the_end() {
    let app = with_demo().await;
    // As if it had been made in the playground, before Slack was connected.
    for sql in ["UPDATE identity SET platform = 'playground'", "UPDATE message SET platform = 'playground'"] {
        let unit = app.app.db.write(sql, |tx, &sql| {
            Box::pin(async move { Ok(sqlx::query(sql).execute(tx.conn()).await.map(drop)?) })
        });
        unit.await.unwrap();
    }
    app.after(DAY).await;
    app.after(3 * DAY - MINUTE).await;
    assert_eq!(app.reads("DUOLGA"), "");
    app.after(MINUTE).await;
    assert_snapshot!(app.reads("DUOLGA"), @"
    ⚠️ `demo` goes in 25 min (2026-11-22 09:25 UTC).
    Its time was up <!date^1795078800^{date_short_pretty} at {time}|2026-11-19 09:00 UTC>, but its last warning had not arrived by then.
    Its owner (Ada) cannot be reached directly; an admin may decide too.
    Extended, it stays until <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>.
    [Extend by 1 day] [Keep until…] [Destroy now]
    ");
    app.after(25 * MINUTE).await;
    assert_snapshot!(app.reads("DUOLGA"), @"✅ `demo` is gone.");
    app.end().await;
}

#[tokio::test]
async fn where_nobody_can_be_told_it_goes_after_the_notice_and_the_audit_says_so() {
    let app = with_demo().await;
    app.fake.memory().archived.insert("C1".into());
    leaves(&app, &["UADA", "UOLGA", "UGRACE"]);
    app.after(DAY).await;
    assert_snapshot!(ends(&app).await, @"Until  2026-11-19 09:25 UTC (in 25 min): its time was up 2026-11-19 09:00 UTC, and nobody can be told");
    app.after(25 * MINUTE).await;
    assert_snapshot!(app.person("Ada").runs("env list").await, @"You have no environments. `/platform env create` makes one; `/platform template list` shows what there is.");
    let audit = "SELECT detail FROM audit WHERE command = 'env.destroy'";
    let mut conn = app.app.db.read().await.unwrap();
    let detail: String = sqlx::query_scalar(audit).fetch_one(&mut *conn).await.unwrap();
    assert_snapshot!(detail, @"environment=demo reason=deadline, and nobody could be told");
    drop(conn);
    app.end().await;
}

#[tokio::test]
async fn the_deadlines_job_done_twice_warns_once() {
    let app = with_demo().await;
    app.passes(22 * HOUR).await;
    let before = posts(&app);
    for _ in 0..2 {
        let look = "UPDATE job SET run_at = 0 WHERE kind = 'env.expire'";
        let unit = app.app.db.write(look, |tx, &sql| {
            Box::pin(async move { Ok(sqlx::query(sql).execute(tx.conn()).await.map(drop)?) })
        });
        unit.await.unwrap();
        app.run_jobs().await;
    }
    assert_eq!(posts(&app), before);
    app.end().await;
}
