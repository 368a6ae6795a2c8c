//! Slack over HTTP against the fake: what comes in, what is answered, what is sent.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use goldenpath::chat::directory::Told;
use goldenpath::chat::form::{Field, FieldKind, Form};
use goldenpath::chat::inbound::{AnswerBy, Input, Invocation, LineAhead, Standing, TypeAhead};
use goldenpath::chat::message::{Button, ButtonValue, Choice, Message, Reply};
use goldenpath::chat::slack::{PATIENCE, Settings, Slack, router};
use goldenpath::chat::{Completion, Dispatch, MessageRef, Platform, Post, SendError, Target};
use goldenpath::clock::{ManualClock, Timestamp};
use goldenpath::metrics::Metrics;
use serde_json::{Value, json};

use crate::harness::fake_slack::{FakeSlack, TEAM, TOKEN};
use crate::harness::slack_sender::SlackSender;

const SECRET: &str = "the-signing-secret";
const NOW: i64 = 1_795_350_000;

/// Remembers what was dispatched and gives the replies prepared for it, in order.
#[derive(Default)]
struct Recorder {
    got: Mutex<Vec<Invocation>>,
    replies: Mutex<VecDeque<Reply>>,
}

#[async_trait]
impl Dispatch for Recorder {
    async fn dispatch(&self, invocation: Invocation) -> Reply {
        assert_ne!(invocation.input, Input::Line { text: "panic".into() });
        self.got.lock().unwrap().push(invocation);
        self.replies.lock().unwrap().pop_front().unwrap_or(Reply::Silent)
    }

    async fn suggest(&self, asked: TypeAhead) -> Vec<Choice> {
        vec![Choice { value: asked.typed, label: format!("{} {}", asked.command, asked.argument) }]
    }

    async fn complete(&self, _: LineAhead) -> Completion {
        Completion::default()
    }
}

struct Bench {
    fake: FakeSlack,
    slack: Arc<Slack>,
    recorder: Arc<Recorder>,
    sender: SlackSender,
}

impl Bench {
    async fn start() -> Self {
        let fake = FakeSlack::start().await;
        let url = fake.api_url();
        Bench::with(fake, &url, TOKEN).await
    }

    async fn with(fake: FakeSlack, api_url: &str, token: &str) -> Self {
        Bench::waiting(PATIENCE, fake, api_url, token).await
    }

    /// With another patience for Slack's answers.
    async fn waiting(patience: Duration, fake: FakeSlack, api_url: &str, token: &str) -> Self {
        let settings = Settings {
            signing_secret: SECRET.into(),
            bot_token: token.into(),
            api_url: api_url.into(),
            pacing: false,
            patience,
        };
        let clock = Arc::new(ManualClock::at(Timestamp(NOW * 1000)));
        let slack = Arc::new(Slack::new(settings, clock.clone(), clock).unwrap());
        let recorder = Arc::new(Recorder::default());
        let metrics = Arc::new(Metrics::new(Timestamp(NOW * 1000)));
        let told: Told = Arc::new(|_| Box::pin(async { Ok(()) }));
        let app = router(slack.clone(), recorder.clone(), told, metrics);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/slack/events", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Bench { slack, recorder, sender: SlackSender::new(url, SECRET, NOW, fake.clone()), fake }
    }

    fn will(&self, reply: Reply) {
        self.recorder.replies.lock().unwrap().push_back(reply);
    }

    fn got(&self) -> Vec<Invocation> {
        self.recorder.got.lock().unwrap().clone()
    }

    async fn post(&self, target: Target, message: &Message) -> Result<MessageRef, SendError> {
        self.slack.post(Post::once(TEAM, &target, message)).await
    }
}

fn channel(id: &str) -> Target {
    Target::Channel { id: id.into() }
}

fn field(name: &str, kind: FieldKind) -> Field {
    Field { name: name.into(), label: name.into(), kind, value: None, help: None, required: true }
}

fn create_form() -> Form {
    Form {
        command: "env.create".into(),
        title: "Create an environment".into(),
        submit: "Create".into(),
        intro: Some("From *Rust service*.".into()),
        fields: vec![field("name", FieldKind::Text { multiline: false }), field("public", FieldKind::Flag)],
        fixed: vec![("template".into(), "rust service".into())],
        typed: None,
        private: false,
    }
}

