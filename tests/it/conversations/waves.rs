//! Who is asked when: hours, gaps, reminders, "not now", and what product people do with a survey.

use std::path::Path;
use std::time::Duration;

use goldenpath::facts::{self, FactKind};
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::reading::{buttons, read};
use crate::harness::test_app::{Person, TestApp};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// With `team.mood`, which is asked of everybody when it is started.
async fn app() -> TestApp {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/conversations/mood");
    TestApp::with(|config| config.paths.surveys = vec![own]).await
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
async fn nobody_is_asked_anything_twice_within_the_gap() {
    let app = app().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    mood_is_started(&app).await;
    app.passes(6 * DAY).await;
    assert_eq!(asked(&app, &ada), 0, "asked about the environment a week ago, but for an hour");
    app.passes(DAY).await;
    assert_eq!(asked(&app, &ada), 1);
    app.end().await;
}

#[tokio::test]
async fn who_says_nothing_is_reminded_once_and_who_answered_is_not() {
    let app = app().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    knows(&ada).await;
    knows(&ben).await;
    mood_is_started(&app).await;
    ben.presses("Good").await;
    app.passes(9 * DAY).await;
    assert_snapshot!(app.reads(&ada.direct()), @"
    How is your week?
    Asked again below.

    How is your week?
    This is the one reminder of it.
    One click. It decides whether we take on less.
    [Awful] [Bad] [So-so] [Good] [Great]
    [Fewer of these]
    Your name is not stored with the answer; results are shown from 5 answers on.
    ");
    assert_eq!((asked(&app, &ada), asked(&app, &ben)), (2, 1));
    app.passes(2 * DAY).await;
    assert_eq!(asked(&app, &ada), 2);
    ada.presses("Bad").await;
    assert!(last(&app, &ada).starts_with("✅ Recorded"), "{}", last(&app, &ada));
    app.end().await;
}

#[tokio::test]
async fn not_now_means_once_more_later() {
    let app = app().await;
    let ada = app.person("Ada");
    knows(&ada).await;
    mood_is_started(&app).await;
    ada.presses("Not now").await;
    // At her own minute, which differs from one installation to another.
    assert!(last(&app, &ada).contains("You are asked once more, 2026-11-25 "), "{}", last(&app, &ada));
    app.passes(6 * DAY).await;
    assert_eq!(asked(&app, &ada), 1);
    app.passes(2 * DAY).await;
    assert_eq!(asked(&app, &ada), 2);
    let first = buttons(&app.fake.shown_in(&ada.direct())[0]);
    assert_eq!(first, [], "the first prompt points to the second");
    app.passes(8 * DAY).await;
    assert_eq!(asked(&app, &ada), 2);
    app.end().await;
}

#[tokio::test]
async fn fewer_and_none_are_heeded_from_then_on() {
    let app = app().await;
    let ada = app.person("Ada");
    knows(&ada).await;
    mood_is_started(&app).await;
    ada.presses("Fewer of these").await;
    assert_snapshot!(last(&app, &ada), @"
    How is your week?
    You are asked half as often from now on. `/platform settings surveys=in` takes that back.
    [Awful] [Bad] [So-so] [Good] [Great]
    [None of these]
    Your name is not stored with the answer; results are shown from 5 answers on.
    ");
    ada.presses("None of these").await;
    assert_snapshot!(last(&app, &ada), @"
    How is your week?
    You are asked nothing from now on. `/platform settings surveys=in` takes that back.
    ");
    app.passes(8 * DAY).await;
    ada.types("env create preview-site demo").await;
    app.passes(DAY).await;
    assert!(!app.reads(&ada.direct()).contains("How did getting"));
    assert_eq!(asked(&app, &ada), 1, "nor reminded");
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
async fn what_was_shipped_is_told_to_those_who_were_asked_before() {
    let app = app().await;
    let (ada, cy) = (app.person("Ada"), app.person("Cy"));
    knows(&ada).await;
    mood_is_started(&app).await;
    ada.presses("Bad").await;
    knows(&cy).await;
    app.passes(8 * DAY).await;
    let wave = app.texts("SELECT id FROM wave WHERE survey = 'team.mood'").await.remove(0);
    let said = "18 of 25 said environments were slow to start. Images are cached now: 50 s became 12 s.";
    let data = json!({"title": "Faster starts", "said": said, "waves": [wave]});
    let shipped = app
        .app
        .db
        .write(data, |tx, data| Box::pin(facts::append(tx, FactKind::RoadmapShipped, "itm_1", data.clone())));
    shipped.await.unwrap();
    app.passes(DAY).await;
    assert_snapshot!(last(&app, &ada), @"
    18 of 25 said environments were slow to start. Images are cached now: 50 s became 12 s.
    Did Faster starts help you?
    One click. It tells whether we are done with this.
    [A lot] [A little] [No] [It made it worse] [Not used yet]
    [Not now] [Fewer of these]
    Your name is not stored with the answer; results are shown from 5 answers on.
    ");
    assert!(!app.reads(&cy.direct()).contains("Faster starts"), "nobody asked Cy");
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
