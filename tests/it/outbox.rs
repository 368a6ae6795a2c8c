//! The outbox: each message is posted once and then kept up to date, whatever comes between.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod timely;

use std::sync::Arc;
use std::time::Duration;

use goldenpath::chat::message::Message;
use goldenpath::chat::outbox::{self, Address, Deliver};
use goldenpath::chat::{SendError, Target};
use goldenpath::jobs::worker::Worker;

use crate::harness::ground::{Ground, Serving, until};
use crate::harness::recorder::Recorder;

const LEASE: Duration = Duration::from_secs(30);
const AGAIN: &str = "Sent again after an interruption; you may see this twice.";

/// A worker that delivers to this platform.
fn delivering(ground: &Ground, recorder: &Arc<Recorder>) -> Worker {
    ground.worker(vec![Arc::new(Deliver::new(ground.db.clone(), vec![recorder.clone()]))])
}

async fn ground() -> (Ground, Arc<Recorder>, Worker) {
    let (ground, recorder) = (Ground::new().await, Recorder::new());
    let worker = delivering(&ground, &recorder);
    (ground, recorder, worker)
}

fn address() -> Address {
    let target = Target::Channel { id: "C1".into() };
    Address { platform: "recorder".into(), workspace: "W1".into(), target, fallback: None }
}

/// Says from now on in the message `m` what `words` are.
async fn says_to(ground: &Ground, address: Address, words: &str) {
    let unit = (address, Message::new(words));
    let put =
        ground.db.write(unit, |tx, (address, message)| Box::pin(outbox::put(tx, "m", address, message)));
    put.await.unwrap();
}

async fn says(ground: &Ground, words: &str) {
    says_to(ground, address(), words).await;
}

async fn changes(ground: &Ground, key: &'static str, words: &str) {
    let unit =
        ground.db.write(Message::new(words), move |tx, message| Box::pin(outbox::change(tx, key, message)));
    unit.await.unwrap();
}

/// Why the message was given up, and how often it was sent again.
async fn fate(ground: &Ground) -> (Option<String>, i64) {
    let sql = "SELECT given_up, repeats FROM message";
    sqlx::query_as(sql).fetch_one(&mut *ground.read().await).await.unwrap()
}

async fn end(ground: Ground) {
    assert_eq!(ground.failures().await, []);
    ground.end().await;
}

#[tokio::test]
async fn several_changes_before_a_delivery_are_one_post_and_later_ones_update_it() {
    let (ground, recorder, worker) = ground().await;
    says(&ground, "asked for").await;
    says(&ground, "in the works").await;
    changes(&ground, "m", "ready").await;
    worker.run_due().await.unwrap();
    assert_eq!(recorder.sent(), ["post C1 ready"]);
    changes(&ground, "m", "soon to end").await;
    says(&ground, "gone").await;
    worker.run_due().await.unwrap();
    assert_eq!(recorder.sent()[1..], ["update #1 gone"]);
    changes(&ground, "another", "nobody").await;
    worker.run_due().await.unwrap();
    assert_eq!(recorder.sent().len(), 2, "a message that is not there is not made by a change");
    end(ground).await;
}

#[tokio::test]
async fn a_change_while_a_post_is_under_way_becomes_an_update_of_it() {
    let ground = Ground::new().await;
    let recorder = Recorder::that_does_not_answer();
    let worker = delivering(&ground, &recorder);
    let serving = Serving::start(&worker);
    says(&ground, "asked for").await;
    until("the post is under way", async || (!recorder.sent().is_empty()).then_some(())).await;
    says(&ground, "in the works").await;
    says(&ground, "ready").await;
    assert_eq!(worker.run_due().await.unwrap(), 0, "another worker finds nothing to do");
    recorder.answers();
    until("all is said", async || ground.jobs().await.is_empty().then_some(())).await;
    serving.stop().await;
    assert_eq!(recorder.sent(), ["post C1 asked for", "update #1 ready"]);
    end(ground).await;
}

