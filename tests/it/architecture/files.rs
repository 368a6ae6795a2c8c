//! The repository's files, as the tests look at them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::uses::Source;

/// The names in a folder; none where there is no such folder.
pub fn names_in(folder: &str) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return BTreeSet::new() };
    entries.map(|entry| entry.expect("a readable entry").file_name().to_string_lossy().into_owned()).collect()
}

/// Each file at or below a path, in order, with what is no text replaced by marks.
pub fn texts_under(path: &str) -> Vec<Source> {
    let full = root().join(path);
    if full.is_dir() {
        return names_in(path).iter().flat_map(|name| texts_under(&format!("{path}/{name}"))).collect();
    }
    let Ok(bytes) = fs::read(full) else { return Vec::new() };
    vec![Source { path: path.to_owned(), text: String::from_utf8_lossy(&bytes).into_owned() }]
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}
