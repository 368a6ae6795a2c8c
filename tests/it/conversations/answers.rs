//! Answers of every kind: given, changed, commented on, taken back, and what they add up to.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use goldenpath::clock::Timestamp;
use goldenpath::config::Config;
use goldenpath::disclosure::Counts;
use goldenpath::surveys;
use insta::assert_snapshot;

use crate::harness::reading::buttons;
use crate::harness::stage::{Player, Stage};
use crate::harness::test_app::{TestApp, asks};
use crate::{on_each, reads};

on_each!(
    what_is_answered_and_changed_adds_up_at_once,
    an_answer_withdrawn_takes_all_that_belongs_to_it_along,
    a_closed_question_says_so_and_records_nothing,
);
on_each!(with asks_a_number: eleven_numbers_are_one_click_and_who_does_not_use_it_moves_no_score);
on_each!(with asks_for_several: several_are_chosen_in_a_form_and_count_as_one_answer);
on_each!(with asks_for_words: words_are_kept_sealed_and_replaced, words_are_no_same_answer_of_all);
on_each!(with asks_for_more:
    what_is_asked_in_words_follows_the_answer_and_the_prompt_tells_nothing_of_it,
    results_are_shown_from_k_answers_on_with_words_that_are_nobodys,
    an_open_round_is_told_in_steps_so_that_no_change_is_somebodys,
);

/// A survey of one's own with this question, asked when an environment is ready.
fn own(config: &mut Config, question: &str) {
    let survey = format!(
        "key = \"own\"\ntitle = \"Own\"\nwhy = \"One click.\"\ndecision = \"what is mended\"\n\
         mode = \"confidential\"\nk = 3\n[when]\nfact = \"env.ready\"\n[question]\n{question}"
    );
    asks(config, &survey);
}

fn asks_a_number(config: &mut Config) {
    let choices = "choices = [\"certainly not\", \"certainly\"]\nnot_applicable = \"I don't use it\"\n";
    own(config, &format!("kind = \"nps\"\ntext = \"Would you tell a colleague to use it?\"\n{choices}"));
}

fn asks_for_several(config: &mut Config) {
    let choices = "choices = [\"Errors\", \"Waiting\", \"Docs\"]\nnot_applicable = \"Nothing\"\n";
    own(config, &format!("kind = \"multiple\"\ntext = \"What got in the way of {{subject}}?\"\n{choices}"));
}

fn asks_for_words(config: &mut Config) {
    own(config, "kind = \"text\"\ntext = \"What should change?\"\n");
}

fn asks_for_more(config: &mut Config) {
    let choices = "choices = [\"1st\", \"2nd\", \"3rd\", \"4th\", \"5th\"]\n";
    let comment = "[question.comment]\nup_to = 3\ntext = \"What would have made it better?\"\n";
    own(config, &format!("kind = \"csat\"\ntext = \"And {{subject}}?\"\n{choices}{comment}"));
}

