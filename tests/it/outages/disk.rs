//! A disk that is full, one that turned read-only, files that take no writes.

use super::{ask, asks_until_refused, goes_on, not_ready, reads, refuses_changes, said_once};
use crate::harness::bot_process::Bot;
use crate::harness::database::sqlite;
use crate::harness::disk::{Disk, Immutable};

/// At first a write fails; opened again, the file itself is known to be read-only.
const READ_ONLY: &[&str] = &["its disk cannot be read or written", "it takes no changes"];

/// A bot whose data are on `disk`.
async fn bot_on(disk: &Disk) -> Bot {
    let mut bot = Bot::installed().await;
    bot.database = sqlite(&disk.path());
    bot.settings.push(("GOLDENPATH_DATA", disk.path().display().to_string()));
    bot.restart().await;
    ask(&bot, "UADA", "shop").await;
    bot.reads("DUADA", "How did getting").await;
    bot
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a file system, which root alone may: .ci/run runs it"]
async fn a_full_disk_takes_no_change_and_loses_none() {
    let disk = Disk::in_memory(6);
    let bot = bot_on(&disk).await;
    disk.fill();
    // Some fit into what the database has taken before.
    let (taken, refusal) = asks_until_refused(&bot, "UBOB").await;
    assert!(refusal.contains("Nothing was changed; try again in a minute"), "{refusal}");
    refuses_changes(&bot, &["its disk is full"]).await;
    reads(&bot, "UADA", "shop").await;
    reads(&bot, "UNEW", "You have no environments").await;
    disk.empty();
    goes_on(&bot, &taken).await;
    said_once(&bot, 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a file system, which root alone may: .ci/run runs it"]
async fn a_read_only_disk_is_read_and_after_its_repair_nothing_is_lost() {
    let disk = Disk::in_a_file(24);
    let mut bot = bot_on(&disk).await;
    disk.turn_read_only();
    refuses_changes(&bot, READ_ONLY).await;
    reads(&bot, "UADA", "shop").await;
    reads(&bot, "UNEW", "You have no environments").await;
    reads(&bot, "UADA", "shop").await;
    bot.kill();
    disk.mend();
    bot.restart().await;
    goes_on(&bot, &["shop".into()]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a file system, which root alone may: .ci/run runs it"]
async fn files_that_take_no_writes_for_a_while_need_no_restart() {
    let disk = Disk::in_a_file(24);
    let bot = bot_on(&disk).await;
    let immutable = Immutable::files_of(&disk.path(), "goldenpath.db-wal");
    refuses_changes(&bot, READ_ONLY).await;
    reads(&bot, "UADA", "shop").await;
    not_ready(&bot, READ_ONLY).await;
    drop(immutable);
    goes_on(&bot, &[]).await;
    said_once(&bot, 1);
}
