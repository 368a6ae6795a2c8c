//! Checks files that are not installed yet: specs, surveys and templates, told apart by what they hold.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::catalog::find::{self, Extent};
use crate::catalog::reading::{TEMPLATE_FILES, is_yaml};
use crate::content;
use crate::diagnostic::Problem;
use crate::people::model::organisation::Organisation;
use crate::surveys::model::Survey;

/// How many of each were found to be fine.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub commands: usize,
    pub templates: usize,
    pub surveys: usize,
    /// Files with teams and sites.
    pub people: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let (commands, templates) = (some(self.commands, "command"), some(self.templates, "template"));
        write!(f, "{commands}, {templates}, {}", some(self.surveys, "survey"))?;
        if self.people > 0 { write!(f, ", {}", some(self.people, "people file")) } else { Ok(()) }
    }
}

/// Reads files, and folders of them.
///
/// Why not against the shipped ones too? A shipped file given here would
/// collide with itself; names that are taken show when the file is installed.
///
/// # Errors
/// Every problem of every file, each with its line.
pub fn files(paths: &[PathBuf]) -> Result<Counts, Vec<Problem>> {
    let mut check = Check::default();
    for path in paths {
        check.path(path);
    }
    check.finish()
}

/// The tables of a file of people.
const TABLES: [&str; 3] = ["[[team]]", "[[site]]", "[[group]]"];

#[derive(Default)]
struct Check {
    /// Read together in the end, since they must not collide.
    specs: Vec<(String, String)>,
    counts: Counts,
    problems: Vec<Problem>,
}

impl Check {
    fn path(&mut self, path: &Path) {
        if path.is_dir() {
            return self.folder(path);
        }
        match path.file_name().and_then(|name| name.to_str()) {
            Some(name) if is_yaml(name) && path.is_file() => self.templates(path),
            Some(name) if name.ends_with(".toml") => self.toml(path),
            _ => {
                let what = if path.exists() { "is nothing that is checked here" } else { "is not there" };
                self.problem(path, what, "give a spec, a survey, a template's folder, or a folder of them");
            }
        }
    }

    fn folder(&mut self, folder: &Path) {
        let before = (self.found(), self.problems.len());
        self.templates(folder);
        match std::fs::read_dir(folder) {
            // A template's own folder may hold a TOML file that is its business.
            Ok(_) if TEMPLATE_FILES.iter().any(|name| folder.join(name).exists()) => {}
            Ok(entries) => {
                let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
                paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
                paths.sort();
                paths.iter().for_each(|path| self.toml(path));
            }
            Err(_) => {}
        }
        if before == (self.found(), self.problems.len()) {
            let fix = "a template's folder holds `template.yaml`; specs and surveys end in `.toml`";
            self.problem(folder, "holds no template, spec or survey", fix);
        }
    }

    fn templates(&mut self, path: &Path) {
        match find::templates(path, Extent::Folder) {
            Err(problem) => self.problems.push(problem),
            Ok(found) => {
                for reading in found {
                    match reading.installed() {
                        Ok(_) => self.counts.templates += 1,
                        Err(mut problems) => self.problems.append(&mut problems),
                    }
                }
            }
        }
    }

    fn toml(&mut self, path: &Path) {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Err(error) => self.problem(path, &format!("cannot be read: {error}"), ""),
            Ok(text) if sets(&text, "command") => self.specs.push((file, text)),
            Ok(text) if sets(&text, "decision") => match Survey::parse(&file, &text) {
                Ok(_) => self.counts.surveys += 1,
                Err(mut problems) => self.problems.append(&mut problems),
            },
            Ok(text) if text.lines().any(|line| TABLES.contains(&line.trim())) => {
                match Organisation::parse(&file, &text) {
                    Ok(_) => self.counts.people += 1,
                    Err(mut problems) => self.problems.append(&mut problems),
                }
            }
            Ok(_) => {
                let fix = "a spec sets `command = \"…\"`, a survey `decision = \"…\"`";
                self.problem(path, "is neither a command's spec nor a survey", fix);
            }
        }
    }

    fn problem(&mut self, path: &Path, what: &str, fix: &str) {
        self.problems.push(Problem::whole(&path.display().to_string(), what, fix));
    }

    fn found(&self) -> usize {
        self.specs.len() + self.counts.templates + self.counts.surveys + self.counts.people
    }

    fn finish(mut self) -> Result<Counts, Vec<Problem>> {
        match content::menu(self.specs.iter().map(|(file, text)| (file.as_str(), text.as_str()))) {
            Ok(menu) => self.counts.commands = menu.all().count(),
            Err(mut problems) => self.problems.append(&mut problems),
        }
        if self.problems.is_empty() { Ok(self.counts) } else { Err(self.problems) }
    }
}

/// Whether a line sets `key`; looked for by eye, because the file may be broken.
fn sets(text: &str, key: &str) -> bool {
    text.lines().any(|line| {
        line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
    })
}
