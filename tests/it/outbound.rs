//! What becomes of messages on Slack's bad days: the whole app, and a Slack that refuses.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use goldenpath::chat::Target;
use goldenpath::chat::message::Message;
use goldenpath::chat::outbox::{self, Address};

use crate::harness::bot_process::{Bot, until};
use crate::harness::fake_slack::{SCOPES, TEAM};
use crate::harness::test_app::TestApp;

const AGAIN: &str = "Sent again after an interruption; you may see this twice.";
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn channel(id: &str) -> Target {
    Target::Channel { id: id.into() }
}

fn direct(user: &str) -> Target {
    Target::Direct { user: user.into() }
}

/// An app that holds itself to Slack's rates, and a Slack that insists on them.
async fn paced() -> TestApp {
    let app = TestApp::with(|config| config.slack.pacing = true).await;
    app.fake.set_strict(true);
    app
}

/// From now on the message `key` says `words` at `target`, or at the fallback.
async fn says(app: &TestApp, key: &str, target: Target, fallback: Option<Target>, words: &str) {
    let address = Address { platform: "slack".into(), workspace: TEAM.into(), target, fallback };
    let unit = (key.to_owned(), address, Message::new(words));
    let put = app
        .app
        .db
        .write(unit, |tx, (key, address, message)| Box::pin(outbox::put(tx, key, address, message)));
    put.await.unwrap();
}

/// A message each for so many places, `m00`, `m01` … one millisecond after the other.
async fn speaks(app: &TestApp, count: usize, place: impl Fn(usize) -> String) {
    for number in 0..count {
        app.fake.memory().channels.insert(place(number), true);
        says(app, &format!("m{number:02}"), channel(&place(number)), None, &format!("m{number:02}")).await;
        app.clock.advance(Duration::from_millis(1));
    }
    app.run_jobs().await;
}

/// What stands in a channel, sorted: what waited for one moment comes in any order.
fn sorted(app: &TestApp, channel: &str) -> Vec<String> {
    let mut all = texts(app, channel);
    all.sort();
    all
}

/// What stands in a channel, message by message.
fn texts(app: &TestApp, channel: &str) -> Vec<String> {
    let text = |message: &serde_json::Value| message["text"].as_str().unwrap().to_owned();
    app.fake.shown_in(channel).iter().map(text).collect()
}

