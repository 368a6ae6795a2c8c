//! Environments from the request to the end.

use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::reading::read;
use crate::harness::test_app::TestApp;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn one_line_makes_a_site_that_is_served_until_it_is_destroyed() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.runs("env create preview-site demo").await, @"⏳ `demo` is asked for; a message follows it, here or directly to you. `/platform env show demo` shows it any time.");
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"
    ✅ `demo` is ready · http://127.0.0.1:PORT/ · yours until 2026-11-21 09:00 UTC (in 3 days)
    [Open] [Extend by 1 day] [Destroy]
    ");
    let url = app.link("C1");
    assert!(reqwest::get(&url).await.unwrap().text().await.unwrap().contains("demo"));
    assert_snapshot!(ada.runs("env show demo").await, @r#"
    demo
    State  ✅ ready
    Owner  Ada
    Template  Preview site (golden path, version `3a83e0cf998d`)
    Until  2026-11-21 09:00 UTC (in 3 days)
    URL  http://127.0.0.1:PORT/
    Parameters: `name=demo message="This page was made on the golden path. Change its words, keep its address." accent=indigo`
    Goes with it: workspace, process site of demo.
    [Open] [Extend by 1 day] [Destroy]
    "#);
    assert_snapshot!(ada.runs("env destroy demo").await, @"⏳ `demo` is being removed. What it keeps is named in its message when it is gone.");
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"✅ `demo` is gone; its name is free again.");
    assert!(reqwest::get(&url).await.is_err(), "the site still answers");
    app.end().await;
}

#[tokio::test]
async fn a_form_asks_for_what_the_line_leaves_open() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    let form = ada.opens("env create rust-service").await;
    assert_snapshot!(read(&form), @"
    A small HTTP service in Rust with a health check, tests, continuous integration and a catalog entry, in a Git repository of its own. Builds without the network, since it needs no crates.
    Name*: …
    Keep for: …
    Description: A small HTTP service.
    Owner: platform
    Greeting: It works.
    Port: 8080
    Licence: MIT OR Apache-2.0
    Repository: …
    ");
    let refused = ada.submits(&form, &[("name", "Not a name"), ("ttl", "soon")]).await;
    assert_snapshot!(refused["errors"]["name"].as_str().unwrap(), @"`Not a name` cannot be a name: lower-case letters, digits and `-`, a letter first, at most 40. `not-a-name` would do.");
    assert_snapshot!(refused["errors"]["ttl"].as_str().unwrap(), @"`soon` is neither a length of time nor a moment; `ttl` takes one like `1d12h`, or `until fri 18:00`, `until 2026-12-24`.");
    let done = ada.submits(&form, &[("name", "shop"), ("ttl", "2d")]).await;
    assert_snapshot!(read(&done), @"⏳ `shop` is asked for; a message follows it, here or directly to you. `/platform env show shop` shows it any time.");
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"
    ✅ `shop` is ready · repository `shop.git` · yours until 2026-11-20 09:00 UTC (in 2 days)
    Get it: `git clone file://FOLDER/data/repositories/shop.git`
    [Extend by 1 day] [Destroy]
    ");
    app.end().await;
}

