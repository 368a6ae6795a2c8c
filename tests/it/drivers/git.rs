//! `publish:git` with the real git.

use std::path::PathBuf;

use goldenpath::drivers::git::{GitDriver, GitSettings};
use goldenpath::drivers::{Driver, Observed, Outcome, Ownership, Plan, Resource};
use serde_json::{Value, json};

use super::{Place, essentials, ready, refused, says};

fn place() -> Place {
    let place = Place::new();
    place.write("src/main.rs", "fn main() {}\n");
    place.write("README.md", "# shop\n");
    place
}

fn repos(place: &Place) -> PathBuf {
    place.path().canonicalize().unwrap().join("repos")
}

fn driver(place: &Place) -> GitDriver {
    GitDriver::new(GitSettings::new(repos(place), essentials()))
}

/// One that may push to any repository of the machine.
fn open_driver(place: &Place) -> GitDriver {
    GitDriver::new(GitSettings { allow_local_paths: true, ..GitSettings::new(repos(place), essentials()) })
}

async fn publish(place: &Place, input: Value) -> anyhow::Result<Outcome> {
    driver(place).apply(&place.plan("publish:git", input)).await
}

async fn published(place: &Place, plan: &Plan) -> (Value, Resource) {
    let (outputs, mut resources) = ready(driver(place).apply(plan).await);
    (outputs, resources.remove(0))
}

fn git(repository: &std::path::Path, args: &[&str]) -> String {
    says("git", &[&["-C", repository.to_str().unwrap()], args].concat())
}

/// Adds a commit of somebody else to `shop.git`.
fn somebody_pushes(place: &Place) {
    let clone = place.path().join("clone");
    says("git", &["clone", "-q", repos(place).join("shop.git").to_str().unwrap(), clone.to_str().unwrap()]);
    let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
    git(&clone, &[&who[..], &["commit", "-q", "--allow-empty", "-m", "more"]].concat());
    git(&clone, &["push", "-q"]);
}

#[tokio::test]
async fn a_published_repository_can_be_cloned() {
    let place = place();
    let input =
        json!({ "gitCommitMessage": "Start shop", "gitAuthorName": "Ada", "gitAuthorEmail": "a@b.example" });
    let (outputs, repository) = published(&place, &place.plan("publish:git", input)).await;
    let clone = place.path().join("clone");
    says("git", &["clone", "-q", outputs["remoteUrl"].as_str().unwrap(), clone.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(clone.join("src/main.rs")).unwrap(), "fn main() {}\n");
    let log = git(&clone, &["log", "--format=%H|%an|%ae|%ct|%B"]);
    let hash = outputs["commitHash"].as_str().unwrap();
    let told = "Ada|a@b.example|1795305600|Start shop\n\nGoldenpath-Environment: env_1";
    assert_eq!(log, format!("{hash}|{told}").trim_end());
    assert_eq!((repository.label.as_str(), repository.ownership), ("shop.git", Ownership::Kept));
    assert!(!place.path().join("workspace/.git").exists());
}

#[tokio::test]
async fn publishing_twice_makes_one_commit() {
    let place = place();
    let plan = place.plan("publish:git", json!({}));
    let first = published(&place, &plan).await;
    assert_eq!(published(&place, &plan).await, first);
    assert_eq!(git(&repos(&place).join("shop.git"), &["rev-list", "--all", "--count"]), "1");
    let left: Vec<_> = std::fs::read_dir(repos(&place)).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["shop.git"]);
}

#[tokio::test]
async fn an_attempt_cut_off_before_the_last_rename_is_begun_anew() {
    let place = place();
    let plan = place.plan("publish:git", json!({}));
    let first = published(&place, &plan).await;
    let state = std::fs::read_dir(place.path().join("state")).unwrap().next().unwrap().unwrap().path();
    let hash = state.file_name().unwrap().to_str().unwrap().trim_start_matches("git-").to_owned();
    std::fs::rename(repos(&place).join("shop.git"), repos(&place).join(format!(".new-{hash}-shop.git")))
        .unwrap();
    std::fs::write(state.join("repository/index.lock"), "").unwrap();
    assert_eq!(published(&place, &plan).await, first);
}

