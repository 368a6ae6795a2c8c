//! A micro-survey from the prompt to the score.

use insta::assert_snapshot;
use sqlx::Row;

use crate::harness::reading::buttons;
use crate::harness::test_app::TestApp;

#[tokio::test]
async fn one_click_is_recorded_and_a_changed_click_counts_once() {
    let app = TestApp::start().await;
    let (ada, priya) = (app.person("Ada"), app.person("Priya"));
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    assert_snapshot!(app.reads(&ada.direct()), @"
    How did getting `demo` go for you?
    One click. It decides what we fix first.
    [Very badly] [Badly] [So-so] [Well] [Very well]
    [Not now] [Fewer of these]
    Your name is not stored with the answer; results are shown from 5 answers on.
    ");
    assert_snapshot!(ada.presses("Well").await, @"");
    assert_snapshot!(app.reads(&ada.direct()), @"
    ✅ Recorded, thank you. You can press another one to change it; it counts once.
    How did getting `demo` go for you?
    [Very badly] [Badly] [So-so] [Well] [Very well]
    [Add a comment] [Withdraw]
    Your name is not stored with the answer; results are shown from 5 answers on.
    ");
    ada.presses("Badly").await;
    assert_snapshot!(priya.runs("stats").await, @"
    Platform · last 28 days against the 28 days before
    Adoption  1 person active; nobody before, so there is nothing to compare with
    Environments  1 asked for, 1 ready, 0 failed
    First environment  median 0.0 s, n = 1
    Golden path  1 of 1
    Satisfaction  1 of 1 asked; 1 answer so far; shown from 5 on
    In brackets: 95 % interval. Scores count whole calendar months and no skips.
    ");
    app.end().await;
}

#[tokio::test]
async fn from_five_answers_on_a_score_is_shown_with_its_interval() {
    let app = TestApp::start().await;
    for (name, choice) in
        [("Ada", "Well"), ("Ben", "Very well"), ("Cy", "Well"), ("Di", "Badly"), ("Eve", "Well")]
    {
        let person = app.person(name);
        person.types(&format!("env create preview-site {}-site", name.to_lowercase())).await;
        app.run_jobs().await;
        person.presses(choice).await;
    }
    assert_snapshot!(app.person("Priya").runs("stats").await, @"
    Platform · last 28 days against the 28 days before
    Adoption  5 people active; nobody before, so there is nothing to compare with
    Environments  5 asked for, 5 ready, 0 failed
    First environment  median 0.0 s, n = 5
    Golden path  100 % [57, 100] of environments, n = 5 by 5 people
    Satisfaction  CSAT 80 % [38, 96] well or very well, n = 5 · 5 of 5 asked (100 %)
    In brackets: 95 % interval. Scores count whole calendar months and no skips.
    ");
    app.end().await;
}

#[tokio::test]
async fn somebody_is_asked_once_in_a_calendar_month() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    for name in ["one", "two"] {
        ada.types(&format!("env create preview-site {name}")).await;
        app.run_jobs().await;
    }
    let asked = || app.reads(&ada.direct()).matches("How did getting").count();
    assert_eq!(asked(), 1);
    app.after(std::time::Duration::from_secs(13 * 86_400)).await;
    ada.types("env create preview-site three").await;
    app.run_jobs().await;
    assert_eq!(asked(), 2, "a new month is a new wave");
    app.end().await;
}

#[tokio::test]
async fn only_the_one_who_was_asked_can_answer_and_only_by_a_button() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    let (_, value) = buttons(&app.fake.shown_in(&ada.direct())[0])[3].clone();
    assert_snapshot!(ben.presses_value(&value).await, @"🔒 This question was asked of somebody else; only they can answer it.");
    assert_snapshot!(ada.presses_value(&value.replace(":4", ":9")).await, @"This is none of the answers offered. Press one of the buttons.");
    assert_snapshot!(ada.presses_value("survey.answer:inv_nobody:4").await, @"This question is not open any more. Nothing was recorded.");
    let typed = ada.runs(&format!("survey answer {}", value.replace(':', " "))).await;
    assert!(typed.starts_with("There is no `survey answer`."), "{typed}");
    app.end().await;
}

#[tokio::test]
async fn an_answer_leaves_no_person_no_time_and_no_audit() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    ada.presses("So-so").await;
    let mut conn = app.app.db.read().await.unwrap();
    let person: String = sqlx::query_scalar("SELECT id FROM person").fetch_one(&mut *conn).await.unwrap();
    let row = sqlx::query("SELECT respondent, value, week FROM answer").fetch_one(&mut *conn).await.unwrap();
    let (respondent, week): (String, String) = (row.get("respondent"), row.get("week"));
    assert!(respondent.len() == 64 && !respondent.contains(&person));
    assert_eq!((row.get::<i64, _>("value"), week.as_str()), (3, "2026-W47"));
    let count = "SELECT CAST(count(*) AS BIGINT) FROM audit WHERE command = 'survey.answer'";
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&mut *conn).await.unwrap(), 0);
    let fact = "SELECT at, data FROM fact WHERE kind = 'survey.answered'";
    let fact: (i64, String) = sqlx::query_as(fact).fetch_one(&mut *conn).await.unwrap();
    assert_eq!(
        fact,
        (1_794_787_200_000, r#"{"survey":"env.csat"}"#.into()),
        "the week's start, and no person"
    );
    drop(conn);
    app.end().await;
}
