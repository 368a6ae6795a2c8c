//! The outbox for the operator: what was given up and why, and sent after all.

use sqlx::Row;

use super::outbox;
use crate::audit;
use crate::clock::Timestamp;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};

/// A message that was given up. Without its words, which are for those it was sent to.
#[derive(Debug, Clone)]
pub struct GivenUp {
    pub key: String,
    pub platform: String,
    pub reason: String,
    /// Unknown of one that an older version gave up.
    pub since: Option<Timestamp>,
}

/// Every message that was given up, the last one first.
pub async fn given_up(conn: &mut Conn) -> Result<Vec<GivenUp>> {
    let sql = "SELECT key, platform, given_up, given_up_at FROM message WHERE given_up IS NOT NULL
               ORDER BY COALESCE(given_up_at, 0) DESC, key";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(GivenUp {
            key: row.try_get("key")?,
            platform: row.try_get("platform")?,
            reason: row.try_get("given_up")?,
            since: row.try_get::<Option<i64>, _>("given_up_at")?.map(Timestamp),
        })
    };
    rows.iter().map(read).collect()
}

/// Sends a message that was given up after all, to where it was sent last, as it reads now.
///
/// # Errors
/// `NotFound` for one that was not given up.
pub async fn send_again(db: &Db, key: &str) -> Result<()> {
    db.write(key.to_owned(), |tx, key| {
        Box::pin(async move {
            let sql = "UPDATE message SET given_up = NULL, given_up_at = NULL
                       WHERE key = $1 AND given_up IS NOT NULL";
            if sqlx::query(sql).bind(key).execute(tx.conn()).await?.rows_affected() == 0 {
                return Err(Error::NotFound(format!(
                    "No message `{key}` was given up. `goldenpath messages list` shows which were."
                )));
            }
            audit::record(tx, audit::OPERATOR, "messages.retry", &format!("message={key}")).await?;
            outbox::deliver_soon(tx, key).await
        })
    })
    .await
}
