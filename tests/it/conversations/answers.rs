//! Answers of every kind: given, changed, commented on, taken back, and what they add up to.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use goldenpath::clock::Timestamp;
use goldenpath::disclosure::Counts;
use goldenpath::surveys;
use insta::assert_snapshot;

use crate::harness::reading::{buttons, choices, read};
use crate::harness::test_app::{Person, TestApp};

/// A survey of one's own with this question.
fn asking(question: &str) -> String {
    format!(
        "key = \"own\"\ntitle = \"Own\"\nwhy = \"One click.\"\ndecision = \"what is mended\"\n\
         mode = \"confidential\"\nk = 3\n[when]\nfact = \"env.ready\"\n[question]\n{question}"
    )
}

const NPS: &str = "kind = \"nps\"\ntext = \"Would you tell a colleague to use it?\"\n\
                   choices = [\"certainly not\", \"certainly\"]\nnot_applicable = \"I don't use it\"\n";
const MULTIPLE: &str = "kind = \"multiple\"\ntext = \"What got in the way of {subject}?\"\n\
                        choices = [\"Errors\", \"Waiting\", \"Docs\"]\nnot_applicable = \"Nothing\"\n";
const WORDS: &str = "kind = \"text\"\ntext = \"What should change?\"\n";
const CSAT: &str = "kind = \"csat\"\ntext = \"And {subject}?\"\nchoices = [\"1st\", \"2nd\", \"3rd\", \"4th\", \"5th\"]\n\
                    [question.comment]\nup_to = 3\ntext = \"What would have made it better?\"\n";

