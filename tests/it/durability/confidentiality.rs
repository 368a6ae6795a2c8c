//! What an answer leaves behind, on disk and in the log, at the loudest level.

use std::path::Path;

use goldenpath::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::{ask, asked};
use crate::harness::bot_process::{Bot, until};
use crate::harness::database::sqlite;
use crate::harness::discord_sender::{DiscordSender, Scene};
use crate::harness::fake_discord::{ADA, FakeDiscord, TOKEN};
use crate::harness::fake_gateway::FakeGateway;
use crate::harness::reading::buttons;

const USER: &str = "UCANARY";
const DAY: i64 = 86_400_000;

/// A stopped bot, the press that it recorded, and the audit as it was before.
async fn answered() -> (Bot, Value, Vec<String>) {
    let mut bot = Bot::installed().await;
    bot.database = sqlite(&bot.data());
    bot.restart().await;
    ask(&bot, USER, "quick", "shop").await;
    let value = asked(&bot, USER).await[1].clone();
    let audit = bot.database.texts("SELECT command FROM audit").await;
    let press = bot.slack().press(USER, &value);
    assert_eq!(bot.slack().payload(&press).await.body, "");
    bot.reads("DUCANARY", "Recorded").await;
    assert_eq!(bot.stop().await, Some(0));
    (bot, press, audit)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_leads_to_nobody() {
    let (bot, press, audit) = answered().await;
    assert_eq!(bot.database.texts("SELECT command FROM audit").await, audit, "no row tells of it");
    let person = bot.database.texts("SELECT person_id FROM identity").await.remove(0);
    the_answer_has_no_person_and_no_day(&bot, &person).await;
    the_delivery_has_no_person_and_no_hour(&bot, &person).await;
    the_fact_has_no_person_and_no_day(&bot, &person).await;
    the_prompt_does_not_show_the_choice(&bot);
    let (trigger, address) = (press["trigger_id"].as_str().unwrap(), press["response_url"].as_str().unwrap());
    let files = files_in(&bot.data());
    assert!(files.iter().any(|(_, bytes)| contains(bytes, &person)), "the search finds what is there");
    for (file, bytes) in &files {
        assert!(!contains(bytes, trigger) && !contains(bytes, address), "{file} holds the delivery");
    }
    let value = press["actions"][0]["value"].as_str().unwrap();
    for secret in [USER, value, trigger, address, &person] {
        assert!(!bot.said().contains(secret), "the log holds {secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_brings_is_in_no_log_whether_or_not_it_can_be_read() {
    let (discord, mut bot) = (FakeDiscord::start().await, Bot::installed().await);
    let gateway = FakeGateway::start(&discord).await;
    bot.settings = vec![("DISCORD_TOKEN", TOKEN.to_owned()), ("DISCORD_API_URL", discord.url())];
    bot.restart().await;
    until("it is connected", async || (gateway.told().identified == 1).then_some(())).await;
    let sender = DiscordSender::new(String::new(), 7, 0, discord.clone());
    let mut tokens = vec![TOKEN.to_owned()];
    for garbles in [true, false] {
        gateway.told().garbles = garbles;
        let said = sender.command(&Scene::of(ADA), &["feedback", "give"], &[("text", json!("canary words"))]);
        tokens.push(said["token"].as_str().unwrap().to_owned());
        gateway.brings(said);
        let sent = async || (gateway.told().sent == tokens.len() - 1).then_some(());
        until("it is sent", sent).await;
    }
    until("one is answered", async || (discord.calls("POST interactions/callback") == 1).then_some(())).await;
    assert_eq!(bot.stop().await, Some(0));
    for secret in tokens.iter().map(String::as_str).chain(["canary words"]) {
        assert!(!bot.said().contains(secret), "the log holds {secret}");
    }
}

async fn the_answer_has_no_person_and_no_day(bot: &Bot, person: &str) {
    let columns = bot.database.texts("SELECT name FROM pragma_table_info('answer')").await;
    assert_eq!(columns, ["wave_id", "respondent", "value", "week", "segment"]);
    let rows = bot.database.texts("SELECT respondent || ' ' || value || ' ' || week FROM answer").await;
    let [respondent, value, week] = rows[0].splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((rows.len(), value, respondent.len()), (1, "2", 64));
    assert_eq!(week, SystemClock.now().iso_week());
    assert!(!rows[0].contains(person) && !rows[0].contains(USER));
}

async fn the_delivery_has_no_person_and_no_hour(bot: &Bot, person: &str) {
    let rows = bot.database.texts("SELECT key || ' ' || expires_at || ' ' || reply FROM delivery").await;
    assert_eq!(rows.len(), 2, "the create and the answer");
    for row in &rows {
        let [key, expires, reply] = row.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
        let hash = key.len() == 64 && key.bytes().all(|digit| digit.is_ascii_hexdigit());
        assert!(hash && expires.parse::<i64>().unwrap() % DAY == 0, "{row}");
        assert!(
            [person, USER, "survey.answer", ".trigger"].iter().all(|secret| !reply.contains(secret)),
            "{row}"
        );
    }
}

async fn the_fact_has_no_person_and_no_day(bot: &Bot, person: &str) {
    let sql = "SELECT at || ' ' || subject || ' ' || data FROM fact WHERE kind = 'survey.answered'";
    let rows = bot.database.texts(sql).await;
    let start = SystemClock.now().week_start().0.to_string();
    assert!(rows.len() == 1 && rows[0].starts_with(&format!("{start} wav_")), "{rows:?}");
    assert!(!rows[0].contains(person) && !rows[0].contains("shop"), "{rows:?}");
}

/// All the buttons stand there as before, those that follow are everybody's, and nothing else names a choice.
fn the_prompt_does_not_show_the_choice(bot: &Bot) {
    let memory = bot.fake.memory();
    let prompt = memory.messages.iter().find(|posted| posted.channel == "DUCANARY").unwrap();
    let (first, last) = (&prompt.versions[0], prompt.versions.last().unwrap());
    let parts = |message: &Value| {
        let blocks = message["blocks"].as_array().unwrap().clone();
        blocks.into_iter().partition::<Vec<Value>, _>(|block| block["type"] == "actions")
    };
    assert_eq!(parts(first).0[..1], parts(last).0[..1]);
    let follow = json!({ "blocks": parts(last).0[1..] });
    let labels: Vec<String> = buttons(&follow).into_iter().map(|(label, _)| label).collect();
    assert_eq!(labels, ["Add a comment", "Withdraw"]);
    let words = format!("{}{}", last["text"], Value::from(parts(last).1));
    for choice in ["adly", "So-so", "Well", "well"] {
        assert!(!words.contains(choice), "{words}");
    }
}

fn files_in(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| match path.is_dir() {
        true => files_in(&path),
        false => vec![(path.display().to_string(), std::fs::read(&path).unwrap())],
    });
    files.collect()
}

fn contains(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}
