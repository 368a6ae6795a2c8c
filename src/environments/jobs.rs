//! The background work of environments: advancing runs, deadlines, comparing and repairing.

pub mod reconcile;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::actions;
use super::model::{self, Environment, Next, Presence, ResourceRow, Run, State, StepRow, StepState};
use super::runs::{StepEnd, StepStop};
use super::wording::named;
use super::{Environments, deadlines, runs};
use crate::catalog::{self, model::Template};
use crate::db::Conn;
use crate::drivers::log::excerpt;
use crate::drivers::{Drivers, Observed, Outcome, Ownership, Plan};
use crate::error::Result;
use crate::jobs::worker::MAX_ATTEMPTS;
use crate::jobs::{Job, JobError};
use crate::people;
use crate::templating::Renderer;
use tokio_util::sync::CancellationToken;

/// A step that fails by a fault of ours stops its run after this many attempts.
const FAULTY_ATTEMPTS: i64 = 4;
/// What cannot be removed is tried this often, for about four minutes; then a person decides.
const REMOVAL_ATTEMPTS: i64 = 9;
/// How often a running step looks whether another process cancelled it; of this one it is told.
const WANTED_LOOK: Duration = Duration::from_secs(1);
/// What a person reads of a fault of ours that stays.
const HOPELESS: &str = "something went wrong on my side, again and again; the log has the details";
/// Lines of output shown with a failure.
const EXCERPT_LINES: usize = 20;

/// Moves one environment by one step: `env.advance`, keyed by the environment.
pub struct Advance {
    pub slice: Arc<Environments>,
    pub drivers: Drivers,
    /// `DATA/environments`: a folder for each environment.
    pub folder: PathBuf,
}

/// Everything a step needs.
struct Work {
    env: Environment,
    run: Run,
    template: Arc<Template>,
    owner: String,
}

#[async_trait]
impl Job for Advance {
    fn kind(&self) -> &'static str {
        "env.advance"
    }

    /// Longer than the longest `exec:run` may take.
    fn timeout(&self) -> Duration {
        Duration::from_secs(35 * 60)
    }

    /// A fault that stays does not leave the environment hanging with a job given up.
    async fn run(&self, payload: Value, attempt: i64) -> Result<(), JobError> {
        let id = payload["env"].as_str().unwrap_or_default();
        match self.advance(id, attempt).await {
            Err(JobError::Fault(why)) if attempt >= MAX_ATTEMPTS => self.hopeless(id, why).await,
            outcome => outcome,
        }
    }
}

impl Advance {
    async fn advance(&self, id: &str, attempt: i64) -> Result<(), JobError> {
        let mut conn = self.slice.db.read().await?;
        let Some((env, Some(run), resources)) = super::load(&mut conn, id).await? else { return Ok(()) };
        match model::next(env.state, &run.steps, &resources) {
            Next::Nothing => Ok(()),
            Next::Step(index) => {
                let work = self.work(&mut conn, env, run).await?;
                drop(conn);
                let step = work.run.steps[index].clone();
                self.step(&work, &step, attempt).await
            }
            Next::Finish => {
                let work = self.work(&mut conn, env, run).await?;
                drop(conn);
                self.finish(&work).await
            }
            Next::Stop => {
                drop(conn);
                let unit = self.slice.db.write(env.id, |tx, id| Box::pin(runs::stop_here(tx, id, "")));
                Ok(unit.await?)
            }
            Next::Remove(index) => {
                drop(conn);
                self.remove(&env, &resources[index], attempt).await
            }
            Next::Gone => {
                drop(conn);
                let unit = self.slice.db.write(env.id, |tx, id| Box::pin(runs::emptied(tx, id)));
                Ok(unit.await?)
            }
        }
    }

    /// A create stops and says so; a removal becomes stuck.
    async fn hopeless(&self, id: &str, why: String) -> Result<(), JobError> {
        tracing::error!(env = id, error = why, "an environment cannot go on");
        let unit = self.slice.db.write(id.to_owned(), |tx, id| Box::pin(runs::hopeless(tx, id, HOPELESS)));
        Ok(unit.await?)
    }

    async fn work(&self, conn: &mut Conn, env: Environment, run: Run) -> Result<Work> {
        let template = catalog::pinned(conn, &self.slice.catalog.now(), &env.template, &env.version).await?;
        let owner = people::by_id(conn, &env.owner).await?.map(|person| person.name).unwrap_or_default();
        Ok(Work { env, run, template, owner })
    }

