//! Who somebody at Discord is: members and strangers in direct conversations, and what roles give.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use goldenpath::access::Role;
use goldenpath::chat::discord::Finding;
use goldenpath::config::Config;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::discord::button;
use crate::harness::discord_bot::DiscordBot;
use crate::harness::discord_sender::Scene;
use crate::harness::fake_discord::{ADA, BEN, GUILD};

const HOUR: Duration = Duration::from_secs(3_600);
const LEADS: &str = "400000000000000001";
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
async fn whoever_left_is_asked_nothing_any_more() {
    let bot = DiscordBot::start().await;
    bot.openly(ADA).await;
    bot.starts().await;
    bot.knows(ADA, Value::Null);
    bot.app.passes(25 * HOUR).await;
    assert_eq!(bot.accounts().await, [format!("{GUILD} outsider")]);
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

const ASKS: &str = "I take your days to be in UTC until you say your time zone";

/// With an environment of Ada's, and a site in Porto where Ben is.
async fn with_demo() -> DiscordBot {
    let bot = DiscordBot::with(|config| {
        let file = config.data.with_file_name("people.toml");
        let site = format!(
            "[[site]]\nname = \"porto\"\nzone = \"Europe/Lisbon\"\nmembers = [\"discord:{GUILD}:{BEN}\"]\n"
        );
        std::fs::write(&file, site).unwrap();
        config.people.file = Some(file);
    })
    .await;
    bot.runs(&["env", "create"], &[("template", json!("preview-site")), ("name", json!("demo"))]).await;
    bot.app.run_jobs().await;
    bot
}

#[tokio::test]
async fn the_first_answer_with_a_time_asks_for_the_zone_and_no_other() {
    let bot = with_demo().await;
    let first = bot.runs(&["env", "list"], &[]).await;
    assert!(first.to_string().contains(ASKS), "{first}");
    let press = bot.discord.press(&Scene::of(ADA), &button(&first["data"], "Set time zone"));
    let form = bot.sends(press).await.to_string();
    assert!(form.contains("form:") && form.contains("Time zone") && !form.contains("Surveys"), "{form}");
    for words in [&["env", "list"][..], &["home"], &["settings", "show"]] {
        let later = bot.reads(&Scene::of(ADA), words).await;
        assert!(!later.contains(ASKS), "{later}");
    }
    let kept = bot.app.texts("SELECT CAST(zone_asked AS TEXT) FROM person").await;
    assert_eq!(kept, ["1"]);
    bot.app.end().await;
}

#[tokio::test]
async fn an_answer_in_words_asks_too() {
    let bot = with_demo().await;
    let values = [("name", json!("demo")), ("by", json!("until sun 18:00"))];
    let extended = bot.runs(&["env", "extend"], &values).await;
    assert_snapshot!(extended["data"]["content"].as_str().unwrap(), @"
    ✅ `demo` is yours until Sun 18:00 UTC, in 4 days.
    -# I take your days to be in UTC until you say your time zone, here or with `/platform settings zone`. It decides what `until fri 18:00` means and when you may be asked something.
    ");
    bot.app.end().await;
}

#[tokio::test]
async fn nobody_is_asked_whose_zone_is_known_or_who_sees_no_time() {
    let bot = with_demo().await;
    let none = bot.reads(&Scene::of("300000000000000003"), &["env", "list"]).await;
    assert!(none.contains(NOTHING_YET) && !none.contains(ASKS), "{none}");
    let all = [("all", json!(true))];
    let of_a_site = bot.sends(bot.discord.command(&Scene::of(BEN), &["env", "list"], &all)).await.to_string();
    assert!(of_a_site.contains("demo") && !of_a_site.contains(ASKS), "{of_a_site}");
    let own = [("zone", json!("Asia/Tokyo"))];
    bot.runs(&["settings", "show"], &own).await;
    assert!(!bot.reads(&Scene::of(ADA), &["env", "list"]).await.contains(ASKS));
    let slack = bot.app.person("Ada");
    slack.types("env create preview-site other").await;
    bot.app.run_jobs().await;
    assert!(!slack.runs("env list").await.contains("your days to be in"));
    bot.app.end().await;
}

#[tokio::test]
async fn of_two_that_ask_for_it_at_once_one_answer_asks() {
    let bot = with_demo().await;
    let scene = Scene::of(ADA);
    let (one, other) = tokio::join!(bot.reads(&scene, &["env", "list"]), bot.reads(&scene, &["env", "list"]));
    assert_eq!([one, other].iter().filter(|answer| answer.contains(ASKS)).count(), 1);
    bot.app.end().await;
}
