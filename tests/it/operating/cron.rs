//! `goldenpath cron`, run as the built binary. The vectors lie outside the repository, so their
//! test runs where their file is named.

use std::process::Command;

use goldenpath::config;
use serde_json::{Value, json};

/// Names the file of the vectors.
const VECTORS: &str = "GOLDENPATH_TEST_CRON_VECTORS";

/// What it printed on both outputs, and its exit code; `config` stands in the folder it runs in.
fn cron(config: &str, arguments: &[&str]) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("goldenpath.toml"), config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_goldenpath"));
    command.arg("cron").args(arguments).current_dir(folder.path()).env_clear();
    let output = command.output().unwrap();
    (String::from_utf8([output.stdout, output.stderr].concat()).unwrap(), output.status.code())
}

#[test]
fn the_next_firings_are_printed_for_people_and_for_machines() {
    let asked = ["30 9 * * 1-5", "--tz", "Europe/Berlin", "--from", "2026-03-28T00:00:00+01:00", "-n", "2"];
    let (said, code) = cron("", &asked);
    assert_eq!(code, Some(0), "{said}");
    insta::assert_snapshot!(said, @r"
    `30 9 * * 1-5` in Europe/Berlin fires next at
    Mon 2026-03-30 09:30 +02:00
    Tue 2026-03-31 09:30 +02:00
    ");
    let (said, _) = cron("", &[&asked[..], &["--json"]].concat());
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said, json!({ "next": ["2026-03-30T09:30:00+02:00", "2026-03-31T09:30:00+02:00"] }));
}

#[test]
fn without_a_zone_the_configs_is_taken() {
    let config = "[people]\nzone = \"Asia/Kathmandu\"\n";
    let (said, code) = cron(config, &["@daily", "--from", "2026-05-01T00:00:00Z", "-n", "1"]);
    assert_eq!((code, said.contains("Sat 2026-05-02 00:00 +05:45")), (Some(0), true), "{said}");
    let (said, code) = cron("", &["@daily", "--json"]);
    let next: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, next["next"].as_array().map(Vec::len)), (Some(0), Some(5)), "{said}");
}

#[test]
fn what_is_wrong_is_said_with_what_to_write() {
    let refused = |arguments: &[&str], code: i32, says: &str| {
        let (said, ended) = cron("", arguments);
        assert!(ended == Some(code) && said.contains(says), "{arguments:?}: {ended:?}\n{said}");
    };
    refused(&["61 * * * *"], 1, "the minute field `61` is out of range; write 0 to 59");
    refused(&["-1 * * * *"], 1, "the minute field `-1` has nothing where a value belongs");
    refused(&["0 0 30 2 *"], 1, "never fires");
    refused(&["@daily", "--from", "2100-12-31T12:00:00Z"], 1, "does not fire any more");
    refused(&["@daily", "--tz", "Mars/Olympus"], 2, "write one as `Europe/Berlin`");
    refused(&["@daily", "--from", "2026-03-28"], 2, "write date, time and offset");
    refused(&["@daily", "-n", "0"], 2, "write a whole number from 1 to 1000");
}

/// The vector's expression asked of the binary: its firings, or nothing where it is refused.
fn asked(vector: &Value, count: usize) -> Option<Vec<String>> {
    let text = |key: &str, or: &'static str| vector[key].as_str().unwrap_or(or).to_owned();
    let (expression, zone) = (text("expr", ""), text("tz", "UTC"));
    let (from, count) = (text("from", "2026-01-01T00:00:00Z"), count.to_string());
    let (said, code) = cron("", &[&expression, "--tz", &zone, "--from", &from, "-n", &count, "--json"]);
    match code {
        Some(0) => {
            serde_json::from_value(serde_json::from_str::<Value>(&said).unwrap()["next"].clone()).unwrap()
        }
        Some(1) => None,
        _ => panic!("{vector}: {said}"),
    }
}

#[test]
#[ignore = "its vectors lie outside the repository; .ci/run names them"]
fn vectors_of_other_implementations_hold() {
    let file = config::environment().remove(VECTORS).unwrap_or_else(|| panic!("{VECTORS} names no file"));
    let all: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let five = |list: &str| -> Vec<Value> {
        let some = all[list].as_array().unwrap().iter();
        some.filter(|it| it["expr"].as_str().unwrap().split(' ').count() <= 5).cloned().collect()
    };
    let (vectors, disputed, invalid) = (five("vectors"), five("disputed"), five("invalid"));
    let expected =
        vectors.iter().map(|it| (it, &it["next"])).chain(disputed.iter().map(|it| (it, &it["next_vixie"])));
    for (vector, next) in expected {
        let next: Vec<String> = serde_json::from_value(next.clone()).unwrap();
        assert_eq!(asked(vector, next.len().max(1)).unwrap_or_default(), next, "{vector}");
    }
    for vector in &invalid {
        assert_eq!(asked(vector, 1), None, "{vector}");
    }
    println!("{} vectors, {} disputed, {} refused", vectors.len(), disputed.len(), invalid.len());
    assert!(!vectors.is_empty() && !disputed.is_empty() && !invalid.is_empty());
}
