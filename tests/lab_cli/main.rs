//! Commands that ask servers, against real ones: the first draft of a pair file, the doctor, a recording.
//!
//! Runs inside the lab: `tests/lab/lab run cargo test --test lab_cli`. Outside of it the tests say that they were
//! left out, or fail when `STANDIN_LAB=required`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Leaves the test out unless the lab is up.
macro_rules! in_lab {
    () => {
        match std::env::var("STANDIN_LAB").as_deref() {
            Ok("up") => {}
            Ok("required") => panic!("the lab is required: use tests/lab/lab run"),
            _ => {
                eprintln!("left out: it needs the lab (tests/lab/lab run)");
                return;
            }
        }
    };
}

mod again;
mod discover;
mod doctor;
mod explain;
#[cfg(all(feature = "kerberos", unix))]
mod kerberos;
mod rights;
mod secrets;
#[path = "../shared/winrm.rs"]
mod server;
mod tools;
mod types;

const CA: &str = "/run/standin-lab/tls/ca.pem";

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs the program in a folder, which holds its state too.
fn standin(folder: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(arguments)
        .current_dir(folder)
        .env("STANDIN_STATE", folder.join("state"))
        .env_remove("STANDIN_LOG")
        .output()
        .unwrap();
    Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A pair file for the lab whose directory is this server.
fn pair(folder: &Path, server: &str, password: &str) {
    let reader = std::env::var("STANDIN_LAB_READER").unwrap();
    let text = format!(
        "pair: lab\npacks: [common]\nsource: {{ name: SRCMAIL, address: 127.0.0.11, domain: corp.example }}\n\
         target: {{ name: TGTMAIL, address: 127.0.0.12, domain: corp.example }}\nendpoints:\n  directory:\n    \
         ldap: {{ server: {server}, security: ldaps, ca: {CA} }}\n    \
         credential: {{ user: {reader}, password: {{ env: {password} }} }}\n    deadline: 2s\n  dns:\n    \
         dns: {{ server: ns1.corp.example }}\n"
    );
    std::fs::write(folder.join("pair.yaml"), text).unwrap();
}

/// The doctor's looks at one thing: what, and how it stands.
fn looks(folder: &Path, about: &str) -> (Option<i32>, Vec<(String, String, String)>) {
    let run = standin(folder, &["doctor", ".", "--format", "json"]);
    let told: Value = serde_json::from_str(&run.out).unwrap();
    let of = |look: &Value, key: &str| look[key].as_str().unwrap_or_default().to_owned();
    let looks = told["looks"].as_array().unwrap().iter();
    let looks = looks.filter(|look| look["about"] == about);
    let looks = looks.map(|look| (of(look, "what"), of(look, "status"), of(look, "detail")));
    (run.code, looks.collect())
}

#[test]
fn a_pair_file_is_drafted_from_the_domain() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let reader = std::env::var("STANDIN_LAB_READER").unwrap();
    let asked = [
        "init",
        "--out",
        "new",
        "--source",
        "srcmail",
        "--target",
        "tgtmail",
        "--domain",
        "corp.example",
    ];
    let whom = [
        "--user",
        &reader,
        "--password",
        "env:STANDIN_LAB_READER_PASSWORD",
        "--ca",
        CA,
    ];
    let written = standin(folder.path(), &[&asked[..], &whom].concat());
    assert_eq!(written.code, Some(0), "{}{}", written.out, written.err);
    let text = std::fs::read_to_string(folder.path().join("new/pair.yaml")).unwrap();
    for line in [
        "  name: SRCMAIL\n  address: 127.0.0.11\n  domain: corp.example\n",
        "  name: TGTMAIL\n  address: 127.0.0.12\n  domain: corp.example\n",
        "      server: dc1.corp.example\n",
        "      server: ns1.corp.example\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // What was found without being asked for.
    for line in [
        "packs: [common, exchange, sql]\n",
        "  exchange.edition: { source: enterprise, target: enterprise }",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // Its databases need a log-on of their own, which nobody has written down yet.
    let words = ["check", "new", "--only", "directory", "--skip", "sql"];
    let checked = standin(folder.path(), &words);
    assert_eq!(checked.code, Some(0), "{}{}", checked.out, checked.err);
}

#[test]
fn a_draft_tells_what_was_not_found() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    let reader = std::env::var("STANDIN_LAB_READER").unwrap();
    let asked = [
        "init",
        "--out",
        "new",
        "--source",
        "srcmail",
        "--target",
        "nosuch",
        "--domain",
        "corp.example",
    ];
    let whom = [
        "--user",
        &reader,
        "--password",
        "env:STANDIN_LAB_READER_PASSWORD",
        "--ca",
        CA,
    ];
    let written = standin(folder.path(), &[&asked[..], &whom].concat());
    assert_eq!(written.code, Some(3), "{}{}", written.out, written.err);
    assert!(
        written.err.contains("nosuch: no server of this name"),
        "{}",
        written.err
    );
    assert!(written.out.contains("one place"), "{}", written.out);
}

#[test]
fn the_doctor_finds_a_healthy_pair_well() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), "dc1.corp.example", "STANDIN_LAB_READER_PASSWORD");
    let (code, directory) = looks(folder.path(), "directory");
    let steps: Vec<&str> = directory.iter().map(|(what, ..)| what.as_str()).collect();
    assert_eq!(
        steps,
        [
            "name", "port", "secret", "TLS", "log-on", "clock", "search", "rights", "allowed"
        ]
    );
    let (_, dns) = looks(folder.path(), "dns");
    let (_, here) = looks(folder.path(), "this machine");
    for (what, status, detail) in directory.iter().chain(&dns).chain(&here) {
        assert_eq!(status, "good", "{what}: {detail}");
    }
    assert_eq!(code, Some(0));
}

