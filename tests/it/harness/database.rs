//! A database for each test: a SQLite file, or one of its own on the server that
//! `GOLDENPATH_TEST_DATABASE_URL` names.

use std::path::Path;

use sqlx::Connection;
use sqlx::postgres::PgConnection;

/// The server for the tests, where there is one.
pub fn server() -> Option<String> {
    goldenpath::config::environment()
        .get("GOLDENPATH_TEST_DATABASE_URL")
        .cloned()
        .filter(|url| !url.is_empty())
}

/// A fresh database's address; `folder` is where a SQLite file goes.
pub async fn fresh(folder: &Path) -> String {
    let Some(server) = server() else { return format!("sqlite:{}", folder.join("test.db").display()) };
    let unique = folder.file_name().unwrap().to_string_lossy().to_lowercase();
    let name: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut conn = PgConnection::connect(&server).await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE test_{name}"));
    sqlx::query(sql).execute(&mut conn).await.unwrap();
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&format!("test_{name}"));
    url.to_string()
}

/// Removes a database that [`fresh`] made; a file goes with its folder.
pub async fn drop(url: &str) {
    let Some(server) = server() else { return };
    let name = url::Url::parse(url).unwrap().path().trim_start_matches('/').to_owned();
    assert!(name.starts_with("test_"), "{name} is not ours to drop");
    let mut conn = PgConnection::connect(&server).await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
    sqlx::query(sql).execute(&mut conn).await.unwrap();
}
