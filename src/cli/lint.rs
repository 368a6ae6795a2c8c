//! `goldenpath lint`: what is wrong with templates, whatever portal they were written for.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, Outcome, counted, print};
use crate::catalog::find::{self, Extent};
use crate::catalog::reading::{Reading, Verdict, level};
use crate::diagnostic::{Level, Problem};

#[derive(Args)]
pub(super) struct Lint {
    /// Templates, their folders, or folders of many, at any depth
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// As JSON, for a machine
    #[arg(long)]
    json: bool,
}

/// Prints all findings and ends with 1 when one of them is an error.
pub(super) fn run(command: &Lint) -> Outcome {
    let mut readings = Vec::new();
    for path in &command.paths {
        match find::templates(path, Extent::Fetched) {
            Err(problem) => return Err(Failure::Usage(problem.to_string())),
            Ok(found) if found.is_empty() => {
                let what =
                    "holds no template: neither a `template.yaml` nor another YAML file of kind Template";
                return Err(Failure::Usage(format!("{}: {what}", path.display())));
            }
            Ok(found) => readings.extend(found),
        }
    }
    print(&if command.json { for_machines(&readings) } else { for_people(&readings) })?;
    match count(&readings, true) {
        0 => Ok(()),
        errors => Err(Failure::Said(format!("{} to mend", counted(errors, "error")))),
    }
}

/// The errors among all problems, or the others.
fn problems(readings: &[Reading], errors: bool) -> impl Iterator<Item = &Problem> {
    let all = readings.iter().flat_map(|reading| &reading.problems);
    all.filter(move |problem| (level(problem) == Level::Error) == errors)
}

fn count(readings: &[Reading], errors: bool) -> usize {
    problems(readings, errors).count()
}

/// Errors, then warnings, then what it comes to.
fn for_people(readings: &[Reading]) -> String {
    let mut said = String::new();
    for (errors, title) in [(true, "error"), (false, "warning")] {
        let found: Vec<String> = problems(readings, errors).map(|one| format!("{}\n", placed(one))).collect();
        if !found.is_empty() {
            said.push_str(&format!("{}\n\n{}\n", counted(found.len(), title), found.join("\n")));
        }
    }
    let verdicts = [Verdict::Ready, Verdict::Mapping, Verdict::Refused].map(|verdict| {
        let count = readings.iter().filter(|reading| reading.verdict() == verdict).count();
        (count > 0).then(|| format!("{count} {}", word(verdict)))
    });
    let verdicts: Vec<String> = verdicts.into_iter().flatten().collect();
    said + &format!("{}: {}\n", counted(readings.len(), "template"), verdicts.join(", "))
}

/// Every finding has a line and a column here, so that editors find it.
fn placed(problem: &Problem) -> Problem {
    Problem { line: problem.line.max(1), column: problem.column.max(1), ..problem.clone() }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "ready",
        Verdict::Mapping => "ready with mapping needed",
        Verdict::Refused => "refused",
    }
}

fn for_machines(readings: &[Reading]) -> String {
    let templates: Vec<Value> = readings.iter().map(template).collect();
    let (errors, warnings) = (count(readings, true), count(readings, false));
    format!("{:#}\n", json!({"templates": templates, "errors": errors, "warnings": warnings}))
}

fn template(reading: &Reading) -> Value {
    let verdict = match reading.verdict() {
        Verdict::Ready => "ready",
        Verdict::Mapping => "mapping",
        Verdict::Refused => "refused",
    };
    let findings: Vec<Value> = reading.problems.iter().map(finding).collect();
    json!({"file": reading.file, "name": reading.name, "verdict": verdict, "findings": findings})
}

fn finding(problem: &Problem) -> Value {
    let problem = placed(problem);
    let (code, why) = problem.rule.map_or(("", ""), |rule| (rule.code, rule.why));
    let severity = if level(&problem) == Level::Error { "error" } else { "warning" };
    let mapping = level(&problem) == Level::Mapping;
    json!({
        "file": problem.file, "line": problem.line, "column": problem.column, "code": code, "severity": severity,
        "mapping": mapping, "what": problem.what, "why": why, "fix": problem.fix, "source": problem.source,
    })
}
