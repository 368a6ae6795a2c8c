//! `goldenpath cron`: when an expression fires next, before it is written into a config or a survey.

use chrono::{DateTime, Datelike as _};
use clap::Args;
use serde_json::json;

use super::{Failure, Outcome, print};
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::config::{self, Config};
use crate::cron::Cron;
use crate::zone::Zone;

/// So many lines are still read by somebody.
const MOST: usize = 1_000;

#[derive(Args)]
pub(super) struct CronArgs {
    /// Five fields as in crontab(5), "30 9 * * 1-5", or @daily and its like
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    expression: String,
    /// The zone by whose clocks it fires, as Europe/Berlin; the config's unless given
    #[arg(long, value_name = "ZONE")]
    tz: Option<Zone>,
    /// Firings after this instant, as 2026-03-28T00:00:00+01:00; after now unless given
    #[arg(long, value_name = "RFC3339", value_parser = instant, allow_hyphen_values = true)]
    from: Option<Timestamp>,
    /// How many
    #[arg(short = 'n', value_name = "COUNT", default_value = "5", value_parser = count, allow_hyphen_values = true)]
    count: usize,
    /// As JSON, for a machine: {"next": ["2026-03-30T09:30:00+02:00", …]}
    #[arg(long)]
    json: bool,
}

/// The calendar begins in 1970 and ends with 2100.
fn instant(text: &str) -> Result<Timestamp, String> {
    let at = DateTime::parse_from_rfc3339(text).map_err(|error| {
        format!("{error}; write date, time and offset, as 2026-03-28T00:00:00+01:00 or 2026-03-27T23:00:00Z")
    })?;
    let at = Timestamp(at.timestamp_millis());
    match at.utc().year() {
        1970..=2100 => Ok(at),
        _ => Err("write an instant between the years 1970 and 2100".into()),
    }
}

fn count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=MOST).contains(count));
    count.ok_or_else(|| format!("write a whole number from 1 to {MOST}"))
}

pub(super) fn run(args: &CronArgs) -> Outcome {
    let cron: Cron = args.expression.parse().map_err(Failure::Said)?;
    let zone = match args.tz {
        Some(zone) => zone,
        None => Config::load(&config::environment())?.people.zone,
    };
    let from = args.from.unwrap_or_else(|| SystemClock.now());
    let next: Vec<DateTime<_>> =
        cron.upcoming(from, zone).take(args.count).map(|at| zone.local(at)).collect();
    if next.is_empty() {
        return Err(Failure::Said(format!("`{cron}` does not fire any more before the year 2101")));
    }
    if args.json {
        let next: Vec<String> = next.iter().map(DateTime::to_rfc3339).collect();
        return print(&format!("{:#}\n", json!({ "next": next })));
    }
    let lines = next.iter().map(|at| format!("{}\n", at.format("%a %Y-%m-%d %H:%M %:z")));
    print(&format!("`{cron}` in {zone} fires next at\n{}", lines.collect::<String>()))
}
