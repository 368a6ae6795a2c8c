//! Who somebody at Discord is: members and strangers, in the company's servers, in others and directly.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod roles;
mod zone;

use std::time::Duration;

use goldenpath::chat::discord::Finding;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::discord::button;
use crate::harness::discord_bot::DiscordBot;
use crate::harness::discord_sender::Scene;
use crate::harness::fake_discord::{ADA, BEN, GUILD};

const HOUR: Duration = Duration::from_secs(3_600);
/// Another guild of the company's, and one of strangers.
const SECOND: &str = "100000000000000002";
const STRANGERS: &str = "100000000000000009";
const MEMBER: &str = "GET guilds/members/one";
const NO_ROLE: &str = "You have no role here";
const NOTHING_YET: &str = "You have no environments";

impl DiscordBot {
    /// What somebody reads who runs these words there.
    async fn reads(&self, scene: &Scene, words: &[&str]) -> String {
        self.sends(self.discord.command(scene, words, &[])).await.to_string()
    }

    /// The same of `env list` in the direct conversation with the bot.
    async fn directly(&self, user: &str) -> String {
        self.reads(&Scene::direct(&self.fake, user), &["env", "list"]).await
    }

    /// The same in the company's guild.
    async fn openly(&self, user: &str) -> String {
        self.reads(&Scene::of(user), &["env", "list"]).await
    }

    /// Somebody differs so from an ordinary member; `null`: they are nobody's.
    fn knows(&self, user: &str, how: Value) {
        self.fake.memory().people.insert(user.into(), how);
    }

    /// Starts the recurring jobs, as a start of the bot does.
    async fn starts(&self) {
        self.app.app.worker.schedule().await.unwrap();
        self.app.run_jobs().await;
    }

    /// `guild standing` of every account on record.
    async fn accounts(&self) -> Vec<String> {
        let sql =
            "SELECT workspace || ' ' || COALESCE(standing, '?') FROM identity ORDER BY workspace, user_id";
        self.app.texts(sql).await
    }
}

#[tokio::test]
async fn whoever_only_shares_another_server_is_nobody_in_a_direct_conversation() {
    let bot = DiscordBot::start().await;
    bot.knows(BEN, Value::Null);
    for _ in 0..3 {
        assert!(bot.directly(BEN).await.contains(NO_ROLE));
    }
    let scene = Scene::direct(&bot.fake, BEN);
    let typed = bot.discord.types(&scene, &["env", "create"], &[], ("template", "prev"));
    assert_eq!(bot.sends(typed).await["data"]["choices"], json!([]));
    assert_eq!(bot.fake.calls(MEMBER), 1, "not with each press");
    assert_eq!(bot.accounts().await, [format!("{GUILD} outsider")]);
    bot.knows(BEN, json!({}));
    bot.app.clock.advance(HOUR / 12);
    assert!(bot.directly(BEN).await.contains(NOTHING_YET), "they were let in meanwhile");
    bot.app.end().await;
}

#[tokio::test]
async fn a_member_who_never_typed_in_the_server_is_one_directly_until_they_leave() {
    let bot = DiscordBot::start().await;
    for _ in 0..2 {
        assert!(bot.directly(ADA).await.contains(NOTHING_YET));
    }
    assert_eq!(bot.fake.calls(MEMBER), 1);
    bot.fake.memory().absent.insert((GUILD.into(), ADA.into()));
    bot.app.clock.advance(HOUR);
    assert!(bot.directly(ADA).await.contains(NO_ROLE));
    assert_eq!(bot.fake.calls(MEMBER), 2);
    bot.app.end().await;
}

#[tokio::test]
async fn whoever_typed_in_the_server_is_not_asked_for() {
    let bot = DiscordBot::start().await;
    assert!(bot.openly(ADA).await.contains(NOTHING_YET));
    assert!(bot.directly(ADA).await.contains(NOTHING_YET));
    assert_eq!((bot.fake.calls(MEMBER), bot.accounts().await), (0, vec![format!("{GUILD} member")]));
    bot.app.end().await;
}

#[tokio::test]
async fn while_discord_does_not_answer_the_last_that_was_known_holds_and_nobody_new_is_let_in() {
    let bot = DiscordBot::start().await;
    bot.openly(ADA).await;
    bot.app.clock.advance(HOUR);
    bot.fake.refuse(MEMBER, 403, 50001, 9);
    for _ in 0..2 {
        assert!(bot.directly(ADA).await.contains(NOTHING_YET));
        let stranger = bot.directly(BEN).await;
        assert!(stranger.contains("does not say just now whether you are one"), "{stranger}");
    }
    assert_eq!(bot.fake.calls(MEMBER), 1, "who types does not wait for what does not come");
    bot.fake.refuse(MEMBER, 404, 10004, 0);
    bot.app.clock.advance(Duration::from_secs(15));
    assert!(bot.directly(BEN).await.contains(NOTHING_YET));
    bot.app.end().await;
}

