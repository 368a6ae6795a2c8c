//! What the bot really says, as Discord shows it: the answers to a walk through the commands, and the
//! forms of the shipped golden paths.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::sync::atomic::{AtomicUsize, Ordering};

use goldenpath::chat::discord::form::{self, Step};
use goldenpath::chat::discord::render;
use goldenpath::chat::drafts::Draft;
use goldenpath::chat::form::Form;
use goldenpath::chat::inbound::{AnswerBy, Identity, Input, Invocation, Place, Standing};
use goldenpath::chat::message::Reply;
use goldenpath::config::Config;
use goldenpath::content::Content;

use crate::harness::discord_shown::{self as shown, read};
use crate::harness::fake_slack::TEAM;
use crate::harness::test_app::TestApp;

static DELIVERIES: AtomicUsize = AtomicUsize::new(0);

async fn asks(app: &TestApp, user: &str, line: &str) -> Reply {
    let place = Place { conversation: "C1".into(), direct: false, thread: None };
    let invocation = Invocation {
        identity: Identity::new("slack", TEAM, user),
        standing: Standing::Member,
        display_name: user[1..].to_lowercase(),
        place,
        delivery: format!("walk-{}", DELIVERIES.fetch_add(1, Ordering::Relaxed)),
        answer_by: AnswerBy::InlineWords,
        input: Input::Line { text: line.into() },
    };
    app.app.dispatcher.dispatch(invocation).await
}

async fn reads(app: &TestApp, user: &str, line: &str) -> String {
    match asks(app, user, line).await {
        Reply::Private { message } | Reply::Public { message } => {
            without_port(&read(&shown::message(render::message(&message))))
        }
        other => format!("{other:?}"),
    }
}

