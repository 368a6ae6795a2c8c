//! Slack's written rates, for tests that are strict about them: per method and minute, and
//! about one message a second and channel with a short burst (docs.slack.dev, "Rate limits").

use std::collections::BTreeMap;

use goldenpath::clock::Timestamp;

/// What Slack tolerates at once in one channel. Not written down; a handful.
const CHANNEL_BURST: i64 = 5;

/// What was called how recently.
#[derive(Default)]
pub struct Rates {
    pub strict: bool,
    /// Bucket → (when it was looked at last, what was used up then, in milliseconds).
    buckets: BTreeMap<String, (Timestamp, i64)>,
}

impl Rates {
    /// Counts a call; the seconds to wait when it is one too many.
    pub fn count(&mut self, method: &str, per_minute: i64, channel: &str, now: Timestamp) -> Option<u64> {
        if !self.strict {
            return None;
        }
        if matches!(method, "chat.postMessage" | "chat.postEphemeral") && !channel.is_empty() {
            let wait = self.take(format!("{method} {channel}"), 1_000, CHANNEL_BURST, now);
            if wait.is_some() {
                return wait;
            }
        }
        self.take(method.to_owned(), 60_000 / per_minute, per_minute, now)
    }

    fn take(&mut self, bucket: String, each: i64, most: i64, now: Timestamp) -> Option<u64> {
        let (seen, used) = self.buckets.get(&bucket).copied().unwrap_or((now, 0));
        let used = (used - (now.0 - seen.0)).max(0);
        let over = used + each - each * most;
        let used = if over > 0 { used } else { used + each };
        self.buckets.insert(bucket, (now, used));
        (over > 0).then(|| u64::try_from(over).unwrap_or(0).div_ceil(1000))
    }
}
