//! Small houses that break the rules, so that the rules are seen to bite.

use super::rules::{RULES, cycles, violations};
use super::uses::Source;

/// Where, what, and the one thing that must be found: `rule`, `line`, `target`.
struct Breach {
    path: &'static str,
    text: &'static str,
    rule: &'static str,
    line: usize,
    target: &'static str,
}

const fn breach(
    path: &'static str,
    text: &'static str,
    rule: &'static str,
    line: usize,
    target: &'static str,
) -> Breach {
    Breach { path, text, rule, line, target }
}

const PURE: &str = "pure modules do no input or output";
const FEATURES: &str = "platforms know no feature and not each other";
const KEEP: &str = "platforms keep nothing";
const VALUES: &str = "a platform's values are made and read without input or output";
const ENGINE: &str = "the command engine knows no feature";
const ENGINE_PLATFORM: &str = "the command engine knows no platform";
const VERBS: &str = "a slice's edges call its verbs";
const SLICE_PLATFORM: &str = "slices know no platform";
const TABLES: &str = "a slice's tables are its own";
const DRIVERS: &str = "drivers know only the outside";
const JOBS: &str = "jobs and db know no feature and no chat";
const APP: &str = "only cli.rs and main.rs start the app";

/// Each rule and each kind of module at least once.
const BREACHES: &[Breach] = &[
    breach("src/environments/model.rs", "use sqlx::Row;", PURE, 1, "sqlx::Row"),
    breach("src/stats/model.rs", "fn f() { tokio::spawn(g()); }", PURE, 1, "tokio::spawn"),
    breach("src/catalog/model.rs", "use super::store;", PURE, 1, "crate::catalog::store"),
    breach("src/roadmap/model.rs", "use super::commands::x;", PURE, 1, "crate::roadmap::commands::x"),
    breach("src/surveys/model.rs", "use super::pages::x;", PURE, 1, "crate::surveys::pages::x"),
    breach("src/ids.rs", "use axum::Router;", PURE, 1, "axum::Router"),
    breach("src/clock.rs", "use tokio::time;", PURE, 1, "tokio::time"),
    breach("src/templating.rs", "use crate::db::Db;", PURE, 1, "crate::db::Db"),
    breach("src/chat/inbound.rs", "use slack_morphism::prelude::*;", PURE, 1, "slack_morphism::prelude"),
    breach("src/chat/message.rs", "use serenity::all::Embed;", PURE, 1, "serenity::all::Embed"),
    breach("src/chat/form.rs", "use super::slack::render;", PURE, 1, "crate::chat::slack::render"),
    breach("src/commands/spec.rs", "use tokio::fs;", PURE, 1, "tokio::fs"),
    breach("src/commands/parse/words.rs", "use sqlx::Any;", PURE, 1, "sqlx::Any"),
    breach("src/chat/slack/http.rs", "use crate::people;", FEATURES, 1, "crate::people"),
    breach("src/chat/discord/mod.rs", "use super::slack::Client;", FEATURES, 1, "crate::chat::slack::Client"),
    breach("src/chat/playground/http.rs", "use crate::db::Db;", KEEP, 1, "crate::db::Db"),
    breach("src/chat/discord/tree.rs", "use serenity::all::Command;", VALUES, 1, "serenity::all::Command"),
    breach("src/commands/dispatch.rs", "use crate::environments::x;", ENGINE, 1, "crate::environments::x"),
    breach("src/commands/help.rs", "use crate::chat::slack::x;", ENGINE_PLATFORM, 1, "crate::chat::slack::x"),
    breach("src/surveys/commands.rs", "use super::store::find;", VERBS, 1, "crate::surveys::store::find"),
    breach(
        "src/surveys/jobs.rs",
        "use crate::stats::{self, model}; use super::store;",
        VERBS,
        1,
        "crate::surveys::store",
    ),
    breach("src/stats/pages/charts.rs", "use super::super::store as s;", VERBS, 1, "crate::stats::store"),
    breach(
        "src/approvals/mod.rs",
        "use crate::chat::discord::x;",
        SLICE_PLATFORM,
        1,
        "crate::chat::discord::x",
    ),
    breach("src/roadmap/mod.rs", "use crate::surveys::store;", TABLES, 1, "crate::surveys::store"),
    breach("src/drivers/exec.rs", "use crate::db::Tx;", DRIVERS, 1, "crate::db::Tx"),
    breach(
        "src/drivers/http.rs",
        "use crate::chat::message::Text;",
        DRIVERS,
        1,
        "crate::chat::message::Text",
    ),
    breach("src/drivers/git.rs", "use crate::environments::Env;", DRIVERS, 1, "crate::environments::Env"),
    breach("src/jobs/worker.rs", "use crate::surveys::remind;", JOBS, 1, "crate::surveys::remind"),
    breach("src/db/mod.rs", "use crate::chat::Target;", JOBS, 1, "crate::chat::Target"),
    breach("src/web/mod.rs", "use crate::app::App;", APP, 1, "crate::app::App"),
    breach("src/lib.rs", "pub use app::run;\nmod app;", APP, 1, "crate::app::run"),
];

