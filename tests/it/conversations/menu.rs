//! Finding one's way: help, typing errors, templates, what one may not do.

use insta::assert_snapshot;

use crate::harness::reading::buttons;
use crate::harness::test_app::TestApp;

#[tokio::test]
async fn help_shows_each_person_what_they_may_run() {
    let app = TestApp::start().await;
    assert_snapshot!(app.person("Ada").runs("").await, @"
    Goldenpath gets you what the platform offers, without a ticket. This is what you can type:
    Type | What it does
    `/platform env cancel NAME` | Stop a create that is going on
    `/platform env create TEMPLATE NAME [ttl=…] [--dry-run]` | Make an environment from a golden path
    `/platform env destroy NAME` | Remove an environment and what it owns
    `/platform env extend NAME BY` | Keep an environment longer
    `/platform env list [--all]` | List your environments
    `/platform env retry NAME [OUTCOME]` | Go on with an environment that stopped or is stuck
    `/platform env show NAME` | Show an environment: where it is, what it made, how long it lives
    `/platform env undo NAME` | Remove what a create made that stopped, and keep the name
    `/platform feedback TEXT [--anonymous]` | Tell the platform team something, in your own words
    `/platform help [NOUN] [VERB]` | Show what you can type
    `/platform home` | See your environments, what to do with them, and the golden paths
    `/platform link [CODE]` | Be one person with your account on another chat
    `/platform privacy` | See what is kept about you
    `/platform privacy export` | Take away all that is kept about you, as a file
    `/platform roadmap list` | See what is planned, in the order that the evidence gives
    `/platform roadmap vote ITEM` | Say that an item matters to you; one vote a person
    `/platform settings [zone=…] [hours=…] [surveys=…]` | See and change your time zone, working hours and surveys
    `/platform settings change [zone=…] [hours=…] [surveys=…]` | Change your time zone, working hours and surveys by a form
    `/platform settings zone ZONE` | Say in which time zone you live
    `/platform template list` | List the golden paths
    `/platform template search WORDS` | Find a golden path by what it is for
    `/platform template show TEMPLATE` | Show a golden path: its steps, parameters and limits
    `/platform help env` tells more about one of them; quotes keep words together.
    ");
    let pm = app.person("Priya").runs("help").await;
    assert!(pm.contains("/platform stats") && !pm.contains("survey answer"), "{pm}");
    assert_snapshot!(app.person("Ada").runs("help env extend").await, @"
    Keep an environment longer
    `/platform env extend NAME BY`
    name  Its name
    by  How much longer, as `1d`, or until when by your clock, as `until fri 18:00`
    `/platform env extend demo 1d`  moves the deadline by a day
    `/platform env extend demo until sat 18:00`  keeps it until then
    ");
    assert_snapshot!(app.person("Ada").runs("env help").await, @"
    Commands of `env`:
    Type | What it does
    `/platform env cancel NAME` | Stop a create that is going on
    `/platform env create TEMPLATE NAME [ttl=…] [--dry-run]` | Make an environment from a golden path
    `/platform env destroy NAME` | Remove an environment and what it owns
    `/platform env extend NAME BY` | Keep an environment longer
    `/platform env list [--all]` | List your environments
    `/platform env retry NAME [OUTCOME]` | Go on with an environment that stopped or is stuck
    `/platform env show NAME` | Show an environment: where it is, what it made, how long it lives
    `/platform env undo NAME` | Remove what a create made that stopped, and keep the name
    ");
    app.end().await;
}

#[tokio::test]
async fn wrong_words_are_answered_with_the_next_step() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.runs("enf list").await, @"
    There is no `enf`. Did you mean `/platform env`?
    [Run it]
    ");
    assert_snapshot!(ada.runs("env creat x").await, @"
    There is no `env creat`. Did you mean `/platform env create`?
    [Run it]
    ");
    assert_snapshot!(ada.runs("xyzzy").await, @"There is no `xyzzy`. There is `env`, `feedback`, `help`, `home`, `link`, `privacy`, `roadmap`, `settings` or `template`; `/platform help` tells more.");
    assert_snapshot!(ada.runs("env fly").await, @"There is no `env fly`. `env` knows `cancel`, `create`, `destroy`, `extend`, `list`, `retry`, `show` or `undo`.");
    assert_snapshot!(ada.runs("env show nowhere").await, @"There is no environment `nowhere`. `/platform env list --all` shows what there is.");
    assert_snapshot!(ada.runs("env create previw-site demo").await, @"There is no template `previw-site`. Did you mean `preview-site`?");
    assert_snapshot!(ada.runs("env create preview-site Demo_1").await, @"`Demo_1` cannot be a name: lower-case letters, digits and `-`, a letter first, at most 40. `demo-1` would do.");
    assert_snapshot!(ada.runs("env create preview-site demo accent=pink").await, @"`accent` has to be one of `indigo`, `teal`, `green`, `amber`, `rose`.");
    assert_snapshot!(ada.runs("env create preview-site demo titel=x").await, @"There is no parameter `titel`. Did you mean `title`?");
    assert_snapshot!(ada.runs("env create preview-site demo ttl=90d").await, @"`preview-site` allows 14 days at most; write `ttl=14d` or less.");
    assert_snapshot!(ada.runs("env list \"open").await, @r#"A quote (`"`) is opened and never closed. Close it, or leave it out."#);
    assert_snapshot!(ada.runs("template search zzzz").await, @"Nothing fits zzzz. It is noted as missing. `/platform template list` shows what there is.");
    assert_snapshot!(ada.runs("stats").await, @"🔒 `/platform stats` needs the role `pm`. An admin gives it under `[access.roles]` in the config.");
    app.end().await;
}

#[tokio::test]
async fn the_button_under_a_suggestion_runs_the_corrected_line_for_its_reader_alone() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    let (_, value) = buttons(&ada.types("env creat preview-site demo").await)[0].clone();
    assert_snapshot!(ben.presses_value(&value).await, @"This suggestion is not kept any more. Type the command.");
    assert_snapshot!(ada.presses_value(&value).await, @"⏳ `demo` is asked for; a message follows it, here or directly to you. `/platform env show demo` shows it any time.");
    assert!(app.reads("C1").contains("`demo` is ready"));
    app.after(std::time::Duration::from_secs(86_400)).await;
    assert_snapshot!(ada.presses_value(&value).await, @"This suggestion is not kept any more. Type the command.");
    app.end().await;
}

#[tokio::test]
async fn templates_are_listed_found_and_shown() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.runs("template").await, @"
    What an environment can be made from, golden paths first:
    Name | Title | Support | What it gives
    `preview-site` | Preview site | golden path | A static web page at an address of its own within seconds, to show an idea, share a note with a team or try the platform out
    `rust-service` | Rust service | golden path | A small HTTP service in Rust with a health check, tests, continuous integration and a catalog entry, in a Git repository of its own
    [Create from preview-site] [Create from rust-service]
    `/platform template show NAME` tells what one asks and does.
    ");
    assert_snapshot!(ada.runs("template search web page").await, @"
    1 for web page, best first:
    Name | Title | Support | What it gives
    `preview-site` | Preview site | golden path | A static web page at an address of its own within seconds, to show an idea, share a note with a team or try the platform out
    [Create from preview-site]
    `/platform template show NAME` tells what one asks and does.
    ");
    assert_snapshot!(ada.runs("template show preview-site").await, @"
    Preview site (`preview-site`)
    A static web page at an address of its own within seconds, to show an idea, share a note with a team or try the platform out. Plain HTML and CSS, light and dark, without scripts.
    Support  golden path
    Version  `3a83e0cf998d`
    Kept for  3 days, at most 14 days
    Owner  group:default/platform
    Tags  website, static, html, page, preview, demo, frontend, recommended
    1. rendering the page
    2. serving the site
    Parameter | Default | What it is
    `name` | – | Stands in the page's foot. The environment's name unless given.
    `title` | – | The headline. The name unless given.
    `message` | `This page was made on the golden path. Change its words, keep its address.` | What the page says. An empty line starts a new paragraph.
    `accent` | `indigo` | Accent colour
    `/platform env create preview-site NAME` makes one.
    [Create]
    ");
    assert_snapshot!(ada.runs("env create rust-service shop --dry-run").await, @"
    A dry run: nothing was made. `shop` from Rust service would take these steps and be yours until 2026-11-25 09:00 UTC (in 7 days).
    # | Step | Action
    1 | rendering files | `fetch:template`
    2 | publishing the repository | `publish:git`
    3 | registering in the catalog | `catalog:register`
    ");
    assert_snapshot!(ada.runs("env list").await, @"You have no environments. `/platform env create` makes one; `/platform template list` shows what there is.");
    app.end().await;
}

#[tokio::test]
async fn somebody_of_another_workspace_has_no_role() {
    let app = TestApp::start().await;
    app.connected().await;
    let stranger = app.person("Eve").of("T9");
    assert_snapshot!(stranger.runs("env list").await, @"🔒 You have no role here. Guests, bots and people from elsewhere have none; a member gets one from an admin, under `[access.roles]` in the config.");
    assert_snapshot!(stranger.runs("help").await, @"🔒 You have no role here. Guests, bots and people from elsewhere have none; a member gets one from an admin, under `[access.roles]` in the config.");
    app.end().await;
}

#[tokio::test]
async fn a_value_that_is_named_and_quoted_is_no_verb_and_no_option() {
    let app = TestApp::start().await;
    let (ada, priya) = (app.person("Ada"), app.person("Priya"));
    for words in ["list", "help", "--help", "show --anonymous"] {
        let thanks = ada.runs(&format!("feedback --text=\"{words}\"")).await;
        assert!(thanks.contains("Thank you"), "{words}: {thanks}");
    }
    assert_eq!(ada.runs("help --noun=\"env\" --verb=\"extend\"").await, ada.runs("help env extend").await);
    let all = priya.runs("feedback list").await;
    assert!(all.contains("show --anonymous") && all.contains("--help"), "{all}");
    app.end().await;
}
