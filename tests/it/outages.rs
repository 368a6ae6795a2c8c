//! A database that cannot be used for a while: changes are refused plainly, what can be read is
//! read, and all goes on by itself.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod disk;
mod held;
mod server;

use std::time::{Duration, Instant};

use crate::harness::bot_process::{Bot, until, until_within};

/// Asks for an environment; the answer.
async fn ask(bot: &Bot, user: &str, name: &str) -> String {
    let began = Instant::now();
    let answer = bot.slack().types(user, &format!("env create quick {name}")).await;
    assert_eq!(answer.status, 200);
    assert!(began.elapsed() < Duration::from_secs(3), "Slack has hung up: {:?}", began.elapsed());
    answer.body
}

/// Asks for one after another until one is refused; the names of the others, and the refusal.
async fn asks_until_refused(bot: &Bot, user: &str) -> (Vec<String>, String) {
    let mut taken = Vec::new();
    loop {
        let name = format!("{}-{}", user.to_lowercase(), taken.len());
        let answer = ask(bot, user, &name).await;
        match answer.contains("is asked for") {
            true => taken.push(name),
            false => return (taken, answer),
        }
        assert!(taken.len() < 5_000, "nothing is refused");
    }
}

/// That a change is refused for one of these reasons, says what that means, and is not made.
async fn refuses_changes(bot: &Bot, reasons: &[&str]) {
    let refusal = ask(bot, "UADA", "refused").await;
    let whole = |why| {
        format!("The database cannot be used just now: {why}. Nothing was changed; try again in a minute.")
    };
    assert!(reasons.iter().any(|why| refusal.contains(&whole(why))), "{refusal}");
    not_ready(bot, reasons).await;
}

/// `/readyz` says no, and why, before long: a change that is small enough may still fit somewhere.
async fn not_ready(bot: &Bot, reasons: &[&str]) {
    let look = async || {
        let answer = reqwest::get(format!("{}/readyz", bot.address())).await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        (status == 503 && reasons.iter().any(|why| text.contains(why))).then_some(())
    };
    until(&format!("it is not ready: {reasons:?}"), look).await;
}

/// That `user`, who may be new, is answered whatever needs no change.
async fn reads(bot: &Bot, user: &str, listed: &str) {
    let slack = bot.slack();
    for (line, words) in [
        ("env list", listed),
        ("help", "/platform env create"),
        ("template list", "Quick"),
        ("env creat", "Did you mean"),
    ] {
        let answer = slack.types(user, line).await;
        assert!(answer.body.contains(words), "{line}: {answer:?}");
    }
}

/// That everything goes on without anybody's help: what was acknowledged is made, and more can be asked for.
async fn goes_on(bot: &Bot, acknowledged: &[String]) {
    until("it is ready", async || (bot.status_of("/readyz").await == 200).then_some(())).await;
    assert!(ask(bot, "UADA", "later").await.contains("is asked for"));
    for name in acknowledged.iter().map(String::as_str).chain(["later"]) {
        bot.reads("C1", &format!("{name} is ready")).await;
    }
    let sql = "SELECT name FROM environment WHERE name = 'refused'";
    assert_eq!(bot.database.texts(sql).await, Vec::<String>::new());
    let sql = "SELECT kind || ' ' || state FROM job WHERE state IN ('failed', 'stuck', 'running')";
    // One whose end could not be recorded runs again once its lease of half a minute has lapsed.
    let ended = async || bot.database.texts(sql).await.is_empty().then_some(());
    until_within(Duration::from_secs(50), "every job has ended", ended).await;
}

/// That the log has one line for each turn and nothing else that an operator would be woken by.
fn said_once(bot: &Bot, turns: usize) {
    let said = bot.said();
    let worth: Vec<&str> =
        said.lines().filter(|line| line.contains(" WARN ") || line.contains("ERROR ")).collect();
    assert_eq!(worth.len(), turns, "{worth:#?}");
    assert!(worth.iter().all(|line| line.contains("the database takes no changes")), "{worth:#?}");
    assert_eq!(said.matches("the database takes changes again").count(), turns);
}
