//! Which process is meant, whether it lives, and how it is ended.
//!
//! A pid alone names nobody for long: the system hands it out again. So a
//! process is known by its pid and its start, and nothing is ever signalled
//! whose start differs.

use std::time::Duration;

use anyhow::Context as _;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};

/// How often a process that should end is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How long a killed process may take to be gone.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// One process, never confused with a later one of the same pid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub pid: i32,
    /// When it was started, in words of the system that are only compared.
    pub started: String,
}

impl Identity {
    /// The process that has this pid just now, even one that ended and waits to be reaped.
    pub fn of(pid: i32) -> Option<Self> {
        let seen = sys::look(pid)?;
        Some(Identity { pid, started: seen.started })
    }

    /// This very process.
    pub fn own() -> Option<Self> {
        Self::of(i32::try_from(std::process::id()).ok()?)
    }

    fn seen(&self) -> Option<Seen> {
        sys::look(self.pid).filter(|seen| seen.started == self.started)
    }
}

/// Whether the process runs. One that ended and was not reaped counts as dead.
pub fn is_alive(who: &Identity) -> bool {
    who.seen().is_some_and(|seen| !seen.ended)
}

/// Whether any process of the group that `pid` leads or led still runs.
pub fn group_is_alive(pid: i32) -> bool {
    sys::group_is_alive(pid)
}

/// Ends the process, and with it the group that it leads: first asked to, then killed after `grace`.
///
/// # Errors
/// When the system refuses the signal, or the process survives being killed.
pub async fn stop(who: &Identity, grace: Duration) -> anyhow::Result<()> {
    let Some(seen) = who.seen() else { return Ok(()) };
    let leads = seen.group == who.pid;
    signal(who, leads, Signal::TERM)?;
    if gone_within(who, leads, grace).await {
        return Ok(());
    }
    signal(who, leads, Signal::KILL)?;
    anyhow::ensure!(gone_within(who, leads, AFTER_KILL).await, "process {} survives being killed", who.pid);
    Ok(())
}

/// Kills the group that `who` leads or led, and waits until none of it runs: a killed process goes on until
/// the system finds the time to end it.
///
/// # Errors
/// When the system refuses the signal, or one of the group survives being killed.
pub async fn end_group(who: &Identity) -> anyhow::Result<()> {
    kill_group(who)?;
    anyhow::ensure!(gone_within(who, true, AFTER_KILL).await, "group {} survives being killed", who.pid);
    Ok(())
}

/// Kills the group that `who` leads or led, without a look at what becomes of it.
///
/// # Errors
/// When the system refuses the signal.
pub fn kill_group(who: &Identity) -> anyhow::Result<()> {
    signal(who, true, Signal::KILL)
}

/// Sends a signal, unless the pid belongs to somebody else by now. A group
/// outlives its leader and keeps the pid from being given out again, so a pid
/// that nobody has may still name our group.
fn signal(who: &Identity, group: bool, signal: Signal) -> anyhow::Result<()> {
    match sys::look(who.pid) {
        Some(now) if now.started != who.started => return Ok(()),
        None if !group => return Ok(()),
        _ => {}
    }
    // Zero, one and what is negative mean other things to the system than one process.
    anyhow::ensure!(who.pid > 1, "{} is no process to signal", who.pid);
    let pid = Pid::from_raw(who.pid).context("no pid")?;
    let sent = if group { kill_process_group(pid, signal) } else { kill_process(pid, signal) };
    match sent {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot signal process {}", who.pid)),
    }
}

