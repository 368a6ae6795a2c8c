//! `exec:run` with real programs.

use std::time::Duration;

use goldenpath::drivers::exec::{ExecDriver, ExecSettings};
use goldenpath::drivers::log::excerpt;
use goldenpath::drivers::process::{Identity, group_is_alive, is_alive};
use goldenpath::drivers::{Driver, Outcome, Plan};
use serde_json::{Value, json};

use super::{Place, essentials, ready, refused, until};

async fn run(plan: &Plan) -> anyhow::Result<Outcome> {
    ExecDriver::new(ExecSettings::new(essentials())).apply(plan).await
}

async fn run_input(place: &Place, input: Value) -> anyhow::Result<Outcome> {
    run(&place.plan("exec:run", input)).await
}

fn shell(script: &str) -> Value {
    json!({ "command": ["sh", "-c", script] })
}

/// The pid that a script wrote to a file of the workspace.
async fn written_pid(place: &Place, file: &str) -> i32 {
    let path = place.path().join("workspace").join(file);
    let read = || std::fs::read_to_string(&path).ok()?.strip_suffix('\n')?.parse().ok();
    until("a pid is written", || read().is_some()).await;
    read().unwrap()
}

#[tokio::test]
async fn a_program_runs_in_the_workspace_with_only_what_it_was_given() {
    let place = Place::new();
    place.write("sub/file", "x");
    let input = json!({ "command": ["env"], "cwd": "sub", "env": {"K": "v; $(x)", "N": 7} });
    let (outputs, resources) = ready(run_input(&place, input).await);
    let mut names: Vec<&str> =
        outputs["stdout"].as_str().unwrap().lines().filter_map(|l| Some(l.split_once('=')?.0)).collect();
    names.sort_unstable();
    assert_eq!((names, resources.len()), (vec!["K", "LANG", "N", "PATH"], 0));
    assert!(place.log().contains("K=v; $(x)\n"));
}

#[tokio::test]
async fn arguments_are_never_read_by_a_shell() {
    let place = Place::new();
    let (outputs, _) = ready(run_input(&place, json!({ "command": ["echo", "$(id); `id` > x"] })).await);
    assert_eq!(outputs, json!({ "exitCode": 0, "stdout": "$(id); `id` > x\n" }));
    assert!(!place.path().join("workspace/x").exists());
}

#[tokio::test]
async fn failures_are_told_in_sentences() {
    let place = Place::new();
    let told = refused(run_input(&place, shell("echo oops >&2; exit 7")).await);
    assert_eq!(told, "`sh -c echo oops >&2; exit 7` ended with exit code 7");
    assert_eq!(excerpt(&place.path().join("log"), 5), "oops");
    assert_eq!(
        refused(run_input(&place, shell("kill -9 $$")).await),
        "`sh -c kill -9 $$` was ended by signal 9"
    );
    let told = refused(run_input(&place, json!({ "command": ["no-such-program"] })).await);
    assert!(told.starts_with("`no-such-program` is not on the machine of the bot"), "{told}");
    place.write("plain", "");
    let told = refused(run_input(&place, json!({ "command": ["./plain"] })).await);
    assert_eq!(told, "`./plain` may not be run: it is not executable");
}

#[tokio::test]
async fn unusable_inputs_are_refused() {
    let place = Place::new();
    std::os::unix::fs::symlink("/", place.path().join("workspace/root")).unwrap();
    for input in [
        json!({}),
        json!({ "command": "ls -l" }),
        json!({ "command": [] }),
        json!({ "command": ["ls", "\0"] }),
        json!({ "command": ["ls"], "cwd": ".." }),
        json!({ "command": ["ls"], "cwd": "/tmp" }),
        json!({ "command": ["ls"], "cwd": "root/tmp" }),
        json!({ "command": ["ls"], "cwd": "none" }),
        json!({ "command": ["ls"], "env": {"A=B": "c"} }),
        json!({ "command": ["ls"], "env": {"A": ["c"]} }),
        json!({ "command": ["ls"], "timeout": "31m" }),
    ] {
        refused(run_input(&place, input).await);
    }
    assert_eq!(place.log(), "");
}

#[tokio::test]
async fn the_time_limit_ends_grandchildren_too() {
    let place = Place::new();
    let script = "trap '' TERM; sh -c 'echo $$ > grandchild; sleep 600' & echo $$ > leader; wait";
    let input = json!({ "command": ["sh", "-c", script], "timeout": 1 });
    let told = refused(run_input(&place, input).await);
    assert!(told.ends_with("was ended at its time limit of 1 s"), "{told}");
    let grandchild = written_pid(&place, "grandchild").await;
    assert!(!group_is_alive(written_pid(&place, "leader").await));
    assert!(Identity::of(grandchild).is_none_or(|found| !is_alive(&found)));
}

