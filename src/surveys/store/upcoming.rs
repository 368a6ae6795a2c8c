//! What the plans of all waves come to.

use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;

/// When the next person is asked after `now`, of those whose wave is planned.
pub(in crate::surveys) async fn next_asked(conn: &mut Conn, now: Timestamp) -> Result<Option<Timestamp>> {
    let sql =
        "SELECT CAST(min(planned_at) AS BIGINT) FROM invitation WHERE state = 'planned' AND planned_at > $1";
    let at: Option<i64> = sqlx::query_scalar(sql).bind(now.0).fetch_one(conn).await?;
    Ok(at.map(Timestamp))
}