#[tokio::test]
async fn a_button_in_a_direct_conversation_does_nothing_for_a_stranger() {
    let bot = DiscordBot::start().await;
    bot.runs(&["env", "create"], &[("template", json!("preview-site")), ("name", json!("demo"))]).await;
    bot.app.run_jobs().await;
    let id = bot.app.texts("SELECT id FROM environment").await.remove(0);
    bot.knows(BEN, Value::Null);
    let press = bot.discord.press(&Scene::direct(&bot.fake, BEN), &format!("env.destroy:{id}:"));
    assert!(bot.sends(press).await.to_string().contains("🔒"));
    assert_eq!(bot.app.texts("SELECT state FROM environment").await, ["ready"]);
    bot.app.end().await;
}

/// Whose company has two guilds.
async fn of_two_guilds() -> DiscordBot {
    let bot = DiscordBot::with(|config| config.discord.guilds.push(SECOND.into())).await;
    bot.fake.memory().guilds.insert(SECOND.into(), [].into());
    bot
}

#[tokio::test]
async fn of_several_servers_somebody_is_of_one_that_they_are_in() {
    let bot = of_two_guilds().await;
    bot.fake.memory().absent.insert((GUILD.into(), ADA.into()));
    assert!(bot.directly(ADA).await.contains(NOTHING_YET));
    assert_eq!(bot.accounts().await, [format!("{SECOND} member")]);
    bot.knows(BEN, Value::Null);
    assert!(bot.directly(BEN).await.contains(NO_ROLE));
    assert_eq!(bot.fake.calls(MEMBER), 4);
    bot.app.end().await;
}

#[tokio::test]
async fn whoever_is_in_several_servers_is_one_person_and_answers_directly_what_they_are_asked() {
    let bot = of_two_guilds().await;
    bot.openly(ADA).await;
    let second = Scene { guild: Some(SECOND.into()), ..Scene::of(ADA) };
    let values = [("template", json!("preview-site")), ("name", json!("demo"))];
    bot.sends(bot.discord.command(&second, &["env", "create"], &values)).await;
    bot.app.run_jobs().await;
    assert!(bot.openly(ADA).await.contains("demo") && bot.directly(ADA).await.contains("demo"));
    assert_eq!(bot.accounts().await, [format!("{GUILD} member"), format!("{SECOND} member")]);
    assert_eq!(bot.app.texts("SELECT id FROM person").await.len(), 1);
    let direct = bot.fake.direct(ADA);
    let prompt = bot.fake.memory().messages.iter().find(|it| it.channel == direct).unwrap().clone();
    let well = button(prompt.versions.last().unwrap(), "Very well");
    bot.sends(bot.discord.press(&Scene::direct(&bot.fake, ADA).under(&prompt.id), &well)).await;
    bot.app.run_jobs().await;
    assert_eq!(bot.app.texts("SELECT respondent FROM answer").await.len(), 1);
    bot.app.end().await;
}

#[tokio::test]
async fn a_stranger_elsewhere_is_joined_to_nobody() {
    let bot = DiscordBot::start().await;
    bot.openly(ADA).await;
    bot.reads(&among_strangers(ADA), &["env", "list"]).await;
    bot.reads(&among_strangers(BEN), &["env", "list"]).await;
    bot.openly(BEN).await;
    assert_eq!(bot.app.texts("SELECT id FROM person").await.len(), 4);
    bot.app.end().await;
}

#[tokio::test]
async fn whoever_left_the_server_where_they_were_met_is_of_the_other() {
    let bot = of_two_guilds().await;
    bot.openly(ADA).await;
    bot.app.clock.advance(HOUR);
    bot.fake.memory().absent.insert((GUILD.into(), ADA.into()));
    assert!(bot.directly(ADA).await.contains(NOTHING_YET));
    assert_eq!(bot.accounts().await, [format!("{GUILD} outsider"), format!("{SECOND} member")]);
    bot.app.end().await;
}

/// Of whom nobody said which guilds are the company's.
async fn unset(public: bool, guilds: &[&str]) -> DiscordBot {
    let bot = DiscordBot::with(|config| config.discord.guilds.clear()).await;
    bot.fake.memory().application = json!({ "bot_public": public });
    bot.fake.memory().guilds = guilds.iter().map(|id| ((*id).to_owned(), [].into())).collect();
    bot
}