/// Each gets an environment, and with it the prompts.
async fn ask(app: &TestApp, names: &[&'static str]) {
    for name in names {
        let site = format!("env create preview-site {}-site", name.to_lowercase());
        app.person(name).types(&site).await;
    }
    app.run_jobs().await;
}

/// What the waves of a survey add up to; the sums are what the answers add up to.
async fn sums(app: &TestApp, survey: &str) -> Vec<Counts> {
    let rebuilt = app.app.db.write((), |tx, ()| Box::pin(surveys::rebuild(tx))).await.unwrap();
    assert_eq!(rebuilt.mended, 0);
    let mut conn = app.app.db.read().await.unwrap();
    let waves = surveys::sums(&mut conn, survey, Timestamp(0)).await.unwrap();
    waves.into_iter().map(|wave| wave.counts).collect()
}

/// How a prompt of the survey of one's own stands there.
fn prompt(app: &TestApp, person: Person<'_>) -> serde_json::Value {
    let shown = app.fake.shown_in(&person.direct());
    let own = |prompt: &&serde_json::Value| !read(prompt).contains("How did getting");
    shown.iter().rfind(|prompt| own(prompt) && !buttons(prompt).is_empty()).unwrap().clone()
}

/// The value behind the button of this label in that prompt.
fn value(app: &TestApp, person: Person<'_>, label: &str) -> String {
    buttons(&prompt(app, person)).into_iter().find(|(name, _)| name == label).unwrap().1
}

#[tokio::test]
async fn what_is_answered_and_changed_adds_up_at_once() {
    let app = TestApp::start().await;
    ask(&app, &["Ada", "Ben", "Cy"]).await;
    app.person("Ada").presses("Well").await;
    app.person("Ben").presses("Well").await;
    assert_eq!(sums(&app, "env.csat").await, [Counts::new(3, 2, 5, 0, 2, vec![0, 0, 0, 2])]);
    app.person("Ada").presses("Badly").await;
    assert_eq!(sums(&app, "env.csat").await, [Counts::new(3, 2, 5, 0, 2, vec![0, 1, 0, 1])]);
    app.end().await;
}

#[tokio::test]
async fn an_answer_withdrawn_takes_all_that_belongs_to_it_along() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ask(&app, &["Ada"]).await;
    ada.presses("Well").await;
    let form = ada.opens_by(&ada.button("Add a comment")).await;
    ada.submits(&form, &[("words", "the queue")]).await;
    assert_eq!(app.texts("SELECT wave_id FROM answer_text").await.len(), 1);
    assert_snapshot!(ada.presses("Withdraw").await, @"");
    assert_snapshot!(read(&app.fake.shown_in(&ada.direct())[0]), @"
    Your answer is withdrawn: nothing is kept of it.
    How did getting `ada-site` go for you?
    [Very badly] [Badly] [So-so] [Well] [Very well]
    Your name is not stored with the answer; results are shown from 5 answers on.
    ");
    let none: [String; 0] = [];
    assert_eq!(app.texts("SELECT wave_id FROM answer UNION ALL SELECT wave_id FROM answer_text").await, none);
    assert_eq!(app.texts("SELECT id FROM invitation WHERE answered = 1").await, none);
    assert_eq!(sums(&app, "env.csat").await, [Counts::new(1, 0, 5, 0, 0, vec![])]);
    ada.presses("So-so").await;
    assert_eq!(sums(&app, "env.csat").await, [Counts::new(1, 1, 5, 0, 1, vec![0, 0, 1])]);
    app.end().await;
}

#[tokio::test]
async fn eleven_numbers_are_one_click_and_who_does_not_use_it_moves_no_score() {
    let app = TestApp::asking(&asking(NPS)).await;
    ask(&app, &["Ada", "Ben"]).await;
    assert_snapshot!(read(&prompt(&app, app.person("Ada"))), @"
    Would you tell a colleague to use it?
    One click.
    [0] [1] [2] [3] [4] [5] [6] [7] [8] [9] [10] [I don't use it]
    0 is _certainly not_, 10 is _certainly_.
    [Not now] [Fewer of these]
    Your name is not stored with the answer; results are shown from 3 answers on.
    ");
    app.person("Ada").presses("9").await;
    app.person("Ben").presses("I don't use it").await;
    let places = vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(sums(&app, "own").await, [Counts::new(2, 2, 3, 1, 1, places)]);
    assert_snapshot!(read(&prompt(&app, app.person("Ben"))), @"
    ✅ Recorded, thank you. You can press another one to change it; it counts once.
    Would you tell a colleague to use it?
    [0] [1] [2] [3] [4] [5] [6] [7] [8] [9] [10] [I don't use it]
    0 is _certainly not_, 10 is _certainly_.
    [Add a comment] [Withdraw]
    Your name is not stored with the answer; results are shown from 3 answers on.
    ");
    app.end().await;
}

#[tokio::test]
async fn several_are_ticked_in_a_form_and_count_as_one_answer() {
    let app = TestApp::asking(&asking(MULTIPLE)).await;
    let ada = app.person("Ada");
    ask(&app, &["Ada"]).await;
    assert_snapshot!(read(&prompt(&app, ada)), @"
    What got in the way of `ada-site`?
    One click.
    [Answer] [Nothing]
    [Not now] [Fewer of these]
    Your name is not stored with the answer; results are shown from 3 answers on.
    ");
    let form = ada.opens_by(&value(&app, ada, "Answer")).await;
    assert_eq!(
        choices(&form),
        [("Errors", "1"), ("Waiting", "2"), ("Docs", "3")].map(|(a, b)| (a.into(), b.into()))
    );
    assert_snapshot!(read(&ada.submits(&form, &[]).await), @r#"refused: {"answer":"Choose at least one of them."}"#);
    assert_eq!(ada.submits(&form, &[("answer", r#"["1","3"]"#)]).await, serde_json::Value::Null);
    assert_eq!(sums(&app, "own").await, [Counts::new(1, 1, 3, 0, 1, vec![1, 0, 1])]);
    ada.submits(&form, &[("answer", r#"["3"]"#)]).await;
    assert_eq!(sums(&app, "own").await, [Counts::new(1, 1, 3, 0, 1, vec![0, 0, 1])]);
    ada.presses_value(&value(&app, ada, "Nothing")).await;
    assert_eq!(sums(&app, "own").await, [Counts::new(1, 1, 3, 1, 0, vec![])]);
    app.end().await;
}

#[tokio::test]
async fn words_are_kept_sealed_and_replaced() {
    let app = TestApp::asking(&asking(WORDS)).await;
    let ada = app.person("Ada");
    ask(&app, &["Ada"]).await;
    let form = ada.opens_by(&value(&app, ada, "Answer")).await;
    for words in ["Nothing at all", "Everything"] {
        ada.submits(&form, &[("answer", words)]).await;
    }
    app.run_jobs().await;
    assert_snapshot!(read(&prompt(&app, ada)), @"
    ✅ Recorded, thank you. You can press Answer again to change it; it counts once.
    What should change?
    [Answer]
    [Withdraw]
    Your name is not stored with the answer; results are shown from 3 answers on.
    ");
    assert_eq!(sums(&app, "own").await, [Counts::new(1, 1, 3, 0, 1, vec![1])]);
    let sealed = app.texts("SELECT sealed FROM answer_text").await;
    assert!(sealed.len() == 1 && !sealed[0].contains("thing"), "{sealed:?}");
    assert_snapshot!(read(&ada.submits(&form, &[("answer", &"long ".repeat(500))]).await), @r#"refused: {"answer":"2000 characters at most; these are 2499."}"#);
    app.end().await;
}

#[tokio::test]
async fn what_is_asked_in_words_follows_the_answer_and_the_prompt_tells_nothing_of_it() {
    let app = TestApp::asking(&asking(CSAT)).await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    ask(&app, &["Ada", "Ben"]).await;
    ada.presses("2nd").await;
    ben.presses("4th").await;
    let same = |person: Person<'_>| {
        let whole = read(&prompt(&app, person)).replace(&person.direct()[2..].to_lowercase(), "NAME");
        (whole, buttons(&prompt(&app, person)).into_iter().map(|(label, _)| label).collect::<Vec<_>>())
    };
    assert_eq!(same(ada), same(ben));
    let form = ada.opens_by(&value(&app, ada, "Add a comment")).await;
    assert_snapshot!(read(&form), @"What would have made it better?: …");
    assert_snapshot!(read(&ben.opens_by(&value(&app, ben, "Add a comment")).await), @"What do you want to add?: …");
    ada.submits(&form, &[("words", "shorter queues")]).await;
    assert_eq!(app.texts("SELECT wave_id FROM answer_text").await.len(), 1);
    ada.submits(&form, &[]).await;
    assert_eq!(app.texts("SELECT wave_id FROM answer_text").await.len(), 0);
    app.end().await;
}

#[tokio::test]
async fn words_are_no_same_answer_of_all() {
    let app = TestApp::asking(&asking(WORDS)).await;
    let said = [("Ada", "Shorter queues"), ("Ben", "Better docs"), ("Cy", "Nothing")];
    ask(&app, &said.map(|(name, _)| name)).await;
    for (name, words) in said {
        let person = app.person(name);
        let form = person.opens_by(&value(&app, person, "Answer")).await;
        person.submits(&form, &[("answer", words)]).await;
    }
    let priya = app.person("Priya");
    let results = priya.runs("survey results own").await;
    assert!(results.contains("3 of 3 answered\nn = 3\n") && results.contains("“Better docs”"), "{results}");
    assert!(!results.contains("the same"), "{results}");
    assert_snapshot!(priya.runs("stats own").await, @"
    Own · last 28 days
    n = 3 · 3 of 3 asked
    In brackets: 95 % interval. Scores count whole calendar months and no skips.
    ");
    app.end().await;
}

/// Closes every wave as its time does.
async fn close(app: &TestApp) {
    for wave in app.texts("SELECT id FROM wave").await {
        let unit = app.app.db.write(wave, |tx, wave| Box::pin(surveys::close_wave(tx, wave)));
        assert!(unit.await.unwrap());
    }
    app.run_jobs().await;
}

#[tokio::test]
async fn a_closed_question_says_so_and_records_nothing() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    ask(&app, &["Ada", "Ben"]).await;
    ada.presses("Well").await;
    close(&app).await;
    let [ours, theirs] =
        [ada, ben].map(|person| buttons(&app.fake.shown_in(&person.direct())[0])[0].1.clone());
    assert_snapshot!(ada.presses_value(&ours).await, @"This question is closed and its answers are counted. Nothing was recorded or changed.");
    assert_snapshot!(ben.presses_value(&theirs).await, @"This question is closed and its answers are counted. Nothing was recorded or changed.");
    assert_snapshot!(ben.presses_value(&ours).await, @"🔒 This question was asked of somebody else; only they can answer it.");
    assert_snapshot!(ada.presses("Withdraw").await, @"This question is closed and its answers are counted. Nothing was recorded or changed.");
    assert_eq!(sums(&app, "env.csat").await, [Counts::new(2, 1, 5, 0, 1, vec![0, 0, 0, 1])]);
    app.end().await;
}

#[tokio::test]
async fn results_are_shown_from_k_answers_on_with_words_that_are_nobodys() {
    let app = TestApp::asking(&asking(CSAT)).await;
    let priya = app.person("Priya");
    assert_snapshot!(priya.runs("survey results none").await, @"There is no survey `none`. There is `did.help`, `docs.find`, `env.csat`, `env.fail`, `pulse.sat` or `own`.");
    ask(&app, &["Ada", "Ben", "Cy", "Di"]).await;
    for (name, choice, words) in [("Ada", "2nd", "queues"), ("Ben", "4th", ""), ("Cy", "5th", "nice")] {
        let person = app.person(name);
        person.presses(choice).await;
        let form = person.opens_by(&value(&app, person, "Add a comment")).await;
        person.submits(&form, &[("words", words)]).await;
        if name == "Ben" {
            assert_snapshot!(priya.runs("survey results own").await, @"
            Own · `own`
            And …?
            2026-11, open · 2 of 4 answered
            2 answers so far; shown from 3 on.
            It decides what is mended. In brackets: 95 % intervals.
            ");
        }
    }
    assert_snapshot!(priya.runs("survey results own").await.replace("“nice”\n“queues”", "“queues”\n“nice”"), @"
    Own · `own`
    And …?
    2026-11, open · 3 of 4 answered
    CSAT 67 % [21, 94] 4th or 5th, n = 3
    Answer | n | Share
    1st | 0 | ░░░░░░░░░░ 0 %
    2nd | 1 | ███░░░░░░░ 33 %
    3rd | 0 | ░░░░░░░░░░ 0 %
    4th | 1 | ███░░░░░░░ 33 %
    5th | 1 | ███░░░░░░░ 33 %
    “queues”
    “nice”
    It decides what is mended. In brackets: 95 % intervals.
    ");
    assert_snapshot!(app.person("Ada").runs("survey results own").await, @"🔒 `/platform survey results` needs the role `pm`. An admin gives it under `[access.roles]` in the config.");
    app.end().await;
}

#[tokio::test]
async fn an_open_round_is_told_in_steps_so_that_no_change_is_somebodys() {
    let app = TestApp::asking(&asking(CSAT)).await;
    let (priya, cy) = (app.person("Priya"), app.person("Cy"));
    ask(&app, &["Ada", "Ben", "Cy", "Di"]).await;
    for (name, choice) in [("Ada", "2nd"), ("Ben", "4th"), ("Cy", "5th")] {
        app.person(name).presses(choice).await;
    }
    let told = priya.runs("survey results own").await;
    assert!(told.contains("3 of 4 answered") && told.contains("n = 3"), "{told}");
    let same = |now: &str| now.lines().skip(3).eq(told.lines().skip(3));
    cy.presses("1st").await;
    assert!(same(&priya.runs("survey results own").await), "a changed mind shows");
    app.person("Di").presses("1st").await;
    let now = priya.runs("survey results own").await;
    assert!(same(&now), "one more answer shows: {now}");
    assert!(now.contains("4 of 4 answered; 1 of them counts with the next step of 3"), "{now}");
    cy.presses("Withdraw").await;
    assert!(same(&priya.runs("survey results own").await), "one answer less shows");
    priya.closes("own").await;
    assert!(priya.runs("survey results own").await.contains("n = 3"));
}
