//! What the database itself would tell of an answer.

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
