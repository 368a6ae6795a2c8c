//! Who is asked, and when.

use std::sync::Arc;

use super::model::Survey;
use super::store::{self, answers, tallies};
use super::{Surveys, commands, message_key};
use crate::chat::Target;
use crate::chat::outbox::{self, Address};
use crate::db::Tx;
use crate::error::Result;
use crate::facts::Fact;
use crate::keys::Keys;
use crate::people;

impl Surveys {
    /// A fact happened: asks its person what is asked on it, once per wave.
    pub async fn follow(self: Arc<Self>, fact: Fact) -> Result<()> {
        let db = self.db.clone();
        db.write((self, fact), |tx, (slice, fact)| {
            Box::pin(async move {
                for survey in slice.all.iter().filter(|survey| survey.when.fact == fact.kind.word()) {
                    ask(tx, &slice.keys, survey, fact).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// One invitation in the wave of the fact's calendar month, unless there is one.
async fn ask(tx: &mut Tx, keys: &Keys, survey: &Survey, fact: &Fact) -> Result<()> {
    let person = fact.data["person"].as_str().unwrap_or_default();
    let subject = fact.data["name"].as_str().unwrap_or_default();
    let Some(identity) = people::identity_of(tx.conn(), person).await? else { return Ok(()) };
    let period = fact.at.month();
    let (wave, new) = store::ensure_wave(tx, &survey.key, &period, survey.mode.word(), survey.k).await?;
    if new {
        let key: [u8; 32] = tx.random();
        let wrapped = keys.wrap(&wave, &key, tx.random())?;
        answers::insert_key(tx, &wave, &data_encoding::BASE64.encode(&wrapped)).await?;
    }
    let Some(invitation) = store::invite(tx, &wave, person, subject).await? else { return Ok(()) };
    tallies::count_asked(tx, &wave, "").await?;
    let address = Address {
        platform: identity.platform,
        workspace: identity.workspace,
        target: Target::Direct { user: identity.user },
        fallback: None,
    };
    let prompt = commands::prompt(survey, &invitation, subject, commands::Stage::Asked);
    outbox::put(tx, &message_key(&invitation), &address, &prompt).await
}
