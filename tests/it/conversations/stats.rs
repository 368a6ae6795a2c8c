//! What the product manager reads: each number with its n, and nothing of too few.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use crate::harness::stage::Stage;
use crate::harness::test_app::TestApp;
use crate::{on_each, reads};

on_each!(
    the_overview_says_what_can_be_told_from_chance,
    one_survey_shows_its_answers_and_the_teams_that_nobody_can_work_out,
    the_same_answer_from_all_is_a_band_and_too_few_are_a_number,
    environments_count_those_who_wait_and_a_wrong_subject_meets_the_right_one,
);

/// A wave with the answers by place, worst first, and those of its teams; four more were asked.
pub(super) async fn wave(
    app: &TestApp,
    survey: &str,
    period: &str,
    answers: &[i64],
    teams: &[(&str, &[i64])],
) {
    let id = format!("wav_{survey}_{period}");
    let mut rows = Vec::new();
    for (team, answers) in [("", answers)].iter().chain(teams) {
        let n: i64 = answers.iter().sum();
        let buckets = (1..).zip(answers.iter().copied()).chain([(-1, n), (-2, n + 4)]);
        rows.extend(buckets.filter(|(_, n)| *n > 0).map(|(bucket, n)| ((*team).to_owned(), bucket, n)));
    }
    let unit = (id, survey.to_owned(), period.to_owned(), rows);
    let written = app.app.db.write(unit, |tx, (id, survey, period, rows)| {
        Box::pin(async move {
            let sql = "INSERT INTO wave (id, survey, period, mode, k, state) VALUES ($1, $2, $3, 'confidential', 5, 'closed')";
            sqlx::query(sql).bind(id).bind(&*survey).bind(&*period).execute(tx.conn()).await?;
            for (team, bucket, n) in rows {
                let sql = "INSERT INTO tally (wave_id, segment, bucket, n) VALUES ($1, $2, $3, $4)";
                let row = sqlx::query(sql).bind(id).bind(team).bind(*bucket).bind(*n);
                row.execute(tx.conn()).await?;
            }
            Ok(())
        })
    });
    written.await.unwrap();
}

async fn the_overview_says_what_can_be_told_from_chance(stage: &Stage) {
    for (month, answers) in
        [("2026-09", [1, 2, 4, 8, 10]), ("2026-10", [1, 2, 3, 9, 10]), ("2026-11", [0, 3, 3, 9, 10])]
    {
        wave(stage.app(), "env.csat", month, &answers, &[]).await;
    }
    stage.person("Ada").runs("env create preview-site demo").await;
    stage.app().run_jobs().await;
    let priya = stage.person("Priya");
    // An answer of Slack's holds no picture.
    let sent = "\nI sent you this directly as well, with what can only be shown there.";
    reads!(priya.runs("stats").await.replace(sent, ""), @"
    Platform · last 28 days against the 28 days before
    Adoption · 1 person active; nobody before, so there is nothing to compare with
    Environments · 1 asked for, 1 ready, 0 failed
    First environment · median 0.0 s, n = 1
    Golden path · 1 of 1
    Satisfaction · CSAT 76 % [63, 86] well or very well, n = 50 · 50 of 58 asked (86 %)
    Trend · Satisfaction: 3 waves, +2.0 points a wave [-9.7, +13.7], not distinguishable from flat; smallest visible change 23 points
    In brackets: 95 % interval. Scores count whole calendar months and no skips.
    No change to be seen: +2.0 ± 11.7 points a wave. Getting an environment: well or very well, % · band: 95 % interval. Sep 26 72 % [52, 86], n = 25; Oct 26 76 % [57, 89], n = 25; Nov 26 76 % [57, 89], n = 25.
    ");
    stage.app().run_jobs().await;
    assert!(priya.takes("trend-env.csat.png").await.starts_with(b"\x89PNG"));
}

async fn one_survey_shows_its_answers_and_the_teams_that_nobody_can_work_out(stage: &Stage) {
    let teams: [(&str, &[i64]); 3] =
        [("web", &[1, 1, 1, 4, 4]), ("pay", &[0, 1, 1, 3, 3]), ("sec", &[0, 0, 0, 1, 2])];
    wave(stage.app(), "env.csat", "2026-11", &[1, 2, 2, 8, 9], &teams).await;
    reads!(stage.person("Priya").runs("stats env.csat").await, @"
    Getting an environment · last 28 days
    CSAT 77 % [57, 90] well or very well, n = 22 · 22 of 26 asked (85 %)
    Answer · n · Share
    Very badly · 1 · 5 %
    Badly · 2 · 9 %
    So-so · 2 · 9 %
    Well · 8 · 36 %
    Very well · 9 · 41 %
    Team · Score
    web · CSAT 73 % [43, 90] well or very well, n = 11
    2 teams are hidden: fewer than 5 answers, or theirs could be worked out.
    In brackets: 95 % interval. Scores count whole calendar months and no skips.
    ");
}

async fn the_same_answer_from_all_is_a_band_and_too_few_are_a_number(stage: &Stage) {
    let priya = stage.person("Priya");
    wave(stage.app(), "env.csat", "2026-11", &[6], &[]).await;
    reads!(priya.runs("stats about=env.csat").await, @"
    Getting an environment · last 28 days
    ≤ 10 % favourable, n = 6; all said the same, so no more is shown · 6 of 10 asked (60 %)
    In brackets: 95 % interval. Scores count whole calendar months and no skips.
    ");
    wave(stage.app(), "env.csat", "2026-10", &[0, 0, 1, 2], &[]).await;
    let both = priya.runs("stats about=env.csat since=60d").await;
    assert!(both.contains("≤ 10 % favourable, n = 6"), "{both}");
}

async fn environments_count_those_who_wait_and_a_wrong_subject_meets_the_right_one(stage: &Stage) {
    for name in ["Ada", "Ben"] {
        let line = format!("env create preview-site {}-site", name.to_lowercase());
        stage.person(name).runs(&line).await;
    }
    stage.app().run_jobs().await;
    stage.person("Dana").runs("env create preview-site dana-site").await;
    let priya = stage.person("Priya");
    reads!(priya.runs("stats env").await, @"
    Environments · last 28 days
    Asked for · 3 asked for, 2 ready, 0 failed, 1 on the way or given up
    Request to ready · median 0.0 s, n = 3, 1 still waiting
    First environment · median 0.0 s, n = 3, 1 still waiting
    Failed · 0 of 3
    Golden path · 3 of 3
    In brackets: 95 % interval. Who still waits counts as waiting, not as nothing (Kaplan–Meier).
    ");
    stage.app().run_jobs().await;
    reads!(priya.runs("stats env.cast").await, @"There are no stats about env.cast. Did you mean /platform stats env.csat? There are env, survey, did.help, docs.find, env.csat, env.fail, pulse.sat.");
    reads!(priya.runs("stats survey since=1w").await, @"
    Surveys · last 7 days
    env.csat · 0 of 3 asked; 0 answers so far; shown from 5 on
    stats KEY shows one of them. In brackets: 95 % interval.
    ");
}
