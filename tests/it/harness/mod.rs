//! Stateful fakes and helpers that speak like the outside, and the app as tests see it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

pub mod bot_process;
pub mod database;
pub mod fake_slack;
pub mod ground;
pub mod playground_bot;
pub mod reading;
pub mod recorder;
pub mod slack_checks;
pub mod slack_sender;
pub mod test_app;
