//! `goldenpath selftest`: what the bot computes, held against worked examples.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Failure, Outcome, print};
use crate::statistics::vectors::{self, File, Verdict};

#[derive(Subcommand)]
pub(super) enum Selftest {
    /// Hold every statistical method against a file of worked examples
    Stats {
        /// JSON: `methods`, each with an `id` and `vectors` of `name`, `input`, `expected`
        file: PathBuf,
        /// For machines
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &Selftest) -> Outcome {
    let Selftest::Stats { file, json } = command;
    let verdicts = vectors::evaluate(&read(file)?);
    if *json {
        let text =
            serde_json::to_string_pretty(&verdicts).map_err(|error| Failure::Said(error.to_string()))?;
        print(&format!("{text}\n"))?;
    } else {
        print(&words(&verdicts))?;
    }
    match verdicts.iter().filter(|verdict| verdict.wrong.is_some()).count() {
        0 => Ok(()),
        1 => Err(Failure::Said("1 method is wrong".into())),
        wrong => Err(Failure::Said(format!("{wrong} methods are wrong"))),
    }
}

fn read(path: &Path) -> Result<File, Failure> {
    let said = |why: String| Failure::Said(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| said(format!("cannot be read: {error}")))?;
    serde_json::from_str(&text).map_err(|error| said(format!("is no file of vectors: {error}")))
}

/// A line for each method, then the sum.
fn words(verdicts: &[Verdict]) -> String {
    let width = verdicts.iter().map(|verdict| verdict.id.len()).max().unwrap_or_default();
    let line = |verdict: &Verdict| {
        let Verdict { id, missing, right, of, wrong } = verdict;
        let result = match wrong {
            _ if *missing => format!("missing ({of} vectors)"),
            Some(difference) => format!("WRONG, {right} of {of} hold; {difference}"),
            None => format!("ok {right} of {of}"),
        };
        format!("{id:width$}  {result}\n")
    };
    let missing = verdicts.iter().filter(|verdict| verdict.missing).count();
    let wrong = verdicts.iter().filter(|verdict| verdict.wrong.is_some()).count();
    let sum = format!(
        "{} methods: {} ok, {wrong} wrong, {missing} missing\n",
        verdicts.len(),
        verdicts.len() - wrong - missing
    );
    verdicts.iter().map(line).chain([sum]).collect()
}
