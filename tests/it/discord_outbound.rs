//! What becomes of messages on Discord's good and bad days: the outbox, and a Discord that refuses.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod answers;
mod once;
mod outages;
mod pace;
mod refusals;

use std::sync::Arc;
use std::time::Duration;

use goldenpath::chat::Target;
use goldenpath::chat::attachment::Picture;
use goldenpath::chat::discord::outbound::Outbound;
use goldenpath::chat::message::Message;
use goldenpath::chat::outbox::{self, Address, Deliver};
use goldenpath::jobs::worker::Worker;
use serde_json::{Value, json};

use crate::harness::fake_discord::{CHANNEL, FakeDiscord, GUILD};
use crate::harness::ground::Ground;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const POST: &str = "POST channels/messages";
const EDIT: &str = "PATCH channels/messages";
const OPEN: &str = "POST users/@me/channels";
const ANSWER: &str = "PATCH webhooks";

/// A database, an outbox that delivers to a fake Discord, all by one clock.
struct Bench {
    ground: Ground,
    fake: FakeDiscord,
    worker: Worker,
}

impl Bench {
    async fn start() -> Bench {
        Bench::pacing(false).await
    }

    /// One that holds itself to Discord's rates, and a Discord that insists on them.
    async fn paced() -> Bench {
        Bench::pacing(true).await
    }

    async fn pacing(pacing: bool) -> Bench {
        let ground = Ground::new().await;
        let fake = FakeDiscord::with_clock(ground.clock.clone()).await;
        fake.set_strict(pacing);
        let bench = Bench { worker: ground.worker(Vec::new()), ground, fake };
        bench.restarted(pacing, MINUTE)
    }

    /// With a process that knows nothing of the one before, and so much patience.
    fn restarted(self, pacing: bool, patience: Duration) -> Bench {
        let mut settings = self.fake.settings();
        (settings.pacing, settings.patience) = (pacing, patience);
        assert!(settings.api_url.starts_with("http://127.0.0.1:"), "a test never calls the real one");
        let discord = Arc::new(Outbound::new(&settings, self.ground.clock.clone()).unwrap());
        let worker = self.ground.worker(vec![Arc::new(Deliver::new(self.ground.db.clone(), vec![discord]))]);
        Bench { worker, ..self }
    }

    /// From now on the message `key` says this at `target`, or at the fallback; not delivered yet.
    async fn puts(&self, key: &str, target: Target, fallback: Option<Target>, message: Message) {
        let address = Address { platform: "discord".into(), workspace: GUILD.into(), target, fallback };
        let unit = (key.to_owned(), address, message);
        let put =
            self.ground.db.write(unit, |tx, (key, to, message)| Box::pin(outbox::put(tx, key, to, message)));
        put.await.unwrap();
        self.ground.clock.advance(Duration::from_millis(1));
    }

    /// The same in words, and delivered.
    async fn says(&self, key: &str, target: Target, words: &str) {
        self.puts(key, target, None, Message::new(words)).await;
        self.runs().await;
    }

    async fn runs(&self) {
        self.worker.run_due().await.unwrap();
    }

    async fn after(&self, span: Duration) {
        self.ground.clock.advance(span);
        self.runs().await;
    }

    /// What stands in a channel.
    fn reads(&self, channel: &str) -> Vec<String> {
        let shown = self.fake.shown_in(channel).into_iter();
        shown.map(|body| body["content"].as_str().unwrap().to_owned()).collect()
    }

    async fn texts(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&mut *self.ground.read().await).await.unwrap()
    }

    /// Why messages were given up.
    async fn given_up(&self) -> Vec<String> {
        self.texts("SELECT given_up FROM message WHERE given_up IS NOT NULL ORDER BY key").await
    }

    async fn waiting(&self) -> usize {
        self.texts("SELECT key FROM message WHERE given_up IS NULL AND delivered < version").await.len()
    }

    async fn end(self) {
        assert_eq!(self.ground.failures().await, []);
        let log = self.fake.memory().log.clone();
        let messages =
            log.iter().filter(|call| call.route.ends_with("messages") || call.route.ends_with("webhooks"));
        let nobody = |body: &Value| body["allowed_mentions"] == json!({ "parse": [] });
        assert!(messages.into_iter().all(|call| nobody(&call.body)), "nobody is ever mentioned");
        self.ground.end().await;
    }
}

fn channel() -> Target {
    Target::Channel { id: CHANNEL.into() }
}

fn direct(user: &str) -> Target {
    Target::Direct { user: user.into() }
}

fn trend(mark: u8) -> Message {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 6, 64, 0, 0, 3, 32, mark]);
    Message::new("Satisfaction").picture(Picture::new("trend", "Flat: +1.9 ± 4.1", png.clone(), png))
}
