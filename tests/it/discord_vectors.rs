//! What Discord is known to send, against the whole app, and signatures that other programs made. The
//! samples lie outside the repository, so these tests run where their folder is named.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::path::PathBuf;

use goldenpath::chat::discord::verify::{verifier, verify};
use goldenpath::clock::Timestamp;
use goldenpath::config;
use serde_json::{Value, json};

use crate::harness::discord_bot::DiscordBot;

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

/// (file, interaction) of each kind of interaction; none is a failure.
fn interactions() -> Vec<(String, Value)> {
    let entries = std::fs::read_dir(folder().join("interaction")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(!paths.is_empty(), "there are no interactions");
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
    for (name, sample) in interactions() {
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
