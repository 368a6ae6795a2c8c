//! Runs the bot until a signal ends it.

use std::io::IsTerminal;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::{Outcome, block_on, load};
use crate::app::{self, Ambient, App};
use crate::clock::SystemClock;
use crate::config::{Config, LogFormat};
use crate::content::{self, Content};
use crate::error::Result;
use crate::ids::Ids;

pub(super) fn serve() -> Outcome {
    let (config, content) = load()?;
    start_log(&config);
    block_on(run(config, content))
}

async fn run(config: Config, content: Content) -> Result<()> {
    for warning in content::warnings(&config, &content) {
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

/// Readable on a terminal, JSON by setting. What the chat libraries say for a programmer holds tokens and
/// what people wrote: Slack's in debug lines, Discord's already in a warning of what it cannot read and in
/// the spans around it. Of each broken connection the pool has a line, where `db` has one for the outage.
fn start_log(config: &Config) {
    let filter = EnvFilter::try_new(&config.log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let capped = [
        "slack_morphism=info",
        "serenity=error",
        "tungstenite=info",
        "hyper=info",
        "sqlx=warn",
        "sqlx_core::pool=error",
    ];
    let capped = capped.into_iter().filter_map(|directive| directive.parse().ok());
    let filter = capped.fold(filter, EnvFilter::add_directive);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Json => log.json().init(),
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).with_target(false).init(),
    }
}