#[tokio::test]
async fn what_people_pushed_since_does_not_undo_a_publication() {
    let place = place();
    let plan = place.plan("publish:git", json!({}));
    let first = published(&place, &plan).await;
    somebody_pushes(&place);
    assert_eq!(published(&place, &plan).await, first);
    place.write("README.md", "# other\n");
    let told = refused(driver(&place).apply(&plan).await);
    assert!(told.contains("has other commits on `main`"), "{told}");
}

#[tokio::test]
async fn what_is_not_wanted_any_more_is_found_where_it_was_published_and_not_made_anew() {
    let place = place();
    let plan = place.plan("publish:git", json!({}));
    let first = published(&place, &plan).await;
    plan.stop.cancel();
    assert_eq!(published(&place, &plan).await, first);
    driver(&place).destroy(&first.1).await.unwrap();
    assert_eq!(refused(driver(&place).apply(&plan).await), "the repository was not wanted any more");
    assert_eq!(std::fs::read_dir(repos(&place)).unwrap().count(), 0);
    let there = place.path().join("there.git");
    says("git", &["init", "-q", "--bare", there.to_str().unwrap()]);
    let foreign = Plan { input: json!({ "repoUrl": there }), ..plan };
    assert_eq!(refused(open_driver(&place).apply(&foreign).await), "the repository was not wanted any more");
    assert_eq!(git(&there, &["for-each-ref"]), "");
}

#[tokio::test]
async fn a_repository_of_somebody_else_is_refused() {
    let place = place();
    published(&place, &place.plan("publish:git", json!({}))).await;
    let mut other = place.plan("publish:git", json!({}));
    other.env = "env_2".into();
    let told = refused(driver(&place).apply(&other).await);
    assert!(
        told.starts_with("a repository `shop.git` exists already and was not made by this environment"),
        "{told}"
    );
    let given = json!({ "repoUrl": format!("file://{}", repos(&place).join("shop.git").display()) });
    other.input = given;
    refused(driver(&place).apply(&other).await);
}

#[tokio::test]
async fn undo_removes_only_what_holds_nothing_but_our_commit() {
    let place = place();
    let plan = place.plan("publish:git", json!({}));
    let (_, repository) = published(&place, &plan).await;
    let mut other_run = repository.clone();
    other_run.handle["key"] = "run_2/step".into();
    driver(&place).destroy(&other_run).await.unwrap();
    somebody_pushes(&place);
    driver(&place).destroy(&repository).await.unwrap();
    assert_eq!(driver(&place).observe(&repository).await.unwrap(), Observed::Present);
    git(
        &repos(&place).join("shop.git"),
        &["update-ref", "refs/heads/main", repository.handle["head"].as_str().unwrap()],
    );
    driver(&place).destroy(&repository).await.unwrap();
    assert_eq!(driver(&place).observe(&repository).await.unwrap(), Observed::Absent);
    driver(&place).destroy(&repository).await.unwrap();
}

#[tokio::test]
async fn an_empty_repository_of_somebody_else_is_filled_once() {
    let place = place();
    let there = place.path().join("there.git");
    says("git", &["init", "-q", "--bare", there.to_str().unwrap()]);
    let plan = place.plan("publish:git", json!({ "repoUrl": there, "defaultBranch": "trunk" }));
    let (outputs, resources) = ready(open_driver(&place).apply(&plan).await);
    assert_eq!(git(&there, &["rev-parse", "trunk"]), outputs["commitHash"].as_str().unwrap());
    assert_eq!(ready(open_driver(&place).apply(&plan).await), (outputs, resources.clone()));
    open_driver(&place).destroy(&resources[0]).await.unwrap();
    assert!(there.exists(), "it is not ours");
    place.write("more", "x");
    let told = refused(open_driver(&place).apply(&plan).await);
    assert!(told.contains("has content already"), "{told}");
    assert!(refused(driver(&place).apply(&plan).await).contains("is not in the folder of repositories"));
}

