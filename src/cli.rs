//! The command line: serve, check, what is documented from the code, and the server of one site.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::app::{self, Ambient, App};
use crate::check::{self, Counts};
use crate::clock::SystemClock;
use crate::commands::help;
use crate::config::{self, Config, LogFormat};
use crate::content::{self, Content};
use crate::diagnostic::Problem;
use crate::drivers::site_server::{SiteArgs, serve_site};
use crate::error::Result;
use crate::ids::Ids;

/// Goldenpath: a ChatOps bot that runs a company's internal platform as a product.
///
/// Exit codes: 0 fine, 1 something to mend (said on standard error), 2 wrong usage.
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
    /// Print every setting with its default
    Config,
    /// Print the table of commands that stands in the README
    Commands,
    /// Serve one folder as a web site (started by the bot)
    #[command(hide = true)]
    ServeSite(SiteArgs),
}

/// Runs the program.
pub fn main() -> ExitCode {
    // One TLS provider for the whole process, before anything can ask for one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match Cli::parse().command {
        None | Some(Command::Serve) => serve(),
        Some(Command::Check { files }) => check(&files),
        Some(Command::Commands) => commands(),
        Some(Command::Config) => {
            print!("{}", config::DEFAULT);
            ExitCode::SUCCESS
        }
        Some(Command::ServeSite(args)) => match serve_site(&args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format!("{error:#}")),
        },
    }
}

fn fail(why: &str) -> ExitCode {
    eprintln!("goldenpath: {why}");
    ExitCode::FAILURE
}

fn load() -> Result<(Config, Content), Vec<Problem>> {
    let config = Config::load(&config::environment())?;
    let content = Content::load(&config)?;
    Ok((config, content))
}

fn show(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        eprintln!("{problem}");
    }
    let count =
        if problems.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", problems.len()) };
    fail(&format!("{count} to mend"))
}

/// A broken config does not hide what is wrong elsewhere.
fn check(files: &[PathBuf]) -> ExitCode {
    let (config, mut problems) = Config::examine(&config::environment());
    let content = Content::load(&config);
    let given = check::files(files);
    if let (Ok(content), Ok(given), true) = (&content, &given, problems.is_empty()) {
        for warning in content::warnings(&config, &content.menu) {
            println!("warning: {warning}");
        }
        let fine = Counts {
            commands: content.menu.all().filter(|spec| !spec.hidden).count(),
            templates: content.catalog.list().len(),
            surveys: content.surveys.len(),
        };
        println!("fine: {fine}");
        if !files.is_empty() {
            println!("fine besides: {given}");
        }
        return ExitCode::SUCCESS;
    }
    problems.extend(content.err().into_iter().chain(given.err()).flatten());
    show(&problems)
}

fn commands() -> ExitCode {
    match load() {
        Ok((_, content)) => {
            print!("{}", help::markdown(&content.menu));
            ExitCode::SUCCESS
        }
        Err(problems) => show(&problems),
    }
}

fn serve() -> ExitCode {
    let (config, content) = match load() {
        Ok(loaded) => loaded,
        Err(problems) => return show(&problems),
    };
    start_log(&config);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("no threads can be started: {error}")),
    };
    match runtime.block_on(run(config, content)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

async fn run(config: Config, content: Content) -> Result<()> {
    for warning in content::warnings(&config, &content.menu) {
        tracing::warn!("{warning}");
    }
    let listener = app::bind(config.listen).await?;
    let address = listener.local_addr()?;
    let ambient = Ambient {
        clock: Arc::new(SystemClock),
        wall: Arc::new(SystemClock),
        ids: Arc::new(Ids::from_system()),
    };
    let app = App::build(&config, content, ambient).await?;
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;
    match &app.playground {
        Some(playground) => {
            playground.listening_at(address);
            println!(
                "\n  Goldenpath is running. Open the playground and type `/platform help`:\n\n    {}\n",
                playground.url()
            );
        }
        None => println!("Goldenpath is running at http://{address}"),
    }
    app.serve(listener, stop).await
}

/// Listens from when it returns on, so that whoever read our address may end us.
fn stop_on_signal(stop: CancellationToken) -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.cancel();
    });
    Ok(())
}

/// Readable on a terminal, JSON by setting. The chat library's debug lines hold tokens and bodies.
fn start_log(config: &Config) {
    let filter = EnvFilter::try_new(&config.log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let capped = ["slack_morphism=info", "hyper=info", "sqlx=warn"].into_iter();
    let filter = capped.filter_map(|directive| directive.parse().ok()).fold(filter, EnvFilter::add_directive);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Json => log.json().init(),
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).with_target(false).init(),
    }
}
