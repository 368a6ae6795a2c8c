//! What people say of themselves; what is kept of them, and how little is left of who is forgotten.

use serde_json::Value;

use super::model::settings::{Changes, Settings};
use super::{People, store};
use crate::access::Actor;
use crate::chat::inbound::{Identity, Standing};
use crate::db::{Conn, Tx};
use crate::error::Result;

/// What somebody is called whose name was forgotten.
const NOBODY: &str = "somebody";

impl People {
    /// What is in force for a person, met as `identity`.
    pub async fn settings(&self, conn: &mut Conn, person: &str, identity: &Identity) -> Result<Settings> {
        let said = store::settings::said(conn, person).await?;
        let groups = self.groups_of(conn, identity).await?;
        let belongs = self.defaults.organisation.belongs(identity, &groups);
        Ok(Settings::of(&said, belongs, self.defaults.zone, &self.defaults.hours))
    }

    /// Whether somebody is to be asked now in which zone they live: their platform does not say, they said
    /// nothing, no site says it for them, and they were never asked. That counts as asked.
    pub(super) async fn asks_zone(&self, actor: &Actor) -> Result<bool> {
        let person = &actor.person;
        if actor.zone_known
            || !self.tells_no_zones(&actor.identity.platform)
            || store::settings::zone_asked(&mut *self.db.read().await?, person).await?
            || self.site_zone(&actor.identity).await?.is_some()
        {
            return Ok(false);
        }
        let unit =
            self.db.write(person.clone(), |tx, person| Box::pin(store::settings::ask_zone(tx, person)));
        unit.await
    }

    /// Whether a platform does not say in which zones people live.
    pub(super) fn tells_no_zones(&self, platform: &str) -> bool {
        self.zoneless.contains(&platform)
    }

    /// Takes down accounts that a platform has of its own.
    pub async fn enrol(&self, accounts: Vec<(Identity, String)>) -> Result<()> {
        let unit = self.db.write(accounts, |tx, accounts| {
            Box::pin(async move {
                for (identity, name) in accounts {
                    store::named(tx, identity, name).await?;
                    store::directory::mark(tx, identity, Standing::Member).await?;
                }
                Ok(())
            })
        });
        unit.await
    }
}

/// Changes what somebody says of themselves.
pub async fn change(tx: &mut Tx, person: &str, changes: &Changes) -> Result<()> {
    store::settings::change(tx, person, changes).await
}

/// All that is kept of a person here; `null` for nobody.
pub async fn export(conn: &mut Conn, person: &str) -> Result<Value> {
    store::settings::export(conn, person).await
}

/// Forgets who a person was. The row stays, because what they did refers to it, without a name,
/// and no account leads to it. The days on which they were active stay too: they are counted,
/// and nothing says whose they are.
///
/// Whoever acts again, or is listed again by a directory, is somebody new.
pub async fn forget(tx: &mut Tx, person: &str) -> Result<()> {
    store::linking::forget(tx, person).await?;
    store::settings::forget(tx, person, NOBODY).await
}