/// Why messages were given up.
async fn given_up(app: &TestApp) -> Vec<String> {
    let sql = "SELECT given_up FROM message WHERE given_up IS NOT NULL ORDER BY key";
    sqlx::query_scalar(sql).fetch_all(&mut *app.app.db.read().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn fifty_messages_to_one_channel_arrive_a_second_apart_in_order() {
    let app = paced().await;
    speaks(&app, 50, |_| "C1".into()).await;
    assert_eq!(texts(&app, "C1"), ["m00", "m01", "m02"], "a short burst");
    for _ in 0..47 {
        app.after(SECOND).await;
    }
    let all: Vec<String> = (0..50).map(|number| format!("m{number:02}")).collect();
    assert_eq!(texts(&app, "C1"), all);
    assert_eq!((app.fake.ended("ratelimited"), app.fake.calls("chat.postMessage")), (0, 50));
    app.end().await;
}

#[tokio::test]
async fn a_message_to_each_of_fifty_channels_waits_little() {
    let app = paced().await;
    speaks(&app, 50, |number| format!("C{number}")).await;
    app.after(SECOND).await;
    app.after(SECOND).await;
    assert!((0..50).all(|number| texts(&app, &format!("C{number}")).len() == 1));
    assert_eq!(app.fake.ended("ratelimited"), 0);
    app.end().await;
}

#[tokio::test]
async fn progress_is_shown_at_most_every_second_and_a_half_and_its_last_state_always() {
    let app = paced().await;
    for percent in 0..10 {
        says(&app, "m", channel("C1"), None, &format!("{percent}0 %")).await;
        app.after(Duration::from_millis(300)).await;
    }
    says(&app, "m", channel("C1"), None, "ready").await;
    app.after(SECOND * 2).await;
    assert_eq!(texts(&app, "C1"), ["ready"]);
    let edits: Vec<i64> = app.fake.log_of("chat.update").iter().map(|call| call.at.0).collect();
    assert!(edits.windows(2).all(|pair| pair[1] - pair[0] >= 1_500), "{edits:?}");
    assert!((2..=4).contains(&edits.len()), "{edits:?}");
    app.end().await;
}

#[tokio::test]
async fn a_minute_of_too_many_requests_is_heard_once_and_holds_for_all() {
    let app = TestApp::start().await;
    app.fake.set_busy("chat.postMessage", MINUTE);
    speaks(&app, 10, |number| format!("C{number}")).await;
    assert_eq!(app.fake.calls("chat.postMessage"), 1, "the others wait without asking");
    app.after(MINUTE - SECOND).await;
    assert_eq!(app.fake.calls("chat.postMessage"), 1);
    app.after(SECOND).await;
    assert!((0..10).all(|number| texts(&app, &format!("C{number}")) == [format!("m{number:02}")]));
    assert_eq!(app.fake.ended("ratelimited"), 1);
    app.end().await;
}

#[tokio::test]
async fn an_hour_without_slack_loses_and_doubles_nothing() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    app.fake.set_down(true);
    ada.runs("env create preview-site shop").await;
    speaks(&app, 3, |_| "C2".into()).await;
    for _ in 0..60 {
        app.after(MINUTE).await;
    }
    let asked = app.fake.log_of("chat.postMessage").into_iter();
    let asked = asked.filter(|call| call.arguments["channel"] == "C2").count();
    assert!(asked <= 3 * 61, "it asks ever more rarely: {asked}");
    app.fake.set_down(false);
    app.after(MINUTE).await;
    assert_eq!(sorted(&app, "C2"), ["m00", "m01", "m02"]);
    assert_eq!(texts(&app, "C1").len(), 1);
    assert!(given_up(&app).await.is_empty() && !app.reads("C1").contains(AGAIN));
    app.end().await;
}

#[tokio::test]
async fn an_answer_that_waited_longer_than_its_address_lives_comes_directly() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    app.fake.set_down(true);
    assert_eq!(ada.presses_value("env.show:nothing:").await, "");
    app.after(MINUTE * 31).await;
    app.fake.set_down(false);
    app.after(MINUTE).await;
    assert_eq!(app.fake.ended("expired_url"), 1);
    assert_eq!(app.fake.shown_in(&ada.direct()).len(), 1);
    app.end().await;
}

#[tokio::test]
async fn answers_wait_as_long_as_slack_says() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    app.fake.set_busy("response_url", MINUTE);
    for _ in 0..3 {
        assert_eq!(ada.presses_value("env.show:nothing:").await, "");
    }
    assert_eq!(app.fake.calls("response_url"), 1, "the others wait without asking");
    app.after(MINUTE).await;
    let answered = app.fake.log_of("response_url").iter().filter(|call| call.outcome == "ok").count();
    assert_eq!((answered, app.fake.calls("response_url")), (3, 4));
    app.end().await;
}

#[tokio::test]
async fn the_life_of_an_environment_is_told_within_the_rates() {
    let app = paced().await;
    let ada = app.person("Ada");
    ada.runs("env create preview-site shop").await;
    for _ in 0..10 {
        app.after(SECOND).await;
    }
    assert!(app.reads("C1").contains("is ready"), "{}", app.reads("C1"));
    assert_eq!((app.fake.shown_in("C1").len(), app.fake.ended("ratelimited")), (1, 0));
    app.end().await;
}

#[tokio::test]
async fn a_slow_slack_is_waited_for() {
    assert!(goldenpath::chat::slack::PATIENCE > SECOND * 20, "ten seconds must not make two of one message");
    let app = TestApp::start().await;
    app.fake.set_slow(Duration::from_millis(100));
    speaks(&app, 3, |_| "C1".into()).await;
    assert_eq!(texts(&app, "C1"), ["m00", "m01", "m02"]);
    assert_eq!(app.fake.calls("chat.postMessage"), 3);
    app.end().await;
}

