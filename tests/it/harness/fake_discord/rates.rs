//! Limits as Discord has them: a window for each route and its owner, fifty a second for all, and what
//! it says of them in headers.

use std::collections::BTreeMap;
use std::time::Duration;

use goldenpath::clock::Timestamp;

/// Of all calls but answers to interactions, in a second.
const GLOBAL: u32 = 50;
/// Calls and their window where nothing else is said; Discord's own are not written down.
const USUAL: (u32, Duration) = (5, Duration::from_secs(5));

/// What was counted.
#[derive(Default)]
pub struct Rates {
    pub strict: bool,
    /// (route, owner) → when its window began, and the calls in it.
    windows: BTreeMap<(String, String), (Timestamp, u32)>,
    all: Vec<Timestamp>,
}

/// What the headers say.
#[derive(Debug, Clone)]
pub struct Told {
    pub limit: u32,
    pub remaining: u32,
    pub reset_after: Duration,
    /// It is one too many.
    pub over: bool,
    /// For all together.
    pub global: bool,
}

impl Rates {
    /// Counts a call.
    pub fn count(&mut self, route: &str, owner: &str, now: Timestamp) -> Option<Told> {
        if !self.strict {
            return None;
        }
        let answers = route.contains("webhooks") || route.contains("interactions");
        self.all.retain(|at| now.since(*at) < Duration::from_secs(1));
        let global = !answers && self.all.len() >= GLOBAL as usize;
        let (limit, window) = USUAL;
        let entry = self.windows.entry((route.to_owned(), owner.to_owned())).or_insert((now, 0));
        if now.since(entry.0) >= window {
            *entry = (now, 0);
        }
        let reset_after = window.saturating_sub(now.since(entry.0));
        let over = entry.1 >= limit;
        if global || over {
            let reset_after = if over { reset_after } else { Duration::from_secs(1) };
            return Some(Told { limit, remaining: 0, reset_after, over: true, global: global && !over });
        }
        entry.1 += 1;
        if !answers {
            self.all.push(now);
        }
        Some(Told { limit, remaining: limit - entry.1, reset_after, over: false, global: false })
    }
}
