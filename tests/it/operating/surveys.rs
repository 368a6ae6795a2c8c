//! `goldenpath surveys`, beside a bot that runs.

use crate::harness::bot_process::{Bot, buttons, until};

/// Ada's answer, recorded.
async fn answered(bot: &Bot) {
    super::ask(bot, "quick", "shop").await;
    let prompt = async || bot.fake.shown_in("DUADA").iter().map(buttons).find(|values| !values.is_empty());
    let values = until("the prompt", prompt).await;
    assert_eq!(bot.slack().payload(&bot.slack().press("UADA", &values[3])).await.body, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_that_are_wrong_are_found_and_mended() {
    let bot = Bot::start().await;
    answered(&bot).await;
    let rebuild = ["surveys", "rebuild"];
    let right = ("All 3 sums are what the answers add up to.\n".to_owned(), Some(0));
    assert_eq!(bot.tool(&rebuild).await, right);
    bot.database.execute("UPDATE tally SET n = 7 WHERE bucket = 4").await;
    bot.database.execute("DELETE FROM tally WHERE bucket = -1").await;
    let (said, _) = bot.tool(&rebuild).await;
    assert_eq!(said, "2 of 3 sums were not what the answers add up to; they are now.\n");
    assert_eq!(bot.tool(&rebuild).await, right);
}
