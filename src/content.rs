//! What operators and we wrote as data, read and checked: the menu, the golden paths, the surveys.

use std::collections::BTreeSet;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::access::Role;
use crate::catalog::Catalog;
use crate::chat::{discord, playground};
use crate::commands::spec::Menu;
use crate::config::{Config, read_folder};
use crate::diagnostic::Problem;
use crate::people::model::organisation::Organisation;
use crate::surveys::{self, model::Survey};

static COMMANDS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/commands");

/// What operators and we wrote as data: the menu, the golden paths, the surveys.
pub struct Content {
    pub menu: Menu,
    pub catalog: Catalog,
    pub surveys: Vec<Survey>,
    pub organisation: Organisation,
}

impl Content {
    /// Reads and checks all of it.
    ///
    /// # Errors
    /// Every problem of every file, each with its line.
    pub fn load(config: &Config) -> Result<Content, Vec<Problem>> {
        let mut problems = Vec::new();
        let specs = COMMANDS
            .files()
            .filter_map(|file| Some((format!("commands/{}", file.path().display()), file.contents_utf8()?)));
        let specs: Vec<(String, &str)> = specs.collect();
        let menu = menu(specs.iter().map(|(name, text)| (name.as_str(), *text)));
        let catalog = Catalog::load(&config.paths.templates);
        let mut own = Vec::new();
        for folder in &config.paths.surveys {
            match read_folder(folder, "toml") {
                Ok(mut files) => own.append(&mut files),
                Err(problem) => problems.push(problem),
            }
        }
        let surveys = surveys::load(&own);
        let organisation = organisation(config.people.file.as_deref()).unwrap_or_else(|mut found| {
            problems.append(&mut found);
            Organisation::default()
        });
        match (menu, catalog, surveys) {
            (Ok(menu), Ok(catalog), Ok(surveys)) if problems.is_empty() => {
                Ok(Content { menu, catalog, surveys, organisation })
            }
            (menu, catalog, surveys) => {
                problems.extend(menu.err().into_iter().chain(catalog.err()).chain(surveys.err()).flatten());
                Err(problems)
            }
        }
    }
}

/// Reads specs (name, text) into a menu that every platform can show.
///
/// # Errors
/// Every problem of every file, each with its line.
pub fn menu<'a>(specs: impl IntoIterator<Item = (&'a str, &'a str)> + Clone) -> Result<Menu, Vec<Problem>> {
    let menu = Menu::parse(specs.clone())?;
    let problems = discord::tree::problems(&menu, specs);
    if problems.is_empty() { Ok(menu) } else { Err(problems) }
}

fn organisation(file: Option<&Path>) -> Result<Organisation, Vec<Problem>> {
    let Some(file) = file else { return Ok(Organisation::default()) };
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        vec![Problem::whole(&name, format!("it cannot be read: {error}"), "mend `file` under `[people]`")]
    })?;
    Organisation::parse(&name, &text)
}

/// What works and is still worth a word to the operator.
pub fn warnings(config: &Config, content: &Content) -> Vec<String> {
    let menu = &content.menu;
    let mut warnings = Vec::new();
    let held = |role: &Role| {
        let mapped = config.access.roles.get(role).is_some_and(|list| !list.is_empty());
        mapped || content.organisation.gives(*role)
    };
    let roles = config.roles();
    let needed: BTreeSet<Role> = menu.all().filter_map(|spec| spec.role).collect();
    let playground = config.playground_on();
    let played =
        |role: &Role| playground && playground::personas().iter().any(|persona| persona.role == role.word());
    for role in needed.iter().filter(|role| !held(role) && roles.default != Some(**role) && !played(role)) {
        warnings.push(format!(
            "nobody holds the role `{0}`: list identities under `[access.roles]` as `{0} = […]`",
            role.word()
        ));
    }
    for spec in menu.all().filter(|spec| spec.role.is_none()) {
        warnings.push(format!("{}: `{}` names no role, so nobody may run it", spec.file, spec.command()));
    }
    warnings.extend(of_platforms(config));
    if !on_path(config, "git") {
        warnings.push(
            "`git` is not installed or not in PATH: golden paths that publish a repository will fail".into(),
        );
    }
    warnings
}

/// What is odd about where people are met.
fn of_platforms(config: &Config) -> Vec<String> {
    let (slack, discord) = (config.slack_secrets().is_some(), config.discord.token.is_some());
    let mut warnings = Vec::new();
    let open = !config.listen.ip().is_loopback() || config.connected();
    if config.playground.enabled == Some(true) && open {
        warnings.push("the playground is on beside a chat platform or for other machines: whoever has its address acts as any persona".into());
    }
    if config.slack.signing_secret.is_some() != config.slack.bot_token.is_some() {
        warnings.push("Slack has one of its two secrets: it needs SLACK_SIGNING_SECRET and SLACK_BOT_TOKEN, and stays off until then".into());
    }
    if config.discord.public_key.is_some() && !discord {
        warnings.push(
            "Discord has a public key and no token: it needs DISCORD_TOKEN, and stays off until then".into(),
        );
    }
    if discord && config.discord.guilds.is_empty() {
        warnings.push("`[discord] guilds` names no server: each that the bot is in counts as yours".into());
    }
    if let Some(channel) = &config.digest.channel {
        let there =
            matches!((channel.platform.as_str(), slack, discord), ("slack", true, _) | ("discord", _, true));
        if !there {
            warnings.push(format!(
                "the digest waits: its channel is on `{}`, which is not connected",
                channel.platform
            ));
        }
    }
    if !config.playground_on() && !config.connected() {
        warnings
            .push("no chat platform is connected and the playground is off: nobody can reach the bot".into());
    }
    warnings
}

fn on_path(config: &Config, program: &str) -> bool {
    let path = config.child_env.iter().find(|(name, _)| name == "PATH").map_or("", |(_, path)| path.as_str());
    std::env::split_paths(path).any(|folder| folder.join(program).is_file())
}
