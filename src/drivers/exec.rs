//! `exec:run`: one program with its arguments, in the workspace.
//!
//! Input: `command` (a list: program, then arguments; there is no shell),
//! `cwd` inside the workspace, `env` (names and values; secrets belong here,
//! because the command itself is shown to people), `timeout` (`90s`, `5m`).
//! Outputs: `exitCode` and the end of `stdout`.
//!
//! Why not leave background programs running? Nothing would know them, so
//! nothing would ever end them; what has to go on is `site:serve`'s work.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::launch::{self, Exit, Launch, Unrun};
use super::paths::{folder_inside, shown};
use super::process::Identity;
use super::trace::{Trace, TraceFile};
use super::{Driver, Observed, Outcome, Plan, Resource};

/// How much of a program's output is handed to later steps.
const KEPT_OUTPUT: usize = 4 * 1024;

/// What the driver may know of the installation.
#[derive(Debug, Clone)]
pub struct ExecSettings {
    /// What every program finds in its environment: `PATH`, `HOME`, `LANG`,
    /// `TMPDIR` and the like, and never a secret of the bot.
    pub env: Vec<(String, String)>,
    /// The time limit of a step that names none.
    pub default_limit: Duration,
    /// The longest limit that a step may name.
    pub max_limit: Duration,
    /// How many bytes one program may add to the log.
    pub log_bytes: usize,
}

impl ExecSettings {
    /// The usual limits with this environment.
    pub fn new(env: Vec<(String, String)>) -> Self {
        ExecSettings {
            env,
            default_limit: Duration::from_secs(5 * 60),
            max_limit: Duration::from_secs(30 * 60),
            log_bytes: 1024 * 1024,
        }
    }
}

/// Runs programs.
pub struct ExecDriver {
    settings: ExecSettings,
}

impl ExecDriver {
    pub fn new(settings: ExecSettings) -> Self {
        ExecDriver { settings }
    }
}

#[derive(Deserialize)]
struct Input {
    command: Vec<String>,
    #[serde(default)]
    cwd: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, Value>,
    #[serde(default)]
    timeout: Option<Value>,
}

#[async_trait]
impl Driver for ExecDriver {
    fn name(&self) -> &'static str {
        "exec"
    }

    fn actions(&self) -> &'static [&'static str] {
        &["exec:run"]
    }

    async fn apply(&self, plan: &Plan) -> anyhow::Result<Outcome> {
        match self.run(plan).await {
            Ok(outputs) => Ok(Outcome::Ready { outputs, resources: Vec::new() }),
            Err(Stop::Refused(reason)) => Ok(Outcome::Refused { reason }),
            Err(Stop::Unclear(reason)) => Ok(Outcome::Unclear { reason }),
            Err(Stop::Fault(error)) => Err(error),
        }
    }

    /// A program that ran leaves nothing that we know of.
    async fn observe(&self, _: &Resource) -> anyhow::Result<Observed> {
        Ok(Observed::Absent)
    }

    async fn destroy(&self, _: &Resource) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Why there are no outputs.
enum Stop {
    Refused(String),
    Unclear(String),
    Fault(anyhow::Error),
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Stop::Refused(reason)
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Stop::Fault(error)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Stop::Fault(error.into())
    }
}

impl ExecDriver {
    async fn run(&self, plan: &Plan) -> Result<Value, Stop> {
        let input: Input = serde_json::from_value(plan.input.clone())
            .map_err(|error| format!("the input of `exec:run` cannot be used: {error}"))?;
        let name = shown(&input.command.join(" "));
        let file = TraceFile::of(plan)?;
        let trace = if plan.resumed { file.at_rest().await? } else { None };
        if plan.stop.is_cancelled() {
            return Err(Stop::Refused(ended(&name)));
        }
        match trace {
            Some(Trace::Ended { code, stdout }) => outputs(&name, code, &stdout),
            Some(Trace::Begun | Trace::Runs(_)) if !plan.idempotent => {
                let told = format!("`{name}` was cut off by a restart, and nobody saw whether it was done");
                Err(Stop::Unclear(told))
            }
            _ => self.launch(plan, &input, &file).await,
        }
    }

