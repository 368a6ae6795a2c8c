//! All SQL of the playground: its own messages, who may see each, and what was read.

use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;

use super::personas::{CHANNEL, DIRECT, Persona};
use crate::chat::files::{self, Holder, Kept};
use crate::chat::message::{Block, Message};
use crate::clock::Timestamp;
use crate::db::{Conn, Db, Tx};
use crate::error::{Error, Result};

/// The author of what the bot says.
pub(super) const BOT: &str = "bot";

/// What the value of a button that answers a survey starts with.
pub(super) const SURVEY_ANSWER: &str = "survey.answer:";

/// A message to insert.
#[derive(Debug, Clone)]
pub(super) struct NewMessage {
    pub conversation: String,
    /// A persona's user id, or [`BOT`].
    pub author: String,
    /// The only persona who sees it; `None` for everybody in the conversation.
    pub seen_by: Option<String>,
    pub content: Message,
    /// What it came from; a second one from the same source is not inserted.
    pub source: Option<String>,
}

/// A message as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stored {
    pub id: String,
    pub conversation: String,
    pub author: String,
    /// Only this reader sees it.
    pub private: bool,
    pub blocks: Vec<Block>,
    /// Rises with each update of its content.
    pub version: i64,
    /// Its place in the conversation.
    pub position: i64,
    /// Its place among all changes: where a reader goes on after a reconnect.
    pub changed: i64,
    pub at: Timestamp,
    /// A survey's prompt that is as it was posted, and that the crowd has not answered.
    #[serde(skip)]
    pub asking: bool,
}

/// How many messages wait: in the reader's conversations, and for each persona directly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Unread {
    pub conversations: BTreeMap<String, i64>,
    pub personas: BTreeMap<String, i64>,
}

/// The playground's messages, and a tick for everyone who waits for a change.
pub struct Store {
    db: Db,
    tick: watch::Sender<u64>,
}

impl Store {
    pub fn new(db: Db) -> Self {
        Store { db, tick: watch::Sender::new(0) }
    }

    /// Resolves whenever something may have changed.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.tick.subscribe()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.db.now()
    }

    /// Inserts a message and gives its id: the first one's when `source` was there before.
    pub(super) async fn insert(&self, message: NewMessage) -> Result<String> {
        let id = self.db.write(message, |tx, message| Box::pin(insert(tx, message))).await?;
        self.ticked();
        Ok(id)
    }

    /// Replaces the content; false when there is no such message.
    pub(super) async fn replace(&self, id: &str, content: &Message) -> Result<bool> {
        let input = (id.to_owned(), content.clone());
        let found = self.db.write(input, |tx, (id, content)| Box::pin(replace(tx, id, content))).await?;
        self.ticked();
        Ok(found)
    }

    /// Shows the message that came from `source` to everybody in its conversation.
    pub(super) async fn publish(&self, source: &str) -> Result<()> {
        self.db.write(source.to_owned(), |tx, source| Box::pin(publish(tx, source))).await?;
        self.ticked();
        Ok(())
    }

    /// Remembers that the persona has read the conversation up to `position`.
    pub(super) async fn mark_read(&self, persona: &Persona, conversation: &str, position: i64) -> Result<()> {
        let input = (persona.user, conversation.to_owned(), position);
        self.db.write(input, |tx, input| Box::pin(mark_read(tx, input))).await?;
        self.ticked();
        Ok(())
    }

    /// One message, if the persona may see it.
    pub(super) async fn find(&self, reader: &Persona, id: &str) -> Result<Option<Stored>> {
        let mut conn = self.db.read().await?;
        let query = format!("{SELECT} WHERE {VISIBLE} AND id = $4");
        let rows = visible(&query, reader).bind(id.to_owned()).fetch_all(&mut *conn).await?;
        rows.iter().map(stored).next().transpose()
    }

    /// The last `count` messages of a conversation that the persona sees, oldest first.
    pub(super) async fn latest(
        &self,
        reader: &Persona,
        conversation: &str,
        count: i64,
    ) -> Result<Vec<Stored>> {
        let mut conn = self.db.read().await?;
        let query = format!("{SELECT} WHERE {VISIBLE} AND conversation = $4 ORDER BY position DESC LIMIT $5");
        let query = visible(&query, reader).bind(conversation.to_owned()).bind(count);
        let rows = query.fetch_all(&mut *conn).await?;
        rows.iter().rev().map(stored).collect()
    }

    /// A picture or file that some message shows.
    pub(super) async fn file(&self, digest: &str) -> Result<Option<Kept>> {
        files::load(&mut *self.db.read().await?, digest).await
    }

    /// What changed after `cursor` for the persona, oldest change first.
    pub(super) async fn since(&self, reader: &Persona, cursor: i64, count: i64) -> Result<Vec<Stored>> {
        let mut conn = self.db.read().await?;
        let query = format!("{SELECT} WHERE {VISIBLE} AND changed > $4 ORDER BY changed LIMIT $5");
        let rows = visible(&query, reader).bind(cursor).bind(count).fetch_all(&mut *conn).await?;
        rows.iter().map(stored).collect()
    }

    /// Remembers that the prompt was answered: which is all that is known of it here.
    pub(super) async fn answered(&self, id: &str) -> Result<()> {
        self.db.write(id.to_owned(), |tx, id| Box::pin(answered(tx, id))).await
    }

    /// The number of the last change.
    pub(super) async fn cursor(&self) -> Result<i64> {
        let mut conn = self.db.read().await?;
        let query = "SELECT value FROM playground_counter WHERE name = 'change'";
        Ok(sqlx::query_scalar(query).fetch_optional(&mut *conn).await?.unwrap_or(0))
    }

    /// What waits to be read.
    pub(super) async fn unread(&self, reader: &Persona) -> Result<Unread> {
        let mut conn = self.db.read().await?;
        let conversations = unread_conversations(&mut conn, reader).await?;
        Ok(Unread { conversations, personas: unread_personas(&mut conn).await? })
    }

    /// When the persona was last asked a survey question directly, if ever.
    pub(super) async fn last_asked(&self, persona: &Persona) -> Result<Option<Timestamp>> {
        let mut conn = self.db.read().await?;
        let query = "SELECT created_at FROM playground_message WHERE conversation = $1 AND asks > 0 \
                     ORDER BY position DESC LIMIT 1";
        let at = sqlx::query_scalar(query).bind(persona.direct()).fetch_optional(&mut *conn).await?;
        Ok(at.map(Timestamp))
    }

    /// How far people's time is ahead of the machine's, as the last jump left it.
    pub async fn ahead(&self) -> Result<Duration> {
        let mut conn = self.db.read().await?;
        let query = "SELECT value FROM playground_counter WHERE name = 'ahead'";
        let ahead: Option<i64> = sqlx::query_scalar(query).fetch_optional(&mut *conn).await?;
        Ok(Duration::from_millis(ahead.and_then(|ahead| u64::try_from(ahead).ok()).unwrap_or(0)))
    }

    /// Remembers how far it is ahead; never less far than before.
    pub(super) async fn move_ahead(&self, ahead: Duration) -> Result<()> {
        let millis = i64::try_from(ahead.as_millis()).map_err(Error::internal)?;
        self.db.write(millis, |tx, millis| Box::pin(move_ahead(tx, *millis))).await
    }

    pub(super) fn ticked(&self) {
        self.tick.send_modify(|tick| *tick = tick.wrapping_add(1));
    }
}

