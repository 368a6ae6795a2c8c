//! `goldenpath messages`: what the chat platforms did not take, for the operator.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Outcome, beside_the_bot};
use crate::chat::operator::{self, GivenUp};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::duration;
use crate::error::Result;

#[derive(Subcommand)]
pub(super) enum Messages {
    /// List what was given up: since when, why
    List {
        /// As JSON, for a machine
        #[arg(long)]
        json: bool,
    },
    /// Send one after all, once what was in its way is mended
    Retry {
        /// As `messages list` shows it
        key: String,
    },
}

pub(super) fn run(command: Messages) -> Outcome {
    beside_the_bot(async |db: &Db| answer(db, command).await)
}

async fn answer(db: &Db, command: Messages) -> Result<String> {
    match command {
        Messages::List { json } => {
            let mut conn = db.read().await?;
            let all = operator::given_up(&mut conn).await?;
            Ok(if json { for_machines(&all) } else { for_people(&all, db.now()) })
        }
        Messages::Retry { key } => {
            operator::send_again(db, &key).await?;
            Ok(format!("`{key}` is due now; a running bot sends it at once.\n"))
        }
    }
}

fn for_machines(all: &[GivenUp]) -> String {
    let time = |at: Timestamp| at.utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let row = |message: &GivenUp| {
        json!({
            "key": message.key, "platform": message.platform, "reason": message.reason,
            "since": message.since.map(time),
        })
    };
    format!("{:#}\n", Value::Array(all.iter().map(row).collect()))
}

fn for_people(all: &[GivenUp], now: Timestamp) -> String {
    if all.is_empty() {
        return "No message was given up. `goldenpath jobs list` shows what still waits.\n".into();
    }
    let row = |message: &GivenUp| {
        let since = message.since.map(|since| format!(", {} ago", duration::words(now.since(since))));
        let (key, platform, reason) = (&message.key, &message.platform, &message.reason);
        format!("{key}  {platform}{}: {reason}\n", since.unwrap_or_default())
    };
    all.iter().map(row).collect()
}
