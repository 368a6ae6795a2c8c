//! What was done outside, counted there: messages, views, repositories, processes, programs.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use super::book::{Book, Verdict, What};
use crate::harness::bot_process::Bot;

const MARK: &str = "Sent again after an interruption";

/// One environment as its row has it.
struct Row {
    name: String,
    id: String,
    state: String,
    template: String,
}

pub async fn compare(book: &Book, bot: &Bot, verdict: &mut Verdict) {
    let sql = "SELECT name || ' ' || id || ' ' || state || ' ' || template FROM environment";
    let rows: Vec<Row> = bot.database.texts(sql).await.iter().filter_map(|line| row(line)).collect();
    messages(&rows, bot, verdict);
    questions(bot, verdict).await;
    views(book, bot, verdict);
    repositories(&rows, bot, verdict);
    programs(&rows, bot, verdict);
    let serving = rows.iter().filter(|row| row.template == "slow-site" && row.state == "ready").count();
    verdict.expect("processes of sites", serving..=serving, bot.sites().len());
}

fn row(line: &str) -> Option<Row> {
    let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let [name, id, state, template] = words.try_into().ok()?;
    Some(Row { name, id, state, template })
}

fn marked(versions: &[Value]) -> bool {
    versions[0].to_string().contains(MARK)
}

fn text(version: &Value) -> &str {
    version["text"].as_str().unwrap_or_default()
}

/// One message follows each environment to its end; one that came again says so.
fn messages(rows: &[Row], bot: &Bot, verdict: &mut Verdict) {
    let memory = bot.fake.memory();
    let mut of: BTreeMap<&str, Vec<&Vec<Value>>> = BTreeMap::new();
    for posted in memory.messages.iter().filter(|posted| posted.channel.starts_with('C')) {
        let words = text(&posted.versions[0]).split(|c: char| !c.is_ascii_alphanumeric());
        let name =
            words.into_iter().find(|word| word.starts_with('m') && word.as_bytes().get(3) == Some(&b'x'));
        of.entry(name.unwrap_or("nobody's")).or_default().push(&posted.versions);
    }
    for row in rows {
        let posts = of.remove(row.name.as_str()).unwrap_or_default();
        verdict.again += posts.iter().filter(|versions| marked(versions)).count();
        let first = posts.iter().filter(|versions| !marked(versions)).count();
        verdict.expect(&format!("messages of {}", row.name), usize::from(posts.is_empty())..=1, first);
        let last = posts.last().and_then(|versions| versions.last()).map(text).unwrap_or_default();
        let word = match row.state.as_str() {
            "ready" => "is ready",
            "destroyed" => "is gone",
            "failed" => "stopped at",
            "unclear" => "is stuck at",
            other => other,
        };
        if !last.contains(word) {
            verdict
                .lost
                .push(format!("the message of {} ({}, {}) reads {last:?}", row.name, row.id, row.state));
        }
    }
    of.keys().for_each(|name| verdict.doubled.push(format!("a message of {name}, which is not there")));
}

/// Everybody who was invited was asked, once a month.
async fn questions(bot: &Bot, verdict: &mut Verdict) {
    let sql = "SELECT identity.user_id || ' ' || CAST(invitation.answered AS TEXT) FROM invitation
               JOIN identity ON identity.person_id = invitation.person_id";
    for line in bot.database.texts(sql).await {
        let (user, answered) = line.split_once(' ').unwrap();
        let memory = bot.fake.memory();
        let there = memory.messages.iter().filter(|posted| posted.channel == format!("D{user}"));
        let posts: Vec<_> = there.map(|posted| &posted.versions).collect();
        verdict.again += posts.iter().filter(|versions| marked(versions)).count();
        let first = posts.iter().filter(|versions| !marked(versions)).count();
        verdict.expect(&format!("questions to {user}"), usize::from(posts.is_empty())..=1, first);
        let last = posts.last().and_then(|versions| versions.last()).map(text).unwrap_or_default();
        if last.contains("Recorded") != (answered == "1") {
            verdict.lost.push(format!("the question to {user} ({answered}) reads {last:?}"));
        }
    }
}

/// A view for each form that was asked for; and no press was answered that it failed.
fn views(book: &Book, bot: &Bot, verdict: &mut Verdict) {
    let memory = bot.fake.memory();
    verdict.expect("views", book.possible(&What::Form, ""), memory.views.len());
    let refusals = memory.responses.iter().map(|(name, body)| format!("{name} was told {body}"));
    verdict.odd.extend(refusals);
}

/// One with one commit for each that came so far.
fn repositories(rows: &[Row], bot: &Bot, verdict: &mut Verdict) {
    for row in rows.iter().filter(|row| row.template == "slow-site") {
        let folder = bot.data().join("repositories").join(format!("{}.git", row.name));
        let counted =
            Command::new("git").arg("-C").arg(&folder).args(["rev-list", "--all", "--count"]).output();
        let commits = String::from_utf8(counted.unwrap().stdout).unwrap().trim().parse().unwrap_or(0);
        // A destroy may have come before the step.
        verdict.expect(&format!("commits of {}", row.name), usize::from(row.state == "ready")..=1, commits);
    }
}

/// A program that may not run twice did not.
fn programs(rows: &[Row], bot: &Bot, verdict: &mut Verdict) {
    for row in rows.iter().filter(|row| row.template == "once") {
        let file = bot.data().join("environments").join(&row.id).join("workspace/attempts.txt");
        let begun = std::fs::read_to_string(file).unwrap_or_default().lines().count();
        verdict.expect(&format!("runs of the program of {}", row.name), 0..=1, begun);
        verdict.stopped += usize::from(["failed", "unclear"].contains(&row.state.as_str()));
    }
}
