//! The binary: a thin shell around the library.

use clap::{Parser, Subcommand};
use goldenpath::drivers::site_server::{SiteArgs, serve_site};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve one folder as a web site (started by the bot)
    ServeSite(SiteArgs),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::ServeSite(args) => serve_site(&args),
    }
}
