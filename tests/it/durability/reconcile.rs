//! Killed in a publication that then cannot be done.

use std::path::PathBuf;
use std::time::Duration;

use super::{ask, states};
use crate::harness::bot_process::{Bot, until};

/// What is half made in the folder of repositories.
fn half_made(bot: &Bot) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(bot.data().join("repositories")).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.to_string_lossy().contains("/.new-")).collect()
}

/// Kills the bot while it makes a repository; that of which name.
async fn killed_while_publishing(bot: &mut Bot) -> String {
    for try_ in 0..30 {
        let name = format!("shop{try_}");
        let done = bot.data().join("repositories").join(format!("{name}.git"));
        ask(bot, "UADA", "slow-site", &name).await;
        while half_made(bot).is_empty() && !done.exists() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bot.kill();
        if !half_made(bot).is_empty() {
            return name;
        }
        bot.database.lapse_leases().await;
        bot.restart().await;
    }
    panic!("it publishes faster than anybody can look");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_publication_that_then_is_refused_the_half_of_it_goes_after_the_undo() {
    let mut bot = Bot::start().await;
    let name = killed_while_publishing(&mut bot).await;
    // Meanwhile somebody puts something of that name there.
    std::fs::create_dir(bot.data().join("repositories").join(format!("{name}.git"))).unwrap();
    bot.database.lapse_leases().await;
    bot.restart().await;
    bot.reads("C1", "stopped at publishing the repository").await;
    bot.slack().types("UADA", &format!("env undo {name}")).await;
    bot.reads("C1", "is undone").await;
    assert_eq!(half_made(&bot).len(), 1, "it was begun");
    bot.crash().await;
    until("the half of it is gone", async || half_made(&bot).is_empty().then_some(())).await;
    assert!(states(&bot).await.contains(&format!("{name} undone")));
}
