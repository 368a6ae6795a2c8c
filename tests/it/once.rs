//! "Once": the main scenario as it is, with every job twice, and with each job cut off at every
//! commit leaves one transcript and one set of effects. Only a message may come again, marked.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::harness::reading::{buttons, read};
use crate::harness::site_servers;
use crate::harness::test_app::TestApp;
use crate::harness::work::{Scissors, Work};

const MARK: &str = "Sent again after an interruption; you may see this twice.";
const DAY: Duration = Duration::from_secs(86_400);

/// All that anybody saw and all that was made.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// Answers to what was typed, in order.
    answers: Vec<String>,
    /// `CHANNEL: WORDS` of each message as it stands at the end.
    shown: Vec<String>,
    /// Made outside and written down inside, with how often.
    effects: Vec<String>,
}

impl Outcome {
    fn is_that_of(&self, other: &Outcome) {
        let all = |outcome: &Outcome| [&outcome.answers[..], &outcome.shown, &outcome.effects].concat();
        let (ours, theirs) = (all(self), all(other));
        for (our, their) in ours.iter().zip(&theirs) {
            assert_eq!(our, their);
        }
        assert_eq!(ours.len(), theirs.len());
    }
}

/// What happened, and how many messages came again.
async fn scenario(work: Work) -> (Outcome, usize) {
    let app = TestApp::working(work).await;
    app.app.worker.schedule().await.unwrap();
    // Whom a wave draws differs from one installation to another.
    app.changes("INSERT INTO survey_pause (survey, paused_at) VALUES ('pulse.sat', 0), ('docs.find', 0)")
        .await;
    let mut answers = both_golden_paths(&app).await;
    let mut effects = made(&app);
    answers.extend(surveyed_and_extended(&app).await);
    answers.extend(ended(&app).await);
    effects.extend(written_down(&app).await);
    let (shown, again) = shown(&app);
    app.end().await;
    (Outcome { answers, shown, effects }, again)
}

async fn both_golden_paths(app: &TestApp) -> Vec<String> {
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    let mut answers = vec![ada.opens_home().await, ada.runs("env create preview-site demo").await];
    app.after(Duration::from_secs(60)).await;
    answers.push(ben.runs("env create rust-service shop").await);
    app.run_jobs().await;
    let typo = ben.types("env lst --all").await;
    // What a press is answered stands among what is shown.
    ben.presses_value(&buttons(&typo)[0].1).await;
    answers
}

async fn surveyed_and_extended(app: &TestApp) -> Vec<String> {
    let (ada, ben, priya) = (app.person("Ada"), app.person("Ben"), app.person("Priya"));
    for (person, choice) in [(ada, "Well"), (ben, "Very well"), (ada, "Badly")] {
        person.presses(choice).await;
    }
    let extended = ada.runs("env extend demo 1d").await;
    app.run_jobs().await;
    vec![extended, ada.home(), priya.runs("stats").await]
}

/// One is destroyed by its owner, the other, extended after a warning, by its deadline.
async fn ended(app: &TestApp) -> Vec<String> {
    let (ada, ben, priya) = (app.person("Ada"), app.person("Ben"), app.person("Priya"));
    let mut answers = vec![ada.runs("env destroy demo").await];
    app.run_jobs().await;
    half_days(app, 11).await;
    let warning = app.fake.shown_in(&ben.direct()).iter().flat_map(buttons).collect::<Vec<_>>();
    let extend = warning.iter().find(|(label, _)| label.starts_with("Extend by")).expect("a warning");
    ben.presses_value(&extend.1).await;
    half_days(app, 30).await;
    answers.extend([ada.runs("env list --all").await, ada.home(), priya.runs("stats").await]);
    answers
}

async fn half_days(app: &TestApp, count: usize) {
    for _ in 0..count {
        app.after(DAY / 2).await;
    }
}

