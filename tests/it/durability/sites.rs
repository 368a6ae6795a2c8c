//! Sites outlive the bot, and come back where they were.

use rustix::process::Signal;

use super::ask;
use crate::harness::bot_process::{Bot, address_in, signal, until};

async fn shown_at(site: &str) -> Option<String> {
    reqwest::get(site).await.ok()?.text().await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_goes_on_without_the_bot_and_is_started_again_when_it_died() {
    let mut bot = Bot::start().await;
    ask(&bot, "UADA", "slow-site", "shop").await;
    let site = address_in(&bot.reads("C1", "is ready").await).unwrap();
    let page = shown_at(&site).await.unwrap();
    let first = bot.sites();
    assert_eq!(bot.stop().await, Some(0));
    assert_eq!(shown_at(&site).await.as_ref(), Some(&page), "without the bot");
    bot.restart().await;
    assert_eq!((shown_at(&site).await.as_ref(), &bot.sites()), (Some(&page), &first));
    assert_eq!(bot.stop().await, Some(0));
    signal(first[0], Signal::KILL);
    until("the site is dead", async || bot.sites().is_empty().then_some(())).await;
    bot.restart().await;
    let again = until("the site is up again", async || shown_at(&site).await).await;
    assert_eq!((again, bot.sites().len()), (page, 1));
    assert_ne!(bot.sites(), first);
}
