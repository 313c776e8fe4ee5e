//! Every folder of `fixtures/` is a test: its recorded pair is checked by the binary, offline, and the answers are those in
//! `expected/`. `STANDIN_UPDATE=1 cargo test --test scenarios` writes them anew, to be read before they are committed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The answer with the catalogue's digest out of the way, which changes with every word of a rule.
fn without_digest(answer: &str, digest: &str) -> String {
    answer.replace(digest, "DIGEST").replace(&digest[..12], "DIGEST")
}

/// The digest of the catalogue that judges this folder.
fn digest_of(folder: &Path, state: &Path) -> String {
    let (json, _) = run("check", folder, &["--format", "json"], state);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    json["catalogue"]["digest"].as_str().unwrap().to_owned()
}

/// What the operator types, and where the answer is kept.
const ANSWERS: &[(&str, &[&str], &str)] = &[
    ("check", &[], "report.txt"),
    ("check", &["-v"], "report-verbose.txt"),
    ("check", &["--format", "json"], "report.json"),
    ("plan", &[], "plan.txt"),
    ("plan", &["--format", "json"], "plan.json"),
    ("runbook show failover", &[], "runbook-failover.txt"),
    ("runbook show failback", &[], "runbook-failback.txt"),
    ("runbook show restore", &[], "runbook-restore.txt"),
    (
        "runbook show failover",
        &["--format", "markdown"],
        "runbook-failover.md",
    ),
];

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir("fixtures")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("pair.yaml").is_file())
        .collect();
    folders.sort();
    folders
}

fn run(command: &str, folder: &Path, options: &[&str], state: &Path) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(command.split(' '))
        .arg(folder)
        .args(options)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .env("STANDIN_STATE", state)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("no server is asked"),
        "{}: it does not say that it replays: {stderr}",
        folder.display()
    );
    (
        String::from_utf8(output.stdout).unwrap(),
        output.status.code().unwrap(),
    )
}

#[test]
fn every_scenario_gives_its_answers() {
    let state = tempfile::tempdir().unwrap();
    let update = std::env::var_os("STANDIN_UPDATE").is_some_and(|value| value == "1");
    let mut differing = Vec::new();
    for folder in folders() {
        let digest = digest_of(&folder, state.path());
        for (command, options, name) in ANSWERS {
            let (answer, code) = run(command, &folder, options, state.path());
            let answer = without_digest(&answer, &digest);
            let exit = if name.contains("txt") {
                format!("exit {code}\n")
            } else {
                String::new()
            };
            let answer = answer + &exit;
            let expected = folder.join("expected").join(name);
            if update {
                fs::create_dir_all(expected.parent().unwrap()).unwrap();
                fs::write(&expected, &answer).unwrap();
            } else if fs::read_to_string(&expected).unwrap_or_default() != answer {
                differing.push(expected.display().to_string());
            }
        }
    }
    assert!(
        differing.is_empty(),
        "differ, or are not there: {}",
        differing.join(", ")
    );
    assert!(
        fs::read_dir(state.path()).unwrap().next().is_none(),
        "a replay leaves nothing in the state folder"
    );
}

#[test]
fn a_replay_gives_the_same_bytes_each_time() {
    let state = tempfile::tempdir().unwrap();
    for folder in folders() {
        for (command, options, _) in ANSWERS {
            assert_eq!(
                run(command, &folder, options, state.path()),
                run(command, &folder, options, state.path())
            );
        }
    }
}
