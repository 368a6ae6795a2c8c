//! `fetch:template`, `fetch:plain`, `fetch:plain:file`: files of the template into the workspace.

use serde_json::{Value, json};

use super::places::{is_file_name, safe_parts, write_file};
use super::{Call, Stop, input_text, known_keys, log, ready};
use crate::catalog::lint::{skeleton, templated_text};
use crate::catalog::model::TemplateFile;
use crate::catalog::reading::is_template_file;
use crate::drivers::Outcome;
use crate::templating::Renderer;

/// Files that one fetch may write, and their bytes together.
pub(super) const FILES: usize = 2_000;
const BYTES: usize = 64 << 20;

/// A file to write: its path's parts, its content, whether it is a program.
type Made = (Vec<String>, Vec<u8>, bool);

pub(super) fn template(call: &Call<'_>) -> Result<Outcome, Stop> {
    known_keys(call)?;
    let url = input_text(call, "url")?.unwrap_or("./skeleton");
    let target = safe_parts(input_text(call, "targetPath")?.unwrap_or("."))?;
    let context = json!({"values": call.input.get("values").cloned().unwrap_or_else(|| json!({}))});
    let renderer = Renderer::new();
    let made = gathered(call, url, |path, file| {
        let parts = rendered_parts(&renderer, path, &context)?;
        let content = rendered_content(&renderer, call.input, path, file, &context)?;
        Ok(([target.as_slice(), &parts].concat(), content, file.executable))
    })?;
    let replace = call.input.get("replace") != Some(&Value::Bool(false));
    written(call, url, &made, replace)
}

pub(super) fn plain(call: &Call<'_>) -> Result<Outcome, Stop> {
    known_keys(call)?;
    let url = needed(call, "url")?;
    let target = safe_parts(input_text(call, "targetPath")?.unwrap_or("."))?;
    let made = gathered(call, url, |path, file| {
        let parts = safe_parts(path)?;
        Ok(([target.as_slice(), &parts].concat(), file.bytes.clone(), file.executable))
    })?;
    written(call, url, &made, true)
}

pub(super) fn plain_file(call: &Call<'_>) -> Result<Outcome, Stop> {
    known_keys(call)?;
    let (url, target) = (needed(call, "url")?, needed(call, "targetPath")?);
    let parts = safe_parts(target)?;
    if parts.is_empty() || target.ends_with('/') {
        return Err(format!("`{target}` is a folder; `targetPath` names the file to make.").into());
    }
    let path = local(url)?;
    let file = call.files.get(path.trim_end_matches('/'));
    let file = file.ok_or_else(|| format!("The template has no file `{url}`."))?;
    written(call, url, &[(parts, file.bytes.clone(), file.executable)], true)
}

fn needed<'a>(call: &Call<'a>, key: &str) -> Result<&'a str, Stop> {
    let text = input_text(call, key)?.filter(|text| !text.is_empty());
    text.ok_or_else(|| format!("`{}` needs the input `{key}`.", call.action).into())
}

/// The place in the template's folder that an address names.
fn local(url: &str) -> Result<String, Stop> {
    skeleton(url).ok_or_else(|| {
        let reads = "the bot reads what came with the template alone, like `./skeleton`";
        format!("`{url}` is not a folder of this template; {reads}.").into()
    })
}

/// What comes of every file of a folder: all of it before the first is written, so that a refusal
/// leaves nothing behind.
fn gathered(
    call: &Call<'_>,
    url: &str,
    make: impl Fn(&str, &TemplateFile) -> Result<Made, Stop>,
) -> Result<Vec<Made>, Stop> {
    let (prefix, mut made, mut bytes) = (local(url)?, Vec::<Made>::new(), 0);
    for (path, file) in call.files {
        let Some(path) = path.strip_prefix(&prefix).filter(|path| !is_template_file(path)) else { continue };
        let one = make(path, file)?;
        bytes += one.1.len();
        if made.len() >= FILES || bytes > BYTES {
            let limit = BYTES >> 20;
            return Err(format!("`{url}` makes more than {FILES} files or {limit} MiB.").into());
        }
        if made.iter().any(|(known, ..)| *known == one.0) {
            return Err(format!("Two files of `{url}` become `{}`.", one.0.join("/")).into());
        }
        made.push(one);
    }
    match made.is_empty() {
        true => Err(format!("`{url}` holds no files.").into()),
        false => Ok(made),
    }
}

fn written(call: &Call<'_>, url: &str, made: &[Made], replace: bool) -> Result<Outcome, Stop> {
    for (parts, content, executable) in made {
        write_file(call.workspace, parts, content, *executable, replace)?;
    }
    log(call, &format!("{} file{} from {url}", made.len(), if made.len() == 1 { "" } else { "s" }))?;
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
