//! What Discord is known to send, against the whole app; signatures that other programs made; and what
//! Discord's own reference shows of messages, modals, commands, errors and frames, against the fake. The
//! samples lie outside the repository, so these tests run where their folder is named.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::path::PathBuf;

use futures_util::{SinkExt as _, StreamExt as _};
use goldenpath::chat::discord::verify::{verifier, verify};
use goldenpath::clock::Timestamp;
use goldenpath::config;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::harness::discord_bot::DiscordBot;
use crate::harness::fake_discord::checks::{Into, message_fault};
use crate::harness::fake_discord::commands::commands_fault;
use crate::harness::fake_discord::modals::callback_fault;
use crate::harness::fake_discord::{FakeDiscord, Refusal, TOKEN};
use crate::harness::fake_gateway::FakeGateway;

/// Names the folder of the samples.
const FOLDER: &str = "GOLDENPATH_TEST_DISCORD_SAMPLES";

fn folder() -> PathBuf {
    let named = config::environment().remove(FOLDER);
    named.unwrap_or_else(|| panic!("{FOLDER} names no folder of samples")).into()
}

fn read(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(&path).unwrap_or_else(|it| panic!("{}: {it}", path.display())))
        .unwrap()
}

/// (file, sample) of all of one kind; none is a failure.
fn samples(kind: &str) -> Vec<(String, Value)> {
    let entries = std::fs::read_dir(folder().join(kind)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(!paths.is_empty(), "there are no samples of {kind}");
    paths.sort();
    paths.into_iter().map(|path| (path.display().to_string(), read(path))).collect()
}

#[test]
#[ignore = "needs samples from outside the repository; .ci/run has them"]
fn signatures_of_other_programs_hold_or_do_not() {
    let cases = read(folder().join("signing.json"))["cases"].as_array().unwrap().clone();
    assert!(cases.len() > 10, "there are too few cases");
    for case in cases {
        let text = |name: &str| case[name].as_str().unwrap().to_owned();
        let (stamp, body) = (text("timestamp"), text("body_utf8"));
        // Moved over the boundary, a part of the body would be taken for the stamp.
        let expected = case["valid"] == true && stamp.bytes().all(|byte| byte.is_ascii_digit());
        let now = Timestamp(1_795_350_000_000);
        let key = verifier(&text("public_key")).unwrap();
        let holds = verify(&key, Some(&stamp), body.as_bytes(), Some(&text("signature")), now);
        assert_eq!(holds, expected, "{}", case["name"]);
    }
}

#[tokio::test]
#[ignore = "needs samples from outside the repository; .ci/run has them"]
async fn every_sample_is_answered_in_time_and_so_is_what_lacks_a_part_of_it() {
    let bot = DiscordBot::start().await;
    let odd = [json!(null), json!("x"), json!(7), json!([]), json!({})];
    for (name, sample) in samples("interaction") {
        bot.takes(&sample, &name).await;
        let members: Vec<String> = sample.as_object().unwrap().keys().cloned().collect();
        for member in members.iter().filter(|member| *member != "type") {
            for value in &odd {
                let mut changed = sample.clone();
                changed[member] = value.clone();
                bot.takes(&changed, &format!("{name} with {member} = {value}")).await;
            }
            let mut less = sample.clone();
            less.as_object_mut().unwrap().remove(member);
            bot.takes(&less, &format!("{name} without {member}")).await;
        }
    }
}

/// Commands and modals that answer one.
const COMMAND: u64 = 2;
/// Members that Discord bounds wherever they stand.
const BOUNDED: &[&str] = &[
    "type",
    "custom_id",
    "label",
    "title",
    "content",
    "placeholder",
    "description",
    "style",
    "max_values",
    "max_length",
];

/// The places of these members, at any depth.
fn places(value: &Value, at: &str, members: &[&str]) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(all) => all.iter().map(|(name, inner)| (name.clone(), inner)).collect(),
        Value::Array(all) => all.iter().enumerate().map(|(n, inner)| (n.to_string(), inner)).collect(),
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for (name, inner) in children {
        let place = format!("{at}/{name}");
        found.extend(places(inner, &place, members));
        if members.contains(&name.as_str()) {
            found.push(place);
        }
    }
    found
}

