//! Small file systems of a test's own, which fill up or turn read-only. Only root may mount.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A mounted file system, unmounted with the value.
pub struct Disk {
    folder: TempDir,
    /// The file that an ext4 lives in; memory has none.
    image: Option<PathBuf>,
}

impl Disk {
    /// In memory, of this many mebibytes.
    pub fn in_memory(size: u32) -> Disk {
        let disk = Disk { folder: TempDir::with_prefix("gpdisk").unwrap(), image: None };
        std::fs::create_dir(disk.path()).unwrap();
        run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}m"), "none"])
            .arg(disk.path()));
        disk
    }

    /// An ext4 in a file, of this many mebibytes.
    pub fn in_a_file(size: u64) -> Disk {
        let folder = TempDir::with_prefix("gpdisk").unwrap();
        let image = folder.path().join("image");
        std::fs::File::create(&image).unwrap().set_len(size << 20).unwrap();
        run(Command::new("mkfs.ext4").arg("-q").arg(&image));
        let disk = Disk { folder, image: Some(image) };
        std::fs::create_dir(disk.path()).unwrap();
        disk.mount();
        disk
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn mount(&self) {
        run(Command::new("mount").args(["-o", "loop,errors=remount-ro"]).args(&self.image).arg(self.path()));
    }

    /// Leaves no byte free.
    pub fn fill(&self) {
        let mut ballast = std::fs::File::create(self.path().join("ballast")).unwrap();
        while ballast.write(&[0; 4096]).is_ok_and(|written| written > 0) {}
    }

    /// Makes room again.
    pub fn empty(&self) {
        std::fs::remove_file(self.path().join("ballast")).unwrap();
    }

    /// What the kernel does after a fault of an ext4's disk: from now on it is read-only.
    pub fn turn_read_only(&self) {
        run(Command::new("mount").args(["-o", "remount,abort"]).arg(self.path()));
    }

    /// What an operator does then, once nothing uses it any more.
    pub fn mend(&self) {
        run(Command::new("umount").arg(self.path()));
        let checked = Command::new("e2fsck").arg("-fy").args(&self.image).output().unwrap();
        assert!(checked.status.code().is_some_and(|code| code <= 1), "{checked:?}");
        self.mount();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, since a failed test may still hold files of it.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// Files of `folder` that take no writes while this lives, though they are open for them.
pub struct Immutable(Vec<PathBuf>);

impl Immutable {
    pub fn files_of(folder: &Path, prefix: &str) -> Immutable {
        let files = std::fs::read_dir(folder).unwrap().flatten();
        let ours = files.filter(|file| file.file_name().to_string_lossy().starts_with(prefix));
        let files: Vec<PathBuf> = ours.map(|file| file.path()).collect();
        run(Command::new("chattr").arg("+i").args(&files));
        Immutable(files)
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        run(Command::new("chattr").arg("-i").args(&self.0));
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?} (only root may): {output:?}");
}
