//! SLICE people: persons, their identities on platforms, their roles, who was active when.
//!
//! Invariants: every table refers to the person, never to a platform's user;
//! roles follow from the config alone, and a guest, a bot, somebody of another
//! workspace or somebody gone has none. Deliberately absent: accounts of our own.

pub mod commands;
mod directory;
mod groups;
pub mod jobs;
pub mod linking;
mod members;
pub mod model;
mod settings;
mod store;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;

use crate::access::{Actor, Role, UNRECORDED};
use crate::chat::inbound::{Identity, Standing};
use crate::clock::Timestamp;
use crate::db::{Conn, Db, Tx};
use crate::error::{Error, Result};
use crate::jobs::queue::{self, NewJob};
use crate::zone::Zone;
use model::organisation::Organisation;
use model::{Hours, Member, Wish};
pub use settings::{change, export, forget};
use store::Known;

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// `per_…`
    pub id: String,
    /// What people call them.
    pub name: String,
}

/// Who holds which role, from the config.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    /// What every full member of a connected workspace has; `None` means nothing.
    pub default: Option<Role>,
    pub mapped: BTreeMap<Identity, BTreeSet<Role>>,
}

impl Roles {
    /// The approvers and the admins; whoever is both is an admin.
    pub fn keepers(&self) -> Vec<(Identity, Role)> {
        let role = |held: &BTreeSet<Role>| held.last().copied().filter(|role| *role >= Role::Approver);
        self.mapped.iter().filter_map(|(who, held)| Some((who.clone(), role(held)?))).collect()
    }
}

/// What holds for whoever said nothing else.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    pub zone: Zone,
    pub hours: Hours,
    /// Of whoever stands in it.
    pub organisation: Organisation,
}

/// The slice.
pub struct People {
    db: Db,
    roles: Roles,
    defaults: Defaults,
    /// The platforms that can be asked for an account.
    asked: Vec<&'static str>,
    /// The platforms that do not say in which zones people live.
    zoneless: Vec<&'static str>,
    /// The platforms whose accounts are real ones, and can be joined.
    linking: Vec<&'static str>,
    /// (person, day) noted by this process, to save a write on every command.
    noticed: Mutex<HashSet<(String, i64)>>,
}

impl People {
    /// Over this database and these roles.
    pub fn new(db: Db, roles: Roles, defaults: Defaults) -> Self {
        let (asked, zoneless, linking) = (Vec::new(), Vec::new(), Vec::new());
        People { db, roles, defaults, asked, zoneless, linking, noticed: Mutex::default() }
    }

    /// Has accounts of these platforms looked up at the first sight of them.
    #[must_use]
    pub fn asking(mut self, platforms: Vec<&'static str>) -> Self {
        self.asked = platforms;
        self
    }

    /// Asks people of these platforms in which zone they live, once.
    #[must_use]
    pub fn asking_zones(mut self, platforms: Vec<&'static str>) -> Self {
        self.zoneless = platforms;
        self
    }

    /// Lets accounts of these platforms be joined.
    #[must_use]
    pub fn linking(mut self, platforms: Vec<&'static str>) -> Self {
        self.linking = platforms;
        self
    }

    /// The person behind an identity, made at the first sight of it, with roles.
    pub async fn resolve(&self, identity: Identity, standing: Standing, name: String) -> Result<Actor> {
        let found = {
            let mut conn = self.db.read().await?;
            store::find(&mut conn, &identity).await?
        };
        let known = match found {
            // Events of Slack name nobody; the first thing that does gives the name.
            Some(known) if known.person.name != identity.user || name == identity.user => known,
            found => match self.named(identity.clone(), name.clone()).await {
                // They may look around.
                Err(Error::Away(_)) => {
                    found.unwrap_or_else(|| Known::new(Person { id: UNRECORDED.into(), name }))
                }
                outcome => outcome?,
            },
        };
        // What the directory says of a guest, the request itself does not.
        let standing = known.standing.filter(|stored| *stored != Standing::Member).unwrap_or(standing);
        let roles = self.roles_of(&identity, standing).await?;
        let zone = known.own_zone.or(known.zone);
        let zone_known = zone.is_some();
        let zone = match zone {
            Some(zone) => zone,
            None => self.site_zone(&identity).await?.unwrap_or(self.defaults.zone),
        };
        let Person { id: person, name } = known.person;
        Ok(Actor { person, name, identity, roles, zone, zone_known })
    }

