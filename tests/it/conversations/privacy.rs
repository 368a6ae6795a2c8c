//! What the database itself, or one question after another, would tell of an answer.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use goldenpath::db::Dialect;
use goldenpath::surveys;

use crate::harness::test_app::TestApp;

/// People whose answer can be told from the transaction that wrote both.
async fn linked(app: &TestApp) -> i64 {
    let sql = match app.app.db.dialect() {
        Dialect::Postgres => {
            "SELECT count(*) FROM invitation JOIN answer ON answer.xmin::text = invitation.xmin::text"
        }
        Dialect::Sqlite => {
            "SELECT count(*) FROM pragma_table_list WHERE name IN ('answer', 'invitation', 'fact') AND wr = 0"
        }
    };
    let mut conn = app.app.db.read().await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap()
}

#[tokio::test]
async fn no_answer_is_tied_to_a_person_by_the_marks_of_the_database() {
    let app = TestApp::start().await;
    for (name, choice) in [("Ada", "Well"), ("Ben", "Badly"), ("Cy", "So-so")] {
        let person = app.person(name);
        person.types(&format!("env create preview-site {}-site", name.to_lowercase())).await;
        app.run_jobs().await;
        person.presses(choice).await;
    }
    app.app.db.write((), |tx, ()| Box::pin(surveys::unmark(tx))).await.unwrap();
    assert_eq!(linked(&app).await, 0);
    app.end().await;
}

const MONTH: Duration = Duration::from_secs(30 * 86_400);

/// Each of them gets an environment and answers.
async fn answer(app: &TestApp, month: &str, people: &[(&'static str, &str)]) {
    for (name, choice) in people {
        let person = app.person(name);
        person.types(&format!("env create preview-site {}-{month}", name.to_lowercase())).await;
        app.run_jobs().await;
        person.presses(choice).await;
    }
}

/// The line of the score.
async fn score(app: &TestApp, line: &str) -> String {
    let stats = app.person("Priya").runs(line).await;
    stats.lines().find(|line| line.starts_with("Satisfaction")).unwrap().to_owned()
}

#[tokio::test]
async fn a_month_of_too_few_answers_cannot_be_told_from_two_spans() {
    let app = TestApp::start().await;
    answer(&app, "nov", &[("Ada", "Badly"), ("Ben", "Badly")]).await;
    app.after(MONTH).await;
    let many = [("Ada", "Well"), ("Ben", "Well"), ("Cy", "Well"), ("Di", "Well"), ("Eve", "Badly")];
    answer(&app, "dec", &many).await;
    let shown = "Satisfaction  CSAT 80 % [38, 96] well or very well, n = 5";
    assert_eq!(score(&app, "stats since=10d").await, format!("{shown} · 5 of 5 asked (100 %)"));
    let left_out = format!("{shown} · 7 of 7 asked (100 %); months with too few answers are left out");
    assert_eq!(score(&app, "stats since=60d").await, left_out);
    app.end().await;
}

#[tokio::test]
async fn answers_of_months_with_too_few_each_show_no_score_together() {
    let app = TestApp::start().await;
    let few = [("Ada", "Well"), ("Ben", "Well"), ("Cy", "Well")];
    answer(&app, "nov", &few).await;
    app.after(MONTH).await;
    answer(&app, "dec", &few).await;
    let too_few = "Satisfaction  6 of 6 asked (100 %); shown from 5 answers in a month on";
    assert_eq!(score(&app, "stats since=60d").await, too_few);
    app.end().await;
}

#[tokio::test]
async fn who_is_forgotten_has_no_answer_while_the_question_is_open_and_is_nobody_after() {
    let app = TestApp::start().await;
    answer(&app, "nov", &[("Ada", "Badly"), ("Ben", "Well")]).await;
    let ada = app.texts("SELECT id FROM person WHERE name = 'Ada'").await.remove(0);
    let own = export(&app, &ada).await;
    assert_eq!(own, r#"[{"survey":"env.csat","period":"2026-11","answer":["Badly"],"words":null}]"#);
    forget(&app, &ada).await;
    assert_eq!(export(&app, &ada).await, "[]");
    assert_eq!(app.texts("SELECT CAST(value AS TEXT) FROM answer").await, ["4"], "Ben's is there");
    app.person("Ada").presses("So-so").await;
    let wave = app.texts("SELECT id FROM wave").await.remove(0);
    app.app.db.write(wave, |tx, wave| Box::pin(surveys::close_wave(tx, wave))).await.unwrap();
    forget(&app, &ada).await;
    assert_eq!(app.texts("SELECT CAST(value AS TEXT) FROM answer ORDER BY 1").await, ["3", "4"]);
    app.end().await;
}

async fn export(app: &TestApp, person: &str) -> String {
    let mut conn = app.app.db.read().await.unwrap();
    app.app.surveys.export(&mut conn, person).await.unwrap().to_string()
}

async fn forget(app: &TestApp, person: &str) {
    let unit = (app.app.surveys.clone(), person.to_owned());
    let unit = app.app.db.write(unit, |tx, (slice, person)| Box::pin(slice.forget(tx, person)));
    unit.await.unwrap();
    let rebuilt = app.app.db.write((), |tx, ()| Box::pin(surveys::rebuild(tx))).await.unwrap();
    assert_eq!(rebuilt.mended, 0);
}
