//! A neutral message as Discord's: pure. What does not fit is counted in a last small line, never
//! dropped silently.
//!
//! Words alone are the `content`, as a person would have written them. What has fields or pictures, or
//! is long, begins with its first paragraph as the `content`, which is what notifications show, and goes
//! on in embeds. Buttons and selects stand below all of it, so a label that occurs twice says what of.
//!
//! Why no "components v2"? They hold 4,000 characters in all, a third of this, and a message that has
//! them once may never have words and embeds again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::chat::attachment::Upload;
use crate::chat::discord::components::Rows;
use crate::chat::discord::limits;
use crate::chat::discord::sheets::Sheets;
use crate::chat::discord::table::Table;
use crate::chat::discord::text::{escape, fixed, paragraph, small};
use crate::chat::message::{Block, Message, Span, Text};
use crate::chat::words::{cut, filled, width};
use crate::text;

/// Room for the line that counts what is missing.
const NOTE: usize = 200;
/// What a program said, in an embed beside other things.
const LOG: usize = 3000;

/// The members `content`, `embeds`, `components`, `attachments` and `allowed_mentions`: whole, so that an
/// edit with them leaves nothing of before. The files that `attachments` names are [`files`].
pub fn message(message: &Message) -> Value {
    let files = files(message);
    let (rows, mut notes) = rows(message);
    let parts = parts(message, &files);
    let (content, embeds) = match plain(&parts, &notes) {
        Some(content) => (content, Vec::new()),
        None => sheets(parts, &mut notes),
    };
    let attachment = |(n, file): (usize, &Upload)| {
        let mut attachment = json!({ "id": n.to_string(), "filename": file.name });
        if !file.alt.is_empty() {
            attachment["description"] = cut(&file.alt, limits::ALT_TEXT).into();
        }
        attachment
    };
    let content = if embeds.is_empty() { filled(&content) } else { &content };
    json!({
        "content": content,
        "embeds": embeds,
        "components": rows,
        "attachments": files.iter().enumerate().map(attachment).collect::<Vec<_>>(),
        "allowed_mentions": { "parse": [] },
    })
}

/// The pictures and files that are at hand (with their bytes, or known to Discord), in the order of
/// `attachments` and under the names there. What is not at hand, or one too many, is told in words.
pub fn files(message: &Message) -> Vec<Upload> {
    let mut taken = BTreeSet::new();
    let at_hand = |upload: &Upload| upload.blob.bytes().is_some() || upload.blob.reference().is_some();
    let named = |upload: Upload| {
        let mut name = file_name(&upload.name);
        while !taken.insert(name.clone()) {
            name.insert(0, '_');
        }
        Upload { name, ..upload }
    };
    message.uploads().into_iter().filter(at_hand).take(limits::FILES).map(named).collect()
}

/// Letters that Discord leaves as they are, so that `attachment://` finds the file.
fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
    let name: String = name.chars().map(safe).collect();
    let skipped = name.chars().count().saturating_sub(80);
    name.chars().skip(skipped).collect()
}

/// A part of a message that has no buttons.
pub(super) enum Part {
    Words(Text),
    Small(Text),
    Log(String),
    Table(Table),
    Fields(Vec<(String, String)>),
    /// By the name of its file.
    Image(String),
    Break,
}

fn parts(message: &Message, files: &[Upload]) -> Vec<Part> {
    let mut left: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in files.iter().rev() {
        left.entry(file.blob.digest()).or_default().push(&file.name);
    }
    let mut all = Vec::new();
    for block in &message.blocks {
        match block {
            Block::Picture(picture) => match left.get_mut(picture.light.digest()).and_then(Vec::pop) {
                Some(name) => all.push(Part::Image(name.to_owned())),
                None => all.extend(part(&picture.in_words())),
            },
            // Discord shows the files themselves, below the words.
            Block::File(file) if left.get_mut(file.content.digest()).and_then(Vec::pop).is_some() => {}
            Block::File(file) => all.extend(file.in_words().iter().filter_map(part)),
            other => all.extend(part(other)),
        }
    }
    all
}

