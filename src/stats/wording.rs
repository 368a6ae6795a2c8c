//! How stats read: a line for each subject, each number with its n and its interval.

use std::time::Duration;

use super::model::{Findings, Trend};
use super::{K, Overview};
use crate::chat::message::{Block, Message, Text, code, plain, strong};
use crate::disclosure::{Released, Share, share};
use crate::duration;
use crate::environments::Usage;
use crate::statistics::survival::Survival;
use crate::statistics::usage::{Provisions, golden_path_share};
use crate::statistics::{count, wilson};
use crate::surveys::model::question::Kind;
use crate::surveys::model::score::Scale;
use crate::surveys::wording::{teams, too_few};
use crate::text;

const NOTE: &str = "In brackets: 95 % interval. Scores count whole calendar months and no skips.";

/// The overview, a line for each subject.
pub fn overview(overview: &Overview) -> Message {
    let Overview { span, active, usage, surveys } = overview;
    let head =
        text![strong("Platform"), format!(" · last {0} against the {0} before", duration::words(*span))];
    if overview.is_empty() {
        return Message::new(head)
            .section("Nobody asked for an environment in this time. `since=90d` looks further back.");
    }
    let mut fields = vec![
        field("Adoption", adoption(*active)),
        field("Environments", asked(usage)),
        field("First environment", first(usage)),
        field("Golden path", golden(usage)),
    ];
    fields.extend(surveys.iter().filter(|f| f.scale.is_some()).map(|f| field(&name(f), score(f))));
    let counted = surveys.iter().filter(|findings| findings.scale.is_none()).count();
    if counted > 0 {
        fields.push(field("Other questions", format!("{counted}; `stats survey` lists them")));
    }
    if let Some(tracked) = overview.tracked() {
        fields.extend(direction(tracked).map(|words| field("Trend", words)));
        if !tracked.teams.is_empty() || tracked.hidden_teams > 0 {
            let words =
                format!("{} shown, {} hidden (k = {})", tracked.teams.len(), tracked.hidden_teams, tracked.k);
            fields.push(field("Teams", words));
        }
    }
    Message::new(head).with(Block::Fields { fields }).context(NOTE)
}

/// The overview as a channel reads it, unasked.
pub fn digest(whole: &Overview) -> Message {
    overview(whole).context(text![
        "Something in your way? ",
        code("/platform feedback"),
        " tells the platform team."
    ])
}

fn field(name: &str, words: String) -> (String, Text) {
    (name.to_owned(), words.into())
}

/// What people call the shipped satisfaction question; others go by their title.
fn name(findings: &Findings) -> String {
    if findings.key == "env.csat" { "Satisfaction".to_owned() } else { findings.title.clone() }
}

fn adoption((now, before): (i64, i64)) -> String {
    let people = if now == 1 { "1 person active".to_owned() } else { format!("{now} people active") };
    match (before, now - before) {
        (0, _) => format!("{people}; nobody before, so there is nothing to compare with"),
        (_, 0) => format!("{people}, as many as before"),
        (_, more @ 1..) => format!("{people}, {more} more than before"),
        (_, fewer) => format!("{people}, {} fewer than before", -fewer),
    }
}

fn asked(usage: &Usage) -> String {
    let waiting = usage.asked.saturating_sub(usage.ready + usage.failed);
    let rest = if waiting > 0 { format!(", {waiting} on the way or given up") } else { String::new() };
    format!("{} asked for, {} ready, {} failed{rest}", usage.asked, usage.ready, usage.failed)
}

/// From somebody's first request to their first environment.
fn first(usage: &Usage) -> String {
    match &usage.first {
        Ok(survival) => wait(survival, usage.people),
        Err(_) => "nobody asked for their first one in this time".into(),
    }
}

/// "median 50 s [12 s, –] of 12 people, 4 still waiting".
fn wait(survival: &Survival, n: u64) -> String {
    let waiting = match survival.still_waiting {
        0 => String::new(),
        waiting => format!(", {waiting} still waiting"),
    };
    let end = |limit: Option<f64>| limit.map_or("–".to_owned(), seconds);
    match survival.median {
        Some(median) if n >= K => {
            let ends = match survival.median_ci95 {
                (None, None) => String::new(),
                (low, high) => format!(" [{}, {}]", end(low), end(high)),
            };
            format!("median {}{ends}, n = {n}{waiting}", seconds(median))
        }
        Some(median) => format!("median {}, n = {n}{waiting}", seconds(median)),
        None => format!("more than half are still waiting, n = {n}{waiting}"),
    }
}

