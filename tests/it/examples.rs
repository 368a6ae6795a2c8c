//! Every example of every spec, run through the whole app as a person would type it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use goldenpath::access::Role;
use goldenpath::app::{Ambient, App};
use goldenpath::chat::inbound::{AnswerBy, Identity, Input, Invocation, Place, Standing};
use goldenpath::chat::message::{Block, Reply};
use goldenpath::clock::{ManualClock, SystemClock, Timestamp};
use goldenpath::commands::spec::Menu;
use goldenpath::config::{Config, environment};
use goldenpath::content::Content;
use goldenpath::ids::Ids;
use tempfile::TempDir;

/// Someone with every role, and the bot they talk to.
struct Bot {
    app: App,
    clock: Arc<ManualClock>,
    typed: AtomicUsize,
    _data: TempDir,
}

impl Bot {
    async fn start() -> (Bot, Menu) {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::defaults();
        config.data = data.path().join("data");
        // Programs are found as they are here; no other setting of this machine counts.
        let found = |name: &str| Some((name.to_owned(), environment().remove(name)?));
        config.child_env = ["PATH", "HOME"].into_iter().filter_map(found).collect();
        config.playground.enabled = Some(false);
        config.site.program = Some(env!("CARGO_BIN_EXE_goldenpath").into());
        config.access.roles = Role::ALL.map(|role| (role, vec!["test:local:root".to_owned()])).into();
        let content = Content::load(&config).unwrap();
        let menu = content.menu.clone();
        let clock = Arc::new(ManualClock::at(Timestamp(1_750_000_000_000)));
        let ambient =
            Ambient { clock: clock.clone(), wall: Arc::new(SystemClock), ids: Arc::new(Ids::seeded(7)) };
        let app = App::build(&config, content, ambient).await.unwrap();
        (Bot { app, clock, typed: AtomicUsize::new(0), _data: data }, menu)
    }

    async fn types(&self, line: &str) -> Reply {
        let typed = self.typed.fetch_add(1, Ordering::SeqCst);
        let invocation = Invocation {
            identity: Identity::new("test", "local", "root"),
            standing: Standing::Member,
            display_name: "Root".into(),
            place: Place { conversation: "general".into(), direct: false, thread: None },
            delivery: format!("d{typed}"),
            answer_by: AnswerBy::Inline,
            input: Input::Line { text: line.into() },
        };
        self.app.dispatcher.dispatch(invocation).await
    }

    /// Changes the database behind the app's back.
    async fn changes(&self, sql: &'static str) {
        let unit = self.app.db.write(sql, |tx, &sql| {
            Box::pin(async move { Ok(sqlx::query(sql).execute(tx.conn()).await.map(drop)?) })
        });
        unit.await.unwrap();
    }

    /// Runs jobs until what `line` answers says `sign`; whether it came to that.
    async fn comes_to(&self, line: &str, sign: &str) -> bool {
        for _ in 0..300 {
            self.app.worker.run_due().await.unwrap();
            if serde_json::to_string(&self.types(line).await).unwrap().contains(sign) {
                return true;
            }
            // What works outside needs real time; the jobs that look again need the clock's.
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.clock.advance(Duration::from_secs(1));
        }
        false
    }
}

/// The examples that need something to have gone wrong, apart from the others.
fn repairs(menu: &Menu) -> (Vec<String>, Vec<String>) {
    let examples = menu.all().flat_map(|spec| &spec.examples).map(|example| example.line.clone());
    let repairs = ["env cancel", "env retry", "env undo", "env abandon"];
    examples.partition(|line| repairs.iter().any(|command| line.starts_with(command)))
}

/// The other examples of all specs: what makes something first, what removes it last.
fn in_order(menu: &Menu) -> Vec<String> {
    let (_, mut lines) = repairs(menu);
    lines.sort_by_key(|line| match line.as_str() {
        dry if dry.contains("--dry-run") => 1,
        line if line.starts_with("env create") => 0,
        line if line.starts_with("env destroy") => 2,
        _ => 1,
    });
    lines
}

