//! What a message shows beside its words: pictures and small files. Pure.
//!
//! A message in the database names the bytes by their digest; they are kept once, by
//! [`super::files`]. One that was just made carries them too, so that whoever makes a message
//! needs no database.

use std::fmt;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::chat::message::{Block, Text, code};
use crate::text;

/// The kind of every picture.
pub const PNG: &str = "image/png";
/// How much of a file stands in a message where it cannot be sent as one.
const EXCERPT_LINES: usize = 20;
/// See [`EXCERPT_LINES`]; in characters.
const EXCERPT: usize = 1_500;

/// Bytes, known by their SHA-256 in hex. Two of one digest are equal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Blob {
    digest: String,
    /// There until the message was stored.
    bytes: Option<Arc<[u8]>>,
    /// What the platform calls it that the message goes to.
    reference: Option<String>,
}

impl Blob {
    /// Of these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        let digest = HEXLOWER.encode(&Sha256::digest(&bytes));
        Blob { digest, bytes: Some(bytes.into()), reference: None }
    }

    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The bytes, unless the message was read from the database.
    pub fn bytes(&self) -> Option<Arc<[u8]>> {
        self.bytes.clone()
    }

    /// The same with its bytes.
    #[must_use]
    pub fn with(&self, bytes: Arc<[u8]>) -> Self {
        Blob { bytes: Some(bytes), ..self.clone() }
    }

    /// What the platform calls it, where it has it.
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// Says what the platform calls it.
    pub fn refer(&mut self, reference: String) {
        self.reference = Some(reference);
    }
}

impl From<String> for Blob {
    fn from(digest: String) -> Self {
        Blob { digest, bytes: None, reference: None }
    }
}

impl From<Blob> for String {
    fn from(blob: Blob) -> Self {
        blob.digest
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Blob {}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({})", self.digest)
    }
}

/// A picture, once for a light and once for a dark background; both of the same size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Of the file, without its ending: `satisfaction`.
    pub name: String,
    /// What it shows, with the numbers: for whoever does not see it.
    pub alt: String,
    pub light: Blob,
    pub dark: Blob,
    /// In pixels; 0 where the bytes are no PNG.
    pub width: u32,
    /// See `width`.
    pub height: u32,
}

impl Picture {
    /// Of the bytes of two PNGs.
    pub fn new(name: impl Into<String>, alt: impl Into<String>, light: Vec<u8>, dark: Vec<u8>) -> Self {
        let (width, height) = size_of(&light).unwrap_or_default();
        Picture {
            name: name.into(),
            alt: alt.into(),
            light: Blob::new(light),
            dark: Blob::new(dark),
            width,
            height,
        }
    }

    /// What stands there instead where it cannot be shown.
    pub fn in_words(&self) -> Block {
        Block::Context { text: Text(vec![self.alt.as_str().into()]) }
    }
}

/// Width and height as a PNG's first chunk tells them.
fn size_of(png: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?));
    png.starts_with(b"\x89PNG\r\n\x1a\n").then_some(())?;
    Some((number(16)?, number(20)?))
}

/// A small file of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// With its ending, which says of what kind it is: `answers.csv`.
    pub name: String,
    pub content: Blob,
    /// How it begins.
    pub excerpt: String,
    pub lines: usize,
    /// In bytes.
    pub size: usize,
}

impl File {
    /// A file of this text.
    pub fn new(name: impl Into<String>, text: String) -> Self {
        let beginning: String =
            text.lines().take(EXCERPT_LINES).collect::<Vec<_>>().join("\n").chars().take(EXCERPT).collect();
        File {
            name: name.into(),
            excerpt: beginning,
            lines: text.lines().count(),
            size: text.len(),
            content: Blob::new(text.into_bytes()),
        }
    }

    /// Its kind for the web.
    pub fn media(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("csv") => "text/csv",
            Some("json") => "application/json",
            _ => "text/plain",
        }
    }

    /// What stands there instead where it cannot be sent: how it begins.
    pub fn in_words(&self) -> Vec<Block> {
        let shown = self.excerpt.lines().count();
        let more = match self.lines.saturating_sub(shown) {
            0 => text![code(&self.name)],
            more => text![code(&self.name), format!(": the first {shown} lines; {more} more are not shown.")],
        };
        vec![Block::Log { text: self.excerpt.clone() }, Block::Context { text: more }]
    }
}

/// A file as it is given to a platform that has to have it before a message can show it.
#[derive(Debug, Clone)]
pub struct Upload {
    /// With its ending.
    pub name: String,
    /// What it shows; empty for a file of text.
    pub alt: String,
    pub media: &'static str,
    pub blob: Blob,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_one_is_its_digest_and_equal_to_the_one_with_bytes() {
        let blob = Blob::new(b"abc".to_vec());
        let stored = serde_json::to_string(&blob).unwrap();
        assert_eq!(stored, "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
        let read: Blob = serde_json::from_str(&stored).unwrap();
        assert_eq!((read.bytes(), &read), (None, &blob));
    }

    #[test]
    fn a_picture_knows_its_size_from_its_bytes() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 6, 64, 0, 0, 3, 32]);
        let picture = Picture::new("trend", "Flat.", png, vec![]);
        assert_eq!((picture.width, picture.height), (1_600, 800));
        assert_eq!(Picture::new("trend", "Flat.", b"GIF".to_vec(), vec![]).width, 0);
    }

    #[test]
    fn a_file_in_words_says_how_much_is_missing() {
        let rows: String = (0..50).map(|n| format!("{n},x\n")).collect();
        let file = File::new("rows.csv", rows);
        assert_eq!((file.media(), file.lines, file.size), ("text/csv", 50, 240));
        let Block::Context { text } = &file.in_words()[1] else { panic!("no small print") };
        assert_eq!(text.plain(), "rows.csv: the first 20 lines; 30 more are not shown.");
        let short = File::new("one.json", "{}".into()).in_words();
        assert_eq!(short[1], Block::Context { text: text![code("one.json")] });
    }
}
