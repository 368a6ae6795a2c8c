//! What is wrong with a file that a person wrote: where, what, and the fix.

use std::fmt;

/// What a finding under a rule comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Wrong anywhere.
    Error,
    /// Works where the file comes from, and not here: an error once it is installed.
    Mapping,
    /// Works, and will surprise somebody.
    Warning,
}

/// A rule with a code that stays the same, so that a person or a machine can look it up.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    pub code: &'static str,
    pub level: Level,
    /// What it finds, to stand in a table.
    pub about: &'static str,
    /// What happens to who does not mend it, as a clause; empty when the finding says it.
    pub why: &'static str,
}

/// One finding in a config, spec, template or survey file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The path as the operator knows it.
    pub file: String,
    /// From 1; 0 when the finding is about the whole file.
    pub line: usize,
    /// From 1; 0 when only the line is known.
    pub column: usize,
    /// What is wrong and why, without a full stop.
    pub what: String,
    /// What to write instead; empty when `what` says it.
    pub fix: String,
    /// The line itself, for showing; empty when unknown.
    pub source: String,
    /// The rule that it breaks, where rules have codes.
    pub rule: Option<&'static Rule>,
}

impl Problem {
    /// A finding at a byte offset of `text`.
    pub fn at_offset(file: &str, text: &str, offset: usize, what: impl Into<String>, fix: &str) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self::at_line(file, text, line, column, what, fix)
    }

    /// A finding at a line and column, both from 1.
    pub fn at_line(
        file: &str,
        text: &str,
        line: usize,
        column: usize,
        what: impl Into<String>,
        fix: &str,
    ) -> Self {
        let source = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned();
        Problem { file: file.into(), line, column, what: what.into(), fix: fix.into(), source, rule: None }
    }

    /// A finding at the first line that sets the TOML key `key`, or begins the table
    /// `[key]`; the first line when none does.
    pub fn at_key(file: &str, text: &str, key: &str, what: impl Into<String>, fix: &str) -> Self {
        let sets = |line: &str| {
            let rest = line.trim_start().strip_prefix(key);
            rest.is_some_and(|rest| key.starts_with('[') || rest.trim_start().starts_with('='))
        };
        let line = text.lines().position(sets).map_or(1, |index| index + 1);
        Self::at_line(file, text, line, 0, what, fix)
    }

    /// A finding about the whole file.
    pub fn whole(file: &str, what: impl Into<String>, fix: &str) -> Self {
        Problem {
            file: file.into(),
            line: 0,
            column: 0,
            what: what.into(),
            fix: fix.into(),
            source: String::new(),
            rule: None,
        }
    }

    /// The same under a rule.
    pub fn under(self, rule: &'static Rule) -> Self {
        Problem { rule: Some(rule), ..self }
    }

    /// What is wrong and why that matters.
    pub fn sentence(&self) -> String {
        match self.rule.map_or("", |rule| rule.why) {
            "" => self.what.clone(),
            why => format!("{}; {why}", self.what),
        }
    }
}

/// `file:line:column: CODE what`, the line with a caret below it, then the fix.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}: ", self.file)?,
            (line, 0) => write!(f, "{}:{line}: ", self.file)?,
            (line, column) => write!(f, "{}:{line}:{column}: ", self.file)?,
        }
        if let Some(rule) = self.rule {
            write!(f, "{} ", rule.code)?;
        }
        write!(f, "{}", self.sentence())?;
        if !self.source.trim().is_empty() {
            write!(f, "\n    {}", self.source)?;
            if self.column > 0 {
                write!(f, "\n    {}^", " ".repeat(self.column - 1))?;
            }
        }
        if !self.fix.is_empty() {
            write!(f, "\n    fix: {}", self.fix)?;
        }
        Ok(())
    }
}

/// Reads a TOML file into its type; unknown keys and wrong types are found with their place.
pub fn parse_toml<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, Problem> {
    toml::from_str(text).map_err(|error| {
        let what = error.message().trim().replace('\n', "; ");
        match error.span() {
            Some(span) => Problem::at_offset(file, text, span.start, what, ""),
            None => Problem::whole(file, what, ""),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only its type is tested")]
        port: u16,
    }

    #[test]
    fn a_wrong_value_is_shown_with_its_line_and_a_caret() {
        let problem = parse_toml::<Sample>("a.toml", "# first\nport = \"x\"\n").unwrap_err();
        assert_eq!(
            problem.to_string(),
            "a.toml:2:8: invalid type: string \"x\", expected u16\n    port = \"x\"\n           ^"
        );
    }

    #[test]
    fn an_unknown_key_is_found() {
        let problem = parse_toml::<Sample>("a.toml", "port = 1\nprot = 2\n").unwrap_err();
        assert_eq!((problem.line, problem.column), (2, 1));
        assert!(problem.what.contains("unknown field `prot`"));
    }
}
