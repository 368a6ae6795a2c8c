//! No faster than Discord allows, and in order.

use std::time::Duration;

use goldenpath::chat::message::Message;

use super::{Bench, EDIT, MINUTE, POST, SECOND, channel, direct};
use crate::harness::fake_discord::CHANNEL;

#[tokio::test]
async fn too_many_of_a_route_hold_that_route_and_nothing_else() {
    let bench = Bench::start().await;
    bench.says("e", channel(), "before").await;
    bench.fake.set_busy(POST, MINUTE);
    for key in ["a", "b", "c"] {
        bench.puts(key, channel(), None, Message::new(key)).await;
    }
    bench.runs().await;
    assert_eq!(bench.fake.calls(POST), 2, "one asks for all");
    bench.says("e", channel(), "edited").await;
    bench.after(MINUTE - SECOND * 2).await;
    assert_eq!((bench.fake.calls(POST), bench.reads(CHANNEL)), (2, vec!["edited".to_owned()]));
    bench.after(SECOND * 2).await;
    assert_eq!((bench.reads(CHANNEL).len(), bench.fake.ended("429")), (4, 1));
    bench.end().await;
}

#[tokio::test]
async fn fifty_messages_to_one_channel_keep_to_its_limit_and_their_order() {
    let bench = Bench::paced().await;
    for n in 0..50 {
        bench.puts(&format!("m{n:02}"), channel(), None, Message::new(format!("m{n:02}"))).await;
    }
    bench.runs().await;
    for _ in 0..60 {
        bench.after(SECOND).await;
    }
    let all: Vec<String> = (0..50).map(|n| format!("m{n:02}")).collect();
    assert_eq!(bench.reads(CHANNEL), all);
    assert_eq!((bench.fake.ended("429"), bench.fake.calls(POST)), (0, 50));
    bench.end().await;
}

#[tokio::test]
async fn a_message_to_each_of_two_hundred_people_keeps_to_the_limits_of_all() {
    let bench = Bench::paced().await;
    for n in 0..200 {
        bench.puts(&format!("m{n}"), direct(&(400_000 + n).to_string()), None, Message::new("hello")).await;
    }
    let mut passed = 0;
    while bench.waiting().await > 0 && passed < 400 {
        bench.after(SECOND).await;
        passed += 1;
    }
    let there = bench.fake.memory().messages.len();
    assert_eq!((there, bench.fake.ended("429")), (200, 0));
    bench.end().await;
}

#[tokio::test]
async fn progress_is_shown_at_most_every_second_and_a_half_and_its_last_state_always() {
    let bench = Bench::paced().await;
    for percent in 0..10 {
        bench.says("m", channel(), &format!("{percent}0 %")).await;
        bench.after(Duration::from_millis(300)).await;
    }
    bench.says("m", channel(), "ready").await;
    bench.after(SECOND * 2).await;
    assert_eq!(bench.reads(CHANNEL), ["ready"]);
    let edits: Vec<i64> = bench.fake.log_of(EDIT).iter().map(|call| call.at.0).collect();
    assert!(edits.windows(2).all(|pair| pair[1] - pair[0] >= 1_500), "{edits:?}");
    bench.end().await;
}
