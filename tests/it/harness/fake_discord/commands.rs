//! `applications/…/commands`: what an application offers, and what Discord refuses in it.

use serde_json::{Value, json};

use super::APP;
use super::faultfinder::Faultfinder;
use super::memory::{Answer, Memory, Refusal};

/// All texts of one command together.
const SIZE: usize = 8_000;

pub fn list(memory: &Memory, guild: Option<&str>) -> Answer {
    Ok(Value::from(memory.commands.get(&guild.map(str::to_owned)).cloned().unwrap_or_default()))
}

/// Replaces them all; who is new gets an id, who was there keeps it.
pub fn replace(memory: &mut Memory, guild: Option<&str>, body: &Value) -> Answer {
    if let Some(errors) = commands_fault(body) {
        return Err(Refusal::invalid(errors));
    }
    let guild = guild.map(str::to_owned);
    let before = memory.commands.get(&guild).cloned().unwrap_or_default();
    let mut all = Vec::new();
    for command in body.as_array().into_iter().flatten() {
        let same = before.iter().find(|known| known["name"] == command["name"]);
        let id =
            same.map_or_else(|| memory.new_id(), |known| known["id"].as_str().unwrap_or_default().to_owned());
        let mut command = command.clone();
        for (name, value) in
            [("id", json!(id)), ("application_id", json!(APP)), ("version", json!(memory.new_id()))]
        {
            command[name] = value;
        }
        if command["type"].is_null() {
            command["type"] = 1.into();
        }
        all.push(command);
    }
    memory.commands.insert(guild, all.clone());
    Ok(all.into())
}

/// The tree of errors for commands that Discord would not take.
pub fn commands_fault(body: &Value) -> Option<Value> {
    let mut finder = Faultfinder::default();
    let mut names = Vec::new();
    finder.must(body.is_array(), "", "LIST_TYPE_CONVERT", "Only iterables may be used in a list.");
    for (n, command) in finder.list(body, "", 0, 100).iter().enumerate() {
        let path = n.to_string();
        finder.unique(
            &mut names,
            &command["name"],
            &format!("{path}.name"),
            "APPLICATION_COMMANDS_DUPLICATE_NAME",
        );
        named(&mut finder, command, &path);
        if !command["type"].is_null() {
            finder.choice(&command["type"], &format!("{path}.type"), &[1, 2, 3, 4]);
        }
        options(&mut finder, command, &path, 0);
        let size = size(command);
        let message = format!("Command exceeds maximum size (8000): {size}");
        finder.must(size <= SIZE, &path, "APPLICATION_COMMAND_TOO_LARGE", &message);
    }
    finder.errors()
}

fn named(finder: &mut Faultfinder, one: &Value, path: &str) {
    finder.text(&one["name"], &format!("{path}.name"), 1, 32);
    finder.text(&one["description"], &format!("{path}.description"), 1, 100);
    let name = one["name"].as_str().unwrap_or_default();
    let plain = |c: char| (c.is_alphanumeric() || "-_'".contains(c)) && !c.is_uppercase();
    let code = "APPLICATION_COMMAND_INVALID_NAME";
    finder.must(name.chars().all(plain), &format!("{path}.name"), code, "Command name is invalid");
}

/// Groups and sub-commands at the top, sub-commands in a group, nothing deeper.
fn options(finder: &mut Faultfinder, parent: &Value, path: &str, depth: usize) {
    let list = format!("{path}.options");
    let (mut names, mut optional, mut kinds) = (Vec::new(), false, Vec::new());
    for (n, option) in finder.list(&parent["options"], &list, 0, 25).iter().enumerate() {
        let path = format!("{list}.{n}");
        named(finder, option, &path);
        finder.unique(&mut names, &option["name"], &path, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS");
        let kind = option["type"].as_u64().unwrap_or(0);
        let known: &[u64] = match depth {
            0 => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
            1 if parent["type"] == 2 => &[1],
            _ => &[3, 4, 5, 6, 7, 8, 9, 10, 11],
        };
        finder.choice(&option["type"], &format!("{path}.type"), known);
        kinds.push(kind <= 2);
        if kind <= 2 {
            options(finder, option, &path, depth + 1);
            continue;
        }
        let required = option["required"] == true;
        let code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID";
        finder.must(
            !(required && optional),
            &path,
            code,
            "Required options must be placed before non-required options",
        );
        optional |= !required;
        values(finder, option, &path);
    }
    let mixed = kinds.contains(&true) && kinds.contains(&false);
    finder.must(
        !mixed,
        &list,
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        "Sub-commands and values do not mix.",
    );
}

fn values(finder: &mut Faultfinder, option: &Value, path: &str) {
    let text = option["type"] == 3;
    let mut names = Vec::new();
    for (n, choice) in finder.list(&option["choices"], &format!("{path}.choices"), 0, 25).iter().enumerate() {
        let path = format!("{path}.choices.{n}");
        finder.text(&choice["name"], &format!("{path}.name"), 1, 100);
        finder.unique(
            &mut names,
            &choice["name"],
            &path,
            "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_DUPLICATE",
        );
        if text {
            finder.text(&choice["value"], &format!("{path}.value"), 1, 100);
        } else {
            finder.must(choice["value"].is_number(), &path, "NUMBER_TYPE_COERCE", "Value is no number.");
        }
    }
    let both = option["autocomplete"] == true && !names.is_empty();
    finder.must(
        !both,
        path,
        "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES",
        "Autocomplete and choices exclude each other.",
    );
    let length = |name: &str| option[name].as_u64();
    let fits = length("min_length").unwrap_or(0) <= 6000
        && length("max_length").is_none_or(|most| (1..=6000).contains(&most));
    finder.must(fits, path, "NUMBER_TYPE_MAX", "A length is at most 6000.");
}

/// Names, descriptions and values of all levels, as the limit of 8000 counts them.
fn size(one: &Value) -> usize {
    let length = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let own = length(&one["name"]) + length(&one["description"]) + length(&one["value"]);
    let children = ["options", "choices"].into_iter().filter_map(|name| one[name].as_array()).flatten();
    own + children.map(size).sum::<usize>()
}
