//! What an operator needs to connect Discord: the link that invites the bot, with the least that it
//! needs, and the commands that it registers there.

use serde_json::{Value, json};

use super::tree::tree;
use crate::commands::spec::Menu;

/// Stands where nobody said the application's id yet.
pub const PLACEHOLDER: &str = "CLIENT_ID";

/// A permission of the bot in its guilds.
struct Permission {
    name: &'static str,
    /// Its bit ("Permissions" in Discord's documentation).
    bit: u8,
    /// What fails without it.
    why: &'static str,
}

/// All that is asked for. Not: reading messages' text, mentioning everybody, managing anything.
const PERMISSIONS: [Permission; 5] = [
    Permission { name: "View Channels", bit: 10, why: "messages in a channel, and their changes in place" },
    Permission {
        name: "Send Messages",
        bit: 11,
        why: "messages that follow an environment, warnings, digests",
    },
    Permission { name: "Embed Links", bit: 14, why: "all of a message but its bare text" },
    Permission { name: "Attach Files", bit: 15, why: "pictures and exports" },
    Permission {
        name: "Send Messages in Threads",
        bit: 38,
        why: "messages to where a command was typed in a thread",
    },
];

/// The invitation and the commands, for the application `client_id`.
pub fn manifest(menu: &Menu, client_id: &str) -> Value {
    let why = PERMISSIONS.iter().map(|permission| (permission.name.to_owned(), json!(permission.why)));
    json!({
        "invite": invite(client_id),
        "permissions": Value::Object(why.collect()),
        "commands": commands(menu),
    })
}

/// All commands of the application.
pub fn commands(menu: &Menu) -> Value {
    json!([tree(menu)])
}

/// The names of those that a sum of permissions lacks; whoever administers a guild lacks none.
pub fn lacking(granted: u64) -> Vec<&'static str> {
    const ADMINISTRATOR: u64 = 1 << 3;
    let lacks = |permission: &&Permission| granted & (1 << permission.bit | ADMINISTRATOR) == 0;
    PERMISSIONS.iter().filter(lacks).map(|permission| permission.name).collect()
}

/// The link that invites the application.
pub fn invite(client_id: &str) -> String {
    let permissions = PERMISSIONS.iter().fold(0_u64, |all, permission| all | 1 << permission.bit);
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client_id)
        .append_pair("scope", "bot applications.commands")
        .append_pair("permissions", &permissions.to_string())
        .append_pair("integration_type", "0")
        .finish();
    format!("https://discord.com/oauth2/authorize?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_asks_for_what_the_bot_does_and_for_nothing_else() {
        let manifest = manifest(&Menu::default(), "1165123456789012345");
        assert_eq!(
            manifest["invite"],
            "https://discord.com/oauth2/authorize?client_id=1165123456789012345\
             &scope=bot+applications.commands&permissions=274877959168&integration_type=0"
        );
        assert_eq!(manifest["permissions"].as_object().unwrap().len(), 5);
    }
}
