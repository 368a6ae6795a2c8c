//! Facts: rows saying what happened, appended in the transaction that decides it.
//!
//! A slice that wants to know subscribes in `app.rs`; each fact of a kind with
//! subscribers becomes one `fact` job, in the same transaction. So surveys
//! follow environments without an import cycle. Why not a cursor over the
//! table? On PostgreSQL a row may commit after a later-numbered one, and a
//! cursor that already passed would skip it; a job per fact cannot.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::clock::Timestamp;
use crate::db::{Conn, Db, Tx};
use crate::error::{Error, Result};
use crate::jobs::queue::{self, NewJob};
use crate::jobs::{Job, JobError};

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FactKind {
    /// Somebody asked for an environment. Subject: environment; data: person, template, tier.
    #[serde(rename = "env.requested")]
    EnvRequested,
    /// It can be used. Subject: environment; data: person, name, template.
    #[serde(rename = "env.ready")]
    EnvReady,
    /// Its creation stopped. Subject: environment; data: person, name, template, step.
    #[serde(rename = "env.failed")]
    EnvFailed,
    /// It is gone. Subject: environment; data: person.
    #[serde(rename = "env.destroyed")]
    EnvDestroyed,
    /// A search found nothing. Subject: the words; data: person.
    #[serde(rename = "search.empty")]
    SearchEmpty,
    /// An answer was recorded. Subject: wave; no person, and `at` is the week's start.
    #[serde(rename = "survey.answered")]
    SurveyAnswered,
    /// A wave takes no more answers. Subject: wave; data: survey, period.
    #[serde(rename = "wave.closed")]
    WaveClosed,
    /// An item of the roadmap is done. Subject: item; data: title, said (what is told), waves.
    #[serde(rename = "roadmap.shipped")]
    RoadmapShipped,
}

impl FactKind {
    /// The word in the table, `env.ready`.
    pub fn word(self) -> &'static str {
        match self {
            FactKind::EnvRequested => "env.requested",
            FactKind::EnvReady => "env.ready",
            FactKind::EnvFailed => "env.failed",
            FactKind::EnvDestroyed => "env.destroyed",
            FactKind::SearchEmpty => "search.empty",
            FactKind::SurveyAnswered => "survey.answered",
            FactKind::WaveClosed => "wave.closed",
            FactKind::RoadmapShipped => "roadmap.shipped",
        }
    }

    /// Whether anybody subscribes; [`FactJob::new`] refuses other subscriptions.
    /// A fact that nobody follows leaves no job, and `survey.answered` must not
    /// while a job row would tell the second of an answer.
    fn followed(self) -> bool {
        matches!(
            self,
            FactKind::EnvReady
                | FactKind::EnvFailed
                | FactKind::SearchEmpty
                | FactKind::WaveClosed
                | FactKind::RoadmapShipped
        )
    }

    fn parse(word: &str) -> Result<Self> {
        serde_json::from_value(Value::String(word.into())).map_err(Error::from)
    }
}

/// A fact as its followers see it.
#[derive(Debug, Clone)]
pub struct Fact {
    pub id: String,
    pub at: Timestamp,
    pub kind: FactKind,
    pub subject: String,
    pub data: Value,
}

/// Appends a fact to this unit of work.
pub async fn append(tx: &mut Tx, kind: FactKind, subject: &str, data: Value) -> Result<()> {
    let at = if kind == FactKind::SurveyAnswered { tx.now().week_start() } else { tx.now() };
    let id = tx.new_id("fct");
    sqlx::query("INSERT INTO fact (id, at, kind, subject, data) VALUES ($1, $2, $3, $4, $5)")
        .bind(&id)
        .bind(at.0)
        .bind(kind.word())
        .bind(subject)
        .bind(data.to_string())
        .execute(tx.conn())
        .await?;
    if kind.followed() {
        let run_at = tx.now();
        queue::enqueue(tx, NewJob { kind: "fact", payload: json!({ "id": id }), key: None, run_at }).await?;
    }
    Ok(())
}

/// What happened to `from` happened to `to`, for those who look later.
pub async fn merge(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    // An id is in JSON what it is elsewhere, and long enough to be nothing else.
    let sql = "UPDATE fact SET data = replace(data, $1, $2) WHERE data LIKE $3";
    let (from, to) = (format!("\"{from}\""), format!("\"{to}\""));
    let like = format!("%{}%", from.replace('_', "\\_"));
    let sql = format!("{sql} ESCAPE '\\'");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&from).bind(to).bind(like).execute(tx.conn()).await?;
    Ok(())
}

/// What a follower does with a fact; it may see the same one twice.
pub type Follower = Arc<dyn Fn(Fact) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// Hands each fact to those who follow its kind.
pub struct FactJob {
    db: Db,
    followers: Vec<(FactKind, Follower)>,
}

impl FactJob {
    /// The job with its followers.
    ///
    /// # Errors
    /// A kind that [`append`] makes no job for cannot be followed.
    pub fn new(db: Db, followers: Vec<(FactKind, Follower)>) -> Result<Self> {
        match followers.iter().find(|(kind, _)| !kind.followed()) {
            Some((kind, _)) => Err(Error::internal(format!("{} is not followed in facts.rs", kind.word()))),
            None => Ok(FactJob { db, followers }),
        }
    }
}

/// The fact with this id.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<Fact>> {
    let sql = "SELECT id, at, kind, subject, data FROM fact WHERE id = $1";
    sqlx::query(sql).bind(id).fetch_optional(conn).await?.as_ref().map(read).transpose()
}

/// Whether something of this kind happened to a person after `since`.
pub async fn happened(conn: &mut Conn, kind: FactKind, person: &str, since: Timestamp) -> Result<bool> {
    let sql = "SELECT id, at, kind, subject, data FROM fact WHERE kind = $1 AND at > $2";
    let rows = sqlx::query(sql).bind(kind.word()).bind(since.0).fetch_all(conn).await?;
    let facts = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(facts.iter().any(|fact| fact.data["person"] == person))
}

fn read(row: &AnyRow) -> Result<Fact> {
    Ok(Fact {
        id: row.try_get("id")?,
        at: Timestamp(row.try_get("at")?),
        kind: FactKind::parse(row.try_get("kind")?)?,
        subject: row.try_get("subject")?,
        data: serde_json::from_str(row.try_get("data")?)?,
    })
}

#[async_trait]
impl Job for FactJob {
    fn kind(&self) -> &'static str {
        "fact"
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn run(&self, payload: Value, _attempt: i64) -> Result<(), JobError> {
        let id = payload["id"].as_str().unwrap_or_default();
        let found = find(&mut *self.db.read().await?, id).await?;
        let fact = found.ok_or_else(|| Error::internal("a fact with a job is not there"))?;
        for (_, follower) in self.followers.iter().filter(|(kind, _)| *kind == fact.kind) {
            follower(fact.clone()).await?;
        }
        Ok(())
    }
}
