//! Discord's limits in one table, checked on 2026-11-26.
//!
//! Sources: "Application Commands" in Discord's documentation.

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
