//! The log of a run: programs append to it up to a bound, people see its end.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use tokio::io::AsyncWriteExt as _;

/// How much of a log's end is read for an excerpt.
const TAIL_BYTES: u64 = 64 * 1024;

/// The longest line of an excerpt, in characters.
const LINE_CHARS: usize = 300;

/// The last lines of a log, fit for chat: no colours, no control characters, bounded.
/// Empty when there is no log.
pub fn excerpt(log: &Path, lines: usize) -> String {
    let text = last_bytes(log).unwrap_or_default();
    let all: Vec<String> = text.lines().map(plain_line).filter(|line| !line.is_empty()).collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn last_bytes(log: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(log)?;
    let start = file.metadata()?.len().saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// One line without escapes; of a progress bar only what it showed last.
fn plain_line(line: &str) -> String {
    let clean = without_escapes(line.trim_end_matches('\r'));
    let last = clean.rsplit('\r').next().unwrap_or_default();
    let plain: String =
        last.chars().filter(|c| *c == '\t' || !(c.is_control() || is_direction(*c))).collect();
    let plain = plain.trim_end();
    match plain.char_indices().nth(LINE_CHARS) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain.to_owned(),
    }
}

/// Marks that turn the reading direction make a line read as what it is not.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Takes out `ESC [ … letter`, `ESC ] … BEL` and two-character escapes.
fn without_escapes(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
            Some(']' | 'P' | '_' | '^') => {
                // Ends with BEL or with ESC \.
                while let Some(c) = chars.next() {
                    if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    out
}

/// Appends to a log until its share is used up, then says so once.
pub(super) struct CappedLog {
    file: Option<tokio::fs::File>,
    left: usize,
}

impl CappedLog {
    /// A log that takes `cap` more bytes; one that cannot be opened takes none.
    pub async fn open(path: &Path, cap: usize) -> Self {
        let opened = tokio::fs::OpenOptions::new().create(true).append(true).open(path).await;
        let file = opened.inspect_err(|error| tracing::warn!(%error, "cannot open the log of a run")).ok();
        CappedLog { file, left: cap }
    }

    /// Appends what still fits.
    pub async fn append(&mut self, bytes: &[u8]) {
        let Some(file) = &mut self.file else { return };
        let fits = bytes.len().min(self.left);
        let mut written = file.write_all(&bytes[..fits]).await;
        if fits < bytes.len() {
            written = written.and(file.write_all(b"\n(the output is cut here: it is too long)\n").await);
        }
        let written = written.and(file.flush().await);
        self.left -= fits;
        // A full disk must not stop the program whose output this is.
        if let Err(error) = &written {
            tracing::warn!(%error, "cannot write the log of a run");
        }
        if fits < bytes.len() || written.is_err() {
            self.file = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_plain_text_of_the_last_lines() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let text = "old\n\x1b[1;31mred\x1b[0m\x07\n\n 10%\r 99%\r\n\x1b]0;title\x07done\u{202e}\n";
        std::fs::write(log.path(), text).unwrap();
        assert_eq!(excerpt(log.path(), 3), "red\n 99%\ndone");
        assert_eq!(excerpt(Path::new("/nowhere/x"), 3), "");
    }

    #[test]
    fn an_excerpt_is_bounded() {
        let log = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(log.path(), "é".repeat(200_000)).unwrap();
        assert_eq!(excerpt(log.path(), 9).chars().count(), LINE_CHARS + 1);
    }

    #[tokio::test]
    async fn a_log_is_cut_once_at_its_share() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut capped = CappedLog::open(log.path(), 5).await;
        for part in ["abc", "def", "ghi"] {
            capped.append(part.as_bytes()).await;
        }
        let text = std::fs::read_to_string(log.path()).unwrap();
        assert_eq!(text, "abcde\n(the output is cut here: it is too long)\n");
    }
}
