//! The shipped golden paths, rendered as a run would and then really used.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use goldenpath::catalog::Catalog;
use goldenpath::catalog::yaml::Document;
use goldenpath::drivers::Outcome;
use goldenpath::environments::actions::{Call, run};
use goldenpath::templating::Renderer;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// Renders the first step of a template, `fetch:template`, into a new folder.
fn render(template: &str, name: &str, given: &[(&str, &str)]) -> TempDir {
    let catalog = Catalog::load(&[]).expect("the shipped templates are fine");
    let template = catalog.get(template).expect("the template is shipped");
    let given = given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let values = template.values(&given.collect::<BTreeMap<_, _>>(), name).expect("the values are fine");
    let environment = json!({"name": name});
    let context = template.context(&values, &Map::new(), &json!({"name": "Ada"}), &environment);
    let input = Renderer::new().render_value(&template.steps[0].input, &context).expect("it renders");
    let folder = tempfile::tempdir().expect("a folder");
    let log = tempfile::NamedTempFile::new().expect("a log");
    let progress = tempfile::NamedTempFile::new().expect("a file");
    let call = Call {
        action: &template.steps[0].action,
        input: &input.expect("an object"),
        workspace: folder.path(),
        files: &template.files,
        log: log.path(),
        progress: progress.path(),
    };
    let outcome = run(&call).expect("the disk works");
    assert!(matches!(outcome, Outcome::Ready { .. }), "{outcome:?}");
    folder
}

fn read(folder: &TempDir, path: &str) -> String {
    std::fs::read_to_string(folder.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn cargo(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo starts");
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {said}");
    said
}

const HOSTILE: &str = "a \"b\" \\ 'c' <script>&{{ x }} ${{ values.y }} # ümlaut";

#[test]
fn a_rust_service_passes_its_own_tests() {
    let folder = render("rust-service", "shop-2", &[]);
    let said = cargo(folder.path(), &["test", "--offline", "--locked"]);
    assert_eq!(said.matches("test result: ok").count(), 4, "{said}");
    assert!(said.contains("the_health_check_answers_over_the_wire ... ok"));
    let lock = read(&folder, "Cargo.lock");
    assert!(lock.contains("name = \"shop-2\""));
}

#[test]
fn a_rust_service_builds_whatever_it_is_called_and_says() {
    let given =
        [("description", HOSTILE), ("greeting", HOSTILE), ("license", "proprietary"), ("port", "9000")];
    for name in ["2fast", "a", "test", "fn", "build", "std", "x--y-3"] {
        let folder = render("rust-service", name, &given);
        cargo(folder.path(), &["check", "--offline", "--locked"]);
        assert_eq!(read(&folder, "greeting.txt"), format!("{HOSTILE}\n"), "{name}");
        let entry =
            Document::parse("catalog-info.yaml", &read(&folder, "catalog-info.yaml")).expect("YAML").value;
        assert_eq!(
            entry["metadata"],
            json!({"name": name, "description": HOSTILE, "tags": ["rust", "http"]})
        );
    }
}

#[test]
#[ignore = "needs rustfmt and clippy, which a bare toolchain may lack; .ci/run runs it"]
fn a_rust_service_is_formatted_and_free_of_warnings() {
    let folder = render("rust-service", "shop-2", &[]);
    cargo(folder.path(), &["fmt", "--check"]);
    cargo(folder.path(), &["clippy", "--offline", "--locked", "--all-targets", "--", "-D", "warnings"]);
}

#[test]
fn a_rust_service_registers() {
    let folder = render("rust-service", "shop-2", &[]);
    let files = Default::default();
    let (log, progress) = (folder.path().join("log"), folder.path().join("progress"));
    let input = json!({"repoContentsUrl": "file:///r/shop-2.git"});
    let call = Call {
        action: "catalog:register",
        input: &input,
        workspace: folder.path(),
        files: &files,
        log: &log,
        progress: &progress,
    };
    let Outcome::Ready { outputs, .. } = run(&call).expect("the disk works") else { panic!("refused") };
    assert_eq!(outputs["entityRef"], Value::from("component:default/shop-2"));
}

#[test]
fn a_preview_site_escapes_what_people_wrote() {
    let folder = render("preview-site", "shop-2", &[("title", HOSTILE), ("message", "one\r\n\r\ntwo <b>")]);
    let page = read(&folder, "index.html");
    assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
    let title = "a &quot;b&quot; \\ &#39;c&#39; &lt;script&gt;&amp;{{ x }} ${{ values.y }} # ümlaut";
    assert_eq!(page.matches(title).count(), 2, "{page}");
    assert_eq!(page.matches("<p class=\"message\">").count(), 2, "{page}");
    assert!(page.contains("<p class=\"message\">two &lt;b&gt;</p>"), "{page}");
}

#[test]
fn every_accent_of_a_preview_site_has_its_colours() {
    for accent in ["indigo", "teal", "green", "amber", "rose"] {
        let style = read(&render("preview-site", "a", &[("accent", accent)]), "style.css");
        assert_eq!(style.matches("--accent: #").count(), 2, "{style}");
        assert!(style.starts_with(":root {"), "{style}");
    }
    assert!(read(&render("preview-site", "shop-2", &[]), "index.html").contains("<h1>shop-2</h1>"));
}