#[tokio::test]
async fn a_first_form_asks_for_the_template_and_a_second_for_the_rest() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    let first = ada.opens("env create ttl=1d").await;
    assert_snapshot!(read(&first), @"
    Make an environment from a golden path.
    Template*: …
    ");
    let mut second = ada.submits(&first, &[("template", "preview-site")]).await["view"].clone();
    assert_snapshot!(read(&second), @"
    A static web page at an address of its own within seconds, to show an idea, share a note with a team or try the platform out. Plain HTML and CSS, light and dark, without scripts.
    Name*: …
    Keep for: 1d
    Title: …
    Message: This page was made on the golden path. Change its words, keep its address.
    Accent colour: indigo
    ");
    second["id"] = first["id"].clone();
    assert_snapshot!(read(&ada.submits(&second, &[("name", "")]).await), @r#"refused: {"name":"An environment needs a name."}"#);
    assert_snapshot!(read(&ada.submits(&second, &[("name", "demo"), ("p.accent", "teal")]).await), @"⏳ `demo` is asked for; a message follows it, here or directly to you. `/platform env show demo` shows it any time.");
    app.run_jobs().await;
    assert!(app.reads("C1").contains("`demo` is ready"));
    app.end().await;
}

#[tokio::test]
async fn a_name_is_taken_once_and_only_its_owner_or_an_admin_changes_it() {
    let app = TestApp::start().await;
    let (ada, ben, root) = (app.person("Ada"), app.person("Ben"), app.person("Root"));
    ada.types("env create preview-site demo").await;
    assert_snapshot!(ben.runs("env create preview-site demo").await, @"`demo` exists already. It is Ada's (requested). Choose another name: `demo-2` is free.");
    app.run_jobs().await;
    assert_snapshot!(ben.runs("env destroy demo").await, @"🔒 `env destroy` of somebody else's environment needs its owner (Ada) or an admin.");
    assert_snapshot!(ben.presses("Destroy").await, @"🔒 `env destroy` of somebody else's environment needs its owner (Ada) or an admin.");
    assert_snapshot!(ben.runs("env list").await, @"You have no environments. `/platform env create` makes one; `/platform template list` shows what there is.");
    assert_snapshot!(ben.runs("env list --all").await, @"
    1 environment
    Name | Owner | State | Template | Where | Until
    `demo` | Ada | ✅ ready | Preview site | http://127.0.0.1:PORT/ | 2026-11-21 09:00 UTC (in 3 days)
    <Show one>
    ");
    assert_snapshot!(root.runs("env destroy demo").await, @"⏳ `demo` is being removed. What it keeps is named in its message when it is gone.");
    app.end().await;
}

#[tokio::test]
async fn the_deadline_moves_by_extension_and_then_ends_it() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo ttl=12h").await;
    app.run_jobs().await;
    assert_snapshot!(ada.runs("env extend demo 1d").await, @"✅ `demo` is yours until Thu 21:00, in 1 day 12 h.");
    assert_snapshot!(ada.runs("env extend demo 30d").await, @"`demo` may live 14 days in all, and `/platform env extend demo 12d12h` is the most that is left.");
    app.after(DAY).await;
    assert_snapshot!(app.reads("C1"), @"
    ✅ `demo` is ready · http://127.0.0.1:PORT/ · yours until 2026-11-19 21:00 UTC (in 1 day 12 h)
    [Open] [Extend by 1 day] [Destroy]
    ");
    app.passes(DAY / 2).await;
    assert_snapshot!(app.reads("C1"), @"✅ `demo` is gone; its name is free again.");
    assert_snapshot!(ada.runs("env show demo").await, @"There is no environment `demo`. `/platform env list --all` shows what there is.");
    app.end().await;
}

#[tokio::test]
async fn a_failed_create_names_the_step_shows_the_log_and_goes_after_a_day() {
    let broken = r#"
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: broken, title: Broken path, description: Stops on purpose.}
spec:
  type: service
  goldenpath: {tier: supported}
  steps:
    - {id: check, name: checking the soil, action: exec:run, input: {command: [sh, -c, "echo no water; exit 3"]}}
"#;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("broken")).unwrap();
    std::fs::write(folder.path().join("broken/template.yaml"), broken).unwrap();
    let app = TestApp::with(|config| config.paths.templates = vec![folder.path().into()]).await;
    app.person("Ada").types("env create broken bad").await;
    app.run_jobs().await;
    assert_snapshot!(app.reads("C1"), @"
    ❌ `bad` stopped at checking the soil: `sh -c echo no water; exit 3` ended with exit code 3
    ```no water```
    Made so far: workspace. Without a decision it is undone and goes in 1 day (<!date^1795078800^{date_short_pretty} at {time}|2026-11-19 09:00 UTC>).
    [Retry from here] [Undo]
    ");
    app.passes(DAY).await;
    assert_snapshot!(app.reads("C1"), @"✅ `bad` is gone; its name is free again.");
    app.end().await;
}

#[tokio::test]
async fn where_the_bot_is_no_member_the_message_goes_to_the_person() {
    let app = TestApp::start().await;
    app.fake.memory().channels.insert("C2".into(), false);
    let ada = app.person("Ada").within("C2");
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    assert_eq!(app.reads("C2"), "");
    assert!(app.reads(&ada.direct()).contains("`demo` is ready"), "{}", app.reads(&ada.direct()));
    app.end().await;
}

#[tokio::test]
async fn the_same_request_three_times_makes_one_environment_and_one_answer() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    let trigger = app.fake.trigger();
    let line = "env create preview-site demo";
    let first = ada.delivers(line, &trigger).await;
    let again = tokio::join!(ada.delivers(line, &trigger), ada.delivers(line, &trigger));
    assert_eq!(again, (first.clone(), first));
    app.run_jobs().await;
    assert_eq!(app.fake.shown_in("C1").len(), 1);
    app.end().await;
}