fn part(block: &Block) -> Option<Part> {
    match block {
        Block::Section { text } => says(text).then(|| Part::Words(text.clone())),
        Block::Context { text } => says(text).then(|| Part::Small(text.clone())),
        Block::Log { text } => (!text.trim().is_empty()).then(|| Part::Log(text.clone())),
        Block::Table { header, rows } => Table::new(header, rows).map(Part::Table),
        Block::Fields { fields } if fields.is_empty() => None,
        Block::Fields { fields } => Some(Part::Fields(fields.iter().map(field).collect())),
        Block::Divider => Some(Part::Break),
        Block::Actions { .. } | Block::Select { .. } | Block::Picture(_) | Block::File(_) => None,
    }
}

fn says(text: &Text) -> bool {
    !text.plain().trim().is_empty()
}

fn field((name, value): &(String, Text)) -> (String, String) {
    let name = paragraph(&text![name.trim()], limits::FIELD_NAME);
    (filled(&name).to_owned(), filled(&paragraph(value, limits::FIELD_VALUE)).to_owned())
}

/// Buttons and selects, and what there is to say of those that have no place.
fn rows(message: &Message) -> (Vec<Value>, Vec<String>) {
    let mut rows = Rows::new(message);
    let mut about = None;
    for block in &message.blocks {
        match block {
            Block::Section { text } => about = named(text),
            Block::Actions { buttons } => rows.buttons(buttons, about.as_deref()),
            Block::Select { placeholder, command, choices } => rows.select(placeholder, command, choices),
            _ => {}
        }
    }
    rows.done()
}

/// What a paragraph is about: the first that is named in it.
fn named(text: &Text) -> Option<String> {
    text.0.iter().find_map(|span| if let Span::Code { text } = span { Some(text.clone()) } else { None })
}

/// The message as words alone, where it has nothing else and they fit.
fn plain(parts: &[Part], notes: &[String]) -> Option<String> {
    let mut all = String::new();
    for part in parts {
        let (between, next) = match part {
            Part::Words(text) => ("\n\n", paragraph(text, limits::DESCRIPTION)),
            Part::Small(text) => ("\n", small(text, limits::DESCRIPTION)),
            Part::Log(text) => ("\n", fixed(text, limits::DESCRIPTION)),
            Part::Table(table) => ("\n", table.whole()),
            Part::Break => continue,
            Part::Fields(_) | Part::Image(_) => return None,
        };
        if !all.is_empty() {
            all.push_str(between);
        }
        all.push_str(&next);
    }
    if !notes.is_empty() {
        let between = if all.is_empty() { "" } else { "\n" };
        all.push_str(&format!("{between}-# {}", escape(&notes.join(" "))));
    }
    (width(&all) <= limits::CONTENT).then_some(all)
}

/// The first paragraph, and embeds of all the rest.
fn sheets(parts: Vec<Part>, notes: &mut Vec<String>) -> (String, Vec<Value>) {
    let mut parts = parts.into_iter().peekable();
    let first = parts.next_if(|part| matches!(part, Part::Words(_)));
    let content = match first {
        Some(Part::Words(text)) => paragraph(&text, limits::CONTENT),
        _ => String::new(),
    };
    let mut sheets = Sheets::new(limits::EMBED_TEXT - NOTE);
    let mut hidden = 0;
    for part in parts {
        let fits = match part {
            Part::Words(text) => sheets.words("\n\n", |room| paragraph(&text, room)),
            Part::Small(text) => sheets.words("\n", |room| small(&text, room)),
            Part::Log(text) => sheets.words("\n", |room| fixed(&text, room.min(LOG))),
            Part::Table(table) => sheets.words("\n", |room| table.within(room)),
            Part::Image(name) => sheets.image(&name),
            Part::Fields(fields) => {
                let mut missing =
                    |(name, value): &(String, String)| !sheets.field(name.clone(), value.clone());
                hidden += fields.iter().filter(|field| missing(field)).count();
                true
            }
            Part::Break => {
                sheets.part();
                true
            }
        };
        hidden += usize::from(!fits);
    }
    if hidden > 0 {
        let parts = counted(hidden, "more part of this message is", "more parts of this message are");
        notes.push(format!("{parts} not shown."));
    }
    (content, sheets.done(&notes.join(" ")))
}

/// `1 more part is`, `3 more parts are`.
pub(super) fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
