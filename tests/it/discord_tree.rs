//! The shipped menu on Discord: what is registered, and that each of it comes back as its command.

use std::collections::BTreeSet;

use goldenpath::chat::discord::tree::tree;
use goldenpath::chat::discord::typed;
use goldenpath::commands::spec::Menu;
use goldenpath::config::Config;
use goldenpath::content::Content;
use serde_json::{Value, json};

fn shipped() -> Menu {
    Content::load(&Config::defaults()).expect("what is shipped is fine").menu
}

fn options(value: &Value) -> Vec<Value> {
    value["options"].as_array().cloned().unwrap_or_default()
}

/// All levels with the type of an element, `depth` of the command being 0.
fn walk(value: &Value, depth: usize, seen: &mut dyn FnMut(&Value, usize)) {
    seen(value, depth);
    options(value).iter().for_each(|option| walk(option, depth + 1, seen));
}

/// The path of each sub-command, from the tree.
fn paths(tree: &Value) -> Vec<Vec<Value>> {
    let mut paths = Vec::new();
    for option in options(tree) {
        match option["type"].as_u64() {
            Some(2) => paths.extend(options(&option).into_iter().map(|sub| vec![option.clone(), sub])),
            _ => paths.push(vec![option]),
        }
    }
    paths
}

#[test]
fn every_level_keeps_to_what_discord_takes() {
    let tree = tree(&shipped());
    let mut characters = 0;
    walk(&tree, 0, &mut |value, depth| {
        let (name, told) = (value["name"].as_str().unwrap(), value["description"].as_str().unwrap());
        assert!(
            name.len() <= 32 && name.chars().all(|c| c.is_ascii_lowercase() || "-0123456789".contains(c))
        );
        assert!((1..=100).contains(&told.chars().count()) && !told.contains('`'), "{told}");
        let given = options(value);
        let names: BTreeSet<&str> = given.iter().filter_map(|option| option["name"].as_str()).collect();
        assert!(given.len() <= 25 && names.len() == given.len() && depth <= 3, "{name}");
        assert!(
            given.is_sorted_by_key(|option| option["required"] != true),
            "{name}: required ones come first"
        );
        let choices = value["choices"].as_array().cloned().unwrap_or_default();
        characters +=
            name.len() + told.len() + choices.iter().map(|one| one.to_string().len()).sum::<usize>();
    });
    assert!((3000..8000).contains(&characters), "{characters}");
}

#[test]
fn each_sub_command_comes_back_as_its_own_command() {
    let menu = shipped();
    let mut reached = BTreeSet::new();
    for path in paths(&tree(&menu)) {
        let given = options(path.last().unwrap())
            .into_iter()
            .map(|option| json!({ "type": 3, "name": option["name"], "value": "x" }));
        let nested = path.iter().rev().fold(
            given.collect(),
            |given: Value, one| json!([{ "type": one["type"], "name": one["name"], "options": given }]),
        );
        let line = typed::line(&menu, &json!({ "name": "platform", "options": nested }));
        reached.insert(line.split(" --").next().unwrap().to_owned());
    }
    let visible = menu.all().filter(|spec| !spec.hidden).map(|spec| spec.command().replace("/platform ", ""));
    assert_eq!(reached, visible.collect::<BTreeSet<String>>());
}
