//! `goldenpath backup`, while a bot writes, and a bot that starts on the copy.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::ask;
use crate::harness::bot_process::{Bot, until};
use crate::harness::database::sqlite;

/// A bot on SQLite, whatever database the run has.
async fn embedded() -> Bot {
    let mut bot = Bot::installed().await;
    bot.database = sqlite(&bot.data());
    bot
}

/// Asks for one environment after another while `meanwhile` runs; how many were acknowledged before it.
async fn while_people_ask(bot: &Bot, meanwhile: impl Future<Output = ()>) -> usize {
    let (done, acknowledged) = (AtomicBool::new(false), AtomicUsize::new(0));
    let asking = async {
        while !done.load(Ordering::SeqCst) {
            ask(bot, "quick", &format!("shop-{}", acknowledged.load(Ordering::SeqCst))).await;
            acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    };
    let backing_up = async {
        until("a few are there", async || (acknowledged.load(Ordering::SeqCst) >= 5).then_some(())).await;
        let before = acknowledged.load(Ordering::SeqCst);
        meanwhile.await;
        done.store(true, Ordering::SeqCst);
        before
    };
    tokio::join!(asking, backing_up).1
}

/// Another installation with the copy as its database and this key.
async fn restored(copy: &Path, key: &Path) -> Bot {
    let bot = embedded().await;
    std::fs::copy(copy, bot.data().join("goldenpath.db")).unwrap();
    std::fs::copy(key, bot.data().join("key")).unwrap();
    bot
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_on_the_copy_has_all_that_was_acknowledged_before() {
    let mut bot = embedded().await;
    bot.restart().await;
    let copy = bot.data().join("copy.db");
    let backup = async {
        let (said, code) = bot.tool(&["backup", copy.to_str().unwrap()]).await;
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("copy.db: ") && said.contains("data/key"), "{said}");
    };
    let before = while_people_ask(&bot, backup).await;
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let mut second = restored(&copy, &bot.data().join("key")).await;
    second.restart().await;
    for number in 0..before {
        let answer = second.slack().types("UADA", &format!("env show shop-{number}")).await;
        assert!(answer.body.contains("Quick"), "shop-{number} of {before}: {answer:?}");
    }
    let torn =
        "SELECT name FROM environment WHERE 'template=quick name=' || name NOT IN (SELECT detail FROM audit)";
    assert_eq!(second.database.texts(torn).await, [] as [&str; 0], "half a unit was copied");
    assert_eq!(second.database.texts("PRAGMA integrity_check").await, ["ok"]);
    ask(&second, "quick", "another").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_key_the_copy_is_refused() {
    let mut bot = embedded().await;
    bot.restart().await;
    let copy = bot.data().join("copy.db");
    assert_eq!(bot.tool(&["backup", copy.to_str().unwrap()]).await.1, Some(0));
    let mut second = restored(&copy, &bot.data().join("key")).await;
    std::fs::remove_file(second.data().join("key")).unwrap();
    second.launch();
    assert_eq!(second.exit_code().await, Some(1));
    until("the reason", async || second.said().contains("GOLDENPATH_KEY_FILE").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_overwritten_and_nothing_half_is_left() {
    let mut bot = embedded().await;
    bot.restart().await;
    let copy = bot.data().join("copy.db");
    std::fs::write(&copy, "mine").unwrap();
    let (said, code) = bot.tool(&["backup", copy.to_str().unwrap()]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("copy.db exists already and is not overwritten"), "{said}");
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), "mine");
    assert!(!bot.data().join("copy.db.part").exists());
    let (said, code) = bot.tool(&["backup", "nowhere/copy.db"]).await;
    assert!(code == Some(1) && said.contains("nowhere/copy.db.part cannot be made"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_postgresql_the_command_is_said_without_the_password() {
    let mut bot = Bot::installed().await;
    bot.settings.push(("DATABASE_URL", "postgres://ada:hunter2@127.0.0.1:1/paths".into()));
    let (said, code) = bot.tool(&["backup", "copy.dump"]).await;
    assert_eq!(code, Some(1), "nothing was backed up");
    let command = "pg_dump --format=custom --file='copy.dump' 'postgres://ada@127.0.0.1:1/paths'";
    assert!(said.contains(command) && said.contains("the key file"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}
