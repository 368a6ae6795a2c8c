//! SLICE: golden-path templates, read, linted and searched.
//!
//! Invariants: a template is a folder with `template.yaml`, a Backstage
//! `Template` with one extra key, `spec.goldenpath`; its version is a digest of
//! the folder; one that is wrong is refused with file, line and fix, before
//! anything runs. The folders are the truth; the database keeps the files of
//! each version that an environment was made from, so that a run ends with what
//! it began with. Deliberately absent: remote sources (an operator brings a folder).

pub mod actions;
pub mod commands;
pub mod find;
pub mod glob;
pub mod library;
pub mod lint;
pub mod model;
pub mod parameters;
mod read;
pub mod reading;
pub mod rules;
mod store;
pub mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::commands::parse::list;
use crate::db::{Conn, Tx};
use crate::diagnostic::Problem;
use crate::error::{self, Error};
use find::{Extent, slashed};
use model::{Files, Template, TemplateFile};
use reading::Reading;

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// All templates by their name.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    templates: BTreeMap<String, Arc<Template>>,
    /// The operator's.
    folders: Vec<PathBuf>,
    /// What works in the operator's templates and will surprise somebody.
    pub warnings: Vec<Problem>,
}

/// Keeps this version's files for the runs that begin with it.
pub async fn pin(tx: &mut Tx, template: &Template) -> error::Result<()> {
    store::keep(tx, &template.name, &template.version, &template.files).await
}

/// The template at the version that a run began with.
///
/// # Errors
/// A version that was never pinned, or whose files no longer read: a fault of ours.
pub async fn pinned(
    conn: &mut Conn,
    catalog: &Catalog,
    name: &str,
    version: &str,
) -> error::Result<Arc<Template>> {
    if let Some(current) = catalog.get(name).filter(|current| current.version == version) {
        return Ok(current.clone());
    }
    let missing = || Error::internal(format!("{name} {version} was never pinned"));
    let files = store::files(conn, name, version).await?.ok_or_else(missing)?;
    let read = reading::among(&format!("{name}@{version}"), &files, Some(name));
    let unreadable = |problems: Vec<Problem>| Error::internal(format!("{name} {version}: {problems:?}"));
    Ok(Arc::new(read.map_err(unreadable)?))
}

/// "no template `x`", with the nearest or what there is.
pub fn unknown(catalog: &Catalog, name: &str) -> Error {
    let hint = match catalog.nearest(name) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("There is {}.", list(catalog.list().iter().map(|template| template.name.as_str()))),
    };
    Error::NotFound(format!("There is no template `{name}`. {hint}"))
}

/// What a search came to.
#[derive(Debug)]
pub struct Matches<'a> {
    /// Whether each of them fits every word.
    pub every: bool,
    /// Best first.
    pub templates: Vec<&'a Arc<Template>>,
}

impl Catalog {
    /// The shipped templates and those in the operator's folders.
    ///
    /// # Errors
    /// Every problem of every template.
    pub fn load(operator_dirs: &[PathBuf]) -> Result<Catalog, Vec<Problem>> {
        let (catalog, problems) = Catalog::read(operator_dirs, None);
        if problems.is_empty() { Ok(catalog) } else { Err(problems) }
    }

    /// What the folders hold, and what is wrong there. What is broken stays as it was `before`.
    fn read(folders: &[PathBuf], before: Option<&Catalog>) -> (Catalog, Vec<Problem>) {
        let mut catalog = Catalog { folders: folders.to_vec(), ..Catalog::default() };
        let mut problems = Vec::new();
        for dir in SHIPPED.dirs() {
            let folder = format!("{}{}", model::SHIPPED, dir.path().display());
            match reading::among(&folder, &shipped_files(dir), None) {
                Err(found) => problems.extend(found),
                Ok(template) => problems.extend(catalog.add(template)),
            }
        }
        for folder in folders {
            match find::templates(folder, Extent::Folder) {
                Ok(found) => {
                    found.into_iter().for_each(|reading| problems.extend(catalog.take(reading, before)))
                }
                Err(problem) => {
                    problems.push(problem);
                    catalog.keep(before, |template| Path::new(&template.file).starts_with(folder));
                }
            }
        }
        (catalog, problems)
    }

