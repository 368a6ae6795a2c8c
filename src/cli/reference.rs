//! The reference documentation, generated: commands, settings, metrics, the command line, what Slack and Discord are given.

use std::fmt::Write as _;
use std::path::Path;

use clap::CommandFactory as _;

use super::{Cli, Failure, Outcome, load, print};
use crate::access::Role;
use crate::catalog::rules;
use crate::chat::{discord, slack};
use crate::commands::spec::{Argument, Menu, Spec};
use crate::config;
use crate::diagnostic::Level;
use crate::metrics::FAMILIES;

/// Heads each file, so that nobody mends what will be written anew.
const GENERATED: &str =
    "<!-- Written by `goldenpath docs`; change what it is made from, then run that again. -->\n\n";

pub(super) fn run(folder: &Path) -> Outcome {
    let (_, content) = load()?;
    let cannot =
        |error: std::io::Error| Failure::Said(format!("{} cannot be written: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(cannot)?;
    let mut said = String::new();
    for (name, text) in pages(&content.menu) {
        std::fs::write(folder.join(name), text).map_err(cannot)?;
        let _ = writeln!(said, "{}", folder.join(name).display());
    }
    print(&said)
}

/// Each file with its name.
pub fn pages(menu: &Menu) -> [(&'static str, String); 7] {
    let slack = slack::manifest::manifest(menu, slack::manifest::PLACEHOLDER, false);
    let discord = discord::manifest::commands(menu);
    [
        ("commands.md", commands(menu)),
        ("settings.md", settings()),
        ("metrics.md", metrics()),
        ("cli.md", command_line()),
        ("lint.md", lint()),
        ("slack-manifest.json", format!("{slack:#}\n")),
        ("discord-commands.json", format!("{discord:#}\n")),
    ]
}

fn lint() -> String {
    let mut text = format!(
        "{GENERATED}# Rules for templates\n\nWhat `goldenpath lint` and `goldenpath check` say of a template. An *error* is \
         wrong anywhere. A *mapping* works in the portal it was written for and not here: a warning of `lint`, an \
         error of `check`. A *warning* works and will surprise somebody.\n\n\
         | Code | Level | What it finds | What happens otherwise |\n|---|---|---|---|\n"
    );
    for rule in rules::ALL {
        let level = match rule.level {
            Level::Error => "error",
            Level::Mapping => "mapping",
            Level::Warning => "warning",
        };
        let _ = writeln!(text, "| `{}` | {level} | {} | {} |", rule.code, rule.about, rule.why);
    }
    text
}

fn commands(menu: &Menu) -> String {
    let mut text = format!(
        "{GENERATED}# Commands\n\nTyped after `/platform`. Capitals stand for a value, brackets for what may be left out; \
         `name=value`, `--name value` and `--name=value` mean the same.\n"
    );
    for spec in menu.all().filter(|spec| !spec.hidden) {
        command(&mut text, spec);
    }
    text
}

fn command(text: &mut String, spec: &Spec) {
    let _ = write!(text, "\n## `{}`\n\n{}.", spec.usage(), spec.summary);
    let role = spec.role.map_or("nobody", Role::word);
    let _ = writeln!(text, " Role: {role}.{}", if spec.bare { " Runs for the noun alone, too." } else { "" });
    if !spec.details.trim().is_empty() {
        let _ = writeln!(text, "\n{}", spec.details.trim());
    }
    if !spec.arguments.is_empty() || !spec.options.is_empty() {
        text.push_str("\n| Value | Kind | Needed | What it is |\n|---|---|---|---|\n");
        let positional = spec.arguments.iter().map(|argument| (argument.name.to_uppercase(), argument));
        let named = spec.options.iter().map(|option| (option.name.clone(), option));
        for (name, argument) in positional.chain(named) {
            text.push_str(&row(&[
                format!("`{name}`"),
                kind(argument),
                yes(argument.required),
                argument.help.clone(),
            ]));
        }
    }
    if !spec.examples.is_empty() {
        text.push('\n');
    }
    for example in &spec.examples {
        let _ = writeln!(text, "- `/platform {}` {}", example.line, example.does);
    }
}

fn kind(argument: &Argument) -> String {
    match argument.choices.as_slice() {
        [] => format!("{:?}", argument.kind).to_lowercase(),
        choices => choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", "),
    }
}

fn yes(needed: bool) -> String {
    if needed { "yes".into() } else { String::new() }
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// One table for each table of `default.toml`, whose comments say what the setting below them means.
fn settings() -> String {
    let mut text = format!(
        "{GENERATED}# Settings\n\n`goldenpath config` prints them as a file. An environment variable comes before the file.\n"
    );
    let head = "\n| Setting | Default | Variable | What it means |\n|---|---|---|---|\n";
    text.push_str(head);
    // The first comment of the file is about the file.
    let lines = config::DEFAULT.split_once("\n\n").map_or("", |(_, rest)| rest).lines();
    let (mut table, mut comment, mut told) = (String::new(), Vec::new(), false);
    for line in lines {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let _ = write!(text, "\n## {name}\n{head}");
            (table, comment) = (format!("{name}."), Vec::new());
        } else if let Some((name, default)) = setting(line) {
            let (meaning, variable) = meaning(&comment);
            text.push_str(&row(&[format!("`{table}{name}`"), default, variable, meaning]));
            told = true;
        } else if let Some(words) = line.strip_prefix("# ") {
            // One comment may head several settings; the next one begins anew.
            if std::mem::take(&mut told) {
                comment.clear();
            }
            comment.push(words);
        }
    }
    text
}

/// `name = value`, or `# name = value` for one that has no default.
fn setting(line: &str) -> Option<(&str, String)> {
    let set = line.strip_prefix("# ").unwrap_or(line);
    let (name, value) = set.split_once(" = ")?;
    let is_name = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let default = if line.starts_with('#') { String::new() } else { format!("`{value}`") };
    is_name.then_some((name, default))
}

/// What the comment says, and the variable that may end it.
fn meaning(comment: &[&str]) -> (String, String) {
    let words = comment.join(" ");
    let (rest, last) = words.rsplit_once(' ').unwrap_or(("", words.as_str()));
    let is_variable = last.len() > 4 && last.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    if is_variable { (rest.to_owned(), format!("`{last}`")) } else { (words, String::new()) }
}

fn metrics() -> String {
    let mut text = format!("{GENERATED}# Metrics\n\nAt `/metrics`, in Prometheus's text format.\n\n");
    text.push_str("| Metric | Type | Labels | What it says |\n|---|---|---|---|\n");
    for family in FAMILIES {
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let cells = [
            format!("`{}`", family.name),
            family.kind.into(),
            labels.join(", "),
            format!("{}.", family.help),
        ];
        text.push_str(&row(&cells));
    }
    text
}

fn command_line() -> String {
    let mut text = format!("{GENERATED}# Command line\n");
    help(&mut text, Cli::command(), "");
    text
}

/// The help of a command, then of those below it.
fn help(text: &mut String, command: clap::Command, above: &str) {
    let path = format!("{above}{}", command.get_name());
    // Known by its whole path, as its usage line shows it.
    let mut command = command.bin_name(path.clone()).disable_help_subcommand(true);
    let below: Vec<clap::Command> =
        command.get_subcommands().filter(|one| !one.is_hide_set()).cloned().collect();
    let _ =
        write!(text, "\n## `{path}`\n\n```\n{}\n```\n", command.render_long_help().to_string().trim_end());
    for one in below {
        help(text, one, &format!("{path} "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_of_the_defaults_has_a_row_with_its_meaning() {
        let text = settings();
        let names = config::DEFAULT.lines().filter_map(setting).map(|(name, _)| name);
        for name in names {
            let row = text.lines().find(|line| line.contains(&format!("{name}`")));
            let row = row.unwrap_or_else(|| panic!("{name} is missing in\n{text}"));
            assert_eq!(row.matches(" | ").count(), 3, "{row}");
        }
        assert!(text.contains("| `slack.bot_token` |  | `SLACK_BOT_TOKEN` |"), "{text}");
        assert!(
            text.contains(
                "| `listen` | `\"127.0.0.1:8420\"` | `GOLDENPATH_LISTEN` | Where the bot listens. |"
            )
        );
    }
}