async fn gone_within(who: &Identity, leads: bool, limit: Duration) -> bool {
    let looking = async {
        while is_alive(who) || (leads && !is_replaced(who) && sys::group_is_alive(who.pid)) {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(limit, looking).await.is_ok()
}

fn is_replaced(who: &Identity) -> bool {
    sys::look(who.pid).is_some_and(|now| now.started != who.started)
}

/// What the system says of a pid.
#[derive(Debug, PartialEq)]
struct Seen {
    started: String,
    group: i32,
    ended: bool,
}

#[cfg(target_os = "linux")]
mod sys {
    use super::Seen;

    pub fn look(pid: i32) -> Option<Seen> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The start is counted from the boot, so it needs the boot to be told apart from.
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        parse(&stat, boot.trim())
    }

    /// The name in parentheses may itself hold spaces and parentheses, so the
    /// fields are counted from the last one: state, parent, group, … threads, start.
    ///
    /// The state is that of the first thread alone, which may have ended before the others: as long as one of
    /// them is there, the process holds its ports, locks and files.
    pub fn parse(stat: &str, boot: &str) -> Option<Seen> {
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let (state, group, ticks) = (fields.first()?, fields.get(2)?, fields.get(19)?);
        let threads: u32 = fields.get(17)?.parse().ok()?;
        Some(Seen {
            started: format!("{ticks}@{boot}"),
            group: group.parse().ok()?,
            ended: matches!(*state, "Z" | "X" | "x") && threads <= 1,
        })
    }

    pub fn group_is_alive(group: i32) -> bool {
        let Ok(entries) = std::fs::read_dir("/proc") else { return false };
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        pids.filter_map(look).any(|seen| seen.group == group && !seen.ended)
    }
}

#[cfg(not(target_os = "linux"))]
mod sys {
    use super::{Seen, parse_ps};

    pub fn look(pid: i32) -> Option<Seen> {
        parse_ps(ps(&["-o", "stat=,pgid=,lstart=", "-p", &pid.to_string()])?.lines().next()?)
    }

    pub fn group_is_alive(group: i32) -> bool {
        let all = ps(&["-A", "-o", "stat=,pgid=,lstart="]).unwrap_or_default();
        all.lines().filter_map(parse_ps).any(|seen| seen.group == group && !seen.ended)
    }

    fn ps(args: &[&str]) -> Option<String> {
        let output = std::process::Command::new("ps").args(args).env("LC_ALL", "C").output().ok()?;
        String::from_utf8(output.stdout).ok()
    }
}

/// One line of `ps -o stat=,pgid=,lstart=`.
#[cfg(any(test, not(target_os = "linux")))]
fn parse_ps(line: &str) -> Option<Seen> {
    let mut fields = line.split_whitespace();
    let (state, group) = (fields.next()?, fields.next()?.parse().ok()?);
    let started = fields.collect::<Vec<_>>().join(" ");
    (!started.is_empty()).then(|| Seen { started, group, ended: state.starts_with('Z') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "42 (a) Z 9 (b) S 1 41 7 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 98765 22 33";
        let seen = sys::parse(stat, "b").unwrap();
        assert_eq!(seen, Seen { started: "98765@b".into(), group: 41, ended: false });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_has_ended_when_the_last_of_its_threads_has() {
        let ended = |threads: u32| {
            let stat = format!("42 (a) Z 1 41 7 0 -1 4 5 6 7 8 9 10 11 12 20 0 {threads} 0 98765 22 33");
            sys::parse(&stat, "b").unwrap().ended
        };
        assert!(ended(1) && ended(0));
        assert!(!ended(2), "the first thread alone is gone");
    }

    #[test]
    fn a_line_of_ps_gives_state_group_and_start() {
        let seen = parse_ps("Z+    41 Sun Nov 22 15:26:30 2026").unwrap();
        assert_eq!(seen, Seen { started: "Sun Nov 22 15:26:30 2026".into(), group: 41, ended: true });
        assert_eq!(parse_ps(""), None);
    }

    #[test]
    fn this_process_lives_and_one_of_another_start_does_not() {
        let own = Identity::own().unwrap();
        assert!(is_alive(&own));
        assert!(!is_alive(&Identity { started: "another".into(), ..own }));
    }
}
