//! An item begins or ends, and whoever it concerns is told.
//!
//! What was done is told to everybody who was asked, not to those who complained: who they are
//! nobody knows. Who gave a feedback is told once, at the end, if they wished it. Why not at the
//! start, too? A promise is no news, and each message costs goodwill.

use serde_json::json;

use super::model::evidence::Evidence;
use super::model::item::{Event, Item, State};
use super::store::{evidence, feedback, items as store};
use super::{Roadmap, items, wording};
use crate::chat::Target;
use crate::chat::message::Message;
use crate::chat::outbox::{self, Address};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::disclosure::{Released, release};
use crate::error::{Error, Result};
use crate::facts::{self, FactKind};
use crate::people;
use crate::surveys::{self, model::Survey};

/// Who is told of an end.
pub struct Told {
    pub item: Item,
    /// Waves whose people are told and asked whether it helped.
    pub waves: usize,
    /// People who gave a feedback and wished to be told.
    pub people: usize,
}

async fn turn(tx: &mut Tx, key: &str, event: Event, said: Option<&str>) -> Result<Item> {
    let item = items::find(tx.conn(), key).await?;
    let refused = || Error::Conflict(format!("`{}` is {} already.", item.key, item.state.word()));
    let next = item.state.on(event).ok_or_else(refused)?;
    if !store::move_on(tx, &item, next, said).await? {
        return Err(refused());
    }
    items::find(tx.conn(), &item.id).await
}

/// Somebody works on it from now on.
///
/// # Errors
/// `Conflict` when that was so already, or it ended.
pub async fn start(tx: &mut Tx, key: &str) -> Result<Item> {
    turn(tx, key, Event::Start, None).await
}

/// It is there: everybody who was asked in the waves behind it is told and asked whether it helped.
///
/// # Errors
/// `Conflict` when it ended before.
pub async fn ship(tx: &mut Tx, key: &str, said: &str) -> Result<Told> {
    let item = turn(tx, key, Event::Ship, Some(said)).await?;
    let since = Timestamp(0);
    let evidence = evidence::counted(tx.conn(), evidence::Of::Item(&item.id), since).await?;
    let waves = waves_of(&evidence);
    evidence::settle(tx, &item.id).await?;
    let preface = wording::told::you_said(&evidence, said);
    let data = json!({ "title": item.title, "said": preface, "waves": waves });
    facts::append(tx, FactKind::RoadmapShipped, &item.id, data).await?;
    let people = tell(tx, &item, &wording::told::shipped(&item, said)).await?;
    Ok(Told { item, waves: waves.len(), people })
}

/// It was decided against.
///
/// # Errors
/// `Conflict` when it ended before.
pub async fn drop(tx: &mut Tx, key: &str, why: &str) -> Result<Told> {
    let item = turn(tx, key, Event::Drop, Some(why)).await?;
    let people = tell(tx, &item, &wording::told::dropped(&item, why)).await?;
    Ok(Told { item, waves: 0, people })
}

fn waves_of(evidence: &[Evidence]) -> Vec<String> {
    let mut waves: Vec<String> =
        evidence.iter().flat_map(|one| &one.findings).map(|finding| finding.wave.clone()).collect();
    waves.sort();
    waves.dedup();
    waves
}

/// Its feedback is done; who gave some and wished it is told. To how many.
async fn tell(tx: &mut Tx, item: &Item, message: &Message) -> Result<usize> {
    let wishing = feedback::wishing(tx.conn(), &item.id).await?;
    feedback::end(tx, &item.id).await?;
    let mut told = 0;
    for person in wishing {
        let Some(identity) = people::identity_of(tx.conn(), &person).await? else { continue };
        let address = Address::of(&identity, Target::Direct { user: identity.user.clone() });
        outbox::put(tx, &format!("roadmap:{}:{person}", item.id), &address, message).await?;
        told += 1;
    }
    Ok(told)
}

/// How what was shipped is received: (label, answers) and of how many; `None` while too few answered.
pub type Help = Option<(Vec<(String, u64)>, u64)>;

impl Roadmap {
    /// Whether it helped, by those who were asked; `None` for an item that nobody was asked about.
    pub async fn help(&self, conn: &mut Conn, item: &Item) -> Result<Option<Help>> {
        let (State::Shipped, Some(ended)) = (item.state, item.ended_at) else { return Ok(None) };
        let asking = |survey: &&Survey| survey.when.follows(FactKind::RoadmapShipped);
        for survey in self.surveys.all.iter().filter(asking) {
            let tallies = surveys::tallies(conn, &survey.key, ended).await?;
            let Some(tally) = tallies.iter().find(|tally| tally.period.ends_with(&item.id)) else { continue };
            let labels = survey.question.labels();
            return Ok(Some(match release(&tally.counts) {
                Released::Shown { n, buckets, .. } => Some((labels.into_iter().zip(buckets).collect(), n)),
                Released::Alike { .. } | Released::TooFew { .. } => None,
            }));
        }
        Ok(None)
    }
}
