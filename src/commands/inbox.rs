//! Deliveries acted on: a repeat gets the first answer and changes nothing.
//!
//! Only a keyed hash of the delivery's id is kept, for at least a day, with an
//! expiry on a day's edge: a row tells neither who acted nor when.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::suggestions;
use crate::chat::Target;
use crate::chat::drafts;
use crate::chat::files::{self, Holder};
use crate::chat::inbound::{AnswerBy, Identity, Invocation, Place};
use crate::chat::message::{Message, Reply};
use crate::chat::outbox::{self, Address};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Result;
use crate::jobs::{Job, JobError};
use crate::keys::hmac;

const DAY: i64 = 86_400_000;

/// One delivery of one invocation, and how its answer travels.
#[derive(Debug, Clone)]
pub struct Delivery {
    key: String,
    answer_by: AnswerBy,
    place: Place,
    identity: Identity,
}

impl Delivery {
    /// The delivery of `invocation`, hashed under `secret`.
    pub fn of(invocation: &Invocation, secret: &[u8; 32]) -> Self {
        let Identity { platform, workspace, .. } = &invocation.identity;
        let text = json!([platform, workspace, invocation.delivery]).to_string();
        Delivery {
            key: data_encoding::HEXLOWER.encode(&hmac(secret, text.as_bytes())),
            answer_by: invocation.answer_by.clone(),
            place: invocation.place.clone(),
            identity: invocation.identity.clone(),
        }
    }
}

/// Makes the delivery ours within this unit; `Some` is the answer it got before.
pub async fn claim(tx: &mut Tx, delivery: &Delivery) -> Result<Option<Reply>> {
    let expires = Timestamp((tx.now().0.div_euclid(DAY) + 2) * DAY);
    let sql =
        "INSERT INTO delivery (key, reply, expires_at) VALUES ($1, '', $2) ON CONFLICT (key) DO NOTHING";
    let claimed = sqlx::query(sql).bind(&delivery.key).bind(expires.0).execute(tx.conn()).await?;
    if claimed.rows_affected() == 1 {
        return Ok(None);
    }
    let sql = "SELECT reply FROM delivery WHERE key = $1";
    let reply: String = sqlx::query_scalar(sql).bind(&delivery.key).fetch_one(tx.conn()).await?;
    Ok(Some(serde_json::from_str(&reply)?))
}

/// Stores the answer with the claim, and puts it into the outbox where it cannot travel with the request.
pub async fn answer(tx: &mut Tx, delivery: &Delivery, reply: &Reply) -> Result<()> {
    sqlx::query("UPDATE delivery SET reply = $2 WHERE key = $1")
        .bind(&delivery.key)
        .bind(serde_json::to_string(reply)?)
        .execute(tx.conn())
        .await?;
    let (message, public) = match reply {
        Reply::Private { message } => (message, false),
        Reply::Public { message } => (message, true),
        Reply::Form { .. } | Reply::Refused { .. } | Reply::Silent => return Ok(()),
    };
    files::keep(tx, Holder::Delivery(&delivery.key), message).await?;
    let (identity, place) = (&delivery.identity, &delivery.place);
    let target = match &delivery.answer_by {
        AnswerBy::Inline => return Ok(()),
        AnswerBy::InlineWords => return put_aside(tx, delivery, message).await,
        AnswerBy::InlineOr { .. } if !message.has_files() => return Ok(()),
        AnswerBy::InlineOr { url } => {
            return put(tx, delivery, Target::Respond { url: url.clone() }, message).await;
        }
        AnswerBy::Home => Target::Home { user: identity.user.clone() },
        AnswerBy::Url { url } => Target::Respond { url: url.clone() },
        AnswerBy::Message if public => place.openly(&identity.user),
        AnswerBy::Message => place.privately(&identity.user),
    };
    if !message.has_files() || target.holds_files() {
        return put(tx, delivery, target, message).await;
    }
    put_aside(tx, delivery, message).await?;
    put(tx, delivery, target, &in_words(message.clone())).await
}

async fn put(tx: &mut Tx, delivery: &Delivery, target: Target, message: &Message) -> Result<()> {
    let identity = &delivery.identity;
    if matches!(target, Target::Home { .. }) {
        return outbox::put_home(tx, identity, message).await;
    }
    outbox::put_answer(tx, &delivery.key, &Address::of(identity, target), message).await
}

/// What has pictures or files goes to the person directly as well, where they can be kept.
async fn put_aside(tx: &mut Tx, delivery: &Delivery, message: &Message) -> Result<()> {
    if !message.has_files() {
        return Ok(());
    }
    let identity = &delivery.identity;
    let address = Address::of(identity, Target::Direct { user: identity.user.clone() });
    outbox::put_answer(tx, &format!("{}:files", delivery.key), &address, message).await
}

/// An answer in a place that holds no pictures or files; it says where those are.
pub fn in_words(message: Message) -> Message {
    match message.has_files() {
        true => {
            message.in_words().context("I sent you this directly as well, with what can only be shown there.")
        }
        false => message,
    }
}

/// Sends an answer that changed nothing; once, however often the delivery is repeated.
pub async fn answer_only(db: &Db, delivery: &Delivery, reply: &Reply) -> Result<()> {
    let has_files = match reply {
        Reply::Private { message } | Reply::Public { message } => message.has_files(),
        Reply::Form { .. } | Reply::Refused { .. } | Reply::Silent => false,
    };
    match delivery.answer_by {
        AnswerBy::Inline => return Ok(()),
        AnswerBy::InlineWords | AnswerBy::InlineOr { .. } if !has_files => return Ok(()),
        AnswerBy::InlineWords
        | AnswerBy::InlineOr { .. }
        | AnswerBy::Url { .. }
        | AnswerBy::Message
        | AnswerBy::Home => {}
    }
    db.write((delivery.clone(), reply.clone()), |tx, (delivery, reply)| {
        Box::pin(async move {
            match claim(tx, delivery).await? {
                None => answer(tx, delivery, reply).await,
                Some(_) => Ok(()),
            }
        })
    })
    .await
}

/// Forgets deliveries and suggestions after their time.
pub struct Forget(pub Db);

#[async_trait]
impl Job for Forget {
    fn kind(&self) -> &'static str {
        "forget-deliveries"
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(3_600))
    }

    async fn run(&self, _payload: Value, _attempt: i64) -> Result<(), JobError> {
        let forget = self.0.write((), |tx, ()| {
            Box::pin(async move {
                let now = tx.now().0;
                sqlx::query("DELETE FROM delivery WHERE expires_at <= $1")
                    .bind(now)
                    .execute(tx.conn())
                    .await?;
                drafts::sweep(tx).await?;
                suggestions::forget(tx).await
            })
        });
        Ok(forget.await?)
    }
}
