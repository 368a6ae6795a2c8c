//! Calls to Discord that are no messages: what they come to, on good days and bad ones.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::sync::Arc;
use std::time::Duration;

use goldenpath::chat::SendError;
use goldenpath::chat::discord::client::{Client, Settings};
use goldenpath::clock::{ManualClock, Timestamp};
use serde_json::json;

use crate::harness::fake_discord::{APP, After, FakeDiscord, GUILD};

const NOW: Timestamp = Timestamp(1_795_350_000_000);
const GATEWAY: &str = "GET gateway/bot";

/// A client of the fake that waits for an answer so long.
fn client(fake: &FakeDiscord, patience: Duration) -> Client {
    let settings = Settings { patience, ..fake.settings() };
    assert!(settings.api_url.starts_with("http://127.0.0.1:"), "a test never calls the real one");
    Client::new(&settings, Arc::new(ManualClock::at(NOW))).unwrap()
}

async fn connected() -> (FakeDiscord, Client) {
    let fake = FakeDiscord::start().await;
    let client = client(&fake, Duration::from_secs(20));
    (fake, client)
}

#[tokio::test]
async fn the_application_and_the_gateway_are_asked_for_by_the_bots_token() {
    let (fake, client) = connected().await;
    fake.memory().application = json!({ "verify_key": "abc", "gateway": "ws://127.0.0.1:9" });
    assert_eq!(client.application().await.unwrap()["verify_key"], "abc");
    assert_eq!(client.gateway().await.unwrap()["url"], "ws://127.0.0.1:9");
    let path = format!("guilds/{GUILD}/roles");
    let route = goldenpath::chat::discord::client::Route::new("GET guilds/roles", GUILD);
    assert_eq!(client.look_up(route, &path).await.unwrap()[0]["name"], "@everyone");
    assert_eq!((fake.ended("ok"), fake.log_of(GATEWAY)[0].path.as_str()), (3, "gateway/bot"));
    assert_eq!(fake.log_of(GATEWAY)[0].at, NOW);
}

#[tokio::test]
async fn commands_are_written_and_read_back() {
    let (_fake, client) = connected().await;
    let commands = json!([{ "name": "platform", "description": "Get it" }]);
    client.put_commands(APP, &commands).await.unwrap();
    assert_eq!(client.commands(APP).await.unwrap()[0]["name"], "platform");
}

#[tokio::test]
async fn a_server_that_knows_less_than_discord_is_asked_otherwise() {
    let (fake, client) = connected().await;
    fake.memory().application = json!({ "gateway": "ws://127.0.0.1:9" });
    for route in ["GET applications/@me", GATEWAY, "GET users/@me/guilds"] {
        fake.refuse(route, 404, 0, 1);
    }
    assert_eq!(client.application().await.unwrap()["id"], APP);
    assert_eq!(client.gateway().await.unwrap()["url"], "ws://127.0.0.1:9");
    assert_eq!(client.guilds().await.unwrap(), None);
    assert_eq!(client.guilds().await.unwrap().unwrap()[0]["id"], GUILD);
}

#[tokio::test]
async fn where_an_answer_points_nobody_goes() {
    let elsewhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (fake, client) = connected().await;
    fake.set_redirect(&format!("http://{}/api/v10/gateway/bot", elsewhere.local_addr().unwrap()));
    assert!(client.gateway().await.is_err());
    let nobody = tokio::time::timeout(Duration::from_millis(200), elsewhere.accept()).await;
    assert!(nobody.is_err(), "the token was taken elsewhere");
}

#[tokio::test]
async fn a_refused_command_names_the_members_at_fault() {
    let (fake, client) = connected().await;
    let commands = json!([{ "name": "Platform", "description": "" }]);
    let Err(SendError::Never(why)) = client.put_commands(APP, &commands).await else {
        panic!("it was taken");
    };
    let faults = "0.description, 0.name";
    assert_eq!(why, format!("Discord does not take the message as it is (Discord's code 50035): {faults}"));
    assert_eq!(fake.ended("400 50035"), 1);
    assert_eq!(fake.log_of("PUT applications/commands")[0].body, commands);
}

#[tokio::test]
async fn each_bad_day_says_whether_and_when_to_try_again() {
    let (fake, client) = connected().await;
    let later = async || match client.gateway().await {
        Err(SendError::Later { seconds, .. }) => seconds,
        other => panic!("{other:?}"),
    };
    fake.set_busy(GATEWAY, Duration::from_secs(65));
    assert_eq!(later().await, 65);
    fake.set_busy(GATEWAY, Duration::ZERO);
    fake.set_down(true);
    assert_eq!(later().await, 5);
    fake.set_status(404);
    assert_eq!(later().await, 5, "that was not Discord's");
    fake.set_down(false);
    fake.set_token(false);
    assert_eq!(later().await, 300);
    fake.set_token(true);
    fake.refuse(GATEWAY, 503, 130_000, 1);
    assert_eq!(later().await, 5);
    assert!(client.gateway().await.is_ok());
    assert_eq!(fake.calls(GATEWAY), 6);
}

#[tokio::test]
async fn what_does_not_answer_or_not_in_its_words_may_have_done_it() {
    for after in [After::Silent, After::Cut, After::Garbled] {
        let fake = FakeDiscord::start().await;
        let client = client(&fake, Duration::from_millis(200));
        fake.set_after(after);
        let answer = client.gateway().await;
        assert!(matches!(answer, Err(SendError::Unclear { seconds: 5, .. })), "{after:?}: {answer:?}");
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_done() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let fake = FakeDiscord::start().await;
    let settings = Settings { api_url: format!("http://{free}"), ..fake.settings() };
    let client = Client::new(&settings, Arc::new(ManualClock::at(NOW))).unwrap();
    assert!(matches!(client.gateway().await, Err(SendError::Later { seconds: 5, .. })));
}

#[tokio::test]
async fn no_error_tells_the_token() {
    let fake = FakeDiscord::start().await;
    let secret = Settings { token: "a.secret\ntoken".into(), ..fake.settings() };
    let error = Client::new(&secret, Arc::new(ManualClock::at(NOW))).err().unwrap();
    assert!(!format!("{error:?} {error}").contains("secret"));
    fake.set_token(false);
    let error = client(&fake, Duration::from_secs(20)).gateway().await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("fake.bot.token"));
}
