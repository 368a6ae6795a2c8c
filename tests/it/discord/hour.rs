//! An hour in which Discord is away: REST answers 5xx, the gateway is gone, and people's requests wait. After
//! it each message stands there once, and nothing went without having been announced.

use std::time::Duration;

use serde_json::{Value, json};

use super::{comes, connected, words};
use crate::harness::discord_bot::DiscordBot;
use crate::harness::discord_sender::Scene;
use crate::harness::fake_discord::{ADA, BEN, CHANNEL};
use crate::harness::fake_gateway::FakeGateway;
use crate::harness::ground::until;
use crate::harness::same_words::of_discord;

const MINUTE: Duration = Duration::from_secs(60);

impl DiscordBot {
    fn asks_for(&self, user: &str, name: &str, ttl: &str) -> Value {
        let values = [("template", json!("preview-site")), ("name", json!(name)), ("ttl", json!(ttl))];
        self.discord.command(&Scene::of(user), &["env", "create"], &values)
    }

    /// How the messages of a channel begin, in no order.
    fn begin(&self, channel: &str) -> Vec<String> {
        let first = |shown: &Value| of_discord(shown).lines().next().unwrap_or_default().to_owned();
        let mut all: Vec<String> = self.fake.shown_in(channel).iter().map(first).collect();
        all.sort();
        all
    }

    async fn live(&self) -> Vec<String> {
        self.app.texts("SELECT name || ' ' || state FROM environment ORDER BY name").await
    }

    /// Each minute of the hour another 5xx; of the jobs each runs when it wants to.
    async fn an_hour_of_5xx(&self) {
        for minute in 0..60 {
            self.fake.set_status([500, 502, 503, 504][minute % 4]);
            self.app.passes(MINUTE).await;
        }
        self.fake.set_down(false);
    }
}

/// Nobody can reach the gateway any more.
fn goes(gateway: &FakeGateway) {
    gateway.told().away = true;
    gateway.drops();
}

/// Somebody whose environments end within and after the hour, and what they do in it.
async fn with_two(bot: &DiscordBot) {
    bot.sends(bot.asks_for(ADA, "long", "3h")).await;
    bot.app.run_jobs().await;
    bot.app.passes(25 * MINUTE).await;
    bot.sends(bot.asks_for(ADA, "short", "1h")).await;
    bot.app.run_jobs().await;
    bot.app.passes(5 * MINUTE).await;
    for channel in [CHANNEL.to_owned(), bot.fake.direct(ADA)] {
        bot.fake.clear(&channel);
    }
}

#[tokio::test]
async fn an_hour_of_5xx_without_the_gateway_loses_doubles_and_surprises_nothing() {
    let bot = DiscordBot::start().await;
    let gateway = connected(&bot).await;
    with_two(&bot).await;
    bot.fake.set_status(503);
    gateway.brings(bot.asks_for(ADA, "brought", "1d"));
    until("it is asked for", async || (bot.live().await.len() == 3).then_some(())).await;
    goes(&gateway);
    bot.sends(bot.asks_for(BEN, "asked", "1d")).await;
    bot.an_hour_of_5xx().await;
    assert_eq!(bot.live().await, ["asked ready", "brought ready", "long ready", "short ready"]);
    gateway.told().away = false;
    // What may have arrived is repeated ever more rarely, at least every ten minutes.
    bot.app.passes(10 * MINUTE).await;
    insta::assert_snapshot!(bot.begin(CHANNEL).join("\n"), @"
    ✅ asked is ready · http://127.0.0.1:PORT/ · yours until 2026-11-19 09:30 UTC (in 1 day)
    ✅ brought is ready · http://127.0.0.1:PORT/ · yours until 2026-11-19 09:30 UTC (in 1 day)
    ");
    insta::assert_snapshot!(bot.begin(&bot.fake.direct(ADA)).join("\n"), @"⚠️ short goes in 25 min (2026-11-18 11:04 UTC).");
    insta::assert_snapshot!(bot.begin(&bot.fake.direct(BEN)).join("\n"), @"How did getting asked go for you?");
    bot.app.passes(25 * MINUTE).await;
    assert_eq!(bot.live().await, ["asked ready", "brought ready", "long ready", "short destroyed"]);
    until("it is connected again", async || (gateway.told().sessions() > 1).then_some(())).await;
    assert!(words(&comes(&bot, &gateway, &["env", "list"]).await).contains("brought"));
    bot.app.end().await;
}
