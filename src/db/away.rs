//! A database that does not answer, or takes no change: told apart from faults of ours, in one place.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::error::Error;

/// Why the database cannot be used just now; shown as a sentence for people.
#[derive(Debug)]
pub struct Away {
    reason: Reason,
    cause: sqlx::Error,
    /// It went while a unit was being committed, so that nobody knows whether it is on disk.
    unclear: bool,
}

/// What there is to say of it, apart from what only the log is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Full,
    ReadOnly,
    Broken,
    /// Written, but perhaps not to the disk.
    Unsynced,
    Held,
    Gone,
}

impl Reason {
    /// `None` for what is a fault of ours.
    fn of(error: &sqlx::Error) -> Option<Reason> {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Some(Reason::Gone),
            // PostgreSQL's codes have five characters, SQLite's fewer.
            sqlx::Error::Database(error) => match error.code()?.as_ref() {
                code if code.len() == 5 => Reason::of_postgres(code),
                code => Reason::of_sqlite(code.parse().ok()?),
            },
            _ => None,
        }
    }

    fn of_sqlite(code: u32) -> Option<Reason> {
        if code == 1034 {
            return Some(Reason::Unsynced);
        }
        // Extended codes carry the plain ones in the low byte.
        match code & 0xff {
            // Nobody of ours: there is one writer in one process.
            5 => Some(Reason::Held),
            8 => Some(Reason::ReadOnly),
            // Input or output; the file cannot be opened.
            10 | 14 => Some(Reason::Broken),
            13 => Some(Reason::Full),
            _ => None,
        }
    }

    fn of_postgres(code: &str) -> Option<Reason> {
        match code {
            "53100" => Some(Reason::Full),
            "25006" => Some(Reason::ReadOnly),
            // Input or output.
            "58030" => Some(Reason::Unsynced),
            // Shutting down or starting; no connection; out of memory, connections and the like.
            _ if ["57P", "08", "53"].iter().any(|class| code.starts_with(class)) => Some(Reason::Gone),
            _ => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Reason::Full => "its disk is full",
            Reason::ReadOnly => "it takes no changes",
            Reason::Broken | Reason::Unsynced => "its disk cannot be read or written",
            Reason::Held => "another program holds it",
            Reason::Gone => "it does not answer",
        }
    }
}

impl Away {
    /// For `/readyz` and the log, `its disk is full`.
    pub fn reason(&self) -> &'static str {
        self.reason.words()
    }

    /// The same, for a unit that was just being committed. A full disk or one that cannot be written
    /// has refused it; a connection that broke may have done so after the commit.
    pub(super) fn while_committing(mut self) -> Away {
        self.unclear = matches!(self.reason, Reason::Gone | Reason::Unsynced);
        self
    }
}

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = self.reason();
        if self.unclear {
            write!(
                f,
                "The database went away while this was being saved: {why}. It may or may not have been done; \
                 look in a minute, before trying again."
            )
        } else {
            write!(
                f,
                "The database cannot be used just now: {why}. Nothing was changed; try again in a minute."
            )
        }
    }
}

impl std::error::Error for Away {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        match Reason::of(&cause) {
            Some(reason) => Error::Away(Away { reason, cause, unclear: false }),
            None => Error::Internal(anyhow::Error::new(cause).context("database")),
        }
    }
}

/// Whether changes are taken; each turn is logged once, however many units meet it.
#[derive(Default)]
pub(super) struct Standing(Mutex<Option<&'static str>>);

impl Standing {
    pub(super) fn away(&self) -> Option<&'static str> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn took_a_change(&self) {
        if self.turns(None) {
            tracing::info!("the database takes changes again");
        }
    }

    pub(super) fn refused(&self, away: &Away) {
        if self.turns(Some(away.reason())) {
            tracing::warn!(reason = away.reason(), cause = %away.cause, "the database takes no changes");
        }
    }

    fn turns(&self, away: Option<&'static str>) -> bool {
        let mut before = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *before, away).is_some() != away.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_an_outage_are_told_from_those_of_a_fault() {
        let postgres = [
            ("57P01", "shut down"),
            ("57P03", "starting"),
            ("08006", "connection failure"),
            ("53300", "too many connections"),
        ];
        for (code, meaning) in postgres {
            assert_eq!(Reason::of_postgres(code), Some(Reason::Gone), "{meaning}");
        }
        assert_eq!(Reason::of_postgres("53100"), Some(Reason::Full));
        assert_eq!(Reason::of_postgres("25006"), Some(Reason::ReadOnly));
        for fault in ["23505", "42P01", "40001", "57014"] {
            assert_eq!(Reason::of_postgres(fault), None, "{fault}");
        }
        let sqlite =
            [(13, Reason::Full), (8, Reason::ReadOnly), (776, Reason::ReadOnly), (778, Reason::Broken)];
        for (code, reason) in sqlite.into_iter().chain([(14, Reason::Broken), (5, Reason::Held)]) {
            assert_eq!(Reason::of_sqlite(code), Some(reason), "{code}");
        }
        assert_eq!(Reason::of_sqlite(787), None, "a foreign key");
    }

    #[test]
    fn only_a_commit_that_may_have_arrived_is_unclear() {
        let gone = || Away { reason: Reason::Gone, cause: sqlx::Error::PoolTimedOut, unclear: false };
        assert!(gone().to_string().contains("Nothing was changed"));
        assert!(gone().while_committing().to_string().contains("may or may not have been done"));
        let full = Away { reason: Reason::Full, ..gone() };
        assert!(full.while_committing().to_string().contains("Nothing was changed"));
    }
}
