//! The append-only record of who did what, written before it is done.

use crate::db::Tx;
use crate::error::Result;

/// Who it was on the command line: somebody with the rights of the bot's own user.
pub const OPERATOR: &str = "operator";

/// Appends a row to this unit of work: `actor` is a person's id or `system`,
/// `detail` what was asked, without secrets and without a private command's arguments.
pub async fn record(tx: &mut Tx, actor: &str, command: &str, detail: &str) -> Result<()> {
    let (id, now) = (tx.new_id("aud"), tx.now());
    sqlx::query("INSERT INTO audit (id, at, actor, command, detail) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(now.0)
        .bind(actor)
        .bind(command)
        .bind(detail)
        .execute(tx.conn())
        .await?;
    Ok(())
}
