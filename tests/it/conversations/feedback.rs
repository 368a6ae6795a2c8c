//! What people say in their own words, with their name or without.

use insta::assert_snapshot;
use serde_json::Value;

use crate::harness::reading::{buttons, read};
use crate::harness::test_app::TestApp;

/// The value of the first button of an answer.
fn first(answer: &Value) -> String {
    buttons(answer)[0].1.clone()
}

#[tokio::test]
async fn what_is_said_is_read_and_set_aside() {
    let app = TestApp::start().await;
    let (ada, priya) = (app.person("Ada"), app.person("Priya"));
    assert_snapshot!(priya.runs("feedback list").await, @"Nobody has said anything yet. `/platform feedback TEXT` is open to everybody.");
    let thanks = ada.types("feedback it's slow: a build takes “ages”, p95=40m --no-cache").await;
    assert_snapshot!(read(&thanks), @"
    ✅ Thank you. It is in the platform team's inbox, with your name.
    They link it to what they work on, or set it aside. Where others meet the same, it counts with theirs.
    [Tell me what comes of it]
    ");
    assert_snapshot!(app.person("Ben").presses_value(&first(&thanks)).await, @"🔒 This feedback is somebody else's; only they can ask for this.");
    assert_snapshot!(ada.presses_value(&first(&thanks)).await, @"✅ You will be told once, when it is done or decided against.");
    assert_snapshot!(priya.runs("feedback list").await, @"
    Feedback · 1 new · 0 linked to an item · 0 done
    When | Who | What | Item
    2026-11-18 09:00 UTC | Ada | it's slow: a build takes “ages”, p95=40m --no-cache | –
    <Read one and decide>
    ");
    let id = app.texts("SELECT id FROM feedback").await.remove(0);
    assert_snapshot!(priya.presses_value(&format!("feedback.show:{id}:")).await, @"
    Ada · 2026-11-18 09:00 UTC · new
    it's slow: a build takes “ages”, p95=40m --no-cache
    [Link to an item…] [Set aside]
    ");
    assert_snapshot!(priya.presses_value(&format!("feedback.done:{id}:")).await, @"✅ Set aside: it's slow: a build takes “ages”, p95=40m --no-cache");
    assert_snapshot!(priya.presses_value(&format!("feedback.done:{id}:")).await, @"It was set aside already.");
    assert_snapshot!(priya.runs("feedback list").await, @"
    Feedback · 0 new · 0 linked to an item · 1 done
    None is new. `/platform feedback list state=…` shows the others.
    ");
    assert_eq!(app.texts("SELECT detail FROM audit WHERE command = 'feedback'").await, ["text=…"]);
    app.end().await;
}

/// Rows outside the inbox that hold somebody's words.
const LEFT_BEHIND: &str = "
    SELECT reply FROM delivery WHERE reply LIKE '%canary%' UNION ALL
    SELECT content FROM message WHERE content LIKE '%canary%' UNION ALL
    SELECT line FROM suggestion WHERE line LIKE '%canary%' UNION ALL
    SELECT detail FROM audit WHERE detail LIKE '%canary%' UNION ALL
    SELECT data FROM fact WHERE data LIKE '%canary%'";

#[tokio::test]
async fn an_anonymous_one_leaves_neither_name_nor_time() {
    let app = TestApp::start().await;
    let (ada, priya) = (app.person("Ada"), app.person("Priya"));
    let form = ada.opens("feedback reviews are a canary in the mine --anonymous").await;
    assert_snapshot!(read(&form), @"
    Your words and this week are stored; your name and the time are not.
    Text*: reviews are a canary in the mine
    ");
    assert_snapshot!(read(&ada.submits(&form, &[]).await), @"
    ✅ Thank you. It is in the platform team's inbox: your words and this week, not your name and not the time.
    Nobody can answer it, not even to ask what you mean. The words themselves may still tell who you are.
    ");
    assert_snapshot!(priya.runs("feedback list").await, @"
    Feedback · 1 new · 0 linked to an item · 0 done
    When | Who | What | Item
    2026-W47 | Anonymous | reviews are a canary in the mine | –
    <Read one and decide>
    ");
    let row = "SELECT COALESCE(person_id, 'nobody') || ' ' || at FROM feedback";
    assert_eq!(app.texts(row).await, ["nobody 1794787200000"], "the week's start");
    assert_eq!(app.texts("SELECT command FROM audit").await, [""; 0]);
    assert_eq!(app.texts("SELECT person_id FROM activity").await, [""; 0]);
    assert_eq!(app.texts(LEFT_BEHIND).await, [""; 0]);
    app.end().await;
}

#[tokio::test]
async fn no_line_of_an_anonymous_one_is_kept_for_a_button() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    for line in
        ["feedbak --anonymous a canary", "feedbak a canary anonymous=yes", "feedbak --anonymos a canary"]
    {
        assert!(ada.runs(line).await.contains("Did you mean `/platform feedback`?"), "{line}");
    }
    assert_snapshot!(ada.mentions("feedback --anonymous a canary", None).await, @"
    `/platform feedback` needs more values. The button opens a form that asks for them.
    [Open the form]
    ");
    assert_eq!(app.texts(LEFT_BEHIND).await, [""; 0]);
    let kept = ["/platform feedback", "/platform feedback --anonymous"];
    assert_eq!(app.texts("SELECT DISTINCT line FROM suggestion ORDER BY line").await, kept);
    ada.runs("feedbak a sentence with my name").await;
    let named = "SELECT line FROM suggestion WHERE line LIKE '%my name'";
    assert_eq!(app.texts(named).await, ["feedback a sentence with my name"]);
    app.end().await;
}

#[tokio::test]
async fn a_sentence_may_begin_with_a_verb() {
    let app = TestApp::start().await;
    let (ada, priya) = (app.person("Ada"), app.person("Priya"));
    assert_snapshot!(ada.runs("feedback list").await, @"🔒 `/platform feedback list` needs the role `pm`. An admin gives it under `[access.roles]` in the config.");
    for person in [ada, priya] {
        assert!(person.runs("feedback list views are slow").await.contains("Thank you"));
    }
    assert_snapshot!(read(&ada.opens("feedback").await), @"
    Tell the platform team something, in your own words.
    Text*: …
    Anonymous: …
    ");
    assert_snapshot!(ada.runs(&format!("feedback {}", "long ".repeat(700))).await, @"This has 3499 characters; 3000 are read. Shorten it, or link to the rest.");
    app.end().await;
}
