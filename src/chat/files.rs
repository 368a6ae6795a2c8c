//! The bytes of pictures and files: kept once by their digest, with whatever shows them, and gone
//! within hours when nothing does any more. What a platform calls one there is remembered, so
//! that it gets each once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::BASE64;
use serde_json::Value;
use sqlx::Row;

use super::message::Message;
use crate::clock::Timestamp;
use crate::db::{Conn, Db, Tx};
use crate::error::{Error, Result};
use crate::jobs::{Job, JobError};

/// What is not shown by anything goes this long after it was stored.
const UNUSED: Duration = Duration::from_secs(3_600);
/// What a platform refused is offered to it again after this long: a scope may have been granted.
const REFUSED: Duration = Duration::from_secs(3_600);
/// A platform that does not take one is tried for this long; then the message goes without.
const TRIED: Duration = Duration::from_secs(300);

/// What shows a picture or a file: the row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder<'a> {
    /// The key of a message of the outbox.
    Message(&'a str),
    /// The key of a delivery with its answer.
    Delivery(&'a str),
    /// The id of a message of the playground.
    Playground(&'a str),
}

impl Holder<'_> {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Holder::Message(key) => ("message", key),
            Holder::Delivery(key) => ("delivery", key),
            Holder::Playground(id) => ("playground", id),
        }
    }
}

/// What no row of its table mentions any more, kind by kind.
const DROPPED: [&str; 3] = [
    "DELETE FROM blob_use WHERE kind = 'message' AND NOT EXISTS (SELECT 1 FROM message
         WHERE message.key = blob_use.holder AND message.content LIKE '%' || blob_use.digest || '%')",
    "DELETE FROM blob_use WHERE kind = 'delivery' AND NOT EXISTS (SELECT 1 FROM delivery
         WHERE delivery.key = blob_use.holder AND delivery.reply LIKE '%' || blob_use.digest || '%')",
    "DELETE FROM blob_use WHERE kind = 'playground' AND NOT EXISTS (SELECT 1 FROM playground_message AS shown
         WHERE shown.id = blob_use.holder AND shown.content LIKE '%' || blob_use.digest || '%')",
];

/// Keeps what the message shows for as long as `holder` does: called in the unit that stores the message.
pub async fn keep(tx: &mut Tx, holder: Holder<'_>, message: &Message) -> Result<()> {
    let now = tx.now().0;
    let (kind, name) = holder.parts();
    for (media, blob) in message.blobs() {
        if let Some(bytes) = blob.bytes() {
            // Written again even where it is known: its row is then ours until the end of the unit, and
            // [`Prune`], which may have found it unused just now, leaves it.
            let sql = "INSERT INTO blob (digest, media, content, kept_at) VALUES ($1, $2, $3, $4)
                       ON CONFLICT (digest) DO UPDATE SET kept_at = excluded.kept_at";
            let content = BASE64.encode(&bytes);
            let query = sqlx::query(sql).bind(blob.digest().to_owned()).bind(media).bind(content).bind(now);
            query.execute(tx.conn()).await?;
        }
        let sql = "INSERT INTO blob_use (digest, kind, holder)
                   SELECT digest, $2, $3 FROM blob WHERE digest = $1 ON CONFLICT DO NOTHING";
        let query = sqlx::query(sql).bind(blob.digest().to_owned()).bind(kind).bind(name.to_owned());
        query.execute(tx.conn()).await?;
    }
    Ok(())
}

/// Bytes and their kind.
pub struct Kept {
    pub media: String,
    pub bytes: Arc<[u8]>,
}

/// What is kept under the digest, while it is.
pub async fn load(conn: &mut Conn, digest: &str) -> Result<Option<Kept>> {
    let sql = "SELECT media, content FROM blob WHERE digest = $1";
    let Some(row) = sqlx::query(sql).bind(digest.to_owned()).fetch_optional(conn).await? else {
        return Ok(None);
    };
    let bytes = BASE64.decode(row.try_get::<String, _>("content")?.as_bytes()).map_err(Error::internal)?;
    Ok(Some(Kept { media: row.try_get("media")?, bytes: bytes.into() }))
}

/// A workspace of a platform.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub platform: &'static str,
    pub workspace: String,
}

/// How it stands with a file at a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Uploaded {
    /// It has it since then, under this name.
    There(String, Timestamp),
    /// It does not take it; for now it is not asked again.
    Refused,
    /// It is to be given to it.
    Wanted,
}

