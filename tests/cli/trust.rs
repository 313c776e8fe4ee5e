//! Packs from folders run nothing until somebody who looked at them says so.

#![cfg(unix)]

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
    assert_eq!(
        told.out,
        "plain 1.0.0 runs no program and changes nothing; it needs no trust\n"
    );
    let list = run(folder.path(), &["trust", "--list"]);
    assert_eq!(list.out, "no pack from a folder is trusted\n");
    assert!(!folder.path().join("state").exists(), "nothing is remembered");
}

/// A pack that runs a program on this machine, and one on the servers.
const RUNNING: &[(&str, &str)] = &[
    (
        "acme/pack.yaml",
        "{ name: acme, version: 1.0.0, about: Ours., owns: [acme], requires: [common] }\n",
    ),
    (
        "acme/facts/all.yaml",
        "facts:\n  - fact: acme.here\n    of: pair\n    about: What this machine says.\n    type: text\n    probes:\n      \
         - { on: local, shell: { run: [echo, '{ \"said\": \"hello\" }'] }, value: row.said }\n  \
         - fact: acme.task\n    about: The task.\n    type: text\n    probes:\n      \
         - { shell: { powershell: \"Get-ScheduledTask\\n| Select-Object State\\u202E\" }, value: row.State }\n",
    ),
    (
        "acme/fixes/all.yaml",
        "fixes:\n  - fix: acme/stop\n    about: Stops a service.\n    inputs: { service: text }\n    on: target\n    safety: safe\n    \
         would: stop {{ service }}\n    sets: { 'target.service.all[service].state': '\"stopped\"' }\n    \
         actions:\n      - service: { stop: \"{{ service }}\" }\n      \
         - { on: local, shell: { run: [stopper, -f], input: { name: service } } }\n    \
         undo:\n      - service: { start: \"{{ service }}\" }\n",
    ),
    (
        "acme/rules/all.yaml",
        "rules:\n  - id: acme/said\n    title: Nobody said hello\n    section: Acme\n    \
         expect: pair.acme.here == \"hello\"\n    severity: error\n    message: m\n    why: w\n    remedy: r\n",
    ),
    (
        "pair.yaml",
        "pair: a-b\npacks: [acme]\nsource: { name: A, address: 192.0.2.1 }\ntarget: { name: B, address: 192.0.2.2 }\n",
    ),
];

const CHECK: &[&str] = &["check", ".", "--rules", "acme", "--only", "acme/said"];

#[test]
fn a_program_runs_when_its_pack_is_trusted_and_as_long_as_it_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), RUNNING);
    let told = |run: &Run| run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let before = run(folder.path(), CHECK);
    assert_eq!(before.code, Some(3), "{}{}", before.out, before.err);
    let hint = "the pack `acme` would run a program and is not trusted; look at it, then: standin trust acme";
    assert!(told(&before).contains(hint), "{}", before.out);
    let doctor = run(folder.path(), &["doctor", ".", "--rules", "acme"]);
    assert!(
        doctor.out.contains("allow it: standin trust acme"),
        "{}",
        doctor.out
    );
    let asked = run(folder.path(), &["trust", "acme"]);
    insta::assert_snapshot!(
        "trust-nobody-to-ask",
        asked
            .told(folder.path())
            .replace(&digest(folder.path()), "DIGEST")
    );
    assert_eq!(
        run(folder.path(), CHECK).code,
        Some(3),
        "an answer that nobody gave is no yes"
    );
    let given = run(folder.path(), &["trust", "acme", "--yes"]);
    assert_eq!(given.code, Some(0), "{}", given.err);
    assert!(given.out.contains("acme 1.0.0 is trusted"), "{}", given.out);
    let after = run(folder.path(), CHECK);
    assert_eq!(after.code, Some(0), "{}{}", after.out, after.err);
    let list = run(folder.path(), &["trust", "--list", "--format", "json"]).json();
    assert_eq!(list["trusted"][0]["name"], "acme");
    let rules = folder.path().join("acme/rules/all.yaml");
    let same = std::fs::read_to_string(&rules).unwrap();
    std::fs::write(&rules, format!("{same}# changed\n")).unwrap();
    assert_eq!(
        run(folder.path(), CHECK).code,
        Some(3),
        "another text has no trust"
    );
    std::fs::write(&rules, same).unwrap();
    assert_eq!(run(folder.path(), CHECK).code, Some(0));
    let removed = run(folder.path(), &["trust", "--remove", "acme"]);
    assert_eq!(removed.out, "acme 1.0.0 is not trusted any more\n");
    assert_eq!(run(folder.path(), CHECK).code, Some(3));
}

/// The digest of the pack, as `trust` shows it.
fn digest(folder: &Path) -> String {
    let told = run(folder, &["trust", "acme", "--yes", "--format", "json"]).json();
    assert_eq!(run(folder, &["trust", "--remove", "acme"]).code, Some(0));
    told["packs"][0]["digest"].as_str().unwrap()[..12].to_owned()
}

#[test]
fn trust_that_others_could_have_given_is_none() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), RUNNING);
    assert_eq!(run(folder.path(), &["trust", "acme", "--yes"]).code, Some(0));
    let kept = folder.path().join("state/trusted");
    std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o777)).unwrap();
    let check = run(folder.path(), CHECK);
    assert_eq!(check.code, Some(3), "{}", check.out);
    assert!(check.err.contains("others may write to it"), "{}", check.err);
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
