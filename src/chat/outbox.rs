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

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use sqlx::Row;

use super::inbound::Identity;
use super::message::Message;
use super::{MessageRef, Platform, SendError, Target};
use crate::clock::Timestamp;
use crate::db::{Conn, Db, Tx, Unit};
use crate::error::Result;
use crate::jobs::queue::{self, NewJob};
use crate::jobs::{Job, JobError};

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
const ANSWER: &str = "answer:";

fn home(identity: &Identity) -> String {
    let Identity { platform, workspace, user } = identity;
    format!("home:{platform}:{workspace}:{user}")
}

/// Changes what an existing message should read; nothing when there is none.
pub async fn change(tx: &mut Tx, key: &str, message: &Message) -> Result<()> {
    let sql = "UPDATE message SET content = $2, version = version + 1 WHERE key = $1";
    let changed = sqlx::query(sql).bind(key).bind(serde_json::to_string(message)?).execute(tx.conn()).await?;
    if changed.rows_affected() == 1 { deliver_soon(tx, key).await } else { Ok(()) }
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

async fn deliver_soon(tx: &mut Tx, key: &str) -> Result<()> {
    let run_at = tx.now();
    let payload = json!({ "message": key });
    queue::enqueue(tx, NewJob { kind: "deliver", payload, key: Some(format!("deliver:{key}")), run_at }).await
}

/// How long a message waits whose platform is not connected.
const NOT_CONNECTED: Duration = Duration::from_secs(300);

/// A message as the table has it.
#[derive(Clone)]
struct Stored {
    platform: String,
    workspace: String,
    target: Target,
    fallback: Option<Target>,
    message: Message,
    version: i64,
    delivered: i64,
    sending: bool,
    repeats: i64,
    reference: Option<MessageRef>,
    /// Whether it was posted anew already, because what stood there was gone.
    anew: bool,
}

/// Brings the platforms up to what the table says.
pub struct Deliver {
    db: Db,
    platforms: HashMap<&'static str, Arc<dyn Platform>>,
    timely: Vec<Timely>,
}

impl Deliver {
    /// The job over these platforms.
    pub fn new(db: Db, platforms: Vec<Arc<dyn Platform>>) -> Self {
        let platforms = platforms.into_iter().map(|platform| (platform.name(), platform)).collect();
        Deliver { db, platforms, timely: Vec::new() }
    }

    /// With messages that are made when they are delivered.
    #[must_use]
    pub fn with(mut self, timely: Timely) -> Self {
        self.timely.push(timely);
        self
    }

    fn timely(&self, key: &str) -> Option<Timely> {
        self.timely.iter().find(|timely| key.starts_with(timely.prefix)).cloned()
    }

    async fn note(&self, key: &str, what: Note) -> Result<()> {
        let unit = self.db.write((key.to_owned(), what, self.timely(key)), |tx, (key, what, timely)| {
            Box::pin(async move {
                note(tx, key, what).await?;
                match timely {
                    Some(timely) if matches!(what, Note::Posted { .. } | Note::GivenUp { .. }) => {
                        (timely.settled)(tx, key).await
                    }
                    _ => Ok(()),
                }
            })
        });
        unit.await
    }

    /// The message as it is to be delivered, a post being marked as begun. `None` when it is not to
    /// be: it has nothing to say any more, or changed since it was loaded and its next job waits.
    async fn prepare(&self, key: &str, row: &Stored) -> Result<Option<Message>> {
        let unit = (key.to_owned(), row.clone(), self.timely(key));
        self.db.write(unit, |tx, (key, row, timely)| Box::pin(prepare(tx, key, row, timely.as_ref()))).await
    }

    async fn post(&self, platform: &dyn Platform, key: &str, row: &Stored) -> Result<(), JobError> {
        let Some(mut message) = self.prepare(key, row).await? else { return Ok(()) };
        // A page is replaced as a whole, so nobody sees it twice.
        if row.sending && !matches!(row.target, Target::Home { .. }) {
            message = message.context("Sent again after an interruption; you may see this twice.");
        }
        match platform.post(&row.workspace, &row.target, &message).await {
            Ok(_) if key.starts_with(ANSWER) => Ok(self.note(key, Note::Answered).await?),
            Ok(reference) => Ok(self.note(key, Note::Posted { version: row.version, reference }).await?),
            Err(SendError::NotThere(reason) | SendError::Gone(reason)) => {
                self.elsewhere(key, row, reason).await
            }
            Err(SendError::Later { seconds, reason }) => {
                self.note(key, Note::NotPosted).await?;
                Err(JobError::Retry(Duration::from_secs(seconds), reason))
            }
            // Still marked as being posted, so that the next attempt says that it repeats.
            Err(SendError::Unclear { seconds, reason }) => {
                Err(JobError::Retry(Duration::from_secs(seconds).max(repeat_after(row)), reason))
            }
            Err(SendError::Never(reason)) => self.give_up(key, reason).await,
        }
    }

    async fn update(
        &self,
        platform: &dyn Platform,
        key: &str,
        row: &Stored,
        reference: &MessageRef,
    ) -> Result<(), JobError> {
        let Some(message) = self.prepare(key, row).await? else { return Ok(()) };
        match platform.update(&row.workspace, reference, &message).await {
            Ok(()) => {
                let posted = Note::Posted { version: row.version, reference: reference.clone() };
                Ok(self.note(key, posted).await?)
            }
            Err(SendError::Later { seconds, reason } | SendError::Unclear { seconds, reason }) => {
                Err(JobError::Retry(Duration::from_secs(seconds), reason))
            }
            Err(SendError::NotThere(reason)) => self.elsewhere(key, row, reason).await,
            Err(SendError::Gone(reason)) if !row.anew => {
                self.note(key, Note::Anew).await?;
                Err(JobError::Retry(Duration::ZERO, reason))
            }
            Err(SendError::Gone(reason) | SendError::Never(reason)) => self.give_up(key, reason).await,
        }
    }

    /// The bot cannot write there: to the fallback, once.
    async fn elsewhere(&self, key: &str, row: &Stored, reason: String) -> Result<(), JobError> {
        match row.fallback.clone() {
            Some(target) => {
                self.note(key, Note::Elsewhere { target }).await?;
                Err(JobError::Retry(Duration::ZERO, reason))
            }
            None => self.give_up(key, reason).await,
        }
    }

    /// Said once in the log; the row keeps why.
    async fn give_up(&self, key: &str, reason: String) -> Result<(), JobError> {
        tracing::warn!(message = key, reason, "a message could not be delivered");
        Ok(self.note(key, Note::GivenUp { reason }).await?)
    }
}

#[async_trait]
impl Job for Deliver {
    fn kind(&self) -> &'static str {
        "deliver"
    }

    async fn run(&self, payload: Value, _attempt: i64) -> Result<(), JobError> {
        let key = payload["message"].as_str().unwrap_or_default();
        let mut conn = self.db.read().await?;
        let Some(row) = load(&mut conn, key).await? else { return Ok(()) };
        drop(conn);
        if row.delivered >= row.version {
            return Ok(());
        }
        let Some(platform) = self.platforms.get(row.platform.as_str()) else {
            // A start without its secrets loses nothing: the next one with them goes on.
            return Err(JobError::Retry(NOT_CONNECTED, format!("{} is not connected", row.platform)));
        };
        let wait = platform.wait(key, &row.target, row.reference.as_ref());
        if !wait.is_zero() {
            return Err(JobError::Retry(wait, "waits for its turn".into()));
        }
        match &row.reference {
            None => self.post(platform.as_ref(), key, &row).await,
            Some(reference) => self.update(platform.as_ref(), key, &row, reference).await,
        }
    }
}