    /// One step: begun on disk, done, ended on disk.
    async fn step(&self, work: &Work, row: &StepRow, attempt: i64) -> Result<(), JobError> {
        let unit = (work.env.id.clone(), row.clone());
        let begin = self.slice.db.write(unit, |tx, (env, row)| Box::pin(runs::begin_step(tx, env, row)));
        let Some(state) = begin.await? else { return Ok(()) };
        match self.act_while_wanted(work, row, state).await {
            Ok(Some(Outcome::Ready { outputs, resources })) => {
                let driver = self.drivers.for_action(&row.action).map_or("builtin", |driver| driver.name());
                self.end(work, row, StepState::Done, driver, outputs, resources).await
            }
            Ok(None) => self.end(work, row, StepState::Skipped, "builtin", Value::Null, Vec::new()).await,
            Ok(Some(Outcome::Working { again_in })) => {
                Err(JobError::Retry(again_in, format!("`{}` is still working", row.id)))
            }
            Ok(Some(Outcome::Refused { reason })) => self.stop(work, row, reason, false).await,
            Ok(Some(Outcome::Unclear { reason })) => self.stop(work, row, reason, true).await,
            Err(fault) if attempt < FAULTY_ATTEMPTS => Err(JobError::Fault(format!("{fault:#}"))),
            Err(fault) => {
                tracing::error!(
                    env = work.env.id,
                    step = row.id,
                    error = format!("{fault:#}"),
                    "a step failed"
                );
                let why = "something went wrong on my side; the log has the details";
                self.stop(work, row, why.to_owned(), false).await
            }
        }
    }

    /// Does the step, and tells its driver when it is not wanted any more.
    async fn act_while_wanted(
        &self,
        work: &Work,
        row: &StepRow,
        state: State,
    ) -> anyhow::Result<Option<Outcome>> {
        let stop = CancellationToken::new();
        if !state.creates() {
            stop.cancel();
        }
        let act = self.act(work, row, &stop);
        tokio::pin!(act);
        tokio::select! {
            biased;
            outcome = &mut act => outcome,
            () = self.unwanted(&work.env.id) => {
                stop.cancel();
                act.await
            }
        }
    }

