//! `goldenpath manifest`, as the binary prints it.

use std::process::Command;

use serde_json::Value;

/// What it printed, and its exit code.
fn printed(arguments: &[&str]) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_goldenpath"));
    let output = command.args(arguments).current_dir(folder.path()).env_clear().output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).unwrap(), output.status.code())
}

#[test]
fn what_is_pasted_into_slack_names_our_address_and_nothing_to_fill_in() {
    let (said, code) = printed(&["manifest", "slack", "--url", "https://bot.example.com/"]);
    assert_eq!(code, Some(0), "{said}");
    let manifest: Value = serde_json::from_str(&said).unwrap();
    let command = &manifest["features"]["slash_commands"][0];
    assert_eq!(command["url"], "https://bot.example.com/slack/events");
    assert!(command["usage_hint"].as_str().unwrap().contains("env | "), "{command}");
    assert!(!said.contains("HOST"), "{said}");
}

#[test]
fn an_address_that_slack_would_not_call_is_wrong_usage() {
    for url in ["http://bot.example.com", "bot.example.com", "https://bot.example.com/slack/events"] {
        let (said, code) = printed(&["manifest", "slack", "--url", url]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("write it like https://platform.example.com"), "{said}");
    }
}

#[test]
fn the_link_that_invites_the_bot_to_discord_names_the_application() {
    let (said, code) = printed(&["manifest", "discord", "--client-id", "1165123456789012345"]);
    assert_eq!(code, Some(0), "{said}");
    let manifest: Value = serde_json::from_str(&said).unwrap();
    let link = manifest["invite"].as_str().unwrap();
    assert!(link.contains("client_id=1165123456789012345&scope=bot+applications.commands&"), "{link}");
    assert_eq!(manifest["commands"][0]["name"], "platform");
    let (said, code) = printed(&["manifest", "discord", "--client-id", "goldenpath"]);
    assert_eq!(code, Some(2), "{said}");
}
