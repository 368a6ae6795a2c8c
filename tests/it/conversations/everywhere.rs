//! Conversations that run on each platform from one text: see [`Stage`].

use std::time::Duration;

use crate::harness::stage::Stage;
use crate::on_each;

/// The same words on each platform, so that one snapshot is held to several.
macro_rules! reads {
    ($read:expr, @$words:literal) => {{
        let read = $read;
        insta::allow_duplicates! { insta::assert_snapshot!(read, @$words) }
    }};
}

on_each!(
    an_environment_from_its_line_to_its_end,
    a_form_makes_one_too,
    one_click_is_recorded_and_a_changed_click_counts_once,
    what_is_said_is_read_in_the_inbox,
    an_anonymous_one_is_said_by_a_form,
    from_five_answers_on_a_closed_survey_has_a_score,
    an_item_is_estimated_and_voted_for,
);

async fn an_environment_from_its_line_to_its_end(stage: Stage) {
    let ada = stage.person("Ada");
    reads!(ada.runs("env create preview-site demo").await, @"⏳ demo is asked for; a message follows it, here or directly to you. /platform env show demo shows it any time.");
    stage.app().run_jobs().await;
    reads!(stage.reads(), @"
    ✅ demo is ready · http://127.0.0.1:PORT/ · yours until 2026-11-21 09:00 UTC (in 3 days)
    [Open] [Extend by 1 day] [Destroy]
    ");
    stage.app().after(Duration::from_secs(3_600)).await;
    // Slack knows everybody's time zone; where nobody does, it is named.
    let extended = ada.presses("Extend by 1 day").await.replace(" UTC", "");
    reads!(extended, @"✅ demo is yours until Sun 09:00, in 4 days.");
    reads!(ada.runs("env show demo").await, @r#"
    demo
    State · ✅ ready
    Owner · Ada
    Template · Preview site (golden path, version 3a83e0cf998d)
    Until · 2026-11-22 09:00 UTC (in 4 days)
    URL · http://127.0.0.1:PORT/
    Parameters: name=demo message="This page was made on the golden path. Change its words, keep its address." accent=indigo
    Goes with it: workspace, process site of demo.
    [Open] [Extend by 1 day] [Destroy]
    "#);
    reads!(stage.person("Ben").presses("Destroy").await, @"🔒 env destroy of somebody else's environment needs its owner (Ada) or an admin.");
    reads!(ada.presses("Destroy").await, @"");
    reads!(stage.reads(), @"✅ demo is gone; its name is free again.");
    stage.end().await;
}

async fn a_form_makes_one_too(stage: Stage) {
    let ada = stage.person("Ada");
    let values =
        [("Template", "preview-site"), ("Name", "demo"), ("Keep for", "2d"), ("Accent colour", "teal")];
    reads!(ada.fills("env create", &values).await, @"⏳ demo is asked for; a message follows it, here or directly to you. /platform env show demo shows it any time.");
    stage.app().run_jobs().await;
    reads!(stage.reads(), @"
    ✅ demo is ready · http://127.0.0.1:PORT/ · yours until 2026-11-20 09:00 UTC (in 2 days)
    [Open] [Extend by 1 day] [Destroy]
    ");
    reads!(ada.runs("env list").await, @"
    1 environment
    Name · State · Template · Where · Until
    demo · ✅ ready · Preview site · http://127.0.0.1:PORT/ · 2026-11-20 09:00 UTC (in 2 days)
    <Show one>
    ");
    stage.end().await;
}

async fn one_click_is_recorded_and_a_changed_click_counts_once(stage: Stage) {
    let (ada, priya) = (stage.person("Ada"), stage.person("Priya"));
    ada.runs("env create preview-site demo").await;
    stage.app().run_jobs().await;
    reads!(ada.reads_directly(), @"
    How did getting demo go for you?
    One click. It decides what we fix first.
    Your name is not stored with the answer; results are shown from 5 answers on.
    [Very badly] [Badly] [So-so] [Well] [Very well]
    [Not now] [Fewer of these]
    ");
    reads!(ada.presses("Well").await, @"");
    reads!(ada.reads_directly(), @"
    ✅ Recorded, thank you. You can press another one to change it; it counts once.
    How did getting demo go for you?
    Your name is not stored with the answer; results are shown from 5 answers on.
    [Very badly] [Badly] [So-so] [Well] [Very well]
    [Add a comment] [Withdraw]
    ");
    ada.presses("Badly").await;
    reads!(priya.runs("survey results env.csat").await, @"
    Getting an environment · env.csat
    How did getting … go for you?
    2026-11, open · 1 of 1 answered
    1 answer so far; shown from 5 on.
    It decides which step of getting an environment is mended first. In brackets: 95 % intervals.
    ");
    reads!(ada.runs("survey results env.csat").await, @"🔒 /platform survey results needs the role pm. An admin gives it under [access.roles] in the config.");
    stage.end().await;
}

async fn what_is_said_is_read_in_the_inbox(stage: Stage) {
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
    stage.end().await;
}

async fn an_anonymous_one_is_said_by_a_form(stage: Stage) {
    let ada = stage.person("Ada");
    let line = "feedback reviews are a canary in the mine --anonymous";
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
    stage.end().await;
}

async fn from_five_answers_on_a_closed_survey_has_a_score(stage: Stage) {
    for (name, choice) in
        [("Ada", "Well"), ("Ben", "Very well"), ("Cy", "Well"), ("Di", "Badly"), ("Eve", "Well")]
    {
        let person = stage.person(name);
        person.runs(&format!("env create preview-site {}-site", name.to_lowercase())).await;
        stage.app().run_jobs().await;
        person.presses(choice).await;
    }
    let words = [("What do you want to add?", "queues")];
    reads!(stage.person("Di").presses_and_fills("Add a comment", &words).await, @"");
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
    stage.end().await;
}

async fn an_item_is_estimated_and_voted_for(stage: Stage) {
    let (ada, priya) = (stage.person("Ada"), stage.person("Priya"));
    reads!(priya.runs("roadmap").await, @"Nothing is on the roadmap. /platform roadmap add TITLE makes the first item.");
    reads!(priya.runs("roadmap add Night mode").await, @"
    ✅ Night mode is on the roadmap as night-mode.
    It ranks once it has evidence and an estimate.
    [Link evidence…] [Estimate…]
    ");
    reads!(priya.presses_and_fills("Estimate…", &[("P50", "2"), ("P90", "5")]).await, @"
    ✅ Night mode: 2, nine times in ten under 5 person-weeks.
    [Show]
    ");
    reads!(ada.runs("roadmap vote night-mode").await, @"
    ✅ Your vote for Night mode counts. It is the first one.
    [Take it back]
    ");
    reads!(priya.runs("roadmap show night-mode").await, @"
    Night mode (night-mode) · open · votes: 1
    Score · needs evidence: 5 answers, or 5 people who were seen
    Effort · 2, nine times in ten under 5 person-weeks
    Nothing speaks for it yet. /platform roadmap link night-mode links what was seen.
    Counted are the last 90 days. Score: reach × impact × confidence ÷ effort, the median of what it can be; 80 % of it lies between the numbers in brackets.
    [Link evidence…] [Estimate…] [Start] [Ship…] [Drop…]
    ");
    reads!(ada.presses("Take it back").await, @"✅ Your vote for Night mode is taken back.");
    reads!(ada.runs("roadmap").await, @"
    Roadmap · 1 open · 0 shipped
    Rank · Item · Key · State · Votes · It rests on
    – · Night mode · night-mode · open · 0 · needs evidence
    <Vote for one>
    ");
    stage.end().await;
}