#[tokio::test]
async fn what_answered_in_words_unknown_may_have_arrived() {
    let app = TestApp::start().await;
    app.fake.set_garbled(true);
    speaks(&app, 1, |_| "C1".into()).await;
    app.fake.set_garbled(false);
    app.after(SECOND * 5).await;
    assert_eq!(app.fake.shown_in("C1").len(), 2);
    assert!(!app.reads("C1").split("\n\n").next().unwrap().contains(AGAIN));
    assert!(app.reads("C1").contains(AGAIN));
    app.end().await;
}

#[tokio::test]
async fn under_a_dead_token_everything_waits_and_nothing_is_given_up() {
    for error in ["invalid_auth", "token_revoked", "account_inactive"] {
        let app = TestApp::start().await;
        app.fake.kill_token(error);
        speaks(&app, 5, |_| "C1".into()).await;
        app.after(MINUTE).await;
        assert_eq!(app.fake.calls("chat.postMessage"), 1, "one asks for all");
        app.after(MINUTE * 60).await;
        app.fake.grant(&SCOPES);
        app.after(MINUTE * 5).await;
        assert_eq!(sorted(&app, "C1"), ["m00", "m01", "m02", "m03", "m04"]);
        assert!(given_up(&app).await.is_empty());
        app.end().await;
    }
}

#[tokio::test]
async fn a_missing_scope_holds_what_needs_it() {
    let app = TestApp::start().await;
    app.fake.grant(&["users:read"]);
    speaks(&app, 5, |_| "C1".into()).await;
    assert_eq!(app.fake.calls("chat.postMessage"), 1);
    app.fake.grant(&SCOPES);
    app.after(MINUTE * 5).await;
    assert_eq!(texts(&app, "C1").len(), 5);
    assert!(given_up(&app).await.is_empty());
    app.end().await;
}

#[tokio::test]
async fn where_it_cannot_write_it_goes_to_the_person_or_says_why_not() {
    let app = TestApp::start().await;
    app.fake.memory().channels.extend([("C2".into(), false), ("C3".into(), true)]);
    app.fake.memory().archived.insert("C3".into());
    app.fake.memory().people.insert("UNOBODY".into(), serde_json::Value::Null);
    for (key, place) in [("a", "C2"), ("b", "C3"), ("c", "C9"), ("d", "UNOBODY")] {
        says(&app, key, channel(place), Some(direct("UADA")), place).await;
        says(&app, &format!("{key}, alone"), channel(place), None, place).await;
    }
    app.run_jobs().await;
    assert_eq!(sorted(&app, "DUADA"), ["C2", "C3", "C9", "UNOBODY"]);
    let why = ["not_in_channel", "is_archived", "channel_not_found", "channel_not_found"];
    assert_eq!(given_up(&app).await, why);
    app.end().await;
}

#[tokio::test]
async fn somebody_who_takes_no_messages_is_told_nothing_more() {
    for error in ["user_disabled", "user_not_found", "cannot_dm_bot", "an_error_of_next_year"] {
        let app = TestApp::start().await;
        app.fake.refuse("chat.postMessage", error, 1);
        says(&app, "m", direct("UADA"), None, "hello").await;
        app.after(MINUTE * 60).await;
        assert_eq!(given_up(&app).await, [error]);
        assert_eq!(app.fake.calls("chat.postMessage"), 1);
        app.end().await;
    }
}

#[tokio::test]
async fn what_slack_does_not_take_as_it_is_arrives_as_bare_text() {
    for error in ["msg_too_long", "invalid_blocks", "msg_blocks_too_long"] {
        let app = TestApp::start().await;
        says(&app, "m", channel("C1"), None, "asked for").await;
        app.fake.refuse("chat.postMessage", error, 1);
        app.run_jobs().await;
        assert_eq!(texts(&app, "C1"), ["asked for\n(Shown without its layout and buttons.)"]);
        app.fake.refuse("chat.update", error, 1);
        says(&app, "m", channel("C1"), None, &"<ready> & ".repeat(900)).await;
        app.run_jobs().await;
        let now = texts(&app, "C1").remove(0);
        assert!(now.starts_with("&lt;ready&gt; &amp; ") && now.ends_with("buttons.)"), "{now}");
        assert!(given_up(&app).await.is_empty());
        app.end().await;
    }
}

