//! Everything that Slack is known to send, against the whole app. The samples are Slack's
//! own and lie outside the repository, so these tests run where their folder is named.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod changed;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use goldenpath::chat::slack::verify::verify;
use goldenpath::clock::Timestamp;
use goldenpath::config;
use serde_json::{Value, json};

use crate::harness::fake_slack::FakeSlack;
use crate::harness::slack_sender::form;
use crate::harness::test_app::TestApp;

/// Names the folder of the samples.
const FOLDER: &str = "GOLDENPATH_TEST_SAMPLES";
/// Slack waits no longer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Kinds that come as JSON; the others come as a form.
const EVENTS: [&str; 4] = ["event-callback", "url-verification", "app-rate-limited", "function-executed"];
const INTERACTIONS: [&str; 10] = [
    "block-actions",
    "block-suggestion",
    "dialog-cancellation",
    "dialog-submission",
    "dialog-suggestion",
    "interactive-message",
    "message-action",
    "shortcut",
    "view-closed",
    "view-submission",
];

fn folder() -> PathBuf {
    let named = config::environment().remove(FOLDER);
    named.unwrap_or_else(|| panic!("{FOLDER} names no folder of samples")).into()
}

/// The files of one kind; none is a failure.
fn files(kind: &str) -> Vec<PathBuf> {
    let folder = folder().join(kind);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.sort();
    files
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Sends bodies as Slack would, and takes nothing but a 200 in time.
struct Slack {
    app: TestApp,
    sent: usize,
    panics: Arc<AtomicUsize>,
}

impl Slack {
    async fn start() -> Slack {
        Slack { app: TestApp::start().await, sent: 0, panics: counted() }
    }

    async fn sends(&mut self, body: Vec<u8>, what: &str) {
        self.sent += 1;
        let shown = || String::from_utf8_lossy(&body[..body.len().min(2_000)]).into_owned();
        let signed = self.app.sender.signature(&body);
        let answer = tokio::time::timeout(PATIENCE, self.app.sender.raw(body.clone(), &signed)).await;
        let answer = answer.unwrap_or_else(|_| panic!("{what}: no answer in time to {}", shown()));
        assert_eq!(answer.status, 200, "{what}: {}", shown());
        assert!(answer.body.is_empty() || answer.json().is_object(), "{what}: {}", answer.body);
        assert!(!answer.body.contains("went wrong"), "{what}: {} to {}", answer.body, shown());
        assert_eq!(self.panics.load(Ordering::SeqCst), 0, "{what}: a panic at {}", shown());
    }

    /// Sends a payload of a kind, then all that it might have been.
    async fn sends_and_varies(&mut self, kind: &str, payload: &Value) {
        for payload in [payload.clone(), changed::ours(payload)] {
            let body = as_slack_sends(kind, &payload, &self.app.fake, self.sent);
            for garbled in changed::garbled(&body) {
                self.sends(garbled, kind).await;
            }
            self.sends(body, kind).await;
            for changed in changed::changed(&payload, self.sent) {
                let body = as_slack_sends(kind, &changed, &self.app.fake, self.sent);
                self.sends(body, kind).await;
            }
        }
    }

    /// Whether the app still works, and whether what it took on went well.
    async fn ends(self) {
        self.app.run_jobs().await;
        let said: Vec<String> = {
            let memory = self.app.fake.memory();
            let posted = memory.messages.iter().flat_map(|message| &message.versions);
            memory.responses.iter().map(|(_, answer)| answer).chain(posted).map(Value::to_string).collect()
        };
        assert_eq!(said.iter().find(|said| said.contains("went wrong")), None);
        assert!(self.app.person("Grace").runs("env list").await.contains("You have no environments"));
        println!("{} bodies, {} messages afterwards", self.sent, said.len());
        self.app.end().await;
    }
}

/// Counts the panics of this thread, on which the whole app of a test runs.
fn counted() -> Arc<AtomicUsize> {
    let (count, thread) = (Arc::new(AtomicUsize::new(0)), std::thread::current().id());
    let (counter, before) = (count.clone(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == thread {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        before(panic);
    }));
    count
}

/// The body of a payload; its event, its trigger and its addresses for answers are each time
/// others, so that no body is a repeat.
fn as_slack_sends(kind: &str, payload: &Value, fake: &FakeSlack, turn: usize) -> Vec<u8> {
    let mut payload = payload.clone();
    changed::each_text(&mut payload, &mut |text| {
        if text.starts_with("https://hooks.slack") || text.starts_with(&fake.response_url("")) {
            *text = fake.response_url(&format!("sample{turn}"));
        }
    });
    if payload["event_id"].is_string() {
        payload["event_id"] = format!("Ev{turn}").into();
    }
    if payload["trigger_id"].as_str().is_some_and(|trigger| trigger.contains('.')) {
        payload["trigger_id"] = fake.trigger().into();
    }
    if EVENTS.contains(&kind) {
        return payload.to_string().into_bytes();
    }
    if kind != "slash-command" {
        return form(&[("payload", &payload.to_string())]).into_bytes();
    }
    let text = |member: &Value| member.as_str().map_or_else(|| member.to_string(), str::to_owned);
    let members: Vec<(&String, String)> =
        payload.as_object().into_iter().flatten().map(|(name, member)| (name, text(member))).collect();
    let members: Vec<(&str, &str)> =
        members.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    form(&members).into_bytes()
}

#[tokio::test]
#[ignore = "needs Slack's samples; .ci/run names their folder"]
async fn every_event_is_taken() {
    let mut slack = Slack::start().await;
    for kind in EVENTS {
        for file in files(kind) {
            let event = read(&file);
            if kind == "function-executed" {
                let wrapped = json!({ "type": "event_callback", "team_id": "T111", "event": event });
                slack.sends_and_varies(kind, &wrapped).await;
            }
            slack.sends_and_varies(kind, &event).await;
        }
    }
    slack.ends().await;
}

#[tokio::test]
#[ignore = "needs Slack's samples; .ci/run names their folder"]
async fn every_interaction_is_taken() {
    let mut slack = Slack::start().await;
    for kind in INTERACTIONS {
        for file in files(kind) {
            slack.sends_and_varies(kind, &read(&file)).await;
        }
    }
    slack.ends().await;
}

#[tokio::test]
#[ignore = "needs Slack's samples; .ci/run names their folder"]
async fn every_command_is_taken() {
    let mut slack = Slack::start().await;
    for file in files("slash-command") {
        slack.sends_and_varies("slash-command", &read(&file)).await;
    }
    let forms = files("form").into_iter().map(|file| std::fs::read(file).unwrap());
    for body in forms {
        for garbled in changed::garbled(&body) {
            slack.sends(garbled, "form").await;
        }
        slack.sends(body, "form").await;
    }
    for body in changed::monsters() {
        slack.sends(body, "a monster").await;
    }
    slack.ends().await;
}

#[tokio::test]
#[ignore = "needs Slack's samples; .ci/run names their folder"]
async fn what_our_own_messages_bring_back_is_taken() {
    let mut slack = Slack::start().await;
    let ada = slack.app.person("Ada");
    let view = ada.opens("env create preview-site").await;
    let form = slack.app.sender.submission("UADA", &view, &[]);
    ada.submits(&view, &[("name", "shop")]).await;
    slack.app.run_jobs().await;
    let sender = slack.app.sender.clone();
    let pressed = ["env.extend:shop:1d", "survey.answer:inv_1:5", "help.run:x:", "env.create::"];
    let pressed = pressed.map(|value| sender.press("UADA", value));
    slack.sends_and_varies("view-submission", &form).await;
    let opened = json!({ "type": "app_home_opened", "user": "UADA", "channel": "DUADA", "tab": "home" });
    let (mention, direct) =
        (sender.mention("UADA", "C1", "env list"), sender.direct_message("UADA", "env show shop"));
    for event in [mention, direct, opened] {
        slack.sends_and_varies("event-callback", &sender.event("Ev1", event)).await;
    }
    slack.sends_and_varies("block-suggestion", &sender.suggestion("UADA", "choose:env.show:3", "s")).await;
    for press in pressed {
        slack.sends_and_varies("block-actions", &press).await;
    }
    slack.ends().await;
}

#[test]
#[ignore = "needs Slack's samples; .ci/run names their folder"]
fn each_signature_gets_the_verdict_that_slack_gives_it() {
    let vectors = read(&folder().join("signing/vectors.json"));
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 15, "{} cases", cases.len());
    for case in cases {
        let text = |name: &str| case[name].as_str().unwrap();
        let now = Timestamp(case["now"].as_i64().unwrap() * 1000);
        let body = text("body_utf8").as_bytes();
        let verdict =
            verify(text("signing_secret"), Some(text("timestamp")), body, Some(text("signature")), now);
        assert_eq!(verdict, case["valid"].as_bool().unwrap(), "{}", text("name"));
    }
}
