//! Two accounts of one person: the code that one gives and the other takes, and what becomes one.
//!
//! Invariants: only the keyed hash of a code is stored; it is good once, for [`GOOD_FOR`], and for
//! whoever types it first; somebody has five tries an hour. Only the presser of the confirmation
//! who also typed the code can join. Roles belong to accounts, so joining gives nobody any.

use std::time::Duration;

use super::model::linking::{code, hash};
use super::{People, settings, store};
use crate::access::Actor;
use crate::chat::inbound::Identity;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::{Error, Result};

/// A code is good for this long.
pub const GOOD_FOR: Duration = Duration::from_secs(600);
/// So many codes may be typed within [`TRIED_FOR`], right or wrong.
const MOST_TRIES: i64 = 5;
const TRIED_FOR: Duration = Duration::from_secs(3_600);

/// A code that somebody made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// `lnk_…`
    pub id: String,
    /// Who made it, and whom the other account joins.
    pub person: String,
    /// The account they made it with.
    pub maker: Identity,
}

/// What comes of a code that was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// It is theirs now, to be confirmed.
    Taken(Offer),
    /// It is the code of whoever typed it.
    Own,
    /// It is none, or not any more, or somebody else's; so many more may be tried.
    Unknown { left: i64 },
    /// Too many were tried; none is looked at until then.
    TooMany { until: Timestamp },
}

impl People {
    /// Whether accounts of this platform can be joined with others.
    ///
    /// # Errors
    /// `Denied` where they cannot.
    pub fn may_link(&self, platform: &str) -> Result<()> {
        match self.linking.contains(&platform) {
            true => Ok(()),
            false => Err(Error::Denied(
                "🔒 Who you are here is made up, so there is nothing to link: only accounts of a chat that the bot \
                 is connected to can be."
                    .into(),
            )),
        }
    }

    /// Makes the code of this request of an account.
    pub async fn offer(&self, secret: &[u8; 32], actor: &Actor, delivery: &str) -> Result<String> {
        let code = code(secret, &actor.identity, delivery);
        let input = (hash(secret, &code), actor.person.clone(), actor.identity.clone());
        let unit = self.db.write(input, |tx, (hash, person, who)| {
            Box::pin(async move {
                store::linking::sweep(tx).await?;
                let expires = tx.now().plus(GOOD_FOR);
                store::linking::keep(tx, (hash, expires), person, who).await
            })
        });
        unit.await?;
        Ok(code)
    }
}

/// Takes a code that was typed by this person.
pub async fn take(tx: &mut Tx, secret: &[u8; 32], person: &str, typed: &str) -> Result<Typed> {
    store::linking::sweep(tx).await?;
    let until = tx.now().plus(TRIED_FOR);
    let (tries, until) = store::linking::tries(tx, person, until).await?;
    if tries > MOST_TRIES {
        return Ok(Typed::TooMany { until });
    }
    let hash = hash(secret, typed);
    let claimed = store::linking::claim(tx, &hash, person).await?;
    Ok(match store::linking::find(tx.conn(), &hash).await? {
        Some(offer) if claimed => Typed::Taken(offer),
        Some(offer) if offer.person == person => Typed::Own,
        _ => Typed::Unknown { left: MOST_TRIES - tries },
    })
}

/// Uses up the code that this person typed.
///
/// # Errors
/// `NotFound` where they typed none, or too long ago.
pub async fn spend(tx: &mut Tx, id: &str, person: &str) -> Result<Offer> {
    let gone = || {
        Error::NotFound(
            "This code is not good any more, or it is not yours. Nothing was changed. `/platform link` on your other \
             account gives a new one."
                .into(),
        )
    };
    match store::linking::spend(tx, id, person).await? {
        true => store::linking::find(tx.conn(), id).await?.ok_or_else(gone),
        false => Err(gone()),
    }
}

/// Makes the accounts of `from` those of `to`. The row of `from` stays, as that of somebody forgotten
/// does: what could not be told to be of `to` refers to it.
pub async fn merge(tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    store::linking::merge(tx, from, to).await?;
    settings::forget(tx, from).await
}
