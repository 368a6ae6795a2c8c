//! Bad days, as a test orders them: too many requests, down, slow, silent, garbled, refusals.

use std::collections::BTreeMap;
use std::time::Duration;

use goldenpath::clock::Timestamp;

use super::{FakeSlack, TOKEN};

/// What stands between a good request and its answer.
#[derive(Default)]
pub struct Faults {
    /// As long as the first is above zero calls are refused with this `Retry-After`.
    pub(super) limited: (usize, u64),
    /// Method, `*` for all → until when its calls are too many.
    pub(super) busy: BTreeMap<String, Timestamp>,
    /// Method → the error that it answers, and how many more times.
    pub(super) refusing: BTreeMap<String, (String, usize)>,
    pub(super) slow: Duration,
    /// How long Slack looks at a file before a message may show it.
    pub(super) looking: Duration,
    /// Every call is answered by this status instead, and not done.
    pub(super) status: Option<u16>,
    pub(super) silent: bool,
    pub(super) garbled: bool,
}

impl FakeSlack {
    /// While down every call is answered 503.
    pub fn set_down(&self, down: bool) {
        self.memory().faults.status = down.then_some(503);
    }

    /// Every call is answered by this status, until it is no longer down.
    pub fn set_status(&self, status: u16) {
        self.memory().faults.status = Some(status);
    }

    /// While silent every call is done and its answer never arrives.
    pub fn set_silent(&self, silent: bool) {
        self.memory().faults.silent = silent;
    }

    /// While garbled every call is done and its answer is a page of something else.
    pub fn set_garbled(&self, garbled: bool) {
        self.memory().faults.garbled = garbled;
    }

    /// Each call is done at once and answered this much later, by the machine's own time.
    pub fn set_slow(&self, by: Duration) {
        self.memory().faults.slow = by;
    }

    /// The next `calls` calls are too many; try again after `seconds`.
    pub fn limit(&self, calls: usize, seconds: u64) {
        self.memory().faults.limited = (calls, seconds);
    }

    /// For this long, by the fake's clock, calls of `method` (`*`: of any) are too many; each
    /// refusal says how long that still is.
    pub fn set_busy(&self, method: &str, span: Duration) {
        let until = self.clock.now().plus(span);
        self.memory().faults.busy.insert(method.into(), until);
    }

    /// Holds the bot to Slack's written rates from now on; what is over them is refused.
    pub fn set_strict(&self, strict: bool) {
        self.memory().rates.strict = strict;
    }

    /// The next `times` calls of `method` answer `error`; `response_url` is one, too.
    pub fn refuse(&self, method: &str, error: &str, times: usize) {
        self.memory().faults.refusing.insert(method.into(), (error.into(), times));
    }

    /// From now on the bot's token is refused so: `token_revoked`, `account_inactive` …
    pub fn kill_token(&self, error: &'static str) {
        self.memory().tokens.insert(TOKEN.into(), Err(error));
    }

    /// From now on the bot's token is good and has these scopes.
    pub fn grant(&self, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.memory().tokens.insert(TOKEN.into(), Ok(scopes));
    }

    /// Somebody deletes what stands in the channel.
    pub fn clear(&self, channel: &str) {
        self.memory().messages.retain(|posted| posted.channel != channel);
    }

    /// Nothing that stands in the channel may be edited any more.
    pub fn freeze(&self, channel: &str) {
        let memory = &mut self.memory();
        let there = memory.messages.iter_mut().filter(|posted| posted.channel == channel);
        there.for_each(|posted| posted.editable = false);
    }
}

impl Faults {
    /// The error that a call of `method` is refused with.
    pub(super) fn refusal(&mut self, method: &str) -> Option<String> {
        let (error, times) = self.refusing.get_mut(method).filter(|(_, times)| *times > 0)?;
        *times -= 1;
        Some(error.clone())
    }
}
