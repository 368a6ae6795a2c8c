//! A file's bytes to its templates, with all that is wrong with each: pure. What may be used follows from
//! the levels of the problems, so that the catalog, `check` and `lint` cannot disagree.

use serde_json::Value;

use super::model::{Files, Template};
use super::yaml::Document;
use super::{lint, read, rules};
use crate::diagnostic::{Level, Problem};

/// What reading one template came to.
#[derive(Debug)]
pub struct Reading {
    /// The file as the operator knows it.
    pub file: String,
    /// `metadata.name`; empty when it has none.
    pub name: String,
    /// In the order of the file.
    pub problems: Vec<Problem>,
    /// None when its outline is broken.
    template: Option<Template>,
}

/// Whether a template can be used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it is.
    Ready,
    /// Once what only its own portal knows is replaced.
    Mapping,
    /// Not even there.
    Refused,
}

impl Reading {
    /// A file of which nothing could be read.
    pub fn broken(file: &str, problem: Problem) -> Reading {
        Reading { file: file.to_owned(), name: String::new(), problems: vec![problem], template: None }
    }

    /// What the problems come to together.
    pub fn verdict(&self) -> Verdict {
        let levels = self.problems.iter().map(level);
        let verdicts = levels.map(|level| match level {
            Level::Error => Verdict::Refused,
            Level::Mapping => Verdict::Mapping,
            Level::Warning => Verdict::Ready,
        });
        verdicts.max().unwrap_or(Verdict::Ready)
    }

    /// The template, if it can be used as it is, and what it warns of.
    ///
    /// # Errors
    /// Every problem that is not a warning.
    pub fn installed(self) -> Result<(Template, Vec<Problem>), Vec<Problem>> {
        let (warnings, errors): (Vec<_>, Vec<_>) =
            self.problems.into_iter().partition(|problem| level(problem) == Level::Warning);
        match self.template {
            Some(template) if errors.is_empty() => Ok((template, warnings)),
            _ => Err(errors),
        }
    }
}

/// What is under no rule is an error.
pub fn level(problem: &Problem) -> Level {
    problem.rule.map_or(Level::Error, |rule| rule.level)
}

/// The names of files that are meant to hold a template.
pub const TEMPLATE_FILES: [&str; 2] = ["template.yaml", "template.yml"];

/// Whether a folder's file is a template by its name.
pub fn is_template_file(name: &str) -> bool {
    TEMPLATE_FILES.contains(&name)
}

/// The templates in the text of a file: all its documents of that kind, and in a file that is meant to
/// hold one the first document at least.
///
/// # Errors
/// What keeps it from being read.
pub fn documents(file: &str, bytes: &[u8], meant: bool) -> Result<Vec<Document>, Problem> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(Problem::whole(file, "is not UTF-8 text", "").under(&rules::BROKEN_FILE));
    };
    let mut all = Document::all(file, text)?;
    let is_template = |document: &Document| {
        let text = |key: &str| document.value.get(key).and_then(Value::as_str).unwrap_or_default();
        text("kind") == "Template" && text("apiVersion").contains("backstage.io/")
    };
    if meant && all.is_empty() {
        return Err(Problem::whole(file, "is empty", "").under(&rules::BROKEN_FILE));
    }
    match all.iter().any(is_template) {
        true => all.retain(is_template),
        false => all.truncate(usize::from(meant)),
    }
    Ok(all)
}

/// Reads and lints one template; `files` is its folder.
pub fn template(folder: &str, document: &Document, files: Files) -> Reading {
    let (template, mut problems) = read::outline(document, files);
    let name = template.name.clone();
    // Without the outline, what the lint would say follows from what was said.
    let outline = problems.is_empty();
    if outline {
        problems = lint::problems(&template, document, folder);
    }
    problems.sort_by_key(|problem| (problem.file.clone(), problem.line, problem.column));
    problems.dedup();
    Reading { file: document.file.clone(), name, problems, template: outline.then_some(template) }
}

/// The template of that name among a folder's files, or the only one where no name is given.
///
/// # Errors
/// Every problem that it has.
pub fn among(folder: &str, files: &Files, name: Option<&str>) -> Result<Template, Vec<Problem>> {
    let top = files.iter().filter(|(path, _)| !path.contains('/') && is_yaml(path));
    for (path, file) in top {
        let shown = format!("{folder}/{path}");
        let read = documents(&shown, &file.bytes, is_template_file(path));
        let document = match read {
            Ok(all) => all.into_iter().find(|one| name.is_none_or(|name| named(one) == Some(name))),
            Err(problem) if is_template_file(path) => return Err(vec![problem]),
            Err(_) => None,
        };
        if let Some(document) = document {
            return template(folder, &document, files.clone()).installed().map(|(template, _)| template);
        }
    }
    Err(vec![Problem::whole(folder, "holds no `template.yaml`", "")])
}

fn named(document: &Document) -> Option<&str> {
    document.value.pointer("/metadata/name").and_then(Value::as_str)
}

/// Whether a file is YAML by its name.
pub fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}
