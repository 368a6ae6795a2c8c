//! `files.*`: an address to upload to, the bytes, the end of it; and who may then show the file.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use goldenpath::clock::Timestamp;
use serde_json::{Value, json};

use super::memory::{Answer, Memory, Refusal};
use super::request::{number, text};

/// The largest file that the fake takes.
const MOST: usize = 1_000_000;

/// A file on its way, or there.
#[derive(Debug, Clone, Default)]
pub struct Uploaded {
    pub name: String,
    pub alt: String,
    pub length: usize,
    pub bytes: Vec<u8>,
    /// Since when Slack has looked at it; only then a message may show it.
    pub ready: Option<Timestamp>,
}

pub fn begin(memory: &mut Memory, arguments: &Value, _: Timestamp) -> Answer {
    let length = number(arguments, "length").unwrap_or(0);
    let alt = text(arguments, "alt_txt");
    if length == 0 {
        return Err("missing_argument".into());
    }
    if length > MOST {
        return Err("file_upload_size_restricted".into());
    }
    if alt.chars().count() > 1000 {
        return Err("alt_txt_too_large".into());
    }
    let id = format!("F{:09}", memory.files.len() + 1);
    let (name, alt) = (text(arguments, "filename").to_owned(), alt.to_owned());
    memory.files.insert(id.clone(), Uploaded { name, alt, length, ..Uploaded::default() });
    Ok(json!({ "upload_url": format!("{}/upload/{id}", memory.base), "file_id": id }))
}

/// The bytes, as they are or as a form's part; the former alone is understood here.
pub fn receive(memory: &mut Memory, id: &str, body: &Bytes) -> (StatusCode, String) {
    match memory.files.get_mut(id) {
        Some(file) if file.bytes.is_empty() && file.length == body.len() => {
            file.bytes = body.to_vec();
            (StatusCode::OK, format!("OK - {}", body.len()))
        }
        Some(_) => (StatusCode::BAD_REQUEST, "the length differs".into()),
        None => (StatusCode::NOT_FOUND, "no such upload".into()),
    }
}

/// Ends uploads; shared with nobody, because no channel is named.
pub fn complete(memory: &mut Memory, arguments: &Value, now: Timestamp) -> Answer {
    let files = arguments["files"].as_array().cloned().unwrap_or_default();
    let mut told = Vec::new();
    for named in &files {
        let id = text(named, "id");
        let ready = now.plus(memory.faults.looking);
        let file = memory.files.get_mut(id).filter(|file| !file.bytes.is_empty()).ok_or("file_not_found")?;
        file.ready = Some(ready);
        let permalink = format!("https://t1.slack.example/files/UBOT/{id}/{}", file.name);
        told.push(json!({ "id": id, "title": named["title"], "permalink": permalink, "mimetype": "" }));
    }
    if told.is_empty() { Err("invalid_arguments".into()) } else { Ok(json!({ "files": told })) }
}

/// Refuses a message whose pictures Slack does not have, has not looked at, or that are none.
pub fn shown(memory: &Memory, body: &Value, now: Timestamp) -> Result<(), Refusal> {
    for (n, block) in body["blocks"].as_array().into_iter().flatten().enumerate() {
        let Some(id) = block["slack_file"]["id"].as_str() else { continue };
        let usable = |file: &super::memory::Uploaded| {
            file.bytes.starts_with(b"\x89PNG") && file.ready.is_some_and(|ready| ready <= now)
        };
        if !memory.files.get(id).is_some_and(usable) {
            let why = format!("invalid slack file [json-pointer:/blocks/{n}/slack_file]");
            return Err(Refusal::explained("invalid_blocks", &why));
        }
    }
    Ok(())
}

/// What one person alone sees, or a view, cannot show a file that is shared with nobody.
pub fn unshown(body: &Value) -> bool {
    body["blocks"].as_array().into_iter().flatten().all(|block| block["slack_file"].is_null())
}

impl super::FakeSlack {
    /// From now on Slack looks at each file for this long before a message may show it.
    pub fn set_looking(&self, span: Duration) {
        self.memory().faults.looking = span;
    }

    /// The files that Slack has, in the order in which they came.
    pub fn files(&self) -> Vec<Uploaded> {
        let memory = self.memory();
        memory.files.values().filter(|file| file.ready.is_some()).cloned().collect()
    }
}
