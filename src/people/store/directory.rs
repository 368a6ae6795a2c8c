//! All SQL of what a platform's directory tells: its accounts, and how far their listing is.

use std::collections::{BTreeMap, HashMap};

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe, Row};

use super::read;
use crate::chat::directory::Account;
use crate::chat::inbound::{Identity, Standing};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::zone::Zone;

/// What is on record of an account.
struct Recorded {
    person: String,
    name: String,
    zone: Option<Zone>,
    standing: Option<Standing>,
    looked_up: Option<Timestamp>,
    /// Whether another account of theirs says what they are called.
    linked: bool,
}

impl Recorded {
    fn agrees(&self, account: &Account) -> bool {
        let zone = account.zone.is_none() || account.zone == self.zone;
        let name = self.linked || self.name == account.name;
        zone && name && self.standing == Some(account.standing)
    }
}

/// `($1, $2), ($3, $4)`: as many rows as there are, from the parameter `first` on.
pub(super) fn rows(first: usize, width: usize, count: usize) -> String {
    let row = |at: usize| {
        let places: Vec<String> = (0..width).map(|n| format!("${}", first + at * width + n)).collect();
        format!("({})", places.join(", "))
    };
    (0..count).map(row).collect::<Vec<_>>().join(", ")
}

type Statement<'q> = Query<'q, Any, AnyArguments>;

/// A statement about accounts of one workspace: `$1` is the platform, `$2` the workspace, and
/// the users are a list from `$3` on, where `sql` says `{users}`.
fn about<'q>(sql: &str, accounts: &[&'q Account]) -> Statement<'q> {
    let users: Vec<String> = (3..accounts.len() + 3).map(|place| format!("${place}")).collect();
    let sql = sql.replace("{users}", &users.join(", "));
    let identity = &accounts[0].identity;
    let query = sqlx::query(AssertSqlSafe(sql)).bind(&identity.platform).bind(&identity.workspace);
    accounts.iter().fold(query, |query, account| query.bind(&account.identity.user))
}

async fn recorded(conn: &mut Conn, accounts: &[&Account]) -> Result<HashMap<String, Recorded>> {
    let sql = "SELECT identity.user_id, identity.person_id, identity.standing, identity.looked_up_at,
                   identity.linked, person.name, person.zone
               FROM identity JOIN person ON person.id = identity.person_id
               WHERE identity.platform = $1 AND identity.workspace = $2 AND identity.user_id IN ({users})";
    let mut found = HashMap::new();
    for row in about(sql, accounts).fetch_all(conn).await? {
        let standing: Option<String> = row.try_get("standing")?;
        let recorded = Recorded {
            person: row.try_get("person_id")?,
            name: row.try_get("name")?,
            zone: read(&row, "zone")?,
            standing: standing.as_deref().and_then(Standing::of),
            looked_up: row.try_get::<Option<i64>, _>("looked_up_at")?.map(Timestamp),
            linked: row.try_get::<i64, _>("linked")? > 0,
        };
        found.insert(row.try_get("user_id")?, recorded);
    }
    Ok(found)
}

/// When this was told of the account last; `None` where something else is on record.
pub(in crate::people) async fn agrees(conn: &mut Conn, account: &Account) -> Result<Option<Timestamp>> {
    let found = recorded(conn, &[account]).await?;
    let same = found.get(&account.identity.user).filter(|recorded| recorded.agrees(account));
    Ok(same.map(|recorded| recorded.looked_up.unwrap_or(Timestamp(0))))
}

/// An account that somebody has in one workspace.
pub(in crate::people) struct Known {
    pub identity: Identity,
    /// `None` while it was not looked up.
    pub standing: Option<Standing>,
    pub looked_up: Option<Timestamp>,
}

