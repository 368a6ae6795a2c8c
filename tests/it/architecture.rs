//! What guards the house: import rules, sizes and habits, which the compiler does not hold.

mod files;
mod fixtures;
mod habits;
mod rules;
mod uses;

use std::collections::BTreeSet;

use files::{names_in, texts_under};
use rules::{PLATFORMS, SLICES, cycles, violations};
use uses::Source;

#[test]
fn modules_use_only_what_they_may() {
    let found = violations(&sources());
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn slices_make_no_cycle() {
    let found = cycles(&sources());
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_slice_and_platform_is_under_the_rules() {
    let folders = |parent: &str| names_in(parent).into_iter().filter(|name| !name.contains('.'));
    let has_commands = |name: &String| names_in(&format!("src/{name}")).contains("commands.rs");
    let unknown: BTreeSet<String> = folders("src")
        .filter(|name| has_commands(name) && !SLICES.contains(&name.as_str()))
        .chain(folders("src/chat").filter(|name| !PLATFORMS.contains(&name.as_str())))
        .collect();
    assert!(unknown.is_empty(), "add to SLICES or PLATFORMS of architecture/rules.rs: {unknown:?}");
}

fn sources() -> Vec<Source> {
    let all = texts_under("src").into_iter().filter(|source| source.path.ends_with(".rs"));
    let sources: Vec<Source> = all.collect();
    assert!(sources.iter().any(|source| source.path == "src/lib.rs"), "the sources are not found");
    sources
}
