//! The jobs of waves: they open, ask, and close.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Result;
use crate::jobs::queue::{self, NewJob};
use crate::jobs::schedule::{Missed, Schedule};
use crate::jobs::{Job, JobError};
use crate::surveys::asking::first_zone;
use crate::surveys::model::Survey;
use crate::surveys::{Surveys, closing};

const OPEN: &str = "survey.open";
const ASK: &str = "survey.ask";
const WAVE: &str = "survey.wave";
const CLOSE: &str = "survey.close";

/// All of them.
pub(super) fn all(slice: &Arc<Surveys>) -> Vec<Arc<dyn Job>> {
    let slice = || slice.clone();
    vec![Arc::new(Open(slice())), Arc::new(Ask(slice())), Arc::new(Wave(slice())), Arc::new(Close(slice()))]
}

/// When surveys come round: by the clocks of the zone where each date begins first. A wave that
/// nobody was there to open opens late.
pub fn schedules(surveys: &[Survey]) -> Vec<Schedule> {
    let schedule = |survey: &Survey| {
        let (key, cron) = (format!("{SCHEDULE}{}", survey.key), survey.when.cron.clone()?);
        Some(Schedule { key, cron, zone: first_zone(), missed: Missed::Once, job_kind: OPEN })
    };
    surveys.iter().filter_map(schedule).collect()
}

/// How the keys of the schedules begin.
const SCHEDULE: &str = "survey:";

/// Opens a wave, as its schedule says.
struct Open(Arc<Surveys>);

#[async_trait]
impl Job for Open {
    fn kind(&self) -> &'static str {
        OPEN
    }

    async fn run(&self, payload: Value, _attempt: i64) -> Result<(), JobError> {
        let schedule = payload["schedule"].as_str().unwrap_or_default();
        let at = Timestamp(payload["at"].as_i64().unwrap_or_default());
        let survey = schedule.strip_prefix(SCHEDULE).unwrap_or_default();
        Ok(self.0.clone().come_round(survey, at).await?)
    }
}

/// Asks about a fact once its time has come: after the survey's delay, at the person's work, after their gap.
struct Ask(Arc<Surveys>);

#[async_trait]
impl Job for Ask {
    fn kind(&self) -> &'static str {
        ASK
    }

    async fn run(&self, payload: Value, _attempt: i64) -> Result<(), JobError> {
        let word = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
        Ok(self.0.clone().ask_about_fact(&word("survey"), &word("fact")).await?)
    }
}

/// One wave: plans it, sends what is due, sleeps until the next prompt.
struct Wave(Arc<Surveys>);

#[async_trait]
impl Job for Wave {
    fn kind(&self) -> &'static str {
        WAVE
    }

    /// A wave to everybody of a large company.
    fn timeout(&self) -> Duration {
        Duration::from_secs(600)
    }

    async fn run(&self, payload: Value, _attempt: i64) -> Result<(), JobError> {
        Ok(self.0.clone().go_on(payload["wave"].as_str().unwrap_or_default()).await?)
    }
}

/// The end of one wave.
struct Close(Arc<Surveys>);

#[async_trait]
impl Job for Close {
    fn kind(&self) -> &'static str {
        CLOSE
    }

    async fn run(&self, payload: Value, _attempt: i64) -> Result<(), JobError> {
        let word = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
        let unit = (self.0.clone(), word("wave"), word("after"));
        let close = self
            .0
            .db
            .write(unit, |tx, (slice, wave, after)| Box::pin(closing::close(tx, slice, wave, after)));
        Ok(close.await?)
    }
}

/// [`Ask`] comes at `run_at`.
pub(in crate::surveys) async fn ask_at(
    tx: &mut Tx,
    survey: &str,
    fact: &str,
    run_at: Timestamp,
) -> Result<()> {
    let (payload, key) = (json!({ "survey": survey, "fact": fact }), Some(format!("{ASK}:{survey}:{fact}")));
    queue::enqueue(tx, NewJob { kind: ASK, payload, key, run_at }).await
}

/// [`Wave`] comes at `run_at`, or as soon as it waits for already.
pub(in crate::surveys) async fn look_at(tx: &mut Tx, wave: &str, run_at: Timestamp) -> Result<()> {
    let (payload, key) = (json!({ "wave": wave }), Some(format!("{WAVE}:{wave}")));
    queue::enqueue(tx, NewJob { kind: WAVE, payload, key, run_at }).await
}

/// [`Close`] comes at `run_at`, and goes on with the prompts of the people after `after`.
pub(in crate::surveys) async fn close_at(
    tx: &mut Tx,
    wave: &str,
    after: &str,
    run_at: Timestamp,
) -> Result<()> {
    let (payload, key) = (json!({ "wave": wave, "after": after }), Some(format!("{CLOSE}:{wave}")));
    queue::enqueue(tx, NewJob { kind: CLOSE, payload, key, run_at }).await
}
