//! All SQL of who is in which group of a platform.

use std::collections::HashMap;

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::among;
use super::directory::rows;
use crate::chat::inbound::Identity;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::people::model::organisation::GroupName;

/// Rows of one statement; each has four parameters, of which SQLite takes 32,766 and PostgreSQL 65,535.
const ROWS: usize = 1_000;

/// When a group was read last.
pub(in crate::people) async fn read_at(conn: &mut Conn, group: &GroupName) -> Result<Option<Timestamp>> {
    let sql = "SELECT read_at FROM directory_group WHERE platform = $1 AND name = $2";
    let at = sqlx::query_scalar(sql).bind(&group.platform).bind(&group.name).fetch_optional(conn).await?;
    Ok(at.map(Timestamp))
}

/// Takes down who is in a group, in place of who was.
pub(in crate::people) async fn take_down(tx: &mut Tx, group: &GroupName, members: &[Identity]) -> Result<()> {
    let sql = "DELETE FROM directory_group_member WHERE platform = $1 AND name = $2";
    sqlx::query(sql).bind(&group.platform).bind(&group.name).execute(tx.conn()).await?;
    for members in members.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO directory_group_member (platform, workspace, user_id, name) VALUES {}
             ON CONFLICT (platform, workspace, user_id, name) DO NOTHING",
            rows(1, 4, members.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for Identity { platform, workspace, user } in members {
            query = query.bind(platform).bind(workspace).bind(user).bind(&group.name);
        }
        query.execute(tx.conn()).await?;
    }
    let now = tx.now().0;
    let sql = "INSERT INTO directory_group (platform, name, read_at) VALUES ($1, $2, $3)
               ON CONFLICT (platform, name) DO UPDATE SET read_at = excluded.read_at";
    sqlx::query(sql).bind(&group.platform).bind(&group.name).bind(now).execute(tx.conn()).await?;
    Ok(())
}

/// The groups that an account is in, of those that were read after `since`.
pub(in crate::people) async fn of(conn: &mut Conn, who: &Identity, since: Timestamp) -> Result<Vec<String>> {
    let sql = "SELECT member.name FROM directory_group_member AS member
               JOIN directory_group AS known ON known.platform = member.platform AND known.name = member.name
               WHERE member.platform = $1 AND member.workspace = $2 AND member.user_id = $3 AND known.read_at > $4";
    let query = sqlx::query_scalar(sql).bind(&who.platform).bind(&who.workspace).bind(&who.user);
    Ok(query.bind(since.0).fetch_all(conn).await?)
}

/// The groups of all accounts of the persons after `after` and up to `last`.
pub(in crate::people) async fn between(conn: &mut Conn, after: &str, last: &str) -> Result<Groups> {
    let sql = format!("{EACH} WHERE identity.person_id > $1 AND identity.person_id <= $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(after).bind(last);
    gather(&query.fetch_all(conn).await?)
}

/// The groups of all accounts of these people, at least one.
pub(in crate::people) async fn of_all(conn: &mut Conn, people: &[&str]) -> Result<Groups> {
    let sql = format!("{EACH} WHERE identity.person_id IN ({{people}})");
    gather(&among(&sql, people).fetch_all(conn).await?)
}

/// An account's groups.
type Groups = HashMap<Identity, Vec<String>>;

const EACH: &str = "SELECT member.platform, member.workspace, member.user_id, member.name
    FROM identity JOIN directory_group_member AS member ON member.platform = identity.platform
        AND member.workspace = identity.workspace AND member.user_id = identity.user_id";

fn gather(rows: &[AnyRow]) -> Result<Groups> {
    let mut found = Groups::new();
    for row in rows {
        let (platform, workspace, user) =
            (row.try_get("platform")?, row.try_get("workspace")?, row.try_get("user_id")?);
        found.entry(Identity { platform, workspace, user }).or_default().push(row.try_get("name")?);
    }
    Ok(found)
}