    /// Runs the program, with a trace that a crash cannot take away.
    async fn launch(&self, plan: &Plan, input: &Input, file: &TraceFile) -> Result<Value, Stop> {
        let name = shown(&input.command.join(" "));
        if input.command.first().is_none_or(String::is_empty) {
            return Err(Stop::Refused("`exec:run` needs a `command`: a program and its arguments".into()));
        }
        let untraced = |error| tracing::warn!(%error, "a program runs without a trace");
        let started = |program: &Identity| {
            file.write(&Trace::Runs(program.clone())).unwrap_or_else(untraced);
        };
        let launch = Launch {
            argv: &input.command,
            cwd: &folder_inside(&plan.workspace, input.cwd.as_deref().unwrap_or("."))?,
            env: &self.environment(&input.env)?,
            limit: self.limit(input.timeout.as_ref())?,
            log: Some((&plan.log, self.settings.log_bytes)),
            keep: KEPT_OUTPUT,
            started: Some(&started),
        };
        file.write(&Trace::Begun)?;
        let ran = tokio::select! {
            ran = launch::run(&launch) => ran,
            // The program and its group are killed with the work that is let go here.
            () = plan.stop.cancelled() => {
                file.at_rest().await?;
                return Err(Stop::Refused(ended(&name)));
            }
        };
        let end = match ran {
            Ok(end) => end,
            Err(unrun) => {
                file.remove()?;
                return Err(unrun_stop(&input.command[0], unrun));
            }
        };
        match end.exit {
            Exit::Code(code) => {
                file.write(&Trace::Ended { code, stdout: end.stdout.clone() })?;
                outputs(&name, code, &end.stdout)
            }
            Exit::Signal(signal) => Err(format!("`{name}` was ended by signal {signal}").into()),
            Exit::OutOfTime => {
                Err(format!("`{name}` was ended at its time limit of {}", span(launch.limit)).into())
            }
        }
    }

    fn environment(&self, given: &BTreeMap<String, Value>) -> Result<Vec<(String, String)>, String> {
        let mut env = self.settings.env.clone();
        for (key, value) in given {
            if key.is_empty() || key.contains(['=', '\0']) {
                return Err(format!("`{}` is no name of an environment variable", shown(key)));
            }
            let value = match value {
                Value::String(text) if !text.contains('\0') => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => return Err(format!("the value of `{}` in `env` is no text", shown(key))),
            };
            env.push((key.clone(), value));
        }
        Ok(env)
    }

    fn limit(&self, given: Option<&Value>) -> Result<Duration, String> {
        let Some(given) = given.filter(|given| !given.is_null()) else {
            return Ok(self.settings.default_limit);
        };
        let parsed = match given {
            Value::String(text) => parse_span(text),
            Value::Number(seconds) => seconds.as_u64().map(Duration::from_secs),
            _ => None,
        };
        let max = self.settings.max_limit;
        match parsed {
            Some(limit) if limit <= max && !limit.is_zero() => Ok(limit),
            _ => Err(format!("`timeout` is to be a time like `90s` or `5m`, at most {}", span(max))),
        }
    }
}

fn outputs(name: &str, code: i32, stdout: &str) -> Result<Value, Stop> {
    match code {
        0 => Ok(json!({ "exitCode": 0, "stdout": stdout })),
        code => Err(format!("`{name}` ended with exit code {code}").into()),
    }
}

fn ended(name: &str) -> String {
    format!("`{name}` was ended, since it was not wanted any more")
}

fn unrun_stop(program: &str, unrun: Unrun) -> Stop {
    let program = shown(program);
    match unrun {
        Unrun::Missing => Stop::Refused(format!(
            "`{program}` is not on the machine of the bot (or not in its PATH); an admin can install it"
        )),
        Unrun::NotAllowed => Stop::Refused(format!("`{program}` may not be run: it is not executable")),
        Unrun::Fault(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
            Stop::Refused(format!("`{program}` cannot be run with these arguments: {error}"))
        }
        Unrun::Fault(error) => Stop::Fault(anyhow::Error::new(error).context("cannot run a program")),
    }
}

/// `1h30m`, `5m`, `90s`.
fn parse_span(text: &str) -> Option<Duration> {
    let (mut seconds, mut digits) = (0_u64, String::new());
    for c in text.trim().chars() {
        let unit = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return None,
        };
        seconds = seconds.checked_add(digits.parse::<u64>().ok()?.checked_mul(unit)?)?;
        digits.clear();
    }
    digits.is_empty().then(|| Duration::from_secs(seconds))
}

fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds >= 60 && seconds.is_multiple_of(60) {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_nonsense_is_not() {
        assert_eq!(parse_span("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse_span("90s"), Some(Duration::from_secs(90)));
        for wrong in ["5", "m", "-1m", "1d", "99999999999999999999h", "18446744073709551615h"] {
            assert_eq!(parse_span(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_limit_is_the_default_or_within_the_longest() {
        let driver = ExecDriver::new(ExecSettings::new(Vec::new()));
        assert_eq!(driver.limit(None), Ok(Duration::from_secs(300)));
        assert_eq!(driver.limit(Some(&json!("30m"))), Ok(Duration::from_secs(1800)));
        for wrong in [json!("31m"), json!("0s"), json!([1]), json!("soon")] {
            assert!(driver.limit(Some(&wrong)).unwrap_err().ends_with("at most 30 min"));
        }
    }
}
