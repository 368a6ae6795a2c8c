//! The time zone, which Discord does not tell: asked for once, in a fitting moment.

use insta::assert_snapshot;
use serde_json::json;

use super::{HOUR, NOTHING_YET};
use crate::discord::button;
use crate::harness::discord_bot::DiscordBot;
use crate::harness::discord_sender::Scene;
use crate::harness::fake_discord::{ADA, BEN, GUILD};

const ASKS: &str = "I take your days to be in UTC until you say your time zone";

/// With an environment of Ada's, and a site in Porto where Ben is.
async fn with_demo() -> DiscordBot {
    let bot = DiscordBot::with(|config| {
        let file = config.data.with_file_name("people.toml");
        let site = format!(
            "[[site]]\nname = \"porto\"\nzone = \"Europe/Lisbon\"\nmembers = [\"discord:{GUILD}:{BEN}\"]\n"
        );
        std::fs::write(&file, site).unwrap();
        config.people.file = Some(file);
    })
    .await;
    bot.runs(&["env", "create"], &[("template", json!("preview-site")), ("name", json!("demo"))]).await;
    bot.app.run_jobs().await;
    bot
}

#[tokio::test]
async fn the_first_answer_with_a_time_asks_for_the_zone_and_no_other() {
    let bot = with_demo().await;
    let first = bot.runs(&["env", "list"], &[]).await;
    assert!(first.to_string().contains(ASKS), "{first}");
    let press = bot.discord.press(&Scene::of(ADA), &button(&first["data"], "Set time zone"));
    let form = bot.sends(press).await.to_string();
    assert!(form.contains("form:") && form.contains("Time zone") && !form.contains("Surveys"), "{form}");
    for words in [&["env", "list"][..], &["home"], &["settings", "show"]] {
        let later = bot.reads(&Scene::of(ADA), words).await;
        assert!(!later.contains(ASKS), "{later}");
    }
    let kept = bot.app.texts("SELECT CAST(zone_asked AS TEXT) FROM person").await;
    assert_eq!(kept, ["1"]);
    bot.app.end().await;
}

#[tokio::test]
async fn an_answer_in_words_asks_too() {
    let bot = with_demo().await;
    let values = [("name", json!("demo")), ("by", json!("until sun 18:00"))];
    let extended = bot.runs(&["env", "extend"], &values).await;
    assert_snapshot!(extended["data"]["content"].as_str().unwrap(), @"
    ✅ `demo` is yours until Sun 18:00 UTC, in 4 days.
    -# I take your days to be in UTC until you say your time zone, here or with `/platform settings zone`. It decides what `until fri 18:00` means and when you may be asked something.
    ");
    bot.app.end().await;
}

#[tokio::test]
async fn nobody_is_asked_whose_zone_is_known_or_who_sees_no_time() {
    let bot = with_demo().await;
    let none = bot.reads(&Scene::of("300000000000000003"), &["env", "list"]).await;
    assert!(none.contains(NOTHING_YET) && !none.contains(ASKS), "{none}");
    let all = [("all", json!(true))];
    let of_a_site = bot.sends(bot.discord.command(&Scene::of(BEN), &["env", "list"], &all)).await.to_string();
    assert!(of_a_site.contains("demo") && !of_a_site.contains(ASKS), "{of_a_site}");
    let own = [("zone", json!("Asia/Tokyo"))];
    bot.runs(&["settings", "show"], &own).await;
    assert!(!bot.reads(&Scene::of(ADA), &["env", "list"]).await.contains(ASKS));
    let slack = bot.app.person("Ada");
    slack.types("env create preview-site other").await;
    bot.app.run_jobs().await;
    assert!(!slack.runs("env list").await.contains("your days to be in"));
    bot.app.end().await;
}

#[tokio::test]
async fn a_linked_account_says_the_zone_and_the_name_and_is_said_to() {
    let bot = with_demo().await;
    bot.app.changes("UPDATE person SET zone = 'Asia/Tokyo', name = 'Ada Lovelace'").await;
    bot.app.changes("UPDATE identity SET linked = 1").await;
    assert!(!bot.reads(&Scene::of(ADA), &["env", "list"]).await.contains(ASKS));
    let settings = bot.reads(&Scene::of(ADA), &["settings", "show"]).await;
    assert!(settings.contains("`Asia/Tokyo` (the account that you linked says so)"), "{settings}");
    bot.app.clock.advance(HOUR);
    bot.openly(ADA).await;
    assert_eq!(bot.app.texts("SELECT name FROM person").await, ["Ada Lovelace"]);
    bot.app.end().await;
}

#[tokio::test]
async fn a_zone_is_said_alone_and_one_that_is_none_is_refused() {
    let bot = with_demo().await;
    let said = async |zone: &str| {
        let values = [("zone", json!(zone))];
        let command = bot.discord.command(&Scene::of(ADA), &["settings", "zone"], &values);
        bot.sends(command).await.to_string()
    };
    assert!(said("Berlin").await.contains("Did you mean `Europe/Berlin`?"));
    assert!(said("Europe/Berlin").await.contains("`Europe/Berlin` (you said so)"));
    assert!(said("auto").await.contains("(the site's default)"));
    bot.app.end().await;
}

#[tokio::test]
async fn of_two_that_ask_for_it_at_once_one_answer_asks() {
    let bot = with_demo().await;
    let scene = Scene::of(ADA);
    let (one, other) = tokio::join!(bot.reads(&scene, &["env", "list"]), bot.reads(&scene, &["env", "list"]));
    assert_eq!([one, other].iter().filter(|answer| answer.contains(ASKS)).count(), 1);
    bot.app.end().await;
}
