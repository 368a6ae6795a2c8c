//! The fake Slack itself: Slack's own client works against it, and its bad days are bad.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use goldenpath::clock::{ManualClock, SystemClock, Timestamp};
use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::harness::fake_slack::{FakeSlack, TOKEN};
use crate::harness::ground::until;

/// A Python that has slack_sdk.
const PYTHON: &str = "GOLDENPATH_TEST_PYTHON";

/// A fake with whatever the script meets.
async fn furnished() -> (FakeSlack, Value) {
    let (fake, limited) = (FakeSlack::with_clock(Arc::new(SystemClock)).await, FakeSlack::start().await);
    limited.limit(2, 1);
    {
        let mut memory = fake.memory();
        memory.channels.extend([("C2".into(), false), ("C3".into(), true)]);
        memory.archived.insert("C3".into());
        let members = ["UADA", "UBEN", "UCAT", "UDAN", "UEVE", "UFAY"];
        memory.people.extend(members.map(|user| (user.to_owned(), json!({}))));
        memory.people.extend([("UNOBODY".into(), Value::Null), ("UGONE".into(), json!({ "deleted": true }))]);
        let dead = ["token_revoked", "account_inactive"];
        memory.tokens.extend(dead.map(|error| (format!("xoxb-{error}"), Err(error))));
        memory.tokens.insert("xoxb-poor".into(), Ok(["users:read".to_owned()].into()));
    }
    let expired = fake.trigger();
    fake.expire_triggers();
    let triggers: Vec<String> = (0..5).map(|_| fake.trigger()).collect();
    let given = json!({
        "url": fake.api_url(), "limited": limited.api_url(), "token": TOKEN, "expired": expired,
        "triggers": triggers, "answers": fake.response_url("python"),
    });
    (fake, given)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slack_sdk; .ci/run brings it"]
async fn slacks_own_python_client_works_unchanged() {
    let python = goldenpath::config::environment().remove(PYTHON);
    let python = python.unwrap_or_else(|| panic!("{PYTHON} names no Python that has slack_sdk"));
    let (_fake, given) = furnished().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fake_slack.py");
    let mut command = tokio::process::Command::new(python);
    let mut child = command.arg(script).stdin(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).await.unwrap();
    assert!(child.wait().await.unwrap().success());
}

/// Calls a method with JSON; the status, the wait, the error.
async fn calls(fake: &FakeSlack, method: &str, arguments: Value) -> (u16, Option<String>, String) {
    let request = reqwest::Client::new().post(format!("{}/{method}", fake.api_url()));
    let response = request.bearer_auth(TOKEN).json(&arguments).send().await.unwrap();
    let wait = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
    let (status, body) = (response.status().as_u16(), response.text().await.unwrap());
    let answer: Value = serde_json::from_str(&body).unwrap_or_default();
    (status, wait, answer["error"].as_str().unwrap_or_default().to_owned())
}

/// Posts `x` to a channel.
async fn posts(fake: &FakeSlack, channel: &str) -> (u16, Option<String>, String) {
    calls(fake, "chat.postMessage", json!({ "channel": channel, "text": "x" })).await
}

fn fine() -> (u16, Option<String>, String) {
    (200, None, String::new())
}

fn too_many(seconds: u64) -> (u16, Option<String>, String) {
    (429, Some(seconds.to_string()), "ratelimited".into())
}

#[tokio::test]
async fn a_busy_method_says_how_long_still_and_the_others_work() {
    let clock = Arc::new(ManualClock::at(Timestamp(0)));
    let fake = FakeSlack::with_clock(clock.clone()).await;
    fake.set_busy("chat.postMessage", Duration::from_secs(60));
    assert_eq!(posts(&fake, "C1").await, too_many(60));
    clock.advance(Duration::from_millis(59_500));
    assert_eq!(posts(&fake, "C1").await, too_many(1));
    clock.advance(Duration::from_millis(500));
    assert_eq!(posts(&fake, "C1").await, fine());
    fake.set_busy("chat.update", Duration::from_secs(60));
    assert_eq!(posts(&fake, "C1").await, fine());
    assert_eq!((fake.ended("ratelimited"), fake.ended("ok")), (2, 2));
}

#[tokio::test]
async fn a_strict_one_takes_a_message_a_second_in_each_channel_after_a_short_burst() {
    let clock = Arc::new(ManualClock::at(Timestamp(0)));
    let fake = FakeSlack::with_clock(clock.clone()).await;
    fake.memory().channels.insert("C2".into(), true);
    fake.set_strict(true);
    for _ in 0..5 {
        assert_eq!(posts(&fake, "C1").await, fine());
    }
    assert_eq!(posts(&fake, "C1").await, too_many(1));
    assert_eq!(posts(&fake, "C2").await, fine());
    clock.advance(Duration::from_secs(1));
    assert_eq!(posts(&fake, "C1").await, fine());
    assert_eq!(posts(&fake, "C1").await, too_many(1));
}

#[tokio::test]
async fn triggers_and_addresses_for_answers_grow_old() {
    let clock = Arc::new(ManualClock::at(Timestamp(0)));
    let fake = FakeSlack::with_clock(clock.clone()).await;
    let (trigger, answers) = (fake.trigger(), fake.response_url("press"));
    clock.advance(Duration::from_millis(3_001));
    let open = calls(&fake, "views.open", json!({ "trigger_id": trigger, "view": {} })).await;
    assert_eq!(open.2, "expired_trigger_id");
    clock.advance(Duration::from_secs(30 * 60));
    let answer = reqwest::Client::new().post(answers).json(&json!({ "text": "late" })).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 404);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "expired_url");
}

