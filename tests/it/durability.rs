//! What was acknowledged holds: the built program is killed and started again.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod confidentiality;
mod environments;
mod events;
mod ledger;
mod queue;
mod reconcile;
mod sites;
mod starts;
mod surveys;

use crate::harness::bot_process::{Bot, buttons, until};

/// Asks for an environment and expects the acknowledgement.
async fn ask(bot: &Bot, user: &str, template: &str, name: &str) {
    let answer = bot.slack().types(user, &format!("env create {template} {name}")).await;
    assert!(answer.status == 200 && answer.body.contains("is asked for"), "{answer:?}");
}

/// Each environment's name and state.
async fn states(bot: &Bot) -> Vec<String> {
    bot.database.texts("SELECT name || ' ' || state FROM environment ORDER BY created_at, id").await
}

/// What the file NAME of the one environment's workspace holds, empty where it is missing.
fn in_workspace(bot: &Bot, name: &str) -> String {
    let environments = std::fs::read_dir(bot.data().join("environments")).into_iter().flatten().flatten();
    let files = environments.map(|folder| folder.path().join("workspace").join(name));
    files.filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}

/// The buttons of the question that `user` was asked, from the worst on.
async fn asked(bot: &Bot, user: &str) -> Vec<String> {
    let shown = async || bot.fake.shown_in(&format!("D{user}")).first().map(buttons);
    until(&format!("{user} is asked"), shown).await
}