/// How it stands with the file of this digest.
pub(super) async fn uploaded(
    conn: &mut Conn,
    place: &Place,
    digest: &str,
    now: Timestamp,
) -> Result<Uploaded> {
    let sql = "SELECT reference, refused, since FROM blob_upload
               WHERE digest = $1 AND platform = $2 AND workspace = $3";
    let query = sqlx::query(sql).bind(digest.to_owned()).bind(place.platform).bind(place.workspace.clone());
    let Some(row) = query.fetch_optional(conn).await? else { return Ok(Uploaded::Wanted) };
    let since = Timestamp(row.try_get("since")?);
    let refused = row.try_get::<i64, _>("refused")? == 1;
    Ok(match row.try_get::<Option<String>, _>("reference")? {
        Some(reference) => Uploaded::There(reference, since),
        None if refused && now.since(since) < REFUSED => Uploaded::Refused,
        None => Uploaded::Wanted,
    })
}

/// What the platform calls those of the message that it has, by digest, and since when it has the last one.
pub(super) async fn references(
    conn: &mut Conn,
    place: &Place,
    message: &Message,
    now: Timestamp,
) -> Result<(BTreeMap<String, String>, Option<Timestamp>)> {
    let (mut found, mut last) = (BTreeMap::new(), None);
    for upload in message.uploads() {
        let digest = upload.blob.digest();
        if let Uploaded::There(reference, since) = uploaded(conn, place, digest, now).await? {
            found.insert(digest.to_owned(), reference);
            last = last.max(Some(since));
        }
    }
    Ok((found, last))
}

/// Notes what became of giving it to the platform: its name there, or that it was refused.
pub(super) async fn note(tx: &mut Tx, place: &Place, digest: &str, reference: Option<&str>) -> Result<()> {
    let sql = "INSERT INTO blob_upload (digest, platform, workspace, reference, refused, since)
               VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (digest, platform, workspace) DO UPDATE SET
                   reference = excluded.reference, refused = excluded.refused, since = excluded.since";
    let query = sqlx::query(sql)
        .bind(digest.to_owned())
        .bind(place.platform)
        .bind(place.workspace.clone())
        .bind(reference.map(str::to_owned))
        .bind(i64::from(reference.is_none()))
        .bind(tx.now().0);
    query.execute(tx.conn()).await?;
    Ok(())
}

/// Notes that the platform does not take it just now; whether it is still tried.
pub(super) async fn trying(tx: &mut Tx, place: &Place, digest: &str) -> Result<bool> {
    let now = tx.now();
    // A refusal of before is forgotten: the trial begins now.
    let sql = "INSERT INTO blob_upload (digest, platform, workspace, reference, refused, since)
               VALUES ($1, $2, $3, NULL, 0, $4)
               ON CONFLICT (digest, platform, workspace) DO UPDATE SET
                   since = CASE WHEN blob_upload.refused = 1 THEN excluded.since ELSE blob_upload.since END,
                   refused = 0
               RETURNING since";
    let query = sqlx::query_scalar::<_, i64>(sql)
        .bind(digest.to_owned())
        .bind(place.platform)
        .bind(place.workspace.clone())
        .bind(now.0);
    let since = Timestamp(query.fetch_one(tx.conn()).await?);
    Ok(now.since(since) < TRIED)
}

/// Forgets bytes that nothing shows any more.
pub struct Prune(pub Db);

#[async_trait]
impl Job for Prune {
    fn kind(&self) -> &'static str {
        "forget-files"
    }

    fn every(&self) -> Option<Duration> {
        Some(UNUSED)
    }

    async fn run(&self, _payload: Value, _attempt: i64) -> Result<(), JobError> {
        Ok(self.0.write((), |tx, ()| Box::pin(prune(tx))).await?)
    }
}

async fn prune(tx: &mut Tx) -> Result<()> {
    for sql in DROPPED {
        sqlx::query(sql).execute(tx.conn()).await?;
    }
    let before = tx.now().minus(UNUSED).0;
    let sql = "DELETE FROM blob WHERE kept_at <= $1
               AND NOT EXISTS (SELECT 1 FROM blob_use WHERE blob_use.digest = blob.digest)";
    sqlx::query(sql).bind(before).execute(tx.conn()).await?;
    let sql = "DELETE FROM blob_upload WHERE NOT EXISTS
               (SELECT 1 FROM blob WHERE blob.digest = blob_upload.digest)";
    sqlx::query(sql).execute(tx.conn()).await?;
    Ok(())
}
