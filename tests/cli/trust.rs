//! Packs from folders run nothing until somebody who looked at them says so.

use crate::run::{Run, ended, program, put};
use std::path::Path;

/// A pack that only asks the directory.
const HARMLESS: &[(&str, &str)] = &[
    (
        "plain/pack.yaml",
        "{ name: plain, version: 1.0.0, about: Ours., owns: [plain], requires: [common] }\n",
    ),
    (
        "plain/facts/all.yaml",
        "facts:\n  - fact: plain.system\n    about: Its system.\n    type: text\n    probes:\n      \
         - { on: directory, ldap: { base: \"{{ here.directory.computer.dn }}\", scope: base }, value: row.operatingSystem }\n",
    ),
];

fn run(folder: &Path, arguments: &[&str]) -> Run {
    ended(program(&folder.join("state")).current_dir(folder).args(arguments))
}

#[test]
fn a_pack_that_runs_nothing_needs_no_trust() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), HARMLESS);
    let told = run(folder.path(), &["trust", "plain"]);
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""));
    assert_eq!(told.out, "plain 1.0.0 runs no program; it needs no trust\n");
    let list = run(folder.path(), &["trust", "--list"]);
    assert_eq!(list.out, "no pack from a folder is trusted\n");
    assert!(!folder.path().join("state").exists(), "nothing is remembered");
}

#[test]
fn what_is_not_trusted_cannot_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let told = run(folder.path(), &["trust", "--remove", "plain"]);
    assert_eq!(told.code, Some(2), "{}", told.err);
    assert!(
        told.err.contains("no trusted pack is called `plain`"),
        "{}",
        told.err
    );
}
