//! The catalog of a bot that runs: templates may change beside it.
//!
//! Whoever asks for it freshly looks whether the operator's folders changed since, by names, sizes and
//! times, and reads them again where they did. What is broken keeps its last good version, and a
//! folder that cannot be read keeps all of its own; the log says so once. Why not a job? Each process
//! holds its own catalog, and a job runs in one of them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, TryLockError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::Catalog;

/// Nobody waits longer for a look at the folders; a slow one goes on by itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// The catalog as it is now.
pub struct Library {
    current: RwLock<Arc<Catalog>>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// What the folders looked like when they were read.
    mark: Option<[u8; 32]>,
    /// What was wrong with them then.
    said: Vec<String>,
}

impl Library {
    /// Begins with what was read at the start.
    pub fn new(catalog: Catalog) -> Arc<Library> {
        Arc::new(Library { current: RwLock::new(Arc::new(catalog)), seen: Mutex::default() })
    }

    /// What was read last.
    pub fn now(&self) -> Arc<Catalog> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the folders hold now.
    pub async fn fresh(self: &Arc<Self>) -> Arc<Catalog> {
        if !self.now().folders.is_empty() {
            let library = self.clone();
            let look = tokio::task::spawn_blocking(move || library.look());
            if tokio::time::timeout(PATIENCE, look).await.is_err() {
                tracing::warn!("the templates' folders are slow to read; what was read before is shown");
            }
        }
        self.now()
    }

    /// Reads the folders again when they changed. One look at a time: who comes in between takes what is there.
    fn look(&self) {
        let mut seen = match self.seen.try_lock() {
            Ok(seen) => seen,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let before = self.now();
        // Taken first: what changes while it is read changes the mark once more.
        let mark = mark(&before.folders);
        if seen.mark == Some(mark) {
            return;
        }
        let (catalog, problems) = Catalog::read(&before.folders, Some(&before));
        seen.mark = Some(mark);
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        if said != seen.said {
            for problem in &said {
                tracing::warn!(problem, "a template is broken; its last good version stays");
            }
            seen.said = said;
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalog);
    }
}

/// A digest over the names, sizes, modes and times of everything in the folders.
fn mark(folders: &[PathBuf]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for folder in folders {
        visit(folder, &mut hash);
    }
    hash.finalize().into()
}

fn visit(path: &Path, hash: &mut Sha256) {
    hash.update(path.as_os_str().as_encoded_bytes());
    // A folder that is named may be a link, as a mount's current version is.
    let Ok(about) = fs::metadata(path) else { return hash.update([0]) };
    for number in
        [about.mtime(), about.mtime_nsec(), about.ctime(), about.ctime_nsec(), i64::from(about.mode())]
    {
        hash.update(number.to_be_bytes());
    }
    hash.update(about.len().to_be_bytes());
    if !about.is_dir() || path.ends_with(".git") {
        return;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths.iter().for_each(|path| visit(path, hash));
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: NAME, title: One}\nspec: {type: x, steps: [{id: a, action: 'debug:log'}]}\n";

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join("deep").join(name);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("template.yaml"), text.replace("NAME", name)).unwrap();
    }

    async fn titles(library: &Arc<Library>) -> Vec<String> {
        let all = library.fresh().await;
        let own = all.list().into_iter().filter(|template| !template.is_shipped());
        own.map(|template| format!("{} {}", template.name, template.title)).collect()
    }

    #[tokio::test]
    async fn what_changes_is_seen_and_what_breaks_stays() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a", TEMPLATE);
        let library = Library::new(Catalog::load(&[folder.path().to_owned()]).unwrap());
        write(folder.path(), "b", TEMPLATE);
        assert_eq!(titles(&library).await, ["a One", "b One"]);
        write(folder.path(), "a", &TEMPLATE.replace("One", "Two"));
        write(folder.path(), "b", &TEMPLATE.replace("debug:log", "debug:lgo"));
        assert_eq!(titles(&library).await, ["a Two", "b One"]);
        write(folder.path(), "b", "spec: [");
        write(folder.path(), "rust-service", TEMPLATE);
        assert_eq!(titles(&library).await, ["a Two", "b One"], "a name that is taken stays taken");
        fs::remove_dir_all(folder.path().join("deep/a")).unwrap();
        assert_eq!(titles(&library).await, ["b One"]);
    }

    #[tokio::test]
    async fn a_folder_that_is_away_keeps_its_templates() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("mounted");
        write(&folder, "a", TEMPLATE);
        let library = Library::new(Catalog::load(std::slice::from_ref(&folder)).unwrap());
        fs::rename(&folder, root.path().join("away")).unwrap();
        assert_eq!(titles(&library).await, ["a One"]);
        fs::rename(root.path().join("away"), &folder).unwrap();
        write(&folder, "a", &TEMPLATE.replace("One", "Two"));
        assert_eq!(titles(&library).await, ["a Two"]);
    }
}
