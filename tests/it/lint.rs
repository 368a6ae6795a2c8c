//! `goldenpath lint`, run as the built binary over templates that are fine, strange and broken.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::path::Path;
use std::process::Command;

use goldenpath::config;
use serde_json::Value;
use tempfile::TempDir;

const TEMPLATE: &str = include_str!("../../templates/preview-site/template.yaml");
const SKELETON: &str = include_str!("../../templates/preview-site/skeleton/index.html");

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

/// What it says on both outputs, and its exit code.
fn lint(folder: &Path, arguments: &[&str]) -> (String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goldenpath"));
    let output = command.arg("lint").args(arguments).current_dir(folder).env_clear().output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).unwrap(), output.status.code().expect("it ended by itself"))
}

fn json(folder: &Path, arguments: &[&str]) -> (Value, i32) {
    let (said, code) = lint(folder, &[arguments, &["--json"]].concat());
    let end = said.rfind('}').expect("some JSON") + 1;
    (serde_json::from_str(&said[..end]).unwrap(), code)
}

/// The code of the first finding about this one file.
fn code_of(content: &[u8]) -> String {
    let given = folder(&[("template.yaml", content)]);
    let (said, _) = json(given.path(), &["template.yaml"]);
    said["templates"][0]["findings"][0]["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_template_that_is_fine_is_ready() {
    let fine =
        folder(&[("template.yaml", TEMPLATE.as_bytes()), ("skeleton/index.html", SKELETON.as_bytes())]);
    for path in ["template.yaml", "."] {
        assert_eq!(lint(fine.path(), &[path]), ("1 template: 1 ready\n".into(), 0));
    }
}

#[test]
fn a_finding_is_shown_with_place_code_reason_line_caret_and_fix() {
    let wrong = TEMPLATE.replace("accent: ${{ parameters.accent }}", "accent: ${{ parameters.acent }}");
    let given = folder(&[("template.yaml", wrong.as_bytes()), ("skeleton/index.html", SKELETON.as_bytes())]);
    let line = 1 + wrong.lines().position(|line| line.contains("acent }}")).unwrap();
    let shown = format!(
        "1 error\n\ntemplate.yaml:{line}:19: expr-parameter there is no parameter `acent`; Backstage puts nothing in its place
              accent: ${{{{ parameters.acent }}}}
                      ^
    fix: did you mean `accent`?\n\n1 warning\n\ntemplate.yaml:"
    );
    let (said, code) = lint(given.path(), &["template.yaml"]);
    assert!(said.starts_with(&shown) && code == 1, "{said}");
    assert!(said.ends_with("1 template: 1 refused\ngoldenpath: 1 error to mend\n"), "{said}");
}

#[test]
fn what_only_a_portal_knows_needs_a_mapping() {
    let portal = TEMPLATE.replace("site:serve", "publish:github").replace("output.url", "output.remoteUrl");
    let given = folder(&[("a/b/template.yml", portal.as_bytes()), ("a/b/skeleton/x", SKELETON.as_bytes())]);
    let (said, code) = lint(given.path(), &["."]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("action-unknown there is no action `publish:github` here"), "{said}");
    assert!(said.ends_with("1 template: 1 ready with mapping needed\n"), "{said}");
    let (said, code) = json(given.path(), &["a"]);
    assert_eq!((said["templates"][0]["verdict"].as_str(), code), (Some("mapping"), 0));
    assert_eq!((&said["errors"], &said["warnings"]), (&0.into(), &1.into()), "{said:#}");
}

#[test]
fn a_folder_is_searched_for_every_document_of_that_kind() {
    let named = |name: &str| TEMPLATE.replace("name: preview-site", &format!("name: {name}"));
    let several = format!("kind: Location\n---\n{}---\n{}", named("two"), named("three"));
    let given = folder(&[
        ("one/template.yaml", named("one").as_bytes()),
        ("one/skeleton/template.yaml", b"kind: ${{ values.kind }}"),
        ("all.yaml", several.as_bytes()),
        ("values.yaml", b"kind: Template\napiVersion: template.openshift.io/v1\n"),
        (".git/template.yaml", b"x"),
    ]);
    let (said, _) = json(given.path(), &["."]);
    let names: Vec<&str> =
        said["templates"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["two", "three", "one"]);
}

#[test]
fn nothing_to_lint_is_a_wrong_argument() {
    let given = folder(&[("readme", b"x")]);
    for (arguments, says) in [
        (&["nowhere"][..], "nowhere: cannot be read"),
        (&["."], ".: holds no template"),
        (&[], "required arguments were not provided"),
    ] {
        let (said, code) = lint(given.path(), arguments);
        assert!(code == 2 && said.contains(says), "{code} {said}");
    }
}

#[test]
fn broken_files_are_refused_and_never_a_crash() {
    let outline = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\n";
    for (content, code) in [
        (b"\x7fELF\0\xff\xfe".to_vec(), "file-unreadable"),
        (Vec::new(), "file-unreadable"),
        (b"# only a comment\n".to_vec(), "file-unreadable"),
        (vec![b'a'; 2 << 20], "file-unreadable"),
        ("[".repeat(100_000).into_bytes(), "yaml-invalid"),
        ("- ".repeat(100_000).into_bytes(), "file-unreadable"),
        (format!("{outline}metadata:\n\tname: x\n").into_bytes(), "yaml-invalid"),
        (format!("{outline}kind: Template\n").into_bytes(), "yaml-duplicate-key"),
        (format!("{outline}<<<<<<< HEAD\n").into_bytes(), "yaml-conflict-mark"),
        (b"just words".to_vec(), "template-outline"),
        (b"- a\n- b\n".to_vec(), "template-outline"),
        (TEMPLATE.replace("v1beta3", "v1beta2").into_bytes(), "template-version"),
        (format!("{outline}metadata: {{name: x}}\nspec: 1\n").into_bytes(), "template-outline"),
    ] {
        let shown = String::from_utf8_lossy(&content[..content.len().min(80)]).into_owned();
        assert_eq!(code_of(&content), code, "{shown}");
    }
}

#[test]
fn line_ends_marks_and_anchors_change_nothing() {
    let anchors = TEMPLATE
        .replace("        title:\n          title: Title", "        title: &title\n          title: Title")
        .replace(
            "      properties:\n        name:",
            "      properties:\n        again: {<<: *title}\n        name:",
        )
        .replace("        again: {<<: *title}\n", "");
    for text in [TEMPLATE.replace('\n', "\r\n"), format!("\u{feff}{TEMPLATE}"), anchors] {
        assert_eq!(code_of(text.as_bytes()), "fetch-missing", "all but the skeleton is there");
    }
}

/// Public templates, which lie outside the repository. What their authors and the portal say of them:
/// these are wrong, and all others are not.
#[test]
#[ignore = "needs the folder that GOLDENPATH_TEST_TEMPLATES names"]
fn the_verdicts_on_public_templates_are_right() {
    let named = config::environment().remove("GOLDENPATH_TEST_TEMPLATES").expect("a folder of templates");
    let refused = ["20-", "22-", "28-", "34-"];
    let (said, code) = json(Path::new(&named), &["."]);
    let all = said["templates"].as_array().unwrap();
    let files = std::fs::read_dir(&named).unwrap().flatten().map(|entry| entry.path());
    assert_eq!(all.len(), files.filter(|path| path.extension().is_some_and(|it| it == "yaml")).count());
    assert!(all.len() > 20 && code == 1, "{} templates", all.len());
    for template in all {
        let file = template["file"].as_str().unwrap().trim_start_matches("./");
        let expected = refused.iter().any(|start| file.starts_with(start));
        assert_eq!(template["verdict"] == "refused", expected, "{file}: {:#}", template["findings"]);
    }
}
