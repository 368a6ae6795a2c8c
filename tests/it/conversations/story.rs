//! A story: from low scores and searches in vain to something that was done, told and asked about.

use std::time::Duration;

use goldenpath::chat::message::Text;
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::reading::{buttons, read};
use crate::harness::test_app::TestApp;

/// The wave in which they said how it went.
const ASKED: &str = "SELECT id FROM wave WHERE survey = 'env.csat'";
const DAY: Duration = Duration::from_secs(86_400);
const MANY: [(&str, &str); 6] = [
    ("Ada", "Badly"),
    ("Ben", "Very badly"),
    ("Cy", "Badly"),
    ("Di", "Badly"),
    ("Eve", "So-so"),
    ("Flo", "Very well"),
];

/// In November they get environments and say how that went; some search in vain, and Ada says why.
async fn november(app: &TestApp) {
    for (name, choice) in MANY {
        let person = app.person(name);
        person.types(&format!("env create preview-site {}-site", name.to_lowercase())).await;
        app.run_jobs().await;
        person.presses(choice).await;
        if name != "Flo" {
            person.runs("template search kafka topics").await;
        }
    }
    let ada = app.person("Ada");
    let thanks = ada.types("feedback I wait for images that never change").await;
    ada.presses_value(&buttons(&thanks)[0].1).await;
    app.run_jobs().await;
    app.person("Priya").closes("env.csat").await;
}

/// Priya chooses a piece of evidence under her list and makes an item of it.
async fn becomes(app: &TestApp, id: &'static str, title: &str) {
    let (priya, id) = (app.person("Priya"), app.texts(id).await.remove(0));
    let form = priya.opens_by(&format!("roadmap.attach:{id}:")).await;
    let linked = read(&priya.submits(&form, &[("title", title)]).await);
    assert!(linked.contains(&format!("speaks for {title} now")), "{linked}");
}

/// Priya orders what she sees.
async fn december(app: &TestApp) {
    let priya = app.person("Priya");
    becomes(app, "SELECT id FROM evidence WHERE kind = 'score'", "Faster environments").await;
    becomes(app, "SELECT id FROM evidence WHERE kind = 'search'", "Self-service topics").await;
    let feedback = app.texts("SELECT id FROM feedback").await.remove(0);
    priya.runs(&format!("roadmap link faster-environments {feedback}")).await;
    priya.runs("roadmap estimate faster-environments 1 2").await;
    priya.runs("roadmap estimate self-service-topics 6 12").await;
}

/// The last message that somebody got.
fn last(app: &TestApp, name: &'static str) -> String {
    let all = app.reads(&app.person(name).direct());
    all.rsplit("\n\n").next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_people_meet_is_ranked_shipped_told_and_asked_about() {
    let app = TestApp::start().await;
    let priya = app.person("Priya");
    november(&app).await;
    assert_snapshot!(priya.runs("roadmap").await, @"
    Nothing is on the roadmap. `/platform roadmap add TITLE` makes the first item.
    Evidence without an item | How much | Last
    Getting an environment: not well | 4 of 6 answers | 2026-11-18 09:00 UTC
    searched in vain for “kafka topics” | 5 people, 5 times | 2026-11-18 09:00 UTC
    <Link one to an item, or make one of it>
    ");
    december(&app).await;
    assert_snapshot!(priya.runs("roadmap").await, @"
    Roadmap · 2 open · 0 shipped
    Rank | Item | Key | State | Votes | It rests on
    1 | Faster environments | `faster-environments` | open | 0 | 4 of 6 answers
    2 | Self-service topics | `self-service-topics` | open | 0 | 5 of 7 people seen
    <Vote for one>
    ");
    let ship = "roadmap ship faster-environments We cached the images: a start takes 12 s instead of 50.";
    assert_snapshot!(priya.runs(ship).await, @"
    ✅ Faster environments is shipped.
    Everybody who was asked in the wave behind it is told, and asked whether it helped. 1 person is told who gave feedback on it and wished to hear of it.
    ");
    app.run_jobs().await;
    assert_snapshot!(last(&app, "Ada"), @"✅ You gave feedback on Faster environments. It is there: We cached the images: a start takes 12 s instead of 50.");
    let told = "SELECT data FROM fact WHERE kind = 'roadmap.shipped'";
    let (told, waves) = (app.texts(told).await.remove(0), app.texts(ASKED).await);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let preface: Text = serde_json::from_value(told["said"].clone()).unwrap();
    assert_snapshot!(preface.plain(), @"You said that Getting an environment does not go well (4 of 6, November 2026). We cached the images: a start takes 12 s instead of 50.");
    assert_eq!(told["waves"], json!(waves), "everybody who was asked in it is told");
    app.passes(8 * DAY).await;
    assert_snapshot!(last(&app, "Flo"), @"
    You said that Getting an environment does not go well (4 of 6, November 2026). We cached the images: a start takes 12 s instead of 50.
    Did Faster environments help you?
    One click. It tells whether we are done with this.
    [A lot] [A little] [No] [It made it worse] [Not used yet]
    [Not now] [Fewer of these]
    Your name is not stored with the answer; results are shown from 5 answers on.
    ");
    for (name, _) in MANY {
        app.person(name).presses(if name == "Eve" { "A little" } else { "A lot" }).await;
    }
    assert_snapshot!(priya.runs("roadmap show faster-environments").await, @"
    Faster environments (`faster-environments`) · shipped 2026-11-18 09:00 UTC · votes: 0
    We cached the images: a start takes 12 s instead of 50.
    Did it help? A lot 4 · A little 1 · of 5 answers
    What speaks for it | How much | Where from
    Getting an environment: not well | 4 of 6 answers | env.csat 2026-11: “How did getting … go for you?”
    I wait for images that never change | 1 feedback | Ada
    Counted are the last 90 days. Score: reach × impact × confidence ÷ effort, the median of what it can be; 80 % of it lies between the numbers in brackets.
    ");
    app.end().await;
}
