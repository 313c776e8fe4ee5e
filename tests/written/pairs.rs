//! Recorded pairs and what is written for them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Every recorded pair.
pub(crate) fn all() -> Vec<PathBuf> {
    let entries = fs::read_dir("fixtures").unwrap();
    let mut pairs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pairs.retain(|path| path.join("pair.yaml").is_file());
    pairs.sort();
    pairs
}

pub(crate) fn standin(words: &[&str], pair: &Path, options: &[&str]) -> Output {
    let state = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(words)
        .arg(pair)
        .args(options)
        .env_clear()
        .env("STANDIN_STATE", state.path())
        .output();
    output.unwrap()
}

/// The scripts of a pair by their names, those that could be written.
pub(crate) fn scripts(pair: &Path) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let output = standin(&["scripts"], pair, &["--out", folder.path().to_str().unwrap()]);
    let code = output.status.code().unwrap();
    assert!(
        code == 0 || code == 3,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let entries = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let scripts = entries.filter(|path| path.extension().is_some_and(|ending| ending != "json"));
    let named = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    scripts.filter(|path| path.is_file()).map(named).collect()
}
