//! What product people do with a survey: look at it, start it, pause it, close it.

use super::model::Survey;
use super::model::plan::Round;
use super::model::wave::Wave;
use super::store::{asked, waves};
use super::{Surveys, asking, closing, jobs};
use crate::chat::message::Choice;
use crate::clock::Timestamp;
use crate::commands::parse::list;
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};

/// Waves shown of a survey.
const SHOWN: i64 = 5;

/// How a survey stands.
pub struct Standing {
    pub survey: Survey,
    pub paused: Option<Timestamp>,
    /// The newest first.
    pub waves: Vec<Progress>,
}

/// A wave and how far it is.
pub struct Progress {
    pub wave: Wave,
    /// Still to be asked.
    pub planned: i64,
    pub asked: i64,
    pub answered: i64,
    /// Drawn and not asked.
    pub left: i64,
}

/// What a wave that is started now would do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preview {
    /// Members who want questions.
    pub people: u64,
    /// How many of them it would ask, on average.
    pub expected: f64,
    /// When the first of them works; `None` when nobody does in time.
    pub first: Option<Timestamp>,
    pub closes_at: Timestamp,
}

impl Surveys {
    /// The survey of this key.
    ///
    /// # Errors
    /// `NotFound` with the keys that there are.
    pub fn find(&self, key: &str) -> Result<&Survey> {
        self.get(key).ok_or_else(|| {
            let all = list(self.all.iter().map(|survey| survey.key.as_str()));
            Error::NotFound(format!("There is no survey `{}`. There is {all}.", key.replace('`', "'")))
        })
    }

    /// What a form offers where a survey is asked for.
    pub fn choices(&self) -> Vec<Choice> {
        let label = |survey: &Survey| format!("{} ({})", survey.title, survey.key);
        let choice = |survey: &Survey| Choice { value: survey.key.clone(), label: label(survey) };
        self.all.iter().map(choice).collect()
    }

    /// How each survey stands, by their keys.
    pub async fn standings(&self) -> Result<Vec<Standing>> {
        let mut conn = self.db.read().await?;
        let mut all = Vec::new();
        for survey in &self.all {
            all.push(standing(&mut conn, survey).await?);
        }
        all.sort_by(|a, b| a.survey.key.cmp(&b.survey.key));
        Ok(all)
    }

    /// How this survey stands.
    ///
    /// # Errors
    /// `NotFound` for a key of none.
    pub async fn standing(&self, key: &str) -> Result<Standing> {
        standing(&mut *self.db.read().await?, self.find(key)?).await
    }

    /// What starting it now would do; looks at everybody, page by page.
    ///
    /// # Errors
    /// `Invalid` for one that only goes out on facts, `Conflict` for one that asks already.
    pub async fn preview(&self, survey: &Survey) -> Result<Preview> {
        startable(survey)?;
        let now = self.db.now();
        let closes_at = now.plus(survey.when.open);
        let round = Round { key: [0; 32], sample: survey.when.sample, local: None, from: now, closes_at };
        let mut found = Preview { people: 0, expected: 0.0, first: None, closes_at };
        let (mut conn, mut after) = (self.db.read().await?, Some(String::new()));
        asking::not_asking(&mut conn, survey).await?;
        while let Some(from) = after {
            let page = self.page(&mut conn, &[], &from).await?;
            for member in &page.members {
                let Some(probability) = round.probability(member.surveys) else { continue };
                let first = member.working(now).map(|(start, _)| start).filter(|start| *start < closes_at);
                found.people += 1;
                found.expected += first.map_or(0.0, |_| probability);
                found.first = [found.first, first].into_iter().flatten().min();
            }
            after = page.last;
        }
        Ok(found)
    }
}

async fn standing(conn: &mut Conn, survey: &Survey) -> Result<Standing> {
    let paused = waves::paused(conn, &survey.key).await?;
    let mut all = Vec::new();
    for wave in waves::latest(conn, &survey.key, SHOWN).await? {
        let counts = asked::counts(conn, &wave.id).await?;
        let of = |word: &str| counts.iter().find(|(state, _, _)| state == word);
        all.push(Progress {
            planned: of("planned").map_or(0, |row| row.1),
            asked: of("sent").map_or(0, |row| row.1),
            answered: of("sent").map_or(0, |row| row.2),
            left: of("left").map_or(0, |row| row.1),
            wave,
        });
    }
    Ok(Standing { survey: survey.clone(), paused, waves: all })
}

/// A question about what somebody did makes no sense to others.
fn startable(survey: &Survey) -> Result<()> {
    match &survey.when.fact {
        None => Ok(()),
        Some(fact) => Err(Error::Invalid(format!(
            "`{}` goes out by itself on `{fact}`, to those it happened to; it cannot be started. \
             `/platform survey pause {}` stops it.",
            survey.key, survey.key
        ))),
    }
}

/// Starts a wave to everybody.
///
/// # Errors
/// `Invalid` for a survey of facts, `Conflict` while it is paused or asks already.
pub(super) async fn start(tx: &mut Tx, slice: &Surveys, key: &str) -> Result<Wave> {
    let survey = slice.find(key)?;
    startable(survey)?;
    if waves::paused(tx.conn(), key).await?.is_some() {
        return Err(Error::Conflict(format!("`{key}` is paused. `/platform survey resume {key}` first.")));
    }
    asking::start(tx, slice, survey).await
}

/// From now on it asks nobody; who was asked can answer.
///
/// # Errors
/// `Conflict` when it is paused already.
pub(super) async fn pause(tx: &mut Tx, slice: &Surveys, key: &str) -> Result<()> {
    slice.find(key)?;
    match waves::pause(tx, key).await? {
        true => Ok(()),
        false => Err(Error::Conflict(format!("`{key}` is paused already."))),
    }
}

/// It asks again whoever is still to be asked; what happened during the pause is not asked about.
///
/// # Errors
/// `Conflict` when it is not paused.
pub(super) async fn resume(tx: &mut Tx, slice: &Surveys, key: &str) -> Result<()> {
    slice.find(key)?;
    if !waves::resume(tx, key).await? {
        return Err(Error::Conflict(format!("`{key}` is not paused.")));
    }
    let now = tx.now();
    for wave in waves::unclosed(tx.conn(), key).await? {
        jobs::look_at(tx, &wave.id, now).await?;
    }
    Ok(())
}

/// Ends its waves: nobody is asked any more, and no answer taken.
///
/// # Errors
/// `Conflict` when none is open.
pub(super) async fn close(tx: &mut Tx, slice: &Surveys, key: &str) -> Result<Vec<Wave>> {
    slice.find(key)?;
    let open = waves::unclosed(tx.conn(), key).await?;
    if open.is_empty() {
        return Err(Error::Conflict(format!("`{key}` has no open wave.")));
    }
    for wave in &open {
        closing::close(tx, slice, &wave.id, "").await?;
    }
    Ok(open)
}
