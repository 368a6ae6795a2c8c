//! Sizes, purpose lines, excuses, migrations' names, and what only `.ci` may name.

use std::collections::BTreeSet;

use syn::Meta;
use syn::spanned::Spanned as _;
use syn::visit::Visit;

use super::files::{names_in, texts_under};
use super::uses::Source;

const MOST_LINES: usize = 600;
const CODE: &[&str] = &[".rs", ".js", ".css", ".html"];
const PUBLIC: &[&str] = &[
    "src",
    "tests",
    "commands",
    "templates",
    "surveys",
    "docs",
    "migrations",
    "benches",
    ".github",
    ".cargo",
    "README.md",
    "CHANGELOG.md",
    "Cargo.toml",
    "Dockerfile",
    "build.rs",
];

#[test]
fn no_file_is_longer_than_the_stop() {
    report(code().iter().filter_map(too_long));
}

#[test]
fn a_purpose_line_heads_every_source() {
    report(rust("src").iter().filter_map(without_purpose));
}

#[test]
fn every_excuse_gives_its_reason() {
    report(rust("src").iter().chain(&rust("tests")).flat_map(excuses));
}

#[test]
fn both_databases_have_the_same_migrations() {
    let (sqlite, postgres) = (names_in("migrations/sqlite"), names_in("migrations/postgres"));
    assert!(!sqlite.is_empty(), "the migrations are not found");
    report(in_one_alone(&sqlite, &postgres).into_iter());
    report(with_a_number_taken(&sqlite).into_iter());
}

#[test]
fn a_number_taken_by_another_migration_is_found() {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
    assert!(with_a_number_taken(&names(&["0001_a.sql", "0002_a.sql"])).is_empty());
    assert_eq!(with_a_number_taken(&names(&["0001_a.sql", "0001_b.sql", "0002_c.sql"])).len(), 1);
}

#[test]
fn nothing_public_names_the_machines_folders() {
    report(PUBLIC.iter().flat_map(|path| texts_under(path)).flat_map(|source| private_paths(&source)));
}

#[test]
fn the_stop_is_exact() {
    let of = |lines| Source { path: "src/a.rs".to_owned(), text: "x\n".repeat(lines) };
    assert_eq!(too_long(&of(600)), None);
    assert!(too_long(&of(601)).expect("too long").starts_with("src/a.rs: 601 lines"));
}

#[test]
fn a_purpose_line_says_something_in_the_first_line() {
    let lacks = |text: &str| without_purpose(&source(text)).is_some();
    assert!(!lacks("//! The clock.\n"));
    assert!(lacks("") && lacks("//!\n") && lacks("use a;\n//! Late.\n") && lacks("/// Of the item.\n"));
}

#[test]
fn an_excuse_without_reason_is_found() {
    let found = |text: &str| excuses(&source(text));
    assert_eq!(found("mod a;\n#[allow(dead_code)]\nfn f() {}").len(), 1);
    assert_eq!(found("#![allow(dead_code)]").len(), 1);
    assert_eq!(found("#[cfg_attr(unix, allow(dead_code))] fn f() {}").len(), 1);
    assert_eq!(found("fn f() { #[allow(unused)] let x = 1; }").len(), 1);
    assert!(found("#[expect(dead_code, reason = \"allow(me)\")] fn allow() {}").is_empty());
}

#[test]
fn a_migration_of_one_database_is_found() {
    let names = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect();
    let found = in_one_alone(&names(&["0001_a.sql", "0002_b.sql"]), &names(&["0001_a.sql"]));
    assert_eq!(found, ["migrations/sqlite/0002_b.sql: the other database has no such file"]);
    let found = in_one_alone(&names(&[]), &names(&["0001_a.sql"]));
    assert_eq!(found, ["migrations/postgres/0001_a.sql: the other database has no such file"]);
}