/// The accounts of a user in all workspaces of a platform, the one that was met first before the others.
pub(in crate::people) async fn accounts_of(
    conn: &mut Conn,
    platform: &str,
    user: &str,
) -> Result<Vec<Known>> {
    let sql = "SELECT identity.workspace, identity.standing, identity.looked_up_at
               FROM identity JOIN person ON person.id = identity.person_id
               WHERE identity.platform = $1 AND identity.user_id = $2
               ORDER BY person.created_at, identity.linked, identity.workspace";
    let known = |(workspace, standing, looked_up): (String, Option<String>, Option<i64>)| Known {
        identity: Identity::new(platform, &workspace, user),
        standing: standing.as_deref().and_then(Standing::of),
        looked_up: looked_up.map(Timestamp),
    };
    let rows: Vec<_> = sqlx::query_as(sql).bind(platform).bind(user).fetch_all(conn).await?;
    Ok(rows.into_iter().map(known).collect())
}

/// Makes an account that was never seen one of the person who has the same user in another workspace, where
/// they are a member too; it goes behind those that they have.
pub(in crate::people) async fn join(tx: &mut Tx, account: &Account) -> Result<()> {
    let Identity { platform, workspace, user } = &account.identity;
    let sql = "INSERT INTO identity (platform, workspace, user_id, person_id, standing, linked)
               SELECT other.platform, $2, other.user_id, other.person_id, $4, 1 +
                   (SELECT max(theirs.linked) FROM identity AS theirs WHERE theirs.person_id = other.person_id)
               FROM identity AS other
               WHERE other.platform = $1 AND other.user_id = $3 AND other.workspace <> $2
                   AND other.standing = 'member'
               ORDER BY other.linked, other.workspace LIMIT 1
               ON CONFLICT (platform, workspace, user_id) DO NOTHING";
    let query = sqlx::query(sql).bind(platform).bind(workspace).bind(user);
    query.bind(account.standing.word()).execute(tx.conn()).await?;
    Ok(())
}

/// Members who were looked up before `all`, and of those who are in a group also before `grouped`, behind
/// `after` in the order of workspace and user.
pub(in crate::people) async fn due(
    conn: &mut Conn,
    platform: &str,
    (all, grouped): (Timestamp, Timestamp),
    (after, limit): (&Identity, i64),
) -> Result<Vec<Identity>> {
    let sql = "SELECT workspace, user_id FROM identity
               WHERE platform = $1 AND (standing IS NULL OR standing = 'member')
                   AND (looked_up_at IS NULL OR looked_up_at <= $2 OR (looked_up_at <= $3 AND EXISTS
                       (SELECT 1 FROM directory_group_member AS member WHERE member.platform = identity.platform
                           AND member.workspace = identity.workspace AND member.user_id = identity.user_id)))
                   AND (workspace, user_id) > ($4, $5)
               ORDER BY workspace, user_id LIMIT $6";
    let query = sqlx::query_as(sql).bind(platform).bind(all.0).bind(grouped.0);
    let rows: Vec<(String, String)> =
        query.bind(&after.workspace).bind(&after.user).bind(limit).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(workspace, user)| Identity::new(platform, &workspace, &user)).collect())
}

/// Takes down what was told of these accounts. Nobody is made of a program's account or one that
/// is closed, as long as they were never seen.
pub(in crate::people) async fn take_down(tx: &mut Tx, accounts: &[Account]) -> Result<()> {
    let mut workspaces: BTreeMap<(&str, &str), Vec<&Account>> = BTreeMap::new();
    for account in accounts {
        let Identity { platform, workspace, .. } = &account.identity;
        workspaces.entry((platform, workspace)).or_default().push(account);
    }
    for accounts in workspaces.values() {
        let recorded = recorded(tx.conn(), accounts).await?;
        let of = |account: &Account| recorded.get(&account.identity.user);
        let unseen = accounts.iter().copied().filter(|account| of(account).is_none());
        let unseen: Vec<&Account> =
            unseen.filter(|account| !account.bot && account.standing != Standing::Gone).collect();
        add(tx, &unseen).await?;
        for account in accounts {
            if let Some(recorded) = of(account).filter(|recorded| !recorded.agrees(account)) {
                change(tx, account, recorded).await?;
            }
        }
        let now = tx.now().0;
        let sql = format!(
            "UPDATE identity SET looked_up_at = {now} WHERE platform = $1 AND workspace = $2 AND user_id IN ({{users}})"
        );
        about(&sql, accounts).execute(tx.conn()).await?;
    }
    Ok(())
}