#[tokio::test]
async fn a_message_that_somebody_deleted_is_posted_anew_once() {
    let app = TestApp::start().await;
    speaks(&app, 1, |_| "C1".into()).await;
    app.fake.clear("C1");
    says(&app, "m00", channel("C1"), None, "ready").await;
    app.run_jobs().await;
    assert_eq!(texts(&app, "C1"), ["ready"]);
    app.fake.clear("C1");
    says(&app, "m00", channel("C1"), None, "gone").await;
    app.run_jobs().await;
    assert!(texts(&app, "C1").is_empty());
    assert_eq!(given_up(&app).await, ["message_not_found"]);
    app.end().await;
}

#[tokio::test]
async fn a_message_that_may_not_be_edited_any_more_is_posted_anew() {
    let app = TestApp::start().await;
    speaks(&app, 1, |_| "C1".into()).await;
    app.fake.freeze("C1");
    says(&app, "m00", channel("C1"), None, "ready").await;
    app.run_jobs().await;
    assert_eq!(texts(&app, "C1"), ["m00", "ready"]);
    app.end().await;
}

#[tokio::test]
async fn an_answer_whose_address_is_used_up_comes_directly() {
    for error in ["expired_url", "used_url"] {
        let app = TestApp::start().await;
        let ada = app.person("Ada");
        app.fake.refuse("response_url", error, 1);
        assert_eq!(ada.presses_value("env.show:nothing:").await, "");
        assert_eq!(app.fake.shown_in(&ada.direct()).len(), 1);
        assert!(given_up(&app).await.is_empty());
        app.end().await;
    }
}

#[tokio::test]
async fn a_start_with_a_good_token_brings_what_waited_at_once() {
    let mut bot = Bot::start().await;
    bot.fake.kill_token("token_revoked");
    bot.slack().types("UADA", "env create quick shop").await;
    let done = "SELECT e.name FROM environment e, job j WHERE e.state = 'ready' AND j.state = 'ready' AND j.kind = 'deliver' AND j.error <> ''";
    until("all is done but told", async || bot.database.texts(done).await.pop()).await;
    let told = |bot: &Bot| bot.said().matches("Slack refuses the bot token").count();
    assert_eq!((told(&bot), bot.status_of("/readyz").await), (1, 200), "told once");
    bot.fake.grant(&SCOPES);
    assert_eq!(bot.stop().await, Some(0));
    bot.restart().await;
    bot.reads("C1", "shop").await;
}

#[tokio::test]
async fn what_was_given_up_is_shown_to_the_operator_and_sent_after_all() {
    let bot = Bot::start().await;
    bot.fake.refuse("chat.postMessage", "restricted_action", usize::MAX);
    bot.slack().types("UADA", "env create quick shop").await;
    let line = |said: String| said.lines().find(|line| line.starts_with("env:")).map(str::to_owned);
    let line = until("it is listed", async || line(bot.tool(&["messages", "list"]).await.0)).await;
    let (key, why) = line.split_once("  ").unwrap();
    assert!(why.starts_with("slack, ") && why.ends_with(" ago: restricted_action"), "{why}");
    bot.fake.refuse("chat.postMessage", "", 0);
    assert_eq!(bot.tool(&["messages", "retry", key]).await.1, Some(0));
    bot.reads("DUADA", "shop").await;
    let (said, code) = bot.tool(&["messages", "retry", key]).await;
    assert_eq!(code, Some(1), "{said}");
    let audit = "SELECT command FROM audit WHERE actor = 'operator'";
    assert_eq!(bot.database.texts(audit).await, ["messages.retry"]);
}
