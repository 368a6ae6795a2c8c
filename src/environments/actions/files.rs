//! `fs:delete`, `fs:rename`, `fs:readdir`: what is in the workspace is removed, moved, listed.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::places::{folder_of, safe_parts};
use super::{Call, Stop, known_keys, log, ready};
use crate::catalog::glob;
use crate::drivers::Outcome;

/// Entries that are listed, and those that a pattern is compared with.
const ENTRIES: usize = 5_000;

/// Files and folders, `*`, `?` and `**` in their names understood; what is not there is gone already.
pub(super) fn delete(call: &Call<'_>) -> Result<Outcome, Stop> {
    known_keys(call)?;
    let mut doomed = Vec::new();
    for path in texts(call, "files")? {
        let parts = inside(path)?;
        match path.contains(['*', '?']) {
            false => doomed.push(parts),
            true => doomed.extend(matching(call.workspace, &parts.join("/"))?),
        }
    }
    for parts in doomed {
        if remove(call.workspace, &parts)? {
            log(call, &format!("removed {}", parts.join("/")))?;
        }
    }
    Ok(ready(json!({})))
}

/// Moves in the order of the list. How many are done is written down, since a later one may move
/// what an earlier one made, and a repeat must not begin anew.
pub(super) fn rename(call: &Call<'_>) -> Result<Outcome, Stop> {
    known_keys(call)?;
    let moves = call.input.get("files").and_then(Value::as_array);
    let moves = moves.ok_or_else(|| "`fs:rename` needs the input `files`, a list.".to_owned())?;
    let (done, begun) = progress(call.progress);
    for (i, one) in moves.iter().enumerate().skip(done) {
        let text = |key: &str| one.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(from), Some(to)) = (text("from"), text("to")) else {
            return Err("Each of the `files` of `fs:rename` needs `from` and `to`.".to_owned().into());
        };
        let (source, target) = (inside(from)?, inside(to)?);
        // An attempt that was cut off may have done it, and only not written that down.
        let done_before = begun && i == done && existing(call.workspace, &source)?.is_none();
        if !(done_before && existing(call.workspace, &target)?.is_some()) && source != target {
            let overwrite = one.get("overwrite") == Some(&Value::Bool(true));
            let found = movable(call.workspace, &source, &target, overwrite)?;
            fs::write(call.progress, format!("{i}+"))?;
            move_to(call.workspace, &found, &target)?;
            log(call, &format!("{from} is {to} now"))?;
        }
        fs::write(call.progress, (i + 1).to_string())?;
    }
    Ok(ready(json!({})))
}

/// How many moves are done, and whether the next one was begun.
fn progress(path: &Path) -> (usize, bool) {
    let text = fs::read_to_string(path).unwrap_or_default();
    let (count, begun) = text.strip_suffix('+').map_or((text.as_str(), false), |count| (count, true));
    (count.parse().unwrap_or(0), begun)
}

/// Where `source` is, when it may become `target`.
fn movable(workspace: &Path, source: &[String], target: &[String], overwrite: bool) -> Result<PathBuf, Stop> {
    let (from, to) = (source.join("/"), target.join("/"));
    if target.starts_with(source) || source.starts_with(target) {
        return Err(format!("`{from}` cannot become `{to}`: one lies in the other.").into());
    }
    if existing(workspace, target)?.is_some() && !overwrite {
        return Err(format!("`{to}` is there already; `overwrite: true` replaces it.").into());
    }
    existing(workspace, source)?.ok_or_else(|| format!("The workspace holds no `{from}`.").into())
}

fn move_to(workspace: &Path, found: &Path, target: &[String]) -> Result<(), Stop> {
    let Some((name, folders)) = target.split_last() else { return Ok(()) };
    let folder = folder_of(workspace, folders, true)?;
    remove(workspace, target)?;
    fs::rename(found, folder.join(name))?;
    Ok(())
}

/// What is in some folders, sorted by path.
pub(super) fn readdir(call: &Call<'_>) -> Result<Outcome, Stop> {
    known_keys(call)?;
    let recursive = call.input.get("recursive") == Some(&Value::Bool(true));
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for path in texts(call, "paths")? {
        let parts = safe_parts(path)?;
        let folder = match folder_of(call.workspace, &parts, false) {
            Err(Stop::Fault(error)) if error.kind() == ErrorKind::NotFound => {
                return Err(format!("The workspace holds no folder `{path}`.").into());
            }
            folder => folder?,
        };
        for (path, is_folder) in entries(call.workspace, &folder, recursive)? {
            let name = path.rsplit('/').next().unwrap_or(&path);
            let entry = json!({"name": name, "path": path, "fullPath": call.workspace.join(&path)});
            if is_folder { folders.push(entry) } else { files.push(entry) }
        }
    }
    log(call, &format!("{} files and {} folders", files.len(), folders.len()))?;
    Ok(ready(json!({"files": files, "folders": folders})))
}

fn texts<'a>(call: &Call<'a>, key: &str) -> Result<Vec<&'a str>, Stop> {
    let wrong = || format!("`{}` needs the input `{key}`, a list of paths.", call.action);
    let items = call.input.get(key).and_then(Value::as_array).ok_or_else(wrong)?;
    items.iter().map(|item| item.as_str().ok_or_else(|| wrong().into())).collect()
}

/// The parts of a path below the workspace, not the workspace itself.
fn inside(path: &str) -> Result<Vec<String>, Stop> {
    let parts = safe_parts(path)?;
    match parts.is_empty() {
        true => Err(format!("`{path}` is the workspace itself.").into()),
        false => Ok(parts),
    }
}

/// Where something is, a link included; none when nothing is there.
fn existing(workspace: &Path, parts: &[String]) -> Result<Option<PathBuf>, Stop> {
    let Some((name, folders)) = parts.split_last() else { return Ok(Some(workspace.to_owned())) };
    let path = match folder_of(workspace, folders, false) {
        Err(Stop::Fault(error)) if error.kind() == ErrorKind::NotFound => return Ok(None),
        folder => folder?.join(name),
    };
    match fs::symlink_metadata(&path) {
        Ok(_) => Ok(Some(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether there was something to remove. A link goes, not what it leads to.
fn remove(workspace: &Path, parts: &[String]) -> Result<bool, Stop> {
    let Some(path) = existing(workspace, parts)? else { return Ok(false) };
    match fs::symlink_metadata(&path)?.is_dir() {
        true => fs::remove_dir_all(&path)?,
        false => fs::remove_file(&path)?,
    }
    Ok(true)
}

/// The paths of the workspace that a pattern names, outer ones first.
fn matching(workspace: &Path, pattern: &str) -> Result<Vec<Vec<String>>, Stop> {
    let all = entries(workspace, workspace, true)?;
    let fits = all.into_iter().filter(|(path, _)| glob::matches(pattern, path));
    fits.map(|(path, _)| safe_parts(&path)).collect()
}

/// Paths relative to the workspace and whether each is a folder; no link is followed.
fn entries(workspace: &Path, folder: &Path, recursive: bool) -> Result<Vec<(String, bool)>, Stop> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let is_folder = entry.file_type()?.is_dir();
            if is_folder && recursive {
                open.push(entry.path());
            }
            found.push((relative(workspace, &entry.path())?, is_folder));
            if found.len() > ENTRIES {
                return Err(format!("The workspace holds more than {ENTRIES} files and folders.").into());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn relative(workspace: &Path, path: &Path) -> io::Result<String> {
    let path = path.strip_prefix(workspace).map_err(io::Error::other)?;
    Ok(path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"))
}
