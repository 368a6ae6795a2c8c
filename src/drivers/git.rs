//! `publish:git`: the rendered files as one commit of a repository.
//!
//! Input: `repoUrl` (none means a bare repository of our own, named like the
//! environment), `defaultBranch`, `gitCommitMessage`, `gitAuthorName`,
//! `gitAuthorEmail`, `sourcePath`. Outputs: `remoteUrl`, `repoContentsUrl`,
//! `commitHash`.
//!
//! The commit holds nothing ambient: the same plan gives the same hash, so a
//! repeat after a crash finds its own commit and is done. A repository of our
//! own appears by one rename, complete or not at all, and says in its
//! configuration which environment made it. Nothing is ever forced.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::git_program::{Failure, Git, said};
use super::git_target::{Remote, Target, contents_url};
use super::log::CappedLog;
use super::paths::{folder_inside, shown};
use super::{Driver, Observed, Outcome, Ownership, Plan, Resource};

/// The tree of a commit without files.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// How many bytes of what a remote said go to the log.
const LOGGED: usize = 16 * 1024;

/// What the driver may know of the installation.
#[derive(Debug, Clone)]
pub struct GitSettings {
    /// The folder of our own bare repositories; made when missing.
    pub repos_dir: PathBuf,
    /// Where people clone these from, with `{name}` for the environment's name:
    /// `https://git.example.com/{name}.git`. `None` means the path as `file://`.
    pub clone_url: Option<String>,
    /// Whether a template may name any path of this machine.
    pub allow_local_paths: bool,
    /// Who commits, where the template names nobody.
    pub author_name: String,
    pub author_email: String,
    /// What `git` finds in its environment beside what we set: `PATH`, `TMPDIR`
    /// and, for ssh, `SSH_AUTH_SOCK`; never a secret of the bot.
    pub env: Vec<(String, String)>,
    /// How long one call of `git` may take.
    pub limit: Duration,
}

impl GitSettings {
    /// The usual limits and author.
    pub fn new(repos_dir: PathBuf, env: Vec<(String, String)>) -> Self {
        GitSettings {
            repos_dir,
            clone_url: None,
            allow_local_paths: false,
            author_name: "Goldenpath".into(),
            author_email: "goldenpath@localhost".into(),
            env,
            limit: Duration::from_secs(60),
        }
    }
}

/// Publishes repositories.
pub struct GitDriver {
    settings: GitSettings,
}

impl GitDriver {
    pub fn new(settings: GitSettings) -> Self {
        GitDriver { settings }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Input {
    repo_url: Option<String>,
    default_branch: Option<String>,
    git_commit_message: Option<String>,
    git_author_name: Option<String>,
    git_author_email: Option<String>,
    source_path: Option<String>,
}

/// A recorded repository: the handle of its resource.
#[derive(Debug, Serialize, Deserialize)]
struct Handle {
    url: String,
    /// The file name of a repository in our own folder.
    own: Option<String>,
    /// Whether the very run that recorded it made it.
    made_by_us: bool,
    /// Our commit.
    head: String,
    branch: String,
    key: String,
}

/// What is to be published.
struct Publication<'a> {
    plan: &'a Plan,
    branch: String,
    commit: String,
    /// Where the commit lies until it is pushed.
    git: Git,
}

#[async_trait]
impl Driver for GitDriver {
    fn name(&self) -> &'static str {
        "git"
    }