    /// Returns once the environment's create was ended.
    async fn unwanted(&self, id: &str) {
        let db = &self.slice.db;
        loop {
            // Listened for before the look, so that none in between is missed.
            let enqueued = db.job_enqueued();
            let wanted = async { runs::is_wanted(&mut *db.read().await?, id).await };
            match wanted.await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, "cannot look whether a step is wanted"),
            }
            let _ = tokio::time::timeout(WANTED_LOOK, enqueued).await;
        }
    }

    /// Does the step's action; `None` when its condition does not hold.
    async fn act(
        &self,
        work: &Work,
        row: &StepRow,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<Outcome>> {
        let refused = |reason: String| Ok(Some(Outcome::Refused { reason }));
        let Some(step) = work.template.steps.iter().find(|step| step.id == row.id) else {
            return refused(format!("the pinned template has no step `{}`", row.id));
        };
        let renderer = Renderer::new();
        let context = context(work);
        if let Some(condition) = &step.condition {
            match renderer.holds(condition, &context) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => return refused(error.to_string()),
            }
        }
        let input = match renderer.render_value(&step.input, &context) {
            Ok(input) => input.unwrap_or(Value::Null),
            Err(error) => return refused(error.to_string()),
        };
        let plan = Plan { idempotent: step.idempotent, stop: stop.clone(), ..self.plan(work, row, input)? };
        match self.drivers.for_action(&row.action) {
            Some(driver) => driver.apply(&plan).await.map(Some),
            None if row.action == "debug:wait" => {
                let now = self.slice.db.now();
                let waited = now.since(row.began.unwrap_or(now));
                Ok(Some(actions::wait::look(&plan.input, waited, !stop.is_cancelled())))
            }
            None => {
                let template = work.template.clone();
                let outcome = tokio::task::spawn_blocking(move || {
                    actions::run(&actions::Call {
                        action: &plan.action,
                        input: &plan.input,
                        workspace: &plan.workspace,
                        files: &template.files,
                        log: &plan.log,
                        progress: &plan.state.join(format!("step-{}", plan.key.replace(':', "-"))),
                    })
                });
                outcome.await?.map(Some)
            }
        }
    }

    fn plan(&self, work: &Work, row: &StepRow, input: Value) -> anyhow::Result<Plan> {
        let folder = self.folder.join(&work.env.id);
        let plan = Plan {
            env: work.env.id.clone(),
            env_name: work.env.name.clone(),
            run: work.run.id.clone(),
            step: row.id.clone(),
            key: row.key(),
            action: row.action.clone(),
            input,
            workspace: folder.join("workspace"),
            state: folder.join("state"),
            log: folder.join("log").join(format!("{}.log", row.position)),
            resumed: row.state == StepState::Running,
            idempotent: false,
            decided: work.run.started_at,
            stop: CancellationToken::new(),
        };
        for folder in [&plan.workspace, &plan.state, &folder.join("log")] {
            std::fs::create_dir_all(folder)?;
        }
        Ok(plan)
    }

    async fn end(
        &self,
        work: &Work,
        row: &StepRow,
        state: StepState,
        driver: &str,
        outputs: Value,
        resources: Vec<crate::drivers::Resource>,
    ) -> Result<(), JobError> {
        let env = work.env.id.clone();
        let end = StepEnd { env, step: row.clone(), driver: driver.to_owned(), state, outputs, resources };
        Ok(self.slice.db.write(end, |tx, end| Box::pin(runs::end_step(tx, end))).await?)
    }

    async fn stop(&self, work: &Work, row: &StepRow, why: String, unclear: bool) -> Result<(), JobError> {
        let log = self.folder.join(&work.env.id).join("log").join(format!("{}.log", row.position));
        let (env, note) = (work.env.id.clone(), excerpt(&log, EXCERPT_LINES));
        let stop = StepStop { env, step: row.clone(), why, note, unclear };
        Ok(self.slice.db.write(stop, |tx, stop| Box::pin(runs::stop_at(tx, stop))).await?)
    }

    async fn finish(&self, work: &Work) -> Result<(), JobError> {
        let outputs = match work.template.rendered_outputs(&Renderer::new(), &context(work)) {
            Ok(outputs) => outputs,
            Err(error) => {
                let unit = (work.env.id.clone(), error.to_string());
                let stop =
                    self.slice.db.write(unit, |tx, (env, why)| Box::pin(runs::stop_here(tx, env, why)));
                return Ok(stop.await?);
            }
        };
        let unit = (work.env.id.clone(), outputs);
        let ready =
            self.slice.db.write(unit, |tx, (env, outputs)| Box::pin(runs::provisioned(tx, env, outputs)));
        Ok(ready.await?)
    }

    /// Removes one resource; a hindrance is said in the message, tried again, and after some time a person's to decide.
    async fn remove(&self, env: &Environment, row: &ResourceRow, attempt: i64) -> Result<(), JobError> {
        let db = &self.slice.db;
        let error = match self.remove_one(env, row).await {
            Ok(presence) => {
                let unit = (env.id.clone(), row.id.clone(), presence);
                let removed =
                    db.write(unit, |tx, (env, row, left)| Box::pin(runs::removed(tx, env, row, *left)));
                return Ok(removed.await?);
            }
            Err(error) => format!("{error:#}"),
        };
        tracing::warn!(env = env.id, kind = row.resource.kind, error, "cannot be removed yet");
        let what = named(&row.resource);
        if attempt >= REMOVAL_ATTEMPTS {
            let unit = (env.id.clone(), format!("the {what} cannot be removed: {error}"));
            let stuck = db.write(unit, |tx, (env, why)| Box::pin(runs::removal_stuck(tx, env, why)));
            return Ok(stuck.await?);
        }
        let unit =
            (env.id.clone(), format!("removing the {what} does not work yet ({error}); it is tried again"));
        db.write(unit, |tx, (env, why)| Box::pin(runs::removal_hindered(tx, env, why))).await?;
        Err(JobError::Fault(error))
    }

    /// Whether it is gone then. What is kept stays unless an undo's driver finds it untouched.
    async fn remove_one(&self, env: &Environment, row: &ResourceRow) -> anyhow::Result<Presence> {
        match self.drivers.by_name(&row.driver) {
            Some(driver) => {
                driver.destroy(&row.resource).await?;
                let kept = row.resource.ownership == Ownership::Kept;
                if kept && driver.observe(&row.resource).await? == Observed::Present {
                    return Ok(Presence::Left);
                }
            }
            None if row.resource.kind == "workspace" => remove_folder(&self.folder, &env.id).await?,
            None => {}
        }
        Ok(Presence::Gone)
    }
}

/// What expressions of this environment's template see.
fn context(work: &Work) -> Value {
    let outputs: Map<String, Value> =
        work.run.steps.iter().map(|step| (step.id.clone(), step.outputs.clone())).collect();
    let user = json!({ "name": work.owner });
    work.template.context(&work.env.parameters, &outputs, &user, &json!({ "name": work.env.name }))
}

/// The folder's name is an id of ours, never a person's words.
pub(super) async fn remove_folder(root: &Path, env: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        env.starts_with("env_") && !env.contains(['/', '.']),
        "`{env}` is no environment's folder"
    );
    match tokio::fs::remove_dir_all(root.join(env)).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// The deadline of one environment: `env.expire`, keyed by the environment.
pub struct Expire(pub Arc<Environments>);

#[async_trait]
impl Job for Expire {
    fn kind(&self) -> &'static str {
        "env.expire"
    }

    async fn run(&self, payload: Value, _attempt: i64) -> Result<(), JobError> {
        let unit = (payload["env"].as_str().unwrap_or_default().to_owned(), self.0.keepers.clone());
        Ok(self.0.db.write(unit, |tx, (id, keepers)| Box::pin(deadlines::look(tx, id, keepers))).await?)
    }
}
