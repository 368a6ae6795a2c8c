//! Discord is away, or what stands before it is: nothing is lost and nothing doubled.

use std::time::Duration;

use goldenpath::chat::message::Message;

use super::{Bench, EDIT, MINUTE, POST, SECOND, channel};
use crate::harness::fake_discord::{After, CHANNEL};

#[tokio::test]
async fn an_hour_without_discord_loses_and_doubles_nothing() {
    let bench = Bench::start().await;
    bench.fake.set_down(true);
    for key in ["a", "b", "c"] {
        bench.puts(key, channel(), None, Message::new(key)).await;
    }
    for _ in 0..60 {
        bench.after(MINUTE).await;
    }
    assert!(bench.fake.calls(POST) <= 3 * 61);
    bench.fake.set_down(false);
    bench.after(MINUTE).await;
    let mut reads = bench.reads(CHANNEL);
    reads.sort();
    assert_eq!((reads.join(" "), bench.given_up().await.len()), ("a b c".to_owned(), 0));
    bench.end().await;
}

/// Something goes wrong, or nothing: the calls from now on.
fn trouble(bench: &Bench, chance: u64) {
    let after = [After::Answers, After::Answers, After::Cut, After::Garbled];
    bench.fake.set_after(after[usize::try_from(chance % 4).unwrap()]);
    bench.fake.set_down(chance.is_multiple_of(7));
    bench.fake.set_token(!chance.is_multiple_of(23));
    match chance % 11 {
        0 => bench.fake.set_busy("*", SECOND * 3),
        1 => bench.fake.refuse(POST, 500, 0, 1),
        2 => bench.fake.refuse(EDIT, 400, 50035, 1),
        _ => {}
    }
}

#[tokio::test]
async fn whatever_goes_wrong_each_message_stands_once_and_reads_as_it_should() {
    for seed in 1..4_u64 {
        let mut bench = Bench::start().await;
        bench.fake.memory().nonces_live = MINUTE * 600;
        let mut chance = seed;
        for step in 0..120 {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            trouble(&bench, chance >> 33);
            bench.says(&format!("m{:02}", step / 6), channel(), &format!("step {step}")).await;
            bench.after(SECOND * 4).await;
            if step % 40 == 39 {
                bench = bench.restarted(false, MINUTE);
            }
        }
        // Nothing is wrong any more.
        trouble(&bench, 5);
        bench.fake.set_after(After::Answers);
        bench.fake.set_busy("*", Duration::ZERO);
        while bench.waiting().await > 0 {
            bench.after(MINUTE).await;
        }
        let sql = "SELECT content FROM message ORDER BY key";
        let last =
            |content: String| content.rsplit_once("step ").unwrap().1.split('"').next().unwrap().to_owned();
        let mut should: Vec<String> =
            bench.texts(sql).await.into_iter().map(|it| format!("step {}", last(it))).collect();
        let stand = bench.reads(CHANNEL).into_iter().map(|text| text.lines().next().unwrap().to_owned());
        let mut stand: Vec<String> = stand.collect();
        should.sort();
        stand.sort();
        assert_eq!((stand, bench.given_up().await.len()), (should, 0), "seed {seed}");
        bench.end().await;
    }
}

#[tokio::test]
async fn what_stands_before_discord_gives_nothing_up() {
    for status in [302, 404, 403, 500, 502] {
        let bench = Bench::start().await;
        bench.fake.set_status(status);
        bench.says("m", channel(), "ready").await;
        bench.fake.set_down(false);
        bench.after(MINUTE * 2).await;
        assert_eq!(bench.given_up().await.len(), 0, "{status}");
        assert!(bench.reads(CHANNEL)[0].starts_with("ready"), "{status}");
        bench.end().await;
    }
}

#[tokio::test]
async fn under_a_dead_token_everything_waits_and_nothing_is_given_up() {
    let bench = Bench::start().await;
    bench.fake.set_token(false);
    for key in ["a", "b", "c"] {
        bench.puts(key, channel(), None, Message::new(key)).await;
    }
    bench.runs().await;
    bench.after(MINUTE).await;
    assert_eq!(bench.fake.calls(POST), 1, "one asks for all");
    bench.after(MINUTE * 60).await;
    bench.fake.set_token(true);
    bench.after(MINUTE * 5).await;
    assert_eq!((bench.reads(CHANNEL).len(), bench.given_up().await.len()), (3, 0));
    bench.end().await;
}