/// A site's port is whichever was free, and a version the digest of what the template has by now.
fn without_port(words: &str) -> String {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    let mut parts = words.split("http://127.0.0.1:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| format!("{all}http://127.0.0.1:PORT{}", &part[digits(part)..]))
}

/// The steps of a form up to its end, each held to Discord's limits; how many there are.
fn walks(form: Form) -> String {
    let draft = Draft { id: "drf_0123456789abcdef".into(), form, given: Default::default(), sent_by: None };
    let mut seen = Vec::new();
    for page in 0.. {
        match form::advance(&draft, page, &form::Deed::Open) {
            Some((_, Step::Modal(modal))) => {
                let modal = shown::modal(modal);
                let labels = modal["components"].as_array().unwrap().iter();
                seen.push(format!(
                    "( {} )",
                    labels.map(|row| row["components"][0]["label"].to_string()).collect::<Vec<_>>().join(" ")
                ));
            }
            Some((_, Step::Message(message))) => seen.push(read(&shown::message(message))),
            _ => break,
        }
    }
    seen.join("\n")
}

#[tokio::test]
async fn the_messages_of_an_environments_life() {
    let app = TestApp::start().await;
    asks(&app, "UADA", "env create preview-site shop ttl=3d").await;
    app.run_jobs().await;
    insta::assert_snapshot!(reads(&app, "UADA", "env show shop").await, @r#"
    **shop**
    ---
    |State: ✅ ready
    |Owner: Ada
    Template: Preview site (golden path, version `3a83e0cf998d`)
    |Until: <t:1795251600:f> (in 3 days)
    |URL: <http://127.0.0.1:PORT/>
    ---
    -# Parameters: `name=shop message="This page was made on the golden path. Change its words, keep its address." accent=indigo`
    -# Goes with it: workspace, process site of shop.
    [Open] [Extend by 1 day] [Destroy]
    "#);
    insta::assert_snapshot!(reads(&app, "UADA", "env list").await, @"
    **1 environment**
    -# Name · State · Template · Where · Until
    `shop` · ✅ ready · Preview site · <http://127.0.0.1:PORT/> · <t:1795251600:f> (in 3 days)
    [[Show one: 1]]
    ");
    insta::assert_snapshot!(reads(&app, "UADA", "home").await, @"
    **Your environment**

    ✅ `shop` is ready · Preview site · <http://127.0.0.1:PORT/> · until <t:1795251600:f> (in 3 days)

    **Golden paths**
    `preview-site`  *Preview site*, golden path: A static web page at an address of its own within seconds, to show an idea, share a note with a team or try the platform out
    `rust-service`  *Rust service*, golden path: A small HTTP service in Rust with a health check, tests, continuous integration and a catalog entry, in a Git repository of its own
    -# `/platform template show NAME` tells what one asks and does.
    [New environment]
    [Show] [Open] [Extend by 1 day] [Destroy]
    ");
    insta::assert_snapshot!(reads(&app, "UADA", "env creat").await, @"
    There is no `env creat`. Did you mean `/platform env create`?
    [Run it]
    ");
    app.end().await;
}

#[tokio::test]
async fn every_command_that_shows_something_fits() {
    let app = TestApp::start().await;
    asks(&app, "UADA", "env create preview-site shop ttl=3d").await;
    app.run_jobs().await;
    let lines = [
        "help",
        "help env",
        "help env create",
        "template list",
        "template show rust-service",
        "template search rust",
        "stats",
        "stats env",
        "stats survey",
        "stats roadmap",
        "privacy",
        "settings",
        "survey list",
        "roadmap",
        "feedback list",
        "env list --all",
        "nonsense",
        "env create preview-site other --dry-run",
        "survey show env-ready",
        "survey results env-ready",
        "feedback it's *slow* # now",
        "roadmap add \"Faster *search*\"",
    ];
    for line in lines {
        assert!(!reads(&app, "UOLGA", line).await.is_empty());
        reads(&app, "UPRIYA", line).await;
    }
    app.end().await;
}

#[tokio::test]
async fn three_hundred_environments_fit() {
    let app = TestApp::start().await;
    let name = "x-3456789-123456789-123456789-123456";
    asks(&app, "UADA", &format!("env create preview-site {name}")).await;
    app.run_jobs().await;
    app.has_copies(name, 299).await;
    let list = reads(&app, "UADA", "env list").await;
    insta::assert_snapshot!(list.lines().filter(|line| !line.starts_with('`')).collect::<Vec<_>>().join("\n"), @"
    **300 environments**
    ---
    -# Name · State · Template · Where · Until
    -# 269 more rows are not shown.
    The choice lists 25 of 300; /platform env show finds any of them while you type.
    [[Show one: 25]]
    ");
    insta::assert_snapshot!(reads(&app, "UADA", "home").await.lines().filter(|line| line.contains("shown") || line.starts_with('[')).collect::<Vec<_>>().join("\n"), @"
    The choice lists 25 of 300; /platform env show finds any of them while you type. 68 more buttons are not shown; /platform help tells what to type instead.
    [New environment]
    [Show · x-3456789-123456789-123456789-123456] [Open · x-3456789-123456789-123456789-123456] [Extend by 1 day · x-3456789-123456789-123456789-123456] [Destroy · x-3456789-123456789-123456789-123456]
    [Show · x-3456789-123456789-123456789-123456-0] [Open · x-3456789-123456789-123456789-123456-0] [Extend by 1 day · x-3456789-123456789-123456789-123456-0] [Destroy · x-3456789-123456789-123456789-123456-0]
    [Show · x-3456789-123456789-123456789-123456-1] [Open · x-3456789-123456789-123456789-123456-1] [Extend by 1 day · x-3456789-123456789-123456789-123456-1] [Destroy · x-3456789-123456789-123456789-123456-1]
    [[Show one: 25]]
    ");
    reads(&app, "UOLGA", "env list --all").await;
    app.app.db.close().await;
}

#[tokio::test]
async fn the_forms_of_the_shipped_golden_paths() {
    let app = TestApp::start().await;
    let mut all = String::new();
    for line in [
        "env create",
        "env create preview-site",
        "env create rust-service",
        "settings change",
        "roadmap add",
        "feedback",
    ] {
        let form = match asks(&app, "UPRIYA", line).await {
            Reply::Form { form } => walks(form),
            other => format!("{other:?}"),
        };
        all += &format!("== {line}\n{form}\n");
    }
    insta::assert_snapshot!(all, @r#"
    == env create
    **Env create**
    Make an environment from a golden path.
    **Template**: The golden path it is made from; `/platform template list` shows them.
    [[Template: 2]]
    [Next]
    == env create preview-site
    **Preview site (1 of 2)**
    A static web page at an address of its own within seconds, to show an idea, share a note with a team or try the platform out. Plain HTML and CSS, light and dark, without scripts.
    **Accent colour**
    [[Accent colour: 5]]
    [Continue]
    ( "Name" "Keep for" "Title" "Message" )
    == env create rust-service
    **Rust service (1 of 3)**
    A small HTTP service in Rust with a health check, tests, continuous integration and a catalog entry, in a Git repository of its own. Builds without the network, since it needs no crates.
    **Licence**
    [[Licence: 4]]
    [Continue]
    ( "Name" "Keep for" "Description" "Owner" "Greeting" )
    ( "Port" "Repository" )
    == settings change
    **Settings change (1 of 2)**
    Change your time zone, working hours and surveys by a form.
    **Surveys**: How often you are asked: like everybody, half as often, or never.
    [[Surveys: 3]]
    [Continue]
    ( "Time zone" "Working hours" )
    == roadmap add
    ( "Title" )
    == feedback
    ( "Text" "Anonymous" )
    "#);
}

/// What Discord's confirmation says is what Slack's dialog does.
#[tokio::test]
async fn what_is_confirmed_is_said_in_one_way() {
    let app = TestApp::start().await;
    asks(&app, "UADA", "env create preview-site shop").await;
    app.run_jobs().await;
    let menu = Content::load(&Config::defaults()).unwrap().menu;
    for line in ["env show shop", "privacy"] {
        let Reply::Private { message } = asks(&app, "UADA", line).await else { panic!("{line}") };
        let buttons = message.blocks.iter().filter_map(|block| match block {
            goldenpath::chat::message::Block::Actions { buttons } => Some(buttons),
            _ => None,
        });
        let confirmed: Vec<_> = buttons
            .flatten()
            .filter_map(|button| Some((button.value.parts().0, button.confirm.as_ref()?)))
            .collect();
        assert_eq!(confirmed.len(), 1, "{line}");
        let (command, confirm) = confirmed[0];
        assert_eq!(menu.get(command).unwrap().confirm.as_deref(), Some(confirm.text.as_str()));
    }
    app.end().await;
}
