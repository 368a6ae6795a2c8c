//! What the app asks Slack for: the events, shortcuts and scopes that the code lives on.
//!
//! A manifest is made of these tables, so that no scope is asked for that nothing needs and
//! nothing is handled that Slack never sends.

/// An event of the Events API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// As a manifest names it under `bot_events`.
    pub name: &'static str,
    /// The bot scope without which Slack does not send it.
    pub scope: Option<&'static str>,
}

/// A global shortcut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortcut {
    /// The key of the command that it runs.
    pub callback: &'static str,
    /// At most 24 characters.
    pub name: &'static str,
    /// At most 150 characters.
    pub description: &'static str,
}

/// The events that are handled.
pub const EVENTS: &[Event] = &[
    Event { name: "app_home_opened", scope: None },
    Event { name: "app_mention", scope: Some("app_mentions:read") },
    Event { name: "app_uninstalled", scope: None },
    Event { name: "message.im", scope: Some("im:history") },
    Event { name: "team_join", scope: Some("users:read") },
    Event { name: "tokens_revoked", scope: None },
    Event { name: "user_change", scope: Some("users:read") },
];

/// The shortcuts that stand in Slack's own menu.
pub const SHORTCUTS: &[Shortcut] = &[Shortcut {
    callback: "env.create",
    name: "New environment",
    description: "Make an environment from a golden path",
}];

/// The scopes that commands and calls of the Web API need; those of [`EVENTS`] come on top.
pub const SCOPES: &[&str] = &["commands", "chat:write", "files:write", "im:write", "users:read"];

/// The scope on top where `people.toml` names user groups.
pub const GROUPS: &str = "usergroups:read";

/// All bot scopes that are always needed, in order.
pub fn scopes() -> Vec<&'static str> {
    let mut all: Vec<&str> =
        SCOPES.iter().copied().chain(EVENTS.iter().filter_map(|event| event.scope)).collect();
    all.sort_unstable();
    all.dedup();
    all
}
