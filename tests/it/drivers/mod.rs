//! The drivers against real processes, real files and real git.

#![expect(clippy::unwrap_used, reason = "these are tests, and their helpers are no test functions")]

mod exec;
mod git;
mod process;
mod site;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use goldenpath::clock::Timestamp;
use goldenpath::drivers::exec::{ExecDriver, ExecSettings};
use goldenpath::drivers::process::kill_group;
use goldenpath::drivers::site::{SiteDriver, SiteSettings};
use goldenpath::drivers::site_server::Ready;
use goldenpath::drivers::{Driver, Drivers, Outcome, Plan, Resource};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A folder with all that a plan needs.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        let place = Place(tempfile::tempdir().unwrap());
        std::fs::create_dir(place.path().join("workspace")).unwrap();
        place
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.path().join("workspace").join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }

    pub fn plan(&self, action: &str, input: Value) -> Plan {
        Plan {
            env: "env_1".into(),
            env_name: "shop".into(),
            run: "run_1".into(),
            step: "step".into(),
            key: "run_1/step".into(),
            action: action.into(),
            input,
            workspace: self.path().join("workspace"),
            state: self.path().join("state"),
            log: self.path().join("log"),
            resumed: false,
            idempotent: false,
            decided: Timestamp(1_795_305_600_000),
            stop: CancellationToken::new(),
        }
    }
}

/// A failed test must not leave its site behind.
impl Drop for Place {
    fn drop(&mut self) {
        let Ok(files) = std::fs::read_dir(self.path().join("state")) else { return };
        for ready in files.flatten().filter_map(|file| Ready::read(&file.path())) {
            let _ = kill_group(&ready.process);
        }
    }
}

/// The little that programs need of the environment of these tests.
pub fn essentials() -> Vec<(String, String)> {
    vec![("PATH".into(), env!("PATH").into()), ("LANG".into(), "C".into())]
}

pub fn ready(outcome: anyhow::Result<Outcome>) -> (Value, Vec<Resource>) {
    match outcome.unwrap() {
        Outcome::Ready { outputs, resources } => (outputs, resources),
        other => panic!("not ready: {other:?}"),
    }
}

pub fn refused(outcome: anyhow::Result<Outcome>) -> String {
    match outcome.unwrap() {
        Outcome::Refused { reason } => reason,
        other => panic!("not refused: {other:?}"),
    }
}

/// Looks until it is so, or fails.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let looking = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// What a program says; it has to succeed.
pub fn says(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_driver_is_found_by_its_action_and_by_its_name() {
    let exec: Arc<dyn Driver> = Arc::new(ExecDriver::new(ExecSettings::new(Vec::new())));
    let drivers = Drivers::new(vec![exec, Arc::new(SiteDriver::new(SiteSettings::new("x".into())))]);
    let named = |found: Option<&Arc<dyn Driver>>| found.map(|driver| driver.name());
    assert_eq!(named(drivers.for_action("site:serve")), Some("site"));
    assert_eq!(named(drivers.by_name("exec")), Some("exec"));
    assert_eq!(named(drivers.for_action("exec")), None);
    assert_eq!(named(drivers.by_name("git")), None);
}
