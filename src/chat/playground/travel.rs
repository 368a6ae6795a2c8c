//! The playground's clock: people's time, moved forward, so that what takes days can be seen at once.
//!
//! Nothing is skipped: a jump stops wherever a schedule fires on its way, so that none of them
//! counts as missed; everything else that becomes due runs after it. Jumps go one after another,
//! each once the jobs of the one before are done. Time limits, leases and ages of signatures are
//! the machine's and do not move.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::store::Store;
use crate::clock::{Ahead, Timestamp};
use crate::error::{Error, Result};

/// After this long the next jump does not wait any more for the jobs of the one before.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks whether they are done.
const LOOK: Duration = Duration::from_millis(50);
/// A survey's schedule fires, its people are invited, one of them is asked.
const STEPS: usize = 3;
/// A jump stops no more often than this on its way.
const STOPS: usize = 48;

/// Something that is known to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    pub at: Timestamp,
    /// Somebody is asked then; otherwise only the plan for that is made.
    pub asks: bool,
}

/// Answered by the rest of the bot.
pub type Ask<T> = Arc<dyn Fn() -> BoxFuture<'static, Result<T>> + Send + Sync>;

/// The clock, and what it has to know to move.
pub struct Travel {
    pub clock: Arc<Ahead>,
    /// What comes next of the surveys, after now.
    pub next: Ask<Option<Planned>>,
    /// When a schedule fires next, after now.
    pub fires: Ask<Option<Timestamp>>,
    /// Whether no job is due or running.
    pub idle: Ask<bool>,
    pub turn: Mutex<()>,
}

/// How far the clock jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Jump {
    Hour,
    Day,
    /// To when somebody is asked next.
    Survey,
}

impl Travel {
    /// Jumps, and returns once what became due has run, or took too long.
    ///
    /// # Errors
    /// `Conflict` when no survey is planned.
    pub(super) async fn jump(&self, store: &Store, jump: Jump) -> Result<()> {
        let _turn = self.turn.lock().await;
        match jump {
            Jump::Hour => self.to(store, store.now().plus(Duration::from_secs(3_600))).await,
            Jump::Day => self.to(store, store.now().plus(Duration::from_secs(86_400))).await,
            Jump::Survey => self.to_survey(store).await,
        }
    }

    async fn to_survey(&self, store: &Store) -> Result<()> {
        for step in 0..STEPS {
            match (self.next)().await? {
                Some(Planned { at, asks }) => {
                    self.to(store, at).await?;
                    if asks {
                        break;
                    }
                }
                None if step == 0 => {
                    return Err(Error::Conflict(
                        "No survey is planned; `+1 day` moves the clock as well.".into(),
                    ));
                }
                None => break,
            }
        }
        Ok(())
    }

    async fn to(&self, store: &Store, goal: Timestamp) -> Result<()> {
        for _ in 0..STOPS {
            match (self.fires)().await?.filter(|at| *at < goal) {
                Some(at) => self.step(store, at).await?,
                None => break,
            }
        }
        self.step(store, goal).await
    }

    /// On disk first: a crash in between is a jump that was made.
    async fn step(&self, store: &Store, at: Timestamp) -> Result<()> {
        let span = at.since(store.now());
        let ahead = self.clock.by() + span;
        store.move_ahead(ahead).await?;
        self.clock.move_to(ahead);
        store.ticked();
        let done = async {
            // The worker looks by itself within half a second.
            while !(self.idle)().await? {
                tokio::time::sleep(LOOK).await;
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, done).await.unwrap_or(Ok(()))
    }
}
