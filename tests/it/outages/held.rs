//! Another program holds the file: what everybody can produce, whatever user the tests run as.

use std::time::Duration;

use goldenpath::error::Error;
use insta::assert_snapshot;

use super::{goes_on, reads, refuses_changes, said_once};
use crate::harness::bot_process::Bot;
use crate::harness::database::{Hold, sqlite};
use crate::harness::ground::{Ground, puppet};
use crate::harness::reading::buttons;
use crate::harness::test_app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn while_another_program_holds_the_file_nothing_is_changed_and_all_is_read() {
    let mut bot = Bot::installed().await;
    bot.database = sqlite(&bot.data());
    bot.restart().await;
    super::ask(&bot, "UADA", "shop").await;
    bot.reads("DUADA", "How did getting").await;
    let hold = Hold::on(&bot.database).await;
    refuses_changes(&bot, &["another program holds it"]).await;
    reads(&bot, "UADA", "shop").await;
    reads(&bot, "UNEW", "You have no environments").await;
    hold.release().await;
    goes_on(&bot, &[]).await;
    said_once(&bot, 1);
}

#[tokio::test]
async fn a_press_is_answered_at_once_and_counts_when_it_is_repeated() {
    let app = TestApp::on_a_file().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    app.run_jobs().await;
    let (_, worst) = buttons(&app.fake.shown_in(&ada.direct())[0])[0].clone();
    let hold = Hold::on(&app.database).await;
    assert_snapshot!(ada.presses_in_vain(&worst).await, @"The database cannot be used just now: another program holds it. Nothing was changed; try again in a minute.");
    hold.release().await;
    assert_snapshot!(ada.presses_value(&worst).await, @"");
    let prompt = app.reads(&ada.direct());
    assert!(prompt.contains("Recorded, thank you"), "{prompt}");
    app.end().await;
}

#[tokio::test]
async fn a_job_whose_end_cannot_be_recorded_runs_again_when_its_lease_has_lapsed() {
    let ground = Ground::on_a_file().await;
    let (job, mut runs) = puppet(Duration::from_secs(30));
    let worker = ground.worker(vec![job]);
    ground.work(None).await;
    let working = worker.clone();
    let outage = tokio::spawn(async move { working.run_due().await });
    let run = runs.next().await;
    let hold = Hold::on(&ground.database).await;
    run.end(Ok(()));
    assert!(matches!(outage.await.unwrap(), Err(Error::Away(_))));
    hold.release().await;
    assert_eq!((worker.run_due().await.unwrap(), ground.jobs().await), (0, vec!["work running 1".into()]));
    ground.wall.advance(Duration::from_secs(31));
    let again = tokio::spawn(async move { worker.run_due().await });
    runs.next().await.end(Ok(()));
    assert_eq!((again.await.unwrap().unwrap(), ground.jobs().await), (1, Vec::<String>::new()));
}
