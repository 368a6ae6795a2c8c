//! What people say in their own words, with their name or without.

use insta::assert_snapshot;

use crate::harness::reading::buttons;
use crate::harness::stage::Stage;
use crate::harness::test_app::TestApp;
use crate::{on_each, reads};

on_each!(
    what_is_said_is_read_and_set_aside,
    an_anonymous_one_leaves_neither_name_nor_time,
    a_sentence_may_begin_with_a_verb,
);

async fn what_is_said_is_read_and_set_aside(stage: &Stage) {
    let (ada, priya) = (stage.person("Ada"), stage.person("Priya"));
    reads!(priya.runs("feedback list").await, @"Nobody has said anything yet. /platform feedback TEXT is open to everybody.");
    let words = "it's *slow*: a build takes “ages”, p95=40m --no-cache";
    reads!(ada.runs(&format!("feedback {words}")).await, @"
    ✅ Thank you. It is in the platform team's inbox, with your name.
    They link it to what they work on, or set it aside. Where others meet the same, it counts with theirs.
    [Tell me what comes of it]
    ");
    reads!(ada.presses("Tell me what comes of it").await, @"✅ You will be told once, when it is done or decided against.");
    reads!(priya.runs("feedback list").await, @"
    Feedback · 1 new · 0 linked to an item · 0 done
    When · Who · What · Item
    2026-11-18 09:00 UTC · Ada · it's *slow*: a build takes “ages”, p95=40m --no-cache · –
    <Read one and decide>
    ");
    reads!(priya.chooses("Read one and decide", "Ada: it's *slow*").await, @"
    Ada · 2026-11-18 09:00 UTC · new
    it's *slow*: a build takes “ages”, p95=40m --no-cache
    [Link to an item…] [Set aside]
    ");
    reads!(priya.presses("Set aside").await, @"✅ Set aside: it's *slow*: a build takes “ages”, p95=40m --no-cache");
    reads!(priya.presses("Set aside").await, @"It was set aside already.");
    reads!(priya.runs("feedback list").await, @"
    Feedback · 0 new · 0 linked to an item · 1 done
    None is new. /platform feedback list state=… shows the others.
    ");
    let kept = "SELECT detail FROM audit WHERE command = 'feedback'";
    assert_eq!(stage.app().texts(kept).await, ["text=…"]);
}

/// Rows outside the inbox that hold somebody's words.
const LEFT_BEHIND: &str = "
    SELECT reply FROM delivery WHERE reply LIKE '%canary%' UNION ALL
    SELECT content FROM message WHERE content LIKE '%canary%' UNION ALL
    SELECT line FROM suggestion WHERE line LIKE '%canary%' UNION ALL
    SELECT detail FROM audit WHERE detail LIKE '%canary%' UNION ALL
    SELECT data FROM fact WHERE data LIKE '%canary%' UNION ALL
    SELECT given FROM draft WHERE given || form LIKE '%canary%'";

async fn an_anonymous_one_leaves_neither_name_nor_time(stage: &Stage) {
    let ada = stage.person("Ada");
    let line = "feedback reviews are a canary in the mine --anonymous";
    reads!(ada.opens(line).await, @"
    Anonymous feedback
    Text*: reviews are a canary in the mine
    ");
    reads!(ada.fills(line, &[]).await, @"
    ✅ Thank you. It is in the platform team's inbox: your words and this week, not your name and not the time.
    Nobody can answer it, not even to ask what you mean. The words themselves may still tell who you are.
    ");
    reads!(stage.person("Priya").runs("feedback list").await, @"
    Feedback · 1 new · 0 linked to an item · 0 done
    When · Who · What · Item
    2026-W47 · Anonymous · reviews are a canary in the mine · –
    <Read one and decide>
    ");
    let row = "SELECT COALESCE(person_id, 'nobody') || ' ' || at FROM feedback";
    assert_eq!(stage.app().texts(row).await, ["nobody 1794787200000"], "the week's start");
    assert_eq!(stage.app().texts("SELECT command FROM audit").await, [""; 0]);
    assert_eq!(stage.app().texts("SELECT person_id FROM activity").await, [""; 0]);
    assert_eq!(stage.app().texts(LEFT_BEHIND).await, [""; 0]);
}

async fn a_sentence_may_begin_with_a_verb(stage: &Stage) {
    let (ada, priya) = (stage.person("Ada"), stage.person("Priya"));
    reads!(ada.runs("feedback list").await, @"🔒 /platform feedback list needs the role pm. An admin gives it under [access.roles] in the config.");
    for person in [&ada, &priya] {
        assert!(person.runs("feedback list views are slow").await.contains("Thank you"));
    }
    reads!(ada.opens("feedback").await, @"
    Feedback
    Anonymous: …
    Text*: …
    ");
    reads!(ada.runs(&format!("feedback {}", "long ".repeat(700))).await, @"This has 3499 characters; 3000 are read. Shorten it, or link to the rest.");
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

/// Nobody else sees the button; its value is not what lets them.
#[tokio::test]
async fn a_button_lets_nobody_else_ask_to_be_told() {
    let app = TestApp::start().await;
    let thanks = app.person("Ada").types("feedback builds are slow").await;
    let (_, value) = buttons(&thanks)[0].clone();
    assert_snapshot!(app.person("Ben").presses_value(&value).await, @"🔒 This feedback is somebody else's; only they can ask for this.");
    app.end().await;
}
