//! SLICE surveys: questions, waves, who was asked, what was said.
//!
//! Invariants: an answer is on disk before it is acknowledged, counts once
//! however often it is changed, and carries no person: only HMAC(wave key,
//! person) and the week. What an answer leaves elsewhere (delivery, fact,
//! message, job) tells neither the choice nor the time. Deliberately absent
//! for now: sampling, gaps, working hours, the destruction of wave keys.

pub mod commands;
pub mod jobs;
pub mod model;
mod store;

use std::sync::Arc;

use include_dir::{Dir, include_dir};
use serde_json::json;

use crate::access::Actor;
use crate::chat::Target;
use crate::chat::outbox::{self, Address};
use crate::clock::Timestamp;
use crate::db::{Conn, Db, Dialect, Tx};
use crate::diagnostic::Problem;
use crate::error::{Error, Result};
use crate::facts::{self, Fact, FactKind};
use crate::keys::Keys;
use crate::people;
use model::{Results, Survey, respondent};

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/surveys");

/// The slice.
pub struct Surveys {
    pub db: Db,
    pub keys: Arc<Keys>,
    pub all: Vec<Survey>,
}

/// The shipped surveys and those of the operator's files (path, text).
///
/// # Errors
/// Every problem of every file, each with its line.
pub fn load(operator: &[(String, String)]) -> Result<Vec<Survey>, Vec<Problem>> {
    let shipped = SHIPPED
        .files()
        .filter_map(|file| Some((format!("surveys/{}", file.path().display()), file.contents_utf8()?)));
    let own = operator.iter().map(|(path, text)| (path.clone(), text.as_str()));
    let mut surveys: Vec<Survey> = Vec::new();
    let mut problems = Vec::new();
    for (file, text) in shipped.chain(own) {
        match Survey::parse(&file, text) {
            Ok(survey) if surveys.iter().any(|other| other.key == survey.key) => {
                let what = format!("a survey `{}` is there already", survey.key);
                problems.push(Problem::at_key(&file, text, "key", what, "give it a key of its own"));
            }
            Ok(survey) => surveys.push(survey),
            Err(mut found) => problems.append(&mut found),
        }
    }
    if problems.is_empty() { Ok(surveys) } else { Err(problems) }
}

impl Surveys {
    fn get(&self, key: &str) -> Option<&Survey> {
        self.all.iter().find(|survey| survey.key == key)
    }

    /// A fact happened: asks its person what is asked on it, once per wave.
    pub async fn follow(self: Arc<Self>, fact: Fact) -> Result<()> {
        let db = self.db.clone();
        db.write((self, fact), |tx, (slice, fact)| {
            Box::pin(async move {
                for survey in slice.all.iter().filter(|survey| survey.on == fact.kind.word()) {
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
        store::insert_key(tx, &wave, &data_encoding::BASE64.encode(&wrapped)).await?;
    }
    let Some(invitation) = store::invite(tx, &wave, person, subject).await? else { return Ok(()) };
    let address = Address {
        platform: identity.platform,
        workspace: identity.workspace,
        target: Target::Direct { user: identity.user },
        fallback: None,
    };
    let prompt = commands::prompt(survey, &invitation, subject, false);
    outbox::put(tx, &message_key(&invitation), &address, &prompt).await
}

/// Records a choice; a changed one replaces the one before.
///
/// # Errors
/// `NotFound` for a prompt that means nothing any more, `Denied` for one of
/// somebody else, `Invalid` for a choice that was not offered.
async fn answer(tx: &mut Tx, slice: &Surveys, actor: &Actor, invitation: &str, choice: &str) -> Result<()> {
    let gone = || Error::NotFound("This question is not open any more. Nothing was recorded.".into());
    let asked = store::invitation(tx.conn(), invitation).await?.ok_or_else(gone)?;
    if asked.person != actor.person {
        return Err(Error::Denied(
            "🔒 This question was asked of somebody else; only they can answer it.".into(),
        ));
    }
    let survey = slice.get(&asked.wave.survey).ok_or_else(gone)?;
    let unknown = || Error::Invalid("This is none of the answers offered. Press one of the buttons.".into());
    let value = survey.value(choice).ok_or_else(unknown)?;
    let wrapped = store::key(tx.conn(), &asked.wave.id).await?.ok_or_else(gone)?;
    let wrapped = data_encoding::BASE64.decode(wrapped.as_bytes()).map_err(Error::internal)?;
    let key = slice.keys.unwrap(&asked.wave.id, &wrapped)?;
    let week = tx.now().iso_week();
    store::put_answer(tx, &asked.wave.id, &respondent(&key, &asked.person), value, &week).await?;
    if store::set_answered(tx, &asked.id).await? {
        facts::append(tx, FactKind::SurveyAnswered, &asked.wave.id, json!({ "survey": survey.key })).await?;
    }
    let prompt = commands::prompt(survey, &asked.id, &asked.subject, true);
    outbox::change(tx, &message_key(&asked.id), &prompt).await
}

/// Takes from the answers what the database itself notes of when and with what
/// each was written; see [`jobs::Unmark`].
pub async fn unmark(tx: &mut Tx) -> Result<()> {
    match tx.dialect() {
        Dialect::Postgres => store::rewrite_answers(tx).await,
        // It notes nothing: a row is its columns.
        Dialect::Sqlite => Ok(()),
    }
}

/// The prompt's key in the outbox.
fn message_key(invitation: &str) -> String {
    format!("invitation:{invitation}")
}

/// What a survey's waves add up to, from the month of `since` on. Internal:
/// what leaves the process passes `stats::disclosure`. A wave of fewer than k
/// answers is left out: two spans that differ by it would else tell its score.
pub async fn results(conn: &mut Conn, survey: &str, since: Timestamp) -> Result<Results> {
    let period = since.month();
    let (invited, answered, k) = store::participation(conn, survey, &period).await?;
    let mut results = Results {
        invited: unsigned(invited),
        answered: unsigned(answered),
        k: unsigned(k),
        ..Results::default()
    };
    for (value, count) in store::histogram(conn, survey, &period).await? {
        let place = usize::try_from(value - 1).ok().and_then(|place| results.counts.get_mut(place));
        if let Some(place) = place {
            *place = unsigned(count);
        }
    }
    Ok(results)
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