/// The ways to write a use, each breaking one rule in a line that is not the first.
const WAYS: &[(&str, &str)] = &[
    ("fn f() {\n let _ = crate::db::Db::open; }", "crate::db::Db::open"),
    ("use crate::{clock,\n db::{Db, Tx as T}};", "crate::db::Db"),
    ("\nuse crate::{self as k}; fn f() { k::db::x() }", "crate::db::x"),
    ("use crate as root;\nfn f() -> root::db::Db { g() }", "crate::db::Db"),
    ("use super::super::*;\nfn f() { db::x() }", "crate::db::x"),
    ("mod inner {\n use super::super::super::db; }", "crate::db"),
    ("\nuse self::super::super::db::*;", "crate::db"),
    ("fn f() {\n println!(\"{}\", crate::db::x()); }", "crate::db::x"),
    ("macro_rules! m { () => {\n $crate::db::x() }; }", "crate::db::x"),
    ("fn f() { m! {\n use crate::{clock, db::Db}; } }", "crate::db::Db"),
    ("struct S<T>(T) where\n T: Into<Vec<crate::db::Db>>;", "crate::db::Db"),
    ("struct S {\n #[serde(with = \"crate::db::text\")] a: u8 }", "crate::db::text"),
    ("\n#[derive(Debug, sqlx::FromRow)] struct S;", "sqlx::FromRow"),
    ("\nextern crate sqlx as q;", "sqlx"),
    ("\nfn f() { sqlx::query!(\"\") }", "sqlx::query"),
    ("fn f() { m!(\n ::sqlx::Any) }", "sqlx::Any"),
    ("#[cfg(not(test))]\nmod a { use sqlx::Any; }", "sqlx::Any"),
    ("#[cfg(any(test, unix))]\nmod a { use sqlx::Any; }", "sqlx::Any"),
];

/// What stands beside the rules and is allowed.
const ALLOWED: &[(&str, &str)] = &[
    ("src/environments/model.rs", "#[cfg(test)] mod tests { use crate::db::Db; fn f() { sqlx::x(); } }"),
    ("src/environments/model.rs", "#[cfg(all(test, unix))] mod tests { use crate::db::Db; }"),
    ("src/environments/model.rs", "#[cfg(test)] use crate::db::Db; struct tokio; fn f(store: u8) {}"),
    ("src/environments/model.rs", "/// As crate::db::Db does.\nfn f() -> &'static str { \"crate::db::Db\" }"),
    ("src/environments/model.rs", "use crate::{clock::Timestamp, people::Person, commands::spec};"),
    ("src/environments/actions.rs", "use crate::drivers::{Driver, Outcome, Plan}; use tokio::fs;"),
    ("src/environments/mod.rs", "mod store; use crate::db::Tx; use store::find; use crate::people;"),
    ("src/environments/jobs.rs", "use crate::drivers::Plan; use crate::chat::outbox; use super::expire;"),
    ("src/chat/playground/store.rs", "use crate::db::Db; use sqlx::Row; use super::render;"),
    ("src/chat/slack/mod.rs", "mod render; use render::x; use crate::chat::{outbox, message::*};"),
    ("src/cli.rs", "use crate::app::App;"),
    ("src/main.rs", "use goldenpath::{app, cli};"),
    ("src/lib.rs", "pub mod app; pub mod cli;"),
    ("src/app.rs", "use crate::{db, people::store, chat::slack}; use crate::app::inner;"),
];

#[test]
fn each_rule_bites_on_its_breaches() {
    for it in BREACHES {
        let instead = RULES.iter().find(|rule| rule.name == it.rule).map(|rule| rule.instead);
        let module = super::uses::module_of(it.path).join("::");
        let module = if module.is_empty() { "crate".to_owned() } else { module };
        let expected = format!(
            "{}:{}: module `{module}` must not use `{}` ({}; {})",
            it.path,
            it.line,
            it.target,
            it.rule,
            instead.expect("a rule of that name")
        );
        assert_eq!(violations(&[house(it.path, it.text)]), [expected]);
    }
}

#[test]
fn no_rule_is_without_a_breach() {
    let untried = RULES.iter().filter(|rule| !BREACHES.iter().any(|it| it.rule == rule.name));
    assert_eq!(untried.map(|rule| rule.name).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn each_way_to_write_a_use_is_seen() {
    for (text, target) in WAYS {
        let found = violations(&[house("src/stats/model.rs", text), house("src/db/mod.rs", "")]);
        let begin = "src/stats/model.rs:2: module `stats::model";
        let is_it = |line: &String| line.starts_with(begin) && line.contains(&format!(" `{target}` ("));
        assert!(found.iter().any(is_it), "{text}\n{found:?}");
    }
}

#[test]
fn what_is_allowed_is_not_found() {
    for (path, text) in ALLOWED {
        assert_eq!(violations(&[house(path, text)]), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn a_file_that_is_a_test_module_is_exempt() {
    let tests = house("src/stats/model/tests.rs", "use crate::db::Db;");
    let found =
        |text| violations(&[house("src/stats/model.rs", text), house(&tests.path, &tests.text)]).len();
    assert_eq!((found("#[cfg(test)] mod tests;"), found("mod tests;")), (0, 1));
}

#[test]
fn a_cycle_of_slices_is_found_and_a_chain_is_not() {
    let chain = || {
        vec![
            house("src/stats/mod.rs", "use crate::surveys;"),
            house("src/surveys/a.rs", "use crate::people::x;"),
        ]
    };
    assert_eq!(cycles(&chain()), Vec::<String>::new());
    let back = house("src/people/jobs.rs", "\nfn f() { crate::stats::x() }");
    let found = cycles(&chain().into_iter().chain([back]).collect::<Vec<_>>());
    assert_eq!(found.len(), 3);
    assert!(found[0].starts_with("src/people/jobs.rs:2: slice `people` must not use `stats`"), "{found:?}");
}

fn house(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}
