//! The outbox: each message has a key, what it should say, and what was said.
//!
//! A slice *puts* the message as it should read now, in its own unit of work;
//! the job `deliver` posts it, or updates what was posted. Several changes
//! before a delivery are one update. Words that age ("in 2 hours") are made when
//! they are delivered: see [`Timely`]. After a crash in the middle of a post it
//! is unknown whether the platform has it: it is sent again, marked as
//! repeated and counted in `repeats`.
//!
//! A message that was deleted, or may not be edited any more, is posted anew when it has
//! something new to say, once: whoever waits for "ready" does not know that somebody tidied
//! up. Deleted again it is given up; twice is a wish.

use std::sync::Arc;

use serde_json::json;
use sqlx::Row;

pub use super::deliver::Deliver;
use super::files::{self, Holder};
use super::inbound::Identity;
use super::message::Message;
use super::{MessageRef, Target};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Unit};
use crate::error::Result;
use crate::jobs::queue::{self, NewJob};

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub platform: String,
    pub workspace: String,
    pub target: Target,
    /// Used once when the bot cannot write to `target`.
    pub fallback: Option<Target>,
}

impl Address {
    /// `target` on the person's platform, or directly to them where the bot cannot write there.
    pub fn of(identity: &Identity, target: Target) -> Self {
        let direct = Target::Direct { user: identity.user.clone() };
        let (platform, workspace) = (identity.platform.clone(), identity.workspace.clone());
        let fallback = (target != direct && !matches!(target, Target::Home { .. })).then_some(direct);
        Address { platform, workspace, target, fallback }
    }
}

/// Says in this unit of work what the message `key` should read from now on.
/// The address counts for the first time only.
pub async fn put(tx: &mut Tx, key: &str, address: &Address, message: &Message) -> Result<()> {
    let fallback = address.fallback.as_ref().map(serde_json::to_string).transpose()?;
    sqlx::query(
        "INSERT INTO message (key, platform, workspace, target, fallback, content, version, delivered, sending, repeats)
         VALUES ($1, $2, $3, $4, $5, $6, 1, 0, 0, 0)
         ON CONFLICT (key) DO UPDATE SET content = excluded.content, version = message.version + 1",
    )
    .bind(key)
    .bind(&address.platform)
    .bind(&address.workspace)
    .bind(serde_json::to_string(&address.target)?)
    .bind(fallback)
    .bind(serde_json::to_string(message)?)
    .execute(tx.conn())
    .await?;
    files::keep(tx, Holder::Message(key), message).await?;
    deliver_soon(tx, key).await
}

/// Puts the answer to one thing that somebody did. It never changes, so nothing is kept
/// of it once it arrived.
pub async fn put_answer(tx: &mut Tx, key: &str, address: &Address, message: &Message) -> Result<()> {
    put(tx, &format!("{ANSWER}{key}"), address, message).await
}

/// Puts the page that the bot keeps for somebody; kept up to date by [`change_home`]. They
/// look at it just now, so one that was given up is tried again.
pub async fn put_home(tx: &mut Tx, identity: &Identity, message: &Message) -> Result<()> {
    let sql = "UPDATE message SET given_up = NULL, given_up_at = NULL WHERE key = $1";
    sqlx::query(sql).bind(home(identity)).execute(tx.conn()).await?;
    let address = Address::of(identity, Target::Home { user: identity.user.clone() });
    put(tx, &home(identity), &address, message).await
}

/// Changes somebody's page; nothing when they never opened it.
pub async fn change_home(tx: &mut Tx, identity: &Identity, message: &Message) -> Result<()> {
    change(tx, &home(identity), message).await
}

/// Whether somebody ever opened their page.
pub async fn has_home(conn: &mut Conn, identity: &Identity) -> Result<bool> {
    let sql = "SELECT key FROM message WHERE key = $1";
    Ok(sqlx::query(sql).bind(home(identity)).fetch_optional(conn).await?.is_some())
}