#[tokio::test]
async fn a_refusal_does_not_make_certain_what_was_not_before_it() {
    let (ground, recorder, worker) = ground().await;
    let reason = || "a bad day".to_owned();
    recorder.refuses(SendError::Unclear { seconds: 5, reason: reason() });
    recorder.refuses(SendError::Later { seconds: 5, reason: reason() });
    says(&ground, "ready").await;
    for _ in 0..3 {
        worker.run_due().await.unwrap();
        ground.clock.advance(Duration::from_secs(10));
    }
    let repeat = format!("post C1 ready / {AGAIN}");
    assert_eq!(recorder.sent(), ["post C1 ready", &repeat, &repeat]);
    assert_eq!(fate(&ground).await, (None, 1), "what was refused is no repeat");
    end(ground).await;
}

#[tokio::test]
async fn a_post_whose_end_nobody_saw_is_sent_again_and_says_so() {
    let ground = Ground::new().await;
    let silent = Recorder::that_does_not_answer();
    let died = delivering(&ground, &silent);
    says(&ground, "ready").await;
    let running = tokio::spawn(async move { died.run_due().await });
    until("the post is under way", async || (!silent.sent().is_empty()).then_some(())).await;
    running.abort();
    assert!(running.await.is_err());
    let recorder = Recorder::new();
    let worker = delivering(&ground, &recorder);
    ground.wall.advance(LEASE);
    assert_eq!(worker.run_due().await.unwrap(), 1);
    assert_eq!(recorder.sent(), [format!("post C1 ready / {AGAIN}")]);
    assert_eq!(fate(&ground).await, (None, 1));
    says(&ground, "gone").await;
    worker.run_due().await.unwrap();
    assert_eq!(recorder.sent()[1..], ["update #1 gone"], "the line goes with the next change");
    assert_eq!(fate(&ground).await, (None, 1));
    end(ground).await;
}

fn not_there() -> SendError {
    SendError::NotThere("not a member".into())
}

#[tokio::test]
async fn where_the_bot_cannot_write_it_uses_the_fallback_once() {
    for (refusals, given_up) in [(1, None), (2, Some("not a member".to_owned()))] {
        let (ground, recorder, worker) = ground().await;
        (0..refusals).for_each(|_| recorder.refuses(not_there()));
        let fallback = Some(Target::Direct { user: "ada".into() });
        says_to(&ground, Address { fallback, ..address() }, "ready").await;
        worker.run_due().await.unwrap();
        assert_eq!(recorder.sent(), ["post C1 ready", "post ada ready"], "and no word of a repeat");
        assert_eq!(fate(&ground).await, (given_up, 0));
        end(ground).await;
    }
}

#[tokio::test]
async fn what_may_come_later_waits_as_long_as_the_platform_says() {
    let (ground, recorder, worker) = ground().await;
    let busy = || SendError::Later { seconds: 30, reason: "too many".into() };
    let waits = async || {
        assert_eq!(worker.run_due().await.unwrap(), 1, "refused");
        ground.clock.advance(Duration::from_secs(29));
        assert_eq!(worker.run_due().await.unwrap(), 0, "it waits");
        ground.clock.advance(Duration::from_secs(1));
        assert_eq!(worker.run_due().await.unwrap(), 1, "sent");
    };
    recorder.refuses(busy());
    says(&ground, "ready").await;
    waits().await;
    recorder.refuses(busy());
    says(&ground, "gone").await;
    waits().await;
    assert_eq!(recorder.sent(), ["post C1 ready", "post C1 ready", "update #2 gone", "update #2 gone"]);
    assert_eq!(fate(&ground).await, (None, 0));
    end(ground).await;
}