/// The repositories with their commits, and the processes that serve.
fn made(app: &TestApp) -> Vec<String> {
    let folder = app.folder.path();
    let mut made = vec![format!("{} sites", site_servers(folder).len())];
    for repository in std::fs::read_dir(folder.join("data/repositories")).unwrap().flatten() {
        let name = repository.file_name().into_string().unwrap();
        made.push(format!("{name}: {} commits", commits(&repository.path())));
    }
    made
}

fn commits(repository: &Path) -> String {
    let counted =
        Command::new("git").arg("-C").arg(repository).args(["rev-list", "--all", "--count"]).output();
    String::from_utf8(counted.unwrap().stdout).unwrap().trim().to_owned()
}

/// What the tables count once: facts, what people did, answers, invitations, environments.
async fn written_down(app: &TestApp) -> Vec<String> {
    let sql = "SELECT 'fact ' || kind || ' ' || CAST(count(*) AS TEXT) AS line FROM fact GROUP BY kind
               UNION ALL SELECT 'audit ' || command || ' ' || CAST(count(*) AS TEXT) FROM audit
                   WHERE actor <> 'system' GROUP BY command
               UNION ALL SELECT 'answers ' || CAST(count(*) AS TEXT) || ', sum ' || CAST(sum(value) AS TEXT) FROM answer
               UNION ALL SELECT 'invitations ' || CAST(count(*) AS TEXT) FROM invitation
               UNION ALL SELECT name || ' ' || state FROM environment
               ORDER BY 1";
    app.database.texts(sql).await
}

/// The messages as they stand, and how many came again. One that was sent again stands in place of
/// the one before it, which nobody knew of any more and which stayed as it was.
fn shown(app: &TestApp) -> (Vec<String>, usize) {
    let memory = app.fake.memory();
    let mut kept: Vec<(String, Vec<Value>)> = Vec::new();
    let mut again = 0;
    let posts = memory.messages.iter().map(|posted| (posted.channel.clone(), posted.versions.clone()));
    let answers = memory.responses.iter().map(|(name, body)| (format!("answer {name}"), vec![body.clone()]));
    for (place, versions) in posts.chain(answers) {
        if read(&versions[0]).contains(MARK) {
            again += 1;
            let first = without_mark(&versions[0]);
            let lost = |(there, seen): &(String, Vec<Value>)| {
                *there == place && seen.len() == 1 && without_mark(&seen[0]) == first
            };
            kept.iter().rposition(lost).map(|position| kept.remove(position));
        }
        kept.push((place, versions));
    }
    let line = |(place, versions): &(String, Vec<Value>)| {
        format!("{}: {}", anonymous(place), without_mark(versions.last().unwrap()))
    };
    // Between two conversations no order is promised.
    kept.sort_by_key(|(place, _)| anonymous(place).to_owned());
    (kept.iter().map(line).collect(), again)
}

fn without_mark(body: &Value) -> String {
    read(body).lines().filter(|line| !line.contains(MARK)).collect::<Vec<_>>().join("\n")
}

/// Addresses for answers are numbered through all tests of a process.
fn anonymous(place: &str) -> &str {
    place.trim_end_matches(|c: char| c.is_ascii_digit())
}

#[tokio::test]
async fn with_every_job_twice_nothing_is_different() {
    let (plain, again) = scenario(Work::Once).await;
    assert_eq!(again, 0);
    assert!(plain.effects.contains(&"shop.git: 1 commits".to_owned()), "{:#?}", plain.effects);
    let (twice, again) = scenario(Work::Twice).await;
    plain.is_that_of(&twice);
    assert_eq!(again, 0);
}

#[tokio::test]
async fn cut_off_at_every_commit_only_messages_come_again_and_say_so() {
    let (plain, _) = scenario(Work::Once).await;
    let (cut, again) = scenario(Work::CutOff(Scissors::new())).await;
    plain.is_that_of(&cut);
    assert!(again > 0, "nothing was cut off in a post");
}