    fn actions(&self) -> &'static [&'static str] {
        &["publish:git"]
    }

    async fn apply(&self, plan: &Plan) -> anyhow::Result<Outcome> {
        match self.publish(plan).await {
            Ok(handle) => Ok(self.ready(plan, &handle)?),
            Err(Failure::Refused(reason)) => Ok(Outcome::Refused { reason }),
            Err(Failure::Fault(error)) => Err(error),
        }
    }

    async fn observe(&self, resource: &Resource) -> anyhow::Result<Observed> {
        let handle = handle_of(resource)?;
        match &handle.own {
            Some(name) if !self.own_path(name)?.exists() => Ok(Observed::Absent),
            Some(_) => Ok(Observed::Present),
            // Its secret is not recorded, so one that does not answer may well be there.
            None => Ok(Observed::Present),
        }
    }

    /// Undoes a creation: removes a repository of our own that the recorded step
    /// made and that holds nothing but its commit. Any other stays as it is,
    /// which [`Driver::observe`] then shows.
    async fn destroy(&self, resource: &Resource) -> anyhow::Result<()> {
        let handle = handle_of(resource)?;
        let Some(name) = handle.own.as_ref().filter(|_| handle.made_by_us) else { return Ok(()) };
        let path = self.own_path(name)?;
        if !path.exists() {
            return Ok(());
        }
        let home = path.with_file_name(format!(".home-{}", short_hash(&handle.key)));
        std::fs::create_dir_all(&home)?;
        let untouched = is_untouched(&self.git(&path, &home), &handle).await;
        remove_all(&home)?;
        if untouched? {
            std::fs::remove_dir_all(&path).context("cannot remove a repository")?;
        }
        Ok(())
    }
}

impl GitDriver {
    /// What a crash, or a fault in the middle, may have left in the folder of repositories: what is
    /// being made just now is among it too.
    pub fn half_made(&self) -> std::io::Result<Vec<PathBuf>> {
        let entries = match std::fs::read_dir(&self.settings.repos_dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        let half_made = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(".new-") || name.starts_with(".home-")
        };
        Ok(paths.into_iter().filter(half_made).collect())
    }

    /// The file name of a recorded repository in our own folder; `None` for one of somebody else.
    pub fn own_name(resource: &Resource) -> Option<String> {
        handle_of(resource).ok()?.own
    }

