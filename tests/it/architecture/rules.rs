//! The import rules as a table, and their check.

use std::collections::{BTreeMap, BTreeSet};

use super::uses::{Segments, Source, Use, uses};

/// The features.
pub const SLICES: &[&str] =
    &["people", "catalog", "environments", "approvals", "surveys", "stats", "roadmap", "privacy"];
/// The chats, each a folder of `src/chat`.
pub const PLATFORMS: &[&str] = &["slack", "discord", "playground"];

/// Patterns are paths whose first parts count, so that what is inside is meant too. `{slice}` and
/// `{platform}` stand for any of them, `{other slice}` and `{other platform}` for any but one's own,
/// `*` for any name. In `must_not_use` a path is a library's unless it begins with `crate`.
pub struct Rule {
    pub name: &'static str,
    pub modules: &'static [&'static str],
    pub except: &'static [&'static str],
    pub must_not_use: &'static [&'static str],
    pub instead: &'static str,
}

const NONE: &[&str] = &[];
const EVERY_MODULE: &[&str] = &[""];
const PLATFORM_PARTS: &[&str] = &["crate::chat::{platform}", "slack_morphism", "serenity"];

/// The list of `must not use`; a rule for modules that do not exist holds.
pub const RULES: &[Rule] = &[
    Rule {
        name: "pure modules do no input or output",
        modules: &[
            "*::model",
            "ids",
            "clock",
            "templating",
            "zone",
            "cron",
            "moment",
            "statistics",
            "disclosure",
            "chat::attachment",
            "chat::inbound",
            "chat::message",
            "chat::form",
            "commands::spec",
            "commands::parse",
        ],
        except: NONE,
        must_not_use: &[
            "sqlx",
            "axum",
            "tokio",
            "tokio_stream",
            "tokio_util",
            "slack_morphism",
            "serenity",
            "crate::db",
            "crate::*::store",
            "crate::{slice}::commands",
            "crate::{slice}::pages",
            "crate::chat::{platform}",
        ],
        instead: "take values as arguments and let the slice's mod.rs read and write",
    },
    Rule {
        name: "platforms know no feature and not each other",
        modules: &["chat::{platform}"],
        except: NONE,
        must_not_use: &["crate::{slice}", "crate::chat::{other platform}"],
        instead: "make an Invocation and go through chat::Dispatch and chat::outbox",
    },
    Rule {
        name: "platforms keep nothing",
        modules: &["chat::{platform}"],
        except: &["chat::playground::store"],
        must_not_use: &["crate::db", "sqlx"],
        instead: "go through chat::Dispatch and chat::outbox",
    },
    Rule {
        name: "a platform's values are made and read without input or output",
        modules: &[
            "chat::{platform}::inbound",
            "chat::{platform}::limits",
            "chat::{platform}::manifest",
            "chat::{platform}::render",
            "chat::{platform}::text",
            "chat::discord::form",
            "chat::discord::tree",
            "chat::discord::typed",
        ],
        except: NONE,
        must_not_use: &["axum", "tokio", "tokio_stream", "tokio_util", "reqwest", "serenity"],
        instead: "take and give values; the platform's mod.rs, http.rs and client.rs read and write",
    },
    Rule {
        name: "the command engine knows no feature",
        modules: &["commands"],
        except: NONE,
        must_not_use: &["crate::{slice}"],
        instead: "take the handler or lookup as a function from app.rs",
    },
    Rule {
        name: "the command engine knows no platform",
        modules: &["commands"],
        except: NONE,
        must_not_use: PLATFORM_PARTS,
        instead: "answer with a neutral Reply",
    },
    Rule {
        name: "a slice's edges call its verbs",
        modules: &["{slice}::commands", "{slice}::jobs", "{slice}::pages"],
        except: NONE,
        must_not_use: &["crate::*::store", "crate::chat::{platform}::store", "sqlx"],
        instead: "call a verb of the slice's mod.rs",
    },
    Rule {
        name: "slices know no platform",
        modules: &["{slice}"],
        except: NONE,
        must_not_use: PLATFORM_PARTS,
        instead: "return a Reply, or enqueue a message through chat::outbox",
    },
    Rule {
        name: "a slice's tables are its own",
        modules: &["{slice}"],
        except: NONE,
        must_not_use: &["crate::{other slice}::store"],
        instead: "call a verb of the other slice's mod.rs, or consume a fact",
    },
    Rule {
        name: "drivers know only the outside",
        modules: &["drivers"],
        except: NONE,
        must_not_use: &["crate::db", "sqlx", "crate::chat", "crate::{slice}", "slack_morphism", "serenity"],
        instead: "take what is needed in the Plan and give it back in the Outcome",
    },
    Rule {
        name: "jobs and db know no feature and no chat",
        modules: &["jobs", "db"],
        except: NONE,
        must_not_use: &["crate::{slice}", "crate::chat", "slack_morphism", "serenity"],
        instead: "take the work as a Job from app.rs",
    },
    Rule {
        name: "only cli.rs and main.rs start the app",
        modules: EVERY_MODULE,
        except: &["app", "cli", "main"],
        must_not_use: &["crate::app"],
        instead: "take what is needed as an argument from app.rs",
    },
];