async fn add(tx: &mut Tx, accounts: &[&Account]) -> Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let now = tx.now().0;
    let ids: Vec<String> = accounts.iter().map(|_| tx.new_id("per")).collect();
    let sql = format!("INSERT INTO person (id, name, created_at, zone) VALUES {}", rows(1, 4, ids.len()));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (id, account) in ids.iter().zip(accounts) {
        query = query.bind(id).bind(&account.name).bind(now).bind(account.zone.map(|zone| zone.to_string()));
    }
    query.execute(tx.conn()).await?;
    let sql = format!(
        "INSERT INTO identity (platform, workspace, user_id, person_id, standing) VALUES {}
         ON CONFLICT (platform, workspace, user_id) DO NOTHING",
        rows(1, 5, ids.len())
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (id, account) in ids.iter().zip(accounts) {
        let Identity { platform, workspace, user } = &account.identity;
        query = query.bind(platform).bind(workspace).bind(user).bind(id).bind(account.standing.word());
    }
    let added = query.execute(tx.conn()).await?.rows_affected();
    if added == u64::try_from(ids.len()).unwrap_or(added) {
        return Ok(());
    }
    // On PostgreSQL somebody may have been seen for the first time meanwhile; that person counts.
    let sql = format!(
        "DELETE FROM person WHERE id IN {} AND NOT EXISTS
             (SELECT 1 FROM identity WHERE identity.person_id = person.id)",
        rows(1, ids.len(), 1)
    );
    let query = ids.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id));
    query.execute(tx.conn()).await?;
    Ok(())
}

async fn change(tx: &mut Tx, account: &Account, recorded: &Recorded) -> Result<()> {
    let zone = account.zone.map(|zone| zone.to_string());
    let name = if recorded.linked { &recorded.name } else { &account.name };
    let sql = "UPDATE person SET name = $2, zone = COALESCE($3, zone) WHERE id = $1";
    sqlx::query(sql).bind(&recorded.person).bind(name).bind(zone).execute(tx.conn()).await?;
    mark(tx, &account.identity, account.standing).await
}

/// Takes down how an account stands.
pub(in crate::people) async fn mark(tx: &mut Tx, identity: &Identity, standing: Standing) -> Result<()> {
    let Identity { platform, workspace, user } = identity;
    let now = tx.now().0;
    let sql = "UPDATE identity SET standing = $4, looked_up_at = $5
               WHERE platform = $1 AND workspace = $2 AND user_id = $3";
    let query = sqlx::query(sql).bind(platform).bind(workspace).bind(user);
    query.bind(standing.word()).bind(now).execute(tx.conn()).await?;
    Ok(())
}

/// How far a listing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::people) struct Listing {
    /// Where the next page begins; empty for the first.
    pub cursor: String,
    /// When the last whole one ended.
    pub finished: Option<Timestamp>,
}

pub(in crate::people) async fn listing(conn: &mut Conn, platform: &str) -> Result<Listing> {
    let sql = "SELECT cursor, finished_at FROM directory_listing WHERE platform = $1";
    let Some(row) = sqlx::query(sql).bind(platform).fetch_optional(conn).await? else {
        return Ok(Listing::default());
    };
    let finished: Option<i64> = row.try_get("finished_at")?;
    Ok(Listing { cursor: row.try_get("cursor")?, finished: finished.map(Timestamp) })
}

/// The listing goes on at `cursor`; `None`: it ended just now.
pub(in crate::people) async fn go_on(tx: &mut Tx, platform: &str, cursor: Option<&str>) -> Result<()> {
    let finished = cursor.is_none().then_some(tx.now().0);
    let sql = "INSERT INTO directory_listing (platform, cursor, finished_at) VALUES ($1, $2, $3)
               ON CONFLICT (platform) DO UPDATE SET cursor = excluded.cursor,
                   finished_at = COALESCE(excluded.finished_at, directory_listing.finished_at)";
    let query = sqlx::query(sql).bind(platform).bind(cursor.unwrap_or_default()).bind(finished);
    query.execute(tx.conn()).await?;
    Ok(())
}
