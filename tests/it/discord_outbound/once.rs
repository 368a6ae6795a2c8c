//! One message stands there once, whatever became of a call or a process.

use std::time::Duration;

use goldenpath::chat::Target;
use goldenpath::chat::message::Message;

use super::{Bench, EDIT, MINUTE, OPEN, POST, SECOND, channel, direct};
use crate::harness::fake_discord::{ADA, After, BEN, CHANNEL, Channel};
use crate::harness::ground::until;

const AGAIN: &str = "Sent again after an interruption; you may see this twice.";

#[tokio::test]
async fn a_message_is_created_once_and_edited_from_then_on() {
    let bench = Bench::start().await;
    bench.says("m", channel(), "asked for").await;
    bench.says("m", channel(), "ready").await;
    assert_eq!(bench.reads(CHANNEL), ["ready"]);
    assert_eq!((bench.fake.calls(POST), bench.fake.calls(EDIT)), (1, 1));
    let created = bench.fake.log_of(POST).remove(0).body;
    assert_eq!(created["enforce_nonce"], true);
    assert!(created["nonce"].as_str().unwrap().len() <= 25);
    bench.end().await;
}

#[tokio::test]
async fn a_thread_is_a_channel_of_its_own_and_a_whisper_goes_directly() {
    let bench = Bench::start().await;
    let thread = Channel { kind: 11, ..Channel::default() };
    bench.fake.memory().channels.insert("5".into(), thread);
    bench.says("a", Target::Thread { id: CHANNEL.into(), thread: "5".into() }, "in it").await;
    let whisper = Target::Whisper { id: CHANNEL.into(), thread: None, user: ADA.into() };
    bench.says("b", whisper, "for you").await;
    assert_eq!(bench.reads("5"), ["in it"]);
    assert_eq!(
        (bench.reads(CHANNEL).len(), bench.reads(&bench.fake.direct(ADA))),
        (0, vec!["for you".to_owned()])
    );
    bench.says("c", Target::Home { user: ADA.into() }, "a page").await;
    assert_eq!(bench.given_up().await, ["Discord has no page of somebody's own"]);
    bench.end().await;
}

#[tokio::test]
async fn a_direct_conversation_is_opened_once() {
    let bench = Bench::start().await;
    for key in ["a", "b", "c"] {
        bench.says(key, direct(ADA), key).await;
    }
    bench.says("d", direct(BEN), "d").await;
    assert_eq!((bench.fake.calls(OPEN), bench.fake.calls(POST)), (2, 4));
    let to_ada = format!("channels/{}/messages", bench.fake.direct(ADA));
    assert_eq!(bench.fake.log_of(POST).iter().filter(|call| call.path == to_ada).count(), 3);
    bench.end().await;
}

#[tokio::test]
async fn an_answer_that_never_came_makes_no_second_message() {
    for after in [After::Silent, After::Cut, After::Garbled] {
        let bench = Bench::start().await.restarted(false, Duration::from_millis(200));
        bench.fake.set_after(after);
        bench.says("m", channel(), "asked for").await;
        assert_eq!(bench.reads(CHANNEL), ["asked for"]);
        bench.fake.set_after(After::Answers);
        bench.puts("m", channel(), None, Message::new("ready")).await;
        bench.after(SECOND * 10).await;
        assert_eq!(bench.reads(CHANNEL), ["ready"], "the one that is there, brought up to date");
        assert_eq!((bench.fake.calls(POST), bench.waiting().await), (2, 0));
        bench.end().await;
    }
}

#[tokio::test]
async fn a_process_that_died_in_a_post_makes_no_second_message() {
    let bench = Bench::start().await;
    bench.fake.set_after(After::Silent);
    bench.puts("m", channel(), None, Message::new("ready")).await;
    let worker = bench.worker.clone();
    let running = tokio::spawn(async move { worker.run_due().await });
    until("it is there", async || (!bench.fake.shown_in(CHANNEL).is_empty()).then_some(())).await;
    running.abort();
    drop(running.await);
    bench.fake.set_after(After::Answers);
    let bench = bench.restarted(false, MINUTE);
    bench.ground.wall.advance(MINUTE * 30);
    bench.runs().await;
    assert_eq!((bench.reads(CHANNEL), bench.waiting().await), (vec!["ready".to_owned()], 0));
    bench.end().await;
}

#[tokio::test]
async fn a_repeat_that_comes_too_late_for_its_nonce_says_so() {
    let bench = Bench::start().await;
    bench.fake.set_after(After::Garbled);
    bench.says("m", channel(), "ready").await;
    bench.fake.set_after(After::Answers);
    bench.after(MINUTE * 10).await;
    let reads = bench.reads(CHANNEL);
    assert_eq!((reads.len(), reads[0].contains(AGAIN), reads[1].contains("Sent again")), (2, false, true));
    assert_eq!(bench.texts("SELECT CAST(repeats AS TEXT) FROM message").await, ["1"]);
    bench.end().await;
}

#[tokio::test]
async fn one_that_somebody_deleted_is_posted_anew_although_its_nonce_is_remembered() {
    let bench = Bench::start().await;
    bench.says("m", channel(), "asked for").await;
    bench.fake.clear(CHANNEL);
    bench.says("m", channel(), "ready").await;
    assert_eq!(bench.reads(CHANNEL), ["ready"]);
    bench.fake.clear(CHANNEL);
    bench.says("m", channel(), "gone").await;
    assert_eq!(bench.given_up().await, ["the message is not known (Discord's code 10008)"]);
    bench.end().await;
}
