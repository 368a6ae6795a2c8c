//! `goldenpath backup`: the database in one file, while the bot runs, and what else to keep.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use url::Url;

use super::{Failure, Outcome, attach, block_on, print};
use crate::clock::Timestamp;
use crate::config::{self, Config};
use crate::error::{Error, Result};

/// What lies beside the database in the data folder and is not in the copy.
const FOLDERS: [&str; 2] = ["repositories", "environments"];

pub(super) fn run(file: &Path) -> Outcome {
    let config = Config::load(&config::environment())?;
    if let Some(command) = pg_dump(&config.database_url(), file) {
        return Err(Failure::Said(format!(
            "nothing was written, because PostgreSQL has its own program for this. Run it; it asks for the password, \
             or finds it in ~/.pgpass:\n\n    {command}\n\n{}",
            besides(&config)
        )));
    }
    let (size, at) = block_on(sqlite(&config, file))?;
    print(&format!(
        "{}: {}, the database as of {}.\n{}",
        file.display(),
        readable(size),
        at.utc().format("%Y-%m-%d %H:%M:%S UTC"),
        besides(&config)
    ))
}

/// Copies into a file of another name first, so that a copy that was cut off never looks whole.
async fn sqlite(config: &Config, file: &Path) -> Result<(u64, Timestamp)> {
    let db = attach(config).await?;
    let file = std::path::absolute(file)?;
    let part = beside(&file);
    std::fs::File::options().write(true).create_new(true).mode(0o600).open(&part).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                "another backup is being written, or was cut off: remove it".into()
            }
            _ => error.to_string(),
        };
        Error::Unavailable(format!("{} cannot be made: {why}", part.display()))
    })?;
    let at = db.now();
    let copied = match db.copy_to(&part).await {
        Ok(()) => settle(&part, &file),
        Err(error) => Err(error),
    };
    db.close().await;
    match copied {
        Ok(size) => Ok((size, at)),
        Err(error) => {
            std::fs::remove_file(&part)?;
            Err(error)
        }
    }
}

/// On disk, then under its name; its size. Nobody else makes this file while we hold the other name.
fn settle(part: &Path, file: &Path) -> Result<u64> {
    if file.exists() {
        let sentence =
            format!("{} exists already and is not overwritten; choose another name", file.display());
        return Err(Error::Conflict(sentence));
    }
    let copy = std::fs::File::open(part)?;
    copy.sync_all()?;
    std::fs::rename(part, file)?;
    if let Some(folder) = file.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(copy.metadata()?.len())
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// What a restored bot needs besides the database. The key is not put beside the copy, because
/// whoever holds both could work out who gave which answer.
fn besides(config: &Config) -> String {
    let (key, data) = (config.key_file(), config.data.display());
    let folders = FOLDERS.map(|name| format!("{data}/{name}")).join(" and ");
    format!(
        "Keep besides, in another place: the key file {}. Without it no bot starts on this database.\n\
         Not in it, to be copied after it: {folders}.\n",
        key.display()
    )
}

fn readable(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// The command that backs up a PostgreSQL database, without the password: it would stand in the list of processes.
fn pg_dump(url: &str, file: &Path) -> Option<String> {
    if !url.starts_with("postgres") {
        return None;
    }
    let shown = Url::parse(url).ok().and_then(|mut url| {
        url.set_password(None).ok()?;
        url.set_query(None);
        Some(url.to_string())
    });
    let database = shown.unwrap_or_else(|| "postgres://USER@HOST/NAME".into());
    let file = file.display().to_string();
    Some(format!("pg_dump --format=custom --file={} {}", quoted(&file), quoted(&database)))
}

/// As one word of a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_for_postgresql_holds_no_password_and_is_one_word_each() {
        let url = "postgres://ada:hunter2@db.example.com:5433/paths?password=hunter2";
        let command = pg_dump(url, Path::new("it's here")).unwrap();
        assert_eq!(
            command,
            "pg_dump --format=custom --file='it'\\''s here' 'postgres://ada@db.example.com:5433/paths'"
        );
        assert_eq!(pg_dump("sqlite:postgres", Path::new("x")), None);
        assert!(!pg_dump("postgres://ada:hunter2@[/x", Path::new("x")).unwrap().contains("hunter2"));
    }
}
