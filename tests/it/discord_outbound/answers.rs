//! Answers that were promised: in their place while their token lives, directly after that.

use goldenpath::chat::Target;
use goldenpath::chat::discord::address::Address;
use goldenpath::chat::message::Message;
use goldenpath::clock::Clock as _;
use serde_json::json;

use super::{ANSWER, Bench, MINUTE, OPEN, SECOND, direct, trend};
use crate::harness::fake_discord::{ADA, APP, CHANNEL};

/// The address for the answer to a command that Ada just ran, and its token.
fn asked(bench: &Bench) -> (Target, String) {
    let (_, token) = bench.fake.interaction(2, ADA, CHANNEL, None);
    let address = Address::new(bench.ground.clock.now(), APP, &token).unwrap();
    (Target::Respond { url: address.text() }, token)
}

#[tokio::test]
async fn a_picture_comes_in_the_place_of_its_promise() {
    let bench = Bench::start().await;
    let (target, token) = asked(&bench);
    bench.fake.answered(&token, &json!({ "type": 5, "data": { "flags": 64 } }));
    bench.puts("a", target, None, trend(1)).await;
    bench.runs().await;
    let shown = bench.fake.whispered(CHANNEL, ADA).remove(0);
    assert_eq!(shown["embeds"][0]["image"]["url"], "attachment://trend.png");
    assert_eq!(bench.fake.files_in(CHANNEL)[0].bytes.last(), Some(&1));
    bench.end().await;
}

#[tokio::test]
async fn a_promised_answer_replaces_its_promise_and_needs_no_token_of_ours() {
    let bench = Bench::start().await;
    let (target, token) = asked(&bench);
    bench.fake.answered(&token, &json!({ "type": 5, "data": { "flags": 64 } }));
    bench.fake.set_token(false);
    bench.says("a", target, "ready").await;
    let whispered = bench.fake.whispered(CHANNEL, ADA);
    assert_eq!((whispered.len(), &whispered[0]["content"]), (1, &json!("ready")));
    bench.end().await;
}

#[tokio::test]
async fn an_answer_that_overtakes_its_promise_waits_for_it() {
    let bench = Bench::start().await;
    let (target, token) = asked(&bench);
    bench.puts("a", target, Some(direct(ADA)), Message::new("ready")).await;
    bench.runs().await;
    bench.fake.answered(&token, &json!({ "type": 5, "data": { "flags": 64 } }));
    bench.after(SECOND).await;
    assert_eq!(bench.fake.whispered(CHANNEL, ADA)[0]["content"], "ready");
    assert_eq!(bench.fake.calls(OPEN), 0);
    bench.end().await;
}

#[tokio::test]
async fn an_answer_that_waited_longer_than_its_token_lives_comes_directly() {
    let bench = Bench::start().await;
    bench.fake.set_down(true);
    for _ in 0..2 {
        let (target, token) = asked(&bench);
        bench.fake.answered(&token, &json!({ "type": 5, "data": { "flags": 64 } }));
        bench.puts(&token, target, Some(direct(ADA)), Message::new("late")).await;
    }
    bench.runs().await;
    let asked = bench.fake.calls(ANSWER);
    bench.fake.set_down(false);
    bench.after(MINUTE * 15).await;
    assert_eq!(bench.reads(&bench.fake.direct(ADA)), ["late", "late"]);
    assert_eq!(bench.fake.calls(ANSWER), asked, "nobody asks with a dead one");
    bench.end().await;
}

#[tokio::test]
async fn a_refused_interaction_token_says_nothing_of_the_bots() {
    let bench = Bench::start().await;
    let (target, token) = asked(&bench);
    bench.fake.answered(&token, &json!({ "type": 5 }));
    bench.after(MINUTE).await;
    bench.fake.refuse(ANSWER, 401, 50027, 1);
    bench.puts("a", target, Some(direct(ADA)), Message::new("late")).await;
    bench.runs().await;
    assert_eq!(bench.reads(&bench.fake.direct(ADA)), ["late"]);
    bench.end().await;
}

#[tokio::test]
async fn an_address_that_is_none_of_discords_reaches_nothing() {
    let bench = Bench::start().await;
    for url in ["http://127.0.0.1:1/x", "interaction/1/2/..", "interaction/1/2/t/else"] {
        bench.says(url, Target::Respond { url: url.into() }, "x").await;
    }
    assert_eq!(bench.given_up().await.len(), 3);
    assert!(bench.fake.memory().log.is_empty());
    bench.end().await;
}
