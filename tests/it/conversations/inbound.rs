//! Mentions and direct messages: what reaches the bot without a slash.

use insta::assert_snapshot;
use serde_json::json;

use crate::harness::fake_slack::BOT;
use crate::harness::reading::{buttons, read};
use crate::harness::test_app::TestApp;

const THREAD: Option<&str> = Some("1795350000.000007");

#[tokio::test]
async fn a_mention_is_a_command_and_what_follows_stays_in_its_thread() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.mentions("env create preview-site demo", THREAD).await, @"⏳ `demo` is asked for; a message follows it, here or directly to you. `/platform env show demo` shows it any time.");
    let posted =
        app.fake.log_of("chat.postMessage").into_iter().find(|call| call.arguments["channel"] == "C1");
    assert_eq!(posted.unwrap().arguments["thread_ts"].as_str(), THREAD, "what follows it is in the thread");
    assert_snapshot!(app.reads("C1"), @"
    ✅ `demo` is ready · http://127.0.0.1:PORT/ · yours until 2026-11-21 09:00 UTC (in 3 days)
    [Open] [Extend by 1 day] [Destroy]
    ");
    assert_snapshot!(ada.mentions("env lst", None).await, @"
    There is no `env lst`. Did you mean `/platform env list`?
    [Run it]
    ");
    assert_eq!(app.fake.calls("chat.postEphemeral"), 2, "a repeated event is answered once");
    app.end().await;
}

#[tokio::test]
async fn a_direct_message_is_a_command_answered_there() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.writes_directly("`env list`").await, @"You have no environments. `/platform env create` makes one; `/platform template list` shows what there is.");
    assert_snapshot!(ada.writes_directly("template search <https://x.example|web> page").await, @"
    You have no environments. `/platform env create` makes one; `/platform template list` shows what there is.

    Nothing fits all of <https://x.example|web> page; this fits some of it:
    Name | Title | Support | What it gives
    `preview-site` | Preview site | golden path | A static web page at an address of its own within seconds, to show an idea, share a note with a team or try the platform out
    [Create from preview-site]
    `/platform template show NAME` tells what one asks and does.
    ");
    assert_eq!(app.fake.calls("chat.postEphemeral"), 0);
    app.end().await;
}

#[tokio::test]
async fn a_form_is_offered_by_a_button_that_is_the_askers_alone() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    assert_snapshot!(ada.mentions("env create preview-site", THREAD).await, @"
    `/platform env create` needs more values. The button opens a form that asks for them.
    [Open the form]
    ");
    let offered = app.fake.whispered("C1", "UADA")[0].clone();
    let value = buttons(&offered)[0].1.clone();
    assert_snapshot!(ben.presses_value(&value).await, @"This suggestion is not kept any more. Type the command.");
    ada.presses_value(&value).await;
    let form = app.fake.memory().views[0].clone();
    assert_snapshot!(read(&form).lines().nth(1).unwrap_or_default(), @"Name*: …");
    app.end().await;
}

#[tokio::test]
async fn what_programs_say_and_what_is_said_about_the_bot_is_nobodys_command() {
    let app = TestApp::start().await;
    app.connected().await;
    let ada = app.person("Ada");
    let said = json!({ "type": "message", "channel_type": "im", "channel": "DUADA", "user": "UADA", "text": "env list" });
    for mark in not_for_the_bot() {
        let mut event = said.clone();
        event.as_object_mut().unwrap().extend(mark.as_object().unwrap().clone());
        ada.tells(event).await;
    }
    let memory = app.fake.memory();
    assert_eq!((memory.messages.len(), memory.ephemeral.len()), (0, 0));
}

#[tokio::test]
async fn somebody_of_another_company_has_no_role_in_a_shared_channel() {
    let app = TestApp::start().await;
    app.connected().await;
    let eve = app.person("Eve").of("T9");
    assert_snapshot!(eve.mentions("env list --all", None).await, @"🔒 You have no role here. Guests, bots and people from elsewhere have none; a member gets one from an admin, under `[access.roles]` in the config.");
}

#[tokio::test]
async fn words_of_a_person_stay_words() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.mentions("template search &lt;!channel&gt; *now*", None).await;
    let body = app.fake.whispered("C1", "UADA")[0].clone();
    assert_snapshot!(body["text"].as_str().unwrap(), @"Nothing fits &lt;!channel&gt; *now*. It is noted as missing. /platform template list shows what there is.");
    assert_snapshot!(body["blocks"][0]["elements"][0]["elements"], @r#"[{"type":"text","text":"Nothing fits "},{"type":"text","text":"<!channel> *now*","style":{"italic":true}},{"type":"text","text":". It is noted as missing. "},{"type":"text","text":"/platform template list","style":{"code":true}},{"type":"text","text":" shows what there is."}]"#);
    app.end().await;
}

#[tokio::test]
async fn where_the_bot_is_no_member_it_answers_directly() {
    let app = TestApp::start().await;
    app.fake.memory().channels.insert("C2".into(), false);
    let ada = app.person("Ada").within("C2");
    assert_eq!(ada.mentions("env list", None).await, "");
    assert_snapshot!(app.reads("DUADA"), @"You have no environments. `/platform env create` makes one; `/platform template list` shows what there is.");
    app.end().await;
}

#[tokio::test]
async fn a_mention_that_cannot_be_kept_is_answered_at_once() {
    let app = TestApp::start().await;
    app.app.db.close().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.mentions_in_vain("env list").await, @"The database cannot be used just now: it does not answer. Nothing was changed; try again in a minute.");
}

/// What makes a direct message one that nobody commands with.
fn not_for_the_bot() -> [serde_json::Value; 11] {
    [
        json!({ "bot_id": "B1" }),
        json!({ "bot_profile": { "id": "B1" } }),
        json!({ "subtype": "message_changed" }),
        json!({ "subtype": "file_share" }),
        json!({ "edited": { "ts": "1" } }),
        json!({ "hidden": true }),
        json!({ "user": BOT }),
        json!({ "user": null }),
        json!({ "channel_type": "channel", "channel": "C1" }),
        json!({ "type": "app_mention", "channel_type": null, "channel": "C1", "text": "do not ask <@UBOT> env list" }),
        json!({ "type": "app_mention", "channel_type": null, "channel": "C1", "text": "<@U2> env list" }),
    ]
}
