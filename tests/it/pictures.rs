//! Pictures and files in messages: kept once, shown where Slack takes them, told in words elsewhere.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use goldenpath::chat::Target;
use goldenpath::chat::attachment::{File, Picture};
use goldenpath::chat::inbound::{AnswerBy, Identity, Input, Invocation, Place, Standing};
use goldenpath::chat::message::{Message, Reply};
use goldenpath::chat::outbox::{self, Address};
use goldenpath::commands::inbox::{self, Delivery};

use crate::harness::fake_slack::TEAM;
use crate::harness::test_app::TestApp;

const HOUR: Duration = Duration::from_secs(3_600);
const SECOND: Duration = Duration::from_secs(1);

/// As much of a PNG as anybody looks at here, told apart by `mark`.
fn png(mark: u8) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 6, 64, 0, 0, 3, 32, mark]);
    png
}

fn flat() -> Message {
    let picture = Picture::new("trend", "Satisfaction is flat: +1.9 ± 4.1", png(1), png(2));
    Message::new("Satisfaction").picture(picture)
}

/// From now on `key` shows the message at `target`.
async fn shows(app: &TestApp, key: &str, target: Target, message: Message) {
    let address = Address { platform: "slack".into(), workspace: TEAM.into(), target, fallback: None };
    let unit = (key.to_owned(), address, message);
    let put = app.app.db.write(unit, |tx, (key, to, message)| Box::pin(outbox::put(tx, key, to, message)));
    put.await.unwrap();
    app.run_jobs().await;
}

fn channel() -> Target {
    Target::Channel { id: "C1".into() }
}

const SHOWN: &str = "Satisfaction\n(picture: Satisfaction is flat: +1.9 ± 4.1)";
const TOLD: &str = "Satisfaction\nSatisfaction is flat: +1.9 ± 4.1";

#[tokio::test]
async fn a_picture_is_given_to_slack_once_and_shown_wherever_it_is_said() {
    let app = TestApp::start().await;
    shows(&app, "a", channel(), flat()).await;
    shows(&app, "b", Target::Direct { user: "UADA".into() }, flat()).await;
    shows(&app, "a", channel(), flat().section("Still.")).await;
    assert_eq!(app.reads("C1"), format!("{SHOWN}\nStill."));
    assert_eq!(app.reads("DUADA"), SHOWN);
    let files = app.fake.files();
    assert_eq!((files.len(), &files[0].bytes, files[0].name.as_str()), (1, &png(1), "trend.png"));
    assert_eq!(files[0].alt, "Satisfaction is flat: +1.9 ± 4.1");
    app.end().await;
}

#[tokio::test]
async fn without_the_scope_the_words_go_and_once_it_is_granted_the_picture_does() {
    let app = TestApp::start().await;
    app.fake.grant(&["chat:write", "im:write"]);
    shows(&app, "a", channel(), flat()).await;
    assert_eq!(app.reads("C1"), TOLD);
    shows(&app, "b", channel(), flat()).await;
    assert_eq!(app.fake.ended("missing_scope"), 1, "it is not asked for each message");
    app.fake.grant(&["chat:write", "im:write", "files:write"]);
    app.after(HOUR).await;
    shows(&app, "c", channel(), flat()).await;
    assert_eq!(app.reads("C1"), [TOLD, TOLD, SHOWN].join("\n\n"));
    app.end().await;
}

#[tokio::test]
async fn one_that_is_too_large_is_told_in_words() {
    let app = TestApp::start().await;
    let large = [png(1), vec![0; 1_000_000]].concat();
    let picture = Picture::new("trend", "Satisfaction is flat: +1.9 ± 4.1", large, png(2));
    shows(&app, "a", channel(), Message::new("Satisfaction").picture(picture)).await;
    assert_eq!((app.reads("C1").as_str(), app.fake.ended("file_upload_size_restricted")), (TOLD, 1));
    app.end().await;
}

#[tokio::test]
async fn the_message_waits_while_slack_looks_at_the_picture_but_not_for_long() {
    let app = TestApp::start().await;
    app.fake.set_looking(SECOND * 3);
    shows(&app, "a", channel(), flat()).await;
    assert_eq!(app.reads("C1"), "");
    app.passes(SECOND * 5).await;
    assert_eq!(app.reads("C1"), SHOWN);
    app.fake.set_looking(HOUR);
    let other = Picture::new("trend", "Up: +9 ± 4", png(3), png(4));
    shows(&app, "b", channel(), Message::new("Satisfaction").picture(other)).await;
    app.passes(SECOND * 70).await;
    assert_eq!(app.reads("C1"), format!("{SHOWN}\n\nSatisfaction\nUp: +9 ± 4"));
    app.end().await;
}

