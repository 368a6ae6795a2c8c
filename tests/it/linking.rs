//! One person on Slack and on Discord: the code, the question, and what becomes one.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use goldenpath::surveys;
use serde_json::{Value, json};

use crate::discord::button;
use crate::harness::discord_bot::DiscordBot;
use crate::harness::discord_sender::Scene;
use crate::harness::fake_discord::{ADA, BEN};
use crate::harness::test_app::Person;

/// What somebody at Discord sees of it, whole.
async fn types(bot: &DiscordBot, user: &str, code: &str) -> Value {
    let command = bot.discord.command(&Scene::of(user), &["link"], &[("code", json!(code))]);
    bot.sends(command).await
}

/// The code that Slack shows somebody.
async fn asks(ada: &Person<'_>) -> String {
    let shown = ada.runs("link").await;
    let code = shown.split_once("Your code is ").unwrap_or_else(|| panic!("{shown}")).1;
    code.chars().take(9).collect()
}

/// Ada of Slack and Ada of Discord are one.
async fn links(bot: &DiscordBot) -> String {
    let code = asks(&bot.app.person("Ada")).await;
    let question = types(bot, ADA, &code).await;
    let press = bot.discord.press(&Scene::of(ADA), &button(&question["data"], "Link both"));
    let answer = bot.sends(press).await;
    bot.app.run_jobs().await;
    assert!(answer.to_string().contains("are one person now"), "{answer}");
    code
}

/// An environment of Ada's on each chat, and the question about it on each.
async fn both_create(bot: &DiscordBot) {
    bot.app.person("Ada").types("env create preview-site here").await;
    let values = [("template", json!("preview-site")), ("name", json!("there"))];
    bot.runs(&["env", "create"], &values).await;
    bot.app.run_jobs().await;
}

/// Answers on Discord.
async fn answers(bot: &DiscordBot, label: &str) {
    let direct = bot.fake.direct(ADA);
    let id = bot.fake.memory().messages.iter().find(|it| it.channel == direct).unwrap().id.clone();
    let prompt = bot.fake.shown_in(&direct).pop().unwrap();
    let press = bot.discord.press(&Scene::direct(&bot.fake, ADA).under(&id), &button(&prompt, label));
    bot.sends(press).await;
}

#[tokio::test]
async fn two_accounts_are_one_person_with_one_set_of_environments() {
    let bot = DiscordBot::start().await;
    both_create(&bot).await;
    links(&bot).await;
    let slack = bot.app.person("Ada").runs("env list").await;
    let discord = bot.runs(&["env", "list"], &[]).await.to_string();
    for name in ["here", "there"] {
        assert!(slack.contains(name) && discord.contains(name), "{name}: {slack} {discord}");
    }
    assert_eq!(bot.app.texts("SELECT DISTINCT person_id FROM identity").await.len(), 1);
    assert_eq!(bot.app.texts("SELECT person_id FROM prompted").await.len(), 1);
    bot.app.person("Ada").types("env destroy there").await;
    bot.app.end().await;
}

#[tokio::test]
async fn the_question_names_both_accounts_before_anything_is_done() {
    let bot = DiscordBot::start().await;
    let code = asks(&bot.app.person("Ada")).await;
    let question = types(&bot, ADA, &code.to_lowercase().replace('-', " ")).await.to_string();
    assert!(question.contains("Ada (Slack, UADA)"), "{question}");
    assert!(question.contains(&format!("Ada (Discord, {ADA})")), "{question}");
    assert_eq!(bot.app.texts("SELECT DISTINCT person_id FROM identity").await.len(), 2);
    bot.app.end().await;
}

#[tokio::test]
async fn no_row_holds_a_code() {
    let bot = DiscordBot::start().await;
    let code = links(&bot).await;
    for sql in [
        "SELECT detail FROM audit",
        "SELECT reply FROM delivery",
        "SELECT content FROM message",
        "SELECT hash FROM link_code",
        "SELECT payload FROM job",
    ] {
        let kept = bot.app.texts(sql).await.concat();
        assert!(!kept.contains(&code) && !kept.contains(&code.replace('-', "")), "{sql}: {kept}");
    }
    let audit = bot.app.texts("SELECT command FROM audit ORDER BY command").await;
    assert_eq!(audit, ["link", "link.confirm", "link.merge"]);
    bot.app.end().await;
}

#[tokio::test]
async fn a_code_is_of_whoever_typed_it_first() {
    let bot = DiscordBot::start().await;
    let code = asks(&bot.app.person("Ada")).await;
    let question = types(&bot, ADA, &code).await;
    let value = button(&question["data"], "Link both");
    assert!(types(&bot, BEN, &code).await.to_string().contains("not good"));
    let foreign = bot.sends(bot.discord.press(&Scene::of(BEN), &value)).await;
    assert!(foreign.to_string().contains("not good any more, or it is not yours"), "{foreign}");
    assert!(bot.app.person("Ada").runs(&format!("link {code}")).await.contains("your own code"));
    assert_eq!(bot.app.texts("SELECT DISTINCT person_id FROM identity").await.len(), 3);
    bot.app.end().await;
}

