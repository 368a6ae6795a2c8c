//! The background work of people: a platform's accounts, all once a day and one at first sight.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::People;
use crate::chat::SendError;
use crate::chat::directory::{Directory, Question, Roster};
use crate::chat::inbound::Identity;
use crate::jobs::{Job, JobError};

/// The kind of a lookup.
pub const LOOKUP: &str = "people.lookup";

/// Members that are read in one run, so that it ends before its time is over: so many, so often.
const PAGE: i64 = 100;
const PAGES: usize = 10;

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
        let (platform, Some(roster)) = (directory.platform(), directory.roster()) else { return Ok(()) };
        while let Some(cursor) = self.people.listing_at(platform).await? {
            turn(directory, "listing", Question::Accounts)?;
            match roster.accounts(&cursor).await {
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

/// Twice an hour, and at each start: reads who is in the groups that `people.toml` names. A group that
/// the platform does not have is nobody's; one that cannot be read stays as it was. Where a platform tells
/// of one account at a time, each that holds something by a group is read, and each other once a day; what
/// was read less than half an hour ago, and Slack's groups of less than an hour ago, are left alone.
pub struct Groups {
    pub people: Arc<People>,
    pub directories: Vec<Arc<dyn Directory>>,
}

impl Groups {
    async fn read(&self, directory: &dyn Directory) -> Result<(), JobError> {
        match directory.roster() {
            Some(roster) => self.read_groups(directory, roster).await,
            None => {
                self.read_names(directory).await?;
                self.read_members(directory).await
            }
        }
    }

    async fn read_groups(&self, directory: &dyn Directory, roster: &dyn Roster) -> Result<(), JobError> {
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
                    roster.group_members(&group.id).await.map_err(|error| unanswered(&error))?
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

    /// What the groups are called that the file names.
    async fn read_names(&self, directory: &dyn Directory) -> Result<(), JobError> {
        let platform = directory.platform();
        if self.people.groups_by_name(platform).is_empty() {
            return Ok(());
        }
        turn(directory, "groups", Question::Groups)?;
        let there = directory.groups().await.map_err(|error| unanswered(&error))?;
        Ok(self.people.name_groups(platform, there).await?)
    }

    async fn read_members(&self, directory: &dyn Directory) -> Result<(), JobError> {
        let mut last = Identity::new(directory.platform(), "", "");
        for _ in 0..PAGES {
            let due = self.people.members_to_read(&last, PAGE).await?;
            for identity in &due {
                turn(directory, &identity.user, Question::Account)?;
                match look_up(&self.people, directory, identity).await {
                    // The others may be there all the same.
                    Err(JobError::Fault(why)) => {
                        tracing::warn!(workspace = identity.workspace, why, "a member cannot be read");
                    }
                    outcome => outcome?,
                }
            }
            match due.last() {
                Some(end) => last.clone_from(end),
                None => return Ok(()),
            }
        }
        Err(JobError::Retry(Duration::from_secs(1), "there are more members to read".into()))
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
        Some(Duration::from_secs(1_800))
    }

    async fn run(&self, _payload: Value, _attempt: i64) -> Result<(), JobError> {
        let mut all = Ok(());
        for directory in &self.directories {
            // A platform that does not answer holds no other one up.
            all = all.and(self.read(&**directory).await);
        }
        all
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
        look_up(&self.people, &**directory, &identity).await
    }
}

async fn look_up(people: &People, directory: &dyn Directory, who: &Identity) -> Result<(), JobError> {
    match directory.account(who).await {
        Ok(Some(account)) => Ok(people.looked_up(who.clone(), account).await?),
        // Whoever the platform does not show to us is no member of our workspace.
        Ok(None) => Ok(people.unknown(who.clone()).await?),
        Err(error) => Err(unanswered(&error)),
    }
}