#[tokio::test]
async fn bad_days_are_bad() {
    let fake = FakeSlack::start().await;
    fake.refuse("chat.postMessage", "restricted_action", 1);
    assert_eq!(posts(&fake, "C1").await, (200, None, "restricted_action".into()));
    fake.set_garbled(true);
    assert_eq!(posts(&fake, "C1").await, fine(), "no JSON, though all is done");
    assert_eq!(fake.shown_in("C1").len(), 1);
    fake.set_garbled(false);
    fake.kill_token("token_revoked");
    assert_eq!(posts(&fake, "C1").await.2, "token_revoked");
    fake.grant(&["users:read"]);
    assert_eq!(posts(&fake, "C1").await.2, "missing_scope");
    fake.set_down(true);
    assert_eq!(posts(&fake, "C1").await.0, 503);
}

#[tokio::test]
async fn what_stands_there_may_become_fixed_or_go() {
    let fake = FakeSlack::start().await;
    posts(&fake, "C1").await;
    let ts = fake.memory().messages[0].ts.clone();
    let change = json!({ "channel": "C1", "ts": ts, "text": "y" });
    assert_eq!(calls(&fake, "chat.update", change.clone()).await, fine());
    fake.freeze("C1");
    assert_eq!(calls(&fake, "chat.update", change.clone()).await.2, "cant_update_message");
    fake.clear("C1");
    assert_eq!(calls(&fake, "chat.update", change.clone()).await.2, "message_not_found");
    let whisper = json!({ "channel": "C1", "user": "UADA", "text": "for you" });
    assert_eq!(calls(&fake, "chat.postEphemeral", whisper).await, fine());
    assert_eq!(fake.whispered("C1", "UADA")[0]["text"], "for you");
    let log = fake.log_of("chat.update");
    assert_eq!((log.len(), &log[2].arguments), (3, &change));
    assert!(log.iter().all(|call| call.at == Timestamp(1_795_350_000_000)));
}

#[tokio::test]
async fn a_slow_one_has_done_it_before_it_answers() {
    let fake = FakeSlack::start().await;
    fake.set_slow(Duration::from_secs(600));
    let asking = tokio::spawn({
        let fake = fake.clone();
        async move { posts(&fake, "C1").await }
    });
    until("it is done", async || (!fake.shown_in("C1").is_empty()).then_some(())).await;
    assert!(!asking.is_finished());
    asking.abort();
}
