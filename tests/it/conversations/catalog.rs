//! Templates that change beside a running bot.

use std::path::Path;
use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::test_app::TestApp;

const NOTE: &str = r"apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: note, title: A note, description: Says something.}
spec:
  type: service
  steps:
    - {id: rest, name: resting, action: 'debug:wait', input: {minutes: 1}}
    - {id: say, name: saying, action: 'fetch:template', input: {url: ./words}}
";

/// Writes a template and the file that it brings into a folder of its own.
fn save(folder: &Path, name: &str, text: &str) {
    std::fs::create_dir_all(folder.join(name).join("words")).expect("a folder");
    std::fs::write(folder.join(name).join("template.yaml"), text).expect("a file");
    std::fs::write(folder.join(name).join("words/said"), "hello").expect("a file");
}

#[tokio::test]
async fn a_template_is_there_once_it_is_saved_and_stays_while_it_is_broken() {
    let folder = tempfile::tempdir().expect("a folder");
    let app = TestApp::with(|config| config.paths.templates = vec![folder.path().into()]).await;
    let ada = app.person("Ada");
    assert!(ada.runs("template show note").await.contains("no template `note`"));
    save(folder.path(), "one", NOTE);
    assert!(ada.runs("template search something").await.contains("A note"));
    save(folder.path(), "one", &NOTE.replace("debug:wait", "debug:wiat"));
    let listed = ada.runs("template list").await.replace(&folder.path().display().to_string(), "FOLDER");
    assert_snapshot!(listed, @"
    What an environment can be made from, golden paths first:
    Name | Title | Support | What it gives | From
    `preview-site` | Preview site | golden path | A static web page at an address of its own within seconds, to show an idea, share a note with a team or try the platform out | shipped
    `rust-service` | Rust service | golden path | A small HTTP service in Rust with a health check, tests, continuous integration and a catalog entry, in a Git repository of its own | shipped
    `note` | A note | custom | Says something | `FOLDER/one/template.yaml`
    [Create from preview-site] [Create from rust-service] [Create from note]
    `/platform template show NAME` tells what one asks and does.
    ");
    save(folder.path(), "one", &NOTE.replace("A note", "The note"));
    assert!(ada.runs("template list").await.contains("The note"));
    std::fs::remove_dir_all(folder.path().join("one")).expect("it was there");
    assert!(ada.runs("env create note mine").await.contains("no template `note`"));
    app.end().await;
}

#[tokio::test]
async fn an_environment_ends_with_the_template_it_began_with() {
    let folder = tempfile::tempdir().expect("a folder");
    save(folder.path(), "one", NOTE);
    let app = TestApp::with(|config| config.paths.templates = vec![folder.path().into()]).await;
    let ada = app.person("Ada");
    ada.types("env create note mine").await;
    app.run_jobs().await;
    std::fs::remove_dir_all(folder.path().join("one")).expect("it was there");
    assert!(!ada.runs("template list").await.contains("A note"));
    app.after(Duration::from_secs(60)).await;
    assert!(app.reads("C1").starts_with("✅ `mine` is ready"), "{}", app.reads("C1"));
    app.end().await;
}
