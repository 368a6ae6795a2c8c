//! A bot that is connected to Discord, and Discord.

use std::sync::Arc;

use goldenpath::clock::ManualClock;
use goldenpath::config::{Config, Secret};

use super::discord_sender::DiscordSender;
use super::fake_discord::{FakeDiscord, GUILD, TOKEN, user};
use super::test_app::{START, TestApp};

/// The three of them.
pub struct DiscordBot {
    pub app: TestApp,
    pub fake: FakeDiscord,
    pub discord: DiscordSender,
}

impl DiscordBot {
    /// A guild is its company, and everybody's roles are as at Slack.
    pub async fn start() -> DiscordBot {
        DiscordBot::with(|_| {}).await
    }

    /// With a changed config.
    pub async fn with(change: impl FnOnce(&mut Config)) -> DiscordBot {
        let clock = Arc::new(ManualClock::at(START));
        let fake = FakeDiscord::with_clock(clock.clone()).await;
        let unsent = DiscordSender::new(String::new(), 7, 0, fake.clone());
        let app = TestApp::by(clock, |config| {
            config.discord.token = Some(Secret::new(TOKEN));
            config.discord.public_key = Some(unsent.public_key());
            config.discord.guilds = vec![GUILD.into()];
            config.discord.api_url = fake.url();
            config.discord.pacing = false;
            for (role, name) in [("pm", "Priya"), ("admin", "Olga")] {
                let (_, who) =
                    config.access.roles.iter_mut().find(|(known, _)| known.word() == role).unwrap();
                who.push(format!("discord:{GUILD}:{}", user(name)));
            }
            change(config);
        })
        .await;
        let url = app.sender.url.replace("/slack/events", "/discord/interactions");
        let discord = DiscordSender { url, seconds: app.sender.seconds, ..unsent };
        DiscordBot { app, fake, discord }
    }
}