/// How the keys of answers begin.
pub(super) const ANSWER: &str = "answer:";

fn home(identity: &Identity) -> String {
    let Identity { platform, workspace, user } = identity;
    format!("home:{platform}:{workspace}:{user}")
}

/// Changes what an existing message should read; nothing when there is none or it reads so.
pub async fn change(tx: &mut Tx, key: &str, message: &Message) -> Result<()> {
    let sql = "UPDATE message SET content = $2, version = version + 1 WHERE key = $1 AND content <> $2";
    let changed = sqlx::query(sql).bind(key).bind(serde_json::to_string(message)?).execute(tx.conn()).await?;
    if changed.rows_affected() == 0 {
        return Ok(());
    }
    files::keep(tx, Holder::Message(key), message).await?;
    deliver_soon(tx, key).await
}

/// Forgets what was written to a user alone, sent or not: direct messages, whispers, their page.
pub async fn forget(tx: &mut Tx, identity: &Identity) -> Result<()> {
    // A target is JSON that ends with its user, where it has one.
    let user = serde_json::to_string(&identity.user)?;
    let ending = user.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let sql = "DELETE FROM message WHERE platform = $1 AND workspace = $2 AND target LIKE $3 ESCAPE '\\'";
    let query = sqlx::query(sql).bind(&identity.platform).bind(&identity.workspace);
    query.bind(format!("%\"user\":{ending}}}")).execute(tx.conn()).await?;
    Ok(())
}

/// Has an existing [`Timely`] message made and delivered anew; nothing when there is none.
pub async fn touch(tx: &mut Tx, key: &str) -> Result<()> {
    let sql = "UPDATE message SET version = version + 1 WHERE key = $1";
    let touched = sqlx::query(sql).bind(key).execute(tx.conn()).await?;
    if touched.rows_affected() == 1 { deliver_soon(tx, key).await } else { Ok(()) }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is on its way, as long as that takes.
    Waiting,
    /// The platform has it since then.
    Delivered(Timestamp),
    /// It will not arrive, and that is known since then.
    GivenUp(Timestamp),
}

impl Fate {
    /// Since when the platform has it.
    pub fn delivered_at(self) -> Option<Timestamp> {
        if let Fate::Delivered(at) = self { Some(at) } else { None }
    }

    /// Since when it is given up.
    pub fn given_up_at(self) -> Option<Timestamp> {
        if let Fate::GivenUp(at) = self { Some(at) } else { None }
    }
}

/// What became of a message; `None` when there is none.
pub async fn fate(conn: &mut Conn, key: &str) -> Result<Option<Fate>> {
    let sql = "SELECT delivered_at, given_up_at FROM message WHERE key = $1";
    let row: Option<(Option<i64>, Option<i64>)> = sqlx::query_as(sql).bind(key).fetch_optional(conn).await?;
    Ok(row.map(|row| match row {
        (Some(at), _) => Fate::Delivered(Timestamp(at)),
        (None, Some(at)) => Fate::GivenUp(Timestamp(at)),
        (None, None) => Fate::Waiting,
    }))
}

/// Whether there is a message that stands somewhere, or is going to.
pub async fn stands(conn: &mut Conn, key: &str) -> Result<bool> {
    let sql = "SELECT key FROM message WHERE key = $1 AND given_up IS NULL";
    Ok(sqlx::query(sql).bind(key).fetch_optional(conn).await?.is_some())
}

/// Where a message stands, or is going to.
pub async fn address(conn: &mut Conn, key: &str) -> Result<Option<Address>> {
    let Some(row) = load(conn, key).await? else { return Ok(None) };
    let Stored { platform, workspace, target, fallback, .. } = row;
    Ok(Some(Address { platform, workspace, target, fallback }))
}

