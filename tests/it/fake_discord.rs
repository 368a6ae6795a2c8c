//! The fake Discord itself: it refuses what Discord refuses, in Discord's words, and its bad days are bad.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::sync::Arc;
use std::time::Duration;

use goldenpath::clock::{ManualClock, Timestamp};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::harness::discord_sender::{DiscordSender, Scene};
use crate::harness::fake_discord::checks::{Into, message_fault};
use crate::harness::fake_discord::commands::commands_fault;
use crate::harness::fake_discord::modals::callback_fault;
use crate::harness::fake_discord::{ADA, APP, BEN, CHANNEL, Channel, FakeDiscord, GUILD, TOKEN};

/// Calls a route; the status, the headers, the body.
async fn called(fake: &FakeDiscord, method: Method, path: &str, body: Value) -> (u16, HeaderMap, Value) {
    let request = Client::new().request(method, format!("{}/api/v10/{path}", fake.url()));
    let request =
        request.header("authorization", format!("Bot {TOKEN}")).header("user-agent", "DiscordBot (x, 1)");
    let request = if body.is_null() { request } else { request.json(&body) };
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default();
    (status, headers, body)
}

/// The status and Discord's code.
async fn calls(fake: &FakeDiscord, method: Method, path: &str, body: Value) -> (u16, Value) {
    let (status, _, body) = called(fake, method, path, body).await;
    (status, body["code"].clone())
}

async fn posts(fake: &FakeDiscord, body: Value) -> (u16, Value) {
    calls(fake, Method::POST, &format!("channels/{CHANNEL}/messages"), body).await
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp(1_795_350_000_000)))
}

/// The codes of the faults, with the path of each.
fn faults(errors: &Value, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, inner) in errors.as_object().into_iter().flatten() {
        match inner.as_array() {
            Some(all) if name == "_errors" => {
                found.extend(all.iter().map(|one| format!("{path} {}", one["code"].as_str().unwrap())));
            }
            _ => found.extend(faults(inner, &format!("{path}.{name}"))),
        }
    }
    found
}

fn of_message(message: &Value) -> Vec<String> {
    message_fault(message, Into::Channel, &["a.png".into()]).map_or(Vec::new(), |errors| faults(&errors, ""))
}

#[tokio::test]
async fn who_has_no_token_or_no_name_is_refused() {
    let fake = FakeDiscord::start().await;
    let url = format!("{}/api/v10/users/@me", fake.url());
    let get = async |token: &str, agent: &str| {
        let request = Client::new().get(&url).header("authorization", token).header("user-agent", agent);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap()["code"].clone())
    };
    assert_eq!(get(&format!("Bot {TOKEN}"), "DiscordBot (x, 1)").await, (200, Value::Null));
    assert_eq!(get("Bot wrong", "DiscordBot (x, 1)").await, (401, json!(0)));
    assert_eq!(get(TOKEN, "DiscordBot (x, 1)").await, (401, json!(0)));
    assert_eq!(get(&format!("Bot {TOKEN}"), "curl").await, (403, json!(40333)));
}

#[tokio::test]
async fn what_is_not_there_or_not_allowed_has_discords_code() {
    let fake = FakeDiscord::start().await;
    let locked = Channel { kind: 11, locked: true, ..Channel::default() };
    let lacking = |permission| Channel { lacks: [permission].into(), ..Channel::default() };
    fake.memory().channels.extend([
        ("1".into(), lacking("VIEW_CHANNEL")),
        ("2".into(), lacking("SEND_MESSAGES")),
        ("3".into(), lacking("EMBED_LINKS")),
        ("4".into(), locked),
        ("5".into(), Channel { kind: 15, ..Channel::default() }),
    ]);
    let embed = json!({ "embeds": [{ "title": "x" }] });
    for (place, status, code) in [
        ("1", 403, 50001),
        ("2", 403, 50013),
        ("3", 403, 50013),
        ("4", 400, 50083),
        ("5", 400, 40058),
        ("9", 404, 10003),
    ] {
        let path = format!("channels/{place}/messages");
        assert_eq!(calls(&fake, Method::POST, &path, embed.clone()).await, (status, json!(code)), "{place}");
    }
    let edit = format!("channels/{CHANNEL}/messages/1");
    assert_eq!(calls(&fake, Method::PATCH, &edit, json!({ "content": "x" })).await, (404, json!(10008)));
    assert_eq!(posts(&fake, json!({ "content": " " })).await, (400, json!(50006)));
    assert_eq!(calls(&fake, Method::GET, "nothing", Value::Null).await, (404, json!(0)));
}

