//! A story: from low scores and searches in vain to something that was done, told and asked about.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::time::Duration;

use goldenpath::chat::message::Text;
use serde_json::json;

use crate::harness::stage::Stage;
use crate::{on_each, reads};

/// The wave in which they said how it went.
const ASKED: &str = "SELECT id FROM wave WHERE survey = 'env.csat'";
const DAY: Duration = Duration::from_secs(86_400);
const MANY: [(&str, &str); 6] = [
    ("Ada", "Badly"),
    ("Ben", "Very badly"),
    ("Dana", "Badly"),
    ("Eli", "Badly"),
    ("Fay", "So-so"),
    ("Gus", "Very well"),
];

on_each!(what_people_meet_is_ranked_shipped_told_and_asked_about);

/// In November they get environments and say how that went; some search in vain, and Ada says why.
async fn november(stage: &Stage) {
    for (name, choice) in MANY {
        let person = stage.person(name);
        person.runs(&format!("env create preview-site {}-site", name.to_lowercase())).await;
        stage.app().run_jobs().await;
        person.presses(choice).await;
        if name != "Gus" {
            person.runs("template search kafka topics").await;
        }
    }
    let (ada, priya) = (stage.person("Ada"), stage.person("Priya"));
    ada.runs("feedback I wait for images that never change").await;
    ada.presses("Tell me what comes of it").await;
    stage.app().run_jobs().await;
    priya.runs("survey close env.csat").await;
    priya.presses("Close it").await;
}

/// Priya chooses a piece of evidence under her list and makes an item of it.
async fn becomes(stage: &Stage, evidence: &str, title: &str) {
    let priya = stage.person("Priya");
    priya.runs("roadmap").await;
    let (choice, values) = ("Link one to an item, or make one of it", [("Or a new item, called", title)]);
    let linked = priya.chooses_and_fills(choice, evidence, &values).await;
    assert!(linked.contains(&format!("speaks for {title} now")), "{linked}");
}

/// Priya orders what she sees.
async fn december(stage: &Stage) {
    let priya = stage.person("Priya");
    becomes(stage, "Getting an environment", "Faster environments").await;
    becomes(stage, "searched in vain", "Self-service topics").await;
    let feedback = stage.app().texts("SELECT id FROM feedback").await.remove(0);
    priya.runs(&format!("roadmap link faster-environments {feedback}")).await;
    priya.runs("roadmap estimate faster-environments 1 2").await;
    priya.runs("roadmap estimate self-service-topics 6 12").await;
}

/// The last message that somebody got.
async fn last(stage: &Stage, name: &'static str) -> String {
    let all = stage.person(name).reads_directly().await;
    all.rsplit("\n\n").next().unwrap_or_default().to_owned()
}

async fn what_people_meet_is_ranked_shipped_told_and_asked_about(stage: &Stage) {
    let priya = stage.person("Priya");
    november(stage).await;
    reads!(priya.runs("roadmap").await, @"
    Nothing is on the roadmap. /platform roadmap add TITLE makes the first item.
    Evidence without an item · How much · Last
    Getting an environment: not well · 4 of 6 answers · 2026-11-18 09:00 UTC
    searched in vain for “kafka topics” · 5 people, 5 times · 2026-11-18 09:00 UTC
    <Link one to an item, or make one of it>
    ");
    december(stage).await;
    reads!(priya.runs("roadmap").await, @"
    Roadmap · 2 open · 0 shipped
    Rank · Item · Key · State · Votes · It rests on
    1 · Faster environments · faster-environments · open · 0 · 4 of 6 answers
    2 · Self-service topics · self-service-topics · open · 0 · 5 of 7 people seen
    <Vote for one>
    ");
    let ship = "roadmap ship faster-environments We cached the images: a start takes 12 s instead of 50.";
    reads!(priya.runs(ship).await, @"
    ✅ Faster environments is shipped.
    Everybody who was asked in the wave behind it is told, and asked whether it helped. 1 person is told who gave feedback on it and wished to hear of it.
    ");
    stage.app().run_jobs().await;
    reads!(last(stage, "Ada").await, @"✅ You gave feedback on Faster environments. It is there: We cached the images: a start takes 12 s instead of 50.");
    let told = "SELECT data FROM fact WHERE kind = 'roadmap.shipped'";
    let (told, waves) = (stage.app().texts(told).await.remove(0), stage.app().texts(ASKED).await);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let preface: Text = serde_json::from_value(told["said"].clone()).unwrap();
    reads!(preface.plain(), @"You said that Getting an environment does not go well (4 of 6, November 2026). We cached the images: a start takes 12 s instead of 50.");
    assert_eq!(told["waves"], json!(waves), "everybody who was asked in it is told");
    stage.app().passes(8 * DAY).await;
    reads!(last(stage, "Gus").await, @"
    You said that Getting an environment does not go well (4 of 6, November 2026). We cached the images: a start takes 12 s instead of 50.
    Did Faster environments help you?
    One click. It tells whether we are done with this.
    Your name is not stored with the answer; results are shown from 5 answers on.
    [A lot] [A little] [No] [It made it worse] [Not used yet]
    [Not now] [Fewer of these]
    ");
    for (name, _) in MANY {
        stage.person(name).presses(if name == "Fay" { "A little" } else { "A lot" }).await;
    }
    reads!(priya.runs("roadmap show faster-environments").await, @"
    Faster environments (faster-environments) · shipped 2026-11-18 09:00 UTC · votes: 0
    We cached the images: a start takes 12 s instead of 50.
    Did it help? A lot 4 · A little 1 · of 5 answers
    What speaks for it · How much · Where from
    Getting an environment: not well · 4 of 6 answers · env.csat 2026-11: “How did getting … go for you?”
    I wait for images that never change · 1 feedback · Ada
    Counted are the last 90 days. Score: reach × impact × confidence ÷ effort, the median of what it can be; 80 % of it lies between the numbers in brackets.
    ");
}