/// Makes a message of the key as it should read at this moment; `true` when the platform may
/// have it already. `None` drops one that it has not.
pub type Compose = Arc<dyn for<'t> Fn(&'t mut Tx, &'t str, bool) -> Unit<'t, Option<Message>> + Send + Sync>;

/// Told in the very unit that notes that a message arrived, or was given up.
pub type Settled = Arc<dyn for<'t> Fn(&'t mut Tx, &'t str) -> Unit<'t, ()> + Send + Sync>;

/// Messages whose words are made when they are delivered, by the beginning of their keys.
#[derive(Clone)]
pub struct Timely {
    pub prefix: &'static str,
    pub compose: Compose,
    pub settled: Settled,
}

/// Has the message looked at by the delivering job.
pub(super) async fn deliver_soon(tx: &mut Tx, key: &str) -> Result<()> {
    let run_at = tx.now();
    let payload = json!({ "message": key });
    queue::enqueue(tx, NewJob { kind: "deliver", payload, key: Some(format!("deliver:{key}")), run_at }).await
}

/// How much there is to deliver, and what could not be: each by platform.
pub struct Depth {
    pub waiting: Vec<(String, i64)>,
    pub given_up: Vec<(String, i64)>,
    pub repeats: Vec<(String, i64)>,
}

/// Counts over the indexes that are made for it, so that a long history costs nothing.
pub async fn depth(conn: &mut Conn) -> Result<Depth> {
    let waiting = "SELECT platform, CAST(count(*) AS BIGINT) AS n FROM message
                   WHERE given_up IS NULL AND delivered < version GROUP BY platform ORDER BY platform";
    let given_up = "SELECT platform, CAST(count(*) AS BIGINT) AS n FROM message
                    WHERE given_up IS NOT NULL GROUP BY platform ORDER BY platform";
    let repeats = "SELECT platform, CAST(sum(repeats) AS BIGINT) AS n FROM message
                   WHERE repeats > 0 GROUP BY platform ORDER BY platform";
    Ok(Depth {
        waiting: sqlx::query_as(waiting).fetch_all(&mut *conn).await?,
        given_up: sqlx::query_as(given_up).fetch_all(&mut *conn).await?,
        repeats: sqlx::query_as(repeats).fetch_all(&mut *conn).await?,
    })
}

/// A message as the table has it.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) platform: String,
    pub(super) workspace: String,
    pub(super) target: Target,
    pub(super) fallback: Option<Target>,
    pub(super) message: Message,
    pub(super) version: i64,
    pub(super) delivered: i64,
    pub(super) sending: bool,
    pub(super) repeats: i64,
    pub(super) reference: Option<MessageRef>,
    /// Whether it was posted anew already, because what stood there was gone.
    pub(super) anew: bool,
}

/// The message of the key, unless it was given up.
pub(super) async fn load(conn: &mut Conn, key: &str) -> Result<Option<Stored>> {
    let sql = "SELECT platform, workspace, target, fallback, content, version, delivered, sending, repeats, reference, anew
               FROM message WHERE key = $1 AND given_up IS NULL";
    let Some(row) = sqlx::query(sql).bind(key).fetch_optional(conn).await? else { return Ok(None) };
    let json = |column: &str| row.try_get::<Option<String>, _>(column);
    Ok(Some(Stored {
        platform: row.try_get("platform")?,
        workspace: row.try_get("workspace")?,
        target: serde_json::from_str(row.try_get("target")?)?,
        fallback: json("fallback")?.map(|text| serde_json::from_str(&text)).transpose()?,
        message: serde_json::from_str(row.try_get("content")?)?,
        version: row.try_get("version")?,
        delivered: row.try_get("delivered")?,
        sending: row.try_get::<i64, _>("sending")? == 1,
        repeats: row.try_get("repeats")?,
        anew: row.try_get::<i64, _>("anew")? == 1,
        reference: json("reference")?.map(|text| serde_json::from_str(&text)).transpose()?,
    }))
}