fn among_strangers(user: &str) -> Scene {
    Scene { guild: Some(STRANGERS.into()), ..Scene::of(user) }
}

#[tokio::test]
async fn where_no_server_is_set_discord_is_asked_where_the_bot_is_before_anybody_counts() {
    let bot = unset(false, &[GUILD]).await;
    assert!(bot.reads(&among_strangers(BEN), &["env", "list"]).await.contains(NO_ROLE));
    assert!(bot.openly(ADA).await.contains(NOTHING_YET));
    assert!(bot.directly(ADA).await.contains(NOTHING_YET));
    assert_eq!(bot.fake.calls("GET users/@me/guilds"), 1);
    bot.fake.memory().guilds.insert(SECOND.into(), [].into());
    bot.app.clock.advance(HOUR);
    let invited = Scene { guild: Some(SECOND.into()), ..Scene::of(ADA) };
    assert!(bot.reads(&invited, &["env", "list"]).await.contains(NOTHING_YET), "it was invited there");
    bot.app.end().await;
}

#[tokio::test]
async fn whoever_invites_a_public_bot_is_nobody_for_it() {
    let bot = unset(true, &[GUILD, STRANGERS]).await;
    for scene in [among_strangers(BEN), Scene::direct(&bot.fake, BEN), Scene::of(ADA)] {
        assert!(bot.reads(&scene, &["env", "list"]).await.contains(NO_ROLE), "{scene:?}");
    }
    let alone = unset(true, &[GUILD]).await;
    assert!(alone.openly(ADA).await.contains(NOTHING_YET));
    alone.fake.memory().guilds.insert(STRANGERS.into(), [].into());
    assert!(alone.reads(&among_strangers(BEN), &["env", "list"]).await.contains(NO_ROLE));
    assert!(alone.openly(ADA).await.contains(NOTHING_YET), "they lock nobody out either");
}

#[tokio::test]
async fn while_nobody_knows_which_servers_are_ours_nobody_new_is_met_directly_and_each_is_looked_up() {
    let bot = unset(false, &[GUILD]).await;
    bot.fake.refuse("GET users/@me/guilds", 500, 0, 1);
    assert!(bot.directly(ADA).await.contains("does not say just now whether you are one"));
    assert!(bot.reads(&among_strangers(BEN), &["env", "list"]).await.contains(NOTHING_YET));
    bot.app.clock.advance(Duration::from_secs(60));
    bot.openly(ADA).await;
    bot.app.run_jobs().await;
    assert_eq!(bot.accounts().await, [format!("{GUILD} member"), format!("{STRANGERS} outsider")]);
    assert!(bot.reads(&among_strangers(BEN), &["env", "list"]).await.contains(NO_ROLE));
    bot.app.end().await;
}

#[tokio::test]
async fn whoever_left_is_asked_nothing_any_more() {
    let bot = DiscordBot::start().await;
    bot.openly(ADA).await;
    bot.starts().await;
    bot.knows(ADA, Value::Null);
    bot.app.passes(25 * HOUR).await;
    assert_eq!(bot.accounts().await, [format!("{GUILD} outsider")]);
}

/// What `check` says of servers and of these roles.
async fn examined(bot: &DiscordBot, roles: &[&str]) -> String {
    let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
    let found = bot.app.app.discord.clone().unwrap().discord.examine(&roles).await;
    let said = found.iter().map(|finding| match finding {
        Finding::Fine(line) | Finding::Unknown(line) | Finding::Odd(line) => line.clone(),
        Finding::Wrong { what, fix } => format!("! {what}; {fix}"),
    });
    let about = |line: &String| ["role `", "roles", "anybody"].iter().any(|word| line.contains(word));
    said.filter(about).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_check_says_what_comes_of_a_public_bot() {
    let set = DiscordBot::start().await;
    set.fake.memory().application = json!({ "bot_public": true });
    assert_eq!(examined(&set, &[]).await, "");
    assert_eq!(examined(&unset(false, &[GUILD, SECOND]).await, &[]).await, "");
    let lines = [unset(true, &[GUILD]).await, unset(true, &[GUILD, STRANGERS]).await];
    assert_snapshot!(examined(&lines[0], &[]).await, @r#"anybody can invite the bot, and once it is in two servers nobody is a member: write `guilds = ["100000000000000001"]` under `[discord]`, with yours alone"#);
    assert_snapshot!(examined(&lines[1], &[]).await, @r#"! anybody can invite the bot, and nothing says which of its 2 servers are yours: nobody is a member; write `guilds = ["100000000000000001", "100000000000000009"]` under `[discord]`, with yours alone"#);
}
