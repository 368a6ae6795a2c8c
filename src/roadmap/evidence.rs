//! What speaks for doing something, gathered from what happens, and linked to items.

use std::sync::Arc;

use super::model::Standing;
use super::model::evidence::{About, Evidence, FAILED, Finding, OfTeam, low_end, normalised};
use super::model::item::{Item, State};
use super::store::{evidence as store, feedback};
use super::{Roadmap, SPAN, items};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::disclosure::{self, Released, Same, release};
use crate::error::{Error, Result};
use crate::facts::{Fact, FactKind};
use crate::surveys::model::Survey;
use crate::surveys::model::question::Kind;
use crate::surveys::{self, WaveTally};

/// The facts that evidence comes from.
pub const FOLLOWED: [FactKind; 3] = [FactKind::SearchEmpty, FactKind::EnvFailed, FactKind::WaveClosed];

impl Roadmap {
    /// Something happened that may speak for an item.
    pub async fn follow(self: Arc<Self>, fact: Fact) -> Result<()> {
        let db = self.db.clone();
        db.write((self, fact), |tx, (slice, fact)| {
            Box::pin(async move {
                match fact.kind {
                    FactKind::WaveClosed => slice.read_wave(tx, fact).await,
                    _ => sight(tx, fact).await,
                }
            })
        })
        .await
    }

    /// A wave is closed: what its answers say that were released.
    async fn read_wave(&self, tx: &mut Tx, fact: &Fact) -> Result<()> {
        let key = fact.data["survey"].as_str().unwrap_or_default();
        let Some(survey) = self.surveys.all.iter().find(|survey| survey.key == key) else { return Ok(()) };
        // A wave's period may have begun long before it closes.
        let tallies = surveys::tallies(tx.conn(), key, fact.at.minus(SPAN)).await?;
        let Some(tally) = tallies.into_iter().find(|tally| tally.wave == fact.subject) else { return Ok(()) };
        for (about, finding) in found(survey, &tally) {
            let evidence = store::ensure(tx, &about, fact.at).await?;
            store::find_out(tx, &evidence, &finding, fact.at).await?;
        }
        Ok(())
    }
}

/// What the answers of a wave speak for: where enough of all do, or those of one team beyond chance,
/// which would drown among the others. The teams stand beside the whole that they are part of.
fn found(survey: &Survey, tally: &WaveTally) -> Vec<(About, Finding)> {
    let by_team: Vec<(&str, Vec<Said>)> = disclosure::teams(&tally.counts, &tally.segments)
        .into_iter()
        .map(|(team, counts)| (team, said(survey, &release(counts))))
        .collect();
    let finding = |Said { about, hits, n, impacts }: Said| {
        let of_team = |(team, said): &(&str, Vec<Said>)| {
            let one = said.iter().find(|one| one.about == about && about.said_by(one.hits, one.n))?;
            Some(OfTeam { team: (*team).to_owned(), hits: one.hits, n: one.n })
        };
        let mut teams: Vec<OfTeam> = by_team.iter().filter_map(of_team).collect();
        teams.sort_by_key(|team| std::cmp::Reverse(team.hits * 1_000 / team.n));
        let heard = about.said_by(hits, n) || teams.iter().any(|one| about.surely_said_by(one.hits, one.n));
        let (wave, period) = (tally.wave.clone(), tally.period.clone());
        heard.then_some((about, Finding { wave, period, hits, n, impacts, teams }))
    };
    said(survey, &release(&tally.counts)).into_iter().filter_map(finding).collect()
}

/// What answers may speak for, and how many of them do.
struct Said {
    about: About,
    hits: u64,
    n: u64,
    /// How much it matters to them: (impact, answers).
    impacts: Vec<(f64, u64)>,
}

/// What released answers say. How something that was shipped is received belongs to its item.
fn said(survey: &Survey, released: &Released) -> Vec<Said> {
    match released {
        _ if survey.when.follows(FactKind::RoadmapShipped) => Vec::new(),
        Released::Shown { n, buckets, .. } => each_said(survey, *n, buckets),
        Released::Alike { n, same, .. } => all_said(survey, *n, *same).into_iter().collect(),
        Released::TooFew { .. } => Vec::new(),
    }
}

fn each_said(survey: &Survey, n: u64, buckets: &[u64]) -> Vec<Said> {
    let (question, labels) = (&survey.question, survey.question.labels());
    match question.kind {
        Kind::Single | Kind::Multiple if survey.when.follows(FactKind::EnvFailed) => {
            let reason = |(choice, hits): (String, &u64)| {
                let (survey, title) = (survey.key.clone(), survey.title.clone());
                let about = About::Reason { survey, title, question: question.text.clone(), choice };
                Said { about, hits: *hits, n, impacts: vec![(FAILED, *hits)] }
            };
            labels.into_iter().zip(buckets).map(reason).collect()
        }
        kind => {
            let score = |impacts: Vec<(f64, u64)>| {
                let hits = impacts.iter().map(|(_, answers)| answers).sum();
                Said { about: not_well(survey), hits, n, impacts }
            };
            low_end(kind, labels.len(), buckets).map(score).into_iter().collect()
        }
    }
}

