//! The roadmap: what is seen becomes evidence, evidence speaks for items, items have ranks.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use crate::harness::stage::Stage;
use crate::{on_each, reads};

on_each!(
    what_is_seen_stands_as_evidence_until_it_is_linked_to_an_item,
    ranks_follow_from_evidence_and_a_term_is_signed_beside_it,
    a_person_has_one_vote_and_may_take_it_back,
    too_few_people_have_no_number,
);

const MANY: [&str; 6] = ["Ada", "Ben", "Dana", "Eli", "Fay", "Gus"];

/// Each of them searches in vain.
async fn search(stage: &Stage, people: &[&'static str], words: &str) {
    for name in people {
        stage.person(name).runs(&format!("template search {words}")).await;
    }
    stage.app().run_jobs().await;
}

/// Each of them gets an environment and says that it went badly.
async fn complain(stage: &Stage, people: &[&'static str]) {
    for name in people {
        let person = stage.person(name);
        person.runs(&format!("env create preview-site {}-site", name.to_lowercase())).await;
        stage.app().run_jobs().await;
        person.presses("Badly").await;
    }
}

/// An item with the evidence of this kind.
async fn add(stage: &Stage, title: &str, evidence: &'static str) {
    let priya = stage.person("Priya");
    priya.runs(&format!("roadmap add {title}")).await;
    for id in stage.app().texts(evidence).await {
        priya.runs(&format!("roadmap link {} {id}", title.to_lowercase().replace(' ', "-"))).await;
    }
}

async fn what_is_seen_stands_as_evidence_until_it_is_linked_to_an_item(stage: &Stage) {
    let priya = stage.person("Priya");
    reads!(priya.runs("roadmap").await, @"Nothing is on the roadmap. /platform roadmap add TITLE makes the first item.");
    search(stage, &MANY, "Kafka topic").await;
    search(stage, &["Ada", "Ben"], "topic kafka").await;
    search(stage, &["Dana"], "gpu").await;
    reads!(priya.runs("roadmap").await, @"
    Nothing is on the roadmap. /platform roadmap add TITLE makes the first item.
    Evidence without an item · How much · Last
    searched in vain for “gpu” · fewer than 5 people · 2026-11-18 09:00 UTC
    searched in vain for “kafka topic” · 6 people, 8 times · 2026-11-18 09:00 UTC
    <Link one to an item, or make one of it>
    ");
    let (choice, kafka) = ("Link one to an item, or make one of it", "searched in vain for “kafka topic”");
    reads!(priya.chooses_and_opens(choice, kafka).await, @"
    Link evidence
    An item that is there: …
    Or a new item, called: …
    Or none: set it aside: …
    ");
    let values = [("Or a new item, called", "Self-service topics")];
    reads!(priya.chooses_and_fills(choice, kafka, &values).await, @"
    ✅ searched in vain for “kafka topic” speaks for Self-service topics now.
    [Show]
    ");
    reads!(priya.presses("Show").await, @"
    Self-service topics (self-service-topics) · open · votes: 0
    Score · needs an estimate
    Effort · not estimated; roadmap estimate takes p50 and p90
    What speaks for it · How much · Where from
    searched in vain for “kafka topic” · 6 people, 8 times · template search
    Counted are the last 90 days. Score: reach × impact × confidence ÷ effort, the median of what it can be; 80 % of it lies between the numbers in brackets.
    [Link evidence…] [Estimate…] [Start] [Ship…] [Drop…]
    ");
}

async fn ranks_follow_from_evidence_and_a_term_is_signed_beside_it(stage: &Stage) {
    let priya = stage.person("Priya");
    search(stage, &MANY, "kafka").await;
    complain(stage, &MANY).await;
    priya.runs("survey close env.csat").await;
    priya.presses("Close it").await;
    add(stage, "Self-service topics", "SELECT id FROM evidence WHERE kind = 'search'").await;
    add(stage, "Faster environments", "SELECT id FROM evidence WHERE kind = 'score'").await;
    priya.runs("roadmap add Night mode").await;
    reads!(priya.runs("roadmap estimate faster-environments 4 9").await, @"
    ✅ Faster environments: 4, nine times in ten under 9 person-weeks.
    [Show]
    ");
    priya.runs("roadmap estimate self-service-topics 2 5").await;
    stage.person("Ada").runs("roadmap vote night-mode").await;
    reads!(stage.person("Ben").runs("roadmap").await, @"
    Roadmap · 3 open · 0 shipped
    Rank · Item · Key · State · Votes · It rests on
    1–2 (tie) · Self-service topics · self-service-topics · open · 0 · 6 of 6 people seen
    1–2 (tie) · Faster environments · faster-environments · open · 0 · 6 of 6 answers
    – · Night mode · night-mode · open · 1 · needs evidence
    1–2 (tie) Self-service topics and Faster environments: 76 : 24 that the first matters more.
    <Vote for one>
    ");
    reads!(priya.runs("roadmap override faster-environments 4 promised for June").await, @"
    ✅ Faster environments ranks with ×4 by Priya: promised for June
    Both scores are shown. A factor of 1 takes it back.
    ");
    reads!(priya.runs("roadmap list").await, @"
    Roadmap · 3 open · 0 shipped
    Rank · Item · Key · State · Votes · It rests on
    1–2 (tie) · Faster environments · faster-environments · open · 0 · 6 of 6 answers · ×4 by Priya
    1–2 (tie) · Self-service topics · self-service-topics · open · 0 · 6 of 7 people seen
    – · Night mode · night-mode · open · 1 · needs evidence
    1–2 (tie) Faster environments and Self-service topics: 78 : 22 that the first matters more.
    <Vote for one>
    ");
    reads!(priya.runs("roadmap show faster-environments").await, @"
    Faster environments (faster-environments) · open · votes: 0
    Rank · 1–2 (tie)
    Score · 6.37 with the override, 1.59 [0.7, 3.64] from the evidence
    Reach · 6 people: 6 of 6 answers, scaled to everybody active
    Impact · 1.00 of 3: 6 ratings
    Confidence · 99 %; a better estimate of the effort would settle more
    Effort · 4, nine times in ten under 9 person-weeks
    Override · ×4 by Priya: promised for June
    What speaks for it · How much · Where from
    Getting an environment: not well · 6 of 6 answers · env.csat 2026-11: “How did getting … go for you?”
    Counted are the last 90 days. Score: reach × impact × confidence ÷ effort, the median of what it can be; 80 % of it lies between the numbers in brackets.
    [Link evidence…] [Estimate…] [Start] [Ship…] [Drop…]
    ");
    let said = priya.runs("roadmap export").await;
    reads!(said.lines().next().unwrap(), @"✅ The roadmap is in roadmap.csv: 3 items with rank, score and what it rests on.");
    stage.app().run_jobs().await;
    reads!(String::from_utf8(priya.takes("roadmap.csv").await).unwrap(), @"
    key,title,state,votes,rank_from,rank_to,before_next,score,score_low,score_high,reach,impact,confidence,rests_on,p50,p90,override
    faster-environments,Faster environments,open,0,1,2,0.7813,1.5916,0.6963,3.6381,6.4167,1.0000,0.9921,6 of 6 answers,4.0000,9.0000,4.0000
    self-service-topics,Self-service topics,open,0,1,2,,2.9907,1.1760,7.6056,6.0392,1.0000,0.9904,6 of 7 people seen,2.0000,5.0000,
    night-mode,Night mode,open,1,,,,,,,,,,needs evidence,,,
    ");
}

async fn a_person_has_one_vote_and_may_take_it_back(stage: &Stage) {
    let (ada, ben, priya) = (stage.person("Ada"), stage.person("Ben"), stage.person("Priya"));
    reads!(priya.runs("roadmap add Night mode").await, @"
    ✅ Night mode is on the roadmap as night-mode.
    It ranks once it has evidence and an estimate.
    [Link evidence…] [Estimate…]
    ");
    // The button stands below its item, which is not asked for.
    reads!(priya.presses_and_opens("Estimate…").await, @"
    Roadmap estimate
    P50*: …
    P90*: …
    ");
    reads!(priya.presses_and_fills("Estimate…", &[("P50", "2"), ("P90", "5")]).await, @"
    ✅ Night mode: 2, nine times in ten under 5 person-weeks.
    [Show]
    ");
    reads!(ada.runs("roadmap vote night-mode").await, @"
    ✅ Your vote for Night mode counts. It is the first one.
    [Take it back]
    ");
    reads!(ada.runs("roadmap vote night-mode").await, @"
    ✅ Your vote for Night mode counts already, once. It is the first one.
    [Take it back]
    ");
    reads!(ben.runs("roadmap vote night-mod").await, @"There is no item night-mod. Did you mean night-mode?");
    reads!(ben.runs("roadmap vote night-mode").await, @"
    ✅ Your vote for Night mode counts. One more person is for it.
    [Take it back]
    ");
    reads!(ada.presses("Take it back").await, @"✅ Your vote for Night mode is taken back.");
    reads!(ada.runs("roadmap").await, @"
    Roadmap · 1 open · 0 shipped
    Rank · Item · Key · State · Votes · It rests on
    – · Night mode · night-mode · open · 1 · needs evidence
    <Vote for one>
    ");
    reads!(ben.runs("roadmap drop night-mode no").await, @"🔒 /platform roadmap drop needs the role pm. An admin gives it under [access.roles] in the config.");
    reads!(ada.chooses("Vote for one", "Night mode").await, @"
    ✅ Your vote for Night mode counts. One more person is for it.
    [Take it back]
    ");
}

async fn too_few_people_have_no_number(stage: &Stage) {
    let priya = stage.person("Priya");
    search(stage, &["Ada", "Ben", "Dana", "Eli"], "kafka").await;
    add(stage, "Topics", "SELECT id FROM evidence").await;
    priya.runs("roadmap estimate topics 1 2").await;
    reads!(priya.runs("roadmap show topics").await, @"
    Topics (topics) · open · votes: 0
    Score · needs evidence: 5 answers, or 5 people who were seen
    Effort · 1, nine times in ten under 2 person-weeks
    What speaks for it · How much · Where from
    searched in vain for “kafka” · fewer than 5 people · template search
    Counted are the last 90 days. Score: reach × impact × confidence ÷ effort, the median of what it can be; 80 % of it lies between the numbers in brackets.
    [Link evidence…] [Estimate…] [Start] [Ship…] [Drop…]
    ");
    search(stage, &["Fay"], "kafka").await;
    assert!(priya.runs("roadmap show topics").await.contains("Reach · 5 people"));
}
