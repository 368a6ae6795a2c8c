//! `catalog:register`: reads the entity that was made and says where it is.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::places::{folder_of, safe_parts};
use super::{Call, Stop, input_text, known_keys, log, ready};
use crate::catalog::yaml::Document;
use crate::drivers::{Outcome, Ownership, Resource};

pub(super) fn register(call: &Call<'_>) -> Result<Outcome, Stop> {
    known_keys(call)?;
    let path = input_text(call, "catalogInfoPath")?.unwrap_or("/catalog-info.yaml");
    let named = input_text(call, "catalogInfoUrl")?;
    let base = input_text(call, "repoContentsUrl")?;
    let url = match (named, base) {
        (Some(url), _) => url.to_owned(),
        (None, Some(base)) => format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/')),
        (None, None) => path.to_owned(),
    };
    let reference = match entity(call.workspace, path) {
        Ok(reference) => reference,
        Err(Stop::Refused(_)) if call.input.get("optional") == Some(&Value::Bool(true)) => {
            log(call, "no catalog entry, which is optional")?;
            return Ok(ready(json!({})));
        }
        Err(stop) => return Err(stop),
    };
    log(call, &format!("catalog entry {reference} at {url}"))?;
    let resource = Resource {
        kind: "catalog entry".to_owned(),
        label: reference.clone(),
        ownership: Ownership::Kept,
        handle: json!({"entityRef": reference, "catalogInfoUrl": url}),
    };
    let outputs = json!({"entityRef": reference, "catalogInfoUrl": url});
    Ok(Outcome::Ready { outputs, resources: vec![resource] })
}

/// The reference of the entity in a file of the workspace: `component:default/shop`.
fn entity(workspace: &Path, path: &str) -> Result<String, Stop> {
    let parts = safe_parts(path.trim_start_matches('/'))?;
    let Some((name, folders)) = parts.split_last() else {
        return Err(format!("`{path}` is not a file.").into());
    };
    let missing = || Stop::Refused(format!("The workspace holds no `{path}`."));
    let file = match folder_of(workspace, folders, false) {
        Err(Stop::Fault(error)) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
        folder => folder?.join(name),
    };
    let is_file = fs::symlink_metadata(&file).is_ok_and(|about| about.is_file() && about.len() <= 1 << 20);
    if !is_file {
        return Err(missing());
    }
    let text = String::from_utf8(fs::read(&file)?).map_err(|_| format!("`{path}` is not UTF-8 text."))?;
    let read = Document::parse(path, &text).map_err(|problem| format!("{problem}."))?.value;
    let text =
        |pointer: &str| read.pointer(pointer).and_then(Value::as_str).filter(|text| is_entity_name(text));
    let refused = |key: &str| Stop::Refused(format!("`{path}` has no usable `{key}`."));
    let kind = text("/kind").ok_or_else(|| refused("kind"))?.to_lowercase();
    let name = text("/metadata/name").ok_or_else(|| refused("metadata.name"))?;
    let namespace = match read.pointer("/metadata/namespace") {
        None | Some(Value::Null) => "default",
        Some(_) => text("/metadata/namespace").ok_or_else(|| refused("metadata.namespace"))?,
    };
    Ok(format!("{kind}:{namespace}/{name}"))
}

fn is_entity_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63 && text.chars().all(inner) && end(text.chars().next()) && end(text.chars().last())
}
