//! Templates in folders: where they are, and their files. The one reader for the catalog, `check` and `lint`.
//!
//! A template is a `template.yaml` (or `.yml`) at any depth, or a document of that kind in any other YAML
//! file; its files are its folder. What a template fetches holds no further templates, and neither do
//! folders whose names begin with a dot. No link is followed below the folder that was named.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::lint::{fetched, skeleton};
use super::model::{Files, TemplateFile};
use super::read;
use super::reading::{self, Reading, is_template_file, is_yaml};
use super::rules;
use super::yaml::{Document, SIZE};
use crate::diagnostic::Problem;

/// Files a template's folder may have, and their bytes together.
const FILES: usize = 2_000;
const BYTES: u64 = 32 << 20;
/// How deep templates are looked for.
const DEPTH: usize = 32;

/// Which files of its folder a template is read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All, for one that is kept.
    Folder,
    /// What it fetches, for one that is only looked at.
    Fetched,
}

/// The templates in a file, or in a folder at any depth, sorted by path.
///
/// # Errors
/// A path that cannot be read at all.
pub fn templates(path: &Path, extent: Extent) -> Result<Vec<Reading>, Problem> {
    let mut found = Found { extent, readings: Vec::new(), fetched: BTreeSet::new() };
    if fs::metadata(path).map_err(|error| unreadable(path, &error))?.is_dir() {
        found.folder(path, 0)?;
    } else {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        found.file(path, parent.unwrap_or(Path::new(".")), true);
    }
    Ok(found.readings)
}

struct Found {
    extent: Extent,
    readings: Vec<Reading>,
    /// Folders of files that a template fetches.
    fetched: BTreeSet<PathBuf>,
}

impl Found {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Problem> {
        let (files, folders) = entries(folder)?;
        for file in files {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if is_yaml(name) && (is_template_file(name) || looks_like_one(&file)) {
                self.file(&file, folder, is_template_file(name));
            }
        }
        for below in folders {
            if self.fetched.contains(&below) || depth >= DEPTH {
                continue;
            }
            // One folder that may not be read does not hide the others.
            if let Err(problem) = self.folder(&below, depth + 1) {
                self.readings.push(Reading::broken(&below.display().to_string(), problem));
            }
        }
        Ok(())
    }

    /// Reads the templates of one file.
    fn file(&mut self, path: &Path, folder: &Path, meant: bool) {
        let shown = path.display().to_string();
        let documents = content(path)
            .map_err(|problem| problem.under(&rules::BROKEN_FILE))
            .and_then(|bytes| reading::documents(&shown, &bytes, meant));
        let documents = match documents {
            Ok(documents) => documents,
            Err(problem) => return self.readings.push(Reading::broken(&shown, problem)),
        };
        for document in documents {
            let prefixes = fetched_by(&document);
            let files = match self.extent {
                Extent::Folder => whole(folder),
                Extent::Fetched => parts(folder, &prefixes),
            };
            self.readings.push(judged(folder, &document, files));
            self.fetched.extend(prefixes.iter().map(|prefix| folder.join(prefix)));
        }
    }
}

fn judged(folder: &Path, document: &Document, files: Result<Files, Problem>) -> Reading {
    let shown = folder.display().to_string();
    match files {
        Ok(files) => reading::template(&shown, document, files),
        Err(problem) => {
            let mut reading = reading::template(&shown, document, Files::new());
            // What is missing then follows from this.
            reading.problems.retain(|one| one.rule != Some(&rules::FETCH_MISSING));
            reading.problems.push(problem.under(&rules::FOLDER));
            reading
        }
    }
}

/// The folders of its own that a template fetches, as prefixes of paths.
fn fetched_by(document: &Document) -> Vec<String> {
    let steps = read::steps(document);
    steps.iter().filter_map(fetched).filter_map(skeleton).collect()
}

/// The files and the folders in a folder, each sorted.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Problem> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let kind = entry.file_type().map_err(|error| unreadable(folder, &error))?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !hidden {
            folders.push(entry.path());
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    folders.sort();
    Ok((files, folders))
}

/// Whether a YAML file of another name holds a template, by its words alone.
fn looks_like_one(path: &Path) -> bool {
    let Ok(bytes) = content(path) else { return false };
    let text = String::from_utf8_lossy(&bytes);
    let line = |start: &str, word: &str| {
        text.lines().any(|line| line.strip_prefix(start).is_some_and(|rest| rest.contains(word)))
    };
    line("kind:", "Template") && line("apiVersion:", "backstage.io/")
}

/// A file that is not too large to be a template.
fn content(path: &Path) -> Result<Vec<u8>, Problem> {
    let about = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    let shown = path.display().to_string();
    if !about.is_file() {
        return Err(Problem::whole(&shown, "is no file", ""));
    }
    if about.len() > SIZE as u64 {
        return Err(Problem::whole(&shown, format!("is larger than {SIZE} bytes"), ""));
    }
    fs::read(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let fix = "check the path and its permissions";
    Problem::whole(&path.display().to_string(), format!("cannot be read: {error}"), fix)
}

/// Every file of a folder; links are refused, `.git` is left out.
///
/// # Errors
/// What cannot be read or is too much.
pub fn whole(root: &Path) -> Result<Files, Problem> {
    let mut gathered = Gathered::new(root);
    gathered.folder(root)?;
    Ok(gathered.files)
}

/// The files below some paths of a folder; what is not there is left out.
fn parts(root: &Path, prefixes: &[String]) -> Result<Files, Problem> {
    let mut gathered = Gathered::new(root);
    for path in prefixes.iter().map(|prefix| root.join(prefix.trim_end_matches('/'))) {
        match fs::symlink_metadata(&path) {
            Ok(about) if about.is_dir() => gathered.folder(&path)?,
            Ok(about) => gathered.file(&path, &about)?,
            Err(_) => {}
        }
    }
    Ok(gathered.files)
}

struct Gathered<'a> {
    root: &'a Path,
    files: Files,
    bytes: u64,
}

impl<'a> Gathered<'a> {
    fn new(root: &'a Path) -> Self {
        Gathered { root, files: Files::new(), bytes: 0 }
    }

    fn folder(&mut self, folder: &Path) -> Result<(), Problem> {
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))? {
                let entry = entry.map_err(|error| unreadable(&folder, &error))?;
                let about = entry.metadata().map_err(|error| unreadable(&entry.path(), &error))?;
                match about.is_dir() {
                    true => folders.extend((entry.file_name() != ".git").then(|| entry.path())),
                    false => self.file(&entry.path(), &about)?,
                }
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, about: &fs::Metadata) -> Result<(), Problem> {
        let shown = path.display().to_string();
        if about.is_symlink() {
            return Err(Problem::whole(&shown, "is a link", "put a copy in its place"));
        }
        if !about.is_file() {
            return Err(Problem::whole(&shown, "is neither a file nor a folder", "remove it"));
        }
        self.bytes += about.len();
        if self.files.len() >= FILES || self.bytes > BYTES {
            let what = format!("holds more than {FILES} files or {} MiB", BYTES >> 20);
            return Err(Problem::whole(&self.root.display().to_string(), what, ""));
        }
        let name = slashed(path.strip_prefix(self.root).unwrap_or(path));
        let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
        self.files.insert(name, TemplateFile { bytes, executable: is_executable(about) });
        Ok(())
    }
}

/// A path with `/` between its parts.
pub(super) fn slashed(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn is_executable(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o111 != 0
}
