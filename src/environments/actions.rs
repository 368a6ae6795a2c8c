//! Built-in actions: what a step does in this process, to its workspace alone.
//!
//! `fetch:template` renders the template's own skeleton into the workspace,
//! `debug:log` writes to the run's log, `catalog:register` reads the entity
//! that was made. All are safe to repeat. File work blocks: call them from a
//! thread that may. Nothing here leaves the workspace: paths are checked by
//! their parts, and no link is ever followed or written through.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::catalog::lint::{skeleton, templated_text};
use crate::catalog::model::{Files, TemplateFile};
use crate::catalog::reading::is_template_file;
use crate::catalog::yaml::Document;
use crate::drivers::{Outcome, Ownership, Resource};
use crate::templating::Renderer;

/// The actions done here.
pub const ACTIONS: &[&str] = &["fetch:template", "debug:log", "catalog:register"];

/// Files that one fetch may write, and their bytes together.
const FILES: usize = 2_000;
const BYTES: usize = 64 << 20;

/// One step to do.
pub struct Call<'a> {
    pub action: &'a str,
    /// Rendered.
    pub input: &'a Value,
    /// The run's folder of files; it exists.
    pub workspace: &'a Path,
    /// The template's folder.
    pub files: &'a Files,
    /// Where what happens is appended.
    pub log: &'a Path,
}

/// Why an action was not done.
enum Stop {
    /// As asked, it cannot be done.
    Refused(String),
    Fault(std::io::Error),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Stop::Fault(error)
    }
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Stop::Refused(reason)
    }
}

/// Does a built-in action.
///
/// # Errors
/// Faults of the disk only; what a person must mend is [`Outcome::Refused`].
pub fn run(call: &Call<'_>) -> anyhow::Result<Outcome> {
    let done = match call.action {
        "fetch:template" => fetch_template(call),
        "debug:log" => debug_log(call),
        "catalog:register" => register(call),
        other => Err(Stop::Refused(format!("There is no built-in action `{other}`."))),
    };
    match done {
        Ok(outcome) => Ok(outcome),
        Err(Stop::Refused(reason)) => Ok(Outcome::Refused { reason }),
        Err(Stop::Fault(error)) => Err(anyhow::Error::new(error).context(call.action.to_owned())),
    }
}

fn ready(outputs: Value) -> Outcome {
    Outcome::Ready { outputs, resources: Vec::new() }
}

fn debug_log(call: &Call<'_>) -> Result<Outcome, Stop> {
    known_keys(call, &["message", "listWorkspace"])?;
    let message = call.input.get("message").map(crate::catalog::parameters::as_text).unwrap_or_default();
    log(call, &message)?;
    if call.input.get("listWorkspace") == Some(&Value::Bool(true)) {
        for entry in fs::read_dir(call.workspace)? {
            log(call, &format!("  {}", entry?.file_name().to_string_lossy()))?;
        }
    }
    Ok(ready(json!({})))
}

fn log(call: &Call<'_>, line: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(call.log)?;
    writeln!(file, "{line}")
}

fn known_keys(call: &Call<'_>, known: &[&str]) -> Result<(), Stop> {
    let keys = call.input.as_object().into_iter().flat_map(Map::keys);
    match keys.into_iter().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!(
            "`{}` has no input `{key}` here; it takes {}.",
            call.action,
            known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
        )
        .into()),
    }
}

fn input_text<'a>(call: &Call<'a>, key: &str) -> Result<Option<&'a str>, Stop> {
    match call.input.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("The input `{key}` of `{}` has to be text.", call.action).into()),
    }
}

