//! PostgreSQL gone for a while, and read-only for a while.

use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{ask, goes_on, not_ready, reads, refuses_changes, said_once};
use crate::harness::bot_process::{Bot, until};
use crate::harness::database::Database;

/// A server of this test's own.
struct Server(TempDir);

impl Server {
    fn start() -> (Server, String) {
        let folder = TempDir::with_prefix("gppg").unwrap();
        // The server has a user of its own where this runs as root.
        assert!(Command::new("chmod").arg("711").arg(folder.path()).status().unwrap().success());
        let server = Server(folder);
        let url = server.does("start");
        (server, url)
    }

    fn does(&self, what: &str) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/postgres");
        let output = Command::new(script).arg(what).arg(self.0.path().join("db")).output().unwrap();
        assert!(output.status.success(), "{what}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.does("stop");
    }
}

async fn bot_on(url: &str) -> Bot {
    let mut bot = Bot::installed().await;
    bot.database = Database::at(url);
    bot.restart().await;
    ask(&bot, "UADA", "shop").await;
    bot.reads("DUADA", "How did getting").await;
    bot
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a PostgreSQL of its own and stops it for a minute: .ci/run runs it"]
async fn postgres_gone_for_a_minute_is_said_and_waited_for() {
    let (server, url) = Server::start();
    let bot = bot_on(&url).await;
    // One create is under way.
    ask(&bot, "UADA", "going").await;
    server.does("stop");
    let began = Instant::now();
    refuses_changes(&bot, &["it does not answer"]).await;
    let answer = bot.slack().types("UNEW", "env list").await;
    assert!(answer.body.contains("it does not answer") && answer.status == 200, "{answer:?}");
    until_gone_for(Duration::from_secs(60), began).await;
    not_ready(&bot, &["it does not answer"]).await;
    assert_eq!(server.does("start"), url, "at the same address");
    goes_on(&bot, &["going".into()]).await;
    said_once(&bot, 1);
}

/// The minute is what is tested.
async fn until_gone_for(span: Duration, began: Instant) {
    tokio::time::sleep(span.saturating_sub(began.elapsed())).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a PostgreSQL of its own: .ci/run runs it"]
async fn a_read_only_postgres_is_read() {
    let (_server, url) = Server::start();
    let bot = bot_on(&url).await;
    // As after a change to a stand-by: every connection is a new one there.
    let ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
    let operator = Database::at(&format!("{url}?options[default_transaction_read_only]=off"));
    let turn = async |to: &str| {
        operator.execute(format!("ALTER DATABASE postgres SET default_transaction_read_only = {to}")).await;
        operator.execute(ends).await;
    };
    turn("on").await;
    let refused = async || ask(&bot, "UADA", "refused").await.contains("takes no changes").then_some(());
    until("it is refused", refused).await;
    refuses_changes(&bot, &["it takes no changes"]).await;
    reads(&bot, "UADA", "shop").await;
    turn("off").await;
    goes_on(&bot, &[]).await;
}
