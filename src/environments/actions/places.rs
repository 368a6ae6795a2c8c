//! Paths inside a workspace: checked by their parts, walked without following a link.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Stop;

/// `.git` is refused too: what is in there, git runs.
pub(super) fn is_file_name(name: &str) -> bool {
    let plain = !name.contains(['/', '\\', '\0']) && !name.chars().any(char::is_control);
    let special = matches!(name, "." | "..") || name.eq_ignore_ascii_case(".git");
    plain && !special && !name.trim().is_empty() && name.len() <= 255
}

/// The parts of a path inside the workspace.
pub(super) fn safe_parts(path: &str) -> Result<Vec<String>, Stop> {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if path.starts_with('/') || !parts.iter().all(|part| is_file_name(part)) {
        return Err(format!("`{path}` is not a path inside the workspace.").into());
    }
    Ok(parts.into_iter().map(str::to_owned).collect())
}

/// Walks down from the workspace; every folder on the way is a real one.
pub(super) fn folder_of(workspace: &Path, parts: &[String], make: bool) -> Result<PathBuf, Stop> {
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

pub(super) fn write_file(
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
