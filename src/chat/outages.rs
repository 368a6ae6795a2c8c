//! What is wrong with a connection lately: since when nothing works, and what only an operator can mend.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;

/// When to try again after a failure that says nothing about it: half as long again as it
/// has lasted, within these bounds, in seconds.
pub const AGAIN: (u64, u64) = (5, 60);
/// When to try again after "too many requests" without a time.
pub const LIMITED_SECONDS: u64 = 30;
/// When to look whether an operator has mended what only they can.
pub const MENDED_SECONDS: u64 = 300;

/// What went wrong lately with one connection.
#[derive(Default)]
pub struct Outages(Mutex<State>);

#[derive(Default)]
struct State {
    /// Since when no call has worked.
    failing: Option<Timestamp>,
    /// What holds → why, as the log was told.
    held: BTreeMap<String, String>,
}

impl Outages {
    /// In how many seconds to try again after a failure now.
    pub fn again(&self, now: Timestamp) -> u64 {
        let since = *self.state().failing.get_or_insert(now);
        (now.since(since).as_secs() / 2).clamp(AGAIN.0, AGAIN.1)
    }

    /// Only an operator can mend what `hold` needs; whether that is news.
    pub fn hold(&self, hold: &str, reason: &str) -> bool {
        self.state().held.insert(hold.to_owned(), reason.to_owned()).as_deref() != Some(reason)
    }

    /// A call came through that needs all of these; those that are mended by that.
    pub fn works<'a>(&self, holds: &[&'a str]) -> Vec<&'a str> {
        let mut state = self.state();
        state.failing = None;
        holds.iter().copied().filter(|hold| state.held.remove(*hold).is_some()).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_longer_it_fails_the_rarer_it_is_tried() {
        let (outages, start) = (Outages::default(), Timestamp(1_000_000));
        let again = |seconds| outages.again(start.plus(Duration::from_secs(seconds)));
        assert_eq!([0, 5, 30, 60, 600].map(again), [5, 5, 15, 30, 60]);
        outages.works(&[]);
        assert_eq!(outages.again(start.plus(Duration::from_secs(601))), 5);
    }

    #[test]
    fn what_holds_is_news_once_until_it_is_mended() {
        let outages = Outages::default();
        assert_eq!([outages.hold("token", "dead"), outages.hold("token", "dead")], [true, false]);
        assert!(outages.hold("token", "revoked"));
        assert_eq!(outages.works(&["token", "scope"]), ["token"]);
        assert!(outages.works(&["token"]).is_empty() && outages.hold("token", "revoked"));
    }
}