const SELECT: &str = "SELECT id, conversation, author, seen_by, content, asks, version, position, changed, created_at \
     FROM playground_message";

/// The reader's conversations ($1, $2) without what only somebody else ($3) sees.
const VISIBLE: &str = "conversation IN ($1, $2) AND (seen_by = '' OR seen_by = $3)";

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

fn visible<'q>(query: &'q str, reader: &Persona) -> Query<'q> {
    // The text is put together from constants of this file alone; values are bound.
    sqlx::query(sqlx::AssertSqlSafe(query)).bind(CHANNEL).bind(reader.direct()).bind(reader.user)
}

fn stored(row: &AnyRow) -> Result<Stored> {
    let content: String = row.try_get("content")?;
    let content: Message = serde_json::from_str(&content)?;
    let version: i64 = row.try_get("version")?;
    Ok(Stored {
        id: row.try_get("id")?,
        conversation: row.try_get("conversation")?,
        author: row.try_get("author")?,
        private: !row.try_get::<String, _>("seen_by")?.is_empty(),
        blocks: content.blocks,
        version,
        position: row.try_get("position")?,
        changed: row.try_get("changed")?,
        at: Timestamp(row.try_get("created_at")?),
        // An answered prompt is updated by the bot; it may still hold buttons that change the answer.
        asking: row.try_get::<i64, _>("asks")? == 1 && version == 1,
    })
}

/// The row lock of the counter makes changes commit in the order of their
/// numbers, so that a reader that goes on after a number misses none.
async fn next_change(conn: &mut Conn) -> Result<i64> {
    let query = "INSERT INTO playground_counter (name, value) VALUES ('change', 1) \
                 ON CONFLICT (name) DO UPDATE SET value = playground_counter.value + 1 RETURNING value";
    Ok(sqlx::query_scalar(query).fetch_one(conn).await?)
}