/// Below a minute one decimal of a second says more than "0 s".
fn seconds(seconds: f64) -> String {
    match seconds {
        ..60.0 => format!("{seconds:.1} s"),
        _ => duration::words(Duration::from_secs_f64(seconds)),
    }
}

fn golden(usage: &Usage) -> String {
    let n = format!("n = {} by {} people", usage.asked, usage.by_person.len());
    let (golden_path_provisions, all_provisions) = usage.by_person.iter().copied().unzip();
    let provisions = Provisions { golden_path_provisions, all_provisions, teams_in_population: None };
    match golden_path_share(&provisions) {
        Ok(found) if usage.asked >= K => {
            // Where all or nothing is of the golden path, people do not differ and Wilson's is the honest one.
            let flat = usage.golden == 0 || usage.golden == usage.asked;
            let ends = if flat { wilson(usage.golden, usage.asked) } else { found.ci95 };
            let ends = ends
                .map_or(String::new(), |(low, high)| format!(" [{:.0}, {:.0}]", low * 100.0, high * 100.0));
            format!("{:.0} %{ends} of environments, {n}", found.share * 100.0)
        }
        _ => format!("{} of {}", usage.golden, usage.asked),
    }
}

/// "CSAT 72 % [52, 86] well or very well, n = 25 of 61 asked (41 %)".
fn score(findings: &Findings) -> String {
    let Findings { answered, invited, k, left_out, .. } = findings;
    let asked = response(*answered, *invited);
    match (&findings.released, findings.estimate, findings.scale) {
        (_, Some(estimate), Some(scale)) => {
            let rest = if *left_out > 0 { "; months with too few answers are left out" } else { "" };
            let said = scale.words(&estimate, &findings.labels);
            format!("{said}, n = {} · {asked}{}{rest}", estimate.n, untold(findings))
        }
        (Released::Alike { n, .. }, _, Some(_)) => {
            format!(
                "{}, n = {n}; all said the same, so no more is shown · {asked}{}",
                band(findings),
                untold(findings)
            )
        }
        _ if answered < k => format!("{asked}; {}", too_few(*answered, *k)),
        _ => format!("{asked}; shown from {k} answers in a month on"),
    }
}

/// What answers of an open round wait for.
fn untold(findings: &Findings) -> String {
    crate::surveys::wording::untold(findings.untold, "more", findings.k)
}

fn response(answered: u64, invited: u64) -> String {
    match share(answered, invited, K) {
        Share::Shown { share, .. } => format!("{answered} of {invited} asked ({:.0} %)", share * 100.0),
        Share::TooFew { .. } => format!("{answered} of {invited} asked"),
    }
}

/// The side of the scale that all are on, as `homogeneity_guard` words it.
fn band(findings: &Findings) -> &'static str {
    match (&findings.released, findings.scale) {
        (Released::Alike { same, .. }, Some(scale)) if same.from(scale.good()) => "≥ 90 % favourable",
        _ => "≤ 10 % favourable",
    }
}

/// What the waves say of the direction, honestly; `None` of one wave.
pub fn direction(findings: &Findings) -> Option<String> {
    let (unit, digits) = match findings.scale? {
        Scale::Mean { .. } => ("", 1),
        Scale::Share { .. } | Scale::Points => (" points", 0),
    };
    let title = name(findings);
    let number = |value: f64| format!("{value:+.digits$}");
    match &findings.trend {
        Trend::None => None,
        trend @ Trend::Change { by, .. } if trend.distinct() => {
            Some(format!("{title}: {}{unit} since the wave before; more than chance", number(*by)))
        }
        Trend::Change { by, least, n } => Some(format!(
            "{title}: {}{unit} since the wave before, but anything under {least:.digits$} could be chance with {n} answers",
            number(*by)
        )),
        trend @ Trend::Line { waves, line, least } => {
            let verdict = if trend.distinct() { "" } else { ", not distinguishable from flat" };
            let (low, high) = line.ci95;
            Some(format!(
                "{title}: {waves} waves, {:+.1}{unit} a wave [{low:+.1}, {high:+.1}]{verdict}; smallest visible change {least:.digits$}{unit}",
                line.slope
            ))
        }
    }
}

