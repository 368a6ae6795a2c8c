//! Environments from the request to the end.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use goldenpath::config::Config;

use crate::harness::stage::Stage;
use crate::harness::test_app::TestApp;
use crate::{on_each, reads};

const DAY: Duration = Duration::from_secs(86_400);

on_each!(
    one_line_makes_a_site_that_is_served_until_it_is_destroyed,
    a_form_asks_for_what_the_line_leaves_open,
    a_first_form_asks_for_the_template_and_a_second_for_the_rest,
    a_name_is_taken_once_and_only_its_owner_or_an_admin_changes_it,
    the_deadline_moves_by_extension_and_then_ends_it,
);
on_each!(with a_broken_path: a_failed_create_names_the_step_shows_the_log_and_goes_after_a_day);

async fn one_line_makes_a_site_that_is_served_until_it_is_destroyed(stage: &Stage) {
    let ada = stage.person("Ada");
    reads!(ada.runs("env create preview-site demo").await, @"⏳ demo is asked for; a message follows it, here or directly to you. /platform env show demo shows it any time.");
    stage.app().run_jobs().await;
    reads!(stage.reads().await, @"
    ✅ demo is ready · http://127.0.0.1:PORT/ · yours until 2026-11-21 09:00 UTC (in 3 days)
    [Open] [Extend by 1 day] [Destroy]
    ");
    let url = stage.link().await;
    assert!(reqwest::get(&url).await.unwrap().text().await.unwrap().contains("demo"));
    reads!(ada.runs("env show demo").await, @r#"
    demo
    State · ✅ ready
    Owner · Ada
    Template · Preview site (golden path, version 3a83e0cf998d)
    Until · 2026-11-21 09:00 UTC (in 3 days)
    URL · http://127.0.0.1:PORT/
    Parameters: name=demo message="This page was made on the golden path. Change its words, keep its address." accent=indigo
    Goes with it: workspace, process site of demo.
    [Open] [Extend by 1 day] [Destroy]
    "#);
    reads!(ada.runs("env list").await, @"
    1 environment
    Name · State · Template · Where · Until
    demo · ✅ ready · Preview site · http://127.0.0.1:PORT/ · 2026-11-21 09:00 UTC (in 3 days)
    <Show one>
    ");
    reads!(ada.runs("env destroy demo").await, @"⏳ demo is being removed. What it keeps is named in its message when it is gone.");
    stage.app().run_jobs().await;
    reads!(stage.reads().await, @"✅ demo is gone; its name is free again.");
    assert!(reqwest::get(&url).await.is_err(), "the site still answers");
}

async fn a_form_asks_for_what_the_line_leaves_open(stage: &Stage) {
    let ada = stage.person("Ada");
    reads!(ada.opens("env create rust-service").await, @"
    Rust service
    Description: A small HTTP service.
    Greeting: It works.
    Keep for: …
    Licence: MIT or Apache 2.0
    Name*: …
    Owner: platform
    Port: 8080
    Repository: …
    ");
    let wrong = [("Name", "Not a name"), ("Keep for", "soon"), ("Greeting", "Hello")];
    reads!(ada.fills("env create rust-service", &wrong).await, @"
    Keep for: soon is neither a length of time nor a moment; ttl takes one like 1d12h, or until fri 18:00, until 2026-12-24.
    Name: Not a name cannot be a name: lower-case letters, digits and -, a letter first, at most 40. not-a-name would do.
    ");
    reads!(ada.corrects(&[("Name", "shop"), ("Keep for", "2d")]).await, @"⏳ shop is asked for; a message follows it, here or directly to you. /platform env show shop shows it any time.");
    stage.app().run_jobs().await;
    reads!(stage.reads().await, @"
    ✅ shop is ready · repository shop.git · yours until 2026-11-20 09:00 UTC (in 2 days)
    Get it: git clone file://FOLDER/data/repositories/shop.git
    [Extend by 1 day] [Destroy]
    ");
    assert!(ada.runs("env show shop").await.contains("greeting=Hello"));
}

async fn a_first_form_asks_for_the_template_and_a_second_for_the_rest(stage: &Stage) {
    let ada = stage.person("Ada");
    reads!(ada.opens("env create ttl=1d").await, @"
    Env create
    Template*: …
    ");
    reads!(ada.opens("env create preview-site ttl=1d").await, @"
    Preview site
    Accent colour: Indigo
    Keep for: 1d
    Message: This page was made on the golden path. Change its words, keep its address.
    Name*: …
    Title: …
    ");
    let values = [("Template", "preview-site"), ("Name", "demo"), ("Accent colour", "teal")];
    reads!(ada.fills("env create ttl=1d", &values).await, @"⏳ demo is asked for; a message follows it, here or directly to you. /platform env show demo shows it any time.");
    stage.app().run_jobs().await;
    reads!(stage.reads().await, @"
    ✅ demo is ready · http://127.0.0.1:PORT/ · yours until 2026-11-19 09:00 UTC (in 1 day)
    [Open] [Extend by 1 day] [Destroy]
    ");
}

async fn a_name_is_taken_once_and_only_its_owner_or_an_admin_changes_it(stage: &Stage) {
    let (ada, ben, olga) = (stage.person("Ada"), stage.person("Ben"), stage.person("Olga"));
    ada.runs("env create preview-site demo").await;
    reads!(ben.runs("env create preview-site demo").await, @"demo exists already. It is Ada's (requested). Choose another name: demo-2 is free.");
    stage.app().run_jobs().await;
    reads!(ben.runs("env destroy demo").await, @"🔒 env destroy of somebody else's environment needs its owner (Ada) or an admin.");
    reads!(ben.presses("Destroy").await, @"🔒 env destroy of somebody else's environment needs its owner (Ada) or an admin.");
    reads!(ben.runs("env list").await, @"You have no environments. /platform env create makes one; /platform template list shows what there is.");
    reads!(ben.runs("env list --all").await, @"
    1 environment
    Name · Owner · State · Template · Where · Until
    demo · Ada · ✅ ready · Preview site · http://127.0.0.1:PORT/ · 2026-11-21 09:00 UTC (in 3 days)
    <Show one>
    ");
    reads!(ben.chooses("Show one", "demo").await, @r#"
    demo
    State · ✅ ready
    Owner · Ada
    Template · Preview site (golden path, version 3a83e0cf998d)
    Until · 2026-11-21 09:00 UTC (in 3 days)
    URL · http://127.0.0.1:PORT/
    Parameters: name=demo message="This page was made on the golden path. Change its words, keep its address." accent=indigo
    Goes with it: workspace, process site of demo.
    [Open]
    "#);
    reads!(olga.runs("env destroy demo").await, @"⏳ demo is being removed. What it keeps is named in its message when it is gone.");
}

async fn the_deadline_moves_by_extension_and_then_ends_it(stage: &Stage) {
    let ada = stage.person("Ada");
    ada.runs("env create preview-site demo ttl=12h").await;
    stage.app().run_jobs().await;
    // Slack knows everybody's time zone; where nobody does, it is named.
    reads!(ada.runs("env extend demo 12h").await.replace(" UTC", ""), @"✅ demo is yours until Thu 09:00, in 1 day.");
    reads!(ada.runs("env extend demo 30d").await, @"demo may live 14 days in all, and /platform env extend demo 13d is the most that is left.");
    stage.app().after(DAY / 2).await;
    reads!(ada.presses("Extend by 1 day").await.replace(" UTC", ""), @"✅ demo is yours until Fri 09:00, in 1 day 12 h.");
    stage.app().passes(DAY).await;
    reads!(stage.reads().await, @"
    ✅ demo is ready · http://127.0.0.1:PORT/ · yours until 2026-11-20 09:00 UTC (in 1 day 12 h)
    [Open] [Extend by 1 day] [Destroy]
    ");
    stage.app().passes(DAY / 2).await;
    reads!(stage.reads().await, @"✅ demo is gone; its name is free again.");
    reads!(ada.runs("env show demo").await, @"There is no environment demo. /platform env list --all shows what there is.");
}

fn a_broken_path(config: &mut Config) {
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
    let folder = config.data.with_file_name("templates");
    std::fs::create_dir_all(folder.join("broken")).unwrap();
    std::fs::write(folder.join("broken/template.yaml"), broken).unwrap();
    config.paths.templates = vec![folder];
}

async fn a_failed_create_names_the_step_shows_the_log_and_goes_after_a_day(stage: &Stage) {
    stage.person("Ada").runs("env create broken bad").await;
    stage.app().run_jobs().await;
    reads!(stage.reads().await, @"
    ❌ bad stopped at checking the soil: sh -c echo no water; exit 3 ended with exit code 3
    no water
    Made so far: workspace. Without a decision it is undone and goes in 1 day (2026-11-19 09:00 UTC).
    [Retry from here] [Undo]
    ");
    reads!(stage.person("Ada").presses("Retry from here").await, @"");
    reads!(stage.reads().await, @"
    ❌ bad stopped at checking the soil: sh -c echo no water; exit 3 ended with exit code 3
    no water
    no water
    Made so far: workspace. Without a decision it is undone and goes in 1 day (2026-11-19 09:00 UTC).
    [Retry from here] [Undo]
    ");
    stage.app().passes(DAY).await;
    reads!(stage.reads().await, @"✅ bad is gone; its name is free again.");
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
