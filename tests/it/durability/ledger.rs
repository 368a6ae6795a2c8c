//! The ledger: people ask without pause while the bot is killed at random moments, asked to end,
//! and killed while it starts. A book outside keeps what each was told; afterwards it is compared
//! with what the database and the fakes have.

mod book;
mod effects;
mod people;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use goldenpath::clock::{Clock as _, SystemClock};
use goldenpath::config;
use goldenpath::ids::Ids;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::harness::bot_process::{Bot, until_within};
use book::{Book, Verdict};
use people::Member;

/// How much is done, and by which dice.
struct Campaign {
    people: usize,
    kills: usize,
    /// Goes on until so many deeds were acknowledged.
    deeds: usize,
    seed: u64,
}

/// A number below `below` of these dice.
fn throw(dice: &Ids, below: u64) -> u64 {
    u64::from_le_bytes(dice.bytes()) % below
}

impl Campaign {
    /// As the environment says, or else as given; the seed is told, so that a run can be repeated.
    fn of(people: usize, kills: usize, deeds: usize) -> Campaign {
        let environment = config::environment();
        let told = |name: &str| environment.get(name).and_then(|value| value.parse::<u64>().ok());
        let number = |name: &str, usual: usize| told(name).map_or(usual, |n| usize::try_from(n).unwrap());
        let campaign = Campaign {
            people,
            kills: number("GOLDENPATH_LEDGER_KILLS", kills),
            deeds: number("GOLDENPATH_LEDGER_DEEDS", deeds),
            seed: told("GOLDENPATH_LEDGER_SEED").unwrap_or_else(|| throw(&Ids::from_system(), 1 << 32)),
        };
        println!("ledger: seed {}", campaign.seed);
        campaign
    }

    async fn run(self) -> Verdict {
        let mut bot = installed(&Ids::seeded(self.seed)).await;
        bot.restart().await;
        let (book, stop, mut members) =
            (Arc::<Mutex<Book>>::default(), CancellationToken::new(), JoinSet::new());
        for number in 0..self.people {
            let member = Member::new(number, self.seed, &bot, book.clone());
            members.spawn(member.acts_until(stop.clone()));
        }
        let kills = self.kills_among_deeds(&mut bot, &book).await;
        stop.cancel();
        members.join_all().await;
        settled(&bot).await;
        let book = std::mem::take(&mut *book.lock().unwrap());
        let verdict = book.compared(&bot, kills).await;
        println!("{verdict}");
        verdict
    }

    /// Returns how often it was killed, once all is done.
    async fn kills_among_deeds(&self, bot: &mut Bot, book: &Mutex<Book>) -> usize {
        let dice = Ids::seeded(self.seed ^ 0x5eed);
        let done = || book.lock().unwrap().acknowledged();
        let mut kills = 0;
        while kills < self.kills || done() < self.deeds {
            let enough = done()
                + usize::try_from(throw(&dice, 1 + 2 * (self.deeds / self.kills.max(1)) as u64)).unwrap();
            until_within(Duration::from_secs(60), "people are answered", async || {
                (done() >= enough).then_some(())
            })
            .await;
            // Not a wait for anything: the moment of the crash.
            tokio::time::sleep(Duration::from_millis(throw(&dice, 1_500))).await;
            kills += end_and_restart(bot, &dice).await;
        }
        kills
    }
}

/// An installation at one address for all its starts.
async fn installed(dice: &Ids) -> Bot {
    let mut bot = Bot::installed().await;
    bot.logs("info");
    // Below the ports that systems hand out, so that nobody takes it while the bot is down.
    let free = async || {
        let address = format!("127.0.0.1:{}", 20_000 + throw(dice, 12_000));
        tokio::net::TcpListener::bind(&address).await.ok().map(|_| address)
    };
    let address = until_within(Duration::from_secs(5), "a free port", free).await;
    bot.settings.push(("GOLDENPATH_LISTEN", address));
    bot
}

/// One in ten is asked to end; one in five of the others is killed once more while it starts.
async fn end_and_restart(bot: &mut Bot, dice: &Ids) -> usize {
    if throw(dice, 10) == 0 {
        assert_eq!(bot.stop().await, Some(0));
        bot.restart().await;
        return 0;
    }
    bot.kill();
    let mut kills = 1;
    while throw(dice, 5) == 0 {
        bot.launch();
        tokio::time::sleep(Duration::from_millis(throw(dice, 250))).await;
        bot.kill();
        kills += 1;
    }
    bot.database.lapse_leases().await;
    bot.restart().await;
    kills
}

/// Once nothing is left to be done soon.
async fn settled(bot: &Bot) {
    let quiet = async || {
        let soon = SystemClock.now().plus(Duration::from_secs(600)).0;
        let sql = format!(
            "SELECT kind || ' ' || state FROM job
             WHERE (key IS NULL OR key NOT LIKE 'every:%') AND state IN ('running', 'ready') AND run_at < {soon}"
        );
        bot.database.texts(sql).await.is_empty().then_some(())
    };
    until_within(Duration::from_secs(240), "every job is done", quiet).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_under_load_nothing_is_lost_and_nothing_doubled() {
    let verdict = Campaign::of(8, 6, 150).run().await;
    verdict.holds();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: .ci/long runs it"]
async fn two_thousand_deeds_among_fifty_kills() {
    let verdict = Campaign::of(24, 50, 2_000).run().await;
    verdict.holds();
}
