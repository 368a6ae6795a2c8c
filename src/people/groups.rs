//! Who is in which group of a platform, as far as `people.toml` names it.
//!
//! A group gives its role to whoever was read to be in it within a day: whoever was taken out of
//! it loses the role within the hour, and where that cannot be read the last that was known holds
//! for a day and not longer. Teams stay as they were known last.

use std::collections::BTreeSet;
use std::time::Duration;

use super::model::organisation::GroupName;
use super::{People, store};
use crate::chat::directory::{Account, Group};
use crate::chat::inbound::Identity;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;

/// Read again after this.
pub(super) const FRESH: Duration = Duration::from_secs(3_000);
/// What was read holds for roles as long as this.
const TRUSTED: Duration = Duration::from_secs(86_400);

impl People {
    /// The groups of a platform that have to be read again.
    pub async fn groups_to_read(&self, platform: &str) -> Result<Vec<GroupName>> {
        let (mut stale, now) = (Vec::new(), self.db.now());
        let all = self.defaults.organisation.groups();
        for group in all.into_iter().filter(|group| group.platform == platform) {
            let read = store::groups::read_at(&mut *self.db.read().await?, group).await?;
            if read.is_none_or(|at| now.since(at) >= FRESH) {
                stale.push(group.clone());
            }
        }
        Ok(stale)
    }

    /// Takes down who is in a group, nobody where the platform has none of this name.
    pub async fn take_group(&self, group: GroupName, members: Vec<Identity>) -> Result<()> {
        let unit = self.db.write((group, members), |tx, (group, members)| {
            Box::pin(store::groups::take_down(tx, group, members))
        });
        unit.await
    }

    /// Takes down what groups of a platform are meant by the names of the file, of those that are there.
    pub async fn name_groups(&self, platform: &'static str, there: Vec<Group>) -> Result<()> {
        let mut ids = BTreeSet::new();
        for name in self.groups_by_name(platform) {
            let meant = there.iter().filter(|group| name.means(&group.id, &group.handle));
            let before = ids.len();
            ids.extend(meant.map(|group| (name.name.clone(), group.id.clone())));
            if ids.len() == before {
                tracing::warn!(group = %name, "people.toml names a group that is not there");
            }
        }
        let unit = self
            .db
            .write((platform, ids), |tx, (platform, ids)| Box::pin(store::groups::mean(tx, platform, ids)));
        unit.await
    }

    /// The groups of a platform that are named by what they are called.
    pub fn groups_by_name(&self, platform: &str) -> Vec<&GroupName> {
        let all = self.defaults.organisation.groups().into_iter();
        all.filter(|group| group.platform == platform && group.name.starts_with('@')).collect()
    }

    /// The groups of the file that an account is in by the ids that its platform told, in order; `None`
    /// where it told none.
    pub(super) async fn named_of(&self, conn: &mut Conn, account: &Account) -> Result<Option<Vec<String>>> {
        let (Some(told), platform) = (&account.groups, &account.identity.platform) else { return Ok(None) };
        let all = self.defaults.organisation.groups();
        let named: Vec<_> = all.into_iter().filter(|group| group.platform == *platform).collect();
        let ids = if named.is_empty() { Vec::new() } else { store::groups::ids(conn, platform).await? };
        let means = |name: &str, id: &String| {
            name == id || ids.iter().any(|(known, meant)| known == name && meant == id)
        };
        let is_in = named.into_iter().filter(|group| told.iter().any(|id| means(&group.name, id)));
        Ok(Some(is_in.map(|group| group.name.clone()).collect()))
    }

    /// The groups that an account was known to be in last, for its team.
    pub(super) async fn groups_of(&self, conn: &mut Conn, who: &Identity) -> Result<Vec<String>> {
        self.groups_since(conn, who, Timestamp(0)).await
    }

    /// The groups that an account is known to be in now, for its roles.
    pub(super) async fn trusted_groups_of(&self, conn: &mut Conn, who: &Identity) -> Result<Vec<String>> {
        self.groups_since(conn, who, self.db.now().minus(TRUSTED)).await
    }

    async fn groups_since(&self, conn: &mut Conn, who: &Identity, since: Timestamp) -> Result<Vec<String>> {
        if self.defaults.organisation.names_groups() {
            store::groups::of(conn, who, since).await
        } else {
            Ok(Vec::new())
        }
    }
}