#[tokio::test]
async fn a_code_is_good_once_and_for_ten_minutes() {
    let bot = DiscordBot::start().await;
    let used = links(&bot).await;
    assert!(types(&bot, BEN, &used).await.to_string().contains("not good"));
    let old = asks(&bot.app.person("Ada")).await;
    let newer = asks(&bot.app.person("Ada")).await;
    assert!(types(&bot, BEN, &old).await.to_string().contains("not good"));
    bot.app.clock.advance(Duration::from_secs(600));
    assert!(types(&bot, BEN, &newer).await.to_string().contains("not good"));
    bot.app.end().await;
}

#[tokio::test]
async fn after_five_tries_not_even_the_right_code_is_looked_at_within_the_hour() {
    let bot = DiscordBot::start().await;
    for _ in 0..5 {
        assert!(types(&bot, BEN, "BBBB-BBBB").await.to_string().contains("not good"));
    }
    let ada = bot.app.person("Ada");
    assert!(types(&bot, BEN, &asks(&ada).await).await.to_string().contains("Too many codes"));
    bot.app.clock.advance(Duration::from_secs(3_600));
    assert!(types(&bot, BEN, &asks(&ada).await).await.to_string().contains("Link both"));
    bot.app.end().await;
}

#[tokio::test]
async fn whoever_was_asked_twice_counts_once_with_what_they_answered() {
    let bot = DiscordBot::start().await;
    both_create(&bot).await;
    answers(&bot, "Very well").await;
    links(&bot).await;
    assert_eq!(bot.app.texts("SELECT subject FROM invitation").await, ["there"]);
    assert_eq!(bot.app.texts("SELECT respondent FROM answer").await.len(), 1);
    let slack = bot.app.reads("DUADA");
    assert!(slack.contains("Your other account was asked this too"), "{slack}");
    answers(&bot, "Well").await;
    assert_eq!(bot.app.texts("SELECT respondent FROM answer").await.len(), 1);
    adds_up(&bot).await;
    bot.app.end().await;
}

#[tokio::test]
async fn of_two_answers_that_of_the_account_with_the_code_counts() {
    let bot = DiscordBot::start().await;
    both_create(&bot).await;
    answers(&bot, "Very well").await;
    bot.app.person("Ada").presses("Badly").await;
    let before = bot.app.texts("SELECT CAST(value AS TEXT) FROM answer ORDER BY value").await;
    links(&bot).await;
    assert_eq!(bot.app.texts("SELECT subject FROM invitation").await, ["here"]);
    let after = bot.app.texts("SELECT CAST(value AS TEXT) FROM answer").await;
    assert!(before.len() == 2 && after.len() == 1, "{before:?} {after:?}");
    adds_up(&bot).await;
    bot.app.end().await;
}

/// The kept sums are what counting again gives.
async fn adds_up(bot: &DiscordBot) {
    let sums = "SELECT wave_id || segment || CAST(bucket AS TEXT) || ' ' || CAST(n AS TEXT) FROM tally
                WHERE n <> 0 ORDER BY 1";
    let kept = bot.app.texts(sums).await;
    bot.app
        .app
        .db
        .write((), |tx, ()| Box::pin(async { surveys::rebuild(tx).await.map(drop) }))
        .await
        .unwrap();
    assert_eq!(kept, bot.app.texts(sums).await);
}

#[tokio::test]
async fn a_closed_question_stands_as_it_was_told() {
    let bot = DiscordBot::start().await;
    both_create(&bot).await;
    answers(&bot, "Very well").await;
    let wave = bot.app.texts("SELECT id FROM wave").await.concat();
    bot.app.app.db.write(wave, |tx, wave| Box::pin(surveys::close_wave(tx, wave))).await.unwrap();
    let told = bot.app.person("Priya").runs("survey results env.csat").await;
    links(&bot).await;
    assert_eq!(bot.app.person("Priya").runs("survey results env.csat").await, told);
    assert_eq!(bot.app.texts("SELECT id FROM invitation").await.len(), 2);
    adds_up(&bot).await;
    bot.app.end().await;
}

#[tokio::test]
async fn votes_for_one_item_are_one_and_words_move() {
    let bot = DiscordBot::start().await;
    bot.app.person("Priya").types("roadmap add \"Faster builds\"").await;
    let key = bot.app.texts("SELECT key FROM item").await.concat();
    bot.app.person("Ada").types(&format!("roadmap vote {key}")).await;
    bot.runs(&["roadmap", "vote"], &[("item", json!(key))]).await;
    bot.runs(&["feedback", "give"], &[("text", json!("builds are slow"))]).await;
    assert_eq!(bot.app.texts("SELECT person_id FROM vote").await.len(), 2);
    links(&bot).await;
    let ada = bot.app.texts("SELECT DISTINCT person_id FROM identity WHERE user_id = 'UADA'").await;
    assert_eq!(bot.app.texts("SELECT person_id FROM vote").await, ada);
    assert_eq!(bot.app.texts("SELECT person_id FROM feedback").await, ada);
    bot.app.end().await;
}
