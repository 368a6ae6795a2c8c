//! The app's manifest: what an operator gives Slack to make the app, from the menu and [`super::subscriptions`].

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::subscriptions::{EVENTS, GROUPS, SHORTCUTS, scopes};
use crate::commands::spec::Menu;

/// Where the bot is reached when nobody said it yet.
pub const PLACEHOLDER: &str = "https://HOST";

/// The manifest of an app that is reached at `base`, as `https://platform.example.com`; `groups`
/// where user groups are read.
pub fn manifest(menu: &Menu, base: &str, groups: bool) -> Value {
    let scopes: BTreeSet<&str> = scopes().into_iter().chain(groups.then_some(GROUPS)).collect();
    let url = format!("{}/slack/events", base.trim_end_matches('/'));
    json!({
        "_metadata": { "major_version": 1, "minor_version": 1 },
        "display_information": {
            "name": "Goldenpath",
            "description": "Get what the platform offers, without a ticket",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": sent("app_home_opened"),
                "messages_tab_enabled": true,
                "messages_tab_read_only_enabled": !sent("message.im"),
            },
            "bot_user": { "display_name": "Goldenpath", "always_online": true },
            "shortcuts": shortcuts(menu),
            "slash_commands": [{
                "command": "/platform",
                "url": url,
                "description": "Get what the platform offers",
                "usage_hint": usage(menu),
                "should_escape": true,
            }],
        },
        "oauth_config": { "scopes": { "bot": scopes } },
        "settings": {
            "event_subscriptions": {
                "request_url": url,
                "bot_events": EVENTS.iter().map(|event| event.name).collect::<Vec<_>>(),
            },
            "interactivity": { "is_enabled": true, "request_url": url, "message_menu_options_url": url },
            "org_deploy_enabled": false,
            "socket_mode_enabled": false,
            "token_rotation_enabled": false,
        },
    })
}

fn sent(event: &str) -> bool {
    EVENTS.iter().any(|known| known.name == event)
}

/// A shortcut whose command is not on the menu would open nothing.
fn shortcuts(menu: &Menu) -> Vec<Value> {
    let there = SHORTCUTS.iter().filter(|shortcut| menu.get(shortcut.callback).is_some());
    let one = |shortcut: &super::subscriptions::Shortcut| {
        json!({
            "name": shortcut.name,
            "type": "global",
            "callback_id": shortcut.callback,
            "description": shortcut.description,
        })
    };
    there.map(one).collect()
}

/// What may follow the slash command, `help or env | stats | template`.
fn usage(menu: &Menu) -> String {
    let nouns: Vec<&str> = menu.nouns().into_iter().filter(|noun| *noun != "help").collect();
    format!("help, or {}", nouns.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Menu {
        let specs = [
            ("a.toml", "command = \"env create\"\nsummary = \"Make one\"\nrole = \"developer\"\n"),
            ("b.toml", "command = \"help\"\nsummary = \"Show help\"\nrole = \"developer\"\n"),
            (
                "c.toml",
                "command = \"survey answer\"\nsummary = \"Answer\"\nrole = \"developer\"\nhidden = true\n",
            ),
        ];
        Menu::parse(specs).unwrap()
    }

    #[test]
    fn every_address_is_the_one_that_was_given() {
        let manifest = manifest(&shipped(), "https://bot.example.com/", true);
        let url = "https://bot.example.com/slack/events";
        for place in [
            "/features/slash_commands/0/url",
            "/settings/event_subscriptions/request_url",
            "/settings/interactivity/request_url",
            "/settings/interactivity/message_menu_options_url",
        ] {
            assert_eq!(manifest.pointer(place), Some(&json!(url)), "{place}");
        }
        assert!(!manifest.to_string().contains("HOST"));
        assert!(manifest["oauth_config"].to_string().contains(GROUPS), "user groups are read");
    }

    #[test]
    fn what_the_code_lives_on_is_asked_for_and_nothing_else() {
        let manifest = manifest(&shipped(), PLACEHOLDER, false);
        let scopes = json!([
            "app_mentions:read",
            "chat:write",
            "commands",
            "files:write",
            "im:history",
            "im:write",
            "users:read"
        ]);
        assert_eq!(manifest["oauth_config"]["scopes"], json!({ "bot": scopes }));
        let home = json!({
            "home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false,
        });
        assert_eq!(manifest["features"]["app_home"], home);
        assert_eq!(manifest["features"]["slash_commands"][0]["usage_hint"], "help, or env");
        assert_eq!(manifest["features"]["shortcuts"][0]["callback_id"], "env.create");
    }

    #[test]
    fn a_shortcut_without_its_command_is_left_out() {
        let manifest = manifest(&Menu::default(), PLACEHOLDER, false);
        assert_eq!(manifest["features"]["shortcuts"], json!([]));
    }
}