/// A sample is taken as it is, and neither with any of its bounded members out of bounds nor without one of
/// the `needed` ones; how many ways it was broken.
fn strict(name: &str, sample: &Value, needed: &[&str], refuses: impl Fn(&Value) -> bool) -> usize {
    assert!(!refuses(sample), "{name} is refused");
    let (bounded, needed) = (places(sample, "", BOUNDED), places(sample, "", needed));
    for place in &bounded {
        let mut broken = sample.clone();
        let member = broken.pointer_mut(place).unwrap();
        *member = if member.is_string() { "x".repeat(4_001).into() } else { json!(9_999) };
        assert!(refuses(&broken), "{name} is taken with {place} out of bounds");
    }
    for place in &needed {
        let mut broken = sample.clone();
        *broken.pointer_mut(place).unwrap() = Value::Null;
        assert!(refuses(&broken), "{name} is taken without {place}");
    }
    bounded.len() + needed.len()
}

#[test]
#[ignore = "needs samples from outside the repository; .ci/run has them"]
fn the_fake_takes_what_discord_shows_and_refuses_each_part_of_it_that_is_broken() {
    let mut broken = 0;
    for (name, sample) in samples("message-request") {
        let needed = ["type", "custom_id", "label", "content", "options"];
        broken += strict(&name, &sample, &needed, |it| message_fault(it, Into::Channel, &[]).is_some());
    }
    for (name, sample) in samples("modal-response") {
        let needed = ["type", "custom_id", "title", "label", "component", "options"];
        broken += strict(&name, &sample, &needed, |it| callback_fault(it, COMMAND, false, &[]).is_some());
        assert!(callback_fault(&sample, 5, true, &[]).is_some(), "{name} answers a modal");
    }
    for (name, sample) in samples("command") {
        let needed = ["name", "description", "value"];
        broken += strict(&name, &sample, &needed, |it| commands_fault(&json!([it])).is_some());
        assert!(commands_fault(&json!([sample, sample])).is_some(), "{name} is taken twice");
    }
    for (name, sample) in samples("error") {
        assert_eq!(Refusal::invalid(sample["errors"].clone()).body(), sample, "{name}");
    }
    assert!(broken > 50, "only {broken} parts were broken");
}

/// What the fake gateway says to this frame, as the first one: an `op`, or the code with which it hangs up.
async fn hears(fake: &FakeDiscord, frame: &Value) -> u64 {
    let url = fake.memory().application["gateway"].as_str().unwrap().to_owned();
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let hello: Value =
        serde_json::from_str(socket.next().await.unwrap().unwrap().to_text().unwrap()).unwrap();
    assert_eq!(hello["op"], 10);
    socket.send(Message::text(frame.to_string())).await.unwrap();
    match socket.next().await.unwrap().unwrap() {
        Message::Close(frame) => u16::from(frame.unwrap().code).into(),
        said => serde_json::from_str::<Value>(said.to_text().unwrap()).unwrap()["op"].as_u64().unwrap(),
    }
}

#[tokio::test]
#[ignore = "needs samples from outside the repository; .ci/run has them"]
async fn the_fake_gateway_knows_the_frames_and_hangs_up_on_a_token_that_is_not_the_bots() {
    let fake = FakeDiscord::start().await;
    FakeGateway::start(&fake).await;
    let frame = |name: &str| read(folder().join("gateway").join(name));
    assert_eq!(hears(&fake, &frame("heartbeat.json")).await, 11);
    let (mut identify, mut resume) = (frame("identify.json"), frame("resume.json"));
    assert_eq!(hears(&fake, &identify).await, 4004);
    assert_eq!(hears(&fake, &resume).await, 4004);
    identify["d"]["token"] = TOKEN.into();
    // The fake insists that the bot asks for no intents.
    identify["d"]["intents"] = 0.into();
    assert_eq!(hears(&fake, &identify).await, 0);
    resume["d"]["token"] = TOKEN.into();
    assert_eq!(hears(&fake, &resume).await, 9, "nobody knows that session");
}
