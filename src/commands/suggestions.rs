//! "Did you mean …?": the corrected line is kept for a while, and a button runs it.
//!
//! The button carries the row's id alone; the row says whose it is.

use std::time::Duration;

use crate::db::{Db, Tx};
use crate::error::{Error, Result};

/// A suggestion is forgotten after this long.
const KEPT: Duration = Duration::from_secs(86_400);

/// Keeps a line for the person it was suggested to; the suggestion's id.
pub(super) async fn keep(db: &Db, person: &str, line: &str) -> Result<String> {
    db.write((person.to_owned(), line.to_owned()), |tx, (person, line)| {
        Box::pin(async move {
            let (id, expires) = (tx.new_id("sug"), tx.now().plus(KEPT));
            sqlx::query("INSERT INTO suggestion (id, person_id, line, expires_at) VALUES ($1, $2, $3, $4)")
                .bind(&id)
                .bind(person)
                .bind(line)
                .bind(expires.0)
                .execute(tx.conn())
                .await?;
            Ok(id)
        })
    })
    .await
}

/// The line of a suggestion, for the person it was made to.
///
/// # Errors
/// `NotFound` when it is somebody else's or was forgotten.
pub(super) async fn line(db: &Db, person: &str, id: &str) -> Result<String> {
    let mut conn = db.read().await?;
    let sql = "SELECT line FROM suggestion WHERE id = $1 AND person_id = $2 AND expires_at > $3";
    let line =
        sqlx::query_scalar(sql).bind(id).bind(person).bind(db.now().0).fetch_optional(&mut *conn).await?;
    line.ok_or_else(|| Error::NotFound("This suggestion is not kept any more. Type the command.".into()))
}

/// Forgets what is past its time.
pub(super) async fn forget(tx: &mut Tx) -> Result<()> {
    let now = tx.now().0;
    sqlx::query("DELETE FROM suggestion WHERE expires_at <= $1").bind(now).execute(tx.conn()).await?;
    Ok(())
}
