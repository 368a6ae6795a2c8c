//! What the suite shows to the chats, kept for judges of other make: each distinct message, view and
//! modal that our own checks let through becomes a file in the folder that the run names.
//! Without one nothing is kept.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Name the folders.
const FOR_SLACK: &str = "GOLDENPATH_TEST_OUTBOX";
const FOR_DISCORD: &str = "GOLDENPATH_TEST_DISCORD_OUTBOX";

static OF_SLACK: OnceLock<Option<PathBuf>> = OnceLock::new();
static OF_DISCORD: OnceLock<Option<PathBuf>> = OnceLock::new();

/// Keeps a message or a view of Slack.
pub fn keep(body: &Value) {
    keep_in(OF_SLACK.get_or_init(|| named(FOR_SLACK)).as_ref(), body);
}

/// Keeps a message of Discord, or the answer to an interaction.
pub fn keep_for_discord(body: &Value) {
    keep_in(OF_DISCORD.get_or_init(|| named(FOR_DISCORD)).as_ref(), body);
}

fn named(folder: &str) -> Option<PathBuf> {
    goldenpath::config::environment().remove(folder).map(PathBuf::from)
}

fn keep_in(folder: Option<&PathBuf>, body: &Value) {
    let Some(folder) = folder else { return };
    let text = body.to_string();
    let name = data_encoding::HEXLOWER.encode(&Sha256::digest(&text)[..12]);
    std::fs::write(folder.join(name + ".json"), text).unwrap();
}
