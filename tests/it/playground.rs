//! The playground with the whole app behind it: what somebody sees who tries the bot in a browser.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use crate::harness::ground::until;
use crate::harness::playground_bot::{Bot, CHANNEL};

#[tokio::test]
async fn without_the_cookie_nobody_acts() {
    let bot = Bot::start().await;
    let body = json!({ "persona": "ada", "conversation": CHANNEL, "delivery": "k", "line": "env create preview-site demo" });
    assert_eq!(bot.posts("command", &body, false).await.0, StatusCode::FORBIDDEN);
    assert_eq!(bot.posts("crowd", &json!({}), false).await.0, StatusCode::FORBIDDEN);
    assert!(bot.reads("ada", CHANNEL).await.is_empty());
    assert_eq!(bot.texts("SELECT id FROM person").await, Vec::<String>::new());
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
async fn a_form_asks_says_what_is_wrong_and_makes_it() {
    let bot = Bot::start().await;
    let form = bot.types("ada", "env create preview-site").await["form"].clone();
    let fields: Vec<&str> =
        form["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "ttl", "p.title", "p.message", "p.accent"]);
    let wrong = json!({ "name": "Not a name", "ttl": "soon" });
    let refused = bot.submits("ada", &form, &wrong).await["refused"].clone();
    assert!(refused["name"].as_str().unwrap().contains("`not-a-name` would do"), "{refused}");
    assert!(refused["ttl"].is_string() && refused.as_object().unwrap().len() == 2, "{refused}");
    let wrong = json!({ "name": "page", "p.accent": "mauve" });
    let refused = bot.submits("ada", &form, &wrong).await["refused"].clone();
    assert!(refused["p.accent"].is_string() && refused.as_object().unwrap().len() == 1, "{refused}");
    assert_eq!(bot.texts("SELECT name FROM environment").await, Vec::<String>::new());
    let right = json!({ "name": "page", "ttl": "2d", "p.title": "A & <B>", "p.accent": "teal" });
    assert_eq!(bot.submits("ada", &form, &right).await, json!({ "done": true }));
    let ready = bot.sees("ada", CHANNEL, "✅ page is ready").await;
    assert!(ready.contains("(in 2 days)"), "{ready}");
    bot.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_press_is_recorded_and_the_prompt_does_not_tell_which() {
    let bot = Bot::start().await;
    bot.types("ada", "env create preview-site demo").await;
    bot.sees("ada", "dm:ada", "How did getting demo go for you?").await;
    bot.presses("ada", "Very well").await;
    let first = bot.sees("ada", "dm:ada", "✅ Recorded").await;
    assert_eq!(first.matches("Very well").count(), 1, "{first}");
    bot.presses("ada", "Very badly").await;
    let delivered = "SELECT key FROM message WHERE delivered < version";
    until("all is said", async || bot.texts(delivered).await.is_empty().then_some(())).await;
    assert_eq!(bot.reads("ada", "dm:ada").await, [first], "the same words whatever was pressed");
    let stats = bot.runs("priya", "stats").await;
    assert!(stats.contains("Satisfaction  1 of 1 answered; shown from 5 answers on"), "{stats}");
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
    bot.presses("ada", "Extend by 3 days").await;
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
    bot.presses("ada", "Very well").await;
    bot.presses("ada", "Very badly").await;
    assert_eq!(crowd(&bot).await, "8 of 8 have an environment, 8 answered.");
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
