//! The hash of a password goes from server to server, and is told nowhere: no answer, log, plan, journal or file has it.

use std::fs;
use std::path::Path;

use data_encoding::{BASE64, HEXLOWER};

use super::broken::Broken;
use super::live::bases::DATABASES;
use super::live::{self, Change};
use super::program::{Run, standin};
use super::{clients, dumps, lab};

/// A login is made with one hash, and of another the old one is written over by the new one.
const CHANGES: &[&str] = &[
    "SQL: the target lacks a login",
    "SQL: a login has another password",
];
const HASHES: &[&[u8]] = &[
    b"\x02\x00\xa0\x00\x02\x71",
    b"\x02\x00\xa0\x00\x02\x72",
    b"\x02\x00\xa0\x00\x09\x99",
];

#[test]
fn hashes_of_passwords_are_told_nowhere() {
    let Some(_lab) = lab() else { return };
    let changes: Vec<Change> = live::all()
        .into_iter()
        .filter(|change| CHANGES.contains(&change.name))
        .collect();
    assert_eq!(changes.len(), CHANGES.len());
    let pair = Broken::by(&DATABASES, &changes);
    let (folder, pair) = (pair.path(), pair.pair());
    let _forgotten_at_the_end = clients::reset_at_the_end("sql");
    let told = |words: &[&str]| {
        let run = standin(folder, &[&["--log", "trace"], words].concat());
        silent(words[0], run.out.as_bytes());
        silent(words[0], run.err.as_bytes());
        run
    };
    let plan = folder.join("plan.json");
    told(&["plan", pair, "-v", "--out", plan.to_str().unwrap()]);
    told(&["plan", pair, "--format", "json"]);
    let logins = ["--only", "sql/login-missing,sql/login-differs"];
    let fix = ["fix", pair, "--yes", "--confirm", "all", "--format", "json"];
    let done = told(&[&fix[..], &logins].concat());
    assert_eq!(done.json()["end"], "done", "{}\n{}", done.out, done.err);
    assert_eq!(are_carried_over(), [true, true]);
    let run = done.json()["run"].to_string();
    told(&["history", "show", &run, "-v"]);
    // Only the run itself could have brought the old one back.
    let undone: Run = told(&["undo", &run, "--format", "json"]);
    assert_eq!(undone.json()["end"], "needs_person", "{}", undone.out);
    let mut names = Vec::new();
    everything(folder, &mut |path, bytes| {
        silent(&path.display().to_string(), bytes);
        names.push(path.file_name().unwrap().to_owned());
    });
    for name in ["plan.json", "store.sqlite"] {
        assert!(names.iter().any(|there| there == name), "{names:?}");
    }
}

/// Whether both logins have the hash of the source on the target, as the lab itself tells.
fn are_carried_over() -> [bool; 2] {
    ["nobody", "payroll_app"].map(|login| {
        let hash = |server| {
            let way = format!("/logins/{login}/hash");
            dumps::shown("tests/lab/sql/change", &[server, "show", &way])
        };
        hash("source").contains("0x0200a000027") && hash("source") == hash("target")
    })
}

#[track_caller]
fn silent(what: &str, bytes: &[u8]) {
    for hash in HASHES {
        let wide: Vec<u8> = HEXLOWER
            .encode(hash)
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let text = HEXLOWER.encode(hash);
        let forms = [
            hash.to_vec(),
            text.to_ascii_uppercase().into_bytes(),
            text.into_bytes(),
            BASE64.encode(hash).into_bytes(),
            wide,
        ];
        for form in forms {
            let is_in = bytes.windows(form.len()).any(|window| window == form);
            assert!(!is_in, "{what} tells {hash:02x?}");
        }
    }
}

/// Every file below a folder.
fn everything(folder: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            everything(&path, look);
        } else {
            look(&path, &fs::read(&path).unwrap());
        }
    }
}
