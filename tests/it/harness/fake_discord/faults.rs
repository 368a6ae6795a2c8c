//! Bad days, as a test orders them: too many requests, down, silent, cut off, garbled, refusals.

use std::collections::BTreeMap;
use std::time::Duration;

use goldenpath::clock::Timestamp;

use super::FakeDiscord;
use super::memory::Refusal;

/// What stands between a good request and its answer.
#[derive(Default)]
pub struct Faults {
    /// Route, or `*` for all → until when its calls are too many.
    pub(super) busy: BTreeMap<String, Timestamp>,
    /// Route → the refusal that it answers, and how many more times.
    pub(super) refusing: BTreeMap<String, (Refusal, usize)>,
    /// Every call is answered by this status instead, and not done.
    pub(super) status: Option<u16>,
    /// Every call is sent on to this address, and not done.
    pub(super) redirect: Option<String>,
    pub(super) after: After,
}

/// What becomes of an answer once the call is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum After {
    #[default]
    Answers,
    /// It never arrives.
    Silent,
    /// The connection breaks in the middle of it.
    Cut,
    /// It is a page of something else.
    Garbled,
}

impl FakeDiscord {
    /// While down every call is answered 503, by something before Discord.
    pub fn set_down(&self, down: bool) {
        self.memory().faults.status = down.then_some(503);
    }

    /// Every call is answered by this status, until it is no longer down.
    pub fn set_status(&self, status: u16) {
        self.memory().faults.status = Some(status);
    }

    /// Every call is sent on to this address.
    pub fn set_redirect(&self, url: &str) {
        self.memory().faults.redirect = Some(url.to_owned());
    }

    /// What becomes of answers from now on; the calls are done.
    pub fn set_after(&self, after: After) {
        self.memory().faults.after = after;
    }

    /// For this long, by the fake's clock, calls of the route (`*`: of any) are too many.
    pub fn set_busy(&self, route: &str, span: Duration) {
        let until = self.clock.now().plus(span);
        self.memory().faults.busy.insert(route.into(), until);
    }

    /// Holds the bot to limits as Discord has them from now on; what is over them is refused.
    pub fn set_strict(&self, strict: bool) {
        self.memory().rates.strict = strict;
    }

    /// The next `times` calls of the route are refused so.
    pub fn refuse(&self, route: &str, status: u16, code: u64, times: usize) {
        let refusal = Refusal::of(status, code, "As the test says");
        self.memory().faults.refusing.insert(route.into(), (refusal, times));
    }

    /// From now on the bot's token is no longer good, or good again.
    pub fn set_token(&self, good: bool) {
        let mut memory = self.memory();
        memory.tokens.clear();
        memory.tokens.extend(good.then(|| super::TOKEN.to_owned()));
    }

    /// Somebody deletes what stands in the channel.
    pub fn clear(&self, channel: &str) {
        self.memory().messages.retain(|posted| posted.channel != channel);
    }
}

impl Faults {
    /// The refusal that a call of the route gets.
    pub(super) fn refusal(&mut self, route: &str) -> Option<Refusal> {
        let (refusal, times) = self.refusing.get_mut(route).filter(|(_, times)| *times > 0)?;
        *times -= 1;
        Some(refusal.clone())
    }
}