#[test]
fn the_doctor_names_the_step_that_fails() {
    in_lab!();
    let rows = [
        ("127.0.0.60", "STANDIN_LAB_READER_PASSWORD", "port"),
        ("127.0.0.61", "STANDIN_LAB_READER_PASSWORD", "port"),
        ("127.0.0.62", "STANDIN_LAB_READER_PASSWORD", "TLS"),
        ("127.0.0.63", "STANDIN_LAB_READER_PASSWORD", "TLS"),
        ("unknown-ca.trouble.example", "STANDIN_LAB_READER_PASSWORD", "TLS"),
        ("expired.trouble.example", "STANDIN_LAB_READER_PASSWORD", "TLS"),
        ("wrong-name.trouble.example", "STANDIN_LAB_READER_PASSWORD", "TLS"),
        ("no-such-host.corp.example", "STANDIN_LAB_READER_PASSWORD", "name"),
        ("dc1.corp.example", "STANDIN_LAB_ADMIN_PASSWORD", "log-on"),
        ("dc1.corp.example", "STANDIN_LAB_NO_SUCH", "secret"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (server, password, step) in rows {
        pair(folder.path(), server, password);
        let (code, looks) = looks(folder.path(), "directory");
        let (what, status, detail) = looks.last().unwrap();
        assert_eq!(
            (what.as_str(), status.as_str(), code),
            (step, "error", Some(1)),
            "{server}: {detail}"
        );
        let others = looks.iter().rev().skip(1);
        assert!(
            others.clone().all(|(_, status, _)| status == "good"),
            "{server}: {looks:?}"
        );
    }
}

#[test]
fn a_recording_replays_what_was_seen_live() {
    in_lab!();
    let folder = tempfile::tempdir().unwrap();
    pair(folder.path(), "dc1.corp.example", "STANDIN_LAB_READER_PASSWORD");
    let collected = standin(folder.path(), &["collect", ".", "--out", "a.json"]);
    assert_eq!(collected.code, Some(0), "{}{}", collected.out, collected.err);
    let live = standin(
        folder.path(),
        &["check", ".", "--save", "b.json", "--format", "json"],
    );
    let replay = |file| {
        standin(
            folder.path(),
            &["check", ".", "--snapshot", file, "--format", "json"],
        )
    };
    let findings = |run: &Run| serde_json::from_str::<Value>(&run.out).unwrap()["summary"].take();
    for file in ["a.json", "b.json"] {
        let replayed = replay(file);
        assert_eq!(
            (replayed.code, findings(&replayed)),
            (live.code, findings(&live)),
            "{file}"
        );
    }
    let again = standin(folder.path(), &["check", "."]);
    assert!(again.err.contains("since the last check"), "{}", again.err);
}
