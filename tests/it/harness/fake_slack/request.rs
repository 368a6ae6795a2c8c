//! A request as Slack reads it: the token from the header or the form, the arguments from
//! JSON, a form or the query.

use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use serde_json::{Map, Value};

use super::memory::Refusal;

/// Arguments that are JSON inside a form.
const NESTED: [&str; 5] = ["blocks", "attachments", "view", "metadata", "files"];

/// What a method is called with.
pub struct Request {
    pub token: Option<String>,
    pub arguments: Value,
    /// Whether they came as JSON, which some methods do not read.
    pub json: bool,
    /// What Slack warns of.
    pub warning: Option<&'static str>,
}

/// Reads it; what cannot be read is refused as Slack does.
pub fn read(headers: &HeaderMap, uri: &Uri, body: &Bytes) -> Result<Request, Refusal> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let kind = header("content-type").unwrap_or_default().to_lowercase();
    let (essence, charset) = (kind.split(';').next().unwrap_or_default().trim(), kind.contains("charset"));
    let mut arguments = form(uri.query().unwrap_or_default().as_bytes());
    let mut warning = None;
    let json = essence == "application/json";
    match essence {
        "application/json" => {
            arguments.extend(from_json(body)?);
            warning = (!charset).then_some("missing_charset");
        }
        "application/x-www-form-urlencoded" | "text/plain" => arguments.extend(form(body)),
        "" if body.is_empty() => {}
        "" => return Err("missing_post_type".into()),
        _ => return Err("invalid_post_type".into()),
    }
    // In JSON the token is no argument: there it has to be in the header.
    let token = arguments.remove("token").filter(|_| !json);
    let token = bearer.map(str::to_owned).or_else(|| Some(token?.as_str()?.to_owned()));
    for name in NESTED {
        if let Some(text) = arguments.get(name).and_then(Value::as_str) {
            let broken = if name == "blocks" { "invalid_blocks_format" } else { "invalid_arguments" };
            let value = serde_json::from_str(text).map_err(|_| Refusal::from(broken))?;
            arguments.insert(name.into(), value);
        }
    }
    Ok(Request { token, arguments: Value::Object(arguments), json, warning })
}

fn from_json(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err("json_not_object".into()),
        Err(_) => Err("invalid_json".into()),
    }
}

fn form(body: &[u8]) -> Map<String, Value> {
    url::form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into())).collect()
}

/// A text among the arguments; empty without one.
pub fn text<'a>(arguments: &'a Value, name: &str) -> &'a str {
    arguments[name].as_str().unwrap_or_default()
}

/// A number among the arguments, which is text in a form.
pub fn number(arguments: &Value, name: &str) -> Option<usize> {
    let value = &arguments[name];
    value.as_u64().and_then(|number| usize::try_from(number).ok()).or_else(|| value.as_str()?.parse().ok())
}