#[tokio::test]
async fn an_invalid_body_is_told_as_a_tree_of_its_members() {
    let fake = FakeDiscord::start().await;
    let (status, _, body) = called(
        &fake,
        Method::POST,
        &format!("channels/{CHANNEL}/messages"),
        json!({ "content": "x".repeat(2001) }),
    )
    .await;
    let fault = json!({ "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length." });
    let told = json!({ "message": "Invalid Form Body", "code": 50035, "errors": { "content": { "_errors": [fault] } } });
    assert_eq!((status, body), (400, told));
    assert!(fake.shown_in(CHANNEL).is_empty());
}

#[test]
fn a_message_at_its_limits_is_taken_and_one_above_is_not() {
    let embed =
        |title: usize, text: usize| json!({ "title": "x".repeat(title), "description": "x".repeat(text) });
    assert!(of_message(&json!({ "content": "x".repeat(2000), "embeds": [embed(256, 4096)] })).is_empty());
    for (message, fault) in [
        (json!({ "embeds": [embed(257, 1)] }), ".embeds.0.title BASE_TYPE_MAX_LENGTH"),
        (json!({ "embeds": [embed(1, 4097)] }), ".embeds.0.description BASE_TYPE_MAX_LENGTH"),
        (json!({ "embeds": [embed(1, 4000), embed(1, 1999)] }), ".embeds MAX_EMBED_SIZE_EXCEEDED"),
        (json!({ "embeds": vec![embed(1, 1); 11] }), ".embeds BASE_TYPE_BAD_LENGTH"),
        (json!({ "embeds": [{}] }), ".embeds.0 BASE_TYPE_REQUIRED"),
        (
            json!({ "embeds": [{ "fields": [{ "name": "", "value": "x" }] }] }),
            ".embeds.0.fields.0.name BASE_TYPE_REQUIRED",
        ),
        (
            json!({ "embeds": [{ "image": { "url": "attachment://b.png" } }] }),
            ".embeds.0.image.url URL_TYPE_INVALID_SCHEME",
        ),
        (json!({ "attachments": [{ "id": 1 }] }), ".attachments.0 ATTACHMENT_NOT_FOUND"),
        (json!({ "content": "x", "nonce": "x".repeat(26) }), ".nonce BASE_TYPE_MAX_LENGTH"),
        (json!({ "content": "x", "flags": 64 }), ".flags BASE_TYPE_CHOICES"),
        (json!({ "content": 7 }), ".content BASE_TYPE_STRING"),
    ] {
        assert!(of_message(&message).contains(&fault.to_owned()), "{fault}: {:?}", of_message(&message));
    }
    let shown = json!({ "embeds": [{ "image": { "url": "attachment://a.png" } }], "attachments": [{ "id": "0", "filename": "a.png" }] });
    assert_eq!(of_message(&shown), Vec::<String>::new());
}

#[test]
fn rows_buttons_and_selects_are_held_to_their_rules() {
    let button = |id: &str| json!({ "type": 2, "style": 1, "label": "Go", "custom_id": id });
    let link = |url: &str| json!({ "type": 2, "style": 5, "label": "Open", "url": url });
    let option = |value: &str| json!({ "label": "x", "value": value });
    let select = |options: Vec<Value>| json!({ "type": 3, "custom_id": "s", "options": options });
    let rows =
        |children: Value| json!({ "content": "x", "components": [{ "type": 1, "components": children }] });
    for good in [
        json!([button("a"), link("https://x.example"), link("http://127.0.0.1:80")]),
        json!([select(vec![option("1"), option("2")])]),
    ] {
        assert_eq!(of_message(&rows(good)), Vec::<String>::new());
    }
    let many: Vec<Value> = (0..26).map(|n| option(&n.to_string())).collect();
    for bad in [
        json!([]),
        json!((0..6).map(|n| button(&n.to_string())).collect::<Vec<_>>()),
        json!([button("a"), button("a")]),
        json!([button(&"x".repeat(101))]),
        json!([link("javascript:alert(1)")]),
        json!([link("http://localhost:3000/x.y")]),
        json!([button("a"), select(vec![option("1")])]),
        json!([select(Vec::new())]),
        json!([select(many)]),
        json!([select(vec![option("1"), option("1")])]),
        json!([{ "type": 4, "custom_id": "t", "style": 1 }]),
    ] {
        assert_ne!(of_message(&rows(bad.clone())), Vec::<String>::new(), "{bad}");
    }
    let bare = json!({ "content": "x", "components": [button("a")] });
    assert_ne!(of_message(&bare), Vec::<String>::new(), "a button stands in a row");
}