/// `about=env`: how environments fared.
pub fn environments(usage: &Usage, span: Duration) -> Message {
    let head = text![strong("Environments"), format!(" · last {}", duration::words(span))];
    if usage.asked == 0 {
        return Message::new(head)
            .section("Nobody asked for an environment in this time. `since=90d` looks further back.");
    }
    let ready = match &usage.lead {
        Ok(survival) => wait(survival, usage.asked),
        Err(_) => "none is ready yet".into(),
    };
    let failed = match (share(usage.failed, usage.asked, K), wilson(usage.failed, usage.asked)) {
        (Share::Shown { share, low, high, n }, _) => {
            format!("{:.0} % [{:.0}, {:.0}], n = {n}", share * 100.0, low * 100.0, high * 100.0)
        }
        _ => format!("{} of {}", usage.failed, usage.asked),
    };
    let fields = vec![
        field("Asked for", asked(usage)),
        field("Request to ready", ready),
        field("First environment", first(usage)),
        field("Failed", failed),
        field("Golden path", golden(usage)),
    ];
    Message::new(head).with(Block::Fields { fields }).context(
        "In brackets: 95 % interval. Who still waits counts as waiting, not as nothing (Kaplan–Meier).",
    )
}

/// `about=survey`: a line for each survey that asked somebody.
pub fn surveys(overview: &Overview) -> Message {
    let head = text![strong("Surveys"), format!(" · last {}", duration::words(overview.span))];
    if overview.surveys.is_empty() {
        return Message::new(head)
            .section("Nobody was asked anything in this time. `since=90d` looks further back.");
    }
    let line = |findings: &Findings| {
        let words = match findings.scale {
            Some(_) => score(findings),
            None => response(findings.answered, findings.invited),
        };
        (findings.key.clone(), plain(words))
    };
    let fields = overview.surveys.iter().map(line).map(|(key, words)| (key, Text(vec![words]))).collect();
    Message::new(head)
        .with(Block::Fields { fields })
        .context("`stats KEY` shows one of them. In brackets: 95 % interval.")
}

/// One survey in all that may be shown of it.
pub fn survey(findings: &Findings, span: Duration) -> Message {
    let head = text![strong(&findings.title), format!(" · last {}", duration::words(span))];
    if findings.invited == 0 {
        return Message::new(head).section("Nobody was asked in this time. `since=90d` looks further back.");
    }
    let said = if findings.scale.is_some() { score(findings) } else { counted(findings) };
    let mut message = Message::new(head).section(Text(vec![plain(said)]));
    if let Released::Shown { n, skipped, buckets } = &findings.released {
        message = message.with(distribution(findings, *n, buckets));
        if *skipped > 0 {
            message =
                message.context(format!("{skipped} said that it does not apply; they count in no score."));
        }
    }
    if let Some(words) = direction(findings) {
        message = message.section(Text(vec![plain(words)]));
    }
    let Findings { labels, scale, hidden_teams, k, .. } = findings;
    let teams = teams((*scale, labels), &findings.teams, (*hidden_teams, *k));
    teams.into_iter().fold(message, Message::with).context(NOTE)
}

/// Of a question without a score.
fn counted(findings: &Findings) -> String {
    let asked = response(findings.answered, findings.invited);
    match findings.released {
        Released::Shown { n, .. } => format!("n = {n} · {asked}{}", untold(findings)),
        // Answers in words have one place.
        Released::Alike { n, .. } if findings.kind == Kind::Text => {
            format!("n = {n} · {asked}{}", untold(findings))
        }
        Released::Alike { n, .. } => format!("All {n} gave the same answer, so it is not shown · {asked}"),
        Released::TooFew { k, .. } if findings.kind != Kind::Text => {
            format!("{asked}; shown from {k} answers on")
        }
        Released::TooFew { .. } => asked,
    }
}

fn distribution(findings: &Findings, n: u64, buckets: &[u64]) -> Block {
    let row = |(place, label): (usize, &String)| {
        let hits = buckets.get(place).copied().unwrap_or_default();
        let percent = format!("{:.0} %", 100.0 * count(hits) / count(n));
        vec![Text(vec![plain(label)]), Text(vec![plain(hits.to_string())]), Text(vec![plain(percent)])]
    };
    let header = vec!["Answer".into(), "n".into(), "Share".into()];
    Block::Table { header, rows: findings.labels.iter().enumerate().map(row).collect() }
}
