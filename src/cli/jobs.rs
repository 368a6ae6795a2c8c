//! `goldenpath jobs`: the job table of a bot that may be running, for its operator.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Outcome, beside_the_bot};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::duration;
use crate::error::Result;
use crate::jobs::operator::{self, Listed};

#[derive(Subcommand)]
pub(super) enum Jobs {
    /// List what waits, runs, has failed or is stuck: since when, after how many attempts, why
    List {
        /// As JSON, for a machine
        #[arg(long)]
        json: bool,
    },
    /// Run a job now: one that failed or is stuck, or one that waits for its time
    Retry {
        /// As `jobs list` shows it
        id: String,
    },
    /// Take a job out of the table: it will not be done
    Drop {
        /// As `jobs list` shows it
        id: String,
    },
}

pub(super) fn run(command: Jobs) -> Outcome {
    beside_the_bot(async |db: &Db| answer(db, command).await)
}

async fn answer(db: &Db, command: Jobs) -> Result<String> {
    match command {
        Jobs::List { json } => {
            let mut conn = db.read().await?;
            let jobs = operator::list(&mut conn).await?;
            Ok(if json { for_machines(&jobs) } else { for_people(&jobs, db.now()) })
        }
        Jobs::Retry { id } => {
            let job = operator::retry(db, &id).await?;
            Ok(format!(
                "`{}` is due now, with its attempts counted anew; a running bot begins it at once.\n",
                about(&job)
            ))
        }
        Jobs::Drop { id } => {
            let job = operator::drop(db, &id).await?;
            Ok(format!("`{}` is dropped; it will not be done.\n", about(&job)))
        }
    }
}

/// `deliver (deliver:env:env_…)`.
fn about(job: &Listed) -> String {
    job.key.as_ref().map_or_else(|| job.kind.clone(), |key| format!("{} ({key})", job.kind))
}

fn for_machines(jobs: &[Listed]) -> String {
    let time = |at: Timestamp| at.utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let all: Vec<Value> = jobs
        .iter()
        .map(|job| {
            json!({
                "id": job.id, "kind": job.kind, "key": job.key, "state": job.state, "since": job.since.map(time),
                "due": time(job.due), "attempts": job.attempts, "error": job.error,
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(all))
}

fn for_people(jobs: &[Listed], now: Timestamp) -> String {
    if jobs.is_empty() {
        return "There are no jobs: nothing waits, runs or has failed.\n".into();
    }
    let mut rows = vec![["STATE", "SINCE", "DUE", "ATTEMPTS", "ID", "KIND", "KEY"].map(str::to_owned)];
    rows.extend(jobs.iter().map(|job| {
        [
            job.state.clone(),
            job.since.map_or_else(String::new, |since| format!("{} ago", duration::words(now.since(since)))),
            if job.state == "ready" { due(job.due, now) } else { String::new() },
            job.attempts.to_string(),
            job.id.clone(),
            job.kind.clone(),
            job.key.clone().unwrap_or_default(),
        ]
    }));
    let widths: Vec<usize> =
        (0..7).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
        let error = index.checked_sub(1).and_then(|index| jobs[index].error.as_deref());
        if let Some(error) = error {
            text.push_str(&format!("    {}\n", one_line(error)));
        }
    }
    text
}

fn due(due: Timestamp, now: Timestamp) -> String {
    match due > now {
        true => format!("in {}", duration::words(due.since(now))),
        false => "now".into(),
    }
}

/// What somebody else's program said must not move a terminal's cursor, nor fill its screen.
fn one_line(error: &str) -> String {
    let mut line: String = error.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    if error.chars().count() > 300 {
        line.push('…');
    }
    line
}