#[test]
fn answers_are_of_the_kinds_that_an_interaction_takes() {
    let modal = json!({ "type": 9, "data": { "title": "T", "custom_id": "m", "components": [
        { "type": 18, "label": "Name", "component": { "type": 4, "custom_id": "name", "style": 1 } }] } });
    let says = json!({ "type": 4, "data": { "content": "x", "flags": 64 } });
    let fits = |answer: &Value, kind, shown| callback_fault(answer, kind, shown, &[]).is_none();
    assert!(fits(&json!({ "type": 1 }), 1, false) && !fits(&says, 1, false));
    assert!(
        fits(&modal, 2, false) && fits(&modal, 3, true) && !fits(&modal, 5, true),
        "no modal after a modal"
    );
    assert!(fits(&says, 2, false) && fits(&says, 5, false) && !fits(&says, 4, false));
    assert!(fits(&json!({ "type": 6 }), 3, true) && !fits(&json!({ "type": 6 }), 2, false));
    assert!(
        !fits(&json!({ "type": 7, "data": { "content": "x" } }), 5, false),
        "there is no message to change"
    );
    assert!(!fits(&json!({ "type": 4, "data": {} }), 2, false));
    assert!(!fits(&json!({ "type": 5, "data": { "flags": 4 } }), 2, false));
    let choices = |count: usize| json!({ "type": 8, "data": { "choices": vec![json!({ "name": "x", "value": "x" }); count] } });
    assert!(fits(&choices(25), 4, false) && !fits(&choices(26), 4, false));
}

#[test]
fn a_modal_is_held_to_its_rules() {
    let fits = |components: Value, title: &str| {
        let modal =
            json!({ "type": 9, "data": { "title": title, "custom_id": "m", "components": components } });
        callback_fault(&modal, 2, false, &[]).is_none()
    };
    let label = |id: &str, component: Value| {
        let mut component = component;
        component["custom_id"] = id.into();
        json!({ "type": 18, "label": "x", "component": component })
    };
    let text = |id: &str| label(id, json!({ "type": 4, "style": 2, "value": "x" }));
    let radio = |count: usize| {
        let options: Vec<Value> =
            (0..count).map(|n| json!({ "label": "x", "value": n.to_string() })).collect();
        label("r", json!({ "type": 21, "options": options }))
    };
    assert!(fits(json!([text("a"), radio(10), { "type": 10, "content": "words" }]), "T"));
    assert!(!fits(json!([text("a")]), &"x".repeat(46)) && !fits(json!([]), "T"));
    assert!(!fits(json!([text("a"), text("a")]), "T"), "two of one id");
    assert!(!fits(json!((0..6).map(|n| text(&n.to_string())).collect::<Vec<_>>()), "T"));
    assert!(!fits(json!([radio(1)]), "T") && !fits(json!([radio(11)]), "T"));
    let long = json!({ "type": 4, "style": 1, "max_length": 3, "value": "four" });
    assert!(!fits(json!([label("a", long)]), "T"));
}

