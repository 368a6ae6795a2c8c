//! The binary as an operator starts it, where something is not as it should be.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// What a start says that does not come up.
fn refused(folder: &Path, env: &[(&str, &str)]) -> String {
    let mut start = Command::new(env!("CARGO_BIN_EXE_goldenpath"));
    start.current_dir(folder).env_clear().env("GOLDENPATH_LISTEN", "127.0.0.1:0");
    let output = start.envs(env.iter().copied()).output().expect("it starts");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

#[test]
fn a_database_that_cannot_be_used_is_said_with_its_reason_once() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("notes.txt"),
        "no database, but long enough to be looked at\n".repeat(40),
    )
    .expect("written");
    let said = refused(folder.path(), &[("DATABASE_URL", "sqlite:notes.txt")]);
    assert!(said.contains("notes.txt cannot be opened") && said.contains("file is not a database"), "{said}");
    assert!(!said.contains("ERROR"), "{said}");
    let said = refused(folder.path(), &[("DATABASE_URL", "postgres://ada:hunter2@127.0.0.1:1/x")]);
    assert!(said.contains("PostgreSQL does not answer") && said.contains("refused"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_data_folder_that_is_not_ours_to_close_is_no_fault_of_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = refused(folder.path(), &[("GOLDENPATH_DATA", "/proc/self/task")]);
    assert!(said.contains("cannot be written") && !said.contains("internal"), "{said}");
}

#[tokio::test]
async fn a_database_file_is_nobody_elses_to_read() {
    use goldenpath::{clock::SystemClock, db::Db, ids::Ids};
    use std::sync::Arc;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("g.db");
    let url = format!("sqlite:{}", path.display());
    let db = Db::open(&url, Arc::new(SystemClock), Arc::new(Ids::seeded(1))).await.expect("it opens");
    for file in ["g.db", "g.db-wal"] {
        let about = std::fs::metadata(folder.path().join(file)).expect(file);
        assert_eq!(about.permissions().mode() & 0o077, 0, "{file}");
    }
    db.close().await;
}
