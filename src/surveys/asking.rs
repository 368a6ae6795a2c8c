//! Who is asked on what happened, and the waves that a fact, a schedule or a person opens.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, Months, NaiveTime};
use serde_json::Value;

use super::model::Survey;
use super::model::plan::{Left, Planned, Round, Turn};
use super::model::wave::{NewWave, State, Wave};
use super::sending::{self, Asking};
use super::store::asked::{self, Drawn, Due};
use super::store::{answers, waves};
use super::{Surveys, jobs};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::facts::{self, Fact, FactKind};
use crate::people::model::Member;
use crate::zone::Zone;

/// An event survey's wave takes answers for so many days after its month.
const AFTER_MONTH: u64 = 7;

impl Surveys {
    /// A fact happened: whoever is to be asked about it is asked, after the survey's delay.
    pub async fn follow(self: Arc<Self>, fact: Fact) -> Result<()> {
        if fact.kind == FactKind::RoadmapShipped {
            let unit = fact.clone();
            self.db.write(unit, |tx, fact| Box::pin(note_news(tx, fact))).await?;
        }
        for survey in self.all.iter().filter(|survey| survey.when.follows(fact.kind)) {
            if survey.when.delay.is_zero() {
                self.ask_about(survey, &fact).await?;
            } else {
                let at = fact.at.plus(survey.when.delay);
                let unit = (survey.key.clone(), fact.id.clone(), at);
                self.db
                    .write(unit, |tx, (survey, fact, at)| Box::pin(jobs::ask_at(tx, survey, fact, *at)))
                    .await?;
            }
        }
        Ok(())
    }

    /// The moment to ask about a fact has come.
    pub async fn ask_about_fact(self: Arc<Self>, survey: &str, fact: &str) -> Result<()> {
        let Some(survey) = self.get(survey) else { return Ok(()) };
        let found = facts::find(&mut *self.db.read().await?, fact).await?;
        match found {
            Some(fact) => self.ask_about(survey, &fact).await,
            None => Ok(()),
        }
    }

    async fn ask_about(self: &Arc<Self>, survey: &Survey, fact: &Fact) -> Result<()> {
        let (slice, key, fact) = (self.clone(), survey.key.clone(), fact.clone());
        if fact.kind == FactKind::RoadmapShipped {
            let unit = (slice, key, fact);
            return self.db.write(unit, |tx, (slice, key, fact)| Box::pin(tell(tx, slice, key, fact))).await;
        }
        let known = waves::of_period(&mut *self.db.read().await?, &key, &fact.at.month()).await?;
        let segments = match known {
            Some(wave) => wave.segments,
            None => self.segments(&[], survey.k).await?,
        };
        let unit = (slice, key, fact, segments);
        self.db
            .write(unit, |tx, (slice, key, fact, segments)| Box::pin(ask(tx, slice, key, (fact, segments))))
            .await
    }

    /// A survey's time has come: its wave opens, for the date that begins first anywhere.
    pub async fn come_round(self: Arc<Self>, survey: &str, at: Timestamp) -> Result<()> {
        let unit = (self.clone(), survey.to_owned(), at);
        self.db
            .write(unit, |tx, (slice, key, at)| {
                Box::pin(async move {
                    let Some(survey) = slice.get(key) else { return Ok(()) };
                    if waves::paused(tx.conn(), key).await?.is_some() {
                        return Ok(());
                    }
                    let local = first_zone().local(*at).naive_local();
                    let period = local.date().to_string();
                    let closes_at = at.plus(survey.when.open);
                    let new = NewWave { local: Some(local), ..of_everybody(period, closes_at) };
                    open(tx, slice, survey, new).await.map(drop)
                })
            })
            .await
    }
}

/// The zone in which every date begins first.
pub(super) fn first_zone() -> Zone {
    Zone(chrono_tz::Tz::Etc__GMTMinus14)
}

