//! Golden paths that stop where the test wants it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use data_encoding::HEXLOWER;
use goldenpath::config::Config;
use sha2::{Digest as _, Sha256};

use super::ground::until;
use super::test_app::TestApp;

/// What `fickle` waits for, beside the data.
const FLAG: &str = "flag";
/// Publishes, serves, then fails until the file FLAG is there.
const FICKLE: &str = r#"
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: fickle, title: Fickle path, description: Works when it is allowed to.}
spec:
  type: service
  goldenpath: {tier: supported, outputs: {url: "${{ steps.serve.output.url }}"}}
  steps:
    - {id: files, name: rendering the page, action: fetch:template, input: {url: ./skeleton}}
    - {id: publish, name: publishing the repository, action: publish:git, input: {}}
    - {id: serve, name: serving the site, action: site:serve, input: {path: .}}
    - {id: check, name: checking the soil, action: exec:run, input: {command: [sh, -c, 'test -e "$IS"'], env: {IS: FLAG}}}
"#;

/// Runs a program that does not end.
const SLOW: &str = r#"
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: slow, title: Slow path, description: Does not end.}
spec:
  type: service
  goldenpath: {tier: supported}
  steps:
    - {id: work, name: working, action: exec:run, input: {command: [sh, -c, "echo $$ > pid; echo begun; sleep 600"]}}
    - {id: after, name: being glad, action: debug:log, input: {message: done}}
"#;

/// With these golden paths: `fickle` and `slow`.
pub fn fickle(config: &mut Config) {
    let templates = config.data.with_file_name("templates");
    let flag = config.data.with_file_name(FLAG).display().to_string();
    for (name, text) in [("fickle", FICKLE), ("slow", SLOW)] {
        std::fs::create_dir_all(templates.join(name).join("skeleton")).unwrap();
        std::fs::write(templates.join(name).join("template.yaml"), text.replace("FLAG", &flag)).unwrap();
        std::fs::write(templates.join(name).join("skeleton/index.html"), "<h1>shop</h1>").unwrap();
    }
    config.paths.templates = vec![templates];
}

impl TestApp {
    /// From now on `fickle` works.
    pub fn allow(&self) {
        std::fs::write(self.folder.path().join(FLAG), "").unwrap();
    }

    /// The repository of `shop`.
    pub fn repository(&self) -> PathBuf {
        self.folder.path().join("data/repositories/shop.git")
    }

    /// Leaves behind what crashes in the publication of this key, and in its undo, would.
    pub fn half_made(&self, key: &str) -> [PathBuf; 2] {
        let hash = HEXLOWER.encode(&Sha256::digest(key.as_bytes())[..8]);
        [format!(".new-{hash}-shop.git"), format!(".home-{hash}")].map(|name| {
            let path = self.repository().with_file_name(name);
            std::fs::create_dir(&path).unwrap();
            path
        })
    }

    /// How many environments have a folder.
    pub fn folders(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("data/environments")).map_or(0, Iterator::count)
    }

    /// Adds a commit of somebody else to the repository of `shop`.
    pub fn somebody_pushes(&self) {
        let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
        let commit = self.git(&[&who[..], &["commit-tree", tree, "-p", "main", "-m", "more"]].concat());
        self.git(&["update-ref", "refs/heads/main", &commit]);
    }

    fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git").arg("--git-dir").arg(self.repository()).args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// How often each step of the create was begun.
    pub async fn attempts(&self) -> Vec<String> {
        self.texts(
            "SELECT step_id || ' ' || CAST(attempts AS TEXT) FROM step
             JOIN run ON run.id = run_id AND run.state <> 'replaced' ORDER BY position",
        )
        .await
    }

    /// The group of the program that `slow` runs, once it does and the channel says so.
    pub async fn program(&self) -> i32 {
        let environments = self.folder.path().join("data/environments");
        let pid = until("the program runs", async || {
            let folder = std::fs::read_dir(&environments).ok()?.next()?.ok()?.path();
            std::fs::read_to_string(folder.join("workspace/pid")).ok()?.trim().parse().ok()
        });
        let pid = pid.await;
        // The message that says so waits for its turn after the step that runs here.
        tokio::time::timeout(Duration::from_secs(30), self.run_jobs()).await.unwrap();
        pid
    }
}
