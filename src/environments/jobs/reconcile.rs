//! Compares what exists with what the database believes, and repairs: `env.reconcile`.
//!
//! Each minute, and at each start. Each branch names the crash that leads there.
//! Nothing is removed because a list was empty or a row was missing, only where
//! the database says that it is over and cannot begin again; what nobody knows
//! is told in the log, once.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::{HOPELESS, remove_folder};
use crate::drivers::git::GitDriver;
use crate::drivers::site::SiteDriver;
use crate::drivers::{Driver, Drivers, Observed, Ownership};
use crate::environments::model::{Presence, ResourceRow, State};
use crate::environments::{Environments, runs};
use crate::jobs::{Job, JobError};

/// The recurring job.
pub struct Reconcile {
    slice: Arc<Environments>,
    drivers: Drivers,
    site: Arc<SiteDriver>,
    git: Arc<GitDriver>,
    /// `DATA/environments`.
    folder: PathBuf,
    told: Mutex<HashSet<PathBuf>>,
}

#[async_trait]
impl Job for Reconcile {
    fn kind(&self) -> &'static str {
        "env.reconcile"
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(60))
    }

    /// The branches stand alone: one that fails holds up none.
    async fn run(&self, _payload: Value, _attempt: i64) -> Result<(), JobError> {
        let branches = [
            ("jobs that are lost", self.lost_jobs().await),
            ("sites that are down", self.sites_down().await),
            ("folders", self.folders().await),
            ("half-made repositories", self.half_made_repositories().await),
            ("kept repositories", self.kept_repositories().await),
        ];
        for (branch, outcome) in branches {
            if let Err(error) = outcome {
                tracing::warn!(branch, error = format!("{error:#}"), "cannot be compared");
            }
        }
        Ok(())
    }
}

impl Reconcile {
    pub fn new(
        slice: Arc<Environments>,
        drivers: Drivers,
        (site, git): (Arc<SiteDriver>, Arc<GitDriver>),
        folder: PathBuf,
    ) -> Self {
        Reconcile { slice, drivers, site, git, folder, told: Mutex::default() }
    }

    /// The crash: the job that moves an environment was given up by the worker, after a panic or a
    /// time limit in each of its runs, or an operator dropped it. The environment, and with it a step
    /// that runs by its row, would rest for ever.
    async fn lost_jobs(&self) -> anyhow::Result<()> {
        let mut conn = self.slice.db.read().await?;
        let lost = runs::without_job(&mut conn).await?;
        drop(conn);
        for env in lost {
            let unit = self.slice.db.write(env.clone(), |tx, id| Box::pin(runs::set_going(tx, id, HOPELESS)));
            if unit.await? {
                tracing::warn!(env, "an environment had no job that moves it");
            }
        }
        Ok(())
    }

    /// The crash: that of a site's process, or of the machine.
    async fn sites_down(&self) -> anyhow::Result<()> {
        let mut conn = self.slice.db.read().await?;
        let expected = runs::expected_processes(&mut conn).await?;
        drop(conn);
        for row in expected {
            if let Err(error) = self.keep_up(&row).await {
                tracing::warn!(env = row.env, error = format!("{error:#}"), "a site cannot be started again");
            }
        }
        Ok(())
    }

    async fn keep_up(&self, row: &ResourceRow) -> anyhow::Result<()> {
        if self.site.observe(&row.resource).await? == Observed::Present {
            return Ok(());
        }
        let again = self.site.restart(&row.resource).await?;
        tracing::info!(env = row.env, "a site was gone and is up again");
        let unit = (row.clone(), again.handle.clone());
        let moved =
            self.slice.db.write(unit, |tx, (row, handle)| Box::pin(runs::process_moved(tx, row, handle)));
        if !moved.await? {
            // It was destroyed while we looked. A crash here leaves the server to `gone_but_there`.
            self.site.destroy(&again).await?;
        }
        Ok(())
    }

    async fn folders(&self) -> anyhow::Result<()> {
        let mut entries = match tokio::fs::read_dir(&self.folder).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Err(error) = self.folder_of(&name).await {
                tracing::warn!(folder = name, error = format!("{error:#}"), "cannot be repaired");
            }
        }
        Ok(())
    }

    async fn folder_of(&self, name: &str) -> anyhow::Result<()> {
        let mut conn = self.slice.db.read().await?;
        let loaded = crate::environments::load(&mut conn, name).await?;
        drop(conn);
        let Some((env, _, resources)) = loaded else {
            self.tell(self.folder.join(name));
            return Ok(());
        };
        self.gone_but_there(&resources).await?;
        if env.state == State::Destroyed {
            // The crash: a worker that slept through its lease, as on a suspended machine, wrote on
            // after another one had removed the folder. Or an admin left it behind, and now it can go.
            remove_folder(&self.folder, &env.id).await?;
            tracing::info!(env = env.id, "the folder of a destroyed environment was there still");
        }
        Ok(())
    }

    /// The crash: between a site's start by [`Reconcile::keep_up`] and its record, while its
    /// environment was being undone or destroyed: the row says gone, and a new server runs.
    async fn gone_but_there(&self, resources: &[ResourceRow]) -> anyhow::Result<()> {
        let gone =
            |row: &&ResourceRow| row.presence == Presence::Gone && row.resource.ownership == Ownership::Owned;
        for row in resources.iter().filter(gone) {
            let Some(driver) = self.drivers.by_name(&row.driver) else { continue };
            if driver.observe(&row.resource).await? == Observed::Present {
                driver.destroy(&row.resource).await?;
                tracing::warn!(env = row.env, kind = row.resource.kind, "was gone and was there still");
            }
        }
        Ok(())
    }

    /// The crash: in the middle of a publication (`.new-…`) whose step did not succeed when it was done
    /// again, or in the middle of an undo (`.home-…`) whose repository was left behind then.
    async fn half_made_repositories(&self) -> anyhow::Result<()> {
        let half_made = self.git.half_made()?;
        if half_made.is_empty() {
            return Ok(());
        }
        let mut conn = self.slice.db.read().await?;
        let over = runs::keys_that_are_over(&mut conn, "publish:git").await?;
        drop(conn);
        for path in half_made {
            match over.iter().any(|key| GitDriver::is_half_made_by(&path, key)) {
                true => tokio::fs::remove_dir_all(&path).await?,
                false => self.tell(path),
            }
        }
        Ok(())
    }

    /// No crash: somebody removed a repository that was kept. Its name is free again; nothing is removed.
    async fn kept_repositories(&self) -> anyhow::Result<()> {
        let mut conn = self.slice.db.read().await?;
        let kept = runs::kept_repositories(&mut conn).await?;
        drop(conn);
        for row in kept {
            let Some(driver) = self.drivers.by_name(&row.driver) else { continue };
            if driver.observe(&row.resource).await? == Observed::Absent {
                let unit = self.slice.db.write(row.id.clone(), |tx, id| Box::pin(runs::kept_is_gone(tx, id)));
                unit.await?;
            }
        }
        Ok(())
    }

    /// Says once that nobody knows it, or not yet whether it is over.
    fn tell(&self, path: PathBuf) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(path.clone()) {
            tracing::info!(path = %path.display(), "belongs to nothing that is known to be over; it is left alone");
        }
    }
}