#[tokio::test]
async fn nothing_stays_in_the_background() {
    let place = Place::new();
    let (outputs, _) = ready(run_input(&place, shell("sleep 600 & echo $$ > leader; echo done")).await);
    assert_eq!(outputs["stdout"], "done\n");
    let leader = written_pid(&place, "leader").await;
    until("the group is gone", || !group_is_alive(leader)).await;
}

#[tokio::test]
async fn dropping_the_work_ends_the_program() {
    let place = Place::new();
    let plan = place.plan("exec:run", shell("sleep 600 & echo $$ > leader; wait"));
    let work = tokio::spawn(async move { run(&plan).await });
    let leader = written_pid(&place, "leader").await;
    assert!(group_is_alive(leader));
    work.abort();
    until("the group is gone", || !group_is_alive(leader)).await;
}

#[tokio::test]
async fn output_is_bounded_in_the_log_and_in_the_outputs() {
    let place = Place::new();
    let mut settings = ExecSettings::new(essentials());
    settings.log_bytes = 1000;
    let plan = place.plan("exec:run", shell("head -c 300000 /dev/zero | tr '\\0' x; echo end"));
    let (outputs, _) = ready(ExecDriver::new(settings).apply(&plan).await);
    let stdout = outputs["stdout"].as_str().unwrap();
    assert_eq!((stdout.len(), stdout.ends_with("xend\n")), (4096, true));
    assert_eq!(place.log(), format!("{}\n(the output is cut here: it is too long)\n", "x".repeat(1000)));
}

/// A plan whose program was cut off, as by a crash of the bot, after it began.
async fn cut_off(place: &Place) -> Plan {
    let plan =
        place.plan("exec:run", shell("echo begun >> begun; echo $$ > leader; test -e end || sleep 600"));
    let work = tokio::spawn({
        let plan = plan.clone();
        async move { run(&plan).await }
    });
    let leader = written_pid(place, "leader").await;
    work.abort();
    until("the group is gone", || !group_is_alive(leader)).await;
    place.write("end", "");
    Plan { resumed: true, ..plan }
}

fn begun(place: &Place) -> usize {
    let text = std::fs::read_to_string(place.path().join("workspace/begun")).unwrap_or_default();
    text.lines().count()
}

#[tokio::test]
async fn what_was_cut_off_is_repeated_only_where_the_step_allows_it() {
    let place = Place::new();
    let mut plan = cut_off(&place).await;
    match run(&plan).await.unwrap() {
        Outcome::Unclear { reason } => assert!(reason.contains("was cut off by a restart"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(begun(&place), 1);
    plan.idempotent = true;
    ready(run(&plan).await);
    assert_eq!(begun(&place), 2);
}

#[tokio::test]
async fn what_was_not_begun_when_all_was_cut_off_is_begun() {
    let place = Place::new();
    let plan = Plan { resumed: true, ..place.plan("exec:run", shell("echo begun >> begun")) };
    ready(run(&plan).await);
    assert_eq!(begun(&place), 1);
}

#[tokio::test]
async fn what_ended_before_all_was_cut_off_is_known_and_not_repeated() {
    for script in ["echo begun | tee -a begun", "echo begun >> begun; exit 3"] {
        let place = Place::new();
        let plan = place.plan("exec:run", shell(script));
        let first = run(&plan).await.unwrap();
        assert_eq!(run(&Plan { resumed: true, ..plan.clone() }).await.unwrap(), first);
        assert_eq!(begun(&place), 1);
        assert_eq!(run(&plan).await.unwrap(), first, "a person wants it again");
        assert_eq!(begun(&place), 2);
    }
}

#[tokio::test]
async fn what_is_not_wanted_any_more_is_ended_and_not_begun() {
    let place = Place::new();
    let plan = place.plan("exec:run", shell("sleep 600 & echo $$ > leader; wait"));
    let work = tokio::spawn({
        let plan = plan.clone();
        async move { run(&plan).await }
    });
    let leader = written_pid(&place, "leader").await;
    plan.stop.cancel();
    assert!(refused(work.await.unwrap()).ends_with("was ended, since it was not wanted any more"));
    until("the group is gone", || !group_is_alive(leader)).await;
    place.write("leader", "");
    refused(run(&plan).await);
    assert_eq!(std::fs::read_to_string(place.path().join("workspace/leader")).unwrap(), "");
}

#[tokio::test]
async fn a_pipe_held_open_from_outside_the_group_does_not_hold_the_step() {
    let place = Place::new();
    let driver = ExecDriver::new(ExecSettings {
        max_limit: Duration::from_secs(60),
        ..ExecSettings::new(essentials())
    });
    let script = "setsid sh -c 'echo $$ > away; exec sleep 600' & while ! test -s away; do :; done; echo out";
    let (outputs, _) = ready(driver.apply(&place.plan("exec:run", shell(script))).await);
    assert_eq!(outputs["stdout"], "out\n");
    let away = Identity::of(written_pid(&place, "away").await).unwrap();
    goldenpath::drivers::process::stop(&away, Duration::ZERO).await.unwrap();
}
