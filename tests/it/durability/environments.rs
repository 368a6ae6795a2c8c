//! Killed in the middle of a create or a destroy; the same request more than once.

use std::time::Duration;

use goldenpath::drivers::process::group_is_alive;
use goldenpath::ids::Ids;

use super::{ask, in_workspace, states};
use crate::harness::bot_process::{Bot, address_in, buttons, until, until_within};
use crate::harness::slack_sender::form;

/// How long the work of a dead process may rest. On PostgreSQL, where others may live, its
/// leases of half a minute have to lapse; on SQLite the next process frees them.
fn rest(bot: &Bot) -> Duration {
    Duration::from_secs(if bot.database.is_postgres() { 50 } else { 20 })
}

/// Until the slow step is going on: the file that it writes first is there.
async fn working(bot: &Bot) {
    until("the step works", async || (!in_workspace(bot, "attempts.txt").is_empty()).then_some(())).await;
}

/// That it is ready after so many crashes, served by one process, with one message that says so.
async fn holds_together(bot: &Bot, crashes: usize) {
    let text = bot.reads("C1", "is ready").await;
    assert_eq!(states(bot).await, ["shop ready"]);
    assert_eq!(bot.sites().len(), 1, "one process serves");
    let page = reqwest::get(address_in(&text).unwrap()).await.unwrap().text().await.unwrap();
    assert_eq!(page.trim(), "<h1>shop</h1>");
    let shown = bot.texts_in("C1");
    // Where a post was cut off, the first one stays as it was and the next is the one that follows.
    assert!(shown.len() <= 1 + crashes && shown.last() == Some(&text), "{shown:?}");
    let memory = bot.fake.memory();
    let repeats = memory.messages.iter().filter(|posted| posted.channel == "C1").skip(1);
    repeats.for_each(|posted| assert!(posted.versions[0].to_string().contains("Sent again")));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_acknowledgement_a_create_goes_on() {
    let mut bot = Bot::start().await;
    ask(&bot, "UADA", "slow-site", "shop").await;
    bot.crash().await;
    holds_together(&bot, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_step_a_create_does_that_step_again() {
    let mut bot = Bot::start().await;
    ask(&bot, "UADA", "slow-site", "shop").await;
    working(&bot).await;
    bot.kill();
    bot.restart().await;
    let ready = async || states(&bot).await.contains(&"shop ready".to_owned()).then_some(());
    until_within(rest(&bot), "it is ready", ready).await;
    holds_together(&bot, 1).await;
    assert_eq!(in_workspace(&bot, "attempts.txt"), "begun\nbegun\n", "the step was cut off once");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_a_site_just_started_a_create_keeps_that_site() {
    let mut bot = Bot::start().await;
    ask(&bot, "UADA", "slow-site", "shop").await;
    let started = until("a site process", async || bot.sites().first().copied()).await;
    bot.crash().await;
    holds_together(&bot, 1).await;
    assert_eq!(bot.sites(), [started]);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_post_the_message_comes_once_more_and_says_so() {
    let mut bot = Bot::start().await;
    bot.fake.set_silent(true);
    ask(&bot, "UADA", "slow-site", "shop").await;
    until("the post arrives", async || (!bot.texts_in("C1").is_empty()).then_some(())).await;
    bot.kill();
    bot.fake.set_silent(false);
    bot.database.lapse_leases().await;
    bot.restart().await;
    holds_together(&bot, 1).await;
    assert_eq!(bot.texts_in("C1").len(), 2);
    assert_eq!(
        bot.database.texts("SELECT CAST(repeats AS TEXT) FROM message WHERE repeats > 0").await,
        ["1"]
    );
}

/// A bot that was killed in a step of `bill` not to be done twice, and lives again.
async fn cut_off() -> Bot {
    let mut bot = Bot::start().await;
    ask(&bot, "UADA", "once", "bill").await;
    working(&bot).await;
    bot.crash().await;
    bot.reads("C1", "is stuck at paying the bill").await;
    assert_eq!(states(&bot).await, ["bill unclear"]);
    bot
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_step_not_to_be_repeated_a_person_says_that_it_was_done() {
    let bot = cut_off().await;
    let program = in_workspace(&bot, "pid").trim().parse().unwrap();
    assert!(!group_is_alive(program), "the program that the dead bot had started goes on");
    let shown = bot.fake.shown_in("C1").last().unwrap().to_string();
    assert!(shown.contains("Do it again") && shown.contains("nobody saw whether it was done"), "{shown}");
    let answer = bot.slack().types("UADA", "env retry bill").await;
    assert!(answer.body.contains("It is unknown whether the step"), "{answer:?}");
    bot.slack().types("UADA", "env retry bill outcome=done").await;
    bot.reads("C1", "is ready").await;
    assert_eq!(in_workspace(&bot, "attempts.txt"), "begun\n", "it was not done again");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_step_not_to_be_repeated_a_person_has_it_done_again() {
    let bot = cut_off().await;
    let value =
        buttons(bot.fake.shown_in("C1").last().unwrap()).into_iter().find(|value| value.ends_with(":again"));
    let press = bot.slack().press("UADA", &value.unwrap()).to_string();
    assert_eq!(bot.slack().signed(&form(&[("payload", &press)])).await.status, 200);
    bot.reads("C1", "is ready").await;
    assert_eq!(in_workspace(&bot, "attempts.txt"), "begun\nbegun\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_step_not_to_be_repeated_a_person_undoes_it() {
    let bot = cut_off().await;
    bot.slack().types("UADA", "env undo bill").await;
    bot.reads("C1", "is undone").await;
    assert_eq!(
        (states(&bot).await, in_workspace(&bot, "attempts.txt")),
        (vec!["bill undone".into()], "".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_destroy_everything_owned_goes_and_the_repository_stays() {
    let mut bot = Bot::start().await;
    ask(&bot, "UADA", "slow-site", "shop").await;
    let site = address_in(&bot.reads("C1", "is ready").await).unwrap();
    // A request that is not finished keeps the site's server from ending at once.
    let mut open = tokio::net::TcpStream::connect(site.trim_start_matches("http://")).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut open, b"GET / HTTP/1.1\r\nHost: a\r\n").await.unwrap();
    bot.slack().types("UADA", "env destroy shop").await;
    bot.crash().await;
    let text = bot.reads("C1", "is gone").await;
    assert_eq!((states(&bot).await, bot.sites()), (vec!["shop destroyed".to_owned()], vec![]));
    assert_eq!(std::fs::read_dir(bot.data().join("environments")).unwrap().count(), 0);
    let repository = bot.data().join("repositories/shop.git");
    assert!(repository.join("HEAD").is_file() && text.contains("Kept: repository"), "{text}");
    ask(&bot, "UBOB", "quick", "shop").await;
}

/// Lets the bot work for up to a third of a second, then kills and restarts it; so many times.
async fn crash_at_random(bot: &mut Bot, times: usize) {
    for byte in Ids::from_system().bytes::<16>().into_iter().take(times) {
        // Not a wait for anything: the moment of the crash.
        tokio::time::sleep(Duration::from_millis(u64::from(byte) * 4 / 3)).await;
        bot.crash().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_a_create_and_a_destroy_reach_their_end() {
    let mut bot = Bot::start().await;
    ask(&bot, "UADA", "slow-site", "shop").await;
    crash_at_random(&mut bot, 8).await;
    holds_together(&bot, 8).await;
    bot.slack().types("UADA", "env destroy shop").await;
    crash_at_random(&mut bot, 3).await;
    bot.reads("C1", "is gone").await;
    assert_eq!((states(&bot).await, bot.sites()), (vec!["shop destroyed".to_owned()], vec![]));
    assert_eq!(std::fs::read_dir(bot.data().join("environments")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_however_often_it_comes_makes_one_environment() {
    let mut bot = Bot::start().await;
    let slack = bot.slack();
    let body = slack.typed("UADA", "env create quick shop");
    let (first, second, third) = tokio::join!(slack.signed(&body), slack.signed(&body), slack.signed(&body));
    assert!(first.body.contains("is asked for"), "{first:?}");
    bot.reads("C1", "is ready").await;
    bot.crash().await;
    let after = bot.slack().signed(&body).await;
    for repeated in [second, third, after] {
        assert_eq!((repeated.status, &repeated.body), (200, &first.body));
    }
    assert_eq!(states(&bot).await, ["shop ready"]);
    assert_eq!(bot.texts_in("C1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_press_however_often_it_comes_extends_once() {
    let mut bot = Bot::start().await;
    ask(&bot, "UADA", "quick", "shop").await;
    bot.reads("C1", "is ready").await;
    let value = buttons(&bot.fake.shown_in("C1")[0]).into_iter().find(|value| value.contains("extend"));
    let press = bot.slack().press("UADA", &value.unwrap()).to_string();
    let body = form(&[("payload", &press)]);
    let deadline =
        async |bot: &Bot| bot.database.texts("SELECT CAST(deadline AS TEXT) FROM environment").await;
    let before = deadline(&bot).await;
    assert_eq!(bot.slack().signed(&body).await.status, 200);
    let extended = deadline(&bot).await;
    bot.crash().await;
    assert_eq!(bot.slack().signed(&body).await.status, 200);
    assert_ne!(extended, before);
    assert_eq!(deadline(&bot).await, extended);
}
