//! Discord over HTTP: what is signed and what is not, commands, presses, forms, and what follows.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod hour;
mod odd;
mod old;
mod twice;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use goldenpath::chat::discord::{Desk, Finding, router};
use goldenpath::chat::inbound::{Invocation, LineAhead, TypeAhead};
use goldenpath::chat::message::{Choice, Reply};
use goldenpath::chat::{Completion, Dispatch};
use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::harness::discord_bot::DiscordBot;
use crate::harness::discord_sender::{DiscordSender, Scene};
use crate::harness::fake_discord::{ADA, BEN, CHANNEL};
use crate::harness::fake_gateway::FakeGateway;
use crate::harness::ground::until;

impl DiscordBot {
    pub async fn sends(&self, interaction: Value) -> Value {
        let answer = self.discord.sends(&interaction).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    pub async fn runs(&self, words: &[&str], values: &[(&str, Value)]) -> Value {
        self.sends(self.discord.command(&Scene::of(ADA), words, values)).await
    }

    async fn creates_demo(&self) -> Value {
        let answer = self
            .runs(&["env", "create"], &[("template", json!("preview-site")), ("name", json!("demo"))])
            .await;
        self.app.run_jobs().await;
        answer
    }
}

/// The id of a message's button.
pub fn button(message: &Value, label: &str) -> String {
    let rows = message["components"].as_array().into_iter().flatten();
    let mut buttons = rows.filter_map(|row| row["components"].as_array()).flatten();
    let found = buttons.find(|button| button["label"] == label);
    found.unwrap_or_else(|| panic!("no {label} in {message}"))["custom_id"].as_str().unwrap().to_owned()
}

/// All words of an answer or a message.
fn words(value: &Value) -> String {
    value.to_string()
}

#[tokio::test]
async fn only_what_discord_signed_just_now_is_taken() {
    let bot = DiscordBot::start().await;
    let ping = bot.discord.ping().to_string();
    let good = bot.discord.signature(ping.as_bytes());
    assert_eq!(bot.discord.raw(ping.clone(), &good).await.json(), json!({ "type": 1 }));
    assert_eq!(bot.discord.raw(ping.clone(), &[]).await.status, 401);
    assert_eq!(bot.discord.raw(ping.replace(" ", "  ") + " ", &good).await.status, 401);
    let old = DiscordSender { seconds: bot.discord.seconds - 301, ..bot.discord.clone() };
    assert_eq!(old.raw(ping.clone(), &old.signature(ping.as_bytes())).await.status, 401);
    let other = DiscordSender::new(bot.discord.url.clone(), 8, bot.discord.seconds, bot.fake.clone());
    assert_eq!(other.raw(ping.clone(), &other.signature(ping.as_bytes())).await.status, 401);
}

#[tokio::test]
async fn a_command_makes_an_environment_and_one_message_follows_it() {
    let bot = DiscordBot::start().await;
    bot.creates_demo().await;
    let shown = bot.fake.shown_in(CHANNEL);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(words(&shown[0]).contains("is ready"), "{}", shown[0]);
    let list = bot.runs(&["env", "list"], &[]).await;
    assert!(words(&list).contains("demo") && list["data"]["flags"] == 64, "{list}");
    bot.app.end().await;
}

#[tokio::test]
async fn a_survey_comes_directly_and_one_click_answers_it() {
    let bot = DiscordBot::start().await;
    bot.creates_demo().await;
    let direct = bot.fake.direct(ADA);
    let prompt = bot.fake.shown_in(&direct).pop().unwrap();
    let button = button(&prompt, "Very well");
    let posted = bot.fake.memory().messages.iter().find(|it| it.channel == direct).unwrap().id.clone();
    let scene = Scene::direct(&bot.fake, ADA).under(&posted);
    assert_eq!(bot.sends(bot.discord.press(&scene, &button)).await, json!({ "type": 6 }));
    bot.app.run_jobs().await;
    assert!(words(&bot.fake.shown_in(&direct)[0]).contains("Recorded"));
    let foreign = bot.sends(bot.discord.press(&Scene::of(BEN), &button)).await;
    assert!(words(&foreign).contains("asked of somebody else"), "{foreign}");
    bot.app.end().await;
}

#[tokio::test]
async fn a_file_comes_in_the_place_of_the_answer_that_promised_it() {
    let bot = DiscordBot::start().await;
    let answer = bot.runs(&["privacy", "export"], &[]).await;
    assert_eq!(answer, json!({ "type": 5, "data": { "flags": 64 } }));
    bot.app.run_jobs().await;
    let files = bot.fake.files_in(CHANNEL);
    assert_eq!((files.len(), files[0].media.as_str()), (1, "application/json"));
    assert_eq!(bot.fake.whispered(CHANNEL, ADA).len(), 1, "the promise became it");
    assert!(bot.fake.shown_in(&bot.fake.direct(ADA)).is_empty());
    bot.app.end().await;
}

#[tokio::test]
async fn what_is_missing_is_asked_for_and_what_is_typed_is_looked_up() {
    let bot = DiscordBot::start().await;
    let asked = bot.runs(&["env", "create"], &[]).await;
    assert!(asked["type"] == 9 || words(&asked).contains("form:"), "{asked}");
    let focus = bot.discord.types(&Scene::of(ADA), &["env", "create"], &[], ("template", "prev"));
    let fitting = bot.sends(focus).await;
    assert_eq!(fitting["data"]["choices"][0]["value"], "preview-site", "{fitting}");
}

#[tokio::test]
async fn somebody_of_another_guild_has_no_role() {
    let bot = DiscordBot::start().await;
    let elsewhere = Scene { guild: Some("999".into()), ..Scene::of(ADA) };
    let refused = bot.sends(bot.discord.command(&elsewhere, &["env", "list"], &[])).await;
    assert!(words(&refused).contains("🔒"), "{refused}");
}

/// Connected to the gateway, as it is where nothing else is set.
async fn connected(bot: &DiscordBot) -> FakeGateway {
    let gateway = FakeGateway::start(&bot.fake).await;
    tokio::spawn(bot.app.app.discord.clone().unwrap().connect());
    until("the bot identifies", async || (gateway.told().identified == 1).then_some(())).await;
    gateway
}

/// Runs a command over the gateway, and waits for its answer.
async fn comes(bot: &DiscordBot, gateway: &FakeGateway, words: &[&str]) -> Value {
    let seen = bot.fake.whispered(CHANNEL, ADA).len();
    gateway.brings(bot.discord.command(&Scene::of(ADA), words, &[]));
    until("it is answered", async || bot.fake.whispered(CHANNEL, ADA).get(seen).cloned()).await
}

#[tokio::test]
async fn over_the_gateway_the_same_is_answered_and_the_commands_are_written_once() {
    let bot = DiscordBot::start().await;
    let gateway = connected(&bot).await;
    assert!(words(&comes(&bot, &gateway, &["env", "list"]).await).contains("You have no environments"));
    let written = async || bot.fake.memory().commands.get(&None).cloned();
    assert_eq!(until("the commands are written", written).await[0]["name"], "platform");
    let again = connected(&bot).await;
    until("both are there", async || (again.told().identified == 1).then_some(())).await;
    assert_eq!(bot.fake.calls("PUT applications/commands"), 1);
}

#[tokio::test]
async fn what_came_while_the_gateway_was_gone_is_answered_once_after_it() {
    let bot = DiscordBot::start().await;
    let gateway = connected(&bot).await;
    comes(&bot, &gateway, &["env", "list"]).await;
    gateway.misses(bot.discord.command(&Scene::of(ADA), &["template", "list"], &[]));
    let answer = async || bot.fake.whispered(CHANNEL, ADA).get(1).cloned();
    assert!(words(&until("it is answered", answer).await).contains("preview-site"));
    assert_eq!(gateway.told().resumed, 1);
    assert_eq!(bot.fake.whispered(CHANNEL, ADA).len(), 2);
}

#[tokio::test]
async fn a_session_that_is_gone_is_begun_anew() {
    let bot = DiscordBot::start().await;
    let gateway = connected(&bot).await;
    gateway.told().forgets = true;
    gateway.drops();
    until("it identifies again", async || (gateway.told().identified == 2).then_some(())).await;
    assert!(words(&comes(&bot, &gateway, &["env", "list"]).await).contains("You have no environments"));
}

#[tokio::test]
async fn an_answer_that_does_not_get_through_is_tried_once_more() {
    let bot = DiscordBot::start().await;
    let gateway = connected(&bot).await;
    bot.fake.refuse("POST interactions/callback", 500, 0, 1);
    assert!(words(&comes(&bot, &gateway, &["env", "list"]).await).contains("You have no environments"));
}

#[tokio::test]
async fn whoever_is_sent_in_circles_stops_and_begins_anew() {
    let bot = DiscordBot::start().await;
    let gateway = connected(&bot).await;
    gateway.told().circles = true;
    gateway.drops();
    until("it begins anew", async || (gateway.told().identified == 2).then_some(())).await;
    assert!(gateway.told().resumed < 10, "{}", gateway.told().resumed);
    assert!(words(&comes(&bot, &gateway, &["env", "list"]).await).contains("You have no environments"));
}

/// What `check` asks Discord, a line each.
async fn examined(bot: &DiscordBot) -> String {
    let found = bot.app.app.discord.clone().unwrap().discord.examine(&[]).await;
    let line = |finding: &Finding| match finding {
        Finding::Fine(line) => line.clone(),
        Finding::Unknown(why) | Finding::Odd(why) => format!("? {why}"),
        Finding::Wrong { what, fix } => format!("! {what}; {}", fix.split(':').next().unwrap_or_default()),
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_check_says_what_discord_lacks_and_writes_nothing() {
    let bot = DiscordBot::start().await;
    assert_snapshot!(examined(&bot).await, @r#"
    Discord knows the bot as the application 900000000000000001
    interactions come over the gateway
    the bot may do what it needs in the server 100000000000000001
    Discord shows other commands; the next start of the bot writes them
    "#);
    let other =
        json!({ "granted": "1024", "verify_key": "00", "interactions_endpoint_url": "https://x.example/d" });
    bot.fake.memory().application = other;
    assert_snapshot!(examined(&bot).await, @r#"
    Discord knows the bot as the application 900000000000000001
    ! the public key is another application's; put the application's "Public Key" into DISCORD_PUBLIC_KEY
    ! the bot lacks Send Messages, Embed Links, Attach Files, Send Messages in Threads in the server 100000000000000001; give its role these permissions, or invite it anew
    Discord shows other commands; the next start of the bot writes them
    "#);
    bot.fake.memory().tokens.clear();
    assert_snapshot!(examined(&bot).await, @r#"! Discord does not take the token; take a new one from the application's page "Bot""#);
    assert_eq!(bot.fake.calls("PUT applications/commands"), 0);
}

/// Does nothing until it is let.
struct Slow(Arc<Notify>);

#[async_trait]
impl Dispatch for Slow {
    async fn dispatch(&self, _: Invocation) -> Reply {
        self.0.notified().await;
        Reply::say("All of it is there.")
    }

    async fn suggest(&self, _: TypeAhead) -> Vec<Choice> {
        Vec::new()
    }

    async fn complete(&self, _: LineAhead) -> Completion {
        Completion::default()
    }
}

/// A bot that answers only when it is told that it is done.
async fn slow(done: &Arc<Notify>) -> DiscordBot {
    let mut bot = DiscordBot::start().await;
    let desk = Desk { dispatcher: Arc::new(Slow(done.clone())), ..bot.app.app.discord.clone().unwrap() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    bot.discord.url = format!("http://{}/discord/interactions", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router(desk)).await.unwrap() });
    bot
}

async fn follows(bot: &DiscordBot) {
    let follows = async || {
        let shown = bot.fake.whispered(CHANNEL, ADA).pop()?;
        words(&shown).contains("All of it is there.").then_some(())
    };
    until("the answer follows", follows).await;
}

#[tokio::test]
async fn what_takes_longer_than_discord_waits_is_promised_and_follows() {
    let done = Arc::new(Notify::new());
    let bot = slow(&done).await;
    let promised = bot.sends(bot.discord.command(&Scene::of(ADA), &["env", "list"], &[])).await;
    assert_eq!(promised, json!({ "type": 5, "data": { "flags": 64 } }));
    done.notify_one();
    follows(&bot).await;
}

#[tokio::test]
async fn what_overtakes_its_promise_is_brought_once_more() {
    let done = Arc::new(Notify::new());
    let bot = slow(&done).await;
    let command = bot.discord.command(&Scene::of(ADA), &["env", "list"], &[]);
    let body = command.to_string();
    let promised = bot.discord.raw(body.clone(), &bot.discord.signature(body.as_bytes())).await.json();
    done.notify_one();
    until("it was brought", async || (bot.fake.ended("404 10015") > 0).then_some(())).await;
    bot.fake.answered(command["token"].as_str().unwrap(), &promised);
    follows(&bot).await;
}

#[tokio::test]
async fn what_was_promised_and_cannot_be_shown_as_it_is_comes_as_bare_text() {
    let done = Arc::new(Notify::new());
    let bot = slow(&done).await;
    bot.sends(bot.discord.command(&Scene::of(ADA), &["env", "list"], &[])).await;
    bot.fake.refuse("PATCH webhooks", 400, 50035, 1);
    done.notify_one();
    follows(&bot).await;
}

#[tokio::test]
async fn where_no_more_sessions_may_begin_none_does() {
    let bot = DiscordBot::start().await;
    let gateway = FakeGateway::start(&bot.fake).await;
    bot.fake.memory().application["sessions"] = 0.into();
    tokio::spawn(bot.app.app.discord.clone().unwrap().connect());
    until("it asked", async || (bot.fake.calls("GET gateway/bot") == 1).then_some(())).await;
    // It would be there by now: the other tests' bots identify in less.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!((gateway.told().identified, bot.fake.calls("GET gateway/bot")), (0, 1));
}
