//! Interactions as no sample has them: changed at random, and of kinds that Discord has besides ours. Each
//! is answered in time, and with what fits it.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::connected;
use crate::harness::discord_bot::DiscordBot;
use crate::harness::discord_sender::Scene;
use crate::harness::fake_discord::ADA;
use crate::harness::ground::until;

/// Discord waits no longer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Changed interactions; as many places and values are tried.
const CHANGES: usize = 600;

impl DiscordBot {
    /// Signs and sends it as it is; what Discord would take as an answer to it.
    pub async fn takes(&self, interaction: &Value, what: &str) {
        let (body, began) = (interaction.to_string(), Instant::now());
        let answer = self.discord.raw(body.clone(), &self.discord.signature(body.as_bytes())).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
        assert!(began.elapsed() < PATIENCE, "{what} took {:?}", began.elapsed());
        let kind = answer.json()["type"].as_u64().unwrap();
        let fits: &[u64] = match interaction["type"].as_u64() {
            Some(1) => &[1],
            Some(4) => &[8],
            _ => &[4, 5, 6, 7, 9],
        };
        assert!(fits.contains(&kind), "{what}: {}", answer.body);
    }
}

/// One of each kind, whole.
fn usual(bot: &DiscordBot) -> Vec<Value> {
    let (discord, scene) = (&bot.discord, Scene::of(ADA));
    let values = [("template", json!("preview-site")), ("name", json!("odd")), ("dry-run", json!(true))];
    let mut all = vec![
        discord.command(&scene, &["env", "create"], &values),
        discord.command(&scene, &["stats"], &[("about", json!("env")), ("since", json!(90))]),
        discord.types(&scene, &["env", "create"], &[], ("template", "p")),
        discord.press(&scene.clone().under("1"), "env.extend:env_1:1d"),
        discord.press(&scene, "confirm?env.destroy:env_1:|Destroy odd?"),
        discord.choice(&scene, "choose:env.show", &["odd"]),
        discord.submission(
            &scene,
            "ask:feedback?",
            &[("text:text", 4, json!("odd")), ("many", 3, json!(["a"]))],
        ),
        discord.submission(&scene, "form:drf_1:0:send", &[("text:name", 4, json!("odd"))]),
        discord.command(&Scene::direct(&bot.fake, ADA), &["help"], &[]),
    ];
    // Its author is in a guild where the bot is not, and has it for themselves.
    let mut of_a_user = discord.command(&scene, &["env", "list"], &[]);
    of_a_user["context"] = 2.into();
    of_a_user["authorizing_integration_owners"] = json!({ "1": ADA });
    of_a_user["data"]["resolved"] =
        json!({ "attachments": { "7": { "id": "7", "filename": "x", "size": 1, "url": "https://x" } } });
    all.push(of_a_user);
    all
}

/// What may stand anywhere, once somebody else writes it.
fn odd(chance: u64) -> Value {
    let deep = (0..100).fold(json!(null), |inner, _| json!([inner]));
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(1e300),
        json!(0.5),
        json!(""),
        json!("\0"),
        json!("x".repeat(5_000)),
        json!("’“ \u{202e}\u{1f469}\u{200d}\u{1f4bb}"),
        json!("../../x"),
        json!("@everyone <@1> `x`"),
        json!([]),
        json!([[], {}, null, 7]),
        json!({}),
        json!({ "type": 1, "name": "x" }),
        deep,
    ];
    values[usize::try_from(chance).unwrap() % values.len()].clone()
}

/// All places in it, each by its way there.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut inside = |name: &str, inner: &Value| {
        let place = format!("{at}/{name}");
        found.push(place.clone());
        places(inner, &place, found);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, inner)| inside(name, inner)),
        Value::Array(all) => all.iter().enumerate().for_each(|(n, inner)| inside(&n.to_string(), inner)),
        _ => {}
    }
}

/// The same with another value, or with less, or with more, somewhere.
fn changed(interaction: &Value, mut chance: impl FnMut() -> u64) -> (Value, String) {
    let mut places_of = Vec::new();
    places(interaction, "", &mut places_of);
    places_of.retain(|place| place != "/type");
    let mut pick = |count: usize| usize::try_from(chance()).unwrap() % count;
    let place = places_of[pick(places_of.len())].clone();
    let (what, value) = (pick(4), odd(pick(usize::MAX) as u64));
    let mut changed = interaction.clone();
    let there = changed.pointer_mut(&place).unwrap();
    match (what, there) {
        (0, Value::Object(members)) => *members = Map::new(),
        (1, Value::Array(all)) => all.push(value.clone()),
        (2, Value::Object(members)) => {
            drop(members.insert("options".into(), json!([value.clone(), value.clone()])))
        }
        (_, there) => *there = value.clone(),
    }
    (changed, format!("{place} ({what}) {:.80}", value.to_string()))
}

/// Numbers that are the same in each run.
fn chances(mut seed: u64) -> impl FnMut() -> u64 {
    move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 33
    }
}

#[tokio::test]
async fn whatever_stands_in_an_interaction_it_is_answered_in_time_with_what_fits() {
    let bot = DiscordBot::start().await;
    let mut chance = chances(7);
    let usual = usual(&bot);
    for interaction in &usual {
        bot.takes(interaction, &interaction.to_string()).await;
    }
    for n in 0..CHANGES {
        let (mut changed, what) = changed(&usual[n % usual.len()], &mut chance);
        for _ in 0..chance() % 3 {
            changed = self::changed(&changed, &mut chance).0;
        }
        bot.takes(&changed, &format!("{} {what}: {changed:.600}", n % usual.len())).await;
    }
}

#[tokio::test]
async fn over_the_gateway_too() {
    let bot = DiscordBot::start().await;
    let gateway = connected(&bot).await;
    let mut chance = chances(11);
    for n in 0..CHANGES / 4 {
        let usual = usual(&bot);
        let (mut changed, what) = changed(&usual[n % usual.len()], &mut chance);
        // What leads back to whoever acted.
        for name in ["id", "token"] {
            changed[name] = usual[n % usual.len()][name].clone();
        }
        let (token, began) = (changed["token"].as_str().unwrap().to_owned(), Instant::now());
        gateway.brings(changed.clone());
        let answered = async || bot.fake.memory().interactions[&token].callback.clone();
        until(&format!("{what} is answered: {changed:.600}"), answered).await;
        assert!(began.elapsed() < PATIENCE, "{what} took {:?}", began.elapsed());
    }
}
