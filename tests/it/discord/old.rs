//! What was pressed in a message of another time, and what nobody knows: a kind sentence, and no effect.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{button, connected, words};
use crate::harness::discord_bot::DiscordBot;
use crate::harness::discord_sender::Scene;
use crate::harness::fake_discord::{ADA, CHANNEL};
use crate::harness::ground::until;
use crate::harness::same_words::of_discord;

const UNKNOWN: &str = "I do not know what this means any more. /platform help shows what there is.";

impl DiscordBot {
    /// What somebody reads who presses this, under no message.
    async fn presses(&self, id: &str) -> String {
        let answer = self.sends(self.discord.press(&Scene::of(ADA), id)).await;
        assert_eq!(
            (answer["type"].as_u64(), answer["data"]["flags"].as_u64()),
            (Some(4), Some(64)),
            "{answer}"
        );
        of_discord(&answer["data"])
    }

    /// What somebody reads who chooses in this select of a message.
    async fn chooses(&self, id: &str, value: &str) -> String {
        let scene = Scene::of(ADA).under("1");
        of_discord(&self.delivers(&self.discord.choice(&scene, id, &[value])).await["data"])
    }
}

#[tokio::test]
async fn the_buttons_of_an_environment_that_is_gone_say_that_it_is_gone() {
    let bot = DiscordBot::start().await;
    bot.creates_demo().await;
    let shown = bot.fake.shown_in(CHANNEL).remove(0);
    let [extend, destroy] = ["Extend by 1 day", "Destroy"].map(|label| button(&shown, label));
    let question = bot.sends(bot.discord.press(&Scene::of(ADA), &destroy)).await;
    let sure = button(&question["data"], "Go on");
    bot.delivers(&bot.discord.press(&Scene::of(ADA), &sure)).await;
    bot.app.run_jobs().await;
    assert_snapshot!(bot.presses(&extend).await, @"demo is destroyed; there is nothing to extend.");
    let again = bot.delivers(&bot.discord.press(&Scene::of(ADA).under("1"), &sure)).await;
    assert_snapshot!(of_discord(&again["data"]), @"demo is destroyed already.");
    assert_snapshot!(bot.chooses("choose:env.show", "demo").await, @"There is no environment demo. /platform env list --all shows what there is.");
    assert_eq!(bot.app.texts("SELECT state FROM environment").await, ["destroyed"]);
    bot.app.end().await;
}

#[tokio::test]
async fn a_form_that_is_gone_is_started_again() {
    let bot = DiscordBot::start().await;
    let gone = "This form was sent already, or is older than a day. Start it again.";
    for id in ["form:drf_0:0:open", "form:drf_0:1:leave", "form:drf_0:0:pick0"] {
        assert_eq!(bot.chooses(id, "x").await, gone, "{id}");
    }
    let inputs = [("text:name", 4, json!("x"))];
    let sent = bot.discord.submission(&Scene::of(ADA), "form:drf_0:0:send", &inputs);
    assert_eq!(of_discord(&bot.sends(sent).await["data"]), gone);
}

#[tokio::test]
async fn what_an_older_version_had_on_its_menu_is_not_there_any_more() {
    let bot = DiscordBot::start().await;
    assert_snapshot!(bot.chooses("env.vanished:env_1:", "v").await, @"This belongs to another version and does nothing any more. /platform help shows what there is.");
    assert_snapshot!(bot.chooses("choose:env.vanished", "v").await, @"This belongs to another version and does nothing any more. /platform help shows what there is.");
    assert_snapshot!(bot.presses("confirm?env.vanished:env_1:|Sure?").await, @"This belongs to another version and does nothing any more. /platform help shows what there is.");
    assert_snapshot!(bot.chooses("one:env.vanished:x?", "v").await, @"
    This belongs to another version and does nothing any more. /platform help shows what there is.
    x
    v
    It is not kept. Open the form again to send it.
    ");
    let ask = bot.discord.submission(&Scene::of(ADA), "ask:env.vanished?", &[("text:x", 4, json!("x"))]);
    assert_snapshot!(of_discord(&bot.sends(ask).await["data"]), @"
    This belongs to another version and does nothing any more. /platform help shows what there is.
    x
    x
    It is not kept. Open the form again to send it.
    ");
    let typed = bot.discord.types(&Scene::of(ADA), &["env", "vanished"], &[], ("name", "d"));
    assert_eq!(bot.sends(typed).await, json!({ "type": 8, "data": { "choices": [] } }));
}

/// Interactions of kinds that nobody knows, or not any more.
fn unknown(bot: &DiscordBot) -> Vec<Value> {
    let scene = Scene::of(ADA);
    let mut other = bot.discord.command(&scene, &["env", "list"], &[]);
    other["data"]["name"] = "other".into();
    let mut of_a_user = bot.discord.command(&scene, &["env", "list"], &[]);
    of_a_user["data"]["type"] = 2.into();
    let mut all = vec![other, of_a_user, bot.discord.submission(&scene, "no:such:form", &[])];
    for kind in [0, 6, 42, 255] {
        let mut press = bot.discord.press(&scene, "env.list::");
        press["type"] = kind.into();
        all.push(press);
    }
    for kind in [1, 5, 6, 7, 8, 12, 17, 99] {
        let mut press = bot.discord.choice(&scene, "", &[]);
        press["data"]["component_type"] = kind.into();
        all.push(press);
    }
    all
}

#[tokio::test]
async fn what_nobody_knows_is_answered_kindly_over_http() {
    let bot = DiscordBot::start().await;
    for interaction in unknown(&bot) {
        let body = interaction.to_string();
        let answer = bot.discord.raw(body.clone(), &bot.discord.signature(body.as_bytes())).await.json();
        assert_eq!(of_discord(&answer["data"]), UNKNOWN, "{interaction}");
        assert_eq!(answer["data"]["flags"], 64);
    }
}

#[tokio::test]
async fn what_nobody_knows_is_answered_kindly_over_the_gateway() {
    let bot = DiscordBot::start().await;
    let gateway = connected(&bot).await;
    for (seen, interaction) in unknown(&bot).into_iter().enumerate() {
        gateway.brings(interaction.clone());
        let called = async || bot.fake.log_of("POST interactions/callback").get(seen).cloned();
        let answer = until("it is answered", called).await.body;
        assert!(words(&answer).contains("I do not know what this means any more"), "{interaction} {answer}");
    }
}
