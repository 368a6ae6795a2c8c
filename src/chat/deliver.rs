//! The job that brings the platforms up to what the outbox says, and what it decides when one refuses.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::files::{self, Uploaded};
use super::outbox::{ANSWER, Stored, Timely, load};
use crate::chat::attachment::Upload;
use crate::chat::message::Message;
use crate::chat::{Bring, MessageRef, Platform, Post, SendError, Target};
use crate::db::{Db, Tx};
use crate::error::Result;
use crate::jobs::{Job, JobError};

/// How long a message waits whose platform is not connected.
const NOT_CONNECTED: Duration = Duration::from_secs(300);
/// A platform that has a file may still be looking at it for this long; then it is taken as refused.
const LOOKED_AT: Duration = Duration::from_secs(60);
/// How soon it is asked whether it has done so.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

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
        let Some(message) = self.prepare(key, row).await? else { return Ok(()) };
        let message = self.refer(platform, row, message).await?;
        // What is posted anew, because what stood there is gone, is another one.
        let post = Post {
            workspace: &row.workspace,
            target: &row.target,
            message: &message,
            key: &if row.anew { format!("anew:{key}") } else { key.to_owned() },
            again: row.sending,
        };
        match platform.post(post).await {
            Ok(_) if key.starts_with(ANSWER) => Ok(self.note(key, Note::Answered).await?),
            Ok(reference) => Ok(self.note(key, Note::Posted { version: row.version, reference }).await?),
            Err(SendError::NotThere(reason) | SendError::Gone(reason)) => {
                self.elsewhere(key, row, reason).await
            }
            Err(SendError::Later { seconds, reason }) => {
                self.note(key, Note::NotPosted { before: row.sending }).await?;
                Err(JobError::Retry(Duration::from_secs(seconds), reason))
            }
            // Still marked as being posted, so that the next attempt says that it repeats.
            Err(SendError::Unclear { seconds, reason }) => {
                Err(JobError::Retry(Duration::from_secs(seconds).max(repeat_after(row)), reason))
            }
            Err(SendError::Files(reason)) => {
                self.note(key, Note::NotPosted { before: row.sending }).await?;
                Err(self.without_files(platform, row, &message, reason).await?)
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
        let message = self.refer(platform, row, message).await?;
        match platform.update(&row.workspace, reference, &message).await {
            Ok(()) => {
                let posted = Note::Posted { version: row.version, reference: reference.clone() };
                Ok(self.note(key, posted).await?)
            }
            Err(SendError::Later { seconds, reason } | SendError::Unclear { seconds, reason }) => {
                Err(JobError::Retry(Duration::from_secs(seconds), reason))
            }
            Err(SendError::NotThere(reason)) => self.elsewhere(key, row, reason).await,
            Err(SendError::Files(reason)) => Err(self.without_files(platform, row, &message, reason).await?),
            Err(SendError::Gone(reason)) if !row.anew => {
                self.note(key, Note::Anew).await?;
                Err(JobError::Retry(Duration::ZERO, reason))
            }
            Err(SendError::Gone(reason) | SendError::Never(reason)) => self.give_up(key, reason).await,
        }
    }

    /// Gives the platform what it has to have of the message's pictures and files, each once. One that it
    /// does not take is left out: the message is not to wait for it for long.
    async fn upload(&self, platform: &dyn Platform, row: &Stored) -> Result<(), JobError> {
        if platform.files() != Bring::Before || !row.target.holds_files() {
            return Ok(());
        }
        let place = place(platform, row);
        for upload in row.message.uploads() {
            let (mut conn, digest) = (self.db.read().await?, upload.blob.digest());
            if files::uploaded(&mut conn, &place, digest, self.db.now()).await? != Uploaded::Wanted {
                continue;
            }
            let kept = files::load(&mut conn, digest).await?;
            drop(conn);
            let Some(kept) = kept else { continue };
            let whole = Upload { blob: upload.blob.with(kept.bytes), ..upload.clone() };
            let (reference, why) = match platform.upload(&row.workspace, &whole).await {
                Ok(reference) => (Some(reference), String::new()),
                Err(SendError::Later { seconds, reason } | SendError::Unclear { seconds, reason }) => {
                    let unit = (place.clone(), digest.to_owned());
                    let tried = self.db.write(unit, |tx, (place, digest)| {
                        Box::pin(async move { files::trying(tx, place, digest).await })
                    });
                    if tried.await? {
                        return Err(JobError::Retry(Duration::from_secs(seconds), reason));
                    }
                    (None, reason)
                }
                Err(other) => (None, other.to_string()),
            };
            if reference.is_none() {
                tracing::warn!(
                    platform = platform.name(),
                    reason = why,
                    "a picture or file is told in words"
                );
            }
            self.note_upload(&place, digest, reference).await?;
        }
        Ok(())
    }

    async fn note_upload(&self, place: &files::Place, digest: &str, reference: Option<String>) -> Result<()> {
        let unit = (place.clone(), digest.to_owned(), reference);
        let noted = self.db.write(unit, |tx, (place, digest, reference)| {
            Box::pin(async move { files::note(tx, place, digest, reference.as_deref()).await })
        });
        noted.await
    }

    /// The message with what the platform calls its pictures and files, or with their bytes.
    async fn refer(&self, platform: &dyn Platform, row: &Stored, message: Message) -> Result<Message> {
        let bring = platform.files();
        let holds = bring == Bring::Along || (bring == Bring::Before && row.target.holds_files());
        if !holds || !message.has_files() {
            return Ok(message);
        }
        let (mut conn, place, now) = (self.db.read().await?, place(platform, row), self.db.now());
        if bring == Bring::Before {
            let (references, _) = files::references(&mut conn, &place, &message, now).await?;
            return Ok(message.referring(&references));
        }
        let mut bytes = BTreeMap::new();
        for upload in message.uploads() {
            let digest = upload.blob.digest();
            if files::uploaded(&mut conn, &place, digest, now).await? == Uploaded::Refused {
                continue;
            }
            let kept = files::load(&mut conn, digest).await?.map(|kept| kept.bytes);
            bytes.extend(upload.blob.bytes().or(kept).map(|bytes| (digest.to_owned(), bytes)));
        }
        Ok(message.carrying(&bytes))
    }

    /// The platform has them and does not take the message with them: it may still be looking at them.
    /// After a while it goes without. What the job ends with.
    async fn without_files(
        &self,
        platform: &dyn Platform,
        row: &Stored,
        message: &Message,
        reason: String,
    ) -> Result<JobError> {
        let (now, place) = (self.db.now(), place(platform, row));
        let (_, last) = files::references(&mut *self.db.read().await?, &place, message, now).await?;
        if last.is_some_and(|last| now.since(last) < LOOKED_AT) {
            return Ok(JobError::Retry(LOOK_AGAIN, reason));
        }
        tracing::warn!(platform = place.platform, reason, "a message goes without its pictures and files");
        for upload in message.uploads() {
            self.note_upload(&place, upload.blob.digest(), None).await?;
        }
        Ok(JobError::Retry(Duration::ZERO, reason))
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

    /// Some calls, for what was not taken as it was or has to be opened first, and what is noted around them;
    /// before them three for each picture or file.
    fn timeout(&self) -> Duration {
        Duration::from_secs(300)
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
        self.upload(platform.as_ref(), &row).await?;
        let wait = platform.wait(key, &row.target, row.reference.as_ref());
        if !wait.is_zero() {
            return Err(JobError::Retry(
                wait,
                "waits for its turn; the log says where the platform holds everything back".into(),
            ));
        }
        match &row.reference {
            None => self.post(platform.as_ref(), key, &row).await,
            Some(reference) => self.update(platform.as_ref(), key, &row, reference).await,
        }
    }
}

fn place(platform: &dyn Platform, row: &Stored) -> files::Place {
    files::Place { platform: platform.name(), workspace: row.workspace.clone() }
}

/// Each repeat may be one that somebody reads twice, so they grow rare: 5 s to ten minutes.
fn repeat_after(row: &Stored) -> Duration {
    let before = u32::try_from(row.repeats + i64::from(row.sending)).unwrap_or(u32::MAX);
    Duration::from_secs((5 << before.min(7)).min(600))
}

/// What happened to a message.
enum Note {
    /// This post certainly did not arrive; one `before` it may have, and still may.
    NotPosted {
        before: bool,
    },
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
        Note::NotPosted { before } => {
            let sql = "UPDATE message SET sending = $2, repeats = repeats - $2 WHERE key = $1";
            sqlx::query(sql).bind(key).bind(i64::from(*before))
        }
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
