//! The one error type: what a person is told, and what only the log is told.

use crate::db::Away;

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
    /// The database cannot be used just now, which is no fault of ours.
    #[error("{0}")]
    Away(#[source] Away),
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