/// A wave to everybody, from now on.
fn of_everybody(period: String, closes_at: Timestamp) -> NewWave {
    NewWave {
        period,
        state: State::Planning,
        closes_at,
        local: None,
        audience: Vec::new(),
        subject: String::new(),
        preface: String::new(),
        segments: BTreeMap::new(),
    }
}

/// Opens a wave by hand, to everybody.
///
/// # Errors
/// `Conflict` while one of the same survey is open, or was opened on this day.
pub(super) async fn start(tx: &mut Tx, slice: &Surveys, survey: &Survey) -> Result<Wave> {
    not_asking(tx.conn(), survey).await?;
    let now = tx.now();
    let new = of_everybody(now.utc().date_naive().to_string(), now.plus(survey.when.open));
    open(tx, slice, survey, new).await?.ok_or_else(|| {
        Error::Conflict(format!(
            "`{}` was started today already; its next wave can be tomorrow's.",
            survey.key
        ))
    })
}

/// # Errors
/// `Conflict` while a wave of it is open.
pub(super) async fn not_asking(conn: &mut Conn, survey: &Survey) -> Result<()> {
    match waves::unclosed(conn, &survey.key).await?.last() {
        None => Ok(()),
        Some(wave) => Err(Error::Conflict(format!(
            "`{}` is asking already, in its wave of {}. `/platform survey close {}` ends that one.",
            survey.key, wave.period, survey.key
        ))),
    }
}

/// The new wave, with its key, its plan on the way and its end; `None` when there is one of its period.
async fn open(tx: &mut Tx, slice: &Surveys, survey: &Survey, new: NewWave) -> Result<Option<Wave>> {
    let Some(id) = waves::open(tx, survey, &new).await? else { return Ok(None) };
    let key: [u8; 32] = tx.random();
    let wrapped = slice.keys.wrap(&id, &key, tx.random())?;
    answers::insert_key(tx, &id, &data_encoding::BASE64.encode(&wrapped)).await?;
    let now = tx.now();
    if new.state == State::Planning {
        jobs::look_at(tx, &id, now).await?;
    }
    jobs::close_at(tx, &id, "", new.closes_at).await?;
    waves::by_id(tx.conn(), &id).await
}

/// What was shipped is told with the question to those whose answers it came from.
async fn tell(tx: &mut Tx, slice: &Surveys, key: &str, fact: &Fact) -> Result<()> {
    let Some(survey) = slice.get(key) else { return Ok(()) };
    let audience = audience(fact);
    // Without answers behind it there is nobody to tell.
    if audience.is_empty() || waves::paused(tx.conn(), key).await?.is_some() {
        return Ok(());
    }
    let now = tx.now();
    let period = format!("{}/{}", now.utc().date_naive(), fact.subject);
    let subject = fact.data["title"].as_str().unwrap_or_default().to_owned();
    let preface = match &fact.data["said"] {
        Value::Null => String::new(),
        said => said.to_string(),
    };
    let new = NewWave { audience, subject, preface, ..of_everybody(period, now.plus(survey.when.open)) };
    open(tx, slice, survey, new).await.map(drop)
}