/// What answers speak for that are all the same: whether they are at the low end of a scale,
/// and not where there, which would be what each of them said.
fn all_said(survey: &Survey, n: u64, same: Same) -> Option<Said> {
    let question = &survey.question;
    let low = match question.kind {
        Kind::Nps => 7,
        Kind::Csat | Kind::Ces | Kind::Likert => question.labels().len() / 2,
        Kind::Single | Kind::Multiple | Kind::Text => return None,
    };
    (!same.from(low + 1)).then(|| Said { about: not_well(survey), hits: n, n, impacts: vec![(1.0, n)] })
}

fn not_well(survey: &Survey) -> About {
    let (key, title) = (survey.key.clone(), survey.title.clone());
    About::Score { survey: key, title, question: survey.question.text.clone() }
}

/// Somebody searched in vain, or a create stopped.
async fn sight(tx: &mut Tx, fact: &Fact) -> Result<()> {
    let text = |name: &str| fact.data[name].as_str().map(str::to_owned);
    let about = match fact.kind {
        FactKind::SearchEmpty => About::Search { words: normalised(&fact.subject) },
        _ => About::Failure { template: text("template").unwrap_or_default(), step: text("step") },
    };
    let nothing = matches!(&about, About::Search { words } if words.is_empty());
    if nothing || store::seen(tx.conn(), &fact.id).await? {
        return Ok(());
    }
    let evidence = store::ensure(tx, &about, fact.at).await?;
    store::sight(tx, &evidence, (&fact.id, fact.at), text("person").as_deref()).await
}

/// What nobody has linked to an item or set aside, the latest first.
pub async fn unlinked(conn: &mut Conn, now: Timestamp) -> Result<Vec<Evidence>> {
    store::counted(conn, store::Of::Nobody, now.minus(SPAN)).await
}

/// What can be linked to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Evidence(String),
    Feedback(String),
}

impl Source {
    /// By an id that a choice or a button carries.
    pub fn of(id: &str) -> Source {
        match id.starts_with("fbk_") {
            true => Source::Feedback(id.into()),
            false => Source::Evidence(id.into()),
        }
    }
}

async fn find(tx: &mut Tx, id: &str) -> Result<Evidence> {
    let found = store::counted(tx.conn(), store::Of::One(id), Timestamp(0)).await?;
    let gone =
        || Error::NotFound("There is no such evidence. `/platform roadmap list` shows what there is.".into());
    found.into_iter().next().ok_or_else(gone)
}

/// Has it speak for an item from now on; what it is about.
///
/// # Errors
/// `Conflict` for an item that ended, or a feedback that is done.
pub async fn link(tx: &mut Tx, item: &Item, source: &Source) -> Result<String> {
    let item = items::find_live(tx.conn(), &item.id).await?;
    match source {
        Source::Evidence(id) => {
            let evidence = find(tx, id).await?;
            if let Some(before) = &evidence.item {
                settled(tx, before).await?;
            }
            store::link(tx, id, &item.id).await?;
            Ok(evidence.about.line())
        }
        Source::Feedback(id) => {
            let one = super::feedback::find(tx.conn(), id).await?;
            if one.standing == Standing::Done {
                return Err(Error::Conflict("This feedback is done already.".into()));
            }
            feedback::link(tx, id, &item.id).await?;
            Ok(super::model::excerpt(&one.text, 80))
        }
    }
}

/// What an item was shipped for stays with it.
async fn settled(tx: &mut Tx, item: &str) -> Result<()> {
    let item = items::find(tx.conn(), item).await?;
    match item.state {
        State::Shipped => Err(Error::Conflict(format!("It spoke for `{}`, which is shipped.", item.key))),
        State::Open | State::Started | State::Dropped => Ok(()),
    }
}

/// Looked at, and nothing of it is for the roadmap; what it is about.
pub async fn set_aside(tx: &mut Tx, source: &Source) -> Result<String> {
    match source {
        Source::Evidence(id) => {
            let evidence = find(tx, id).await?;
            store::set_aside(tx, id).await?;
            Ok(evidence.about.line())
        }
        Source::Feedback(id) => {
            Ok(super::model::excerpt(&super::feedback::set_aside(tx, id).await?.text, 80))
        }
    }
}
