//! The one error type: what a person is told, and what only the log is told.

/// Why something was not done.
///
/// Every variant but [`Error::Internal`] carries a sentence for people: what
/// happened, why, and what to type now. Words between backticks are shown as
/// code. `Internal` is shown as "something went wrong" with a reference and is
/// logged once, at the boundary (`commands::dispatch` or the job worker).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input cannot be used as it is.
    #[error("{0}")]
    Invalid(String),
    /// Fields of a form that cannot be used: (field name, sentence).
    #[error("{}", .0.iter().map(|(field, why)| format!("{field}: {why}")).collect::<Vec<_>>().join("; "))]
    Fields(Vec<(String, String)>),
    /// What was named does not exist, or not for this person.
    #[error("{0}")]
    NotFound(String),
    /// The person may not do this; the sentence names who can.
    #[error("{0}")]
    Denied(String),
    /// It was possible before something else happened.
    #[error("{0}")]
    Conflict(String),
    /// Something this needs does not answer just now.
    #[error("{0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("internal: {0:#}")]
    Internal(#[source] anyhow::Error),
}

/// The result of nearly everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A fault of ours, described for the log.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Error::Internal(anyhow::anyhow!("{what}"))
    }

    /// The sentence for people; `None` for a fault of ours.
    pub fn sentence(&self) -> Option<String> {
        match self {
            Error::Internal(_) => None,
            other => Some(other.to_string()),
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Error::Internal(error)
    }
}

/// A database that does not answer or cannot be written is said so plainly; all
/// else it reports is a fault of ours. SQLite's codes: 8 read-only, 10 input or
/// output, 13 full, 14 cannot open; extended codes carry them in the low byte.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
        // PostgreSQL's codes have five characters, SQLite's fewer.
        let sqlite = code.filter(|code| code.len() < 5).and_then(|code| code.parse::<u32>().ok());
        let sqlite = sqlite.map(|code| code & 0xff);
        let gone = matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed);
        if gone || matches!(sqlite, Some(8 | 10 | 13 | 14)) {
            tracing::warn!(%error, "the database does not take this");
            let sentence =
                "The database cannot be used just now. Nothing was changed; try again in a minute.";
            return Error::Unavailable(sentence.into());
        }
        Error::Internal(anyhow::Error::new(error).context("database"))
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::Internal(anyhow::Error::new(error).context("JSON"))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error::Internal(anyhow::Error::new(error).context("input or output"))
    }
}
