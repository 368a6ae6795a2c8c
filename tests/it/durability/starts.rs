//! Starts that cannot succeed, starts without Slack, and the end.

use super::{ask, in_workspace, states};
use crate::harness::bot_process::{Bot, until};
use crate::harness::database::sqlite;

/// Starts a bot that ends with 1, and returns its last words.
async fn refused(mut bot: Bot) -> String {
    bot.launch();
    assert_eq!(bot.exit_code().await, Some(1), "{}", bot.said());
    let last = until("the last words", async || {
        bot.said().lines().find(|line| line.starts_with("goldenpath: ")).map(str::to_owned)
    });
    last.await
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_out_of_reach_keeps_nothing_from_working() {
    let mut bot = Bot::installed().await;
    bot.fake.set_down(true);
    bot.restart().await;
    until("it is ready", async || (bot.status_of("/readyz").await == 200).then_some(())).await;
    ask(&bot, "UADA", "quick", "shop").await;
    until("it was tried", async || (bot.fake.calls("chat.postMessage") > 0).then_some(())).await;
    until("it is made", async || (states(&bot).await == ["shop ready"]).then_some(())).await;
    bot.fake.set_down(false);
    bot.reads("C1", "is ready").await;
    bot.reads("DUADA", "How did getting").await;
    assert_eq!(bot.texts_in("C1").len(), 1);
    until("Slack is connected", async || bot.said().contains("connected to Slack").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let mut bot = Bot::installed().await;
    bot.settings.push(("GOLDENPATH_LISTEN", address.to_string()));
    let said = refused(bot).await;
    assert!(said.contains(&format!("{address} is in use")) && said.contains("GOLDENPATH_LISTEN"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_that_cannot_be_is_said() {
    let mut bot = Bot::installed().await;
    // Even root makes no folder below a file.
    let below = bot.data().with_file_name("goldenpath.toml").join("data");
    bot.settings.push(("GOLDENPATH_DATA", below.display().to_string()));
    let said = refused(bot).await;
    assert!(said.contains("The data folder") && said.contains("GOLDENPATH_DATA"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_bot_on_one_file_is_refused_and_the_first_goes_on() {
    let mut first = Bot::installed().await;
    first.database = sqlite(&first.data());
    first.restart().await;
    let mut second = Bot::installed().await;
    second.settings.push(("DATABASE_URL", first.database.url.clone()));
    let said = refused(second).await;
    assert!(said.contains("Another goldenpath uses") && said.contains("stop it first"), "{said}");
    ask(&first, "UADA", "quick", "shop").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_end_it_lets_a_step_finish_and_goes_on_after_it() {
    let mut bot = Bot::start().await;
    ask(&bot, "UADA", "once", "bill").await;
    until("the step works", async || (!in_workspace(&bot, "attempts.txt").is_empty()).then_some(())).await;
    assert_eq!(bot.stop().await, Some(0));
    bot.restart().await;
    bot.reads("C1", "is ready").await;
}
