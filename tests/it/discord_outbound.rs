//! What becomes of messages on Discord's good and bad days: the outbox, and a Discord that refuses.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::sync::Arc;
use std::time::Duration;

use goldenpath::chat::Target;
use goldenpath::chat::attachment::Picture;
use goldenpath::chat::discord::address::{Address as Answers, Slot};
use goldenpath::chat::discord::outbound::Outbound;
use goldenpath::chat::message::{Button, Message};
use goldenpath::chat::outbox::{self, Address, Deliver};
use goldenpath::jobs::worker::Worker;
use serde_json::{Value, json};

use crate::harness::fake_discord::{ADA, APP, After, BEN, CHANNEL, Channel, FakeDiscord, GUILD};
use crate::harness::ground::{Ground, until};

const AGAIN: &str = "Sent again after an interruption; you may see this twice.";
const BARE: &str = "(Shown without its layout and buttons.)";
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const POST: &str = "POST channels/messages";
const EDIT: &str = "PATCH channels/messages";
const OPEN: &str = "POST users/@me/channels";

/// A database, an outbox that delivers to a fake Discord, all by one clock.
struct Bench {
    ground: Ground,
    fake: FakeDiscord,
    worker: Worker,
}

impl Bench {
    async fn start() -> Bench {
        Bench::pacing(false).await
    }

    /// One that holds itself to Discord's rates, and a Discord that insists on them.
    async fn paced() -> Bench {
        Bench::pacing(true).await
    }

    async fn pacing(pacing: bool) -> Bench {
        let ground = Ground::new().await;
        let fake = FakeDiscord::with_clock(ground.clock.clone()).await;
        fake.set_strict(pacing);
        let bench = Bench { worker: ground.worker(Vec::new()), ground, fake };
        bench.restarted(pacing, MINUTE)
    }

    /// With a process that knows nothing of the one before, and so much patience.
    fn restarted(self, pacing: bool, patience: Duration) -> Bench {
        let mut settings = self.fake.settings();
        (settings.pacing, settings.patience) = (pacing, patience);
        assert!(settings.api_url.starts_with("http://127.0.0.1:"), "a test never calls the real one");
        let discord = Arc::new(Outbound::new(&settings, self.ground.clock.clone()).unwrap());
        let worker = self.ground.worker(vec![Arc::new(Deliver::new(self.ground.db.clone(), vec![discord]))]);
        Bench { worker, ..self }
    }

    /// From now on the message `key` says this at `target`, or at the fallback; not delivered yet.
    async fn puts(&self, key: &str, target: Target, fallback: Option<Target>, message: Message) {
        let address = Address { platform: "discord".into(), workspace: GUILD.into(), target, fallback };
        let unit = (key.to_owned(), address, message);
        let put =
            self.ground.db.write(unit, |tx, (key, to, message)| Box::pin(outbox::put(tx, key, to, message)));
        put.await.unwrap();
        self.ground.clock.advance(Duration::from_millis(1));
    }

    /// The same in words, and delivered.
    async fn says(&self, key: &str, target: Target, words: &str) {
        self.puts(key, target, None, Message::new(words)).await;
        self.runs().await;
    }

    async fn runs(&self) {
        self.worker.run_due().await.unwrap();
    }

    async fn after(&self, span: Duration) {
        self.ground.clock.advance(span);
        self.runs().await;
    }

    /// What stands in a channel.
    fn reads(&self, channel: &str) -> Vec<String> {
        let shown = self.fake.shown_in(channel).into_iter();
        shown.map(|body| body["content"].as_str().unwrap().to_owned()).collect()
    }

    async fn texts(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&mut *self.ground.read().await).await.unwrap()
    }

    /// Why messages were given up.
    async fn given_up(&self) -> Vec<String> {
        self.texts("SELECT given_up FROM message WHERE given_up IS NOT NULL ORDER BY key").await
    }

    async fn waiting(&self) -> usize {
        self.texts("SELECT key FROM message WHERE given_up IS NULL AND delivered < version").await.len()
    }

    async fn end(self) {
        assert_eq!(self.ground.failures().await, []);
        let log = self.fake.memory().log.clone();
        let messages =
            log.iter().filter(|call| call.route.ends_with("messages") || call.route.ends_with("webhooks"));
        let nobody = |body: &Value| body["allowed_mentions"] == json!({ "parse": [] });
        assert!(messages.into_iter().all(|call| nobody(&call.body)), "nobody is ever mentioned");
        self.ground.end().await;
    }
}

