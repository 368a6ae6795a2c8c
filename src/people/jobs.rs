//! The background work of people: a platform's accounts, all once a day and one at first sight.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::People;
use crate::chat::SendError;
use crate::chat::directory::{Directory, Question};
use crate::chat::inbound::Identity;
use crate::jobs::{Job, JobError};

/// The kind of a lookup.
pub const LOOKUP: &str = "people.lookup";

/// Asks the platform whether it is time; an error says when it is.
fn turn(directory: &dyn Directory, ticket: &str, question: Question) -> Result<(), JobError> {
    let wait = directory.wait(ticket, question);
    if wait.is_zero() { Ok(()) } else { Err(JobError::Retry(wait, "the platform's pace".into())) }
}

/// What an answer that did not come means for the job.
fn unanswered(error: &SendError) -> JobError {
    match error.seconds() {
        Some(seconds) => JobError::Retry(Duration::from_secs(seconds), error.to_string()),
        None => JobError::Fault(error.to_string()),
    }
}

/// Every hour, and at each start: goes through all accounts where that was not done for a day.
/// Each page and the place of the next one are one unit, so a crash costs no more than a page.
pub struct Listing {
    pub people: Arc<People>,
    pub directories: Vec<Arc<dyn Directory>>,
}

impl Listing {
    async fn go_through(&self, directory: &dyn Directory) -> Result<(), JobError> {
        let platform = directory.platform();
        while let Some(cursor) = self.people.listing_at(platform).await? {
            turn(directory, "listing", Question::Accounts)?;
            match directory.accounts(&cursor).await {
                Ok(page) => self.people.take_page(platform, page).await?,
                Err(error) => {
                    // Cursors grow old.
                    if matches!(error, SendError::NotThere(_)) && !cursor.is_empty() {
                        self.people.list_anew(platform).await?;
                    }
                    return Err(unanswered(&error));
                }
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Job for Listing {
    fn kind(&self) -> &'static str {
        "people.listing"
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(600)
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(3_600))
    }

    async fn run(&self, _payload: Value, _attempt: i64) -> Result<(), JobError> {
        for directory in &self.directories {
            self.go_through(&**directory).await?;
        }
        Ok(())
    }
}

/// Every hour, and at each start: reads who is in the groups that `people.toml` names. A group that
/// the platform does not have is nobody's; one that cannot be read stays as it was.
pub struct Groups {
    pub people: Arc<People>,
    pub directories: Vec<Arc<dyn Directory>>,
}

impl Groups {
    async fn read(&self, directory: &dyn Directory) -> Result<(), JobError> {
        let stale = self.people.groups_to_read(directory.platform()).await?;
        if stale.is_empty() {
            return Ok(());
        }
        turn(directory, "groups", Question::Groups)?;
        let there = directory.groups().await.map_err(|error| unanswered(&error))?;
        for name in stale {
            let found = there.iter().find(|group| name.means(&group.id, &group.handle));
            let members = match found {
                Some(group) => {
                    turn(directory, &group.id, Question::GroupMembers)?;
                    directory.group_members(&group.id).await.map_err(|error| unanswered(&error))?
                }
                None => {
                    tracing::warn!(group = %name, "people.toml names a group that is not there");
                    Vec::new()
                }
            };
            self.people.take_group(name, members).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Job for Groups {
    fn kind(&self) -> &'static str {
        "people.groups"
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(600)
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(3_600))
    }

    async fn run(&self, _payload: Value, _attempt: i64) -> Result<(), JobError> {
        for directory in &self.directories {
            self.read(&**directory).await?;
        }
        Ok(())
    }
}

/// Looks up an account that was seen for the first time.
pub struct Lookup {
    pub people: Arc<People>,
    pub directories: Vec<Arc<dyn Directory>>,
}

#[async_trait]
impl Job for Lookup {
    fn kind(&self) -> &'static str {
        LOOKUP
    }

    async fn run(&self, payload: Value, _attempt: i64) -> Result<(), JobError> {
        let identity: Identity =
            serde_json::from_value(payload).map_err(|error| JobError::Fail(error.to_string()))?;
        let its = |directory: &&Arc<dyn Directory>| directory.platform() == identity.platform;
        // None of a platform that is not connected any more.
        let Some(directory) = self.directories.iter().find(its) else { return Ok(()) };
        turn(&**directory, &identity.user, Question::Account)?;
        match directory.account(&identity.user).await {
            Ok(Some(account)) => Ok(self.people.looked_up(identity, account).await?),
            // Whoever the platform does not show to us is no member of our workspace.
            Ok(None) => Ok(self.people.unknown(identity).await?),
            Err(error) => Err(unanswered(&error)),
        }
    }
}
