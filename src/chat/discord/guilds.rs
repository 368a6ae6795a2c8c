//! Which guilds are the company's.
//!
//! Those that were set. Where none is, those where the bot is: whoever runs it invited it there. But a bot that
//! is public can be invited by anybody, so it is soon in guilds of strangers; of such a one only a single guild
//! counts, and as soon as there are two, none of them does until somebody says which it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;

/// Discord is not asked again where the bot is within this.
const ASKED_AGAIN: Duration = Duration::from_secs(60);

/// What is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ours {
    These(Vec<String>),
    /// None was set, and Discord has not said yet where the bot is, or that it is nowhere: then where it acts
    /// is new.
    Unknown,
}

impl Ours {
    /// Whether a guild is one of them; `None` where that is not known.
    pub fn has(&self, guild: &str) -> Option<bool> {
        match self {
            Ours::These(guilds) => Some(guilds.iter().any(|id| id == guild)),
            Ours::Unknown => None,
        }
    }
}

/// The guilds, as they were set and as Discord says.
pub struct Guilds {
    /// As they were set.
    pub own: Vec<String>,
    /// Where the bot is, as Discord said last; nowhere at first.
    met: Mutex<Vec<String>>,
    /// Whether anybody can invite the bot.
    public: AtomicBool,
    asked: Mutex<Option<Timestamp>>,
}

impl Guilds {
    /// Those that were set, perhaps none.
    pub fn new(own: Vec<String>) -> Self {
        Guilds { own, met: Mutex::default(), public: AtomicBool::new(false), asked: Mutex::default() }
    }

    /// What is known now.
    pub fn ours(&self) -> Ours {
        if !self.own.is_empty() {
            return Ours::These(self.own.clone());
        }
        match lock(&self.met).as_slice() {
            [] => Ours::Unknown,
            [_, _, ..] if self.public.load(Ordering::Relaxed) => Ours::These(Vec::new()),
            met => Ours::These(met.to_vec()),
        }
    }

    /// Discord says whether the bot is public, and where it is.
    pub fn learn(&self, public: bool, guilds: impl Iterator<Item = String>) {
        self.public.store(public, Ordering::Relaxed);
        self.met(guilds.collect());
    }

    /// Discord says where the bot is.
    pub fn met(&self, guilds: Vec<String>) {
        if self.own.is_empty() && guilds.len() > 1 && self.public.load(Ordering::Relaxed) {
            tracing::error!(
                servers = guilds.len(),
                "anybody can invite the Discord bot, it is in several servers, and `[discord] guilds` names none: \
                 nobody is a member until it names yours"
            );
        }
        *lock(&self.met) = guilds;
    }

    /// Whether Discord is to be asked once more where the bot is, because of something that happened in
    /// `guild`; that counts as asked. A guild that a public bot comes to later is not waited for.
    pub fn asks(&self, guild: Option<&str>, now: Timestamp) -> bool {
        let known = match (lock(&self.met).as_slice(), guild) {
            (met, Some(guild)) if !self.public.load(Ordering::Relaxed) => met.iter().any(|id| id == guild),
            (met, _) => !met.is_empty(),
        };
        let mut asked = lock(&self.asked);
        if !self.own.is_empty() || known || asked.is_some_and(|at| now.since(at) < ASKED_AGAIN) {
            return false;
        }
        *asked = Some(now);
        true
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(guilds: &[&str]) -> Ours {
        Ours::These(names(guilds))
    }

    fn names(guilds: &[&str]) -> Vec<String> {
        guilds.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn what_was_set_counts_before_what_discord_says() {
        let guilds = Guilds::new(names(&["1"]));
        guilds.met(names(&["1", "2"]));
        assert_eq!(guilds.ours(), these(&["1"]));
        assert!(!guilds.asks(Some("2"), Timestamp(0)));
    }

    #[test]
    fn a_bot_that_anybody_can_invite_has_one_guild_or_none() {
        let guilds = Guilds::new(Vec::new());
        assert_eq!((guilds.ours(), guilds.ours().has("1")), (Ours::Unknown, None));
        for (public, met, ours) in [
            (false, &["1", "2"][..], these(&["1", "2"])),
            (true, &["1"], these(&["1"])),
            (true, &["1", "2"], these(&[])),
            (true, &[], Ours::Unknown),
        ] {
            guilds.learn(public, names(met).into_iter());
            assert_eq!(guilds.ours(), ours, "{public} {met:?}");
        }
    }

    #[test]
    fn discord_is_asked_again_for_an_unknown_guild_once_a_minute_and_not_for_a_public_bot() {
        let guilds = Guilds::new(Vec::new());
        let at = |seconds: i64| Timestamp(seconds * 1_000);
        assert!(guilds.asks(Some("1"), at(0)) && !guilds.asks(Some("1"), at(59)));
        guilds.met(names(&["1"]));
        assert!(!guilds.asks(Some("1"), at(60)) && guilds.asks(Some("2"), at(60)));
        guilds.learn(true, names(&["1"]).into_iter());
        assert!(!guilds.asks(Some("2"), at(200)) && !guilds.asks(None, at(200)));
        guilds.met(Vec::new());
        assert!(guilds.asks(Some("2"), at(200)));
    }
}