#[tokio::test]
async fn a_request_that_slack_did_not_sign_is_refused_without_a_word() {
    let bench = Bench::start().await;
    let body = b"command=%2Fplatform&user_id=U1&text=env+list";
    let good = bench.sender.signature(body);
    let signed_by =
        |secret: &str, seconds| SlackSender { secret: secret.into(), seconds, ..bench.sender.clone() };
    let cases = [
        signed_by("other", NOW).signature(body).to_vec(),
        signed_by(SECRET, NOW - 301).signature(body).to_vec(),
        signed_by(SECRET, NOW + 301).signature(body).to_vec(),
        bench.sender.signature(b"command=%2Fplatform&user_id=U2&text=env+list").to_vec(),
        good[..1].to_vec(),
        good[1..].to_vec(),
        vec![(good[0].0, "soon".into()), good[1].clone()],
        vec![good[0].clone(), (good[1].0, "v0=zz".into())],
    ];
    for headers in cases {
        let answer = bench.sender.raw(body.to_vec(), &headers).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, ""), "{headers:?}");
    }
    assert_eq!(bench.got(), []);
    assert_eq!(bench.sender.raw(body.to_vec(), &good).await.status, 200);
    assert_eq!(bench.got().len(), 1);
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_refused_before_its_signature_is_read() {
    let bench = Bench::start().await;
    let body = vec![b'x'; 2 * 1024 * 1024];
    assert_eq!(bench.sender.raw(body.clone(), &[]).await.status, 413);
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> = body.chunks(65_536).map(|c| Ok(c.to_vec())).collect();
    let chunked = reqwest::Body::wrap_stream(tokio_stream::iter(chunks));
    assert_eq!(bench.sender.raw(chunked, &[]).await.status, 413);
    let most = "x".repeat(1024 * 1024);
    assert_eq!(bench.sender.signed(&most).await.status, 200);
}

#[tokio::test]
async fn slack_checks_the_address() {
    let bench = Bench::start().await;
    let answer = bench.sender.signed(r#"{"type":"url_verification","challenge":"abc<1>"}"#).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "challenge": "abc<1>" })));
    let answer = bench.sender.signed("ssl_check=1&token=x").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    for (query, status) in [("?ssl_check=1&token=x", 200), ("", 405)] {
        let looked = bench.sender.http.get(format!("{}{query}", bench.sender.url)).send().await.unwrap();
        assert_eq!(looked.status().as_u16(), status, "{query}");
    }
}

#[tokio::test]
async fn what_is_not_known_or_odd_is_answered_and_nothing_more() {
    let bench = Bench::start().await;
    let odd = [
        "",
        "x",
        "{",
        "{}",
        "[]",
        "null",
        "payload=",
        "payload=%7B",
        "payload=[]",
        "payload=null",
        "payload=7",
        r#"{"type":7}"#,
        r#"{"type":"url_verification"}"#,
        r#"{"type":"event_callback","event":null}"#,
        r#"payload={"type":"shortcut","user":{"id":"U1"}}"#,
        r#"payload={"type":"block_actions"}"#,
        r#"payload={"type":"block_actions","user":[],"actions":{}}"#,
        r#"payload={"type":"block_actions","user":{"id":"U1"},"actions":[null,7,{}]}"#,
        r#"payload={"type":"block_actions","actions":[{"value":"env.list::"}]}"#,
        r#"payload={"type":"view_submission","user":{"id":"U1"},"view":7}"#,
        r#"payload={"type":"view_submission","user":{"id":"U1"},"view":{"private_metadata":"{"}}"#,
        "command=%2Fplatform&text=env+list",
        "command=%ff%fe",
    ];
    for body in odd {
        let answer = bench.sender.signed(body).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{body}");
    }
    assert_eq!(bench.got(), []);
}

#[tokio::test]
async fn what_no_database_stores_is_dropped() {
    let bench = Bench::start().await;
    bench.sender.types("U1\0", "env\0 list").await;
    let got = bench.got().remove(0);
    assert_eq!((got.identity.user.as_str(), got.input), ("U1", Input::Line { text: "env list".into() }));
}

#[tokio::test]
async fn a_slash_command_is_answered_in_its_response() {
    let bench = Bench::start().await;
    bench.will(Reply::say("There is no `env creat`."));
    bench.will(Reply::Public { message: Message::new("✅ <ready> & *up*") });
    let private = bench.sender.types("U1", "env creat &lt;b&gt; <@U2|bo>").await.json();
    assert_eq!(private["response_type"], "ephemeral");
    assert_eq!(private["text"], "There is no env creat.");
    let public = bench.sender.types("U1", "env list").await.json();
    assert_eq!(public["response_type"], "in_channel");
    assert_eq!(public["text"], "✅ &lt;ready&gt; &amp; *up*");
    assert_eq!(bench.sender.types("U1", "").await.body, "");
    let got = bench.got();
    assert_eq!(got[0].input, Input::Line { text: "env creat <b> <@U2|bo>".into() });
    assert_eq!((got[0].identity.platform.as_str(), got[0].identity.workspace.as_str()), ("slack", TEAM));
    assert_ne!(got[0].delivery, got[1].delivery);
}

#[tokio::test]
async fn a_fault_of_ours_is_a_sentence() {
    let bench = Bench::start().await;
    let answer = bench.sender.types("U1", "panic").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["text"], "⚠️ Something went wrong on my side. It is logged; try again.");
}