#[tokio::test]
async fn an_upload_that_fails_is_tried_for_some_minutes() {
    let app = TestApp::start().await;
    app.fake.refuse("files.completeUploadExternal", "internal_error", 3);
    shows(&app, "a", channel(), flat()).await;
    app.passes(SECOND * 60).await;
    assert_eq!(app.reads("C1"), SHOWN);
    app.fake.refuse("files.getUploadURLExternal", "internal_error", 1_000);
    let other = Picture::new("trend", "Up: +9 ± 4", png(3), png(4));
    shows(&app, "b", channel(), Message::new("Satisfaction").picture(other)).await;
    app.passes(SECOND * 400).await;
    assert_eq!(app.reads("C1"), format!("{SHOWN}\n\nSatisfaction\nUp: +9 ± 4"));
    app.end().await;
}

#[tokio::test]
async fn where_one_person_alone_sees_it_for_a_while_it_is_told_in_words() {
    let app = TestApp::start().await;
    let whisper = Target::Whisper { id: "C1".into(), thread: None, user: "UADA".into() };
    shows(&app, "a", whisper, flat()).await;
    let url = app.fake.response_url("press");
    shows(&app, "b", Target::Respond { url }, flat()).await;
    assert_eq!(app.fake.whispered("C1", "UADA")[0]["blocks"][1]["type"], "context");
    assert_eq!(app.fake.memory().responses.len(), 1);
    assert_eq!(app.fake.files().len(), 0, "nothing is uploaded that nobody sees");
    app.end().await;
}

/// Somebody's line, whose answer travels so.
fn line(answer_by: AnswerBy) -> Invocation {
    Invocation {
        identity: Identity::new("slack", TEAM, "UADA"),
        standing: Standing::Member,
        display_name: "Ada".into(),
        place: Place { conversation: "C1".into(), direct: false, thread: None },
        delivery: "one".into(),
        answer_by,
        input: Input::Line { text: "stats".into() },
    }
}

#[tokio::test]
async fn a_private_answer_with_a_picture_comes_directly_as_well_once() {
    for (answer_by, whispers) in [(AnswerBy::InlineWords, 0), (AnswerBy::Message, 1)] {
        let app = TestApp::start().await;
        let delivery = Delivery::of(&line(answer_by), &[0; 32]);
        for _ in 0..2 {
            inbox::answer_only(&app.app.db, &delivery, &Reply::private(flat())).await.unwrap();
            app.run_jobs().await;
        }
        assert_eq!(app.reads("DUADA"), SHOWN);
        assert_eq!(app.fake.whispered("C1", "UADA").len(), whispers);
        app.end().await;
    }
}

#[tokio::test]
async fn a_file_is_a_link_or_how_it_begins() {
    let app = TestApp::start().await;
    let rows: String = (0..30).map(|n| format!("{n},x\n")).collect();
    let export = Message::new("Here it is.").file(File::new("answers.csv", rows.clone()));
    shows(&app, "a", channel(), export.clone()).await;
    assert_eq!(app.reads("C1"), "Here it is.\nanswers.csv (1 kB)");
    assert_eq!(app.fake.files()[0].bytes, rows.as_bytes());
    let whisper = Target::Whisper { id: "C1".into(), thread: None, user: "UADA".into() };
    shows(&app, "b", whisper, export).await;
    let told = crate::harness::reading::read(&app.fake.whispered("C1", "UADA")[0]);
    assert!(told.starts_with("Here it is.\n```0,x\n1,x\n"), "{told}");
    assert!(told.ends_with("19,x```\n`answers.csv`: the first 20 lines; 10 more are not shown."), "{told}");
    app.end().await;
}

#[tokio::test]
async fn what_nothing_shows_any_more_is_forgotten_within_hours() {
    let app = TestApp::start().await;
    app.app.worker.schedule().await.unwrap();
    let kept = async || app.texts("SELECT media FROM blob").await.len();
    shows(&app, "a", channel(), flat()).await;
    shows(&app, "b", channel(), flat()).await;
    assert_eq!(kept().await, 2, "one for light and one for dark, once");
    shows(&app, "a", channel(), Message::new("No picture.")).await;
    app.passes(HOUR * 3).await;
    assert_eq!(kept().await, 2, "another message shows it");
    shows(&app, "b", channel(), Message::new("No picture.")).await;
    app.passes(HOUR * 3).await;
    assert_eq!(kept().await, 0);
    assert_eq!(app.texts("SELECT digest FROM blob_upload").await, [""; 0]);
    app.end().await;
}