/// The waves that a shipped item's evidence came from.
fn audience(fact: &Fact) -> Vec<String> {
    let waves = fact.data["waves"].as_array().into_iter().flatten();
    waves.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The next prompt of each survey that led to it says so.
async fn note_news(tx: &mut Tx, fact: &Fact) -> Result<()> {
    let title = fact.data["title"].as_str().unwrap_or_default();
    for survey in waves::surveys_of(tx.conn(), &audience(fact)).await? {
        waves::set_news(tx, &survey, title).await?;
    }
    Ok(())
}

/// What is known of a fact's wave before the unit: the fact, and the teams told apart if it is the first.
type About<'a> = (&'a Fact, &'a BTreeMap<String, u64>);

/// Asks the fact's person in the wave of its calendar month, once, now or when they can be asked.
async fn ask(tx: &mut Tx, slice: &Surveys, key: &str, (fact, segments): About<'_>) -> Result<()> {
    let Some(survey) = slice.get(key) else { return Ok(()) };
    let person = fact.data["person"].as_str().unwrap_or_default();
    let needless = match survey.when.unless() {
        Some(kind) => facts::happened(tx.conn(), kind, person, fact.at).await?,
        None => false,
    };
    if needless || waves::paused(tx.conn(), key).await?.is_some() {
        return Ok(());
    }
    let Some(member) = slice.people.member(tx.conn(), person).await? else { return Ok(()) };
    let wave = of_month(tx, slice, survey, (fact, segments)).await?;
    if wave.state == State::Closed || asked::find(tx.conn(), &wave.id, person).await?.is_some() {
        return Ok(());
    }
    let now = tx.now();
    let round = Round { from: now, ..slice.round(survey, &wave) };
    let probability = match round.plan(&member) {
        Planned::Passed => return Ok(()),
        Planned::At(_, probability) | Planned::Never(_, probability) => probability,
    };
    let news = waves::news(tx.conn(), key).await?;
    let asking = Asking { slice, survey, wave: &wave, round: &round, news };
    match asking.turn(tx, person, Some(&member)).await? {
        Turn::Later(at) => jobs::ask_at(tx, key, &fact.id, at).await,
        Turn::Ask => {
            let drawn = drawn(&wave, &member, fact, (Ok(now), probability));
            let (subject, segment) = (drawn.subject.clone(), drawn.segment.clone());
            asked::draw(tx, &wave.id, &[drawn]).await?;
            let Some(id) = asked::find(tx.conn(), &wave.id, person).await? else { return Ok(()) };
            let due = Due { id, person: person.to_owned(), subject, segment, again: false };
            if asking.send(tx, &due, &member).await? {
                asking.count(tx, &[&due]).await?;
            }
            sending::look_when_due(tx, &wave.id).await
        }
        Turn::Leave(why) => {
            asked::draw(tx, &wave.id, &[drawn(&wave, &member, fact, (Err(why), probability))]).await
        }
    }
}

fn drawn(wave: &Wave, member: &Member, fact: &Fact, plan: (Result<Timestamp, Left>, f64)) -> Drawn {
    let (at, probability) = plan;
    let (person, segment) = (member.person.clone(), wave.segment(member.team.as_deref()));
    let subject = fact.data["name"].as_str().unwrap_or_default().to_owned();
    Drawn { person, subject, probability, at, segment }
}

/// The wave of the fact's calendar month, opened by the first fact of it.
async fn of_month(tx: &mut Tx, slice: &Surveys, survey: &Survey, about: About<'_>) -> Result<Wave> {
    let (fact, segments) = about;
    let (period, closes_at) = (fact.at.month(), end_of_month(fact.at));
    let new = NewWave { state: State::Open, segments: segments.clone(), ..of_everybody(period, closes_at) };
    let period = new.period.clone();
    if let Some(wave) = waves::of_period(tx.conn(), &survey.key, &period).await? {
        // One that was made before waves closed.
        if wave.closes_at.is_none() {
            waves::set_end(tx, &wave.id, closes_at).await?;
            jobs::close_at(tx, &wave.id, "", closes_at).await?;
        }
        return Ok(Wave { closes_at: Some(closes_at), ..wave });
    }
    match open(tx, slice, survey, new).await? {
        Some(wave) => Ok(wave),
        // Another unit opened it at the same time.
        None => waves::of_period(tx.conn(), &survey.key, &period)
            .await?
            .ok_or_else(|| Error::internal("a wave that is there cannot be read")),
    }
}

/// Some days after the calendar month (UTC) of `at`.
fn end_of_month(at: Timestamp) -> Timestamp {
    use chrono::Datelike as _;
    let day = at.utc().date_naive();
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let end = next.checked_add_days(Days::new(AFTER_MONTH)).unwrap_or(next);
    Timestamp(end.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
}
