//! The playground over real HTTP and a real database, with a dispatcher that follows a script.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::chat::attachment::{File, Picture};
use crate::chat::form::{Field, FieldKind, Form};
use crate::chat::inbound::{Identity, Input, Invocation, LineAhead, TypeAhead};
use crate::chat::message::{Block, Button, Choice, Reply};
use crate::chat::{Completion, Dispatch, Dispatcher, Post};
use crate::clock::{Ahead, Clock as _, ManualClock, SystemClock, Timestamp};
use crate::db::Db;
use crate::ids::Ids;

type Script = Box<dyn Fn(&Invocation) -> Reply + Send + Sync>;

/// Answers as its script says and remembers what it was asked.
struct Scripted {
    script: Script,
    seen: Mutex<Vec<Invocation>>,
}

#[async_trait]
impl Dispatch for Scripted {
    async fn dispatch(&self, invocation: Invocation) -> Reply {
        let reply = (self.script)(&invocation);
        self.seen.lock().unwrap().push(invocation);
        reply
    }

    async fn suggest(&self, _: TypeAhead) -> Vec<Choice> {
        Vec::new()
    }

    async fn complete(&self, _: LineAhead) -> Completion {
        Completion::default()
    }
}

struct Served {
    playground: Arc<Playground>,
    scripted: Arc<Scripted>,
    client: Client,
    base: String,
    folder: tempfile::TempDir,
    server: tokio::task::JoinHandle<()>,
}

async fn open(folder: &tempfile::TempDir) -> Arc<Playground> {
    let url = format!("sqlite:{}", folder.path().join("g.db").display());
    let db = Db::open(&url, Arc::new(SystemClock), Arc::new(Ids::from_system())).await.unwrap();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    Playground::new(Store::new(db), Settings { listen, token: "the token".into(), travel: None })
}

/// Another process on the same file: it has to wait for the first one's lock to go.
async fn reopened(served: Served) -> (tempfile::TempDir, Arc<Playground>) {
    served.server.abort();
    let _ = served.server.await;
    drop((served.playground, served.scripted));
    let again = open(&served.folder).await;
    (served.folder, again)
}

async fn serve(script: impl Fn(&Invocation) -> Reply + Send + Sync + 'static) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let playground = open(&folder).await;
    let scripted = Arc::new(Scripted { script: Box::new(script), seen: Mutex::default() });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = listener.local_addr().unwrap();
    playground.listening_at(listen);
    let app = router(playground.clone(), scripted.clone());
    let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Served { playground, scripted, client, base: format!("http://{listen}"), folder, server }
}

impl Served {
    fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    fn cookie(&self) -> String {
        format!("{}={}", guard::COOKIE_NAME, self.playground.key.cookie())
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.bare(Method::GET, path).header(COOKIE, self.cookie())
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self.bare(Method::POST, path).header(COOKIE, self.cookie());
        let response = request.header(ORIGIN, &self.base).json(&body).send().await.unwrap();
        (response.status(), response.json().await.unwrap_or(Value::Null))
    }

    async fn types(&self, persona: &str, line: &str) -> Value {
        let key = format!("key-{}", self.scripted.seen.lock().unwrap().len());
        let body = json!({ "persona": persona, "conversation": CHANNEL, "delivery": key, "line": line });
        self.post("/playground/command", body).await.1
    }

    async fn state(&self, persona: &str) -> Value {
        let path = format!("/playground/state?persona={persona}");
        self.get(&path).send().await.unwrap().json().await.unwrap()
    }

    /// What the persona sees: `author: words`.
    async fn sees(&self, persona: &str) -> Vec<String> {
        let state = self.state(persona).await;
        let messages = state["messages"].as_array().unwrap().iter();
        messages.map(|it| format!("{}: {}", it["author"].as_str().unwrap(), words(it))).collect()
    }

    /// The crowd's result, once it has one.
    async fn crowd_result(&self) -> String {
        let mut progress = self.playground.crowd.watch();
        let done = progress.wait_for(|progress| !progress.running && !progress.line.is_empty());
        done.await.unwrap().line.clone()
    }
}

