//! Roles and the one evaluator: who may do what, pure over what `people` looked up.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::chat::inbound::Identity;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::zone::Zone;

/// What somebody is to the platform team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Uses environments and answers surveys.
    Developer,
    /// Reads stats and decides on the roadmap.
    Pm,
    /// Decides on requests that need a second person.
    Approver,
    /// Runs the bot; may do whatever any role may.
    Admin,
}

impl Role {
    /// All of them, least first.
    pub const ALL: [Role; 4] = [Role::Developer, Role::Pm, Role::Approver, Role::Admin];

    /// The word in configs and sentences.
    pub fn word(self) -> &'static str {
        match self {
            Role::Developer => "developer",
            Role::Pm => "pm",
            Role::Approver => "approver",
            Role::Admin => "admin",
        }
    }
}

/// The person behind an invocation.
#[derive(Debug, Clone)]
pub struct Actor {
    /// `per_…`
    pub person: String,
    /// What people call them.
    pub name: String,
    pub identity: Identity,
    pub roles: BTreeSet<Role>,
    /// Where their days begin and end.
    pub zone: Zone,
    /// Whether that is theirs; else it is the site's, and worth naming.
    pub zone_known: bool,
}

/// The person of somebody new while the database takes no changes; no row has this id.
pub const UNRECORDED: &str = "per_unrecorded";

impl Actor {
    /// Whether the actor holds `role`; an admin holds each.
    pub fn holds(&self, role: Role) -> bool {
        self.roles.contains(&role) || self.roles.contains(&Role::Admin)
    }

    /// An instant by their clock, "Fri 18:00"; a zone that is not known to be theirs is named.
    pub fn clock(&self, at: Timestamp, now: Timestamp) -> String {
        self.in_zone(self.zone.clock(at, now))
    }

    /// The same with its date, "Fri 2026-11-27 18:00".
    pub fn dated(&self, at: Timestamp) -> String {
        self.in_zone(self.zone.dated(at))
    }

    /// How to say which zone is theirs, where that is not known.
    pub fn zone_hint(&self) -> Option<String> {
        (!self.zone_known)
            .then(|| format!("Times are in {}; `/platform settings zone` sets yours.", self.zone))
    }

    fn in_zone(&self, clock: String) -> String {
        if self.zone_known { clock } else { format!("{clock} {}", self.zone) }
    }
}

/// Demands that a person is on record: whoever is not may look around only.
///
/// # Errors
/// `Unavailable`: it is no fault of theirs.
pub fn recorded(person: &str) -> Result<()> {
    if person != UNRECORDED {
        return Ok(());
    }
    Err(Error::Unavailable(
        "The database could not take down just now who you are. Nothing was changed; try again in a minute."
            .into(),
    ))
}

/// What somebody without any role reads.
pub const NO_ROLE: &str = "🔒 You have no role here. Guests, bots and people from elsewhere have none; a member gets one \
     from an admin, under `[access.roles]` in the config.";

/// Proof that [`authorize`] said yes; handlers cannot be called without it.
#[derive(Debug, Clone)]
pub struct Approved(());

/// Deny by default: a command without a role is nobody's.
///
/// # Errors
/// `Denied`, naming the rule, what is missing and who can grant it.
pub fn authorize(actor: &Actor, command: &str, role: Option<Role>) -> Result<Approved> {
    match role {
        Some(role) if actor.holds(role) => Ok(Approved(())),
        Some(_) if actor.roles.is_empty() => Err(Error::Denied(NO_ROLE.into())),
        Some(role) => Err(Error::Denied(format!(
            "🔒 `{command}` needs the role `{}`. An admin gives it under `[access.roles]` in the config.",
            role.word()
        ))),
        None => Err(Error::Denied(format!(
            "🔒 `{command}` is nobody's to run: its spec names no role. An admin can set one in its file."
        ))),
    }
}

/// Whether `help` shows a command to this person.
pub fn may(actor: &Actor, role: Option<Role>) -> bool {
    role.is_some_and(|role| actor.holds(role))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(roles: &[Role]) -> Actor {
        let identity = Identity::new("playground", "local", "ada");
        let roles = roles.iter().copied().collect();
        Actor {
            person: "per_1".into(),
            name: "Ada".into(),
            identity,
            roles,
            zone: Zone::default(),
            zone_known: true,
        }
    }

    #[test]
    fn every_role_against_every_command() {
        for held in Role::ALL {
            for needed in Role::ALL {
                let allowed = authorize(&actor(&[held]), "x", Some(needed)).is_ok();
                assert_eq!(allowed, held == needed || held == Role::Admin, "{held:?} runs {needed:?}");
            }
            assert!(authorize(&actor(&[held]), "x", None).is_err(), "a missing role denies {held:?}");
            assert!(authorize(&actor(&[]), "x", Some(held)).is_err());
        }
    }
}
