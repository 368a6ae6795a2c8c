//! `goldenpath surveys`: the answers of a bot that may be running, for its operator.

use clap::Subcommand;

use super::{Outcome, beside_the_bot};
use crate::db::Db;
use crate::error::Result;
use crate::surveys;

#[derive(Subcommand)]
pub(super) enum Surveys {
    /// Count all answers again, and mend the sums that scores are made from where they differ
    Rebuild,
}

pub(super) fn run(command: Surveys) -> Outcome {
    beside_the_bot(async |db: &Db| match command {
        Surveys::Rebuild => rebuild(db).await,
    })
}

async fn rebuild(db: &Db) -> Result<String> {
    let rebuilt = db.write((), |tx, ()| Box::pin(surveys::rebuild(tx))).await?;
    Ok(match (rebuilt.sums, rebuilt.mended) {
        (sums, 0) => format!("All {sums} sums are what the answers add up to.\n"),
        (sums, mended) => {
            format!("{mended} of {sums} sums were not what the answers add up to; they are now.\n")
        }
    })
}
