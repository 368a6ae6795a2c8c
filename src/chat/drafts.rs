//! Forms that are filled in over several pages: what was asked and what was given so far, until some minutes
//! after they were submitted, so that a repeat of that is known, or for a day. Bound to whom they were shown;
//! a form of a [private](crate::chat::form::Form::private) command is never kept.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Row;

use super::form::Form;
use super::inbound::Identity;
use crate::clock::Timestamp;
use crate::db::{Conn, Db, Tx};
use crate::error::{Error, Result};

/// A form that was not submitted is forgotten after this long.
const KEPT: Duration = Duration::from_secs(86_400);
/// One that was submitted is, after this long.
const KEPT_SENT: Duration = Duration::from_secs(600);
/// As many of one person are kept, the newest.
const EACH: i64 = 20;

/// A form and what was given so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub id: String,
    pub form: Form,
    /// Field to value; an empty one was taken back.
    pub given: BTreeMap<String, String>,
    /// The delivery that submitted it, if it was.
    pub sent_by: Option<String>,
}

/// The drafts of all platforms.
#[derive(Clone)]
pub struct Drafts(Db);

impl Drafts {
    /// In this database.
    pub fn new(db: Db) -> Self {
        Drafts(db)
    }

    /// Keeps the form for the person that it is shown to.
    ///
    /// # Errors
    /// `Internal` for a form that must not be kept; what the database says.
    pub async fn open(&self, identity: &Identity, form: &Form) -> Result<Draft> {
        if form.private {
            return Err(Error::internal("a private form is not kept"));
        }
        let input = (identity.clone(), form.clone());
        self.0.write(input, |tx, (identity, form)| Box::pin(open(tx, identity, form))).await
    }

    /// The draft, if it is this person's and still kept.
    ///
    /// # Errors
    /// What the database says.
    pub async fn find(&self, identity: &Identity, id: &str) -> Result<Option<Draft>> {
        let sql = "SELECT form, given, sent_by FROM draft
                   WHERE id = $1 AND platform = $2 AND workspace = $3 AND user_id = $4 AND expires_at > $5";
        let Identity { platform, workspace, user } = identity.clone();
        let query = sqlx::query(sql).bind(id.to_owned()).bind(platform).bind(workspace).bind(user);
        let row = query.bind(self.0.now().0).fetch_optional(&mut *self.0.read().await?).await?;
        let Some(row) = row else { return Ok(None) };
        let form = serde_json::from_str(row.try_get("form")?)?;
        let given = serde_json::from_str(row.try_get("given")?)?;
        Ok(Some(Draft { id: id.to_owned(), form, given, sent_by: row.try_get("sent_by")? }))
    }

    /// Adds what was given on a page, in place of what was given there before.
    ///
    /// # Errors
    /// What the database says.
    pub async fn fill(&self, draft: &Draft, given: BTreeMap<String, String>) -> Result<()> {
        self.0.write((draft.id.clone(), given), |tx, (id, given)| Box::pin(fill(tx, id, given))).await
    }

    /// Notes that this delivery submitted the draft, which is forgotten soon.
    ///
    /// # Errors
    /// What the database says.
    pub async fn close(&self, draft: &Draft, delivery: &str) -> Result<()> {
        let unit = self.0.write((draft.id.clone(), delivery.to_owned()), |tx, (id, delivery)| {
            Box::pin(async move {
                let sql = "UPDATE draft SET sent_by = $2, expires_at = $3 WHERE id = $1 AND sent_by IS NULL";
                let expires = tx.now().plus(KEPT_SENT).0;
                sqlx::query(sql).bind(id).bind(delivery).bind(expires).execute(tx.conn()).await?;
                Ok(())
            })
        });
        unit.await
    }
}

async fn open(tx: &mut Tx, identity: &Identity, form: &Form) -> Result<Draft> {
    let (id, expires) = (tx.new_id("drf"), tx.now().plus(KEPT));
    let Identity { platform, workspace, user } = identity;
    let sql = "INSERT INTO draft (id, platform, workspace, user_id, form, given, expires_at)
               VALUES ($1, $2, $3, $4, $5, '{}', $6)";
    let query = sqlx::query(sql).bind(&id).bind(platform).bind(workspace).bind(user);
    query.bind(serde_json::to_string(form)?).bind(expires.0).execute(tx.conn()).await?;
    // Of those that were opened at one moment this one stays.
    let sql =
        "DELETE FROM draft WHERE platform = $1 AND workspace = $2 AND user_id = $3 AND id <> $5 AND id NOT IN
               (SELECT id FROM draft WHERE platform = $1 AND workspace = $2 AND user_id = $3 AND id <> $5
                ORDER BY expires_at DESC, id LIMIT $4)";
    let query = sqlx::query(sql).bind(platform).bind(workspace).bind(user).bind(EACH - 1).bind(&id);
    query.execute(tx.conn()).await?;
    Ok(Draft { id, form: form.clone(), given: BTreeMap::new(), sent_by: None })
}

async fn fill(tx: &mut Tx, id: &str, given: &BTreeMap<String, String>) -> Result<()> {
    // The update holds the row, so that of two pages filled at once neither is lost.
    let sql = "UPDATE draft SET expires_at = expires_at WHERE id = $1 RETURNING given";
    let found = sqlx::query_scalar::<_, String>(sql).bind(id).fetch_optional(tx.conn()).await?;
    let Some(found) = found else { return Ok(()) };
    let mut all: BTreeMap<String, String> = serde_json::from_str(&found)?;
    all.extend(given.clone());
    let sql = "UPDATE draft SET given = $2 WHERE id = $1";
    sqlx::query(sql).bind(id).bind(serde_json::to_string(&all)?).execute(tx.conn()).await?;
    Ok(())
}

/// What somebody's drafts hold by now.
pub async fn export(conn: &mut Conn, identity: &Identity) -> Result<Vec<Value>> {
    let Identity { platform, workspace, user } = identity.clone();
    let sql = "SELECT form, given, expires_at FROM draft
               WHERE platform = $1 AND workspace = $2 AND user_id = $3 ORDER BY expires_at, id";
    let query = sqlx::query_as::<_, (String, String, i64)>(sql).bind(platform).bind(workspace).bind(user);
    let mut drafts = Vec::new();
    for (form, given, expires) in query.fetch_all(conn).await? {
        let form: Form = serde_json::from_str(&form)?;
        let given: BTreeMap<String, String> = serde_json::from_str(&given)?;
        let until = Timestamp(expires).utc().to_rfc3339();
        drafts.push(json!({ "command": form.command, "given": given, "until": until }));
    }
    Ok(drafts)
}

/// Forgets a person's drafts.
pub async fn forget(tx: &mut Tx, identity: &Identity) -> Result<()> {
    let Identity { platform, workspace, user } = identity;
    let sql = "DELETE FROM draft WHERE platform = $1 AND workspace = $2 AND user_id = $3";
    sqlx::query(sql).bind(platform).bind(workspace).bind(user).execute(tx.conn()).await?;
    Ok(())
}

/// Forgets what is past its time.
pub async fn sweep(tx: &mut Tx) -> Result<()> {
    let now = tx.now().0;
    sqlx::query("DELETE FROM draft WHERE expires_at <= $1").bind(now).execute(tx.conn()).await?;
    Ok(())
}