    /// The person of an identity, made at the first sight of it, with a name as soon as one is told.
    async fn named(&self, identity: Identity, name: String) -> Result<Known> {
        let asked = self.asked.contains(&identity.platform.as_str());
        let unit = self.db.write((identity, name, asked), |tx, (identity, name, asked)| {
            Box::pin(async move {
                let (known, new) = store::named(tx, identity, name).await?;
                if new && *asked {
                    let key =
                        format!("lookup:{}:{}:{}", identity.platform, identity.workspace, identity.user);
                    let (payload, run_at) = (serde_json::to_value(identity)?, tx.now());
                    let job = NewJob { kind: jobs::LOOKUP, payload, key: Some(key), run_at };
                    queue::enqueue(tx, job).await?;
                }
                Ok(known)
            })
        });
        unit.await
    }

    /// The roles of an identity; an outsider has none, whatever the config maps.
    async fn roles_of(&self, identity: &Identity, standing: Standing) -> Result<BTreeSet<Role>> {
        if standing != Standing::Member {
            return Ok(BTreeSet::new());
        }
        let mut roles = self.roles.mapped.get(identity).cloned().unwrap_or_default();
        roles.extend(self.roles.default);
        if self.defaults.organisation.names_groups() {
            let groups = self.trusted_groups_of(&mut *self.db.read().await?, identity).await?;
            roles.extend(self.defaults.organisation.roles(&identity.platform, &groups));
        }
        Ok(roles)
    }

    /// The zone of the site where somebody belongs.
    async fn site_zone(&self, identity: &Identity) -> Result<Option<Zone>> {
        let organisation = &self.defaults.organisation;
        let groups = match organisation.names_groups() {
            true => self.groups_of(&mut *self.db.read().await?, identity).await?,
            false => Vec::new(),
        };
        Ok(organisation.belongs(identity, &groups).site.and_then(|site| site.zone))
    }

    /// The members by their ids, at most `limit` of those after `after`.
    pub async fn members(&self, conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<Member>> {
        store::members(conn, after, limit, &self.defaults).await
    }

    /// A member by their id; `None` for an outsider, somebody gone or unknown.
    pub async fn member(&self, conn: &mut Conn, person: &str) -> Result<Option<Member>> {
        Ok(self.members_among(conn, &[person]).await?.pop())
    }

    /// Those of these people who are members, in no order.
    pub async fn members_among(&self, conn: &mut Conn, people: &[&str]) -> Result<Vec<Member>> {
        store::members_among(conn, people, &self.defaults).await
    }

    /// Whether anybody can be in a team.
    pub fn has_teams(&self) -> bool {
        self.defaults.organisation.has_teams()
    }

    /// Notes that a person was active on this day.
    pub async fn notice(&self, person: String) -> Result<()> {
        let day = self.db.now().0.div_euclid(86_400_000);
        let mark = (person, day);
        let known = |set: &Mutex<HashSet<_>>| set.lock().is_ok_and(|set| set.contains(&mark));
        // Whoever only reads is not to wait for a database that takes no changes.
        if known(&self.noticed) || self.db.away().is_some() {
            return Ok(());
        }
        self.db
            .write(mark.clone(), |tx, (person, day)| Box::pin(store::note_activity(tx, person, *day)))
            .await?;
        if let Ok(mut noticed) = self.noticed.lock() {
            noticed.retain(|(_, noted)| *noted == day);
            noticed.insert(mark);
        }
        Ok(())
    }
}

/// The person with this id.
pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Person>> {
    store::by_id(conn, id).await
}

/// Where to write to a person: the identity that the others were linked to.
pub async fn identity_of(conn: &mut Conn, person: &str) -> Result<Option<Identity>> {
    Ok(store::identities_of(conn, person).await?.into_iter().next())
}

/// Where to write to a person: at this (platform, workspace) where they have an identity there.
pub async fn identity_near(
    conn: &mut Conn,
    person: &str,
    near: Option<(&str, &str)>,
) -> Result<Option<Identity>> {
    let all = store::identities_of(conn, person).await?;
    let there = |who: &Identity| near == Some((who.platform.as_str(), who.workspace.as_str()));
    Ok(all.iter().find(|who| there(who)).or(all.first()).cloned())
}

/// All the identities of a person, always in the same order.
pub async fn identities(conn: &mut Conn, person: &str) -> Result<Vec<Identity>> {
    store::identities_of(conn, person).await
}

/// Somebody said how much they want to be asked.
pub async fn set_wish(tx: &mut Tx, person: &str, wish: Wish) -> Result<()> {
    store::set_wish(tx, person, wish).await
}

/// How many people were active from the day of `from` on, before the day of `to` (whole days, UTC).
pub async fn active_between(conn: &mut Conn, from: Timestamp, to: Timestamp) -> Result<i64> {
    let day = |at: Timestamp| at.0.div_euclid(86_400_000);
    store::active_between(conn, day(from), day(to)).await
}