async fn insert(tx: &mut Tx, message: &NewMessage) -> Result<String> {
    let (id, now) = (tx.new_id("pgm"), tx.now());
    let conn = tx.conn();
    let change = next_change(conn).await?;
    let query = "INSERT INTO playground_message \
                 (id, conversation, author, seen_by, content, asks, source, version, position, changed, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10) ON CONFLICT (source) DO NOTHING";
    let source = message.source.clone().unwrap_or_else(|| id.clone());
    let inserted = sqlx::query(query)
        .bind(id)
        .bind(message.conversation.clone())
        .bind(message.author.clone())
        .bind(message.seen_by.clone().unwrap_or_default())
        .bind(serde_json::to_string(&message.content)?)
        .bind(i64::from(asks(&message.content)))
        .bind(source.clone())
        .bind(change)
        .bind(change)
        .bind(now.0)
        .execute(&mut *conn)
        .await?;
    let by_source = "SELECT id FROM playground_message WHERE source = $1";
    let id: Option<String> = sqlx::query_scalar(by_source).bind(source).fetch_optional(conn).await?;
    let none = || Error::internal(format!("{} rows inserted, none found", inserted.rows_affected()));
    let id = id.ok_or_else(none)?;
    files::keep(tx, Holder::Playground(&id), &message.content).await?;
    Ok(id)
}

async fn replace(tx: &mut Tx, id: &str, content: &Message) -> Result<bool> {
    files::keep(tx, Holder::Playground(id), content).await?;
    let change = next_change(tx.conn()).await?;
    let query =
        "UPDATE playground_message SET content = $1, version = version + 1, changed = $2 WHERE id = $3";
    let content = serde_json::to_string(content)?;
    let query = sqlx::query(query).bind(content).bind(change).bind(id.to_owned());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

async fn publish(tx: &mut Tx, source: &str) -> Result<()> {
    let change = next_change(tx.conn()).await?;
    let query =
        "UPDATE playground_message SET seen_by = '', changed = $1 WHERE source = $2 AND seen_by <> ''";
    sqlx::query(query).bind(change).bind(source.to_owned()).execute(tx.conn()).await?;
    Ok(())
}

async fn answered(tx: &mut Tx, id: &str) -> Result<()> {
    let query = "UPDATE playground_message SET asks = 2 WHERE id = $1";
    sqlx::query(query).bind(id.to_owned()).execute(tx.conn()).await?;
    Ok(())
}

async fn move_ahead(tx: &mut Tx, millis: i64) -> Result<()> {
    let query = "INSERT INTO playground_counter (name, value) VALUES ('ahead', $1) \
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value \
                 WHERE excluded.value > playground_counter.value";
    sqlx::query(query).bind(millis).execute(tx.conn()).await?;
    Ok(())
}

async fn mark_read(tx: &mut Tx, (user, conversation, position): &(&str, String, i64)) -> Result<()> {
    let query = "INSERT INTO playground_read (persona, conversation, position) VALUES ($1, $2, $3) \
                 ON CONFLICT (persona, conversation) DO UPDATE SET position = excluded.position \
                 WHERE excluded.position > playground_read.position";
    let query = sqlx::query(query).bind((*user).to_owned()).bind(conversation.clone()).bind(*position);
    query.execute(tx.conn()).await?;
    Ok(())
}

async fn unread_conversations(conn: &mut Conn, reader: &Persona) -> Result<BTreeMap<String, i64>> {
    let query = format!(
        "SELECT m.conversation AS place, COUNT(*) AS waiting FROM playground_message m \
         LEFT JOIN playground_read r ON r.persona = $4 AND r.conversation = m.conversation \
         WHERE m.{VISIBLE} AND m.author <> $5 AND m.position > COALESCE(r.position, 0) GROUP BY m.conversation"
    );
    let rows = visible(&query, reader).bind(reader.user).bind(reader.user).fetch_all(conn).await?;
    counts(&rows, "")
}

/// The channel is left out: it would mark everybody all the time.
async fn unread_personas(conn: &mut Conn) -> Result<BTreeMap<String, i64>> {
    let query = "SELECT m.conversation AS place, COUNT(*) AS waiting FROM playground_message m \
         LEFT JOIN playground_read r ON r.conversation = m.conversation \
         WHERE m.conversation LIKE 'dm:%' AND m.author = $1 AND m.position > COALESCE(r.position, 0) \
         GROUP BY m.conversation";
    counts(&sqlx::query(query).bind(BOT).fetch_all(conn).await?, DIRECT)
}

fn counts(rows: &[AnyRow], prefix: &str) -> Result<BTreeMap<String, i64>> {
    let count = |row: &AnyRow| {
        let place: String = row.try_get("place")?;
        let place = place.strip_prefix(prefix).unwrap_or(&place).to_owned();
        Ok((place, row.try_get("waiting")?))
    };
    rows.iter().map(count).collect()
}

fn asks(message: &Message) -> bool {
    buttons(&message.blocks).any(|value| value.starts_with(SURVEY_ANSWER))
}

/// What can be pressed in these blocks: the values of buttons, and of a select's choices.
pub(super) fn buttons(blocks: &[Block]) -> impl Iterator<Item = String> {
    blocks.iter().flat_map(|block| match block {
        Block::Actions { buttons } => {
            let pressed = buttons.iter().filter(|button| button.url.is_none());
            pressed.map(|button| button.value.0.clone()).collect()
        }
        Block::Select { command, choices, .. } => {
            choices.iter().map(|choice| format!("{command}:{}:", choice.value)).collect()
        }
        _ => Vec::new(),
    })
}
