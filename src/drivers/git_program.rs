//! One way to call `git`: nothing ambient, no hooks, no prompts, bounded in time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::git_target::Remote;
use super::launch::{self, Ended, Exit, Launch, Unrun};
use crate::clock::Timestamp;

/// How much of an answer of `git` is read.
const KEPT_OUTPUT: usize = 1024 * 1024;

/// What holds for each call, whatever a repository or a machine is set to.
const CONFIG: [&str; 8] = [
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.autocrlf=false",
    "core.fsmonitor=false",
    "init.defaultBranch=main",
    "gc.auto=0",
    "maintenance.auto=false",
];

const ENVIRONMENT: [(&str, &str); 7] = [
    ("LC_ALL", "C"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", ""),
    ("GIT_ALLOW_PROTOCOL", "file:https:ssh"),
    ("GIT_SSH_COMMAND", "ssh -o BatchMode=yes"),
];

/// What a broken network says. It may be whole again at the next try.
const PASSING: [&str; 8] = [
    "Could not resolve host",
    "Temporary failure in name resolution",
    "Failed to connect",
    "Connection refused",
    "Connection reset",
    "timed out",
    "returned error: 5",
    "early EOF",
];

/// Why something was not done.
pub(super) enum Failure {
    /// A sentence for people, or what `git` said.
    Refused(String),
    /// Worth another try.
    Fault(anyhow::Error),
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Failure::Refused(reason)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Fault(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Fault(error.into())
    }
}

impl From<Failure> for anyhow::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(reason) => anyhow::anyhow!(reason),
            Failure::Fault(error) => error,
        }
    }
}

/// `git` for one bare repository.
pub(super) struct Git {
    repository: PathBuf,
    home: PathBuf,
    env: Vec<(String, String)>,
    limit: Duration,
}

