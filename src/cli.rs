//! The command line: serve, check, what is documented from the code, the operator's tools, and the server of one site.

mod backup;
mod cron;
mod jobs;
mod lint;
mod messages;
pub mod reference;
mod selftest;
mod serve;
mod surveys;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use url::Url;

use crate::app;
use crate::chat::{discord, slack};
use crate::check::{self, Counts};
use crate::clock::{Clock as _, SystemClock};
use crate::commands::help;
use crate::config::{self, Config};
use crate::content::{self, Content};
use crate::db::Db;
use crate::diagnostic::Problem;
use crate::drivers::site_server::{SiteArgs, serve_site};
use crate::error::{Error, Result};
use crate::ids::Ids;
use crate::jobs::schedule::Schedule;

/// Goldenpath: a ChatOps bot that runs a company's internal platform as a product.
///
/// Exit codes: 0 done, 1 not done (standard error says why and what to do), 2 wrong usage.
#[derive(Parser)]
#[command(version, after_help = "Settings: every one with its default stands in `goldenpath config`.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the bot (also without any command)
    Serve,
    /// Check config, specs, templates and surveys: file, line, fix
    Check {
        /// More to check: specs, surveys, templates, or folders of them
        files: Vec<PathBuf>,
    },
    /// Lint templates, those of a Backstage portal too: file, line, column, rule, fix
    ///
    /// Exit codes: 0 nothing is wrong (warnings do not count), 1 something is, 2 nothing to lint is there.
    Lint(lint::Lint),
    /// Print when a cron expression fires next
    Cron(cron::CronArgs),
    /// Print every setting with its default
    Config,
    /// Print the table of commands that stands in the README
    Commands,
    /// See what the bot has to do, run it again, or drop it; also while the bot runs
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// See which messages could not be delivered and why, and send one after all
    #[command(subcommand)]
    Messages(messages::Messages),
    /// Prove what survey answers add up to; also while the bot runs
    #[command(subcommand)]
    Surveys(surveys::Surveys),
    /// Copy the database into FILE, also while the bot runs, and say what else to keep
    Backup {
        /// A new file; an existing one is not overwritten
        file: PathBuf,
    },
    /// Print what connects a chat platform: Slack's manifest, Discord's invitation
    #[command(subcommand)]
    Manifest(Manifest),
    /// Write the reference documentation: commands, settings, metrics, this help, the Slack manifest, Discord's commands
    Docs {
        /// Where the files go
        #[arg(default_value = "docs")]
        folder: PathBuf,
    },
    /// Hold what the bot computes against worked examples; exit 1 on a wrong number
    #[command(subcommand)]
    Selftest(selftest::Selftest),
    /// Serve one folder as a web site (started by the bot)
    #[command(hide = true)]
    ServeSite(SiteArgs),
}

#[derive(Subcommand)]
enum Manifest {
    /// For "Create New App", "From a manifest" at https://api.slack.com/apps
    Slack {
        /// Where Slack reaches the bot, as https://platform.example.com
        #[arg(long, default_value = slack::manifest::PLACEHOLDER, value_parser = https)]
        url: String,
    },
    /// The link that invites the bot, why it asks for each permission, and the commands that it registers
    Discord {
        /// The application's id, from "General Information" at https://discord.com/developers/applications
        #[arg(long, default_value = discord::manifest::PLACEHOLDER, value_parser = snowflake)]
        client_id: String,
    },
}

/// An address that Slack can call.
fn https(text: &str) -> Result<String, String> {
    let fits = |url: &Url| url.scheme() == "https" && url.path() == "/" && url.query().is_none();
    match Url::parse(text) {
        Ok(url) if fits(&url) => Ok(text.to_owned()),
        _ => Err("Slack calls https alone; write it like https://platform.example.com".into()),
    }
}

/// An id that Discord gives.
fn snowflake(text: &str) -> Result<String, String> {
    let is_id = (15..=20).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
    match is_id || text == discord::manifest::PLACEHOLDER {
        true => Ok(text.to_owned()),
        false => Err("an application's id is a number of 15 to 20 digits".into()),
    }
}

/// Why a command ends with 1.
enum Failure {
    /// In files, each with its place.
    Problems(Vec<Problem>),
    /// A sentence.
    Said(String),
    /// A sentence about arguments that cannot be used; this ends with 2.
    Usage(String),
}

type Outcome = Result<(), Failure>;

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        Failure::Problems(problems)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Said(error.to_string())
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    // One TLS provider for the whole process, before anything can ask for one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outcome = match Cli::parse().command {
        None | Some(Command::Serve) => serve::serve(),
        Some(Command::Check { files }) => check(&files),
        Some(Command::Lint(command)) => lint::run(&command),
        Some(Command::Cron(args)) => cron::run(&args),
        Some(Command::Commands) => commands(),
        Some(Command::Config) => print(config::DEFAULT),
        Some(Command::Jobs(command)) => jobs::run(command),
        Some(Command::Messages(command)) => messages::run(command),
        Some(Command::Surveys(command)) => surveys::run(command),
        Some(Command::Backup { file }) => backup::run(&file),
        Some(Command::Manifest(which)) => manifest(&which),
        Some(Command::Docs { folder }) => reference::run(&folder),
        Some(Command::Selftest(command)) => selftest::run(&command),
        Some(Command::ServeSite(args)) => {
            serve_site(&args).map_err(|error| Failure::Said(format!("{error:#}")))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let code = if matches!(failure, Failure::Usage(_)) { 2 } else { 1 };
            eprintln!("goldenpath: {}", shown(failure));
            ExitCode::from(code)
        }
    }
}

