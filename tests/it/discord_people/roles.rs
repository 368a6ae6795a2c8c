//! What the roles of a Discord server give here, for how long, and how `check` knows them.

use goldenpath::access::Role;
use goldenpath::config::Config;
use insta::assert_snapshot;
use serde_json::json;

use super::{HOUR, MEMBER, SECOND, STRANGERS, examined};
use crate::harness::discord_bot::DiscordBot;
use crate::harness::discord_sender::Scene;
use crate::harness::fake_discord::{ADA, BEN, GUILD};

const LEADS: &str = "400000000000000001";

/// The file of people with one role of Discord's, by what it is called or by its id.
fn with_file(config: &mut Config, role: &str) {
    let file = config.data.with_file_name("people.toml");
    let team = "[[team]]\nname = \"payments\"\nmembers = [\"discord:@Payments: ops\"]\n";
    std::fs::write(&file, format!("{team}[[group]]\nname = \"discord:{role}\"\nrole = \"pm\"\n")).unwrap();
    config.people.file = Some(file);
}

/// Where this role makes a product manager, and Ada has it.
async fn with_role(role: &str) -> DiscordBot {
    let bot = DiscordBot::with(|config| with_file(config, role)).await;
    let roles = [(LEADS, "Platform leads"), ("400000000000000002", "Payments: ops")];
    let roles = roles.map(|(id, name)| (id.to_owned(), name.to_owned()));
    bot.fake.memory().guilds.insert(GUILD.into(), roles.into());
    bot.knows(ADA, json!({ "roles": [LEADS] }));
    bot.starts().await;
    bot
}

impl DiscordBot {
    /// Whether somebody may read stats there.
    async fn manages(&self, scene: &Scene) -> bool {
        !self.reads(scene, &["stats", "about"]).await.contains("🔒")
    }
}

#[tokio::test]
async fn a_role_gives_what_it_is_named_for_at_once_and_not_any_more_without_it() {
    for role in [LEADS, "@Platform leads"] {
        let bot = with_role(role).await;
        let (ada, ben) = (Scene::of(ADA), Scene::of(BEN));
        assert!(bot.manages(&ada).await && !bot.manages(&ben).await, "{role}");
        assert!(bot.manages(&Scene::direct(&bot.fake, ADA)).await);
        assert!(!bot.manages(&Scene { guild: Some(STRANGERS.into()), ..ada.clone() }).await);
        bot.knows(ADA, json!({}));
        assert!(!bot.manages(&ada).await, "{role}");
        assert!(!bot.manages(&Scene::direct(&bot.fake, ADA)).await);
        bot.app.end().await;
    }
}

#[tokio::test]
async fn a_role_counts_in_a_direct_conversation_of_whoever_never_typed_in_the_server() {
    let bot = with_role("@Platform leads").await;
    assert!(bot.manages(&Scene::direct(&bot.fake, ADA)).await);
    assert!(!bot.manages(&Scene::direct(&bot.fake, BEN)).await);
    bot.app.end().await;
}

#[tokio::test]
async fn a_role_that_was_taken_away_is_gone_within_the_hour_and_one_that_cannot_be_read_after_a_day() {
    let bot = with_role("@Platform leads").await;
    let directly = Scene::direct(&bot.fake, ADA);
    assert!(bot.manages(&directly).await);
    bot.fake.refuse(MEMBER, 403, 50001, 999);
    bot.app.passes(23 * HOUR).await;
    assert!(bot.manages(&directly).await);
    bot.app.passes(2 * HOUR).await;
    assert!(!bot.manages(&directly).await);
    bot.fake.refuse(MEMBER, 403, 50001, 0);
    bot.app.passes(HOUR).await;
    assert!(bot.manages(&directly).await);
    bot.knows(ADA, json!({}));
    bot.app.passes(HOUR).await;
    assert!(!bot.manages(&directly).await);
}

#[tokio::test]
async fn a_role_that_is_called_otherwise_gives_nothing_any_more() {
    let bot = with_role("@Platform leads").await;
    let directly = Scene::direct(&bot.fake, ADA);
    assert!(bot.manages(&directly).await);
    bot.fake.memory().guilds.get_mut(GUILD).unwrap().insert(LEADS.into(), "Anybody".into());
    bot.app.passes(HOUR).await;
    assert!(!bot.manages(&directly).await);
}

#[tokio::test]
async fn only_whoever_holds_something_by_a_role_is_read_each_hour_and_a_team_is_held_too() {
    let bot = with_role(LEADS).await;
    bot.knows(BEN, json!({ "roles": ["400000000000000002"] }));
    let cat = "300000000000000003";
    for user in [ADA, BEN, cat] {
        bot.openly(user).await;
    }
    let settings = bot.reads(&Scene::of(BEN), &["settings", "show"]).await;
    assert!(settings.contains("payments"), "{settings}");
    bot.app.passes(HOUR).await;
    let paths: Vec<String> = bot.fake.log_of(MEMBER).into_iter().map(|call| call.path).collect();
    assert_eq!(paths.iter().filter(|path| path.ends_with(cat)).count(), 0, "{paths:?}");
    assert!([ADA, BEN].iter().all(|user| paths.iter().any(|path| path.ends_with(user))), "{paths:?}");
    bot.app.passes(25 * HOUR).await;
    assert_eq!(bot.fake.log_of(MEMBER).iter().filter(|call| call.path.ends_with(cat)).count(), 1);
}

#[tokio::test]
async fn a_role_by_the_config_holds_for_one_member_of_one_server() {
    let bot = DiscordBot::with(|config| {
        config.access.roles.insert(Role::Pm, vec![format!("discord:{GUILD}:{ADA}")]);
        config.discord.guilds.push(SECOND.into());
    })
    .await;
    assert!(bot.manages(&Scene::of(ADA)).await && !bot.manages(&Scene::of(BEN)).await);
    let second = Scene { guild: Some(SECOND.into()), ..Scene::of(ADA) };
    assert!(!bot.manages(&second).await);
    bot.app.end().await;
}

#[tokio::test]
async fn a_check_says_which_roles_are_not_there_and_which_names_say_too_little() {
    let bot = with_role(LEADS).await;
    bot.fake.memory().guilds.get_mut(GUILD).unwrap().insert("7".into(), "Payments: ops".into());
    let roles = ["@Platform leads", LEADS, "@platform leads", "@Payments: ops"];
    assert_snapshot!(examined(&bot, &roles).await, @r"
    the role `@Platform leads` is there
    the role `400000000000000001` is there
    ! no server of yours has the role `@platform leads`, which the file of people names; make it in the server, or mend the name; `@name` is as the server writes it
    2 roles are called `@Payments: ops`, and each gives what it is named for: a role's id is one role
    ");
}