impl Git {
    /// `home` is an empty folder: what `git` looks for there is not found.
    pub fn new(repository: &Path, home: &Path, env: &[(String, String)], limit: Duration) -> Self {
        let mut env = env.to_vec();
        env.extend(ENVIRONMENT.map(|(key, value)| (key.into(), value.into())));
        for key in ["HOME", "XDG_CONFIG_HOME"] {
            env.push((key.into(), home.to_string_lossy().into_owned()));
        }
        Git { repository: repository.into(), home: home.into(), env, limit }
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Sets who commits, and when.
    pub fn sign(&mut self, name: &str, email: &str, at: Timestamp) {
        let plain =
            |text: &str| text.chars().filter(|c| !c.is_control() && !"<>".contains(*c)).collect::<String>();
        let date = format!("@{} +0000", at.0.div_euclid(1000));
        for role in ["AUTHOR", "COMMITTER"] {
            self.env.push((format!("GIT_{role}_NAME"), plain(name)));
            self.env.push((format!("GIT_{role}_EMAIL"), plain(email)));
            self.env.push((format!("GIT_{role}_DATE"), date.clone()));
        }
    }

    /// Makes the repository, without the files that a machine adds to new ones.
    pub async fn init(&self) -> Result<(), Failure> {
        self.run(&["init", "--quiet", "--bare", "--template=", "--object-format=sha1"]).await.map(|_| ())
    }

    /// What the call prints; [`Failure::Refused`] with what it says when it fails.
    pub async fn run(&self, args: &[&str]) -> Result<String, Failure> {
        answer(self.call(&self.home, &[], args).await?)
    }

    /// A call about the files of `source`.
    pub async fn run_in(&self, source: &Path, args: &[&str]) -> Result<String, Failure> {
        let tree = format!("--work-tree={}", source.display());
        let args: Vec<&str> = [tree.as_str(), "-c", "core.bare=false"].iter().chain(args).copied().collect();
        answer(self.call(source, &[], &args).await?)
    }

    /// A call that talks to `remote`. Its secret goes by the environment, which
    /// other users of the machine cannot read as they can arguments.
    pub async fn to(&self, remote: &Remote, args: &[&str]) -> Result<String, Failure> {
        let env = match &remote.secret {
            None => Vec::new(),
            Some(secret) => vec![
                ("GIT_CONFIG_COUNT".to_owned(), "1".to_owned()),
                ("GIT_CONFIG_KEY_0".to_owned(), format!("http.{}.extraHeader", remote.url)),
                ("GIT_CONFIG_VALUE_0".to_owned(), format!("Authorization: {}", secret.header)),
            ],
        };
        answer(self.call(&self.home, &env, args).await?)
    }

    /// What the call prints; `None` when it says no.
    pub async fn ask(&self, args: &[&str]) -> Result<Option<String>, Failure> {
        let ended = self.call(&self.home, &[], args).await?;
        Ok((ended.exit == Exit::Code(0)).then(|| ended.stdout.trim().to_owned()))
    }

    async fn call(&self, cwd: &Path, env: &[(String, String)], args: &[&str]) -> Result<Ended, Failure> {
        let mut argv = vec!["git".to_owned(), format!("--git-dir={}", self.repository.display())];
        for setting in CONFIG {
            argv.extend(["-c".to_owned(), setting.to_owned()]);
        }
        argv.extend(args.iter().map(|&arg| arg.to_owned()));
        let env = [self.env.as_slice(), env].concat();
        let launch = Launch {
            argv: &argv,
            cwd,
            env: &env,
            limit: self.limit,
            log: None,
            keep: KEPT_OUTPUT,
            started: None,
        };
        let ended = launch::run(&launch).await.map_err(unrun)?;
        if ended.exit == Exit::OutOfTime {
            let what = args.iter().find(|arg| !arg.starts_with('-')).unwrap_or(&"git");
            return Err(anyhow::anyhow!("`git {what}` took longer than {} s", self.limit.as_secs()).into());
        }
        Ok(ended)
    }
}

fn answer(ended: Ended) -> Result<String, Failure> {
    match ended.exit {
        Exit::Code(0) => Ok(ended.stdout.trim().to_owned()),
        _ if PASSING.iter().any(|words| ended.stderr.contains(words)) => {
            Err(anyhow::anyhow!("{}", said(&ended.stderr)).into())
        }
        _ => Err(Failure::Refused(ended.stderr)),
    }
}

fn unrun(unrun: Unrun) -> Failure {
    match unrun {
        Unrun::Missing | Unrun::NotAllowed => Failure::Refused(
            "`git` is not installed on the machine of the bot (or not in its PATH); an admin can install it"
                .into(),
        ),
        Unrun::Fault(error) => Failure::Fault(anyhow::Error::new(error).context("cannot run git")),
    }
}

/// The line that tells most of what `git` said, bounded.
pub(super) fn said(words: &str) -> String {
    // What git adds when ssh failed says less than what ssh said.
    let idle = ["fatal: Could not read from remote", "Please make sure", "and the repository exists"];
    let tells = |line: &&str| !line.is_empty() && !idle.iter().any(|words| line.starts_with(words));
    let lines = || words.lines().map(str::trim).filter(tells);
    let telling = lines().find(|line| ["fatal:", "error:", "!"].iter().any(|mark| line.starts_with(mark)));
    let line = telling.or_else(|| lines().next_back()).unwrap_or("no reason given");
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::super::git_target::Target;
    use super::*;

    #[tokio::test]
    async fn the_secret_reaches_git_for_its_own_address_only() {
        let home = tempfile::tempdir().unwrap();
        let path = vec![("PATH".to_owned(), env!("PATH").to_owned())];
        let git = Git::new(&home.path().join("r"), home.path(), &path, Duration::from_secs(60));
        let given = Target::given(home.path(), "https://ada:pass@host.example/a.git", false);
        let Ok(Target::Foreign(remote)) = given else { panic!() };
        let header = async |url: &str| {
            let asked = git.to(&remote, &["config", "--get-urlmatch", "http.extraHeader", url]).await;
            asked.unwrap_or_default()
        };
        assert_eq!(header(&remote.url).await, "Authorization: Basic YWRhOnBhc3M=");
        assert_eq!(header("https://other.example/a.git").await, "");
    }

    #[test]
    fn the_telling_line_is_found() {
        assert_eq!(said("hint: x\nfatal: no\nplease\n"), "fatal: no");
        assert_eq!(said("one\n\ntwo\n"), "two");
        let ssh = "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\n\
                   Please make sure you have the correct access rights\nand the repository exists.\n";
        assert_eq!(said(ssh), "git@h: Permission denied (publickey).");
        assert_eq!(said(""), "no reason given");
    }
}
