//! All SQL of who is in which group of a platform.

use std::collections::{BTreeSet, HashMap};

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::among;
use super::directory::rows;
use crate::chat::inbound::Identity;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::people::model::organisation::GroupName;

/// Rows of one statement; each has five parameters, of which SQLite takes 32,766 and PostgreSQL 65,535.
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
    let all: Vec<_> = members.iter().map(|who| (who, &group.name)).collect();
    add(tx, &all).await?;
    let now = tx.now().0;
    let sql = "INSERT INTO directory_group (platform, name, read_at) VALUES ($1, $2, $3)
               ON CONFLICT (platform, name) DO UPDATE SET read_at = excluded.read_at";
    sqlx::query(sql).bind(&group.platform).bind(&group.name).bind(now).execute(tx.conn()).await?;
    Ok(())
}

/// Takes down which groups an account is in, in place of those that it was in.
pub(in crate::people) async fn take_down_of(tx: &mut Tx, who: &Identity, names: &[String]) -> Result<()> {
    let sql = "DELETE FROM directory_group_member WHERE platform = $1 AND workspace = $2 AND user_id = $3";
    let query = sqlx::query(sql).bind(&who.platform).bind(&who.workspace).bind(&who.user);
    query.execute(tx.conn()).await?;
    add(tx, &names.iter().map(|name| (who, name)).collect::<Vec<_>>()).await
}

async fn add(tx: &mut Tx, all: &[(&Identity, &String)]) -> Result<()> {
    let now = tx.now().0;
    for some in all.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO directory_group_member (platform, workspace, user_id, name, read_at) VALUES {}
             ON CONFLICT (platform, workspace, user_id, name) DO NOTHING",
            rows(1, 5, some.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (Identity { platform, workspace, user }, name) in some {
            query = query.bind(platform).bind(workspace).bind(user).bind(*name).bind(now);
        }
        query.execute(tx.conn()).await?;
    }
    Ok(())
}

/// What the names of a platform's groups mean: name, id.
pub(in crate::people) async fn ids(conn: &mut Conn, platform: &str) -> Result<Vec<(String, String)>> {
    let sql = "SELECT name, group_id FROM directory_group_id WHERE platform = $1 ORDER BY name, group_id";
    Ok(sqlx::query_as(sql).bind(platform).fetch_all(conn).await?)
}

/// Takes down what the names mean now. Whoever is in a group by a name that meant something else is to
/// be read anew.
pub(in crate::people) async fn mean(
    tx: &mut Tx,
    platform: &str,
    ids: &BTreeSet<(String, String)>,
) -> Result<()> {
    let before = self::ids(tx.conn(), platform).await?;
    for (name, _) in before.iter().filter(|known| !ids.contains(known)) {
        let sql = "UPDATE identity SET looked_up_at = NULL WHERE platform = $1 AND EXISTS
                       (SELECT 1 FROM directory_group_member AS member WHERE member.platform = identity.platform
                           AND member.workspace = identity.workspace AND member.user_id = identity.user_id
                           AND member.name = $2)";
        sqlx::query(sql).bind(platform).bind(name).execute(tx.conn()).await?;
    }
    let sql = "DELETE FROM directory_group_id WHERE platform = $1";
    sqlx::query(sql).bind(platform).execute(tx.conn()).await?;
    for (name, id) in ids {
        let sql = "INSERT INTO directory_group_id (platform, name, group_id) VALUES ($1, $2, $3)";
        sqlx::query(sql).bind(platform).bind(name).bind(id).execute(tx.conn()).await?;
    }
    Ok(())
}

/// The groups that an account is in, of those where that was read after `since`, in order.
pub(in crate::people) async fn of(conn: &mut Conn, who: &Identity, since: Timestamp) -> Result<Vec<String>> {
    let sql = "SELECT name FROM directory_group_member
               WHERE platform = $1 AND workspace = $2 AND user_id = $3 AND read_at > $4 ORDER BY name";
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
