//! Typed settings: the commented `default.toml`, a file, the environment. The only reader of the environment.

mod layers;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use crate::access::Role;
use crate::chat::discord::verify::verifier;
use crate::chat::inbound::Identity;
use crate::cron::Cron;
use crate::diagnostic::Problem;
use crate::duration;
use crate::people::model::Hours;
use crate::people::{Defaults, Roles};
use crate::zone::Zone;

/// Every setting with its default and its meaning.
pub const DEFAULT: &str = include_str!("default.toml");

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }

    /// The value itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DefaultRole {
    None,
    Developer,
    Pm,
    Approver,
    Admin,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    pub default_role: DefaultRole,
    pub roles: BTreeMap<Role, Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paths {
    pub templates: Vec<PathBuf>,
    pub surveys: Vec<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slack {
    pub signing_secret: Option<Secret>,
    pub signing_secret_file: Option<PathBuf>,
    pub bot_token: Option<Secret>,
    pub bot_token_file: Option<PathBuf>,
    pub api_url: String,
    pub pacing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discord {
    pub token: Option<Secret>,
    pub token_file: Option<PathBuf>,
    pub public_key: Option<String>,
    pub guilds: Vec<String>,
    pub api_url: String,
    pub pacing: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Playground {
    pub enabled: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    pub public_url: Option<String>,
    pub program: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Git {
    pub clone_url: Option<String>,
    pub allow_local_paths: bool,
    pub author_name: String,
    pub author_email: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    pub file: Option<PathBuf>,
    pub zone: Zone,
    pub hours: Hours,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surveys {
    #[serde(deserialize_with = "duration::read")]
    pub gap: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    pub channel: Option<Channel>,
    pub cron: Cron,
}

/// A channel of a chat platform, as `platform:workspace:channel`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Channel {
    pub platform: String,
    pub workspace: String,
    pub id: String,
}

impl TryFrom<String> for Channel {
    type Error = String;

    fn try_from(entry: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{entry}` is not a channel; write \"platform:workspace:channel\", as \"slack:T012AB3CD:C067GH8IJ\""
            )
        };
        let [platform, workspace, id] = triple(&entry).ok_or_else(wrong)?;
        Ok(Channel { platform: platform.into(), workspace: workspace.into(), id: id.into() })
    }
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub listen: SocketAddr,
    pub data: PathBuf,
    pub key_file: Option<PathBuf>,
    pub database_url: Option<Secret>,
    pub log: Log,
    pub access: Access,
    pub people: People,
    pub surveys: Surveys,
    pub digest: Digest,
    pub paths: Paths,
    pub slack: Slack,
    pub discord: Discord,
    pub playground: Playground,
    pub site: Site,
    pub git: Git,
    /// What programs that steps start find in their environment: how to find
    /// and run programs, and nothing of ours.
    #[serde(skip)]
    pub child_env: Vec<(String, String)>,
}

/// What children may see of our environment.
const PASSED_ON: [&str; 9] =
    ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME", "SSH_AUTH_SOCK", "USER"];

/// The process's environment, read once at the start.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars().collect()
}

impl Config {
    /// The defaults alone.
    pub fn defaults() -> Config {
        // Holds by a test; a broken default cannot ship.
        toml::from_str(DEFAULT).unwrap_or_else(|error| unreachable!("default.toml: {error}"))
    }

    /// The defaults, then the file that `GOLDENPATH_CONFIG` names (or
    /// `./goldenpath.toml` where there is one), then the environment.
    ///
    /// # Errors
    /// Every problem, with its line where a file is at fault.
    pub fn load(env: &BTreeMap<String, String>) -> Result<Config, Vec<Problem>> {
        let (config, problems) = Config::examine(env);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// What can be read, and what is wrong with the rest.
    pub fn examine(env: &BTreeMap<String, String>) -> (Config, Vec<Problem>) {
        let named = env.get("GOLDENPATH_CONFIG").map(PathBuf::from);
        let path = named.clone().unwrap_or_else(|| PathBuf::from("goldenpath.toml"));
        let name = path.display().to_string();
        let mut problems = Vec::new();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                let what = format!("the config cannot be read: {error}");
                problems.push(Problem::whole(&name, what, "mend GOLDENPATH_CONFIG"));
                String::new()
            }
        };
        let (mut config, found) = layers::read(&name, &text);
        problems.extend(found);
        problems.append(&mut config.take_environment(env));
        problems.append(&mut config.check_roles(&name, &text));
        problems.extend(config.check_level(&name, &text));
        (config, problems)
    }

    fn take_environment(&mut self, env: &BTreeMap<String, String>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let get = |name: &str| env.get(name).filter(|value| !value.is_empty()).cloned();
        if let Some(listen) = get("GOLDENPATH_LISTEN") {
            match listen.parse() {
                Ok(address) => self.listen = address,
                Err(_) => {
                    let what = format!("`{listen}` is not an address and a port");
                    problems.push(Problem::whole("GOLDENPATH_LISTEN", what, "write it like 127.0.0.1:8420"));
                }
            }
        }
        self.data = get("GOLDENPATH_DATA").map_or_else(|| self.data.clone(), PathBuf::from);
        self.key_file = get("GOLDENPATH_KEY_FILE").map(PathBuf::from).or(self.key_file.take());
        self.database_url = get("DATABASE_URL").map(Secret).or(self.database_url.take());
        self.slack.signing_secret =
            get("SLACK_SIGNING_SECRET").map(Secret).or(self.slack.signing_secret.take());
        self.slack.bot_token = get("SLACK_BOT_TOKEN").map(Secret).or(self.slack.bot_token.take());
        self.slack.api_url = get("SLACK_API_URL").unwrap_or_else(|| self.slack.api_url.clone());
        self.discord.token = get("DISCORD_TOKEN").map(Secret).or(self.discord.token.take());
        self.discord.public_key = get("DISCORD_PUBLIC_KEY").or(self.discord.public_key.take());
        self.discord.api_url = get("DISCORD_API_URL").unwrap_or_else(|| self.discord.api_url.clone());
        for (secret, file) in [
            (&mut self.slack.signing_secret, &self.slack.signing_secret_file),
            (&mut self.slack.bot_token, &self.slack.bot_token_file),
            (&mut self.discord.token, &self.discord.token_file),
        ] {
            if let (None, Some(path)) = (&secret, file) {
                match std::fs::read_to_string(path) {
                    Ok(text) => *secret = Some(Secret(text.trim().to_owned())),
                    Err(error) => problems.push(Problem::whole(
                        &path.display().to_string(),
                        format!("the secret cannot be read: {error}"),
                        "",
                    )),
                }
            }
        }
        if self.discord.public_key.as_deref().is_some_and(|key| verifier(key).is_none()) {
            let what = "the public key of Discord's application is none".to_owned();
            let fix =
                "copy the 64 digits under \"Public Key\" on the application's page \"General Information\"";
            problems.push(Problem::whole("discord.public_key", what, fix));
        }
        let passed = PASSED_ON.iter().filter_map(|name| Some(((*name).to_owned(), get(name)?)));
        self.child_env = passed.collect();
        problems
    }

    fn check_level(&self, file: &str, text: &str) -> Option<Problem> {
        let error = EnvFilter::try_new(&self.log.level).err()?;
        let what = format!("`{}` is not a level of the log: {error}", self.log.level);
        let fix = "write error, warn, info, debug or trace, or a filter as \"info,goldenpath=debug\"";
        Some(Problem::at_key(file, text, "level", what, fix))
    }

    fn check_roles(&self, file: &str, text: &str) -> Vec<Problem> {
        let all = self.access.roles.values().flatten();
        let wrong = all.filter(|entry| identity(entry).is_none()).map(|entry| {
            let at = text.find(entry.as_str()).unwrap_or_default();
            let what = format!("`{entry}` is not a person's identity");
            Problem::at_offset(
                file,
                text,
                at,
                what,
                "write \"platform:workspace:user\", as \"slack:T012AB3CD:U045EF6GH\"",
            )
        });
        wrong.collect()
    }

    /// Who holds which role, besides those that the playground's personas play.
    pub fn roles(&self) -> Roles {
        let mut mapped: BTreeMap<Identity, BTreeSet<Role>> = BTreeMap::new();
        for (role, entries) in &self.access.roles {
            for identity in entries.iter().filter_map(|entry| identity(entry)) {
                mapped.entry(identity).or_default().insert(*role);
            }
        }
        let default = match self.access.default_role {
            DefaultRole::None => None,
            DefaultRole::Developer => Some(Role::Developer),
            DefaultRole::Pm => Some(Role::Pm),
            DefaultRole::Approver => Some(Role::Approver),
            DefaultRole::Admin => Some(Role::Admin),
        };
        Roles { default, mapped }
    }

    /// What holds for whoever said nothing else of themselves.
    pub fn defaults_of_people(&self) -> Defaults {
        Defaults { zone: self.people.zone, hours: self.people.hours.clone(), ..Defaults::default() }
    }

    /// The database's address: the one set, else a file in the data folder.
    pub fn database_url(&self) -> String {
        match &self.database_url {
            Some(url) => url.reveal().to_owned(),
            None => format!("sqlite:{}", self.data.join("goldenpath.db").display()),
        }
    }

    /// The key file: the one set, else `key` in the data folder.
    pub fn key_file(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.data.join("key"))
    }

    /// Both of Slack's secrets, where both are set.
    pub fn slack_secrets(&self) -> Option<(&Secret, &Secret)> {
        self.slack.signing_secret.as_ref().zip(self.slack.bot_token.as_ref())
    }

    /// Whether a chat platform is connected.
    pub fn connected(&self) -> bool {
        self.slack_secrets().is_some() || self.discord.token.is_some()
    }

    /// Whether the browser's chat is served: by setting, else while no chat
    /// platform has a secret and only this machine can reach it.
    pub fn playground_on(&self) -> bool {
        let slack = self.slack.signing_secret.is_some() || self.slack.bot_token.is_some();
        let connected = slack || self.discord.token.is_some();
        self.playground.enabled.unwrap_or(!connected && self.listen.ip().is_loopback())
    }
}

/// `platform:workspace:user`.
fn identity(entry: &str) -> Option<Identity> {
    triple(entry).map(|[platform, workspace, user]| Identity::new(platform, workspace, user))
}

/// Three words between colons.
fn triple(entry: &str) -> Option<[&str; 3]> {
    let parts: [&str; 3] = entry.split(':').collect::<Vec<_>>().try_into().ok()?;
    parts.iter().all(|part| !part.trim().is_empty()).then_some(parts)
}

/// The operator's survey files: (path, text), sorted.
///
/// # Errors
/// A folder or file that cannot be read.
pub fn read_folder(folder: &Path, extension: &str) -> Result<Vec<(String, String)>, Problem> {
    let unreadable = |error: std::io::Error| {
        Problem::whole(
            &folder.display().to_string(),
            format!("the folder cannot be read: {error}"),
            "mend the path in the config",
        )
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(&path);
            files.push((
                name.clone(),
                text.map_err(|error| Problem::whole(&name, format!("cannot be read: {error}"), ""))?,
            ));
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, env: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.toml");
        std::fs::write(&path, text).unwrap();
        let mut all: BTreeMap<String, String> = env.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        all.insert("GOLDENPATH_CONFIG".into(), path.display().to_string());
        Config::load(&all)
    }

    #[test]
    fn defaults_read_and_an_empty_file_changes_nothing() {
        let mut expected = Config::defaults();
        expected.child_env = vec![];
        assert_eq!(load("", &[]).unwrap(), expected);
        assert!(expected.playground_on());
    }

    #[test]
    fn the_environment_comes_before_the_file() {
        let text = "listen = \"127.0.0.1:1\"\n[slack]\nsigning_secret = \"a\"\n";
        let config =
            load(text, &[("GOLDENPATH_LISTEN", "127.0.0.1:2"), ("SLACK_BOT_TOKEN", "xoxb-1")]).unwrap();
        assert_eq!(config.listen.port(), 2);
        assert!(config.slack_secrets().is_some() && !config.playground_on());
        assert!(!format!("{config:?}").contains("xoxb"), "a secret is printed");
    }

    #[test]
    fn a_wrong_key_type_or_identity_is_named_with_its_line() {
        for (text, line, says) in [
            ("# c\nlissten = 1\n", 2, "unknown field `lissten`"),
            ("[log]\nlevle = \"x\"\n", 2, "unknown field `levle`"),
            ("listen = \"x\n", 1, "string"),
            ("[access.roles]\npm = [\n  \"slack:T1\"]\n", 3, "not a person's identity"),
            ("[log]\nlevel = \"chatty,,==\"\n", 2, "not a level of the log"),
            ("[access.roles]\nboss = []\n", 2, "unknown variant `boss`"),
            ("[digest]\nchannel = \"#platform\"\n", 2, "`#platform` is not a channel"),
            ("[digest]\ncron = \"at nine\"\n", 2, "it needs five"),
        ] {
            let problems = load(text, &[]).unwrap_err();
            assert_eq!(problems[0].line, line, "{text}: {}", problems[0]);
            assert!(problems[0].what.contains(says), "{text}: {}", problems[0]);
        }
    }

    #[test]
    fn every_wrong_key_is_named_in_one_go_and_the_others_count() {
        let text = "data = 1\n[sight]\nx = 1\ny = 2\n[log]\nlevle = \"x\"\nlevel = \"debug\"\n[slack]\n";
        let (config, problems) = layers::read("g.toml", text);
        let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
        assert_eq!(places, [(1, 1), (2, 2), (6, 1)], "{problems:?}");
        assert_eq!((config.log.level.as_str(), config.listen.port()), ("debug", 8420));
        assert!(load("dta = 1", &[("GOLDENPATH_LISTEN", "8420")]).is_err_and(|found| found.len() == 2));
    }
}
