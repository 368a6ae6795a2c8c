//! The playground with the whole app behind it: what somebody sees who tries the bot in a browser.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use crate::harness::ground::until;
use crate::harness::page::{CHANNEL, Page};
use crate::harness::playground_bot::Bot;
use crate::harness::test_app::{START, TestApp};

#[tokio::test]
async fn without_the_cookie_nobody_acts() {
    let bot = Bot::start().await;
    let body = json!({ "persona": "ada", "conversation": CHANNEL, "delivery": "k", "line": "env create preview-site demo" });
    assert_eq!(bot.posts("command", &body, false).await.0, StatusCode::FORBIDDEN);
    assert_eq!(bot.posts("crowd", &json!({}), false).await.0, StatusCode::FORBIDDEN);
    assert!(bot.reads("ada", CHANNEL).await.is_empty());
    assert_eq!(bot.texts("SELECT person_id FROM activity").await, Vec::<String>::new());
    bot.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_line_makes_an_environment_and_everybody_sees_it_become_ready() {
    let bot = Bot::start().await;
    let asked = bot.runs("ada", "env create preview-site demo").await;
    assert!(asked.starts_with("⏳ demo is asked for;"), "{asked}");
    let ready = bot.sees("ben", CHANNEL, "✅ demo is ready").await;
    assert!(
        ready.contains("http://127.0.0.1:PORT/") && ready.ends_with("[Open] [Extend by 1 day] [Destroy]"),
        "{ready}"
    );
    assert!(
        bot.reads("ben", CHANNEL).await.iter().all(|message| !message.starts_with('⏳')),
        "the answer is Ada's alone"
    );
    assert_eq!(bot.site_processes(), 1);
    bot.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_comes_in_the_direct_conversation_and_its_button_keeps_the_environment() {
    let bot = Bot::start().await;
    bot.types("ada", "env create preview-site demo").await;
    bot.sees("ada", CHANNEL, "✅ demo is ready").await;
    bot.clock.advance(Duration::from_secs(3 * 86_400 - 7_200));
    let warned = bot.sees("ada", "dm:ada", "⚠️ demo goes in 2 h").await;
    assert!(warned.ends_with("[Extend by 3 days] [Keep until…] [Destroy now]"), "{warned}");
    bot.presses("ada", "dm:ada", "Extend by 3 days").await;
    bot.sees("ada", "dm:ada", "✅ demo stays until 2026-11-24 09:00 UTC.").await;
    bot.sees("ada", CHANNEL, "yours until 2026-11-24 09:00 UTC").await;
    bot.clock.advance(Duration::from_secs(2 * 3_600));
    assert_eq!(bot.texts("SELECT state FROM environment").await, ["ready"]);
    bot.end().await;
}

/// Asks the crowd, and waits until it is done; what it says of itself.
async fn crowd(bot: &Bot) -> String {
    assert_eq!(bot.posts("crowd", &json!({ "persona": "ada" }), true).await.0, StatusCode::ACCEPTED);
    let line = async || {
        let crowd = bot.state("ada").await["crowd"].clone();
        (crowd["running"] == false).then(|| crowd["line"].as_str().unwrap().to_owned())
    };
    until("the crowd is done", line).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crowd_makes_a_score_and_all_of_it_outlives_a_restart() {
    let mut bot = Bot::start().await;
    bot.types("ada", "env create preview-site demo").await;
    bot.sees("ada", "dm:ada", "How did getting demo go for you?").await;
    bot.presses("ada", "dm:ada", "Very well").await;
    bot.presses("ada", "dm:ada", "Very badly").await;
    assert_eq!(crowd(&bot).await, "8 of 8 have an environment, 8 answered.");
    let stats = bot.runs("priya", "/platform stats").await;
    assert!(stats.contains("n = 5 · 9 of 9 asked (100 %); 4 more count with the next step of 5"), "{stats}");
    bot.closes("priya", "env.csat").await;
    let stats = bot.runs("priya", "/platform stats").await;
    // Five of the crowd are content, three are not, and Ada's last word is that she is not either.
    assert!(stats.contains("CSAT 56 % [27, 81] well or very well, n = 9"), "{stats}");
    bot.sees("ada", "dm:ada", "✅ Recorded").await;
    let (channel, direct) = (bot.reads("ada", CHANNEL).await, bot.reads("ada", "dm:ada").await);
    bot.restart().await;
    assert_eq!((bot.reads("ada", CHANNEL).await, bot.reads("ada", "dm:ada").await), (channel, direct));
    assert_eq!(bot.runs("priya", "/platform stats").await, stats);
    assert!(bot.runs("ada", "env show demo").await.contains("✅ ready"));
    assert_eq!(bot.site_processes(), 9);
    bot.end().await;
}

const DAY: i64 = 86_400_000;

/// The names of the environments that live.
const LIVE: &str = "SELECT name FROM environment WHERE live_name IS NOT NULL ORDER BY name";

#[tokio::test(flavor = "multi_thread")]
async fn by_the_clocks_jumps_an_environment_goes_after_its_warning_and_not_before() {
    let bot = Bot::start().await;
    bot.types("ada", "env create preview-site demo ttl=5d").await;
    bot.types("ada", "env create preview-site brief ttl=1d").await;
    bot.sees("ada", CHANNEL, "✅ demo is ready").await;
    bot.sees("ada", CHANNEL, "✅ brief is ready").await;
    assert_eq!(bot.jumps("day").await["ahead"], DAY);
    // Its end has come, but nobody was told before this jump.
    bot.sees("ada", "dm:ada", "⚠️ brief goes in").await;
    assert_eq!(bot.texts(LIVE).await, ["brief", "demo"]);
    bot.jumps("hour").await;
    until("brief goes", async || (bot.texts(LIVE).await == ["demo"]).then_some(())).await;
    bot.jumps("day").await;
    bot.jumps("day").await;
    bot.sees("ada", "dm:ada", "⚠️ demo goes in").await;
    for by in ["day", "day", "hour"] {
        bot.jumps(by).await;
    }
    until("demo goes", async || bot.texts(LIVE).await.is_empty().then_some(())).await;
    bot.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quick_jumps_come_one_after_another() {
    let bot = Bot::start().await;
    let (first, second, third) = tokio::join!(bot.jumps("day"), bot.jumps("hour"), bot.jumps("day"));
    let mut ahead = [first, second, third].map(|told| told["ahead"].as_i64().unwrap());
    ahead.sort_unstable();
    assert_eq!(ahead[2], 2 * DAY + DAY / 24);
    assert!(ahead[0] < ahead[1] && ahead[1] < ahead[2], "{ahead:?}");
    bot.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_find_the_clock_after_a_restart_where_the_jump_left_it() {
    let mut bot = Bot::start().await;
    assert_eq!(bot.jumps("day").await["ahead"], DAY);
    let before = bot.state("ada").await["now"].clone();
    bot.restart().await;
    let state = bot.state("ada").await;
    assert_eq!((&state["ahead"], &state["now"], &state["moves"]), (&json!(DAY), &before, &json!(true)));
    let (status, _) = bot.posts("clock", &json!({ "by": "week" }), true).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    bot.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn to_the_next_survey_is_to_when_somebody_is_asked() {
    let bot = Bot::start().await;
    bot.changes("DELETE FROM schedule".into()).await;
    let (status, told) = bot.posts("clock", &json!({ "by": "survey" }), true).await;
    assert_eq!(
        (status, told["error"].as_str().unwrap().starts_with("No survey is planned")),
        (StatusCode::CONFLICT, true)
    );
    bot.runs("ada", "env list").await;
    let at = START.0 + 5 * DAY;
    bot.changes(
        "INSERT INTO wave (id, survey, period, mode, k) VALUES ('wav_1', 'x', '2026-12', 'confidential', 5)"
            .into(),
    )
    .await;
    bot.changes(format!(
        "INSERT INTO invitation (id, wave_id, person_id, subject, answered, state, planned_at)
         SELECT 'inv_1', 'wav_1', id, '', 0, 'planned', {at} FROM person LIMIT 1"
    ))
    .await;
    assert_eq!(bot.jumps("survey").await["now"], at);
    bot.changes("DELETE FROM invitation".into()).await;
    bot.end().await;
}

#[tokio::test]
async fn the_clock_stands_still_beside_another_chat() {
    let app = TestApp::with(|config| config.playground.enabled = Some(true)).await;
    let playground = app.app.playground.as_ref().unwrap();
    let base = app.sender.url.replace("/slack/events", "");
    playground.listening_at(base.replace("http://", "").parse().unwrap());
    let page = Page::open(base, &playground.url()).await;
    assert_eq!(page.state("ada").await["moves"], false);
    assert_eq!(page.posts("clock", &json!({ "by": "day" }), true).await.0, StatusCode::CONFLICT);
    assert_eq!(app.app.db.now(), START);
    app.end().await;
}

#[tokio::test]
async fn the_line_is_completed_by_what_this_persona_may_do() {
    let bot = Bot::start().await;
    bot.types("ada", "env create preview-site demo").await;
    bot.sees("ada", CHANNEL, "✅ demo is ready").await;
    assert_eq!(bot.completes("ada", "env cr").await, "create from 4");
    assert_eq!(bot.completes("ada", "st").await, " from 0");
    assert_eq!(bot.completes("priya", "st").await, "stats from 0");
    let template = "(TEMPLATE: The golden path it is made from; `/platform template list` shows them)";
    assert_eq!(bot.completes("ada", "env create pre").await, format!("preview-site from 11 {template}"));
    assert!(bot.completes("ada", "env show ").await.starts_with("demo from 9"));
    assert!(bot.completes("ben", "env show ").await.starts_with(" from 9"), "it is not Ben's");
    bot.end().await;
}
