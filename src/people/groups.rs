//! Who is in which group of a platform, as far as `people.toml` names it.
//!
//! A group gives its role for as long as its members were read within a day: whoever was taken
//! out of it loses the role within the hour, and where the group cannot be read the last that
//! was known holds for a day and not longer. Teams stay as they were known last.

use std::time::Duration;

use super::model::organisation::GroupName;
use super::{People, store};
use crate::chat::inbound::Identity;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;

/// Read again after this.
const FRESH: Duration = Duration::from_secs(3_000);
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
