//! All SQL of people.

use std::collections::HashMap;
use std::str::FromStr;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe, Row};

use super::model::settings::{Said, Settings};
use super::model::{Member, Wish};
use super::{Defaults, Person};
use crate::chat::inbound::{Identity, Standing};
use crate::db::{Conn, Tx, Unit};
use crate::error::Result;
use crate::zone::Zone;

pub(super) mod directory;
pub(super) mod groups;
pub(super) mod linking;
pub(super) mod settings;

/// A person, and what is on record of them and of one account of theirs.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub person: Person,
    /// `None` while the account was not looked up.
    pub standing: Option<Standing>,
    /// As they said themselves.
    pub own_zone: Option<Zone>,
    /// As the directory says.
    pub zone: Option<Zone>,
}

impl Known {
    /// Somebody of whom nothing else is known.
    pub(super) fn new(person: Person) -> Self {
        Known { person, standing: None, own_zone: None, zone: None }
    }
}

fn known(row: &AnyRow) -> Result<Known> {
    let standing: Option<String> = row.try_get("standing")?;
    Ok(Known {
        person: person(row)?,
        standing: standing.as_deref().and_then(Standing::of),
        own_zone: read(row, "own_zone")?,
        zone: read(row, "zone")?,
    })
}

/// A column's value as its type reads it; `None` where it cannot.
fn read<T: FromStr>(row: &AnyRow, column: &str) -> Result<Option<T>> {
    let text: Option<String> = row.try_get(column)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

fn person(row: &AnyRow) -> Result<Person> {
    Ok(Person { id: row.try_get("id")?, name: row.try_get("name")? })
}

pub(super) async fn find(conn: &mut Conn, identity: &Identity) -> Result<Option<Known>> {
    let sql = "SELECT person.id, person.name, person.zone, person.own_zone, identity.standing
               FROM identity JOIN person ON person.id = identity.person_id
               WHERE identity.platform = $1 AND identity.workspace = $2 AND identity.user_id = $3";
    let query = sqlx::query(sql).bind(&identity.platform).bind(&identity.workspace).bind(&identity.user);
    query.fetch_optional(conn).await?.as_ref().map(known).transpose()
}

/// The person, made at the first sight of them, and whether this was it; called by their id
/// until somebody tells the name.
pub(super) fn named<'t>(tx: &'t mut Tx, identity: &'t Identity, name: &'t str) -> Unit<'t, (Known, bool)> {
    Box::pin(async move {
        let (mut known, new) = find_or_add(tx, identity, name).await?;
        if known.person.name == identity.user && name != identity.user {
            let sql = "UPDATE person SET name = $2 WHERE id = $1";
            sqlx::query(sql).bind(&known.person.id).bind(name).execute(tx.conn()).await?;
            name.clone_into(&mut known.person.name);
        }
        Ok((known, new))
    })
}

fn find_or_add<'t>(tx: &'t mut Tx, identity: &'t Identity, name: &'t str) -> Unit<'t, (Known, bool)> {
    Box::pin(async move {
        if let Some(known) = find(tx.conn(), identity).await? {
            return Ok((known, false));
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
            return Ok((Known::new(added), true));
        }
        sqlx::query("DELETE FROM person WHERE id = $1").bind(&added.id).execute(tx.conn()).await?;
        Ok((find(tx.conn(), identity).await?.unwrap_or_else(|| Known::new(added)), false))
    })
}

pub(super) async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Person>> {
    let query = sqlx::query("SELECT id, name FROM person WHERE id = $1").bind(id);
    query.fetch_optional(conn).await?.as_ref().map(person).transpose()
}

/// Always in the same order.
pub(super) async fn identities_of(conn: &mut Conn, person: &str) -> Result<Vec<Identity>> {
    let sql = "SELECT platform, workspace, user_id FROM identity WHERE person_id = $1
               ORDER BY linked, platform, workspace, user_id";
    let rows: Vec<(String, String, String)> = sqlx::query_as(sql).bind(person).fetch_all(conn).await?;
    let identity = |(platform, workspace, user)| Identity { platform, workspace, user };
    Ok(rows.into_iter().map(identity).collect())
}

const MEMBER: &str = "SELECT person.id, platform, workspace, user_id, own_zone, zone, hours, surveys
    FROM person JOIN identity ON identity.person_id = person.id
    WHERE (standing IS NULL OR standing = 'member') AND NOT EXISTS
        (SELECT 1 FROM identity AS earlier WHERE earlier.person_id = person.id
            AND (earlier.standing IS NULL OR earlier.standing = 'member')
            AND (earlier.linked, earlier.platform, earlier.workspace, earlier.user_id)
              < (identity.linked, identity.platform, identity.workspace, identity.user_id))";

