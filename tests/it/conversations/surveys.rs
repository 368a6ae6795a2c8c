//! A micro-survey from the prompt to the score.

use std::time::Duration;

use insta::assert_snapshot;

use crate::harness::reading::buttons;
use crate::harness::stage::Stage;
use crate::harness::test_app::TestApp;
use crate::{on_each, reads};

on_each!(
    one_click_is_recorded_and_a_changed_click_counts_once,
    from_five_answers_on_a_score_is_shown_with_its_interval,
    somebody_is_asked_once_in_a_calendar_month,
    an_answer_leaves_no_person_no_time_and_no_audit,
);

async fn one_click_is_recorded_and_a_changed_click_counts_once(stage: &Stage) {
    let (ada, priya) = (stage.person("Ada"), stage.person("Priya"));
    ada.runs("env create preview-site demo").await;
    stage.app().run_jobs().await;
    reads!(ada.reads_directly().await, @"
    How did getting demo go for you?
    One click. It decides what we fix first.
    Your name is not stored with the answer; results are shown from 5 answers on.
    [Very badly] [Badly] [So-so] [Well] [Very well]
    [Not now] [Fewer of these]
    ");
    reads!(ada.presses("Well").await, @"");
    let recorded = ada.reads_directly().await;
    reads!(&recorded, @"
    ✅ Recorded, thank you. You can press another one to change it; it counts once.
    How did getting demo go for you?
    Your name is not stored with the answer; results are shown from 5 answers on.
    [Very badly] [Badly] [So-so] [Well] [Very well]
    [Add a comment] [Withdraw]
    ");
    ada.presses("Badly").await;
    assert_eq!(ada.reads_directly().await, recorded, "it does not tell which was pressed");
    reads!(priya.runs("survey results env.csat").await, @"
    Getting an environment · env.csat
    How did getting … go for you?
    2026-11, open · 1 of 1 answered
    1 answer so far; shown from 5 on.
    It decides which step of getting an environment is mended first. In brackets: 95 % intervals.
    ");
    reads!(ada.runs("survey results env.csat").await, @"🔒 /platform survey results needs the role pm. An admin gives it under [access.roles] in the config.");
}

async fn from_five_answers_on_a_score_is_shown_with_its_interval(stage: &Stage) {
    for (name, choice) in
        [("Ada", "Well"), ("Ben", "Very well"), ("Dana", "Well"), ("Eli", "Badly"), ("Fay", "Well")]
    {
        let person = stage.person(name);
        person.runs(&format!("env create preview-site {}-site", name.to_lowercase())).await;
        stage.app().run_jobs().await;
        person.presses(choice).await;
    }
    let words = [("What do you want to add?", "queues")];
    reads!(stage.person("Eli").presses_and_fills("Add a comment", &words).await, @"");
    assert_eq!(stage.app().texts("SELECT wave_id FROM answer_text").await.len(), 1);
    let priya = stage.person("Priya");
    reads!(priya.runs("stats").await, @"
    Platform · last 28 days against the 28 days before
    Adoption · 5 people active; nobody before, so there is nothing to compare with
    Environments · 5 asked for, 5 ready, 0 failed
    First environment · median 0.0 s, n = 5
    Golden path · 100 % [57, 100] of environments, n = 5 by 5 people
    Satisfaction · CSAT 80 % [38, 96] well or very well, n = 5 · 5 of 5 asked (100 %)
    In brackets: 95 % interval. Scores count whole calendar months and no skips.
    ");
    reads!(priya.runs("survey close env.csat").await, @"
    env.csat ends for good in its open wave: 0 are not asked any more, and the 0 who were and said nothing no longer can. No answer can be changed then.
    [Close it]
    ");
    reads!(priya.presses("Close it").await, @"✅ env.csat is closed; /platform stats has what was answered.");
    reads!(priya.runs("survey results env.csat").await, @"
    Getting an environment · env.csat
    How did getting … go for you?
    2026-11 · 5 of 5 answered: 100 % [57, 100]
    CSAT 80 % [38, 96] well or very well, n = 5
    Answer · n · Share
    Very badly · 0 · ░░░░░░░░░░ 0 %
    Badly · 1 · ██░░░░░░░░ 20 %
    So-so · 0 · ░░░░░░░░░░ 0 %
    Well · 3 · ██████░░░░ 60 %
    Very well · 1 · ██░░░░░░░░ 20 %
    “queues”
    It decides which step of getting an environment is mended first. In brackets: 95 % intervals.
    ");
}

async fn somebody_is_asked_once_in_a_calendar_month(stage: &Stage) {
    let ada = stage.person("Ada");
    let asked = async || ada.reads_directly().await.matches("How did getting").count();
    for name in ["one", "two"] {
        ada.runs(&format!("env create preview-site {name}")).await;
        stage.app().run_jobs().await;
    }
    assert_eq!(asked().await, 1);
    stage.app().after(Duration::from_secs(13 * 86_400)).await;
    ada.runs("env create preview-site three").await;
    stage.app().run_jobs().await;
    assert_eq!(asked().await, 2, "a new month is a new wave");
}

async fn an_answer_leaves_no_person_no_time_and_no_audit(stage: &Stage) {
    let ada = stage.person("Ada");
    ada.runs("env create preview-site demo").await;
    stage.app().run_jobs().await;
    ada.presses("So-so").await;
    let texts = async |sql| stage.app().texts(sql).await;
    let respondents = texts("SELECT respondent FROM answer").await;
    assert!(respondents.len() == 1 && respondents[0].len() == 64, "{respondents:?}");
    assert_eq!(texts("SELECT id FROM person WHERE id IN (SELECT respondent FROM answer)").await, [""; 0]);
    assert_eq!(texts("SELECT week || ' ' || value FROM answer").await, ["2026-W47 3"]);
    assert_eq!(texts("SELECT command FROM audit WHERE command = 'survey.answer'").await, [""; 0]);
    let facts = texts("SELECT at || ' ' || data FROM fact WHERE kind = 'survey.answered'").await;
    let week = r#"1794787200000 {"survey":"env.csat"}"#;
    assert_eq!(facts, [week], "the week's start, and no person");
}

/// Nobody else sees the buttons, and nobody types them; the row behind them is what lets somebody answer.
#[tokio::test]
async fn only_the_one_who_was_asked_can_answer_and_only_by_a_button() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    let (_, value) = buttons(&app.fake.shown_in(&ada.direct())[0])[3].clone();
    assert_snapshot!(ben.presses_value(&value).await, @"🔒 This question was asked of somebody else; only they can answer it.");
    assert_snapshot!(ada.presses_value(&value.replace(":4", ":9")).await, @"This is none of the answers offered. Press one of the buttons.");
    assert_snapshot!(ada.presses_value("survey.answer:inv_nobody:4").await, @"This question is not open any more. Nothing was recorded.");
    let typed = ada.runs(&format!("survey answer {}", value.replace(':', " "))).await;
    assert!(typed.starts_with("There is no `survey answer`."), "{typed}");
    app.end().await;
}