/// Each gets an environment, and with it the prompts.
async fn ask(stage: &Stage, names: &[&'static str]) {
    for name in names {
        let line = format!("env create preview-site {}-site", name.to_lowercase());
        stage.person(name).runs(&line).await;
    }
    stage.app().run_jobs().await;
}

/// What the waves of a survey add up to; the sums are what the answers add up to.
async fn sums(app: &TestApp, survey: &str) -> Vec<Counts> {
    let rebuilt = app.app.db.write((), |tx, ()| Box::pin(surveys::rebuild(tx))).await.unwrap();
    assert_eq!(rebuilt.mended, 0);
    let mut conn = app.app.db.read().await.unwrap();
    let waves = surveys::sums(&mut conn, survey, Timestamp(0)).await.unwrap();
    waves.into_iter().map(|wave| wave.counts).collect()
}

/// How the prompt of the survey of one's own stands there.
async fn prompt(player: &Player<'_>) -> String {
    let read = player.reads_directly().await;
    read.split("\n\n").find(|prompt| !prompt.contains("How did getting")).unwrap().to_owned()
}

async fn what_is_answered_and_changed_adds_up_at_once(stage: &Stage) {
    ask(stage, &["Ada", "Ben", "Dana"]).await;
    stage.person("Ada").presses("Well").await;
    stage.person("Ben").presses("Well").await;
    assert_eq!(sums(stage.app(), "env.csat").await, [Counts::new(3, 2, 5, 0, 2, vec![0, 0, 0, 2])]);
    stage.person("Ada").presses("Badly").await;
    assert_eq!(sums(stage.app(), "env.csat").await, [Counts::new(3, 2, 5, 0, 2, vec![0, 1, 0, 1])]);
}

async fn an_answer_withdrawn_takes_all_that_belongs_to_it_along(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    ask(stage, &["Ada"]).await;
    ada.presses("Well").await;
    ada.presses_and_fills("Add a comment", &[("What do you want to add?", "the queue")]).await;
    assert_eq!(app.texts("SELECT wave_id FROM answer_text").await.len(), 1);
    reads!(ada.presses("Withdraw").await, @"");
    reads!(ada.reads_directly().await, @"
    Your answer is withdrawn: nothing is kept of it.
    How did getting ada-site go for you?
    Your name is not stored with the answer; results are shown from 5 answers on.
    [Very badly] [Badly] [So-so] [Well] [Very well]
    ");
    let none: [String; 0] = [];
    assert_eq!(app.texts("SELECT wave_id FROM answer UNION ALL SELECT wave_id FROM answer_text").await, none);
    assert_eq!(app.texts("SELECT id FROM invitation WHERE answered = 1").await, none);
    assert_eq!(sums(app, "env.csat").await, [Counts::new(1, 0, 5, 0, 0, vec![])]);
    ada.presses("So-so").await;
    assert_eq!(sums(app, "env.csat").await, [Counts::new(1, 1, 5, 0, 1, vec![0, 0, 1])]);
}

/// Discord takes five buttons in a row.
fn in_one_row(read: String) -> String {
    read.replace("]\n[", "] [")
}

async fn eleven_numbers_are_one_click_and_who_does_not_use_it_moves_no_score(stage: &Stage) {
    let (ada, ben) = (stage.person("Ada"), stage.person("Ben"));
    ask(stage, &["Ada", "Ben"]).await;
    reads!(in_one_row(prompt(&ada).await), @"
    Would you tell a colleague to use it?
    One click.
    0 is certainly not, 10 is certainly.
    Your name is not stored with the answer; results are shown from 3 answers on.
    [0] [1] [2] [3] [4] [5] [6] [7] [8] [9] [10] [I don't use it] [Not now] [Fewer of these]
    ");
    ada.presses("9").await;
    ben.presses("I don't use it").await;
    let places = vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(sums(stage.app(), "own").await, [Counts::new(2, 2, 3, 1, 1, places)]);
    reads!(in_one_row(prompt(&ben).await), @"
    ✅ Recorded, thank you. You can press another one to change it; it counts once.
    Would you tell a colleague to use it?
    0 is certainly not, 10 is certainly.
    Your name is not stored with the answer; results are shown from 3 answers on.
    [0] [1] [2] [3] [4] [5] [6] [7] [8] [9] [10] [I don't use it] [Add a comment] [Withdraw]
    ");
}

async fn several_are_chosen_in_a_form_and_count_as_one_answer(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    ask(stage, &["Ada"]).await;
    reads!(prompt(&ada).await, @"
    What got in the way of ada-site?
    One click.
    Your name is not stored with the answer; results are shown from 3 answers on.
    [Answer] [Nothing]
    [Not now] [Fewer of these]
    ");
    let question = "What got in the way of ada-site?";
    ada.presses_and_fills("Answer", &[(question, "Errors, Docs")]).await;
    assert_eq!(sums(app, "own").await, [Counts::new(1, 1, 3, 0, 1, vec![1, 0, 1])]);
    ada.presses_and_fills("Answer", &[(question, "Docs")]).await;
    assert_eq!(sums(app, "own").await, [Counts::new(1, 1, 3, 0, 1, vec![0, 0, 1])]);
    ada.presses("Nothing").await;
    assert_eq!(sums(app, "own").await, [Counts::new(1, 1, 3, 1, 0, vec![])]);
}

async fn words_are_kept_sealed_and_replaced(stage: &Stage) {
    let (app, ada) = (stage.app(), stage.person("Ada"));
    ask(stage, &["Ada"]).await;
    for words in ["Nothing at all", "Everything"] {
        ada.presses_and_fills("Answer", &[("What should change?", words)]).await;
    }
    app.run_jobs().await;
    reads!(prompt(&ada).await, @"
    ✅ Recorded, thank you. You can press Answer again to change it; it counts once.
    What should change?
    Your name is not stored with the answer; results are shown from 3 answers on.
    [Answer]
    [Withdraw]
    ");
    assert_eq!(sums(app, "own").await, [Counts::new(1, 1, 3, 0, 1, vec![1])]);
    let sealed = app.texts("SELECT sealed FROM answer_text").await;
    assert!(sealed.len() == 1 && !sealed[0].contains("thing"), "{sealed:?}");
}

async fn what_is_asked_in_words_follows_the_answer_and_the_prompt_tells_nothing_of_it(stage: &Stage) {
    let (ada, ben) = (stage.person("Ada"), stage.person("Ben"));
    ask(stage, &["Ada", "Ben"]).await;
    ada.presses("2nd").await;
    ben.presses("4th").await;
    assert_eq!(prompt(&ada).await, prompt(&ben).await.replace("ben-site", "ada-site"));
    reads!(ada.presses_and_opens("Add a comment").await, @"
    Add a comment
    What would have made it better?: …
    ");
    reads!(ben.presses_and_opens("Add a comment").await, @"
    Add a comment
    What do you want to add?: …
    ");
    for (words, kept) in [("shorter queues", 1), ("", 0)] {
        let values = [("What would have made it better?", words)];
        ada.presses_and_fills("Add a comment", &values).await;
        assert_eq!(stage.app().texts("SELECT wave_id FROM answer_text").await.len(), kept);
    }
}

async fn words_are_no_same_answer_of_all(stage: &Stage) {
    let said = [("Ada", "Shorter queues"), ("Ben", "Better docs"), ("Dana", "Nothing")];
    ask(stage, &said.map(|(name, _)| name)).await;
    for (name, words) in said {
        stage.person(name).presses_and_fills("Answer", &[("What should change?", words)]).await;
    }
    let priya = stage.person("Priya");
    let results = priya.runs("survey results own").await;
    assert!(results.contains("3 of 3 answered\nn = 3\n") && results.contains("“Better docs”"), "{results}");
    assert!(!results.contains("the same"), "{results}");
    reads!(priya.runs("stats own").await, @"
    Own · last 28 days
    n = 3 · 3 of 3 asked
    In brackets: 95 % interval. Scores count whole calendar months and no skips.
    ");
}

/// Closes every wave as its time does.
async fn close(app: &TestApp) {
    for wave in app.texts("SELECT id FROM wave").await {
        let unit = app.app.db.write(wave, |tx, wave| Box::pin(surveys::close_wave(tx, wave)));
        assert!(unit.await.unwrap());
    }
}

async fn a_closed_question_says_so_and_records_nothing(stage: &Stage) {
    let (ada, ben) = (stage.person("Ada"), stage.person("Ben"));
    ask(stage, &["Ada", "Ben"]).await;
    ada.presses("Well").await;
    close(stage.app()).await;
    // They press what stands there still.
    for player in [&ada, &ben] {
        reads!(player.presses("Badly").await, @"This question is closed and its answers are counted. Nothing was recorded or changed.");
    }
    assert_eq!(sums(stage.app(), "env.csat").await, [Counts::new(2, 1, 5, 0, 1, vec![0, 0, 0, 1])]);
}

async fn results_are_shown_from_k_answers_on_with_words_that_are_nobodys(stage: &Stage) {
    let priya = stage.person("Priya");
    reads!(priya.runs("survey results none").await, @"There is no survey none. There is did.help, docs.find, env.csat, env.fail, pulse.sat or own.");
    ask(stage, &["Ada", "Ben", "Dana", "Eli"]).await;
    let (better, more) = ("What would have made it better?", "What do you want to add?");
    for (name, choice, asked, words) in
        [("Ada", "2nd", better, "queues"), ("Ben", "4th", more, ""), ("Dana", "5th", more, "nice")]
    {
        stage.person(name).presses(choice).await;
        stage.person(name).presses_and_fills("Add a comment", &[(asked, words)]).await;
        if name == "Ben" {
            reads!(priya.runs("survey results own").await, @"
            Own · own
            And …?
            2026-11, open · 2 of 4 answered
            2 answers so far; shown from 3 on.
            It decides what is mended. In brackets: 95 % intervals.
            ");
        }
    }
    let results = priya.runs("survey results own").await;
    reads!(results.replace("“nice”\n“queues”", "“queues”\n“nice”"), @"
    Own · own
    And …?
    2026-11, open · 3 of 4 answered
    CSAT 67 % [21, 94] 4th or 5th, n = 3
    Answer · n · Share
    1st · 0 · ░░░░░░░░░░ 0 %
    2nd · 1 · ███░░░░░░░ 33 %
    3rd · 0 · ░░░░░░░░░░ 0 %
    4th · 1 · ███░░░░░░░ 33 %
    5th · 1 · ███░░░░░░░ 33 %
    “queues”
    “nice”
    It decides what is mended. In brackets: 95 % intervals.
    ");
    reads!(stage.person("Ada").runs("survey results own").await, @"🔒 /platform survey results needs the role pm. An admin gives it under [access.roles] in the config.");
}

async fn an_open_round_is_told_in_steps_so_that_no_change_is_somebodys(stage: &Stage) {
    let (priya, dana) = (stage.person("Priya"), stage.person("Dana"));
    ask(stage, &["Ada", "Ben", "Dana", "Eli"]).await;
    for (name, choice) in [("Ada", "2nd"), ("Ben", "4th"), ("Dana", "5th")] {
        stage.person(name).presses(choice).await;
    }
    let told = priya.runs("survey results own").await;
    assert!(told.contains("3 of 4 answered") && told.contains("n = 3"), "{told}");
    let same = |now: &str| now.lines().skip(3).eq(told.lines().skip(3));
    dana.presses("1st").await;
    assert!(same(&priya.runs("survey results own").await), "a changed mind shows");
    stage.person("Eli").presses("1st").await;
    let now = priya.runs("survey results own").await;
    assert!(same(&now), "one more answer shows: {now}");
    assert!(now.contains("4 of 4 answered; 1 of them counts with the next step of 3"), "{now}");
    dana.presses("Withdraw").await;
    assert!(same(&priya.runs("survey results own").await), "one answer less shows");
    priya.runs("survey close own").await;
    priya.presses("Close it").await;
    assert!(priya.runs("survey results own").await.contains("n = 3"));
}

/// A press of a button that stood there, of one's own message or another's.
#[tokio::test]
async fn the_row_behind_a_button_of_a_closed_question_says_whose_it_was() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    for (person, line) in [(ada, "env create preview-site one"), (ben, "env create preview-site two")] {
        person.types(line).await;
    }
    app.run_jobs().await;
    let [ours, theirs] =
        [ada, ben].map(|person| buttons(&app.fake.shown_in(&person.direct())[0])[0].1.clone());
    close(&app).await;
    assert_snapshot!(ben.presses_value(&theirs).await, @"This question is closed and its answers are counted. Nothing was recorded or changed.");
    assert_snapshot!(ben.presses_value(&ours).await, @"🔒 This question was asked of somebody else; only they can answer it.");
    app.end().await;
}