    fn take(&mut self, reading: Reading, before: Option<&Catalog>) -> Vec<Problem> {
        let (file, name) = (reading.file.clone(), reading.name.clone());
        match reading.installed() {
            Ok((template, warnings)) => {
                self.warnings.extend(warnings);
                self.add(template).into_iter().collect()
            }
            Err(problems) => {
                let is_it = |template: &Template| template.file == file;
                self.keep(before, |template| is_it(template) && (name.is_empty() || template.name == name));
                problems
            }
        }
    }

    /// Keeps what was there before.
    fn keep(&mut self, before: Option<&Catalog>, is_meant: impl Fn(&Template) -> bool) {
        let known = before.into_iter().flat_map(|before| before.templates.values());
        for template in known.filter(|template| is_meant(template)) {
            self.templates.entry(template.name.clone()).or_insert_with(|| template.clone());
        }
    }

    /// The template of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Template>> {
        self.templates.get(name)
    }

    /// All templates: golden ones first, then by name.
    pub fn list(&self) -> Vec<&Arc<Template>> {
        let mut all: Vec<_> = self.templates.values().collect();
        all.sort_by_key(|template| template.tier);
        all
    }

    /// The templates that fit all of the words, best first; where none does,
    /// those that fit some of them, most words first.
    pub fn search(&self, words: &str) -> Matches<'_> {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(&escape_words(words), CaseMatching::Ignore, Normalization::Smart);
        let scored = self.list().into_iter().map(|template| {
            let scores = pattern.atoms.iter().filter_map(|atom| score(template, atom, &mut matcher));
            let scores: Vec<u32> = scores.collect();
            (scores.len(), scores.into_iter().fold(0_u32, u32::saturating_add), template)
        });
        let mut scored: Vec<_> = scored.filter(|(fits, ..)| *fits > 0).collect();
        scored.sort_by_key(|(fits, score, _)| std::cmp::Reverse((*fits, *score)));
        let every = scored.first().is_some_and(|(fits, ..)| *fits == pattern.atoms.len());
        if every {
            scored.retain(|(fits, ..)| *fits == pattern.atoms.len());
        }
        Matches { every, templates: scored.into_iter().map(|(.., template)| template).collect() }
    }

    /// The name that was probably meant.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let names: Vec<&str> = self.templates.keys().map(String::as_str).collect();
        read::nearest(name, &names)
    }

    /// Takes it in, unless its name is taken.
    fn add(&mut self, template: Template) -> Option<Problem> {
        if self.templates.contains_key(&template.name) {
            let what = format!("there is a template `{}` already", template.name);
            return Some(Problem::whole(&template.file, what, "give it another `metadata.name`"));
        }
        self.templates.insert(template.name.clone(), Arc::new(template));
        None
    }
}

/// How well a word fits: a name or tag that holds it counts more than scattered letters.
fn score(template: &Template, atom: &nucleo_matcher::pattern::Atom, matcher: &mut Matcher) -> Option<u32> {
    let mut best = None;
    let tags = template.tags.join(" ");
    let texts = [(&template.name, 4), (&template.title, 4), (&tags, 3), (&template.description, 2)];
    let needle = atom.needle_text().to_string().to_lowercase();
    for (text, weight) in texts {
        let whole = text.to_lowercase().contains(&needle);
        let mut buffer = Vec::new();
        let score = atom.score(Utf32Str::new(text, &mut buffer), matcher).map(u32::from);
        // Scattered letters of a long description say nothing.
        let score = score.filter(|_| whole || weight == 4);
        best = best.max(score.map(|score| score * weight * if whole { 4 } else { 1 }));
    }
    best
}

/// The words without the marks that a pattern would read as its own syntax.
fn escape_words(words: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_.#+".contains(c) { c } else { ' ' };
    words.chars().map(plain).collect()
}

fn shipped_files(dir: &Dir<'_>) -> Files {
    let mut files = Files::new();
    let mut folders = vec![dir];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            let path = file.path().strip_prefix(dir.path()).unwrap_or(file.path());
            let bytes = file.contents().to_vec();
            let executable = bytes.starts_with(b"#!");
            files.insert(slashed(path), TemplateFile { bytes, executable });
        }
    }
    files
}

#[cfg(test)]
mod tests;