#[test]
fn commands_are_held_to_their_rules() {
    let option = |name: &str, more: Value| {
        let mut option = json!({ "type": 3, "name": name, "description": "x" });
        for (name, value) in more.as_object().unwrap() {
            option[name] = value.clone();
        }
        option
    };
    let fault = |options: Value| {
        let commands = json!([{ "name": "platform", "description": "x", "options": options }]);
        commands_fault(&commands).map_or(Vec::new(), |errors| faults(&errors, ""))
    };
    let sub = |name: &str, options: Value| json!({ "type": 1, "name": name, "description": "x", "options": options });
    let group =
        |options: Value| json!([{ "type": 2, "name": "env", "description": "x", "options": options }]);
    let required = option("a", json!({ "required": true }));
    assert!(
        fault(group(json!([sub("create", json!([required.clone(), option("b", json!({}))]))]))).is_empty()
    );
    for (bad, code) in [
        (json!([option("a", json!({})), option("b", json!({ "required": true }))]), "REQUIRED_INVALID"),
        (json!([option("A", json!({}))]), "INVALID_NAME"),
        (json!([option("a", json!({})), option("a", json!({}))]), "ALREADY_EXISTS"),
        (
            json!([option("a", json!({ "autocomplete": true, "choices": [{ "name": "x", "value": "x" }] }))]),
            "WITH_CHOICES",
        ),
        (json!([sub("x", json!([])), option("a", json!({}))]), "TYPE_INVALID"),
        (group(json!([{ "type": 2, "name": "deep", "description": "x" }])), "BASE_TYPE_CHOICES"),
        (json!((0..26).map(|n| option(&format!("o{n}"), json!({}))).collect::<Vec<_>>()), "BAD_LENGTH"),
    ] {
        assert!(fault(bad).iter().any(|fault| fault.ends_with(code)), "{code}");
    }
    let long: Vec<Value> = (0..25).map(|n| option(&format!("o{n}"), json!({ "description": "x".repeat(100),
        "choices": (0..3).map(|m| json!({ "name": "x".repeat(90) + &m.to_string(), "value": "x".repeat(100) })).collect::<Vec<_>>() }))).collect();
    assert!(fault(json!(long)).iter().any(|fault| fault.ends_with("APPLICATION_COMMAND_TOO_LARGE")));
}

#[tokio::test]
async fn a_nonce_gives_the_message_that_is_there_for_some_minutes() {
    let clock = clock();
    let fake = FakeDiscord::with_clock(clock.clone()).await;
    let post = async |content: &str, enforce: bool| {
        let body = json!({ "content": content, "nonce": "n", "enforce_nonce": enforce });
        called(&fake, Method::POST, &format!("channels/{CHANNEL}/messages"), body).await.2
    };
    let first = post("one", true).await;
    let second = post("two", true).await;
    assert_eq!((&second["id"], &second["content"]), (&first["id"], &json!("one")));
    assert_ne!(post("three", false).await["id"], first["id"], "it is enforced only where that is asked for");
    clock.advance(Duration::from_secs(180));
    assert_ne!(post("four", true).await["id"], first["id"]);
}

#[tokio::test]
async fn an_interactions_token_is_good_for_a_quarter_of_an_hour_once_it_was_answered() {
    let clock = clock();
    let fake = FakeDiscord::with_clock(clock.clone()).await;
    let (id, token) = fake.interaction(2, ADA, CHANNEL, None);
    let answer = async |body: Value| {
        calls(&fake, Method::POST, &format!("interactions/{id}/{token}/callback"), body).await
    };
    let follow = async || {
        calls(&fake, Method::POST, &format!("webhooks/{APP}/{token}"), json!({ "content": "more" })).await
    };
    assert_eq!(follow().await, (404, json!(10015)), "before the first answer");
    let says = json!({ "type": 4, "data": { "content": "x" } });
    assert_eq!(answer(says.clone()).await, (204, Value::Null));
    assert_eq!(answer(says).await, (400, json!(40060)));
    assert_eq!(follow().await.0, 200);
    clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(follow().await, (401, json!(50027)));
}

#[tokio::test]
async fn a_first_answer_comes_within_three_seconds() {
    let clock = clock();
    let fake = FakeDiscord::with_clock(clock.clone()).await;
    let (id, token) = fake.interaction(2, ADA, CHANNEL, None);
    clock.advance(Duration::from_millis(3_001));
    let path = format!("interactions/{id}/{token}/callback");
    assert_eq!(calls(&fake, Method::POST, &path, json!({ "type": 5 })).await, (404, json!(10062)));
    let (_, other) = fake.interaction(2, ADA, CHANNEL, None);
    let path = format!("interactions/{id}/{other}/callback");
    assert_eq!(calls(&fake, Method::POST, &path, json!({ "type": 5 })).await, (404, json!(10062)));
}