/// The last line of a failure; what comes before it is printed here.
fn shown(failure: Failure) -> String {
    match failure {
        Failure::Said(why) | Failure::Usage(why) => why,
        Failure::Problems(problems) => {
            for problem in &problems {
                eprintln!("{problem}");
            }
            format!("{} to mend", counted(problems.len(), "problem"))
        }
    }
}

/// `1 problem`, `2 problems`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Prints to standard output. A reader that has seen enough, as `head`, is no failure.
fn print(text: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Said(format!("the output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

fn load() -> Result<(Config, Content), Vec<Problem>> {
    let config = Config::load(&config::environment())?;
    let content = Content::load(&config)?;
    Ok((config, content))
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Said(format!("no threads can be started: {error}")))?;
    Ok(runtime.block_on(work)?)
}

/// The database of the config, beside a bot that may run on it.
async fn attach(config: &Config) -> Result<Db> {
    Db::attach(&config.database_url(), Arc::new(SystemClock), Arc::new(Ids::from_system())).await
}

/// Prints what `answer` says of that database.
fn beside_the_bot(answer: impl AsyncFnOnce(&Db) -> Result<String>) -> Outcome {
    let config = Config::load(&config::environment())?;
    let said = block_on(async {
        let db = attach(&config).await?;
        let said = answer(&db).await;
        db.close().await;
        said
    })?;
    print(&said)
}

/// A broken config does not hide what is wrong elsewhere.
fn check(files: &[PathBuf]) -> Outcome {
    let (config, mut problems) = Config::examine(&config::environment());
    let content = Content::load(&config);
    let given = check::files(files);
    if let (Ok(content), Ok(given), true) = (&content, &given, problems.is_empty()) {
        let of_templates = content.catalog.warnings.iter().map(ToString::to_string);
        let warnings = content::warnings(&config, content).into_iter().chain(of_templates);
        let mut said: String = warnings.map(|warning| format!("warning: {warning}\n")).collect();
        let fine = Counts {
            commands: content.menu.all().filter(|spec| !spec.hidden).count(),
            templates: content.catalog.list().len(),
            surveys: content.surveys.len(),
            people: usize::from(config.people.file.is_some()),
        };
        said.push_str(&format!("fine: {fine}\n"));
        if !files.is_empty() {
            said.push_str(&format!("fine besides: {given}\n"));
        }
        said.extend(app::schedules(&config, content).iter().map(upcoming));
        let (of_discord, wrong) = asked_of_discord(&config, content)?;
        said.push_str(&of_discord);
        print(&said)?;
        return if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) };
    }
    problems.extend(content.err().into_iter().chain(given.err()).flatten());
    Err(problems.into())
}

/// What Discord says of the bot, where it has a token: (lines, problems).
fn asked_of_discord(config: &Config, content: &Content) -> Result<(String, Vec<Problem>), Failure> {
    let clock = Arc::new(SystemClock);
    let Some(bot) = app::discord(config, &content.menu, clock.clone(), clock)? else {
        return Ok((String::new(), Vec::new()));
    };
    let (mut said, mut wrong) = (String::new(), Vec::new());
    let groups = content.organisation.groups().into_iter();
    let roles: Vec<String> =
        groups.filter(|group| group.platform == discord::PLATFORM).map(|group| group.name.clone()).collect();
    for finding in block_on(async { Ok(bot.examine(&roles).await) })? {
        match finding {
            discord::Finding::Fine(line) => said.push_str(&format!("discord: {line}\n")),
            discord::Finding::Unknown(why) | discord::Finding::Odd(why) => {
                said.push_str(&format!("warning: discord: {why}\n"))
            }
            discord::Finding::Wrong { what, fix } => wrong.push(Problem::whole("discord", what, &fix)),
        }
    }
    Ok((said, wrong))
}

/// "survey:pulse.sat, `0 10 * * 2` in Europe/Berlin: Tue 2026-12-01 10:00, …".
fn upcoming(schedule: &Schedule) -> String {
    let next = schedule.preview(SystemClock.now(), 3).join(", ");
    format!("{}, `{}` in {}: {next}\n", schedule.key, schedule.cron, schedule.zone)
}

fn commands() -> Outcome {
    let (_, content) = load()?;
    print(&help::markdown(&content.menu))
}

fn manifest(which: &Manifest) -> Outcome {
    let (_, content) = load()?;
    let (menu, groups) = (&content.menu, content.organisation.names_groups());
    let manifest = match which {
        Manifest::Slack { url } => slack::manifest::manifest(menu, url, groups),
        Manifest::Discord { client_id } => discord::manifest::manifest(menu, client_id),
    };
    print(&format!("{manifest:#}\n"))
}
