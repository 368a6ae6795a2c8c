//! `/platform stats` and its wording.

use std::sync::Arc;
use std::time::Duration;

use super::{DEFAULT_SPAN, K, Overview};
use crate::chat::message::{Block, Message, Reply, Text, strong};
use crate::commands::{Call, Handlers, handler};
use crate::db::Db;
use crate::disclosure::{Share, share};
use crate::duration;
use crate::environments::Usage;
use crate::error::Result;
use crate::surveys::model::Results;
use crate::text;

/// The handlers of the slice.
pub fn handlers(db: &Arc<Db>) -> Handlers {
    Handlers::from([("stats", handler(db, stats))])
}

async fn stats(db: Arc<Db>, call: Call) -> Result<Reply> {
    let span = call.args.duration("since").unwrap_or(DEFAULT_SPAN);
    let overview = super::overview(&db, span).await?;
    Ok(Reply::private(words(&overview)))
}

/// The overview, a line for each subject.
pub fn words(overview: &Overview) -> Message {
    let Overview { span, active, usage, csat } = overview;
    let head = text![strong("Platform"), format!(" · last {}", duration::words(*span))];
    if usage.asked == 0 {
        return Message::new(head)
            .section("Nobody asked for an environment in this time. `since=90d` looks further back.");
    }
    let lead = usage.median_lead.and_then(|millis| u64::try_from(millis).ok());
    let lead = lead.map_or("none is ready yet".to_owned(), |millis| {
        format!("median {} from request to ready, of {}", lead_words(millis), usage.ready)
    });
    let field = |name: &str, words: String| (name.to_owned(), Text(vec![words.into()]));
    let fields = vec![
        field("Active developers", active.to_string()),
        field("Environments", asked(usage)),
        field("Time to ready", lead),
        field("Golden path", golden(usage)),
        field("Satisfaction", satisfaction(csat)),
        field("Response", response(csat)),
    ];
    Message::new(head)
        .with(Block::Fields { fields })
        .context("In brackets: 95 % interval (Wilson). Satisfaction counts whole calendar months.")
}

fn asked(usage: &Usage) -> String {
    let waiting = usage.asked.saturating_sub(usage.ready + usage.failed);
    let rest = if waiting > 0 { format!(", {waiting} on the way or given up") } else { String::new() };
    format!("{} asked for, {} ready, {} failed{rest}", usage.asked, usage.ready, usage.failed)
}

fn golden(usage: &Usage) -> String {
    match share(usage.golden, usage.asked, K) {
        whole @ Share::Shown { .. } => shown(&whole, "of environments"),
        Share::TooFew { .. } => format!("{} of {}", usage.golden, usage.asked),
    }
}

fn satisfaction(csat: &Results) -> String {
    match share(csat.satisfied(), csat.n(), csat.k.max(K)) {
        whole @ Share::Shown { n, .. } => {
            let rest = if n < csat.answered { "; months with too few answers are left out" } else { "" };
            format!("CSAT {}{rest}", shown(&whole, "well or very well"))
        }
        Share::TooFew { k, .. } => {
            let within = if csat.answered < k { "" } else { " in a month" };
            format!("{} of {} answered; shown from {k} answers{within} on", csat.answered, csat.invited)
        }
    }
}

fn response(csat: &Results) -> String {
    let counts = format!("{} of {} asked", csat.answered, csat.invited);
    match share(csat.answered, csat.invited, K) {
        whole @ Share::Shown { .. } => format!("{counts} · {}", shown(&whole, "")),
        Share::TooFew { .. } => counts,
    }
}

/// "78 % [45, 94] of environments, n = 9".
fn shown(share: &Share, of: &str) -> String {
    match share {
        Share::Shown { share, low, high, n } => {
            let percent = |value: &f64| format!("{:.0}", value * 100.0);
            let of = if of.is_empty() { String::new() } else { format!(" {of}") };
            format!("{} % [{}, {}]{of}, n = {n}", percent(share), percent(low), percent(high))
        }
        Share::TooFew { n, k } => format!("{n} so far; shown from {k} on"),
    }
}

/// Below a minute one decimal of a second says more than "0 s".
fn lead_words(millis: u64) -> String {
    match millis {
        0..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => duration::words(Duration::from_millis(millis)),
    }
}