    /// Whether the step of this key left that, by its name.
    pub fn is_half_made_by(path: &Path, key: &str) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let hash = short_hash(key);
        name.starts_with(&format!(".new-{hash}-")) || name == format!(".home-{hash}")
    }

    async fn publish(&self, plan: &Plan) -> Result<Handle, Failure> {
        let input: Input = serde_json::from_value(plan.input.clone())
            .map_err(|error| format!("the input of `publish:git` cannot be used: {error}"))?;
        let source = folder_inside(&plan.workspace, input.source_path.as_deref().unwrap_or("."))?;
        std::fs::create_dir_all(&self.settings.repos_dir)?;
        let repos = self.settings.repos_dir.canonicalize()?;
        let target = match input.repo_url.as_deref().filter(|url| !url.trim().is_empty()) {
            None => Target::named(&repos, &plan.env_name)?,
            Some(url) => Target::given(&repos, url.trim(), self.settings.allow_local_paths)?,
        };
        let publication = self.commit(plan, &input, &source).await?;
        match target {
            Target::Own(path) => self.publish_own(&publication, &path).await,
            Target::Foreign(remote) => publish_foreign(&publication, remote).await,
        }
    }

    /// Makes the commit in a folder of its own, so that no `.git` appears in the workspace.
    async fn commit<'a>(
        &self,
        plan: &'a Plan,
        input: &Input,
        source: &Path,
    ) -> Result<Publication<'a>, Failure> {
        let branch = input.default_branch.clone().filter(|b| !b.is_empty()).unwrap_or_else(|| "main".into());
        std::fs::create_dir_all(&plan.state)?;
        let folder = plan.state.canonicalize()?.join(format!("git-{}", short_hash(&plan.key)));
        // An attempt that was cut off may have left locks; nothing in here is worth keeping.
        remove_all(&folder)?;
        let home = folder.join("home");
        std::fs::create_dir_all(&home)?;
        let mut git = self.git(&folder.join("repository"), &home);
        let name = format!("refs/heads/{branch}");
        if branch.starts_with('-') || git.ask(&["check-ref-format", &name]).await?.is_none() {
            return Err(format!("`{}` cannot name a branch", shown(&branch)).into());
        }
        let either = |given: &Option<String>, usual: &str| match given {
            Some(given) if !given.trim().is_empty() => given.clone(),
            _ => usual.to_owned(),
        };
        let name = either(&input.git_author_name, &self.settings.author_name);
        let email = either(&input.git_author_email, &self.settings.author_email);
        git.sign(&name, &email, plan.decided);
        git.init().await?;
        git.run_in(source, &["add", "--all", "--", "."]).await?;
        let tree = git.run(&["write-tree"]).await?;
        if tree == EMPTY_TREE {
            return Err("there are no files to publish".to_owned().into());
        }
        if git.run(&["ls-files", "--stage"]).await?.lines().any(|line| line.starts_with("160000 ")) {
            return Err("a folder among the files is a git repository itself; remove its `.git`"
                .to_owned()
                .into());
        }
        let message = message(plan, input.git_commit_message.as_deref());
        let commit = git.run(&["commit-tree", &tree, "-m", &message]).await?;
        Ok(Publication { plan, branch, commit, git })
    }

    async fn publish_own(&self, work: &Publication<'_>, path: &Path) -> Result<Handle, Failure> {
        if !path.exists() {
            let name = path.file_name().context("a repository without a name")?.to_string_lossy();
            let new = path.with_file_name(format!(".new-{}-{name}", short_hash(&work.plan.key)));
            if work.plan.stop.is_cancelled() {
                remove_all(&new)?;
                return Err(unwanted());
            }
            self.make_own(work, &new).await?;
            // Fails where another one has appeared meanwhile; that one is looked at below.
            let moved = std::fs::rename(&new, path);
            remove_all(&new)?;
            if !path.exists() {
                moved.context("cannot put the repository in its place")?;
            }
        }
        self.look_at_own(work, path).await
    }

    async fn make_own(&self, work: &Publication<'_>, new: &Path) -> Result<(), Failure> {
        remove_all(new)?;
        let git = self.git(new, work.git.home());
        git.init().await?;
        git.run(&["symbolic-ref", "HEAD", &format!("refs/heads/{}", work.branch)]).await?;
        git.run(&["config", "--local", "goldenpath.environment", &work.plan.env]).await?;
        git.run(&["config", "--local", "goldenpath.key", &work.plan.key]).await?;
        push(work, &Remote { url: new.to_string_lossy().into_owned(), secret: None }).await
    }

    /// Whether what stands there is what this step wants.
    async fn look_at_own(&self, work: &Publication<'_>, path: &Path) -> Result<Handle, Failure> {
        let name = path.file_name().context("a repository without a name")?.to_string_lossy().into_owned();
        let git = self.git(path, work.git.home());
        if config(&git, "goldenpath.environment").await? != work.plan.env {
            return Err(Failure::Refused(format!(
                "a repository `{name}` exists already and was not made by this environment; \
                 choose another name, or an admin removes it"
            )));
        }
        // People may have pushed on top of it since; our commit is published all the same.
        let branch = format!("refs/heads/{}", work.branch);
        if git.ask(&["merge-base", "--is-ancestor", &work.commit, &branch]).await?.is_none() {
            return Err(Failure::Refused(format!(
                "the repository `{name}` of this environment has other commits on `{}`; publishing would lose them",
                work.branch
            )));
        }
        let url = match &self.settings.clone_url {
            Some(url) => url.replace("{name}", name.trim_end_matches(".git")),
            None => file_url(path)?,
        };
        let made_by_us = config(&git, "goldenpath.key").await? == work.plan.key;
        Ok(work.handle(url, Some(name), made_by_us))
    }

    fn git(&self, repository: &Path, home: &Path) -> Git {
        Git::new(repository, home, &self.settings.env, self.settings.limit)
    }

    /// The path of a recorded repository, which can only lie in our folder.
    fn own_path(&self, name: &str) -> anyhow::Result<PathBuf> {
        let stem = name.strip_suffix(".git").context("the handle of a repository names none")?;
        match Target::named(&std::path::absolute(&self.settings.repos_dir)?, stem) {
            Ok(Target::Own(path)) => Ok(path),
            _ => anyhow::bail!("the handle of a repository names none"),
        }
    }

    fn ready(&self, plan: &Plan, handle: &Handle) -> anyhow::Result<Outcome> {
        let label = match &handle.own {
            Some(name) => name.clone(),
            None => handle.url.rsplit('/').find(|part| !part.is_empty()).unwrap_or(&plan.env_name).to_owned(),
        };
        let resource = Resource {
            kind: "repository".into(),
            label,
            ownership: Ownership::Kept,
            handle: serde_json::to_value(handle)?,
        };
        let outputs = json!({
            "remoteUrl": handle.url,
            "repoContentsUrl": contents_url(&handle.url, &handle.branch),
            "commitHash": handle.head,
        });
        Ok(Outcome::Ready { outputs, resources: vec![resource] })
    }
}

