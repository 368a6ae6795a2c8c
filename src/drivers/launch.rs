//! Runs one program to its end: no shell, no inherited environment, bounded
//! in time and output, and nothing of its process group left behind.

use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::log::CappedLog;
use super::process::{Identity, kill_group};

/// How long output may still come after the program ended. A grandchild that
/// left the group could hold the pipe open for ever.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What is to be run.
pub(super) struct Launch<'a> {
    pub argv: &'a [String],
    pub cwd: &'a Path,
    /// The whole environment of the program.
    pub env: &'a [(String, String)],
    pub limit: Duration,
    /// Where its output is appended, and how many bytes of it.
    pub log: Option<(&'a Path, usize)>,
    /// How many of the last bytes of each stream are handed back.
    pub keep: usize,
    /// Told which process it is, once it runs.
    pub started: Option<&'a (dyn Fn(&Identity) + Sync)>,
}

/// How it ended.
pub(super) struct Ended {
    pub exit: Exit,
    pub stdout: String,
    pub stderr: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Code(i32),
    Signal(i32),
    OutOfTime,
}

/// Why it could not be run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unrun {
    #[error("not found")]
    Missing,
    #[error("not allowed to be run")]
    NotAllowed,
    #[error(transparent)]
    Fault(std::io::Error),
}

/// Runs the program. When the future is dropped, the program and its group are killed.
pub(super) async fn run(launch: &Launch<'_>) -> Result<Ended, Unrun> {
    let mut child = spawn(launch)?;
    let group = Group::of(&child);
    if let (Some(told), Some(program)) = (launch.started, &group.0) {
        told(program);
    }
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let log = match launch.log {
        Some((path, cap)) => Some(Mutex::new(CappedLog::open(path, cap).await)),
        None => None,
    };
    let over = CancellationToken::new();
    let child = &mut child;
    let waiting = async {
        let ended = tokio::time::timeout(launch.limit, child.wait()).await;
        // What it left in the background is recorded nowhere, so it goes too.
        drop(group);
        over.cancel();
        match ended {
            Ok(status) => status.map(Exit::from),
            Err(_) => child.wait().await.map(|_| Exit::OutOfTime),
        }
    };
    let (exit, stdout, stderr) = tokio::join!(
        waiting,
        pump(stdout, log.as_ref(), launch.keep, &over),
        pump(stderr, log.as_ref(), launch.keep, &over),
    );
    Ok(Ended { exit: exit.map_err(Unrun::Fault)?, stdout, stderr })
}

fn spawn(launch: &Launch<'_>) -> Result<Child, Unrun> {
    let (program, args) = launch.argv.split_first().ok_or(Unrun::Missing)?;
    let spawned = Command::new(program)
        .args(args)
        .current_dir(launch.cwd)
        .env_clear()
        .envs(launch.env.iter().map(|(key, value)| (key, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    spawned.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Unrun::Missing,
        ErrorKind::PermissionDenied => Unrun::NotAllowed,
        _ => Unrun::Fault(error),
    })
}

/// Copies a stream to the log and returns its end.
async fn pump(
    from: Option<impl AsyncRead + Unpin>,
    log: Option<&Mutex<CappedLog>>,
    keep: usize,
    over: &CancellationToken,
) -> String {
    let Some(mut from) = from else { return String::new() };
    let given_up = async {
        over.cancelled().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::pin!(given_up);
    let (mut tail, mut buffer) = (Vec::new(), vec![0; 16 * 1024]);
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read.unwrap_or(0),
            () = &mut given_up => 0,
        };
        if read == 0 {
            return String::from_utf8_lossy(&tail).into_owned();
        }
        if let Some(log) = log {
            log.lock().await.append(&buffer[..read]).await;
        }
        tail.extend_from_slice(&buffer[..read]);
        tail.drain(..tail.len().saturating_sub(keep));
    }
}

/// The process group of a running program; dropping it kills what is left of the group.
struct Group(Option<Identity>);

impl Group {
    fn of(child: &Child) -> Self {
        Group(child.id().and_then(|pid| Identity::of(i32::try_from(pid).ok()?)))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.as_ref().map(kill_group) {
            tracing::warn!(error = format!("{error:#}"), "cannot kill a process group");
        }
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, signal) => Exit::Signal(signal.unwrap_or_default()),
        }
    }
}
