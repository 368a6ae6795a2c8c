//! Answers in the middle of which the bot is killed: each counts, and counts once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use goldenpath::ids::Ids;
use goldenpath::keys::Keys;
use goldenpath::surveys::model::respondent;
use tokio::task::JoinSet;

use super::{ask, asked};
use crate::harness::bot_process::{Bot, PM, until};
use crate::harness::slack_sender::{SlackSender, form};

const PEOPLE: [&str; 5] = ["UADA", "UBOB", "UCLEO", "UDAN", "UEVE"];

/// What somebody pressed: all bodies in order, and how many were acknowledged.
struct Pressed {
    user: &'static str,
    /// (place of the button from 1, body)
    sent: Vec<(usize, String)>,
    acknowledged: usize,
}

/// Presses one button after another until the bot does not answer any more.
async fn press_on(
    slack: SlackSender,
    user: &'static str,
    values: Vec<String>,
    count: Arc<AtomicUsize>,
) -> Pressed {
    let mut pressed = Pressed { user, sent: Vec::new(), acknowledged: 0 };
    loop {
        let place = (pressed.sent.len() * 2 + user.len()) % 5;
        let body = form(&[("payload", &slack.press(user, &values[place]).to_string())]);
        pressed.sent.push((place + 1, body.clone()));
        match slack.attempted(&body).await.map(|answer| answer.status) {
            Some(200) => pressed.acknowledged += 1,
            other => {
                assert_eq!(other, None, "an answer was refused");
                return pressed;
            }
        }
        count.fetch_add(1, Ordering::SeqCst);
    }
}

/// Each person's answer, found by the pseudonym that only the key file leads to.
pub(super) async fn answers(bot: &Bot) -> BTreeMap<String, usize> {
    let keys = Keys::load_or_create(&bot.data().join("key"), &Ids::from_system()).unwrap();
    let pairs = |rows: Vec<String>| {
        rows.into_iter().map(|row| row.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap())
    };
    let wave =
        pairs(bot.database.texts("SELECT wave_id || ' ' || wrapped FROM wave_key").await).next().unwrap();
    let wrapped = data_encoding::BASE64.decode(wave.1.as_bytes()).unwrap();
    let key = keys.unwrap(&wave.0, &wrapped).unwrap();
    let people = pairs(bot.database.texts("SELECT user_id || ' ' || person_id FROM identity").await);
    let names: BTreeMap<String, String> =
        people.map(|(user, person)| (respondent(&key, &person), user)).collect();
    let rows = pairs(bot.database.texts("SELECT respondent || ' ' || CAST(value AS TEXT) FROM answer").await);
    rows.map(|(who, value)| (names[&who].clone(), value.parse().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_among_answers_every_acknowledged_one_counts_once() {
    let mut bot = Bot::start().await;
    let (mut pressing, count) = (JoinSet::new(), Arc::<AtomicUsize>::default());
    for user in PEOPLE {
        ask(&bot, user, "quick", &user.to_lowercase()).await;
    }
    for user in PEOPLE {
        let values = asked(&bot, user).await;
        pressing.spawn(press_on(bot.slack(), user, values, count.clone()));
    }
    let enough = 20 + usize::from(Ids::from_system().bytes::<1>()[0]) / 4;
    until("they press", async || (count.load(Ordering::SeqCst) >= enough).then_some(())).await;
    bot.crash().await;
    let all = pressing.join_all().await;
    let kept = answers(&bot).await;
    for Pressed { user, sent, acknowledged } in &all {
        // The last one may be on disk although its acknowledgement was cut off.
        let possible: Vec<usize> =
            sent[acknowledged.saturating_sub(1)..].iter().map(|(place, _)| *place).collect();
        let found = kept.get(*user);
        let sound = found.map_or(*acknowledged == 0, |place| possible.contains(place));
        assert!(sound, "{user}: {found:?} of {possible:?}, {acknowledged} acknowledged");
    }
    repeats_change_nothing(&bot, &all, &kept).await;
}

/// A repeated delivery changes nothing, a new press counts in place of the one before.
async fn repeats_change_nothing(bot: &Bot, all: &[Pressed], kept: &BTreeMap<String, usize>) {
    let slack = bot.slack();
    for pressed in all {
        for (_, body) in pressed.sent[..pressed.acknowledged].iter().take(2) {
            assert_eq!(slack.signed(body).await.status, 200);
        }
    }
    assert_eq!(&answers(bot).await, kept);
    for user in PEOPLE {
        let best = asked(bot, user).await[4].clone();
        slack.payload(&slack.press(user, &best)).await;
    }
    // What is told of an open wave is as of an earlier moment.
    slack.payload(&slack.press(PM, "survey.confirm:env.csat:close")).await;
    let stats = slack.types(PM, "stats").await.body;
    assert!(stats.contains("5 of 5 asked") && stats.contains("≥ 90 % favourable, n = 5"), "{stats}");
}
