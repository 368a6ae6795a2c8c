//! What people say of themselves; what is kept of them, and how little is left of who is forgotten.

use serde_json::Value;

use super::model::settings::{Changes, Settings};
use super::{People, store};
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
