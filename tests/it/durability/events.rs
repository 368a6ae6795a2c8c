//! Mentions and looks at the App Home in the middle of which the bot is killed.

use crate::harness::bot_process::{Bot, until};

/// Kills the bot while Slack takes nothing, and starts it again when Slack does.
async fn crash_while_slack_is_away(bot: &mut Bot, bodies: &[String]) {
    bot.fake.set_down(true);
    for body in bodies {
        assert_eq!(bot.slack().signed(body).await.status, 200, "acknowledged");
    }
    bot.kill();
    bot.fake.set_down(false);
    bot.database.lapse_leases().await;
    bot.restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_mention_is_answered_after_a_crash_and_a_repeat_of_it_is_not() {
    let mut bot = Bot::start().await;
    let slack = bot.slack();
    let event = slack.event("Ev1", slack.mention("UADA", "C1", "<@UBOT> env create quick shop")).to_string();
    crash_while_slack_is_away(&mut bot, &[event.clone(), event.clone()]).await;
    let answered = async || bot.fake.whispered("C1", "UADA").first().cloned();
    let answer = until("the mention is answered", answered).await;
    assert!(answer["text"].as_str().unwrap().contains("shop is asked for"), "{answer}");
    bot.reads("C1", "shop is ready").await;
    assert_eq!(bot.slack().signed(&event).await.status, 200);
    let later = bot.slack();
    let next = later.event("Ev2", later.mention("UADA", "C1", "<@UBOT> env list")).to_string();
    later.signed(&next).await;
    until("the next is answered", async || bot.fake.whispered("C1", "UADA").get(1).cloned()).await;
    let arrived = bot.fake.log_of("chat.postEphemeral").iter().filter(|call| call.outcome == "ok").count();
    assert_eq!(arrived, 2);
    assert_eq!(super::states(&bot).await.len(), 1, "one environment of three deliveries");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_opened_before_a_crash_is_published_after_it() {
    let mut bot = Bot::start().await;
    let opened =
        serde_json::json!({"type": "app_home_opened", "user": "UADA", "channel": "DUADA", "tab": "home"});
    let event = bot.slack().event("Ev1", opened).to_string();
    crash_while_slack_is_away(&mut bot, &[event]).await;
    until("the page is there", async || bot.fake.memory().homes.get("UADA").cloned()).await;
}