/// Each repeat may be one that somebody reads twice, so they grow rare: 5 s to ten minutes.
fn repeat_after(row: &Stored) -> Duration {
    let before = u32::try_from(row.repeats + i64::from(row.sending)).unwrap_or(u32::MAX);
    Duration::from_secs((5 << before.min(7)).min(600))
}

async fn load(conn: &mut Conn, key: &str) -> Result<Option<Stored>> {
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

/// What happened to a message.
enum Note {
    /// The post certainly did not arrive.
    NotPosted,
    /// The platform has this version. It may have changed again meanwhile: then its own job waits.
    Posted {
        version: i64,
        reference: MessageRef,
    },
    /// An answer arrived and will not change.
    Answered,
    /// What stood there is gone: it is posted anew.
    Anew,
    /// It goes to the fallback from now on.
    Elsewhere {
        target: Target,
    },
    GivenUp {
        reason: String,
    },
}

/// See [`Deliver::prepare`].
async fn prepare(tx: &mut Tx, key: &str, row: &Stored, timely: Option<&Timely>) -> Result<Option<Message>> {
    let post = i64::from(row.reference.is_none());
    let sql = "UPDATE message SET sending = $3, repeats = repeats + $4 WHERE key = $1 AND version = $2";
    let query = sqlx::query(sql).bind(key).bind(row.version).bind(post).bind(post * i64::from(row.sending));
    if query.execute(tx.conn()).await?.rows_affected() == 0 {
        return Ok(None);
    }
    let Some(timely) = timely else { return Ok(Some(row.message.clone())) };
    let sent = row.reference.is_some() || row.sending;
    let message = (timely.compose)(tx, key, sent).await?;
    if message.is_none() && !sent {
        sqlx::query("DELETE FROM message WHERE key = $1").bind(key).execute(tx.conn()).await?;
    }
    Ok(message)
}

async fn note(tx: &mut Tx, key: &str, what: &Note) -> Result<()> {
    let now = tx.now().0;
    let query = match what {
        Note::NotPosted => sqlx::query("UPDATE message SET sending = 0 WHERE key = $1").bind(key),
        Note::Posted { version, reference } => sqlx::query(
            "UPDATE message SET sending = 0, reference = $3, delivered_at = COALESCE(delivered_at, $4),
                 delivered = CASE WHEN delivered < $2 THEN $2 ELSE delivered END
             WHERE key = $1",
        )
        .bind(key)
        .bind(*version)
        .bind(serde_json::to_string(reference)?)
        .bind(now),
        Note::Answered => sqlx::query("DELETE FROM message WHERE key = $1").bind(key),
        Note::Elsewhere { target } => {
            let sql = "UPDATE message SET sending = 0, target = $2, fallback = NULL, reference = NULL
                       WHERE key = $1";
            sqlx::query(sql).bind(key).bind(serde_json::to_string(target)?)
        }
        Note::Anew => sqlx::query("UPDATE message SET reference = NULL, anew = 1 WHERE key = $1").bind(key),
        Note::GivenUp { reason } => {
            sqlx::query("UPDATE message SET sending = 0, given_up = $2, given_up_at = $3 WHERE key = $1")
                .bind(key)
                .bind(reason)
                .bind(now)
        }
    };
    query.execute(tx.conn()).await?;
    Ok(())
}
