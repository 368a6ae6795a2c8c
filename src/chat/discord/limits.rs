//! Discord's limits in one table, checked on 2026-11-26.
//!
//! Lengths are UTF-16 code units, though the API counts Unicode characters in most places
//! (discord/discord-api-docs#1315): of labels and options people report code units
//! (NousResearch/hermes-agent#54968), and what fits so fits either way. Sources: the pages "Message
//! Resource", "Component Reference", "Interactions" and "Application Commands" at
//! docs.discord.com/developers and the OpenAPI document in discord/discord-api-spec; what has another
//! source names it.

use std::time::Duration;

/// The words of a message.
pub const CONTENT: usize = 2000;
/// Embeds of one message.
pub const EMBEDS: usize = 10;
/// All words of all embeds of one message.
pub const EMBED_TEXT: usize = 6000;
/// The description of an embed.
pub const DESCRIPTION: usize = 4096;
/// Fields of an embed.
pub const FIELDS: usize = 25;
/// The name of a field.
pub const FIELD_NAME: usize = 256;
/// The value of a field; neither may be empty.
pub const FIELD_VALUE: usize = 1024;
/// The footer of an embed, which knows no markdown.
pub const FOOTER: usize = 2048;
/// Files of one message.
pub const FILES: usize = 10;
/// What a picture shows, in words.
pub const ALT_TEXT: usize = 1024;
/// Rows of buttons and selects of one message.
pub const ROWS: usize = 5;
/// Buttons of one row.
pub const BUTTONS: usize = 5;
/// The label of a button.
pub const BUTTON_TEXT: usize = 80;
/// An address behind a button.
pub const BUTTON_URL: usize = 512;
/// An address in the text, our own choice: it takes from the room of the words.
pub const LINK_URL: usize = 1000;
/// `custom_id`, of which no two of a message may be equal.
pub const ID: usize = 100;
/// Options of a select.
pub const OPTIONS: usize = 25;
/// The label of an option, and its value.
pub const OPTION_TEXT: usize = 100;
/// The placeholder of a select.
pub const PLACEHOLDER: usize = 150;
/// The title of a modal.
pub const MODAL_TITLE: usize = 45;
/// Inputs of a modal.
pub const MODAL_INPUTS: usize = 5;
/// The label of a text input.
pub const INPUT_LABEL: usize = 45;
/// The placeholder of a text input.
pub const INPUT_PLACEHOLDER: usize = 100;
/// What may be typed into a text input, and what stands there before.
pub const INPUT_TEXT: usize = 4000;
/// A line in fixed width, our own choice: an embed is about so wide, and what wraps is no table.
pub const TABLE_WIDTH: usize = 60;
/// The name of a command, a group or an option ("Application Command Naming").
pub const COMMAND_NAME: usize = 32;
/// The description of any of them.
pub const COMMAND_DESCRIPTION: usize = 100;
/// Groups, sub-commands or options on one level.
pub const COMMAND_OPTIONS: usize = 25;
/// Choices of an option that are registered with it, or answered while somebody types.
pub const COMMAND_CHOICES: usize = 25;
/// The name and the value of a choice, each.
pub const CHOICE_CHARS: usize = 100;
/// Names, descriptions and values of one command, all levels together.
pub const COMMAND_CHARS: usize = 8000;
/// The bare text of a message that was not taken whole; short, because its length may be why.
pub const BARE_TEXT: usize = 1000;
/// What stands for a message, so that a repeat makes no second one ("Create Message").
pub const NONCE: usize = 25;
/// How long an interaction's token is good ("Receiving and Responding").
pub const TOKEN_LIVES: Duration = Duration::from_secs(15 * 60);
/// One call so often, after a burst: at most 50 in any second ("Rate Limits"), answers to interactions apart.
pub const CALL_EVERY: Duration = Duration::from_millis(25);
/// See [`CALL_EVERY`].
pub const CALL_BURST: u32 = 10;
/// One message is edited so often; our own choice, so that people can read what stands there.
pub const EDIT_EVERY: Duration = Duration::from_millis(1_500);
/// So many refusals (401, 403, 429) in [`REFUSALS_IN`] stop everything; at 10,000 Discord bans ("Rate Limits").
pub const REFUSALS: usize = 2_000;
/// See [`REFUSALS`].
pub const REFUSALS_IN: Duration = Duration::from_secs(600);