/// Whether a reply is what was asked for.
///
/// Every refusal is one paragraph without a state mark of success, and so is
/// "nothing was found"; an answer has a mark, or a table, fields or small print.
fn answers(reply: &Reply) -> bool {
    match reply {
        Reply::Form { .. } => true,
        Reply::Private { message } => {
            let alone = matches!(message.blocks.as_slice(), [] | [Block::Section { .. }]);
            let marked = ["✅", "⏳"].iter().any(|mark| message.summary().starts_with(mark));
            marked || !alone
        }
        Reply::Public { .. } | Reply::Refused { .. } | Reply::Silent => false,
    }
}

#[tokio::test]
async fn every_example_is_answered_and_wrong_ones_are_not() {
    let (bot, menu) = Bot::start().await;
    let examples = in_order(&menu);
    assert!(examples.len() >= 10, "{examples:?}");
    let (last, others) = examples.split_last().unwrap();
    let mut failed = Vec::new();
    for (place, line) in others.iter().enumerate() {
        let reply = bot.types(line).await;
        failed.extend((!answers(&reply)).then(|| format!("`{line}` was answered {reply:?}")));
        if place == 0 && !bot.comes_to("env show demo", "✅ ready").await {
            failed.push(format!("{:?}", bot.types("env show demo").await));
        }
    }
    for line in WRONG {
        let reply = bot.types(line).await;
        failed.extend(answers(&reply).then(|| format!("`{line}` was answered {reply:?}")));
    }
    // Ends the site too, so it comes before anything can stop the test.
    let reply = bot.types(last).await;
    let gone = bot.comes_to("env show demo", "There is no environment").await;
    assert_eq!((failed, answers(&reply), gone), (vec![], true, true), "{last}: {reply:?}");
}

/// Brings `demo` to where `line` is of use.
async fn something_went_wrong(bot: &Bot, line: &str) {
    bot.types("env create preview-site demo").await;
    if line.contains("outcome=") {
        bot.changes("UPDATE step SET state = 'unclear' WHERE position = 1").await;
        bot.changes("UPDATE environment SET state = 'unclear'").await;
    } else if line.starts_with("env abandon") {
        assert!(bot.comes_to("env show demo", "✅ ready").await);
        bot.changes("UPDATE resource SET handle = '{}' WHERE kind = 'process'").await;
        bot.types("env destroy demo").await;
        assert!(bot.comes_to("env show demo", "⚠️ stuck").await);
    } else if !line.starts_with("env cancel") {
        bot.types("env cancel demo").await;
        assert!(bot.comes_to("env show demo", "❌ cancelled").await);
    }
}

#[tokio::test]
async fn every_example_of_a_repair_is_answered() {
    let (lines, _) = repairs(&Bot::start().await.1);
    assert_eq!(lines.len(), 5, "{lines:?}");
    for line in lines {
        let (bot, _) = Bot::start().await;
        something_went_wrong(&bot, &line).await;
        let reply = bot.types(&line).await;
        assert!(answers(&reply), "`{line}` was answered {reply:?}");
        bot.types("env destroy demo").await;
        assert!(bot.comes_to("env show demo", "There is no environment").await, "{line}");
    }
}

/// Mistakes of every kind, each in a command that has a good example.
const WRONG: [&str; 14] = [
    // Personas are nobody that could have another account.
    "link",
    "link BCDF-GHJK",
    "env create preview-sit other",
    "env create preview-site demo",
    "env create preview-site Other!",
    "env create preview-site other ttl=soon",
    "env create preview-site other colour=red",
    "env destroy dmeo",
    "env extend demo 900d",
    "env list --al",
    "env show dmeo",
    "help envy",
    "stats since=90",
    "template search zzzqqq",
];
