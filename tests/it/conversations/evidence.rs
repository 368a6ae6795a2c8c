//! What answers and failures speak for, by team where a team may be told from the others.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use goldenpath::facts::{self, FactKind};
use insta::assert_snapshot;
use serde_json::json;

use super::stats::wave;
use crate::harness::test_app::{Person, TestApp};

const PAYMENTS: [&str; 10] = ["Ada", "Ben", "Cy", "Di", "Eve", "Flo", "Gus", "Hal", "Ian", "Jo"];
const OTHERS: [&str; 5] = ["Kim", "Lou", "May", "Ned", "Ole"];

/// With the ten in a team, all known to the bot.
async fn organised() -> TestApp {
    let file = tempfile::NamedTempFile::new().unwrap();
    let members = PAYMENTS.map(|name| format!("slack:T1:U{}", name.to_uppercase()));
    std::fs::write(file.path(), format!("[[team]]\nname = \"payments\"\nmembers = {members:?}\n")).unwrap();
    let app = TestApp::with(|config| config.people.file = Some(file.path().into())).await;
    for name in PAYMENTS.into_iter().chain(OTHERS) {
        app.person(name).runs("env list").await;
    }
    app
}

/// Each gets an environment and says how that went.
async fn answer(app: &TestApp, people: &[&'static str], choice: &str) {
    for name in people {
        let person = app.person(name);
        person.types(&format!("env create preview-site {}-site", name.to_lowercase())).await;
        app.run_jobs().await;
        person.presses(choice).await;
    }
}

/// November's wave with these answers, by place, as if it were closed now.
async fn november(app: &TestApp, survey: &'static str, whole: &[i64], teams: &[(&str, &[i64])]) {
    wave(app, survey, "2026-11", whole, teams).await;
    let closed = app.app.db.write(survey, |tx, survey| {
        let (id, data) = (format!("wav_{survey}_2026-11"), json!({ "survey": survey, "period": "2026-11" }));
        Box::pin(async move { facts::append(tx, FactKind::WaveClosed, &id, data).await })
    });
    closed.await.unwrap();
    app.run_jobs().await;
}

/// What stands in the list of evidence: what, how much.
async fn evidence(app: &TestApp) -> String {
    let list = app.person("Priya").runs("roadmap").await;
    let rows = list.lines().filter(|line| line.matches(" | ").count() == 2).skip(1);
    rows.map(|row| row.rsplit_once(" | ").unwrap().0).collect::<Vec<_>>().join("\n")
}

/// Priya makes `faster` of the only evidence that there is.
async fn becomes_faster(app: &TestApp) {
    let (priya, id) = (app.person("Priya"), app.texts("SELECT id FROM evidence").await.remove(0));
    for line in ["add Faster", &format!("link faster {id}"), "estimate faster 2 4"] {
        priya.runs(&format!("roadmap {line}")).await;
    }
}

#[tokio::test]
async fn a_team_that_fares_badly_stands_beside_the_whole_it_is_part_of() {
    let app = organised().await;
    let priya = app.person("Priya");
    answer(&app, &PAYMENTS[..8], "Badly").await;
    answer(&app, &PAYMENTS[8..], "Well").await;
    answer(&app, &OTHERS[1..], "Very well").await;
    answer(&app, &OTHERS[..1], "So-so").await;
    priya.closes("env.csat").await;
    assert_snapshot!(evidence(&app).await, @"Getting an environment: not well | 8 of 15 answers; payments 8 of 10");
    becomes_faster(&app).await;
    assert_snapshot!(priya.runs("roadmap show faster").await, @"
    Faster (`faster`) · open · votes: 0
    Rank  1
    Score  4.16 [1.98, 8.76]
    Reach  9 people: 8 of 15 answers, scaled to everybody active
    Impact  1.00 of 3: 8 ratings
    Confidence  98 %; a better estimate of the effort would settle more
    Effort  2, nine times in ten under 4 person-weeks
    What speaks for it | How much | Where from
    Getting an environment: not well | 8 of 15 answers; payments 8 of 10 | env.csat 2026-11: “How did getting … go for you?”
    [Link evidence…] [Estimate…] [Start] [Ship…] [Drop…]
    Counted are the last 90 days. Score: reach × impact × confidence ÷ effort, the median of what it can be; 80 % of it lies between the numbers in brackets.
    ");
    assert_snapshot!(priya.runs("survey results env.csat").await, @"
    Getting an environment · `env.csat`
    How did getting … go for you?
    2026-11 · 15 of 15 answered: 100 % [80, 100]
    CSAT 40 % [20, 64] well or very well, n = 15
    Answer | n | Share
    Very badly | 0 | ░░░░░░░░░░ 0 %
    Badly | 8 | █████░░░░░ 53 %
    So-so | 1 | █░░░░░░░░░ 7 %
    Well | 2 | █░░░░░░░░░ 13 %
    Very well | 4 | ███░░░░░░░ 27 %
    ```Team      Score
    payments  CSAT 20 % [6, 51] well or very well, n = 10```
    It decides which step of getting an environment is mended first. In brackets: 95 % intervals.
    ");
    app.end().await;
}

#[tokio::test]
async fn a_team_in_trouble_does_not_drown_among_the_others_and_counts_once() {
    let app = TestApp::start().await;
    let priya = app.person("Priya");
    let teams: [(&str, &[i64]); 3] =
        [("payments", &[4, 4, 0, 2]), ("web", &[1, 1, 3, 10, 5]), ("core", &[2, 0, 0, 3])];
    november(&app, "env.csat", &[7, 5, 5, 25, 18], &teams).await;
    assert_snapshot!(evidence(&app).await, @"Getting an environment: not well | 12 of 60 answers; payments 8 of 10, core 2 of 5");
    becomes_faster(&app).await;
    let list = priya.runs("roadmap").await;
    assert!(list.contains("| 12 of 60 answers\n"), "reach is of the whole: {list}");
    priya.runs("roadmap ship faster We mended it.").await;
    let told = app.texts("SELECT data FROM fact WHERE kind = 'roadmap.shipped'").await.remove(0);
    assert!(told.contains("We mended it.") && !told.contains("You said"), "60 did not say so: {told}");
    app.end().await;
}

#[tokio::test]
async fn two_of_five_in_one_team_are_chance() {
    let app = TestApp::start().await;
    november(&app, "env.csat", &[2, 0, 0, 30, 30], &[("core", &[2, 0, 0, 3])]).await;
    assert_eq!(evidence(&app).await, "");
    app.end().await;
}

#[tokio::test]
async fn of_a_team_that_is_all_alike_no_more_than_the_side_is_told() {
    let app = TestApp::start().await;
    let teams: [(&str, &[i64]); 2] = [("alike", &[0, 7]), ("mixed", &[3, 1, 1, 1])];
    november(&app, "env.csat", &[4, 8, 2, 5, 6], &teams).await;
    assert_snapshot!(evidence(&app).await, @"Getting an environment: not well | 12 of 25 answers; alike 7 of 7, mixed 4 of 6");
    let results = app.person("Priya").runs("survey results env.csat").await;
    assert!(results.contains("alike  n = 7"), "{results}");
    app.end().await;
}

#[tokio::test]
async fn a_reason_that_all_of_a_team_gave_cannot_be_worked_out_from_the_other_teams() {
    let app = TestApp::start().await;
    // Without `a` and `b`, all that is left are the seven of `same`.
    let teams: [(&str, &[i64]); 3] = [("a", &[4, 3]), ("b", &[3, 6]), ("same", &[0, 7])];
    november(&app, "env.fail", &[7, 16], &teams).await;
    assert_snapshot!(evidence(&app).await, @"
    What stops environments: Missing permission | 16 of 23 answers; b 6 of 9
    What stops environments: Unclear error | 7 of 23 answers; b 3 of 9
    ");
    app.end().await;
}

#[tokio::test]
async fn a_team_too_small_to_be_shown_takes_another_with_it() {
    let app = TestApp::start().await;
    let teams: [(&str, &[i64]); 3] = [("pay", &[4, 4, 1]), ("sec", &[1, 2]), ("web", &[3, 3, 1, 4])];
    november(&app, "env.csat", &[8, 9, 2, 4], &teams).await;
    assert_snapshot!(evidence(&app).await, @"Getting an environment: not well | 17 of 23 answers; web 6 of 11");
    assert_snapshot!(app.person("Priya").runs("survey results env.csat").await, @"
    Getting an environment · `env.csat`
    How did getting … go for you?
    2026-11 · 23 of 27 answered: 85 % [68, 94]
    CSAT 17 % [7, 37] well or very well, n = 23
    Answer | n | Share
    Very badly | 8 | ███░░░░░░░ 35 %
    Badly | 9 | ████░░░░░░ 39 %
    So-so | 2 | █░░░░░░░░░ 9 %
    Well | 4 | ██░░░░░░░░ 17 %
    Very well | 0 | ░░░░░░░░░░ 0 %
    ```Team  Score
    web   CSAT 36 % [15, 65] well or very well, n = 11```
    2 teams are hidden: fewer than 5 answers, or theirs could be worked out.
    It decides which step of getting an environment is mended first. In brackets: 95 % intervals.
    ");
    app.end().await;
}

const FAILING: &str = r#"
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: odd, title: Odd path, description: Stops.}
spec:
  type: service
  goldenpath: {tier: supported}
  steps:
    - {id: say, name: asking for leave, action: exec:run, input: {command: ["false"]}}
"#;

#[tokio::test]
async fn creates_that_stop_and_the_reasons_people_give_become_evidence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("template.yaml"), FAILING).unwrap();
    let app = TestApp::with(|config| config.paths.templates = vec![folder.path().into()]).await;
    for name in &PAYMENTS[..6] {
        app.person(name).types(&format!("env create odd {}", name.to_lowercase())).await;
    }
    app.run_jobs().await;
    app.passes(Duration::from_secs(1_860)).await;
    for (place, name) in PAYMENTS[..6].iter().enumerate() {
        let person: Person<'_> = app.person(name);
        person.presses(["Missing permission", "Too slow", "Something else"][place * place / 10]).await;
    }
    app.person("Priya").closes("env.fail").await;
    assert_snapshot!(evidence(&app).await, @"
    What stops environments: Missing permission | 4 of 6 answers
    odd stopped at say | 6 people, 6 times
    ");
    app.end().await;
}

#[tokio::test]
async fn the_roadmap_is_a_file_in_which_no_title_is_a_formula() {
    let app = TestApp::start().await;
    let priya = app.person("Priya");
    priya.runs(r#"roadmap add =HYPERLINK("http://x","Click")"#).await;
    app.after(Duration::from_secs(1)).await;
    priya.runs("roadmap add Night mode").await;
    assert_snapshot!(priya.runs("roadmap export").await, @r#"
    ✅ The roadmap is in `roadmap.csv`: 2 items with rank, score and what it rests on.
    ```key,title,state,votes,rank_from,rank_to,before_next,score,score_low,score_high,reach,impact,confidence,rests_on,p50,p90,override
    night-mode,Night mode,open,0,,,,,,,,,,needs evidence,,,
    hyperlink-http-x-click,"'=HYPERLINK(""http://x"",""Click"")",open,0,,,,,,,,,,needs evidence,,,```
    `roadmap.csv`
    I sent you this directly as well, with what can only be shown there.
    "#);
    priya.runs("roadmap export json").await;
    app.run_jobs().await;
    let mut files: Vec<String> =
        app.fake.files().into_iter().map(|file| String::from_utf8(file.bytes).unwrap()).collect();
    files.sort_by_key(|text| text.starts_with('['));
    let [csv, json] = files.try_into().unwrap();
    assert_snapshot!(csv.replace("\r\n", "\n"), @r#"
    key,title,state,votes,rank_from,rank_to,before_next,score,score_low,score_high,reach,impact,confidence,rests_on,p50,p90,override
    night-mode,Night mode,open,0,,,,,,,,,,needs evidence,,,
    hyperlink-http-x-click,"'=HYPERLINK(""http://x"",""Click"")",open,0,,,,,,,,,,needs evidence,,,
    "#);
    let items: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(items[1]["title"], r#"=HYPERLINK("http://x","Click")"#, "a program takes it as it is");
    assert_eq!(items.as_array().unwrap().len(), 2);
    app.end().await;
}