#[tokio::test]
async fn an_attempt_that_may_have_arrived_is_repeated_ever_more_rarely_with_a_word_about_it() {
    let (ground, recorder, worker) = ground().await;
    says(&ground, "ready").await;
    for wait in [5, 10, 20] {
        recorder.refuses(SendError::Unclear { seconds: 5, reason: "no answer in time".into() });
        assert_eq!(worker.run_due().await.unwrap(), 1);
        ground.clock.advance(Duration::from_secs(wait - 1));
        assert_eq!(worker.run_due().await.unwrap(), 0, "not within {wait} s");
        ground.clock.advance(Duration::from_secs(1));
    }
    worker.run_due().await.unwrap();
    let repeat = format!("post C1 ready / {AGAIN}");
    assert_eq!(recorder.sent(), ["post C1 ready", &repeat, &repeat, &repeat]);
    assert_eq!(fate(&ground).await, (None, 3), "counted");
    end(ground).await;
}

#[tokio::test]
async fn an_answer_to_a_press_leaves_nothing_once_it_arrived() {
    let (ground, recorder, worker) = ground().await;
    let target = Target::Respond { url: "https://example.com/once".into() };
    let unit = (Address { target, ..address() }, Message::new("done"));
    let put = ground.db.write(unit, |tx, (to, message)| Box::pin(outbox::put_answer(tx, "m", to, message)));
    put.await.unwrap();
    worker.run_due().await.unwrap();
    assert_eq!(recorder.sent().len(), 1);
    let left = "SELECT CAST(count(*) AS BIGINT) FROM message";
    assert_eq!(sqlx::query_scalar::<_, i64>(left).fetch_one(&mut *ground.read().await).await.unwrap(), 0);
    end(ground).await;
}

#[tokio::test]
async fn what_will_never_go_out_is_given_up_once_and_keeps_why() {
    let (ground, recorder, worker) = ground().await;
    recorder.refuses(SendError::Never("the channel is archived".into()));
    says(&ground, "ready").await;
    worker.run_due().await.unwrap();
    says(&ground, "gone").await;
    worker.run_due().await.unwrap();
    assert_eq!(recorder.sent(), ["post C1 ready"]);
    assert_eq!(fate(&ground).await, (Some("the channel is archived".into()), 0));
    end(ground).await;
}

#[tokio::test]
async fn an_update_that_finds_its_message_gone_is_posted_anew_once() {
    let (ground, recorder, worker) = ground().await;
    let gone = || SendError::Gone("message_not_found".into());
    for words in ["asked for", "ready", "gone"] {
        says(&ground, words).await;
        worker.run_due().await.unwrap();
        recorder.refuses(gone());
    }
    let sent = ["post C1 asked for", "update #1 ready", "post C1 ready", "update #3 gone"];
    assert_eq!(recorder.sent(), sent);
    assert_eq!(fate(&ground).await, (Some("message_not_found".into()), 0));
    end(ground).await;
}

#[tokio::test]
async fn an_update_where_the_bot_can_no_longer_write_goes_to_the_fallback() {
    for (fallback, sent, given_up) in [
        (None, &["post C1 ready", "update #1 gone"][..], Some("not a member".to_owned())),
        (
            Some(Target::Direct { user: "ada".into() }),
            &["post C1 ready", "update #1 gone", "post ada gone"][..],
            None,
        ),
    ] {
        let (ground, recorder, worker) = ground().await;
        says_to(&ground, Address { fallback, ..address() }, "ready").await;
        worker.run_due().await.unwrap();
        recorder.refuses(not_there());
        says(&ground, "gone").await;
        worker.run_due().await.unwrap();
        assert_eq!(recorder.sent(), sent);
        assert_eq!(fate(&ground).await, (given_up, 0));
        end(ground).await;
    }
}

#[tokio::test]
async fn a_message_to_a_platform_that_is_not_connected_waits_for_a_start_with_it() {
    let (ground, recorder, worker) = ground().await;
    says_to(&ground, Address { platform: "slack".into(), ..address() }, "ready").await;
    worker.run_due().await.unwrap();
    assert!(recorder.sent().is_empty());
    assert_eq!(fate(&ground).await, (None, 0));
    assert_eq!(ground.jobs().await, ["deliver ready 0"]);
    end(ground).await;
}