#[tokio::test]
async fn a_strict_one_says_what_is_left_and_refuses_what_is_over() {
    let clock = clock();
    let fake = FakeDiscord::with_clock(clock.clone()).await;
    fake.set_strict(true);
    let path = format!("channels/{CHANNEL}/messages");
    let post = async || called(&fake, Method::POST, &path, json!({ "content": "x" })).await;
    let header = |headers: &HeaderMap, name: &str| headers[name].to_str().unwrap().to_owned();
    for left in (0..5).rev() {
        assert_eq!(header(&post().await.1, "x-ratelimit-remaining"), left.to_string());
    }
    clock.advance(Duration::from_millis(1_500));
    let (status, headers, body) = post().await;
    assert_eq!((status, &body["retry_after"], &body["global"]), (429, &json!(3.5), &json!(false)));
    assert_eq!(
        (header(&headers, "retry-after"), header(&headers, "x-ratelimit-scope")),
        ("4".into(), "user".into())
    );
    clock.advance(Duration::from_millis(3_500));
    assert_eq!(post().await.0, 200);
}

#[tokio::test]
async fn of_a_guild_its_members_are_told_and_nobody_elses() {
    let fake = FakeDiscord::start().await;
    fake.memory().absent.insert((GUILD.into(), BEN.into()));
    fake.memory().people.insert("5".into(), Value::Null);
    let get = async |path: String| calls(&fake, Method::GET, &path, Value::Null).await;
    assert_eq!(get(format!("guilds/{GUILD}/members/{ADA}")).await, (200, Value::Null));
    assert_eq!(get(format!("guilds/{GUILD}/members/{BEN}")).await, (404, json!(10007)));
    assert_eq!(get(format!("guilds/{GUILD}/members/5")).await, (404, json!(10013)));
    assert_eq!(get(format!("guilds/9/members/{ADA}")).await, (403, json!(50001)));
    assert_eq!(get("guilds/9/roles".into()).await, (404, json!(10004)));
}

#[tokio::test]
async fn fifty_a_second_are_enough_for_all_routes_together() {
    let clock = clock();
    let fake = FakeDiscord::with_clock(clock.clone()).await;
    fake.set_strict(true);
    for guild in 0..50 {
        assert_eq!(calls(&fake, Method::GET, &format!("guilds/{guild}/roles"), Value::Null).await.0, 404);
    }
    let (status, headers, body) = called(&fake, Method::GET, "guilds/50/roles", Value::Null).await;
    assert_eq!(
        (status, &body["global"], headers["x-ratelimit-scope"].to_str().unwrap()),
        (429, &json!(true), "global")
    );
    clock.advance(Duration::from_secs(1));
    assert_eq!(calls(&fake, Method::GET, "guilds/51/roles", Value::Null).await.0, 404);
}

