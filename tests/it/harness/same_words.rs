//! What is shown, in words that are the same on each platform: without styles, columns and places,
//! and of a picture what it shows.
//!
//! Words first, a line each, then what can be pressed or chosen: Discord keeps that below the words.
//! How each platform draws them is for the snapshots of its renderer.

use goldenpath::chat::message::Span;
use goldenpath::clock::Timestamp;
use serde_json::Value;

use super::reading;

/// Between the cells of a row, and between a field and its value.
const CELL: &str = " · ";

/// A message, answer or form of Slack.
pub fn of_slack(body: &Value) -> String {
    of_read(&unemphasised(&dates(&reading::read(body))))
}

/// The same of what [`reading::read`] or [`reading::read_neutral`] made of it.
pub fn of_read(read: &str) -> String {
    let read = read.replace("```", "");
    same(read.lines().map(|line| (line.starts_with(['[', '<']), line.to_owned())).collect())
}

/// Slack's dates, `<!date^SECONDS^FORMAT|WORDS>`, as their words.
fn dates(read: &str) -> String {
    let mut pieces = read.split("<!date^");
    let first = pieces.next().unwrap_or_default().to_owned();
    let rest = pieces.filter_map(|piece| piece.split_once('|')?.1.split_once('>'));
    rest.fold(first, |whole, (words, rest)| whole + words + rest)
}

/// The words of small print without `_` around what is emphasised.
fn unemphasised(read: &str) -> String {
    let part_of_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut before = None;
    let mut chars = read.chars().peekable();
    let mut all = String::new();
    while let Some(c) = chars.next() {
        let around = part_of_word(before) != part_of_word(chars.peek().copied());
        if c != '_' || !around {
            all.push(c);
        }
        before = Some(c);
    }
    all
}

/// A message or answer of Discord, from its `data`.
pub fn of_discord(data: &Value) -> String {
    let mut lines = vec![(false, said(&data["content"]))];
    for embed in list(&data["embeds"]) {
        lines.push((false, said(&embed["description"])));
        let field = |field: &Value| (false, [said(&field["name"]), said(&field["value"])].join(CELL));
        lines.extend(list(&embed["fields"]).iter().map(field));
        let image = embed["image"]["url"].as_str().and_then(|url| url.strip_prefix("attachment://"));
        let file = list(&data["attachments"]).iter().find(|file| file["filename"].as_str() == image);
        lines.extend(file.map(|file| (false, format!("(picture: {})", text(&file["description"])))));
        lines.push((false, text(&embed["footer"]["text"])));
    }
    for row in list(&data["components"]) {
        let parts = list(&row["components"]).iter().map(|part| match part["type"].as_u64() {
            Some(2) => format!("[{}]", text(&part["label"])),
            _ => format!("<{}>", text(&part["placeholder"])),
        });
        lines.push((true, parts.collect::<Vec<_>>().join(" ")));
    }
    reading::without_ports(&same(lines))
}

/// Words, and then what can be pressed (the lines that are marked).
fn same(blocks: Vec<(bool, String)>) -> String {
    let (pressed, words): (Vec<_>, Vec<_>) = blocks.into_iter().partition(|(pressed, _)| *pressed);
    let all = words.into_iter().chain(pressed).map(|(_, text)| text).collect::<Vec<_>>().join("\n");
    let lines = all.lines().map(|line| cells(&pictured(line).replace('`', "")));
    let lines = lines.filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// A picture by what it shows, which stands there in words where it cannot be shown.
fn pictured(line: &str) -> &str {
    line.strip_prefix("(picture: ").and_then(|line| line.strip_suffix(')')).unwrap_or(line)
}

/// A line whose cells stand apart in one way, however they did.
fn cells(line: &str) -> String {
    let parts = line.split(" | ").flat_map(|part| part.split("  ")).flat_map(|part| part.split(CELL));
    parts.map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(CELL)
}

/// Discord's markdown as it is read.
fn said(markdown: &Value) -> String {
    plain(markdown.as_str().unwrap_or_default())
}

fn plain(markdown: &str) -> String {
    let (mut all, mut rest) = (String::new(), markdown);
    while !rest.is_empty() {
        let begins = all.is_empty() || all.ends_with('\n');
        let (words, length) = match begins.then(|| rest.strip_prefix("-# ")).flatten() {
            Some(_) => (String::new(), 3),
            None => next(rest),
        };
        all.push_str(&words);
        rest = &rest[length..];
    }
    all
}

/// The next thing that is read, and how long it is written.
fn next(rest: &str) -> (String, usize) {
    let within = |start: &str, end: &str| {
        let inner = rest.strip_prefix(start)?;
        inner.find(end).map(|length| (&inner[..length], start.len() + length + end.len()))
    };
    if let Some((fixed, length)) = within("```\n", "\n```") {
        return (fixed.to_owned(), length);
    }
    if let Some((code, length)) = within("`", "`") {
        return (format!("`{code}`"), length);
    }
    if let Some((seconds, length)) = within("<t:", ":f>") {
        let at = Timestamp(seconds.parse::<i64>().unwrap() * 1000);
        return (Span::Time { at }.plain(), length);
    }
    if let Some((link, length)) = within("[", ">)") {
        return (plain(link.split("](<").next().unwrap_or_default()), length);
    }
    if let Some((url, length)) = within("<", ">") {
        return (url.to_owned(), length);
    }
    let escaped = usize::from(rest.starts_with('\\'));
    let said = rest[escaped..].chars().next().unwrap_or_default();
    let silent = escaped == 0 && matches!(said, '*' | '\u{200b}');
    (if silent { String::new() } else { said.to_string() }, escaped + said.len_utf8())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
