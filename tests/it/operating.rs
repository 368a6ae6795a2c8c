//! What an operator has: tools that work beside a running bot.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod backup;
mod cron;
mod jobs;
mod manifest;
mod metrics;
mod selftest;
mod surveys;

use crate::harness::bot_process::Bot;

/// Ada asks for an environment and it is acknowledged.
async fn ask(bot: &Bot, template: &str, name: &str) {
    let answer = bot.slack().types("UADA", &format!("env create {template} {name}")).await;
    assert!(answer.status == 200 && answer.body.contains("is asked for"), "{answer:?}");
}