#[tokio::test]
async fn a_form_opens_is_corrected_and_becomes_its_result() {
    let bench = Bench::start().await;
    let taken = BTreeMap::from([("name".into(), "Taken.".into()), (String::new(), "Again.".into())]);
    for reply in
        [Reply::Form { form: create_form() }, Reply::Refused { fields: taken }, Reply::say("⏳ `shop`")]
    {
        bench.will(reply);
    }
    assert_eq!(bench.sender.types("U1", "env create").await.body, "");
    let view = bench.fake.memory().views[0].clone();
    let inputs = |name: &str| {
        let text = json!({ "type": "plain_text_input", "value": name });
        bench.sender.submission(
            "U1",
            &view,
            &[
                ("name", ("text", text)),
                ("public", ("flag", json!({"type": "checkboxes", "selected_options": []}))),
            ],
        )
    };
    let refused = bench.sender.payload(&inputs("shop")).await.json();
    assert_eq!(refused, json!({ "response_action": "errors", "errors": { "name": "Again. Taken." } }));
    let done = bench.sender.payload(&inputs("shop2")).await.json();
    assert_eq!(done["response_action"], "update");
    assert_eq!(done["view"]["close"]["text"], "Close");
    let got = bench.got();
    let values = BTreeMap::from([("name".into(), "shop2".into()), ("public".into(), "false".into())]);
    let fixed = vec![("template".into(), "rust service".into())];
    assert_eq!(got[2].input, Input::Submit { command: "env.create".into(), fixed, values });
    assert_eq!((got[2].place.conversation.as_str(), got[2].place.direct), ("C1", false));
    assert_ne!(got[1].delivery, got[2].delivery, "a corrected form is no repeat");
}

#[tokio::test]
async fn the_same_submission_twice_has_one_delivery_key() {
    let bench = Bench::start().await;
    let view = json!({ "id": "V1", "hash": "h", "callback_id": "env.create", "title": { "text": "T" } });
    let payload = bench.sender.submission("U1", &view, &[]);
    bench.sender.payload(&payload).await;
    let mut again = payload.clone();
    again["trigger_id"] = "another click".into();
    bench.sender.payload(&again).await;
    let got = bench.got();
    assert_eq!(got[0].delivery, got[1].delivery);
}

#[tokio::test]
async fn a_form_may_follow_a_form() {
    let bench = Bench::start().await;
    bench.will(Reply::Form { form: create_form() });
    let view = json!({ "id": "V1", "hash": "h", "callback_id": "env.create", "blocks": 7 });
    let answer = bench.sender.payload(&bench.sender.submission("U1", &view, &[])).await.json();
    assert_eq!(answer["view"]["callback_id"], "env.create");
    assert_eq!(answer["view"]["blocks"][1]["block_id"], "name");
}

#[tokio::test]
async fn a_form_that_cannot_open_is_answered_with_what_to_type() {
    let bench = Bench::start().await;
    bench.fake.set_down(true);
    bench.will(Reply::Form { form: create_form() });
    let answer = bench.sender.types("U1", "env create").await.json();
    let told = "⚠️ Slack does not open the form just now. Type /platform env create template=\"rust service\" name=NAME public=PUBLIC instead.";
    assert_eq!(answer["text"], told);
    bench.fake.set_down(false);
    bench.will(Reply::Form { form: create_form() });
    bench.fake.limit(1, 9);
    assert_eq!(bench.sender.types("U1", "env create").await.json()["text"], told);
    assert_eq!(bench.fake.calls("views.open"), 2);
}