fn fetch_template(call: &Call<'_>) -> Result<Outcome, Stop> {
    known_keys(call, &["url", "values", "targetPath", "copyWithoutTemplating", "replace"])?;
    let url = input_text(call, "url")?.unwrap_or("./skeleton");
    let prefix = skeleton(url).ok_or_else(|| format!("`{url}` is not a folder of this template."))?;
    let target = safe_parts(input_text(call, "targetPath")?.unwrap_or("."))?;
    let context = json!({"values": call.input.get("values").cloned().unwrap_or_else(|| json!({}))});
    let renderer = Renderer::new();
    // Everything is rendered before the first file is written, so a refusal leaves nothing behind.
    let mut rendered: Vec<(Vec<String>, Vec<u8>, bool)> = Vec::new();
    let mut bytes = 0;
    for (path, file) in call.files {
        let Some(path) = path.strip_prefix(&prefix).filter(|path| !is_template_file(path)) else { continue };
        let parts = rendered_parts(&renderer, path, &context)?;
        let content = rendered_content(&renderer, call.input, path, file, &context)?;
        bytes += content.len();
        if rendered.len() >= FILES || bytes > BYTES {
            let limit = BYTES >> 20;
            return Err(format!("`{url}` makes more than {FILES} files or {limit} MiB.").into());
        }
        if rendered.iter().any(|(known, ..)| known[target.len()..] == parts) {
            return Err(format!("Two files of `{url}` become `{}`.", parts.join("/")).into());
        }
        rendered.push(([target.as_slice(), &parts].concat(), content, file.executable));
    }
    if rendered.is_empty() {
        return Err(format!("`{url}` holds no files.").into());
    }
    let replace = call.input.get("replace") != Some(&Value::Bool(false));
    for (parts, content, executable) in &rendered {
        write_file(call.workspace, parts, content, *executable, replace)?;
    }
    log(call, &format!("{} files from {url}", rendered.len()))?;
    Ok(ready(json!({})))
}

fn rendered_content(
    renderer: &Renderer,
    input: &Value,
    path: &str,
    file: &TemplateFile,
    context: &Value,
) -> Result<Vec<u8>, Stop> {
    match templated_text(input, path, &file.bytes) {
        None => Ok(file.bytes.clone()),
        Some(text) => renderer
            .render_text(text, context)
            .map(String::into_bytes)
            .map_err(|error| format!("The file `{path}`, line {}: {error}.", error.line).into()),
    }
}

/// The path's parts, each rendered by itself: a value can name one part, never two or none.
fn rendered_parts(renderer: &Renderer, path: &str, context: &Value) -> Result<Vec<String>, Stop> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        let name = renderer
            .render_text(part, context)
            .map_err(|error| format!("The file name `{path}`: {error}."))?;
        if !is_file_name(&name) {
            return Err(format!("The file name `{part}` becomes `{name}`, which is no file name.").into());
        }
        parts.push(name);
    }
    Ok(parts)
}

/// `.git` is refused too: what is in there, git runs.
fn is_file_name(name: &str) -> bool {
    let plain = !name.contains(['/', '\\', '\0']) && !name.chars().any(char::is_control);
    let special = matches!(name, "." | "..") || name.eq_ignore_ascii_case(".git");
    plain && !special && !name.trim().is_empty() && name.len() <= 255
}

/// The parts of a path inside the workspace.
fn safe_parts(path: &str) -> Result<Vec<String>, Stop> {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if path.starts_with('/') || !parts.iter().all(|part| is_file_name(part)) {
        return Err(format!("`{path}` is not a path inside the workspace.").into());
    }
    Ok(parts.into_iter().map(str::to_owned).collect())
}

/// Walks down from the workspace; every folder on the way is a real one.
fn folder_of(workspace: &Path, parts: &[String], make: bool) -> Result<PathBuf, Stop> {
    let mut folder = workspace.to_owned();
    for part in parts {
        folder.push(part);
        match fs::symlink_metadata(&folder) {
            Ok(about) if about.is_dir() => {}
            Ok(_) => return Err(format!("`{}` is in the way: it is no folder.", parts.join("/")).into()),
            Err(error) if make && error.kind() == std::io::ErrorKind::NotFound => fs::create_dir(&folder)?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(folder)
}

fn write_file(
    workspace: &Path,
    parts: &[String],
    content: &[u8],
    executable: bool,
    replace: bool,
) -> Result<(), Stop> {
    let Some((name, folders)) = parts.split_last() else { return Ok(()) };
    let path = folder_of(workspace, folders, true)?.join(name);
    match fs::symlink_metadata(&path) {
        Ok(about) if !about.is_file() => {
            return Err(format!("`{}` is in the way: it is no file.", parts.join("/")).into());
        }
        Ok(_) if !replace => return Ok(()),
        // Removed first, so that another name of the same file does not change with it.
        Ok(_) => fs::remove_file(&path)?,
        Err(_) => {}
    }
    use std::os::unix::fs::OpenOptionsExt as _;
    let mode = if executable { 0o755 } else { 0o644 };
    // `create_new` fails on a link that somebody puts here in between.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
    file.write_all(content)?;
    Ok(())
}

fn register(call: &Call<'_>) -> Result<Outcome, Stop> {
    known_keys(call, &["catalogInfoUrl", "catalogInfoPath", "repoContentsUrl", "optional"])?;
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

#[cfg(test)]
#[path = "actions_tests.rs"]
mod tests;
