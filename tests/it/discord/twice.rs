//! The same interaction more than once, whichever way it comes: one effect, and the same answer.

use serde_json::{Value, json};

use super::{button, connected, words};
use crate::harness::discord_bot::DiscordBot;
use crate::harness::discord_sender::{DiscordSender, Scene};
use crate::harness::fake_discord::{ADA, CHANNEL, user};
use crate::harness::fake_gateway::FakeGateway;
use crate::harness::ground::until;

const CALL_BACK: &str = "POST interactions/callback";

impl DiscordBot {
    /// Delivers it over HTTP just as it is; the answer.
    pub(super) async fn delivers(&self, interaction: &Value) -> Value {
        let body = interaction.to_string();
        let answer = self.discord.raw(body.clone(), &self.discord.signature(body.as_bytes())).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// Twice; the two answers.
    async fn delivers_twice(&self, interaction: &Value) -> [Value; 2] {
        [self.delivers(interaction).await, self.delivers(interaction).await]
    }

    fn creates(&self, name: &str) -> Value {
        let values = [("template", json!("preview-site")), ("name", json!(name))];
        self.discord.command(&Scene::of(ADA), &["env", "create"], &values)
    }

    /// The id of a button of the message that follows the environment.
    fn follows(&self, label: &str) -> String {
        button(&self.fake.shown_in(CHANNEL)[0], label)
    }

    async fn environments(&self) -> Vec<String> {
        self.app.texts("SELECT name || ' ' || state FROM environment ORDER BY name").await
    }
}

#[tokio::test]
async fn a_command_makes_one_environment() {
    let bot = DiscordBot::start().await;
    let [first, again] = bot.delivers_twice(&bot.creates("demo")).await;
    assert_eq!(first, again);
    bot.app.run_jobs().await;
    assert_eq!((bot.environments().await, bot.fake.shown_in(CHANNEL).len()), (vec!["demo ready".into()], 1));
    bot.app.end().await;
}

#[tokio::test]
async fn a_press_extends_once_and_a_confirmation_destroys_once() {
    let bot = DiscordBot::start().await;
    bot.creates_demo().await;
    let deadline = "SELECT CAST(deadline AS TEXT) FROM environment";
    let press = bot.discord.press(&Scene::of(ADA), &bot.follows("Extend by 1 day"));
    let first = bot.delivers(&press).await;
    let extended = bot.app.texts(deadline).await;
    let again = bot.delivers(&press).await;
    // What is said beneath an answer once, such as how to say one's zone, is not said again.
    let said = |answer: &Value| answer["data"]["content"].as_str().unwrap().to_owned();
    assert!(said(&first).starts_with(&said(&again)), "{first} {again}");
    assert_eq!(bot.app.texts(deadline).await, extended);
    let [question, again] =
        bot.delivers_twice(&bot.discord.press(&Scene::of(ADA), &bot.follows("Destroy"))).await;
    assert_eq!(question, again);
    let sure = bot.discord.press(&Scene::of(ADA), &button(&question["data"], "Go on"));
    let [first, again] = bot.delivers_twice(&sure).await;
    assert_eq!((&first, &first["type"]), (&again, &json!(7)), "the question is no more");
    assert_eq!(first["data"]["components"], json!([]));
    bot.app.run_jobs().await;
    assert_eq!(bot.environments().await, ["demo destroyed"]);
    assert_eq!(bot.app.texts("SELECT command FROM audit WHERE command = 'env.destroy'").await.len(), 1);
    bot.app.end().await;
}

#[tokio::test]
async fn a_modal_is_taken_once() {
    let bot = DiscordBot::start().await;
    let asked = bot.runs(&["feedback", "give"], &[]).await;
    let id = asked["data"]["custom_id"].as_str().unwrap();
    let sent = bot.discord.submission(&Scene::of(ADA), id, &[("text:text", 4, json!("slow builds"))]);
    let [first, again] = bot.delivers_twice(&sent).await;
    assert_eq!((&first, first["type"].as_u64()), (&again, Some(4)));
    assert_eq!(bot.app.texts("SELECT text FROM feedback").await, ["slow builds"]);
}

#[tokio::test]
async fn a_form_of_pages_is_taken_once_and_answered_alike() {
    let bot = DiscordBot::start().await;
    let asked = bot.runs(&["env", "create"], &[("template", json!("preview-site"))]).await;
    let under = Scene::of(ADA).under("1");
    let modal = bot.delivers(&bot.discord.press(&under, &button(&asked["data"], "Continue"))).await;
    let id = modal["data"]["custom_id"].as_str().unwrap();
    let inputs = [("text:name", 4, json!("formed"))];
    let sent = bot.discord.submission(&under, id, &inputs);
    let [first, again] = bot.delivers_twice(&sent).await;
    assert_eq!(first, again);
    assert!(!words(&first).contains("sent already"), "{first}");
    let other = bot.delivers(&bot.discord.submission(&under, id, &inputs)).await;
    assert!(words(&other).contains("This form was sent already"), "{other}");
    bot.app.run_jobs().await;
    assert_eq!(bot.environments().await, ["formed ready"]);
    bot.app.end().await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_taken_once() {
    let bot = DiscordBot::start().await;
    for (words, input, table) in [
        (["feedback", "give"], ("text:text", 4, json!("slow builds")), "SELECT text FROM feedback"),
        (["roadmap", "add"], ("text:title", 4, json!("Faster")), "SELECT title FROM item"),
    ] {
        let asked = bot.sends(bot.discord.command(&Scene::of(&user("Priya")), &words, &[])).await;
        let id = asked["data"]["custom_id"].as_str().unwrap();
        let sent = || bot.discord.submission(&Scene::of(&user("Priya")), id, std::slice::from_ref(&input));
        // Each an interaction of its own, at the same time.
        let (one, other) = (sent(), sent());
        let (one, other) = tokio::join!(bot.delivers(&one), bot.delivers(&other));
        assert_eq!(bot.app.texts(table).await.len(), 1, "{one} {other}");
    }
}

/// Brings it over the gateway, and waits until it was called back `times`.
async fn brings(bot: &DiscordBot, gateway: &FakeGateway, interaction: &Value, times: usize) {
    gateway.brings(interaction.clone());
    until("it is answered", async || (bot.fake.calls(CALL_BACK) == times).then_some(())).await;
}

#[tokio::test]
async fn whatever_the_way_it_comes_it_is_done_once() {
    let bot = DiscordBot::start().await;
    let gateway = connected(&bot).await;
    for (name, first_over_http) in [("one", true), ("two", false)] {
        let interaction = bot.creates(name);
        let before = bot.fake.calls(CALL_BACK);
        if first_over_http {
            let answer = bot.discord.sends(&interaction).await.json();
            brings(&bot, &gateway, &interaction, before + 1).await;
            assert_eq!(bot.fake.log_of(CALL_BACK)[before].body, answer);
        } else {
            brings(&bot, &gateway, &interaction, before + 1).await;
            brings(&bot, &gateway, &interaction, before + 2).await;
            let told = bot.fake.log_of(CALL_BACK);
            assert_eq!(
                (&told[before].outcome, &told[before + 1].outcome),
                (&"ok".into(), &"400 40060".into())
            );
            assert_eq!(
                (&told[before].body, &told[before].body),
                (&told[before + 1].body, &bot.delivers(&interaction).await)
            );
        }
        bot.app.run_jobs().await;
    }
    assert_eq!(bot.environments().await, ["one ready", "two ready"]);
    assert_eq!(bot.fake.shown_in(CHANNEL).len(), 2);
}

#[tokio::test]
async fn overheard_and_sent_again_after_five_minutes_it_is_refused() {
    let bot = DiscordBot::start().await;
    let body = bot.creates("demo").to_string();
    let old = DiscordSender { seconds: bot.discord.seconds - 301, ..bot.discord.clone() };
    assert_eq!(old.raw(body.clone(), &old.signature(body.as_bytes())).await.status, 401);
    assert_eq!(bot.environments().await, [""; 0]);
}