#[test]
fn a_private_path_is_found_and_a_deeper_one_is_not_taken_for_it() {
    let found = |before: &str, name: &str| private_paths(&source(&format!("{before}/{name}"))).len();
    assert_eq!((found("..", "shared"), found("(..", "shared/x.md"), found("../..", "shared")), (1, 1, 1));
    assert_eq!((found("", "work/main"), found("`", "work/x")), (1, 1));
    assert_eq!((found("..", "shared_types"), found("/tmp", "work/x"), found("{dir}", "work/x")), (0, 0, 0));
}

fn too_long(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    let line = || format!("{}: {lines} lines, more than {MOST_LINES} (split it by topic)", source.path);
    (lines > MOST_LINES).then(line)
}

fn without_purpose(source: &Source) -> Option<String> {
    let first = source.text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//! ").is_some_and(|text| !text.trim().is_empty());
    (!says).then(|| format!("{}:1: no purpose line (begin with `//! What this file is for.`)", source.path))
}

fn excuses(source: &Source) -> Vec<String> {
    let mut finder = ExcuseFinder::default();
    finder.visit_file(&syn::parse_file(&source.text).expect("Rust"));
    let line = |at| format!("{}:{at}: `allow` (use `expect` with a reason)", source.path);
    finder.lines.into_iter().map(line).collect()
}

#[derive(Default)]
struct ExcuseFinder {
    lines: Vec<usize>,
}

impl<'ast> Visit<'ast> for ExcuseFinder {
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let Meta::List(list) = &attribute.meta else { return };
        let inside = || list.tokens.clone().into_iter().any(|token| token.to_string() == "allow");
        if list.path.is_ident("allow") || (list.path.is_ident("cfg_attr") && inside()) {
            self.lines.push(attribute.span().start().line);
        }
    }
}

fn in_one_alone(sqlite: &BTreeSet<String>, postgres: &BTreeSet<String>) -> Vec<String> {
    let line = |folder: &str, name: &String| {
        format!("migrations/{folder}/{name}: the other database has no such file")
    };
    let left = sqlite.difference(postgres).map(|name| line("sqlite", name));
    left.chain(postgres.difference(sqlite).map(|name| line("postgres", name))).collect()
}

/// Two with one number break every start; they come from two branches.
fn with_a_number_taken(names: &BTreeSet<String>) -> Vec<String> {
    let number = |name: &str| name.split('_').next().map(str::to_owned);
    let pairs = names.iter().zip(names.iter().skip(1)).filter(|(one, next)| number(one) == number(next));
    pairs
        .map(|(one, next)| format!("migrations/*/{next}: {one} has its number; take the next free one"))
        .collect()
}

/// Folders of the machines that build this, which nobody else has.
fn private_paths(source: &Source) -> Vec<String> {
    let shared = concat!("..", "/shared");
    let work = concat!("/", "work/");
    let goes_on =
        |after: &str| after.starts_with(|sign: char| sign.is_alphanumeric() || "_-.".contains(sign));
    let is_deeper =
        |before: &str| before.ends_with(|sign: char| sign.is_alphanumeric() || "_-.})".contains(sign));
    let names = |line: &str| {
        line.match_indices(shared).any(|(at, it)| !goes_on(&line[at + it.len()..]))
            || line.match_indices(work).any(|(at, _)| !is_deeper(&line[..at]))
    };
    let lines = source.text.lines().zip(1..).filter(|(line, _)| names(line));
    lines
        .map(|(_, at)| format!("{}:{at}: a path of one machine (only .ci may name it)", source.path))
        .collect()
}

fn code() -> Vec<Source> {
    let is_code = |source: &Source| CODE.iter().any(|end| source.path.ends_with(end));
    ["src", "tests"].iter().flat_map(|folder| texts_under(folder)).filter(is_code).collect()
}

fn rust(folder: &str) -> Vec<Source> {
    texts_under(folder).into_iter().filter(|source| source.path.ends_with(".rs")).collect()
}

fn source(text: &str) -> Source {
    Source { path: "src/a.rs".to_owned(), text: text.to_owned() }
}

fn report(found: impl Iterator<Item = String>) {
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}
