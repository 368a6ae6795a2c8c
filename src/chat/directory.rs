//! Who there is on a platform, as it tells of its accounts and groups, in no platform's own words.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use crate::chat::SendError;
use crate::chat::inbound::{Identity, Standing};
use crate::error::Result;
use crate::zone::Zone;

/// An account as its platform describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub identity: Identity,
    /// What people call them.
    pub name: String,
    /// Where their days begin and end; `None` where the platform does not say.
    pub zone: Option<Zone>,
    pub standing: Standing,
    /// Nobody's: a program's own account.
    pub bot: bool,
    /// The ids of the groups that they are in; `None` where a platform tells these of a group only.
    pub groups: Option<Vec<String>>,
}

/// Some accounts of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub accounts: Vec<Account>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<String>,
}

/// A group that a platform keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What it is asked for by.
    pub id: String,
    /// What people type, without `@`.
    pub handle: String,
}

/// What a directory can be asked, each at its own pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Accounts,
    Account,
    Groups,
    GroupMembers,
}

/// A platform that can be asked who there is.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The same word as in [`Identity::platform`].
    fn platform(&self) -> &'static str;

    /// Whether it says in which zones people live.
    fn tells_zones(&self) -> bool;

    /// How long `ticket` waits before it may ask. With zero it asks now, and that counts.
    fn wait(&self, ticket: &str, question: Question) -> Duration;

    /// One account; `None` where the platform knows none of this id, or shows it not to us.
    async fn account(&self, who: &Identity) -> Result<Option<Account>, SendError>;

    /// The groups that are in use.
    async fn groups(&self) -> Result<Vec<Group>, SendError>;

    /// What lists everybody; `None` where it tells of one account at a time.
    fn roster(&self) -> Option<&dyn Roster>;
}

/// A directory that tells of many accounts at once.
#[async_trait]
pub trait Roster: Send + Sync {
    /// The accounts from `cursor` on, empty for the first ones.
    async fn accounts(&self, cursor: &str) -> Result<Page, SendError>;

    /// Who is in the group of this id.
    async fn group_members(&self, id: &str) -> Result<Vec<Identity>, SendError>;
}

/// Takes down what a platform tells of an account by itself.
pub type Told = Arc<dyn Fn(Account) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// Where somebody counts as who acts in a direct conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Met {
    /// As a member of this account's workspace.
    Member(Identity),
    /// As nobody of ours.
    Outsider(Identity),
    /// That is not known, and cannot be asked just now.
    Unclear,
}

/// Finds out in which of these workspaces somebody counts, of whom nothing but their user is known.
pub type Meet = Arc<dyn Fn(Vec<String>, Account) -> BoxFuture<'static, Result<Met>> + Send + Sync>;