/// One line for each violation of the table, in the order of the files.
pub fn violations(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for (source, uses) in uses(sources) {
        let lines: BTreeSet<(usize, String)> =
            uses.iter().flat_map(|used| RULES.iter().filter_map(|rule| judge(rule, source, used))).collect();
        found.extend(lines.into_iter().map(|(_, line)| line));
    }
    found
}

/// One line for each slice that uses a slice which, in the end, uses it.
pub fn cycles(sources: &[Source]) -> Vec<String> {
    let mut edges: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (source, uses) in uses(sources) {
        for used in uses.iter().filter(|used| used.target[0] == "crate" && used.target.len() > 1) {
            let (Some(from), to) = (used.module.first(), &used.target[1]) else { continue };
            if from != to && SLICES.contains(&from.as_str()) && SLICES.contains(&to.as_str()) {
                let place = format!("{}:{}", source.path, used.line);
                edges.entry(from.clone()).or_default().entry(to.clone()).or_insert(place);
            }
        }
    }
    let line = |from: &str, to: &str, place: &str| {
        format!(
            "{place}: slice `{from}` must not use `{to}`, which uses it too (slices make no cycle; append a fact and consume it in a job)"
        )
    };
    let all = edges.iter().flat_map(|(from, to)| to.iter().map(move |(to, place)| (from, to, place)));
    all.filter(|(from, to, _)| reaches(&edges, to, from))
        .map(|(from, to, place)| line(from, to, place))
        .collect()
}

fn reaches(edges: &BTreeMap<String, BTreeMap<String, String>>, from: &str, goal: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(slice) = open.pop() {
        if seen.insert(slice) {
            open.extend(edges.get(slice).into_iter().flat_map(BTreeMap::keys).map(String::as_str));
        }
    }
    seen.contains(goal)
}

fn judge(rule: &Rule, source: &Source, used: &Use) -> Option<(usize, String)> {
    let any = |patterns: &[&str], path: &[String]| patterns.iter().any(|it| matches(it, path, &used.module));
    if !any(rule.modules, &used.module) || any(rule.except, &used.module) {
        return None;
    }
    let known = used.through.as_ref().is_some_and(|through| any(rule.must_not_use, through));
    if known || !any(rule.must_not_use, &used.target) {
        return None;
    }
    let (module, target) = (shown(&used.module), used.target.join("::"));
    let line = format!(
        "{}:{}: module `{module}` must not use `{target}` ({}; {})",
        source.path, used.line, rule.name, rule.instead
    );
    Some((used.line, line))
}

fn shown(module: &Segments) -> String {
    if module.is_empty() { "crate".to_owned() } else { module.join("::") }
}

fn matches(pattern: &str, path: &[String], own: &[String]) -> bool {
    let parts: Vec<&str> = pattern.split("::").filter(|part| !part.is_empty()).collect();
    parts.len() <= path.len() && parts.iter().zip(path).all(|(part, name)| is_like(part, name, own))
}

fn is_like(part: &str, name: &str, own: &[String]) -> bool {
    let is_own = |depth: usize| own.get(depth).is_some_and(|it| it == name);
    match part {
        "*" => true,
        "{slice}" => SLICES.contains(&name),
        "{other slice}" => SLICES.contains(&name) && !is_own(0),
        "{platform}" => PLATFORMS.contains(&name),
        "{other platform}" => PLATFORMS.contains(&name) && !is_own(1),
        _ => part == name,
    }
}
