//! The outbox: each message has a key, what it should say, and what was said.
//!
//! A slice *puts* the message as it should read now, in its own unit of work;
//! the job `deliver` posts it, or updates what was posted. Several changes
//! before a delivery are one update. After a crash in the middle of a post it
//! is unknown whether the platform has it: it is sent again, marked as
//! repeated and counted in `repeats`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use sqlx::Row;

use super::inbound::Identity;
use super::message::Message;
use super::{MessageRef, Platform, SendError, Target};
use crate::db::{Conn, Db, Tx};
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
    let sql = "UPDATE message SET given_up = NULL WHERE key = $1";
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

async fn deliver_soon(tx: &mut Tx, key: &str) -> Result<()> {
    let run_at = tx.now();
    let payload = json!({ "message": key });
    queue::enqueue(tx, NewJob { kind: "deliver", payload, key: Some(format!("deliver:{key}")), run_at }).await
}

/// How long a message waits whose platform is not connected.
const NOT_CONNECTED: Duration = Duration::from_secs(300);

/// A message as the table has it.
struct Stored {
    platform: String,
    workspace: String,
    target: Target,
    fallback: Option<Target>,
    message: Message,
    version: i64,
    delivered: i64,
    sending: bool,
    reference: Option<MessageRef>,
}

/// Brings the platforms up to what the table says.
pub struct Deliver {
    db: Db,
    platforms: HashMap<&'static str, Arc<dyn Platform>>,
}

impl Deliver {
    /// The job over these platforms.
    pub fn new(db: Db, platforms: Vec<Arc<dyn Platform>>) -> Self {
        Deliver { db, platforms: platforms.into_iter().map(|platform| (platform.name(), platform)).collect() }
    }

    async fn post(&self, platform: &dyn Platform, key: &str, row: &Stored) -> Result<(), JobError> {
        let mut message = row.message.clone();
        // A page is replaced as a whole, so nobody sees it twice.
        if row.sending && !matches!(row.target, Target::Home { .. }) {
            message = message.context("Sent again after an interruption; you may see this twice.");
        }
        note(&self.db, key, Note::Posting { again: row.sending }).await?;
        match platform.post(&row.workspace, &row.target, &message).await {
            Ok(_) if key.starts_with(ANSWER) => Ok(note(&self.db, key, Note::Answered).await?),
            Ok(reference) => Ok(note(&self.db, key, Note::Posted { version: row.version, reference }).await?),
            Err(SendError::NotThere(reason)) => match row.fallback.clone() {
                Some(target) => {
                    note(&self.db, key, Note::Elsewhere { target }).await?;
                    Err(JobError::Retry(Duration::ZERO, reason))
                }
                None => self.give_up(key, reason).await,
            },
            Err(SendError::Later { seconds, reason }) => {
                note(&self.db, key, Note::NotPosted).await?;
                Err(JobError::Retry(Duration::from_secs(seconds), reason))
            }
            // Still marked as being posted, so that the next attempt says that it repeats.
            Err(SendError::Unclear { seconds, reason }) => {
                Err(JobError::Retry(Duration::from_secs(seconds), reason))
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
        match platform.update(&row.workspace, reference, &row.message).await {
            Ok(()) => {
                let posted = Note::Posted { version: row.version, reference: reference.clone() };
                Ok(note(&self.db, key, posted).await?)
            }
            Err(SendError::Later { seconds, reason } | SendError::Unclear { seconds, reason }) => {
                Err(JobError::Retry(Duration::from_secs(seconds), reason))
            }
            Err(SendError::NotThere(reason) | SendError::Never(reason)) => self.give_up(key, reason).await,
        }
    }

    /// Said once in the log; the row keeps why.
    async fn give_up(&self, key: &str, reason: String) -> Result<(), JobError> {
        tracing::warn!(message = key, reason, "a message could not be delivered");
        Ok(note(&self.db, key, Note::GivenUp { reason }).await?)
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
        match &row.reference {
            None => self.post(platform.as_ref(), key, &row).await,
            Some(reference) => self.update(platform.as_ref(), key, &row, reference).await,
        }
    }
}

async fn load(conn: &mut Conn, key: &str) -> Result<Option<Stored>> {
    let sql = "SELECT platform, workspace, target, fallback, content, version, delivered, sending, reference
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
        reference: json("reference")?.map(|text| serde_json::from_str(&text)).transpose()?,
    }))
}

/// What happened to a message.
enum Note {
    /// It is about to be posted; `again` after an attempt of unknown outcome.
    Posting {
        again: bool,
    },
    /// The post certainly did not arrive.
    NotPosted,
    /// The platform has this version. It may have changed again meanwhile: then its own job waits.
    Posted {
        version: i64,
        reference: MessageRef,
    },
    /// An answer arrived and will not change.
    Answered,
    /// It goes to the fallback from now on.
    Elsewhere {
        target: Target,
    },
    GivenUp {
        reason: String,
    },
}

async fn note(db: &Db, key: &str, what: Note) -> Result<()> {
    db.write((key.to_owned(), what), |tx, (key, what)| {
        Box::pin(async move {
            let query = match what {
                Note::Posting { again } => {
                    sqlx::query("UPDATE message SET sending = 1, repeats = repeats + $2 WHERE key = $1")
                        .bind(key)
                        .bind(i64::from(*again))
                }
                Note::NotPosted => sqlx::query("UPDATE message SET sending = 0 WHERE key = $1").bind(key),
                Note::Posted { version, reference } => sqlx::query(
                    "UPDATE message SET sending = 0, reference = $3,
                         delivered = CASE WHEN delivered < $2 THEN $2 ELSE delivered END
                     WHERE key = $1",
                )
                .bind(key)
                .bind(*version)
                .bind(serde_json::to_string(reference)?),
                Note::Answered => sqlx::query("DELETE FROM message WHERE key = $1").bind(key),
                Note::Elsewhere { target } => {
                    sqlx::query("UPDATE message SET sending = 0, target = $2, fallback = NULL WHERE key = $1")
                        .bind(key)
                        .bind(serde_json::to_string(target)?)
                }
                Note::GivenUp { reason } => {
                    sqlx::query("UPDATE message SET sending = 0, given_up = $2 WHERE key = $1")
                        .bind(key)
                        .bind(reason)
                }
            };
            query.execute(tx.conn()).await?;
            Ok(())
        })
    })
    .await
}
