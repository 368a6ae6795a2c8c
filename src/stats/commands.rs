//! `/platform stats` and its wording.

use std::sync::Arc;
use std::time::Duration;

use super::disclosure::{Share, share};
use super::{DEFAULT_SPAN, K, Overview};
use crate::chat::message::{Block, Message, Reply, Text, strong};
use crate::commands::{Call, Handlers, handler};
use crate::db::Db;
use crate::duration;
use crate::error::Result;
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
    let head =
        text![strong("Platform"), format!(" · last {} · {active} active developers", duration::words(*span))];
    if usage.asked == 0 {
        return Message::new(head)
            .section("Nobody asked for an environment in this time. `since=90d` looks further back.");
    }
    let waiting = usage.asked.saturating_sub(usage.ready + usage.failed);
    let mut asked = format!("{} asked for, {} ready, {} failed", usage.asked, usage.ready, usage.failed);
    if waiting > 0 {
        asked.push_str(&format!(", {waiting} on the way or given up"));
    }
    let lead = usage.median_lead.and_then(|millis| u64::try_from(millis).ok());
    let lead = lead.map_or("none is ready yet".to_owned(), |millis| {
        format!("median {} from request to ready, of {}", lead_words(millis), usage.ready)
    });
    let golden = match share(usage.golden, usage.asked, K) {
        Share::Shown { .. } => shown(&share(usage.golden, usage.asked, K), "of environments"),
        Share::TooFew { .. } => format!("{} of {} environments", usage.golden, usage.asked),
    };
    let satisfaction = share(csat.satisfied(), csat.n(), csat.k.max(K));
    let score = match satisfaction {
        Share::Shown { n, .. } => {
            let rest = if n < csat.answered { "; months with too few answers are left out" } else { "" };
            format!("CSAT {}{rest}", shown(&satisfaction, "well or very well"))
        }
        Share::TooFew { k, .. } => {
            let within = if csat.answered < k { "" } else { " in a month" };
            format!("{} of {} answered; shown from {k} answers{within} on", csat.answered, csat.invited)
        }
    };
    let response = match share(csat.answered, csat.invited, K) {
        whole @ Share::Shown { .. } => {
            format!("{} of {} asked · {}", csat.answered, csat.invited, shown(&whole, ""))
        }
        Share::TooFew { .. } => format!("{} of {} asked", csat.answered, csat.invited),
    };
    let field = |name: &str, words: String| (name.to_owned(), Text(vec![words.into()]));
    let fields = vec![
        field("Active developers", active.to_string()),
        field("Environments", asked),
        field("Time to ready", lead),
        field("Golden path", golden),
        field("Satisfaction", score),
        field("Response", response),
    ];
    Message::new(head)
        .with(Block::Fields { fields })
        .context("In brackets: 95 % interval (Wilson). Satisfaction counts whole calendar months.")
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