#[tokio::test]
async fn people_are_listed_by_the_page_and_only_where_the_intent_is_there() {
    let fake = FakeDiscord::start().await;
    let list = async |query: &str| {
        called(&fake, Method::GET, &format!("guilds/{GUILD}/members?{query}"), Value::Null).await
    };
    let ids = |body: &Value| {
        body.as_array().unwrap().iter().map(|one| one["user"]["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&list("limit=1").await.2), [ADA]);
    assert_eq!(ids(&list(&format!("limit=1000&after={ADA}")).await.2), [BEN]);
    assert_eq!(list("limit=1001").await.0, 400);
    fake.memory().members_intent = false;
    assert_eq!(list("limit=1").await.0, 403);
}

#[tokio::test]
async fn commands_are_replaced_as_a_whole_and_keep_their_ids() {
    let fake = FakeDiscord::start().await;
    let path = format!("applications/{APP}/guilds/{GUILD}/commands");
    let put = async |names: &[&str]| {
        let command = |name: &&str| json!({ "name": name, "description": "x" });
        let body: Vec<Value> = names.iter().map(command).collect();
        called(&fake, Method::PUT, &path, body.into()).await
    };
    let first = put(&["platform"]).await.2;
    let second = put(&["other", "platform"]).await.2;
    assert_eq!(first[0]["id"], second[1]["id"]);
    assert_eq!(put(&["Upper"]).await.0, 400);
    let listed = called(&fake, Method::GET, &path, Value::Null).await.2;
    assert_eq!(listed.as_array().unwrap().len(), 2, "what was refused changed nothing");
}

#[tokio::test]
async fn what_it_sends_has_the_shape_of_discords_own() {
    let fake = FakeDiscord::start().await;
    let sender = DiscordSender::new("http://127.0.0.1:1".into(), 7, 1, fake.clone());
    let command = sender.command(
        &Scene::of(ADA),
        &["env", "create"],
        &[("name", json!("shop")), ("public", json!(true))],
    );
    let create = &command["data"]["options"][0]["options"][0];
    assert_eq!(
        (&command["data"]["options"][0]["type"], &create["type"], &create["name"]),
        (&json!(2), &json!(1), &json!("create"))
    );
    assert_eq!((&create["options"][0]["type"], &create["options"][1]["value"]), (&json!(3), &json!(true)));
    assert_eq!((&command["member"]["user"]["id"], &command["user"]), (&json!(ADA), &Value::Null));
    let direct = sender.press(&Scene::direct(&fake, ADA), "env.list::");
    assert_eq!((&direct["user"]["id"], &direct["guild_id"]), (&json!(ADA), &Value::Null));
    let typed = sender.types(&Scene::of(ADA), &["template", "show"], &[], ("name", "ru"));
    let option = &typed["data"]["options"][0]["options"][0]["options"][0];
    assert_eq!((&option["focused"], &option["value"]), (&json!(true), &json!("ru")));
    let sent =
        sender.submission(&Scene::of(ADA), "m", &[("name", 4, json!("shop")), ("kind", 3, json!(["a"]))]);
    let inputs = &sent["data"]["components"];
    assert_eq!(
        (&inputs[0]["component"]["value"], &inputs[1]["component"]["values"][0]),
        (&json!("shop"), &json!("a"))
    );
}

/// A bot that verifies as serenity does, and answers each kind as little as it may.
async fn least_bot(key: String) -> String {
    let verifier = serenity::interactions_endpoint::Verifier::new(&key);
    let answer = move |headers: HeaderMap, body: axum::body::Bytes| async move {
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        let (signature, stamp) = (header("x-signature-ed25519"), header("x-signature-timestamp"));
        if verifier.verify(&signature, &stamp, &body).is_err() {
            return (axum::http::StatusCode::UNAUTHORIZED, String::new());
        }
        let asked: Value = serde_json::from_slice(&body).unwrap();
        let answer = match asked["type"].as_u64().unwrap() {
            1 => json!({ "type": 1 }),
            3 => json!({ "type": 7, "data": { "content": "pressed" } }),
            4 => json!({ "type": 8, "data": { "choices": [] } }),
            _ => json!({ "type": 4, "data": { "content": "done", "flags": 64 } }),
        };
        (axum::http::StatusCode::OK, answer.to_string())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = axum::Router::new().route("/", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

async fn sender(fake: &FakeDiscord) -> DiscordSender {
    let mut sender = DiscordSender::new(String::new(), 7, 1_795_350_000, fake.clone());
    sender.url = least_bot(sender.public_key()).await;
    sender
}

#[tokio::test]
async fn its_signatures_hold_for_whoever_verifies_as_serenity_does() {
    let fake = FakeDiscord::start().await;
    let sender = sender(&fake).await;
    assert_eq!(sender.sends(&sender.ping()).await.json(), json!({ "type": 1 }));
    let body = sender.ping().to_string();
    let good = sender.signature(body.as_bytes());
    let later = DiscordSender { seconds: sender.seconds + 1, ..sender.clone() };
    let wrong = [sender.signature(b"{}"), [good[0].clone(), later.signature(b"")[1].clone()]];
    for headers in wrong {
        assert_eq!(sender.raw(body.clone(), &headers).await.status, 401);
    }
}

#[tokio::test]
async fn what_a_bot_answers_in_the_request_is_shown_as_by_a_call() {
    let fake = FakeDiscord::start().await;
    let (sender, ada) = (sender(&fake).await, Scene::of(ADA));
    sender.sends(&sender.command(&ada, &["env", "list"], &[])).await;
    assert_eq!(fake.whispered(CHANNEL, ADA)[0]["content"], "done");
    posts(&fake, json!({ "content": "to press" })).await;
    let message = fake.memory().messages[1].id.clone();
    sender.sends(&sender.choice(&ada.under(&message), "choose:env.show", &["shop"])).await;
    assert_eq!(fake.shown_in(CHANNEL)[0]["content"], "pressed");
    sender.sends(&sender.types(&Scene::of(BEN), &["env", "show"], &[], ("name", "s"))).await;
    assert_eq!(fake.memory().interactions.values().filter(|done| done.callback.is_some()).count(), 3);
}