impl Publication<'_> {
    fn handle(&self, url: String, own: Option<String>, made_by_us: bool) -> Handle {
        let (head, branch, key) = (self.commit.clone(), self.branch.clone(), self.plan.key.clone());
        Handle { url, own, made_by_us, head, branch, key }
    }
}

/// Publishes to a repository that is there and empty, or that has our commit already.
async fn publish_foreign(work: &Publication<'_>, remote: Remote) -> Result<Handle, Failure> {
    let heads = work.git.to(&remote, &["ls-remote", "--heads", "--", &remote.url]).await;
    let heads = match heads {
        Ok(heads) => heads,
        Err(failure) => return Err(told(work.plan, &remote, "cannot be read", failure).await),
    };
    let ours = format!("{}\trefs/heads/{}", work.commit, work.branch);
    if !heads.lines().any(|line| line == ours) {
        if !heads.is_empty() {
            return Err(Failure::Refused(format!(
                "the repository {} has content already, which this environment did not make; name an empty one",
                remote.url
            )));
        }
        if work.plan.stop.is_cancelled() {
            return Err(unwanted());
        }
        push(work, &remote).await?;
    }
    Ok(work.handle(remote.url, None, false))
}

fn unwanted() -> Failure {
    Failure::Refused("the repository was not wanted any more".into())
}

async fn push(work: &Publication<'_>, remote: &Remote) -> Result<(), Failure> {
    let what = format!("{}:refs/heads/{}", work.commit, work.branch);
    let pushed = work.git.to(remote, &["push", "--quiet", "--", &remote.url, &what]).await;
    match pushed {
        Ok(_) => Ok(()),
        Err(failure) => Err(told(work.plan, remote, "refused the push", failure).await),
    }
}

/// Adds which repository it was, without its secret; the whole of what was said goes to the log.
async fn told(plan: &Plan, remote: &Remote, what: &str, failure: Failure) -> Failure {
    let (words, refused) = match failure {
        Failure::Refused(words) => (words, true),
        Failure::Fault(error) => (format!("{error:#}"), false),
    };
    let words = remote.redact(&words);
    CappedLog::open(&plan.log, LOGGED).await.append(format!("{}\n", words.trim_end()).as_bytes()).await;
    let sentence = format!("the repository {} {what}: {}", remote.url, said(&words));
    if refused { Failure::Refused(sentence) } else { Failure::Fault(anyhow::anyhow!(sentence)) }
}

/// Whether the repository is the recorded one and holds nothing but its commit.
async fn is_untouched(git: &Git, handle: &Handle) -> anyhow::Result<bool> {
    let refs = git.run(&["for-each-ref", "--format=%(objectname) %(refname)"]).await?;
    let ours = format!("{} refs/heads/{}", handle.head, handle.branch);
    Ok(refs == ours && config(git, "goldenpath.key").await? == handle.key)
}

/// A setting of the repository; empty when it has none.
async fn config(git: &Git, key: &str) -> Result<String, Failure> {
    Ok(git.ask(&["config", "--local", "--get", key]).await?.unwrap_or_default())
}

fn handle_of(resource: &Resource) -> anyhow::Result<Handle> {
    serde_json::from_value(resource.handle.clone()).context("the handle of a repository cannot be read")
}

/// The commit's message, and which environment made it.
fn message(plan: &Plan, given: Option<&str>) -> String {
    let given = given.map(str::trim).filter(|given| !given.is_empty()).unwrap_or("Initial commit");
    let plain: String = given.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    format!("{plain}\n\nGoldenpath-Environment: {}", plan.env)
}

fn file_url(path: &Path) -> anyhow::Result<String> {
    let url = url::Url::from_file_path(path).map_err(|()| anyhow::anyhow!("no absolute path"))?;
    Ok(url.into())
}

fn short_hash(key: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(key.as_bytes())[..8])
}

fn remove_all(folder: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
