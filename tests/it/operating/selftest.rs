//! `goldenpath selftest stats`, as the binary prints it.

use std::process::Command;

/// What it printed of a file with this text, and its exit code.
fn tested(text: &str, more: &[&str]) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("vectors.json"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_goldenpath"));
    let arguments = [&["selftest", "stats", "vectors.json"], more].concat();
    let output = command.args(arguments).current_dir(folder.path()).env_clear().output().unwrap();
    (String::from_utf8([output.stdout, output.stderr].concat()).unwrap(), output.status.code())
}

/// Two methods, one of which nobody built.
fn file(expected: &str) -> String {
    let csat = format!(r#"{{"name": "three", "input": {{"x": 3, "n": 4}}, "expected": {expected}}}"#);
    format!(
        r#"{{"methods": [{{"id": "proportion_ci", "vectors": [{csat}]}}, {{"id": "astrology", "vectors": []}}]}}"#
    )
}

#[test]
fn a_method_that_holds_is_ok_and_one_not_built_is_missing() {
    let (said, code) = tested(&file(r#"{"p": 0.75, "ci_wilson": [0.300642, 0.954413]}"#), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        said,
        "proportion_ci  ok 1 of 1\nastrology      missing (0 vectors)\n2 methods: 1 ok, 0 wrong, 1 missing\n"
    );
}

#[test]
fn a_wrong_number_is_named_and_ends_with_one() {
    let (said, code) = tested(&file(r#"{"p": 0.76}"#), &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("WRONG, 0 of 1 hold; three: p is 0.75, expected 0.76"), "{said}");
    let (said, code) = tested(&file(r#"{"p": 0.75}"#), &["--json"]);
    let verdicts: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &verdicts[0]["right"], &verdicts[1]["missing"]), (Some(0), &1.into(), &true.into()));
}

#[test]
fn a_file_of_something_else_is_refused_with_its_place() {
    let (said, code) = tested("{\"methods\": 3}", &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("vectors.json: is no file of vectors: invalid type"), "{said}");
}
