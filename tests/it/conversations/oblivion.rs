//! What is kept about somebody: shown, taken away, forgotten.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::collections::BTreeMap;

use goldenpath::chat::drafts::Drafts;
use goldenpath::chat::form::Form;
use goldenpath::chat::inbound::Identity;
use goldenpath::surveys;
use insta::assert_snapshot;

use crate::harness::fake_slack::TEAM;
use crate::harness::test_app::{Person, TestApp};

/// Somebody who had an environment, answered what was asked, and said something.
async fn who_was_here(app: &TestApp) -> Person<'_> {
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    ada.presses("Well").await;
    ada.types("feedback builds are slow").await;
    app.run_jobs().await;
    half_fills_a_form(app).await;
    ada
}

/// Of a chat where a form has pages.
async fn half_fills_a_form(app: &TestApp) {
    let form = Form {
        command: "env.create".into(),
        title: "Create".into(),
        submit: "Create".into(),
        intro: None,
        fields: vec![],
        fixed: vec![],
        typed: None,
        private: false,
    };
    let drafts = Drafts::new(app.app.db.clone());
    let draft = drafts.open(&Identity::new("slack", TEAM, "UADA"), &form).await.unwrap();
    drafts.fill(&draft, BTreeMap::from([("name".into(), "half-done".into())])).await.unwrap();
}

async fn count(app: &TestApp, sql: &'static str) -> String {
    app.texts(sql).await.concat()
}

#[tokio::test]
async fn somebody_sees_what_is_kept_about_them_and_takes_it_away() {
    let app = TestApp::start().await;
    let ada = who_was_here(&app).await;
    assert_snapshot!(ada.runs("privacy").await, @"
    What is kept about you
    Your name  Ada
    Accounts  1
    Time zone  Europe/London
    Days on which you used the bot  1
    Environments  1
    Questions you were asked  1
    Answers that lead to you still  1
    Feedback with your name  1
    Votes  0
    Searches and failures noted for the roadmap  0
    Commands in the audit  2
    An answer leads to nobody once its question is closed: the key that it was kept under is destroyed then. What you changed stays in the audit, under an id that leads to nobody once you are forgotten.
    [Export] [Forget me]
    ");
    ada.types("privacy export").await;
    app.run_jobs().await;
    let file = String::from_utf8_lossy(&app.fake.files()[0].bytes).into_owned();
    for kept in ["\"demo\"", "builds are slow", "half-done", "\"Well\"", "\"Ada\""] {
        assert!(file.contains(kept), "{kept} is missing in {file}");
    }
    app.end().await;
}

#[tokio::test]
async fn whoever_owns_something_is_not_forgotten_yet() {
    let app = TestApp::start().await;
    let ada = who_was_here(&app).await;
    assert_snapshot!(ada.presses_value("privacy.forget::").await, @"You still own `demo`; forgotten, nobody could extend or end what is yours. Nothing was changed. `/platform env destroy NAME` first, then press again.");
    assert_eq!(count(&app, "SELECT name FROM person").await, "Ada");
    app.end().await;
}

#[tokio::test]
async fn a_forgotten_person_is_in_no_table_and_begins_anew() {
    let app = TestApp::start().await;
    let ada = who_was_here(&app).await;
    ada.types("env destroy demo").await;
    app.run_jobs().await;
    assert_snapshot!(ada.presses_value("privacy.forget::").await, @"✅ You are forgotten: your name, accounts, settings, words and votes are gone, and answers to open questions were withdrawn. The next command you type begins anew.");
    app.run_jobs().await;
    for (sql, left) in [
        ("SELECT user_id FROM identity", ""),
        ("SELECT name FROM person WHERE name LIKE '%Ada%'", ""),
        ("SELECT text FROM feedback", ""),
        ("SELECT key FROM message WHERE target LIKE '%UADA%'", ""),
        ("SELECT respondent FROM answer", ""),
        ("SELECT id FROM invitation", ""),
        ("SELECT id FROM draft", ""),
        ("SELECT person_id FROM prompted", ""),
    ] {
        assert_eq!(count(&app, sql).await, left, "{sql}");
    }
    assert_snapshot!(ada.runs("env list").await, @"You have no environments. `/platform env create` makes one; `/platform template list` shows what there is.");
    app.end().await;
}

#[tokio::test]
async fn what_a_closed_question_adds_up_to_stays_of_as_many_as_were_asked() {
    let app = TestApp::start().await;
    let ada = who_was_here(&app).await;
    ada.types("env destroy demo").await;
    app.run_jobs().await;
    let wave = count(&app, "SELECT id FROM wave").await;
    app.app.db.write(wave, |tx, wave| Box::pin(surveys::close_wave(tx, wave))).await.unwrap();
    let told = app.person("Priya").runs("survey results env.csat").await;
    ada.presses_value("privacy.forget::").await;
    assert_eq!(app.person("Priya").runs("survey results env.csat").await, told);
    assert!(told.contains("1 of 1 answered"), "{told}");
    assert_eq!(count(&app, "SELECT subject FROM invitation").await, "");
    let rebuilt = app.app.db.write((), |tx, ()| Box::pin(surveys::rebuild(tx))).await.unwrap();
    assert_eq!(rebuilt.mended, 0);
    app.end().await;
}

#[tokio::test]
async fn what_was_told_of_an_open_round_stays_when_somebody_of_it_is_forgotten() {
    let app = TestApp::start().await;
    for (name, choice) in
        [("Ada", "Well"), ("Ben", "Well"), ("Cy", "Badly"), ("Di", "Well"), ("Eve", "Badly")]
    {
        app.person(name).types(&format!("env create preview-site {}-site", name.to_lowercase())).await;
        app.run_jobs().await;
        app.person(name).presses(choice).await;
    }
    let told = app.person("Priya").runs("stats env.csat").await;
    assert!(told.contains("CSAT 60 %") && told.contains("n = 5 · 5 of 5 asked"), "{told}");
    app.person("Cy").types("env destroy cy-site").await;
    app.run_jobs().await;
    app.person("Cy").presses_value("privacy.forget::").await;
    assert_eq!(count(&app, "SELECT CAST(count(*) AS TEXT) FROM answer").await, "4");
    let after = app.person("Priya").runs("stats env.csat").await;
    assert!(after.contains("CSAT 60 %") && after.contains("n = 5 · 4 of 4 asked"), "{after}");
}