#[tokio::test]
async fn a_refused_push_is_told_and_logged() {
    let place = place();
    let there = place.path().join("there.git");
    says("git", &["init", "-q", "--bare", there.to_str().unwrap()]);
    git(&there, &["config", "receive.denyCreates", "true"]);
    std::fs::create_dir_all(there.join("hooks")).unwrap();
    let hook = there.join("hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\necho not today\nexit 1\n").unwrap();
    says("chmod", &["+x", hook.to_str().unwrap()]);
    let plan = place.plan("publish:git", json!({ "repoUrl": there }));
    let told = refused(open_driver(&place).apply(&plan).await);
    assert!(told.contains("there.git refused the push: ! [remote rejected]"), "{told}");
    assert!(place.log().contains("remote: not today"), "{}", place.log());
}

#[tokio::test]
async fn inputs_that_would_escape_are_refused() {
    let place = place();
    for input in [
        json!({ "repoUrl": "ext::sh -c 'touch x'" }),
        json!({ "repoUrl": "--upload-pack=touch x" }),
        json!({ "repoUrl": "http://host.example/a" }),
        json!({ "repoUrl": place.path().join("elsewhere.git") }),
        json!({ "sourcePath": ".." }),
        json!({ "sourcePath": "/etc" }),
        json!({ "defaultBranch": "-x" }),
        json!({ "defaultBranch": "a..b" }),
        json!({ "defaultBranch": ["a"] }),
    ] {
        refused(publish(&place, input).await);
    }
    let mut plan = place.plan("publish:git", json!({}));
    plan.env_name = "../shop".into();
    refused(driver(&place).apply(&plan).await);
    assert_eq!(std::fs::read_dir(repos(&place)).unwrap().count(), 0);
}

#[tokio::test]
async fn hooks_and_filters_of_the_files_do_not_run() {
    let place = place();
    place.write(".git/hooks/pre-commit", "#!/bin/sh\ntouch ran\n");
    place.write(".git/config", "[core]\n\tfsmonitor = touch ran\n[filter \"x\"]\n\tclean = touch ran\n");
    place.write(".gitattributes", "* filter=x\n");
    let (outputs, _) = ready(publish(&place, json!({})).await);
    assert!(!place.path().join("workspace/ran").exists());
    let hash = outputs["commitHash"].as_str().unwrap();
    let files = git(&repos(&place).join("shop.git"), &["ls-tree", "-r", "--name-only", hash]);
    assert_eq!(files, ".gitattributes\nREADME.md\nsrc/main.rs");
}

#[tokio::test]
async fn what_cannot_be_published_whole_is_refused() {
    let place = Place::new();
    assert_eq!(refused(publish(&place, json!({})).await), "there are no files to publish");
    place.write("sub/file", "x");
    let sub = place.path().join("workspace/sub");
    git(&sub, &["init", "-q"]);
    let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
    git(&sub, &[&who[..], &["commit", "-q", "--allow-empty", "-m", "x"]].concat());
    let told = refused(publish(&place, json!({})).await);
    assert!(told.contains("is a git repository itself"), "{told}");
}

#[tokio::test]
async fn a_missing_git_is_told_in_a_sentence() {
    let place = place();
    let settings = GitSettings::new(repos(&place), vec![("PATH".into(), "/nowhere".into())]);
    let told = refused(GitDriver::new(settings).apply(&place.plan("publish:git", json!({}))).await);
    assert!(told.starts_with("`git` is not installed on the machine of the bot"), "{told}");
}

#[tokio::test]
async fn a_remote_that_does_not_answer_is_tried_again_and_its_password_is_shown_nowhere() {
    let place = place();
    let input = json!({ "repoUrl": "https://ada:hunter2@127.0.0.1:1/x.git" });
    let error = publish(&place, input).await.unwrap_err().to_string();
    assert!(error.starts_with("the repository https://127.0.0.1:1/x.git cannot be read: fatal:"), "{error}");
    assert!(place.log().contains("fatal:"));
    assert!(!error.contains("hunter2") && !place.log().contains("hunter2"));
}
