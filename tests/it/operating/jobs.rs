//! `goldenpath jobs`, beside a bot that runs.

use serde_json::Value;

use crate::harness::bot_process::{Bot, until};

/// A job of a kind that nobody knows, so that the bot gives it up.
const ODD: &str = "INSERT INTO job (id, kind, payload, key, run_at, state, attempt, lease_until)
                   VALUES ('job_odd', 'odd', '{\"text\":\"s3cret\"}', NULL, 0, 'ready', 0, 0)";

/// The jobs of this kind, as the tool tells a machine.
async fn listed(bot: &Bot, kind: &str) -> Vec<Value> {
    let (said, code) = bot.tool(&["jobs", "list", "--json"]).await;
    assert_eq!(code, Some(0), "{said}");
    let all: Vec<Value> = serde_json::from_str(&said).unwrap();
    all.into_iter().filter(|job| job["kind"] == kind).collect()
}

/// The job of this kind, once it is in this state; its id.
async fn id_once(bot: &Bot, kind: &str, state: &str) -> String {
    let found = async || listed(bot, kind).await.into_iter().find(|job| job["state"] == state);
    let job = until(&format!("{kind} is {state}"), found).await;
    job["id"].as_str().unwrap().to_owned()
}

/// The id of a recurring job that has run and waits for its next time.
async fn recurring(bot: &Bot) -> String {
    let sql = "SELECT id FROM job WHERE key = 'every:forget-deliveries' AND state = 'ready' AND run_at > since + 60000";
    until("it waits for its next time", async || bot.database.texts(sql).await.pop()).await
}

async fn audited(bot: &Bot) -> Vec<String> {
    bot.database
        .texts("SELECT command || ' ' || detail FROM audit WHERE actor = 'operator' ORDER BY at, id")
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_is_seen_run_again_by_the_running_bot_and_dropped() {
    let bot = Bot::start().await;
    bot.database.execute(ODD).await;
    assert_eq!(id_once(&bot, "odd", "failed").await, "job_odd");
    let (said, _) = bot.tool(&["jobs", "list"]).await;
    assert!(said.contains("failed") && said.contains("no job of the kind `odd` is known"), "{said}");
    assert!(!said.contains("s3cret"), "a payload is shown: {said}");
    let (said, code) = bot.tool(&["jobs", "retry", "job_odd"]).await;
    assert_eq!(code, Some(0), "{said}");
    let again = id_once(&bot, "odd", "failed").await;
    assert_ne!(again, "job_odd", "the bot did not run it");
    let (said, code) = bot.tool(&["jobs", "drop", &again]).await;
    assert_eq!((code, said.as_str()), (Some(0), "`odd` is dropped; it will not be done.\n"));
    assert_eq!(listed(&bot, "odd").await, [] as [Value; 0]);
    let drop = format!("jobs.drop job={again} kind=odd key=");
    assert_eq!(audited(&bot).await, ["jobs.retry job=job_odd kind=odd key=", &drop]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_goes_on_untouched_and_is_refused() {
    let bot = Bot::start().await;
    super::ask(&bot, "slow-site", "shop").await;
    let id = id_once(&bot, "env.advance", "running").await;
    for verb in ["retry", "drop"] {
        let (said, code) = bot.tool(&["jobs", verb, &id]).await;
        // It may have ended between the look and this.
        assert!(said.contains("runs just now") || said.contains("There is no job"), "{said}");
        assert_eq!(code, Some(1), "{said}");
    }
    assert_eq!(audited(&bot).await, [] as [&str; 0]);
    bot.reads("C1", "is ready").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recurring_job_is_not_dropped_and_an_unknown_one_is_said() {
    let bot = Bot::start().await;
    let id = recurring(&bot).await;
    let (said, code) = bot.tool(&["jobs", "drop", &id]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("recurs"), "{said}");
    assert_eq!(recurring(&bot).await, id);
    let (said, code) = bot.tool(&["jobs", "retry", "job_none"]).await;
    assert_eq!(code, Some(1));
    assert_eq!(said, "goldenpath: There is no job `job_none`. `goldenpath jobs list` shows what there is.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_of_this_version_the_tool_makes_and_changes_nothing() {
    let mut bot = Bot::installed().await;
    let (said, code) = bot.tool(&["jobs", "list"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("There is no database") || said.contains("holds no tables"), "{said}");
    assert_eq!(std::fs::read_dir(bot.data()).unwrap().count(), 0, "something was made");
    bot.restart().await;
    bot.stop().await;
    bot.database.execute("DELETE FROM _sqlx_migrations WHERE version = 5").await;
    let (said, code) = bot.tool(&["jobs", "list"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("of another version"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tool_works_while_no_bot_runs() {
    let mut bot = Bot::start().await;
    let id = recurring(&bot).await;
    bot.stop().await;
    let (said, code) = bot.tool(&["jobs", "retry", &id]).await;
    assert_eq!(code, Some(0), "{said}");
    bot.restart().await;
}
