//! Paths that a template gives stay inside the folder they are about.

use std::path::{Component, Path, PathBuf};

/// The real path of `given` inside `root`, or a sentence why not.
///
/// Not by `..`, not by an absolute path, and not through a link either.
pub(super) fn inside(root: &Path, given: &str) -> Result<PathBuf, String> {
    let plain = Path::new(given).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if !plain || given.contains('\0') {
        return Err(format!("the path `{}` leaves the workspace; give one inside it", shown(given)));
    }
    let missing = |_| format!("there is no `{}` in the workspace", shown(given));
    let root = root.canonicalize().map_err(|_| "the workspace is gone".to_owned())?;
    let real = root.join(given).canonicalize().map_err(missing)?;
    if !real.starts_with(&root) {
        return Err(format!("the path `{}` leads out of the workspace by a link", shown(given)));
    }
    Ok(real)
}

/// Like [`inside`], and it has to be a folder.
pub(super) fn folder_inside(root: &Path, given: &str) -> Result<PathBuf, String> {
    let real = inside(root, given)?;
    if real.is_dir() { Ok(real) } else { Err(format!("`{}` is no folder", shown(given))) }
}

/// Words that somebody gave, fit for a sentence: bounded, on one line, no backticks.
pub(super) fn shown(given: &str) -> String {
    let plain = |c: char| match c {
        '`' => '\'',
        c if c.is_control() => ' ',
        c => c,
    };
    let short: String = given.chars().take(80).map(plain).collect();
    if given.chars().count() > 80 { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_the_root() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::create_dir(root.path().join("in")).unwrap();
        std::os::unix::fs::symlink(other.path(), root.path().join("out")).unwrap();
        std::os::unix::fs::symlink("in", root.path().join("near")).unwrap();
        let real = root.path().canonicalize().unwrap();
        assert_eq!(inside(root.path(), "."), Ok(real.clone()));
        assert_eq!(inside(root.path(), "./near"), Ok(real.join("in")));
        for escape in ["..", "in/../..", "/etc", "out", "out/x", "in/\0"] {
            assert!(inside(root.path(), escape).is_err(), "{escape:?}");
        }
    }

    #[test]
    fn what_is_shown_is_one_short_line() {
        assert_eq!(shown("a`b\nc"), "a'b c");
        assert_eq!(shown(&"x".repeat(90)).chars().count(), 81);
    }
}
