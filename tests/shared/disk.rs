//! A disk that loses what was not synced, under one process: see `disk.c`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is left of a folder after a loss of power.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Left {
    /// All that was written; the process alone died.
    All,
    /// What was synced, and nothing else.
    Synced,
    /// Names as they were last, contents as they were synced.
    Names,
}

/// The disk that loses what was not synced, compiled.
pub(crate) fn disk() -> PathBuf {
    let library = tempfile::Builder::new()
        .suffix(".so")
        .tempfile()
        .unwrap()
        .into_temp_path()
        .keep()
        .unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shared/disk.c");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl");
    assert!(compiler.status().unwrap().success());
    library
}

/// The folder as it is found after a loss of power.
pub(crate) fn restored(folder: &Path, image: &Path, left: Left) -> tempfile::TempDir {
    let found = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
    let names = match left {
        Left::All => {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                fs::copy(entry.path(), found.path().join(entry.file_name())).unwrap();
            }
            return found;
        }
        Left::Synced => "names.synced",
        Left::Names => "names.now",
    };
    for line in fs::read_to_string(image.join(names)).unwrap().lines() {
        let (name, number) = line.split_once(' ').unwrap();
        let contents = fs::read(image.join(number)).unwrap_or_default();
        fs::write(found.path().join(name), contents).unwrap();
    }
    found
}
