//! What platforms tell of their accounts: who belongs, in which zone their days are.
//!
//! An account that a listing leaves out stays as it is: only a platform's own word that one is
//! closed makes it gone.

use std::time::Duration;

use super::{People, groups, store};
use crate::chat::directory::{Account, Page};
use crate::chat::inbound::{Identity, Standing};
use crate::error::Result;

/// A listing that ended longer ago than this is stale.
const FRESH: Duration = Duration::from_secs(86_400);

impl People {
    /// Where to go on with a platform's listing, empty for its beginning; `None` as long as the
    /// last one is fresh.
    pub async fn listing_at(&self, platform: &str) -> Result<Option<String>> {
        let listing = store::directory::listing(&mut *self.db.read().await?, platform).await?;
        let fresh = listing.finished.is_some_and(|at| self.db.now().since(at) < FRESH);
        Ok((!fresh || !listing.cursor.is_empty()).then_some(listing.cursor))
    }

    /// Takes down a page of a platform's listing and where the next one begins, as one unit.
    pub async fn take_page(&self, platform: &'static str, page: Page) -> Result<()> {
        let unit = self.db.write((platform, page), |tx, (platform, page)| {
            Box::pin(async move {
                store::directory::take_down(tx, &page.accounts).await?;
                store::directory::go_on(tx, platform, page.next.as_deref()).await
            })
        });
        unit.await
    }

    /// Begins a listing anew whose cursor the platform no longer knows.
    pub async fn list_anew(&self, platform: &'static str) -> Result<()> {
        let unit = self.db.write(platform, |tx, platform| {
            Box::pin(async move { store::directory::go_on(tx, platform, Some("")).await })
        });
        unit.await
    }

    /// Takes down what a platform tells of one account; nothing is written where nothing is new. That
    /// it is in its groups still is new after a while.
    pub async fn told(&self, account: Account) -> Result<()> {
        let mut conn = self.db.read().await?;
        let groups = self.named_of(&mut conn, &account).await?;
        if let Some(at) = store::directory::agrees(&mut conn, &account).await? {
            let same = match &groups {
                Some(groups) => *groups == self.groups_of(&mut conn, &account.identity).await?,
                None => true,
            };
            if same && (groups.is_none() || self.db.now().since(at) < groups::FRESH) {
                return Ok(());
            }
        }
        drop(conn);
        let unit = self.db.write((account, groups), |tx, (account, groups)| {
            Box::pin(async move {
                // Such a platform knows somebody by one id in all workspaces.
                if groups.is_some() && account.standing == Standing::Member {
                    store::directory::join(tx, account).await?;
                }
                store::directory::take_down(tx, std::slice::from_ref(account)).await?;
                match groups {
                    Some(groups) => store::groups::take_down_of(tx, &account.identity, groups).await,
                    None => Ok(()),
                }
            })
        });
        unit.await
    }

    /// Takes down what a lookup of `identity` found. The platform may name another workspace as its
    /// home; it is the one that was looked up.
    pub async fn looked_up(&self, identity: Identity, account: Account) -> Result<()> {
        self.told(Account { identity, ..account }).await
    }

    /// Takes down that the platform shows no account of this identity to us.
    pub async fn unknown(&self, identity: Identity) -> Result<()> {
        let unit = self.db.write(identity, |tx, identity| {
            Box::pin(store::directory::mark(tx, identity, Standing::Outsider))
        });
        unit.await
    }
}
