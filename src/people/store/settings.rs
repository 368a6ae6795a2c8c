//! All SQL of what people say of themselves, and of what is left of who wants to be forgotten.

use serde_json::{Value, json};
use sqlx::Row;

use super::read;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Unit};
use crate::error::Result;
use crate::people::model::settings::{Change, Changes, Said};

pub(in crate::people) async fn said(conn: &mut Conn, person: &str) -> Result<Said> {
    let sql = "SELECT own_zone, zone, hours, surveys FROM person WHERE id = $1";
    let Some(row) = sqlx::query(sql).bind(person).fetch_optional(conn).await? else {
        return Ok(Said::default());
    };
    Ok(Said {
        own_zone: read(&row, "own_zone")?,
        zone: read(&row, "zone")?,
        hours: read(&row, "hours")?,
        surveys: read(&row, "surveys")?.unwrap_or_default(),
    })
}

pub(in crate::people) async fn change(tx: &mut Tx, person: &str, changes: &Changes) -> Result<()> {
    // Of a setting without a word of one's own: NULL, and of surveys the default.
    fn word<T>(change: &Change<T>, word: impl Fn(&T) -> String) -> Option<Option<String>> {
        match change {
            Change::Keep => None,
            Change::Auto => Some(None),
            Change::To(value) => Some(Some(word(value))),
        }
    }
    let surveys = word(&changes.surveys, |wish| wish.word().to_owned());
    for (sql, value) in [
        ("UPDATE person SET own_zone = $2 WHERE id = $1", word(&changes.zone, ToString::to_string)),
        ("UPDATE person SET hours = $2 WHERE id = $1", word(&changes.hours, ToString::to_string)),
        ("UPDATE person SET surveys = COALESCE($2, 'in') WHERE id = $1", surveys),
    ] {
        if let Some(value) = value {
            sqlx::query(sql).bind(person).bind(value).execute(tx.conn()).await?;
        }
    }
    Ok(())
}

/// Whether somebody was asked for their zone; nobody is who is not on record.
pub(in crate::people) async fn zone_asked(conn: &mut Conn, person: &str) -> Result<bool> {
    let sql = "SELECT zone_asked FROM person WHERE id = $1";
    let asked: Option<i64> = sqlx::query_scalar(sql).bind(person).fetch_optional(conn).await?;
    Ok(asked != Some(0))
}

/// Somebody is asked for their zone; `false` where they were before.
pub(in crate::people) fn ask_zone<'t>(tx: &'t mut Tx, person: &'t str) -> Unit<'t, bool> {
    Box::pin(async move {
        let sql = "UPDATE person SET zone_asked = 1 WHERE id = $1 AND zone_asked = 0";
        Ok(sqlx::query(sql).bind(person).execute(tx.conn()).await?.rows_affected() == 1)
    })
}

pub(in crate::people) async fn export(conn: &mut Conn, person: &str) -> Result<Value> {
    let sql = "SELECT name, created_at, zone, own_zone, zone_asked, hours, surveys FROM person WHERE id = $1";
    let Some(row) = sqlx::query(sql).bind(person).fetch_optional(&mut *conn).await? else {
        return Ok(Value::Null);
    };
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    let mut all = json!({
        "name": text("name")?, "known_since": when(Some(row.try_get("created_at")?)),
        "zone": {
            "own": text("own_zone")?, "directory": text("zone")?, "asked": row.try_get::<i64, _>("zone_asked")? == 1,
        },
        "hours": text("hours")?, "surveys": text("surveys")?,
    });
    let sql = "SELECT platform, workspace, user_id, standing, looked_up_at FROM identity
               WHERE person_id = $1 ORDER BY platform, workspace, user_id";
    let mut accounts = Vec::new();
    for row in sqlx::query(sql).bind(person).fetch_all(&mut *conn).await? {
        let text = |column: &str| row.try_get::<Option<String>, _>(column);
        accounts.push(json!({
            "platform": text("platform")?, "workspace": text("workspace")?, "user": text("user_id")?,
            "standing": text("standing")?, "looked_up_at": when(row.try_get("looked_up_at")?),
        }));
    }
    all["accounts"] = accounts.into();
    let sql = "SELECT DISTINCT directory_group_member.name FROM directory_group_member
               JOIN identity ON identity.platform = directory_group_member.platform
                   AND identity.workspace = directory_group_member.workspace
                   AND identity.user_id = directory_group_member.user_id
               WHERE identity.person_id = $1 ORDER BY 1";
    all["groups"] = sqlx::query_scalar::<_, String>(sql).bind(person).fetch_all(&mut *conn).await?.into();
    let sql = "SELECT day FROM activity WHERE person_id = $1 ORDER BY day";
    let days: Vec<i64> = sqlx::query_scalar(sql).bind(person).fetch_all(conn).await?;
    let date = |day: &i64| Timestamp(day * 86_400_000).utc().date_naive().to_string();
    all["days_active"] = days.iter().map(date).collect();
    Ok(all)
}

fn when(at: Option<i64>) -> Option<String> {
    at.map(|millis| Timestamp(millis).utc().to_rfc3339())
}

pub(in crate::people) async fn forget(tx: &mut Tx, person: &str, called: &str) -> Result<()> {
    let groups = "DELETE FROM directory_group_member WHERE EXISTS
                      (SELECT 1 FROM identity WHERE identity.person_id = $1
                          AND identity.platform = directory_group_member.platform
                          AND identity.workspace = directory_group_member.workspace
                          AND identity.user_id = directory_group_member.user_id)";
    for sql in [
        groups,
        "DELETE FROM identity WHERE person_id = $1",
        "UPDATE person SET zone = NULL, own_zone = NULL, zone_asked = 0, hours = NULL, surveys = 'out' WHERE id = $1",
    ] {
        sqlx::query(sql).bind(person).execute(tx.conn()).await?;
    }
    let sql = "UPDATE person SET name = $2 WHERE id = $1";
    sqlx::query(sql).bind(person).bind(called).execute(tx.conn()).await?;
    Ok(())
}
