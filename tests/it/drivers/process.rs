//! Ending processes: the right ones, all of them, and no others.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::time::Duration;

use goldenpath::drivers::process::{Identity, end_group, group_is_alive, is_alive, stop};

use super::until;

fn start(script: &str) -> (Child, Identity) {
    let child = Command::new("sh").args(["-c", script]).process_group(0).spawn().unwrap();
    let identity = Identity::of(i32::try_from(child.id()).unwrap()).unwrap();
    (child, identity)
}

#[tokio::test]
async fn a_process_ends_when_asked_and_counts_as_dead_before_it_is_reaped() {
    let (mut child, identity) = start("exec sleep 600");
    assert!(is_alive(&identity));
    stop(&identity, Duration::from_secs(20)).await.unwrap();
    assert!(!is_alive(&identity), "a zombie is dead");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()), Some(15));
    stop(&identity, Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn what_does_not_listen_is_killed_with_its_group() {
    let (mut child, identity) = start("trap '' TERM; sleep 600 & sleep 600; wait");
    stop(&identity, Duration::from_millis(50)).await.unwrap();
    assert!(!is_alive(&identity) && !group_is_alive(identity.pid));
    child.wait().unwrap();
}

#[tokio::test]
async fn a_pid_that_was_given_out_again_is_left_alone() {
    let (mut child, identity) = start("exec sleep 600");
    let earlier = Identity { started: "an earlier start".into(), ..identity.clone() };
    assert!(!is_alive(&earlier));
    stop(&earlier, Duration::ZERO).await.unwrap();
    assert!(is_alive(&identity));
    child.kill().unwrap();
    child.wait().unwrap();
    until("the group is gone", || !group_is_alive(identity.pid)).await;
}

#[tokio::test]
async fn a_group_whose_leader_is_gone_has_ended_when_that_is_said() {
    for _ in 0..20 {
        let (mut child, identity) = start("sleep 600 & sleep 600 &");
        child.wait().unwrap();
        assert!(group_is_alive(identity.pid));
        end_group(&identity).await.unwrap();
        assert!(!group_is_alive(identity.pid));
    }
}
