//! The file over the defaults, key by key, so that each wrong key is named and the others still count.

use serde::Deserialize;
use toml::de::DeTable;

use super::{Config, DEFAULT};
use crate::diagnostic::{Problem, parse_toml};

/// All settings as the file has them, and what is wrong with it.
pub(super) fn read(name: &str, text: &str) -> (Config, Vec<Problem>) {
    let defaults: toml::Table = toml::from_str(DEFAULT).unwrap_or_default();
    let (own, places) = match (parse_toml::<toml::Table>(name, text), DeTable::parse(text)) {
        (Ok(own), Ok(places)) => (own, places),
        (own, _) => return (Config::defaults(), own.err().map(discreet).into_iter().collect()),
    };
    let (mut whole, mut problems) = (defaults.clone(), Vec::new());
    for (path, value) in leaves(own) {
        let mut one = defaults.clone();
        set(&mut one, &path, value.clone());
        match Config::deserialize(one) {
            Ok(_) => set(&mut whole, &path, value),
            Err(error) => {
                let what = error.message().trim().replace('\n', "; ");
                let offset = place(places.get_ref(), &path, &what);
                let fix = "`goldenpath config` prints every setting";
                problems.push(discreet(Problem::at_offset(name, text, offset, what, fix)));
            }
        }
    }
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems.dedup();
    (Config::deserialize(whole).unwrap_or_else(|_| Config::defaults()), problems)
}

/// A secret that cannot be read is not shown either: not its line, and not the value in the reason.
fn discreet(problem: Problem) -> Problem {
    let key = problem.source.split('=').next().unwrap_or_default().trim();
    if !["signing_secret", "bot_token", "token", "database_url"].contains(&key) {
        return problem;
    }
    let what = format!("`{key}` has to be text");
    Problem { what, fix: "put it between quotes".into(), source: String::new(), ..problem }
}

/// Each value that is set, by the names of its tables and its own; an empty table counts as one.
fn leaves(table: toml::Table) -> Vec<(Vec<String>, toml::Value)> {
    let mut found = Vec::new();
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) if !inner.is_empty() => {
                let below = leaves(inner).into_iter();
                found.extend(below.map(|(path, value)| ([vec![key.clone()], path].concat(), value)));
            }
            value => found.push((vec![key], value)),
        }
    }
    found
}

fn set(table: &mut toml::Table, path: &[String], value: toml::Value) {
    let [key, rest @ ..] = path else { return };
    match (table.get_mut(key), rest) {
        // An empty table takes nothing away.
        (Some(toml::Value::Table(_)), []) if value.as_table().is_some_and(toml::Table::is_empty) => {}
        (_, []) => drop(table.insert(key.clone(), value)),
        (Some(toml::Value::Table(inner)), rest) => set(inner, rest, value),
        (_, rest) => {
            let mut inner = toml::Table::new();
            set(&mut inner, rest, value);
            table.insert(key.clone(), inner.into());
        }
    }
}

/// Where the name stands that the error quotes, or else the last of the path.
fn place(table: &DeTable<'_>, path: &[String], what: &str) -> usize {
    let mut inner = Some(table);
    let mut offset = 0;
    for name in path {
        let Some((key, value)) = inner.and_then(|table| table.get_key_value(name.as_str())) else { break };
        offset = key.span().start;
        if what.contains(&format!("`{name}`,")) {
            break;
        }
        inner = value.get_ref().as_table();
    }
    offset
}