fn channel() -> Target {
    Target::Channel { id: CHANNEL.into() }
}

fn direct(user: &str) -> Target {
    Target::Direct { user: user.into() }
}

fn trend(mark: u8) -> Message {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 6, 64, 0, 0, 3, 32, mark]);
    Message::new("Satisfaction").picture(Picture::new("trend", "Flat: +1.9 ± 4.1", png.clone(), png))
}

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
    let fields = goldenpath::chat::message::Block::Fields { fields: vec![("state".into(), "ready".into())] };
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

/// The address for answers to a command that Ada just ran, and its token.
fn asked(bench: &Bench, slot: Slot) -> (Target, String) {
    let (id, token) = bench.fake.interaction(2, ADA, CHANNEL, None);
    let address = Answers { id, app: APP.into(), token: token.clone(), slot };
    (Target::Respond { url: address.text() }, token)
}

#[tokio::test]
async fn a_promised_answer_replaces_its_promise_and_needs_no_token_of_ours() {
    let bench = Bench::start().await;
    let (target, token) = asked(&bench, Slot::Original);
    bench.fake.answered(&token, &json!({ "type": 5, "data": { "flags": 64 } }));
    bench.fake.set_token(false);
    bench.says("a", target, "ready").await;
    let whispered = bench.fake.whispered(CHANNEL, ADA);
    assert_eq!((whispered.len(), &whispered[0]["content"]), (1, &json!("ready")));
    bench.end().await;
}

#[tokio::test]
async fn a_follow_up_is_seen_by_whoever_acted_alone() {
    let bench = Bench::start().await;
    let (target, token) = asked(&bench, Slot::FollowUp);
    bench.fake.answered(&token, &json!({ "type": 4, "data": { "content": "⏳ `shop`" } }));
    bench.says("a", target, "more").await;
    assert_eq!(bench.reads(CHANNEL), ["⏳ `shop`"]);
    assert_eq!(bench.fake.whispered(CHANNEL, ADA)[0]["content"], "more");
    bench.end().await;
}

#[tokio::test]
async fn an_answer_that_overtakes_its_promise_waits_for_it() {
    let bench = Bench::start().await;
    let (target, token) = asked(&bench, Slot::Original);
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
    let mut targets = Vec::new();
    for slot in [Slot::Original, Slot::FollowUp] {
        let (target, token) = asked(&bench, slot);
        bench.fake.answered(&token, &json!({ "type": 5, "data": { "flags": 64 } }));
        bench.puts(&token, target.clone(), Some(direct(ADA)), Message::new("late")).await;
        targets.push(target);
    }
    bench.runs().await;
    let asked = bench.fake.calls("PATCH webhooks") + bench.fake.calls("POST webhooks");
    bench.fake.set_down(false);
    bench.after(MINUTE * 15).await;
    assert_eq!(bench.reads(&bench.fake.direct(ADA)), ["late", "late"]);
    assert_eq!(
        bench.fake.calls("PATCH webhooks") + bench.fake.calls("POST webhooks"),
        asked,
        "nobody asks with a dead one"
    );
    bench.end().await;
}

#[tokio::test]
async fn a_refused_interaction_token_says_nothing_of_the_bots() {
    let bench = Bench::start().await;
    let (target, token) = asked(&bench, Slot::Original);
    bench.fake.answered(&token, &json!({ "type": 5 }));
    bench.after(MINUTE).await;
    bench.fake.refuse("PATCH webhooks", 401, 50027, 1);
    bench.puts("a", target, Some(direct(ADA)), Message::new("late")).await;
    bench.runs().await;
    assert_eq!(bench.reads(&bench.fake.direct(ADA)), ["late"]);
    bench.end().await;
}

#[tokio::test]
async fn an_address_that_is_none_of_discords_reaches_nothing() {
    let bench = Bench::start().await;
    for url in ["http://127.0.0.1:1/x", "interaction/1/2/../original", "interaction/1/2/t/else"] {
        bench.says(url, Target::Respond { url: url.into() }, "x").await;
    }
    assert_eq!(bench.given_up().await.len(), 3);
    assert!(bench.fake.memory().log.is_empty());
    bench.end().await;
}
