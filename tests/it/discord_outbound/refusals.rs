//! Discord does not take a message: it goes elsewhere, with less, or is given up.

use goldenpath::chat::Target;
use goldenpath::chat::message::{Block, Button, Message};
use serde_json::{Value, json};

use super::{Bench, EDIT, MINUTE, OPEN, POST, channel, direct, trend};
use crate::harness::fake_discord::{ADA, CHANNEL, Channel};

const BARE: &str = "(Shown without its layout and buttons.)";

#[tokio::test]
async fn where_it_cannot_write_it_goes_to_the_person_or_says_why_not() {
    let bench = Bench::start().await;
    let lacking = |permission| Channel { lacks: [permission].into(), ..Channel::default() };
    let channels = [("11", lacking("VIEW_CHANNEL")), ("12", lacking("SEND_MESSAGES"))];
    bench.fake.memory().channels.extend(channels.map(|(id, channel)| (id.to_owned(), channel)));
    for place in ["11", "12", "13", "no id"] {
        let target = Target::Channel { id: place.into() };
        bench.puts(place, target.clone(), Some(direct(ADA)), Message::new(place)).await;
        bench.puts(&format!("{place}, alone"), target, None, Message::new(place)).await;
    }
    bench.runs().await;
    let mut reads = bench.reads(&bench.fake.direct(ADA));
    reads.sort();
    assert_eq!(reads, ["11", "12", "13", "no id"]);
    let why = bench.given_up().await;
    let codes: Vec<_> = why.iter().map(|why| why.rsplit(' ').next().unwrap().trim_end_matches(')')).collect();
    assert_eq!(codes, ["50001", "50013", "10003", "Discord's"], "{why:?}");
    bench.end().await;
}

#[tokio::test]
async fn somebody_who_takes_no_messages_is_told_nothing_more() {
    let bench = Bench::start().await;
    bench.fake.memory().closed.insert(ADA.into());
    bench.fake.memory().people.insert("7".into(), Value::Null);
    bench.says("a", direct(ADA), "hello").await;
    bench.says("b", direct("7"), "hello").await;
    bench.after(MINUTE * 60).await;
    let why = bench.given_up().await;
    assert!(why[0].contains("take no messages") && why[1].contains("50033"), "{why:?}");
    assert_eq!((bench.fake.calls(POST), bench.fake.calls(OPEN)), (1, 2));
    bench.end().await;
}

#[tokio::test]
async fn what_discord_does_not_take_as_it_is_arrives_as_bare_words() {
    for code in [50035, 50006] {
        let bench = Bench::start().await;
        bench.fake.refuse(POST, 400, code, 1);
        bench
            .puts(
                "m",
                channel(),
                None,
                Message::new("<asked> *for*").buttons(vec![Button::new("Go", "a", "", "")]),
            )
            .await;
        bench.runs().await;
        let shown = bench.fake.shown_in(CHANNEL).remove(0);
        assert_eq!(shown["components"], json!([]));
        let words = shown["content"].as_str().unwrap();
        assert!(words.contains("asked") && !words.contains("*for*") && words.ends_with(BARE), "{words}");
        bench.fake.refuse(EDIT, 400, code, 2);
        bench.says("m", channel(), "ready").await;
        assert_eq!(bench.given_up().await.len(), 1, "its bare words were not taken either");
        bench.end().await;
    }
}

#[tokio::test]
async fn without_the_permission_for_embeds_the_words_go() {
    let bench = Bench::start().await;
    bench.fake.memory().channels.get_mut(CHANNEL).unwrap().lacks.insert("EMBED_LINKS");
    let fields = Block::Fields { fields: vec![("state".into(), "ready".into())] };
    bench.puts("m", channel(), None, Message::new("shop").with(fields)).await;
    bench.runs().await;
    assert_eq!((bench.reads(CHANNEL)[0].starts_with("shop"), bench.given_up().await.len()), (true, 0));
    bench.end().await;
}

#[tokio::test]
async fn a_picture_goes_with_its_message_and_again_with_each_edit() {
    let bench = Bench::start().await;
    bench.puts("m", channel(), None, trend(1)).await;
    bench.runs().await;
    let shown = bench.fake.shown_in(CHANNEL).remove(0);
    assert_eq!(shown["attachments"][0]["description"], "Flat: +1.9 ± 4.1");
    assert_eq!(shown["embeds"][0]["image"]["url"], "attachment://trend.png");
    bench.puts("m", channel(), None, trend(2).section("Still.")).await;
    bench.runs().await;
    let files = bench.fake.files_in(CHANNEL);
    assert_eq!((files.len(), files[0].name.as_str(), files[0].media.as_str()), (1, "trend.png", "image/png"));
    assert_eq!(files[0].bytes.last(), Some(&2));
    bench.says("m", channel(), "no picture").await;
    assert!(bench.fake.files_in(CHANNEL).is_empty());
    bench.end().await;
}

#[tokio::test]
async fn where_files_are_not_taken_the_words_go_and_after_an_hour_the_picture_is_tried_again() {
    let bench = Bench::start().await;
    bench.fake.memory().channels.get_mut(CHANNEL).unwrap().lacks.insert("ATTACH_FILES");
    bench.puts("a", channel(), None, trend(1)).await;
    bench.runs().await;
    assert!(bench.fake.files_in(CHANNEL).is_empty());
    assert!(bench.fake.shown_in(CHANNEL)[0].to_string().contains("Flat"), "it is told in words");
    bench.fake.memory().channels.get_mut(CHANNEL).unwrap().lacks.clear();
    bench.fake.refuse(POST, 413, 40005, 1);
    bench.after(MINUTE * 61).await;
    bench.puts("b", channel(), None, trend(1)).await;
    bench.runs().await;
    bench.after(MINUTE * 61).await;
    bench.puts("c", channel(), None, trend(1)).await;
    bench.runs().await;
    assert_eq!((bench.fake.files_in(CHANNEL).len(), bench.reads(CHANNEL).len()), (1, 3));
    bench.end().await;
}
