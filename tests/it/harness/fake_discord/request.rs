//! What a call brings: a token, a body as JSON or as a form with files.

use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use serde_json::Value;

use super::memory::{Filed, Refusal};

/// A call as it came.
#[derive(Debug, Default)]
pub struct Request {
    /// Behind `Bot `.
    pub token: Option<String>,
    pub body: Value,
    pub files: Vec<Filed>,
    pub query: Vec<(String, String)>,
}

impl Request {
    /// The names of the files, in their order.
    pub fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.name.clone()).collect()
    }
}

/// Reads a call.
pub fn read(headers: &HeaderMap, uri: &Uri, body: &Bytes) -> Result<Request, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !text("user-agent").starts_with("DiscordBot (") {
        return Err(Refusal::of(403, 40333, "internal network error"));
    }
    let token = text("authorization").strip_prefix("Bot ").map(str::to_owned);
    let query =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let mut request = Request { token, query, ..Request::default() };
    let kind = text("content-type");
    if body.is_empty() {
        return Ok(request);
    }
    if let Some(boundary) = kind.strip_prefix("multipart/form-data; boundary=") {
        for (name, file) in parts(body, boundary) {
            match name.strip_prefix("files[").and_then(|n| n.strip_suffix(']')) {
                Some(_) => request.files.push(file),
                None => request.body = json(&file.bytes)?,
            }
        }
    } else if kind.starts_with("application/json") {
        request.body = json(body)?;
    } else {
        return Err(Refusal::of(400, 50035, "Invalid Form Body"));
    }
    Ok(request)
}

fn json(bytes: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(bytes)
        .map_err(|_| Refusal::of(400, 50109, "The request body contains invalid JSON."))
}

/// The parts of a form: the name of each, and what it is.
fn parts(body: &[u8], boundary: &str) -> Vec<(String, Filed)> {
    let boundary = format!("--{}", boundary.trim_matches('"'));
    let mut starts = Vec::new();
    let mut from = 0;
    while let Some(at) = find(&body[from..], boundary.as_bytes()) {
        starts.push(from + at);
        from += at + boundary.len();
    }
    let part = |pair: &[usize]| {
        let part = &body[pair[0] + boundary.len() + 2..pair[1] - 2];
        let end = find(part, b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&part[..end]).into_owned();
        let quoted = |name: &str| {
            let (_, rest) = head.split_once(&format!("{name}=\""))?;
            Some(rest.split('"').next().unwrap_or_default().to_owned())
        };
        let media = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-type: ").map(str::to_owned));
        let (name, bytes) = (quoted("; filename").unwrap_or_default(), part[end + 4..].to_vec());
        (quoted("; name").unwrap(), Filed { name, media: media.unwrap_or_default(), bytes })
    };
    starts.windows(2).map(part).collect()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