fn words(message: &Value) -> String {
    let blocks: Vec<Block> = serde_json::from_value(message["blocks"].clone()).unwrap();
    Message { blocks }.summary()
}

fn silent(_: &Invocation) -> Reply {
    Reply::Silent
}

fn line(invocation: &Invocation) -> &str {
    match &invocation.input {
        Input::Line { text } => text,
        _ => "",
    }
}

#[tokio::test]
async fn the_printed_address_opens_the_page_and_another_token_does_not() {
    let served = serve(silent).await;
    let response = served.client.get(served.playground.url()).send().await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()["location"]),
        (StatusCode::SEE_OTHER, &"/".parse().unwrap())
    );
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/") && !cookie.contains("token"));
    let pair = cookie.split(';').next().unwrap();
    let page = served.bare(Method::GET, "/").header(COOKIE, pair).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(
        page.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'; script-src 'self'")
    );
    for path in ["/playground?token=the+toke", "/playground?token=", "/playground"] {
        let response = served.bare(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(!response.headers().contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn every_route_but_the_entrance_and_the_style_needs_the_cookie() {
    let served = serve(silent).await;
    let reads = [
        "/",
        "/playground/dialogs.js",
        "/playground/page.js",
        "/playground/state?persona=ada",
        "/playground/events?persona=ada",
    ];
    for path in reads {
        let refused =
            served.bare(Method::GET, path).header(COOKIE, "goldenpath_playground=00").send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(refused.headers()["x-content-type-options"], "nosniff");
        assert_eq!(served.get(path).send().await.unwrap().status(), StatusCode::OK, "{path}");
    }
    for path in ["command", "press", "submit", "read", "crowd"] {
        let request = served.bare(Method::POST, &format!("/playground/{path}")).header(ORIGIN, &served.base);
        assert_eq!(request.json(&json!({})).send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn another_host_another_origin_and_another_kind_of_body_are_refused() {
    let served = serve(silent).await;
    let (own, port) = (served.base.as_str(), served.base.rsplit(':').next().unwrap());
    let localhost = format!("localhost:{port}");
    let cases: [(&[(&str, &str)], StatusCode); 9] = [
        (&[("origin", own)], StatusCode::OK),
        (&[("origin", &format!("http://{localhost}")), ("host", &localhost)], StatusCode::OK),
        (&[], StatusCode::FORBIDDEN),
        (&[("origin", "null")], StatusCode::FORBIDDEN),
        (&[("origin", "http://evil.example")], StatusCode::FORBIDDEN),
        (&[("origin", own), ("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
        (
            &[("origin", own), ("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate")],
            StatusCode::FORBIDDEN,
        ),
        (&[("origin", own), ("host", "evil.example")], StatusCode::MISDIRECTED_REQUEST),
        (&[("origin", own), ("content-type", "text/plain")], StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ];
    for (headers, expected) in cases {
        let body = r#"{"persona":"ada","conversation":"platform","position":0}"#;
        let mut request =
            served.bare(Method::POST, "/playground/read").header(COOKIE, served.cookie()).body(body);
        if !headers.iter().any(|(name, _)| *name == CONTENT_TYPE.as_str()) {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        assert_eq!(request.send().await.unwrap().status(), expected, "{headers:?}");
    }
    let rebound = served.get("/playground/state?persona=ada").header(HOST, "evil.example:80");
    assert_eq!(rebound.send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let served = serve(silent).await;
    let body = json!({ "line": "x".repeat(300 * 1024) });
    assert_eq!(served.post("/playground/command", body).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(served.scripted.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_private_answer_and_its_line_are_one_persons_and_a_public_one_everybodys() {
    let served = serve(|it| match line(it) {
        "env list" => Reply::say("You have no environments."),
        _ => Reply::Public { message: Message::new("61 % adoption") },
    })
    .await;
    served.types("ada", "/platform env list").await;
    served.types("ada", "stats").await;
    let public = ["ada: /platform stats", "bot: 61 % adoption"];
    let private = ["ada: /platform env list", "bot: You have no environments."];
    assert_eq!(served.sees("ada").await, [private, public].concat());
    assert_eq!(served.sees("ben").await, public);
    let seen = served.scripted.seen.lock().unwrap();
    assert_eq!(line(&seen[0]), "env list");
    assert_eq!(seen[0].identity, Identity::new("playground", "local", "ada"));
    assert_eq!((seen[0].delivery.as_str(), seen[0].place.direct), ("ada:key-0", false));
}

#[tokio::test]
async fn the_same_action_sent_again_shows_nothing_twice() {
    let served = serve(|_| Reply::say("done")).await;
    let body = json!({ "persona": "ada", "conversation": "dm:ada", "delivery": "k", "line": "env list" });
    for _ in 0..2 {
        assert_eq!(served.post("/playground/command", body.clone()).await.0, StatusCode::OK);
    }
    assert_eq!(served.sees("ada").await, ["ada: /platform env list", "bot: done"]);
    let seen = served.scripted.seen.lock().unwrap();
    assert!(seen.len() == 2 && seen[0].delivery == seen[1].delivery && seen[0].place.direct);
}

#[tokio::test]
async fn a_persona_acts_only_in_the_channel_and_in_their_own_direct_conversation() {
    let served = serve(silent).await;
    for (persona, place, expected) in [("ben", "dm:ada", 404), ("root", CHANNEL, 404), ("ben", "dm:ben", 200)]
    {
        let body = json!({ "persona": persona, "conversation": place, "delivery": "k", "line": "x" });
        assert_eq!(served.post("/playground/command", body).await.0.as_u16(), expected, "{persona} {place}");
    }
    let body = json!({ "persona": "ben", "conversation": "dm:ben", "delivery": "ada:k", "line": "x" });
    assert_eq!(served.post("/playground/command", body).await.0, StatusCode::BAD_REQUEST);
}

fn asks_for_a_name(invocation: &Invocation) -> Reply {
    let (name, label) = ("name".to_owned(), "Name".to_owned());
    let kind = FieldKind::Text { multiline: false };
    let field = Field { name, label, kind, value: None, help: None, required: true };
    let (command, title, submit) = ("env.create".to_owned(), "New".to_owned(), "Create".to_owned());
    let fixed = vec![("template".to_owned(), "preview-site".to_owned())];
    match &invocation.input {
        Input::Submit { values, .. } if values["name"] == "shop" => {
            Reply::Refused { fields: [("name".into(), "taken".into())].into() }
        }
        Input::Submit { .. } => Reply::say("⏳ made"),
        _ => Reply::Form {
            form: Form {
                command,
                title,
                submit,
                intro: None,
                fields: vec![field],
                fixed,
                typed: None,
                private: false,
            },
        },
    }
}

#[tokio::test]
async fn a_form_travels_to_the_page_and_its_refusal_stays_there() {
    let served = serve(asks_for_a_name).await;
    let form = served.types("ada", "env create preview-site").await;
    assert_eq!(form["form"]["fixed"], json!([["template", "preview-site"]]));
    let submit = |name: &str| {
        json!({ "persona": "ada", "conversation": CHANNEL, "delivery": name, "command": "env.create",
                "fixed": form["form"]["fixed"], "values": { "name": name } })
    };
    let refused = served.post("/playground/submit", submit("shop")).await.1;
    assert_eq!(refused, json!({ "refused": { "name": "taken" } }));
    assert_eq!(served.sees("ada").await.len(), 1);
    assert_eq!(served.post("/playground/submit", submit("shop-2")).await.1, json!({ "done": true }));
    assert_eq!(served.sees("ada").await[1], "bot: ⏳ made");
}

#[tokio::test]
async fn only_a_button_that_the_persona_sees_can_be_pressed() {
    let served = serve(|_| Reply::say("pressed")).await;
    let message =
        Message::new("shop goes soon").buttons(vec![Button::new("Extend", "env.extend", "shop", "1d")]);
    let target = Target::Direct { user: "ada".into() };
    let reference = served.playground.post(Post::once(WORKSPACE, &target, &message)).await.unwrap();
    let id = &reference.0["message"];
    let press = |persona: &str, value: &str| json!({ "persona": persona, "conversation": format!("dm:{persona}"), "delivery": "k", "message": id, "value": value });
    for (persona, value) in [("ada", "env.destroy:shop:"), ("ben", "env.extend:shop:1d")] {
        assert_eq!(served.post("/playground/press", press(persona, value)).await.0, StatusCode::CONFLICT);
    }
    assert!(served.scripted.seen.lock().unwrap().is_empty());
    assert_eq!(served.post("/playground/press", press("ada", "env.extend:shop:1d")).await.0, StatusCode::OK);
    assert_eq!(served.sees("ada").await, ["bot: shop goes soon", "bot: pressed"]);
}

#[tokio::test]
async fn messages_and_references_outlive_a_restart() {
    let served = serve(silent).await;
    let channel = Target::Channel { id: "#platform".into() };
    let reference =
        served.playground.post(Post::once(WORKSPACE, &channel, &Message::new("⏳ shop"))).await.unwrap();
    let (_folder, again) = reopened(served).await;
    again.update(WORKSPACE, &reference, &Message::new("✅ shop")).await.unwrap();
    let ada = persona("ada").unwrap();
    let messages = again.store.latest(ada, CHANNEL, 10).await.unwrap();
    assert_eq!((messages.len(), messages[0].version), (1, 2));
    assert_eq!(messages[0].blocks, Message::new("✅ shop").blocks);
}

#[tokio::test]
async fn what_is_not_here_is_said_so() {
    let served = serve(silent).await;
    let (playground, hello) = (&served.playground, Message::new("hello"));
    let unknown = MessageRef(json!({ "message": "pgm_none" }));
    let update = playground.update(WORKSPACE, &unknown, &hello).await;
    assert!(matches!(update, Err(SendError::Never(_))));
    let nowhere = Target::Channel { id: "general".into() };
    assert!(matches!(
        playground.post(Post::once(WORKSPACE, &nowhere, &hello)).await,
        Err(SendError::NotThere(_))
    ));
    let nobody = Target::Direct { user: "root".into() };
    assert!(matches!(
        playground.post(Post::once(WORKSPACE, &nobody, &hello)).await,
        Err(SendError::NotThere(_))
    ));
    let ada = Target::Direct { user: "ada".into() };
    assert!(matches!(playground.post(Post::once("T1", &ada, &hello)).await, Err(SendError::NotThere(_))));
}

#[tokio::test]
async fn a_picture_is_served_for_ever_to_whoever_has_the_cookie() {
    let served = serve(silent).await;
    let channel = Target::Channel { id: CHANNEL.into() };
    let picture = Picture::new("trend", "Flat.", b"\x89PNG light".to_vec(), b"\x89PNG dark".to_vec());
    let file = File::new("page.csv", "<script>alert(1)</script>".into());
    let message = Message::new("Here.").picture(picture).file(file);
    served.playground.post(Post::once(WORKSPACE, &channel, &message)).await.unwrap();
    let blocks = served.state("ada").await["messages"][0]["blocks"].clone();
    let path = |digest: &Value| format!("/playground/file/{}", digest.as_str().unwrap());
    let shown = served.get(&path(&blocks[1]["dark"])).send().await.unwrap();
    let header = |response: &Response, name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header(&shown, "content-type"), "image/png");
    assert_eq!(header(&shown, "x-content-type-options"), "nosniff");
    assert_eq!(header(&shown, "cache-control"), "private, max-age=31536000, immutable");
    assert_eq!(shown.bytes().await.unwrap(), b"\x89PNG dark".as_slice());
    let saved = served.get(&path(&blocks[2]["content"])).send().await.unwrap();
    assert_eq!(header(&saved, "content-disposition"), "attachment");
    assert_eq!(header(&saved, "content-type"), "text/csv; charset=utf-8");
    let locked = served.bare(Method::GET, &path(&blocks[1]["light"])).send().await.unwrap();
    assert_eq!(locked.status(), StatusCode::FORBIDDEN);
    assert_eq!(served.get("/playground/file/00").send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_direct_message_waits_until_it_is_read() {
    let served = serve(silent).await;
    let target = Target::Direct { user: "ada".into() };
    served.playground.post(Post::once(WORKSPACE, &target, &Message::new("How did it go?"))).await.unwrap();
    let state = served.state("ben").await;
    assert_eq!(state["unread"], json!({ "conversations": {}, "personas": { "ada": 1 } }));
    let state = served.state("ada").await;
    assert_eq!(state["unread"]["conversations"], json!({ "dm:ada": 1 }));
    // A page that claims to have read what does not exist yet has read what exists.
    let body = json!({ "persona": "ada", "conversation": "dm:ada", "position": 1_000_000 });
    assert_eq!(served.post("/playground/read", body).await.0, StatusCode::OK);
    assert_eq!(served.state("ada").await["unread"], json!({ "conversations": {}, "personas": {} }));
    served.playground.post(Post::once(WORKSPACE, &target, &Message::new("And now?"))).await.unwrap();
    assert_eq!(served.state("ada").await["unread"]["personas"], json!({ "ada": 1 }));
}

#[tokio::test]
async fn a_jump_stops_where_schedules_fire_on_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("g.db").display());
    let clock = Arc::new(Ahead::of(Arc::new(ManualClock::at(Timestamp(0)))));
    let db = Db::open(&url, clock.clone(), Arc::new(Ids::from_system())).await.unwrap();
    let stops = Arc::new(Mutex::new(Vec::new()));
    let (at, seen, now) = (clock.clone(), stops.clone(), clock.clone());
    let fires = move || {
        let next =
            [10, 20, 30].map(|hour| Timestamp(hour * 3_600_000)).into_iter().find(|next| *next > at.now());
        Box::pin(std::future::ready(Ok(next))) as futures_util::future::BoxFuture<'static, _>
    };
    let idle = move || {
        seen.lock().unwrap().push(now.now().0 / 3_600_000);
        Box::pin(std::future::ready(Ok(true))) as futures_util::future::BoxFuture<'static, _>
    };
    let next = || Box::pin(std::future::ready(Ok(None))) as futures_util::future::BoxFuture<'static, _>;
    let (next, fires, idle) = (Arc::new(next), Arc::new(fires), Arc::new(idle));
    let travel = Travel { clock, next, fires, idle, turn: tokio::sync::Mutex::default() };
    travel.jump(&Store::new(db), travel::Jump::Day).await.unwrap();
    assert_eq!(*stops.lock().unwrap(), [10, 20, 24]);
}

/// Reads a stream until it has said `needle`.
async fn until(response: &mut Response, needle: &str) -> String {
    let mut said = String::new();
    while !said.contains(needle) {
        let chunk = tokio::time::timeout(Duration::from_secs(20), response.chunk()).await;
        said += &String::from_utf8_lossy(
            &chunk.expect("the stream says it").unwrap().expect("the stream goes on"),
        );
    }
    said
}

#[tokio::test]
async fn the_stream_tells_of_a_message_its_update_and_what_was_missed() {
    let served = serve(silent).await;
    let (playground, path) = (&served.playground, "/playground/events?persona=ada&after=0");
    let channel = Target::Channel { id: CHANNEL.into() };
    let reference =
        playground.post(Post::once(WORKSPACE, &channel, &Message::new("⏳ first"))).await.unwrap();
    let mut stream = served.get(path).send().await.unwrap();
    assert!(until(&mut stream, "⏳ first").await.contains("id: 1"));
    playground.update(WORKSPACE, &reference, &Message::new("✅ second")).await.unwrap();
    until(&mut stream, "✅ second").await;
    drop(stream);
    playground.post(Post::once(WORKSPACE, &channel, &Message::new("third"))).await.unwrap();
    let mut again = served.get(path).header("last-event-id", "2").send().await.unwrap();
    let said = until(&mut again, "third").await;
    assert!(!said.contains("second"), "{said}");
}

#[tokio::test]
async fn a_stream_hides_what_another_persona_alone_sees_and_ends_when_the_bot_stops() {
    let served = serve(|_| Reply::say("secret")).await;
    served.types("ada", "env list").await;
    let mut stream = served.get("/playground/events?persona=ben").send().await.unwrap();
    let said = until(&mut stream, "event: crowd").await;
    assert!(!said.contains("secret") && !said.contains("event: message"), "{said}");
    served.playground.stop();
    assert_eq!(stream.text().await.unwrap_or_default(), "");
}

#[tokio::test]
async fn more_listeners_than_allowed_are_refused() {
    let served = serve(silent).await;
    let _all = served.playground.listeners.clone().try_acquire_many_owned(64).unwrap();
    let response = served.get("/playground/events?persona=ada").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

fn question(user: &str) -> Message {
    let answers = ["Very badly", "Badly", "So-so", "Well", "Very well"];
    let button = |(i, label)| Button::new(label, "survey.answer", user, &format!("{i}"));
    let later = Button::new("Not now", "survey.snooze", user, "");
    Message::new("How did it go?")
        .buttons(answers.into_iter().zip(1..).map(|(l, i)| button((i, l))).chain([later]).collect())
}

/// Refuses the names without a number, and asks everybody who has made one, once.
fn bot(playground: Arc<OnceLock<Arc<Playground>>>) -> impl Fn(&Invocation) -> Reply + Send + Sync {
    let asked = Mutex::new(BTreeSet::new());
    move |invocation| {
        let (user, text) = (invocation.identity.user.clone(), line(invocation).to_owned());
        if text.ends_with("-site") {
            return Reply::say(format!("`{user}-site` exists already."));
        }
        let Some(name) = text.strip_prefix("env create preview-site ").map(str::to_owned) else {
            return Reply::say("Thanks.");
        };
        let (playground, first) =
            (playground.get().unwrap().clone(), asked.lock().unwrap().insert(user.clone()));
        tokio::spawn(async move {
            let target = Target::Direct { user: user.clone() };
            playground
                .post(Post::once(WORKSPACE, &target, &Message::new(format!("✅ `{name}` is ready"))))
                .await
                .unwrap();
            if first {
                playground.post(Post::once(WORKSPACE, &target, &question(&user))).await.unwrap();
            }
        });
        Reply::say("⏳ made")
    }
}

#[tokio::test]
async fn the_crowd_makes_environments_answers_once_and_says_who_was_not_asked_again() {
    let cell = Arc::new(OnceLock::new());
    let served = serve(bot(cell.clone())).await;
    let _ = cell.set(served.playground.clone());
    let body = json!({ "persona": "ada" });
    assert_eq!(served.post("/playground/crowd", body.clone()).await.0, StatusCode::ACCEPTED);
    assert_eq!(served.post("/playground/crowd", body.clone()).await.0, StatusCode::CONFLICT);
    assert_eq!(served.crowd_result().await, "8 of 8 have an environment, 8 answered.");
    assert_eq!(pressed(&served), ["5", "4", "5", "3", "4", "2", "5", "3"]);
    assert_eq!(served.sees("dana").await[0], "dana: /platform env create preview-site dana-site");
    assert_eq!(served.post("/playground/crowd", body).await.0, StatusCode::ACCEPTED);
    assert_eq!(
        served.crowd_result().await,
        "8 of 8 have an environment, 0 answered. 8 were already asked this month and got no new prompt."
    );
    assert_eq!(pressed(&served).len(), 8);
}

/// The answers pressed, by the order of the personas.
fn pressed(served: &Served) -> Vec<String> {
    let seen = served.scripted.seen.lock().unwrap();
    let mut answers: Vec<_> = seen
        .iter()
        .filter_map(|it| match &it.input {
            Input::Press { value } => Some((it.identity.user.clone(), value.parts().2.to_owned())),
            _ => None,
        })
        .collect();
    answers.sort();
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[tokio::test]
async fn a_crowd_that_is_refused_or_waits_in_vain_says_so() {
    let served = serve(|it| match it.identity.user.as_str() {
        "dana" => Reply::say("🔒 not for Dana"),
        "eli" => Reply::say("You have 3 environments, which is the limit."),
        _ => Reply::say("⏳ made"),
    })
    .await;
    let dispatcher: Dispatcher = served.scripted.clone();
    crowd::start(&served.playground, &dispatcher, Duration::from_secs(2)).unwrap();
    let line = served.crowd_result().await;
    assert!(line.starts_with("0 of 8 have an environment, 0 answered."), "{line}");
    assert!(line.ends_with("were not done after 2 s."), "{line}");
    assert!(line.contains(" Dana was refused: 🔒 not for Dana "), "{line}");
    assert_eq!(served.sees("eli").await.len(), 2);
}
