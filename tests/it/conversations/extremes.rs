//! What is long, many, or made to hurt, in front of Slack: every answer and message is
//! checked where it is sent, and shown to other judges by `.ci/run`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::fake_slack::TEAM;
use crate::harness::reading;
use crate::harness::test_app::{Person, TestApp};

/// All that is markup somewhere, right to left, outside the first plane, and joined of many.
const HOSTILE: &str = "& < > * _ ~ ` @channel <!channel> <@UBEN> :tada: שלום \u{202e}evil 🚀 👩‍👩‍👧‍👦 e\u{301}";
/// As long as leaves room for the number of a copy.
const FIRST: &str = "x-3456789-123456789-123456789-123456";

/// A name that begins so and is as long as one may be.
fn longest(start: &str) -> String {
    format!("{start:-<39}x")
}

/// Templates whose words are these: `stops` fails with a log, `goes` does not.
fn templates(folder: &Path, words: &str) {
    let run = |command: Value| json!([{"id": "a", "name": words, "action": "exec:run", "input": {"command": command}}]);
    let missing = format!("/missing/{words}");
    for (name, steps) in [("stops", run(json!(["cat", missing]))), ("goes", run(json!(["true"])))] {
        let choices = ["*b*", "<!here>", "`c`"];
        let template = json!({
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": name, "title": words, "description": words, "tags": ["hostile"]},
            "spec": {
                "type": "service",
                "parameters": {"title": words, "properties": {
                    "said": {"type": "string", "title": words, "description": words, "default": words},
                    "one": {"type": "string", "title": words, "enum": choices},
                    "some": {"type": "array", "title": words, "items": {"type": "string", "enum": choices}},
                }},
                "steps": steps,
                "goldenpath": {"tier": "supported", "outputs": {"said": words}},
            },
        });
        std::fs::create_dir_all(folder.join(name)).unwrap();
        std::fs::write(folder.join(name).join("template.yaml"), template.to_string()).unwrap();
    }
}

/// Types each line; no answer may act as markup.
async fn converses(person: Person<'_>, lines: &[&str]) {
    for line in lines {
        let answer = person.types(line).await;
        assert!(!acts(&answer), "{line}: {answer}");
    }
}

/// Whether words of somebody would call people, or be read as marks.
fn acts(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            let marks = members.get("type").is_none_or(|kind| kind == "mrkdwn");
            let text = members.get("text").and_then(Value::as_str).unwrap_or_default();
            let calls = ["<!channel>", "<!here>", "<@UBEN>"].iter().any(|call| text.contains(call));
            (marks && calls) || members.values().any(acts)
        }
        Value::Array(items) => items.iter().any(acts),
        _ => false,
    }
}

async fn speaks_with_a_bot_full_of(words: &str) {
    let folder = tempfile::tempdir().unwrap();
    templates(folder.path(), words);
    let app = TestApp::with(|config| config.paths.templates = vec![folder.path().into()]).await;
    let ada = app.person("Ada");
    let members = [
        ("team_id", TEAM),
        ("channel_id", "C1"),
        ("user_id", "UADA"),
        ("user_name", words),
        ("command", "/platform"),
    ];
    app.sender.form(&members).await;
    let (stops, goes) = (longest("stops"), longest("goes"));
    let lines = [
        "template list",
        "template show stops",
        "template search hostile",
        &format!("env create stops {stops}"),
        &format!("env create goes {goes}"),
    ];
    converses(ada, &lines).await;
    app.run_jobs().await;
    let lines = [
        &format!("env show {stops}"),
        &format!("env show {goes}"),
        &format!("env extend {goes} 1d"),
        "env create goes again --dry-run",
        &format!("env show {words}"),
        &format!("env creat {words}"),
        words,
        "home",
    ];
    converses(ada, &lines).await;
    converses(app.person("Olga"), &["env list --all"]).await;
    let form = ada.opens("env create goes").await;
    for given in [words, "<!channel>", ""] {
        assert!(!acts(&ada.submits(&form, &[("name", given), ("p.said", given)]).await));
    }
    app.run_jobs().await;
    ada.opens_home().await;
    assert!(!acts(&app.fake.memory().homes["UADA"]));
    let shown = app.fake.shown_in("C1");
    assert!(shown.len() >= 2 && !shown.iter().any(acts), "{shown:?}");
    app.end().await;
}

#[tokio::test]
async fn hostile_words_stay_words() {
    speaks_with_a_bot_full_of(HOSTILE).await;
}

#[tokio::test]
async fn endless_words_are_cut() {
    speaks_with_a_bot_full_of(&HOSTILE.repeat(60)).await;
}

#[tokio::test]
async fn three_hundred_environments_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    templates(folder.path(), "Service");
    let app = TestApp::with(|config| config.paths.templates = vec![folder.path().into()]).await;
    let ada = app.person("Ada");
    ada.types(&format!("env create goes {FIRST}")).await;
    app.run_jobs().await;
    app.has_copies(FIRST, 299).await;
    let list = ada.types("env list").await;
    assert!(reading::read(&list).contains("300 environments"), "{list}");
    converses(app.person("Olga"), &["env list --all"]).await;
    assert!(ada.opens_home().await.contains("300 environments"));
    app.app.db.close().await;
}