#[tokio::test]
async fn a_press_is_dispatched_and_answered_empty() {
    let bench = Bench::start().await;
    bench.will(Reply::say("not sent by the platform itself"));
    let answer = bench.sender.payload(&bench.sender.press("U1", "env.extend:env_1:1d")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let got = bench.got().remove(0);
    assert_eq!(got.input, Input::Press { value: ButtonValue::new("env.extend", "env_1", "1d") });
    assert_eq!(got.answer_by, AnswerBy::Url { url: bench.fake.response_url("press") });
    assert_eq!(bench.fake.calls("response_url"), 0);
}

#[tokio::test]
async fn a_press_may_open_a_form_or_say_why_not() {
    let bench = Bench::start().await;
    bench.will(Reply::Form { form: create_form() });
    bench.sender.payload(&bench.sender.press("U1", "env.create::")).await;
    assert_eq!(bench.fake.memory().views.len(), 1);
    bench.will(Reply::Form { form: create_form() });
    let late = bench.sender.press("U1", "env.create::");
    bench.fake.expire_triggers();
    bench.sender.payload(&late).await;
    bench.fake.answered().await;
    let memory = bench.fake.memory();
    assert!(memory.responses[0].1["text"].as_str().unwrap().contains("/platform env create"));
}

#[tokio::test]
async fn what_is_typed_is_asked_for_with_its_command_and_field() {
    let bench = Bench::start().await;
    let view = json!({ "private_metadata": r#"{"command":"env.create"}"# });
    let field = json!({ "type": "block_suggestion", "user": { "id": "U1" }, "team": null, "view": view,
        "action_id": "lookup", "block_id": "template", "value": "sh" });
    let select = json!({ "type": "block_suggestion", "user": { "id": "U1" }, "action_id": "choose:env.show:3", "value": "x" });
    for (asked, label) in [(field, "env.create template"), (select, "env.show ")] {
        let options = bench.sender.payload(&asked).await.json()["options"].clone();
        assert_eq!((&options[0]["text"]["text"], &options[0]["value"]), (&json!(label), &asked["value"]));
    }
    let foreign =
        json!({ "type": "block_suggestion", "user": { "id": "U1" }, "action_id": "theirs", "value": "x" });
    let answer = bench.sender.payload(&foreign).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_shortcut_is_called_like_its_command_and_answered_in_a_modal() {
    let bench = Bench::start().await;
    let trigger = bench.fake.trigger();
    let shortcut = json!({ "type": "shortcut", "callback_id": "env.create", "trigger_id": trigger,
        "user": { "id": "U1", "username": "ada", "team_id": TEAM }, "team": null });
    bench.will(Reply::Form { form: create_form() });
    assert_eq!(bench.sender.payload(&shortcut).await.body, "");
    assert_eq!(bench.fake.memory().views[0]["callback_id"], "env.create");
    let mut message = bench.sender.press("U1", "");
    message.as_object_mut().unwrap().extend([
        ("type".into(), json!("message_action")),
        ("callback_id".into(), json!("env.list")),
        ("message".into(), json!({ "thread_ts": "1.2" })),
    ]);
    bench.will(Reply::say("Here."));
    bench.sender.payload(&message).await;
    assert_eq!(bench.fake.calls("views.open"), 2);
    let got = bench.got();
    assert_eq!(got[0].input, Input::Press { value: ButtonValue::new("env.create", "", "") });
    assert_eq!((got[1].place.conversation.as_str(), got[1].place.thread.as_deref()), ("C1", Some("1.2")));
}

#[tokio::test]
async fn a_press_in_a_modal_is_answered_by_a_modal_on_top() {
    let bench = Bench::start().await;
    bench.will(Reply::say("Done."));
    let mut press = bench.sender.press("U1", "env.extend:env_1:1d");
    press.as_object_mut().unwrap().remove("response_url");
    press["view"] = json!({ "type": "modal", "id": "V1" });
    bench.sender.payload(&press).await;
    assert_eq!(bench.fake.calls("views.push"), 1);
    assert_eq!(bench.got()[0].answer_by, AnswerBy::InlineWords);
}

#[tokio::test]
async fn an_answer_survives_odd_members_around_it() {
    let bench = Bench::start().await;
    let press = bench.sender.press("U1", "survey.answer:inv_1:4");
    for member in
        ["team", "channel", "container", "trigger_id", "response_url", "message", "state", "enterprise"]
    {
        for odd in [Value::Null, json!(7), json!([]), json!("x"), json!({ "id": null })] {
            let mut payload = press.clone();
            payload[member] = odd;
            assert_eq!(bench.sender.payload(&payload).await.status, 200);
        }
    }
    let value = ButtonValue::new("survey.answer", "inv_1", "4");
    assert!(bench.got().iter().all(|did| did.input == Input::Press { value: value.clone() }));
    assert_eq!(bench.got().len(), 40);
}

#[tokio::test]
async fn a_select_is_the_first_argument_of_its_command() {
    let bench = Bench::start().await;
    let mut press = bench.sender.press("U1", "");
    press["actions"] = json!([{ "type": "static_select", "action_id": "choose:template.show:3", "selected_option": { "value": "rust" } }]);
    bench.sender.payload(&press).await;
    assert_eq!(bench.got()[0].input, Input::Press { value: ButtonValue::new("template.show", "rust", "") });
    press["actions"] = json!([{ "type": "button", "action_id": "open:1", "text": {} }]);
    assert_eq!(bench.sender.payload(&press).await.status, 200);
    assert_eq!(bench.got().len(), 1, "the press of a link is nothing");
}

#[tokio::test]
async fn somebody_from_another_workspace_is_an_outsider_once_ours_is_known() {
    let bench = Bench::start().await;
    let mut press = bench.sender.press("U9", "env.list::");
    press["user"]["team_id"] = "T9".into();
    press["enterprise"] = json!({ "id": "E1" });
    bench.sender.payload(&press).await;
    bench.slack.connect().await;
    bench.sender.payload(&press).await;
    bench.sender.payload(&bench.sender.press("U1", "env.list::")).await;
    let standings: Vec<Standing> = bench.got().iter().map(|did| did.standing).collect();
    assert_eq!(standings, [Standing::Member, Standing::Outsider, Standing::Member]);
    assert_eq!(bench.got()[1].identity.workspace, "T9");
}

#[tokio::test]
async fn direct_conversations_are_known_by_id_or_name() {
    let bench = Bench::start().await;
    for (id, name) in [("D1", "x"), ("G1", "directmessage"), ("C1", "general")] {
        let form = [("command", "/platform"), ("user_id", "U1"), ("channel_id", id), ("channel_name", name)];
        bench.sender.form(&form).await;
    }
    let direct: Vec<bool> = bench.got().iter().map(|did| did.place.direct).collect();
    assert_eq!(direct, [true, true, false]);
}

#[tokio::test]
async fn messages_are_posted_changed_and_sent_to_people() {
    let bench = Bench::start().await;
    let first = bench.post(channel("C1"), &Message::new("⏳ `shop`")).await.unwrap();
    assert_eq!(first.0, json!({ "channel": "C1", "ts": "1795350000.000001" }));
    bench.slack.update(TEAM, &first, &Message::new("✅ `shop`")).await.unwrap();
    assert_eq!(bench.fake.memory().messages[0].versions.len(), 2);
    assert_eq!(bench.fake.shown_in("C1")[0]["text"], "✅ shop");
    bench.post(Target::Direct { user: "U1".into() }, &Message::new("hello")).await.unwrap();
    assert_eq!(bench.fake.shown_in("DU1").len(), 1);
    let url = bench.fake.response_url("press");
    let message = Message::new("kept").buttons(vec![Button::new("Run", "env.list", "", "")]);
    bench.post(Target::Respond { url }, &message).await.unwrap();
    let answered = bench.fake.memory().responses[0].1.clone();
    assert_eq!(
        (&answered["response_type"], &answered["replace_original"]),
        (&json!("ephemeral"), &json!(false))
    );
}

#[tokio::test]
async fn refusals_of_slack_say_what_becomes_of_the_message() {
    let bench = Bench::start().await;
    let said = Message::new("hello");
    bench.fake.memory().channels.extend([("C2".into(), false), ("C3".into(), true)]);
    bench.fake.memory().archived.insert("C3".into());
    for (id, why) in [("C2", "not_in_channel"), ("C3", "is_archived"), ("C9", "channel_not_found")] {
        let refused = bench.post(channel(id), &said).await.unwrap_err();
        assert!(matches!(refused, SendError::NotThere(code) if code == why), "{id}");
    }
    bench.fake.limit(1, 17);
    let limited = bench.post(channel("C1"), &said).await.unwrap_err();
    assert!(matches!(limited, SendError::Later { seconds: 17, .. }));
    bench.fake.set_down(true);
    assert!(matches!(bench.post(channel("C1"), &said).await, Err(SendError::Later { .. })));
    bench.fake.set_down(false);
    let gone = MessageRef(json!({ "channel": "C1", "ts": "1.1" }));
    let gone = bench.slack.update(TEAM, &gone, &said).await.unwrap_err();
    assert!(matches!(gone, SendError::Gone(code) if code == "message_not_found"));
}

#[tokio::test]
async fn an_answer_that_never_comes_is_not_waited_for_and_may_have_been_a_yes() {
    let fake = FakeSlack::start().await;
    let url = fake.api_url();
    let bench = Bench::waiting(Duration::from_millis(100), fake, &url, TOKEN).await;
    bench.fake.set_silent(true);
    let (said, url) = (Message::new("hello"), bench.fake.response_url("press"));
    let whisper = Target::Whisper { id: "C1".into(), thread: None, user: "U1".into() };
    for target in [channel("C1"), Target::Respond { url }, whisper, Target::Home { user: "U1".into() }] {
        let unclear = bench.post(target.clone(), &said).await.unwrap_err();
        assert!(matches!(unclear, SendError::Unclear { .. }), "{target:?}: {unclear:?}");
    }
    let stands = MessageRef(json!({ "channel": "C1", "ts": bench.fake.memory().messages[0].ts }));
    let unclear = bench.slack.update(TEAM, &stands, &said).await;
    assert!(matches!(unclear, Err(SendError::Unclear { .. })));
    assert_eq!(bench.fake.ended("ok"), 5, "each was done all the same");
}

#[tokio::test]
async fn a_gateway_between_may_have_passed_it_on() {
    let bench = Bench::start().await;
    for status in [500, 502, 504] {
        bench.fake.set_status(status);
        let unclear = bench.post(channel("C1"), &Message::new("hello")).await.unwrap_err();
        assert!(matches!(unclear, SendError::Unclear { .. }), "{status}");
    }
    bench.fake.set_status(503);
    let refused = bench.post(channel("C1"), &Message::new("hello")).await.unwrap_err();
    assert!(matches!(refused, SendError::Later { .. }));
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let bench = Bench::start().await;
    bench.fake.grant(&["users:read"]);
    let refused = bench.post(channel("C1"), &Message::new("hello")).await.unwrap_err();
    assert_eq!(refused.to_string(), "missing_scope (needs chat:write)");
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_never_repeated() {
    let fake = FakeSlack::start().await;
    let url = fake.api_url();
    let bench = Bench::with(fake, &url, "xoxb-wrong").await;
    let refused = bench.post(channel("C1"), &Message::new("hello")).await.unwrap_err();
    assert_eq!(refused.to_string(), "invalid_auth");
    assert!(matches!(refused, SendError::Later { seconds: 300, .. }));
}

#[tokio::test]
async fn where_nobody_listens_the_bot_answers_and_waits() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", closed.local_addr().unwrap());
    drop(closed);
    let bench = Bench::with(FakeSlack::start().await, &url, TOKEN).await;
    let unsent = bench.post(channel("C1"), &Message::new("hello")).await.unwrap_err();
    assert!(matches!(unsent, SendError::Later { .. }));
    bench.will(Reply::say("still here"));
    assert_eq!(bench.sender.types("U1", "env list").await.json()["text"], "still here");
    bench.will(Reply::Form { form: create_form() });
    assert!(bench.sender.types("U1", "env create").await.body.contains("Type /platform env create"));
}

#[tokio::test]
async fn connecting_waits_for_slack() {
    let bench = Bench::start().await;
    bench.fake.limit(1, 1);
    bench.slack.connect().await;
    assert_eq!(bench.fake.calls("auth.test"), 2);
    assert_eq!(bench.slack.workspace().unwrap().team, TEAM);
}
