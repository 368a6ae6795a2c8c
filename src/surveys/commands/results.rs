//! `/platform survey results` and its wording.

use std::sync::Arc;
use std::time::Duration;

use super::question;
use crate::chat::message::{Block, Message, Reply, Text, code, emphasis, plain, strong};
use crate::commands::{Call, Handlers, handler};
use crate::disclosure::{Counts, LEAST_K, Released, Share, release, share};
use crate::error::Result;
use crate::surveys::Surveys;
use crate::surveys::model::Survey;
use crate::surveys::model::question::Kind;
use crate::surveys::model::score::{Scale, estimate};
use crate::surveys::results::Round;
use crate::surveys::wording::{teams, too_few, untold};
use crate::text;

/// How far back is looked unless said otherwise.
const SPAN: Duration = Duration::from_secs(183 * 86_400);
/// A message holds so many waves, and so many comments of each.
const WAVES: usize = 4;
const COMMENTS: usize = 15;
/// Participation is shown as a share from so many people on.
const K: u64 = 5;

pub(super) fn handlers(slice: &Arc<Surveys>) -> Handlers {
    Handlers::from([("survey.results", handler(slice, results))])
}

async fn results(slice: Arc<Surveys>, call: Call) -> Result<Reply> {
    let since = slice.db.now().minus(call.args.duration("since").unwrap_or(SPAN));
    let key = call.args.text("survey").unwrap_or_default();
    let survey = slice.find(key)?;
    let rounds = slice.rounds(survey, since).await?;
    Ok(Reply::private(words(survey, &rounds)))
}

fn words(survey: &Survey, rounds: &[Round]) -> Message {
    let head = text![strong(&survey.title), " · ", code(&survey.key)];
    let mut message = Message::new(head).section(question(survey, "…"));
    if rounds.is_empty() {
        message = message.section("Nobody was asked in this time. `since=365d` looks further back.");
    }
    for round in rounds.iter().take(WAVES) {
        message = of_wave(message, survey, round);
    }
    let hidden = rounds.len().saturating_sub(WAVES);
    if hidden > 0 {
        message = message.context(format!("{hidden} earlier rounds are not shown."));
    }
    message.context(text!["It decides ", plain(&survey.decision), ". In brackets: 95 % intervals."])
}

/// One wave: who answered, what, in which teams, and in which words.
fn of_wave(message: Message, survey: &Survey, round: &Round) -> Message {
    let counts = &round.tally.counts;
    let state = if round.tally.closed { "" } else { ", open" };
    let untold = match release(counts) {
        Released::TooFew { .. } => String::new(),
        _ => untold(counts.untold(), "of them", counts.k),
    };
    let head = text![strong(&round.tally.period), format!("{state} · {}{untold}", response(counts))];
    let (n, skipped, buckets) = match release(counts) {
        Released::TooFew { k, .. } => return message.section(head).section(so_far(counts.answered, k)),
        Released::Alike { n, .. } => {
            let words = match survey.question.kind {
                // Answers in words have one place, and what was said stands below.
                Kind::Text => format!("n = {n}"),
                _ => format!("All {n} said the same, so it is not shown."),
            };
            return said(message.section(head).section(words), &round.words);
        }
        Released::Shown { n, skipped, buckets } => (n, skipped, buckets),
    };
    let labels = survey.question.labels();
    let message = message.section(head);
    let scale = Scale::of(survey.question.kind, labels.len());
    let message = match scale.and_then(|scale| Some(scale.words(&estimate(scale, &buckets, n)?, &labels))) {
        Some(score) => message.section(format!("{score}, n = {n}")),
        None => message.section(format!("n = {n}")),
    };
    let message = message.with(distribution(&labels, &buckets, n));
    let message = match &survey.question.not_applicable {
        Some(label) if skipped > 0 => {
            message.context(text![format!("Counted in no score: {skipped} times "), emphasis(label)])
        }
        _ => message,
    };
    let hidden = (round.tally.segments.len() - round.teams.len(), counts.k.max(LEAST_K));
    let teams = teams((scale, &labels), &round.teams, hidden);
    said(teams.into_iter().fold(message, Message::with), &round.words)
}

fn so_far(answered: u64, k: u64) -> String {
    match answered {
        n if n < k => format!("{}.", too_few(n, k)),
        _ => format!("Shown from {k} answers on that say more than that it does not apply."),
    }
}

/// "8 of 12 answered: 67 % [39, 86]".
fn response(counts: &Counts) -> String {
    let whole = format!("{} of {} answered", counts.answered, counts.invited);
    match share(counts.answered, counts.invited, K) {
        Share::Shown { share, low, high, .. } => {
            let percent = |value: f64| format!("{:.0}", value * 100.0);
            format!("{whole}: {} % [{}, {}]", percent(share), percent(low), percent(high))
        }
        Share::TooFew { .. } => whole,
    }
}

/// Each place with its count and its share of all who chose.
fn distribution(labels: &[String], buckets: &[u64], n: u64) -> Block {
    let row = |(label, hits): (&String, u64)| {
        let tenths = usize::try_from((hits * 20 + n) / (2 * n.max(1))).unwrap_or(0).min(10);
        let bar = format!(
            "{}{} {} %",
            "█".repeat(tenths),
            "░".repeat(10 - tenths),
            (hits * 200 + n) / (2 * n.max(1))
        );
        vec![text![plain(label)], text![hits.to_string()], text![bar]]
    };
    let hits = buckets.iter().copied().chain(std::iter::repeat(0));
    let rows = labels.iter().zip(hits).map(row).collect();
    Block::Table { header: ["Answer", "n", "Share"].map(str::to_owned).to_vec(), rows }
}

fn said(message: Message, words: &[String]) -> Message {
    if words.is_empty() {
        return message;
    }
    let mut all = Text(Vec::new());
    for (place, words) in words.iter().take(COMMENTS).enumerate() {
        let (start, cut) = (if place == 0 { "“" } else { "\n“" }, words.chars().count() > 300);
        let shown: String = words.chars().take(300).collect();
        all = all.then(start).then(plain(shown)).then(if cut { "…”" } else { "”" });
    }
    let message = message.section(all);
    match words.len().saturating_sub(COMMENTS) {
        0 => message,
        more => message.context(format!("{more} more are not shown.")),
    }
}