/// A member as the row and the file say, and the groups that their account is in.
fn read_member(
    row: &AnyRow,
    groups: impl Fn(&Identity) -> Vec<String>,
    defaults: &Defaults,
) -> Result<Member> {
    let identity = Identity {
        platform: row.try_get("platform")?,
        workspace: row.try_get("workspace")?,
        user: row.try_get("user_id")?,
    };
    let said = Said {
        own_zone: read(row, "own_zone")?,
        zone: read(row, "zone")?,
        hours: read(row, "hours")?,
        surveys: read(row, "surveys")?.unwrap_or_default(),
    };
    let belongs = defaults.organisation.belongs(&identity, &groups(&identity));
    let settings = Settings::of(&said, belongs, defaults.zone, &defaults.hours);
    Ok(Member {
        person: row.try_get("id")?,
        identity,
        zone: settings.zone.0,
        hours: settings.hours.0,
        holidays: belongs.site.map(|site| site.holidays.clone()).unwrap_or_default(),
        team: settings.team,
        surveys: settings.surveys,
    })
}

/// A page of members. In the order of the index that is walked: sorted by `person.id`, SQLite would
/// read everybody who is left for each page.
fn page() -> String {
    format!("{MEMBER} AND identity.person_id > $1 ORDER BY identity.person_id LIMIT $2")
}

pub(super) async fn members(
    conn: &mut Conn,
    after: &str,
    limit: i64,
    defaults: &Defaults,
) -> Result<Vec<Member>> {
    let rows = sqlx::query(AssertSqlSafe(page())).bind(after).bind(limit).fetch_all(&mut *conn).await?;
    let groups = match rows.last() {
        Some(last) if defaults.organisation.names_groups() => {
            groups::between(conn, after, last.try_get("id")?).await?
        }
        _ => HashMap::new(),
    };
    let of = |who: &Identity| groups.get(who).cloned().unwrap_or_default();
    rows.iter().map(|row| read_member(row, of, defaults)).collect()
}

/// Those of these people who are members, in no order.
pub(super) async fn members_among(
    conn: &mut Conn,
    people: &[&str],
    defaults: &Defaults,
) -> Result<Vec<Member>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("{MEMBER} AND person.id IN ({{people}})");
    let rows = among(&sql, people).fetch_all(&mut *conn).await?;
    let groups = match defaults.organisation.names_groups() {
        true => groups::of_all(conn, people).await?,
        false => HashMap::new(),
    };
    let of = |who: &Identity| groups.get(who).cloned().unwrap_or_default();
    rows.iter().map(|row| read_member(row, of, defaults)).collect()
}

/// A statement with a list of people, at least one, where `sql` says `{people}`. Its length is a
/// power of two, the last of them being named again, so that few statements have to be prepared.
fn among<'q>(sql: &str, people: &[&'q str]) -> Query<'q, Any, AnyArguments> {
    let length = people.len().next_power_of_two();
    let places: Vec<String> = (1..=length).map(|place| format!("${place}")).collect();
    let query = sqlx::query(AssertSqlSafe(sql.replace("{people}", &places.join(", "))));
    let last = people.last().into_iter().cycle();
    people.iter().chain(last).take(length).fold(query, |query, person| query.bind(*person))
}

pub(super) async fn set_wish(tx: &mut Tx, person: &str, wish: Wish) -> Result<()> {
    let sql = "UPDATE person SET surveys = $2 WHERE id = $1";
    sqlx::query(sql).bind(person).bind(wish.word()).execute(tx.conn()).await?;
    Ok(())
}

pub(super) fn note_activity<'t>(tx: &'t mut Tx, person: &'t str, day: i64) -> Unit<'t, ()> {
    Box::pin(async move {
        let sql =
            "INSERT INTO activity (person_id, day) VALUES ($1, $2) ON CONFLICT (person_id, day) DO NOTHING";
        sqlx::query(sql).bind(person).bind(day).execute(tx.conn()).await?;
        Ok(())
    })
}

/// How many people did anything from one day on, before another.
pub(super) async fn active_between(conn: &mut Conn, from: i64, to: i64) -> Result<i64> {
    let sql = "SELECT CAST(count(DISTINCT person_id) AS BIGINT) FROM activity WHERE day >= $1 AND day < $2";
    Ok(sqlx::query_scalar(sql).bind(from).bind(to).fetch_one(conn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::db::Db;
    use crate::ids::Ids;

    #[tokio::test]
    async fn a_page_of_members_is_read_without_a_look_at_all_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("g.db").display());
        let clock = std::sync::Arc::new(SystemClock);
        let db = Db::open(&url, clock, std::sync::Arc::new(Ids::seeded(1))).await.unwrap();
        let explain = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", page())));
        let mut conn = db.read().await.unwrap();
        let steps = explain.bind("per_m").bind(200_i64).fetch_all(&mut *conn).await.unwrap();
        let steps: Vec<String> = steps.iter().map(|step| step.get("detail")).collect();
        assert!(!steps.iter().any(|step| step.contains("ORDER BY") || step.starts_with("SCAN")), "{steps:?}");
    }
}
