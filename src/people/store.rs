//! All SQL of people.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::Person;
use crate::chat::inbound::Identity;
use crate::db::{Conn, Tx, Unit};
use crate::error::Result;

fn person(row: &AnyRow) -> Result<Person> {
    Ok(Person { id: row.try_get("id")?, name: row.try_get("name")? })
}

pub(super) async fn find(conn: &mut Conn, identity: &Identity) -> Result<Option<Person>> {
    let sql = "SELECT person.id, person.name FROM identity JOIN person ON person.id = identity.person_id
               WHERE identity.platform = $1 AND identity.workspace = $2 AND identity.user_id = $3";
    let query = sqlx::query(sql).bind(&identity.platform).bind(&identity.workspace).bind(&identity.user);
    query.fetch_optional(conn).await?.as_ref().map(person).transpose()
}

/// The person, made at the first sight of them; called by their id until somebody tells the name.
pub(super) fn named<'t>(tx: &'t mut Tx, identity: &'t Identity, name: &'t str) -> Unit<'t, Person> {
    Box::pin(async move {
        let mut person = find_or_add(tx, identity, name).await?;
        if person.name == identity.user && name != identity.user {
            let sql = "UPDATE person SET name = $2 WHERE id = $1";
            sqlx::query(sql).bind(&person.id).bind(name).execute(tx.conn()).await?;
            name.clone_into(&mut person.name);
        }
        Ok(person)
    })
}

fn find_or_add<'t>(tx: &'t mut Tx, identity: &'t Identity, name: &'t str) -> Unit<'t, Person> {
    Box::pin(async move {
        if let Some(known) = find(tx.conn(), identity).await? {
            return Ok(known);
        }
        let added = Person { id: tx.new_id("per"), name: name.to_owned() };
        let now = tx.now();
        sqlx::query("INSERT INTO person (id, name, created_at) VALUES ($1, $2, $3)")
            .bind(&added.id)
            .bind(name)
            .bind(now.0)
            .execute(tx.conn())
            .await?;
        // Two requests of somebody new may meet here on PostgreSQL; the first one's person counts.
        let sql = "INSERT INTO identity (platform, workspace, user_id, person_id) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (platform, workspace, user_id) DO NOTHING";
        let query = sqlx::query(sql).bind(&identity.platform).bind(&identity.workspace).bind(&identity.user);
        if query.bind(&added.id).execute(tx.conn()).await?.rows_affected() == 1 {
            return Ok(added);
        }
        sqlx::query("DELETE FROM person WHERE id = $1").bind(&added.id).execute(tx.conn()).await?;
        Ok(find(tx.conn(), identity).await?.unwrap_or(added))
    })
}

pub(super) async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Person>> {
    let query = sqlx::query("SELECT id, name FROM person WHERE id = $1").bind(id);
    query.fetch_optional(conn).await?.as_ref().map(person).transpose()
}

/// Always in the same order.
pub(super) async fn identities_of(conn: &mut Conn, person: &str) -> Result<Vec<Identity>> {
    let sql = "SELECT platform, workspace, user_id FROM identity WHERE person_id = $1
               ORDER BY platform, workspace, user_id";
    let rows: Vec<(String, String, String)> = sqlx::query_as(sql).bind(person).fetch_all(conn).await?;
    let identity = |(platform, workspace, user)| Identity { platform, workspace, user };
    Ok(rows.into_iter().map(identity).collect())
}

pub(super) fn note_activity<'t>(tx: &'t mut Tx, person: &'t str, day: i64) -> Unit<'t, ()> {
    Box::pin(async move {
        let sql =
            "INSERT INTO activity (person_id, day) VALUES ($1, $2) ON CONFLICT (person_id, day) DO NOTHING";
        sqlx::query(sql).bind(person).bind(day).execute(tx.conn()).await?;
        Ok(())
    })
}

pub(super) async fn active_since(conn: &mut Conn, day: i64) -> Result<i64> {
    let sql = "SELECT CAST(count(DISTINCT person_id) AS BIGINT) FROM activity WHERE day >= $1";
    Ok(sqlx::query_scalar(sql).bind(day).fetch_one(conn).await?)
}
