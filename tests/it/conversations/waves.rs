//! Who is asked when: hours, gaps, reminders, "not now", and what product people do with a survey.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::path::Path;
use std::time::Duration;

use goldenpath::config::Config;
use goldenpath::facts::{self, FactKind};
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::reading::{buttons, read};
use crate::harness::stage::{Player, Stage};
use crate::harness::test_app::{Person, TestApp};
use crate::{on_each, reads};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

on_each!(with has_a_mood:
    nobody_is_asked_anything_twice_within_the_gap,
    who_says_nothing_is_reminded_once_and_who_answered_is_not,
    not_now_means_once_more_later,
    fewer_and_none_are_heeded_from_then_on,
    what_was_shipped_is_told_to_those_who_were_asked_before,
);

/// With `team.mood`, which is asked of everybody when it is started.
fn has_a_mood(config: &mut Config) {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/conversations/mood");
    config.paths.surveys = vec![own];
}

/// Priya starts it, and everybody who is at work is asked. Whoever typed something is known to the bot.
async fn asks_for_the_mood(stage: &Stage, known: &[&Player<'_>]) {
    for player in known {
        player.runs("env list").await;
    }
    let priya = stage.person("Priya");
    priya.runs("survey start team.mood").await;
    priya.presses("Start it").await;
    stage.app().passes(3 * HOUR).await;
}

/// How often they were asked for their mood.
async fn moods(player: &Player<'_>) -> usize {
    player.reads_directly().await.matches("How is your week?").count()
}

/// The last message that they got.
async fn newest(player: &Player<'_>) -> String {
    player.reads_directly().await.rsplit("\n\n").next().unwrap_or_default().to_owned()
}

async fn nobody_is_asked_anything_twice_within_the_gap(stage: &Stage) {
    let ada = stage.person("Ada");
    ada.runs("env create preview-site demo").await;
    stage.app().run_jobs().await;
    asks_for_the_mood(stage, &[]).await;
    stage.app().passes(6 * DAY).await;
    assert_eq!(moods(&ada).await, 0, "asked about the environment a week ago, but for an hour");
    stage.app().passes(DAY).await;
    assert_eq!(moods(&ada).await, 1);
}

async fn who_says_nothing_is_reminded_once_and_who_answered_is_not(stage: &Stage) {
    let (ada, ben) = (stage.person("Ada"), stage.person("Ben"));
    asks_for_the_mood(stage, &[&ada, &ben]).await;
    ben.presses("Good").await;
    stage.app().passes(9 * DAY).await;
    reads!(ada.reads_directly().await, @"
    How is your week?
    Asked again below.

    How is your week?
    This is the one reminder of it.
    One click. It decides whether we take on less.
    Your name is not stored with the answer; results are shown from 5 answers on.
    [Awful] [Bad] [So-so] [Good] [Great]
    [Fewer of these]
    ");
    assert_eq!((moods(&ada).await, moods(&ben).await), (2, 1));
    stage.app().passes(2 * DAY).await;
    assert_eq!(moods(&ada).await, 2);
    ada.presses("Bad").await;
    let told = newest(&ada).await;
    assert!(told.starts_with("✅ Recorded"), "{told}");
}

async fn not_now_means_once_more_later(stage: &Stage) {
    let ada = stage.person("Ada");
    asks_for_the_mood(stage, &[&ada]).await;
    ada.presses("Not now").await;
    // At her own minute, which differs from one installation to another.
    let told = newest(&ada).await;
    assert!(told.contains("You are asked once more, 2026-11-25 "), "{told}");
    stage.app().passes(6 * DAY).await;
    assert_eq!(moods(&ada).await, 1);
    stage.app().passes(2 * DAY).await;
    assert_eq!(moods(&ada).await, 2);
    let first = ada.reads_directly().await.split("\n\n").next().unwrap_or_default().to_owned();
    assert!(!first.contains('['), "the first prompt points to the second: {first}");
    stage.app().passes(8 * DAY).await;
    assert_eq!(moods(&ada).await, 2);
}

async fn fewer_and_none_are_heeded_from_then_on(stage: &Stage) {
    let ada = stage.person("Ada");
    asks_for_the_mood(stage, &[&ada]).await;
    ada.presses("Fewer of these").await;
    reads!(newest(&ada).await, @"
    How is your week?
    You are asked half as often from now on. /platform settings surveys=in takes that back.
    Your name is not stored with the answer; results are shown from 5 answers on.
    [Awful] [Bad] [So-so] [Good] [Great]
    [None of these]
    ");
    ada.presses("None of these").await;
    reads!(newest(&ada).await, @"
    How is your week?
    You are asked nothing from now on. /platform settings surveys=in takes that back.
    ");
    stage.app().passes(8 * DAY).await;
    ada.runs("env create preview-site demo").await;
    stage.app().passes(DAY).await;
    assert!(!ada.reads_directly().await.contains("How did getting"));
    assert_eq!(moods(&ada).await, 1, "nor reminded");
}

/// What they asked for is there, as the roadmap tells it.
async fn ship(app: &TestApp) {
    let wave = app.texts("SELECT id FROM wave WHERE survey = 'team.mood'").await.remove(0);
    let said = "18 of 25 said environments were slow to start. Images are cached now: 50 s became 12 s.";
    let data = json!({"title": "Faster starts", "said": said, "waves": [wave]});
    let shipped = app
        .app
        .db
        .write(data, |tx, data| Box::pin(facts::append(tx, FactKind::RoadmapShipped, "itm_1", data.clone())));
    shipped.await.unwrap();
}

async fn what_was_shipped_is_told_to_those_who_were_asked_before(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    asks_for_the_mood(stage, &[&ada]).await;
    ada.presses("Bad").await;
    app.passes(8 * DAY).await;
    ship(app).await;
    app.passes(DAY).await;
    reads!(newest(&ada).await, @"
    18 of 25 said environments were slow to start. Images are cached now: 50 s became 12 s.
    Did Faster starts help you?
    One click. It tells whether we are done with this.
    Your name is not stored with the answer; results are shown from 5 answers on.
    [A lot] [A little] [No] [It made it worse] [Not used yet]
    [Not now] [Fewer of these]
    ");
}

/// Slack, where nobody is known who did nothing yet.
async fn app() -> TestApp {
    TestApp::with(has_a_mood).await
}

/// Priya starts it, and everybody who is at work is asked.
async fn mood_is_started(app: &TestApp) {
    let priya = app.person("Priya");
    let (_, value) = buttons(&priya.types("survey start team.mood").await)[0].clone();
    priya.presses_value(&value).await;
    app.passes(3 * HOUR).await;
}

/// Whoever types something is known to the bot.
async fn knows(person: &Person<'_>) {
    person.runs("env list").await;
}

/// How often they were asked for their mood.
fn asked(app: &TestApp, person: &Person<'_>) -> usize {
    app.reads(&person.direct()).matches("How is your week?").count()
}

/// The last message that they got.
fn last(app: &TestApp, person: &Person<'_>) -> String {
    let all = app.reads(&person.direct());
    all.rsplit("\n\n").next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn whoever_is_not_at_work_is_asked_when_they_are() {
    let app = app().await;
    let ada = app.person("Ada");
    app.after(9 * HOUR).await;
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    let csat = || app.reads(&ada.direct()).matches("How did getting").count();
    app.passes(14 * HOUR).await;
    assert_eq!(csat(), 0, "it is Thursday, 08:00");
    app.passes(3 * HOUR).await;
    assert_eq!(csat(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_started_survey_asks_everybody_and_says_before_what_it_would_do() {
    let app = app().await;
    let (ada, priya) = (app.person("Ada"), app.person("Priya"));
    knows(&ada).await;
    assert_snapshot!(priya.runs("survey start team.mood").await, @"
    `team.mood` would ask 2 people in their working hours, the first 2026-11-18 09:00 UTC, until 2026-12-08 09:00 UTC. Who was asked anything in the last 7 days is asked later.
    [Start it]
    ");
    mood_is_started(&app).await;
    assert_snapshot!(last(&app, &ada), @"
    How is your week?
    One click. It decides whether we take on less.
    [Awful] [Bad] [So-so] [Good] [Great]
    [Not now] [Fewer of these]
    Your name is not stored with the answer; results are shown from 5 answers on.
    ");
    assert_eq!((asked(&app, &ada), asked(&app, &priya)), (1, 1));
    assert_snapshot!(priya.runs("survey show team.mood").await, @"
    Mood · `team.mood`
    Question  How is your week?
    Answers  Awful · Bad · So-so · Good · Great
    Decides  whether we take on less next month
    Kept  No name is stored with an answer; results are shown from 5 answers on
    Goes out  when it is started
    Open for  20 days; who says nothing is reminded once, after 8 days
    Wave | State | Answers
    2026-11-18 | open until 2026-12-08 09:00 UTC | 0 of 2 asked answered
    [Pause] [Close]
    ");
    assert_snapshot!(priya.runs("survey start team.mood").await, @"`team.mood` is asking already, in its wave of 2026-11-18. `/platform survey close team.mood` ends that one.");
    app.end().await;
}

#[tokio::test]
async fn a_press_of_somebody_else_changes_nothing() {
    let app = app().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    knows(&ada).await;
    mood_is_started(&app).await;
    let shown = buttons(&app.fake.shown_in(&ada.direct())[0]);
    for (label, value) in &shown[5..] {
        let refused = ben.presses_value(value).await;
        assert!(refused.contains("asked of somebody else"), "{label}: {refused}");
    }
    assert_eq!(app.texts("SELECT surveys FROM person WHERE surveys <> 'in'").await, [""; 0]);
    let audit =
        "SELECT command FROM audit WHERE command IN ('survey.snooze', 'survey.fewer', 'survey.decline')";
    assert_eq!(app.texts(audit).await, [""; 0]);
    app.end().await;
}

#[tokio::test]
async fn a_paused_survey_asks_nobody_until_it_is_resumed() {
    let app = app().await;
    let (ada, priya) = (app.person("Ada"), app.person("Priya"));
    app.after(9 * HOUR).await;
    knows(&ada).await;
    mood_is_started(&app).await;
    assert_snapshot!(priya.runs("survey pause team.mood").await, @"
    `team.mood` would ask nobody until it is resumed; 2 are still to be asked now. Who was asked can answer.
    [Pause it]
    ");
    let offered = buttons(&priya.types("survey pause team.mood").await)[0].1.clone();
    assert_snapshot!(priya.presses_value(&offered).await, @"✅ `team.mood` is paused. `/platform survey resume team.mood` lets it go on.");
    app.passes(DAY).await;
    assert_eq!(asked(&app, &ada), 0);
    priya.runs("survey resume team.mood").await;
    app.passes(DAY).await;
    assert_eq!(asked(&app, &ada), 1);
    app.end().await;
}

#[tokio::test]
async fn a_closed_survey_takes_its_buttons_back() {
    let app = app().await;
    let (ada, priya) = (app.person("Ada"), app.person("Priya"));
    knows(&ada).await;
    mood_is_started(&app).await;
    let value = buttons(&app.fake.shown_in(&ada.direct())[0])[3].1.clone();
    let offer = priya.types("survey close team.mood").await;
    assert_snapshot!(read(&offer), @"
    `team.mood` ends for good in its open wave: 0 are not asked any more, and the 2 who were and said nothing no longer can. No answer can be changed then.
    [Close it]
    ");
    priya.presses_value(&buttons(&offer)[0].1).await;
    assert_snapshot!(last(&app, &ada), @"
    How is your week?
    This question is closed.
    ");
    assert_snapshot!(ada.presses_value(&value).await, @"This question is closed and its answers are counted. Nothing was recorded or changed.");
    let facts = "SELECT data FROM fact WHERE kind = 'wave.closed'";
    assert_eq!(app.texts(facts).await, [r#"{"survey":"team.mood","period":"2026-11-18"}"#]);
    app.end().await;
}

#[tokio::test]
async fn the_list_tells_when_each_survey_goes_out() {
    let app = app().await;
    assert_snapshot!(app.person("Priya").runs("survey").await, @"
    Surveys
    Survey | About | Goes out | Now
    `did.help` | Whether it helped | on `roadmap.shipped` | asks nobody
    `docs.find` | Where answers are found | by `0 10 15 */2 *`, where each one is, to 50 % of them | asks nobody
    `env.csat` | Getting an environment | on `env.ready` | asks nobody
    `env.fail` | What stops environments | 30 min after `env.failed`, unless `env.ready` | asks nobody
    `pulse.sat` | Satisfaction with the platform | by `0 10 1 * *`, where each one is, to 33 % of them | asks nobody
    `team.mood` | Mood | when it is started | asks nobody
    `/platform survey show SURVEY` shows its question and its last waves.
    ");
    let unknown = app.person("Priya").runs("survey show pulse.sta").await;
    assert!(unknown.starts_with("There is no survey `pulse.sta`. There is `"), "{unknown}");
    assert_snapshot!(app.person("Priya").runs("survey start env.csat").await, @"`env.csat` goes out by itself on `env.ready`, to those it happened to; it cannot be started. `/platform survey pause env.csat` stops it.");
    assert_snapshot!(app.person("Ada").runs("survey list").await, @"🔒 `/platform survey list` needs the role `pm`. An admin gives it under `[access.roles]` in the config.");
    app.end().await;
}

#[tokio::test]
async fn what_was_shipped_is_not_told_to_who_was_not_asked_before() {
    let app = app().await;
    let (ada, cy) = (app.person("Ada"), app.person("Cy"));
    knows(&ada).await;
    mood_is_started(&app).await;
    ada.presses("Bad").await;
    knows(&cy).await;
    app.passes(8 * DAY).await;
    ship(&app).await;
    app.passes(DAY).await;
    assert!(app.reads(&ada.direct()).contains("Faster starts"));
    assert!(!app.reads(&cy.direct()).contains("Faster starts"), "nobody asked Cy");
    app.end().await;
}
