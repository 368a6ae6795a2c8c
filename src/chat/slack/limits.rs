//! Slack's limits in one table, checked on 2026-11-25.
//!
//! Lengths are UTF-16 code units, the largest of the ways in which Slack's own
//! libraries count, so a text that fits here fits everywhere. Sources: the
//! reference pages of Block Kit at docs.slack.dev (blocks, block elements,
//! composition objects, views), `chat.postMessage` and `chat.update`; what has
//! another source names it.

use std::time::Duration;

/// One message a channel so often ("Rate limits": `chat.postMessage` about 1 a second), after
/// a short burst. We hold edits and whispers to it too.
pub const CHANNEL_EVERY: Duration = Duration::from_secs(1);
/// See [`CHANNEL_EVERY`]; how many Slack tolerates at once is not written down.
pub const CHANNEL_BURST: u32 = 3;
/// One message is edited so often; our own choice, so that people can read what stands there.
pub const EDIT_EVERY: Duration = Duration::from_millis(1500);

/// How often a method may be called in a minute, all channels together: its tier
/// at docs.slack.dev, for `chat.postMessage` our reading of "several hundred".
pub fn per_minute(method: &str) -> u32 {
    match method {
        "chat.postMessage" => 240,
        "chat.postEphemeral" | "views.publish" | "users.info" => 100,
        "users.list" | "usergroups.list" | "usergroups.users.list" => 20,
        _ => 50,
    }
}

/// Accounts of one page; more is taken, but said to time out ("Pagination").
pub const PAGE: usize = 200;
/// Blocks of one message.
pub const MESSAGE_BLOCKS: usize = 50;
/// Blocks of one view.
pub const VIEW_BLOCKS: usize = 100;
/// The fallback text; longer than 4000 is `msg_too_long` in `chat.update`.
pub const FALLBACK_TEXT: usize = 3000;
/// The bare text of a message that was not taken whole; short, because its length may be why.
pub const BARE_TEXT: usize = 1000;
/// One paragraph or log. Written down for `section`; we hold `rich_text` to it too.
pub const PARAGRAPH: usize = 3000;
/// All text of one message. Not written down: `msg_blocks_too_long` begins between
/// 11,000 and 13,300 (slackapi/bolt-js#2509, slackapi/bolt-js#2867).
pub const MESSAGE_TEXT: usize = 10_000;
/// A text object of a `context` block.
pub const CONTEXT_TEXT: usize = 2000;
/// What an image shows, in words.
pub const ALT_TEXT: usize = 2000;
/// The same of a file that is uploaded: `alt_txt_too_large`.
pub const FILE_ALT_TEXT: usize = 1000;
/// The title of a file that is uploaded, our own choice.
pub const FILE_TITLE: usize = 255;
/// Elements of one `actions` block.
pub const ACTIONS: usize = 25;
/// The label of a button.
pub const BUTTON_TEXT: usize = 75;
/// The value of a button.
pub const BUTTON_VALUE: usize = 2000;
/// An address behind a button.
pub const URL: usize = 3000;
/// `action_id`, `block_id` and `callback_id`.
pub const ID: usize = 255;
/// A confirm dialog: title, text, and the label of either button.
pub const CONFIRM_TITLE: usize = 100;
/// See [`CONFIRM_TITLE`].
pub const CONFIRM_TEXT: usize = 300;
/// See [`CONFIRM_TITLE`].
pub const CONFIRM_BUTTON: usize = 30;
/// Options of a select or of one of its groups.
pub const OPTIONS: usize = 100;
/// Groups of a select.
pub const OPTION_GROUPS: usize = 100;
/// The label of an option or of a group.
pub const OPTION_TEXT: usize = 75;
/// The value of an option.
pub const OPTION_VALUE: usize = 150;
/// The placeholder of a select.
pub const PLACEHOLDER: usize = 150;
/// Boxes of one `checkboxes` element.
pub const CHECKBOXES: usize = 10;
/// Rows of a table, its header included.
pub const TABLE_ROWS: usize = 100;
/// Columns of a table.
pub const TABLE_COLUMNS: usize = 20;
/// Title, submit and close of a view.
pub const VIEW_TITLE: usize = 24;
/// What a view may carry for us.
pub const VIEW_METADATA: usize = 3000;
/// Label and hint of an input.
pub const INPUT_LABEL: usize = 2000;
/// What may be typed into a text input.
pub const INPUT_TEXT: usize = 3000;
