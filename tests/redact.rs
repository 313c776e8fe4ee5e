//! A redacted recording with its pair file names nobody and gives the same verdicts as the whole one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use standin::diagnostic::SourceMap;
use standin::evaluate::{Finding, Selection, Subject};
use standin::facts::{FactPath, Redaction, Snapshot, words};
use standin::pipeline::{self, Opened};

fn fixtures() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir("fixtures")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("pair.yaml").is_file())
        .collect();
    folders.sort();
    folders
}

/// A pair and its recording, whose file name the pair file tells.
fn read(folder: &Path) -> (Opened, Snapshot) {
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let opened = pipeline::open(folder, &[], now, &mut SourceMap::new()).unwrap();
    let recorded = opened.pair.recorded.clone().unwrap();
    let snapshot = pipeline::recorded(&recorded, &opened.catalogue).unwrap();
    (opened, snapshot)
}

/// The statuses by rule and subject.
fn statuses(
    (opened, snapshot): &(Opened, Snapshot),
    mut subject: impl FnMut(&Subject) -> String,
) -> BTreeMap<String, Vec<String>> {
    let answer = pipeline::judge(opened, snapshot, &Selection::default(), snapshot.taken_at).unwrap();
    let mut statuses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in &answer.judged.findings {
        let of = format!("{} {}", finding.rule, subject(&finding.subject));
        statuses.entry(of).or_default().push(verdict(finding));
    }
    statuses
}

fn verdict(finding: &Finding) -> String {
    let because = finding.because.as_ref().map(|because| &*because.rule);
    let cause = finding.absence.as_ref().map(|why| why.cause.word());
    format!("{} {because:?} {cause:?} {:?}", finding.status, finding.fixable())
}

#[test]
fn every_fixture_gives_the_same_verdicts_redacted() {
    for fixture in fixtures() {
        let whole = read(&fixture);
        let mut redacted = pipeline::redacted(&whole.0, &whole.1, "snapshot.json", &[]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("snapshot.json"), redacted.snapshot.to_json()).unwrap();
        fs::write(folder.path().join("pair.yaml"), &redacted.pair_file).unwrap();
        let again = read(folder.path());
        let expected = statuses(&whole, |subject| {
            let key = redacted.redaction.key(&subject.key);
            Subject {
                key,
                ..subject.clone()
            }
            .to_string()
        });
        assert_eq!(
            statuses(&again, ToString::to_string),
            expected,
            "{}",
            fixture.display()
        );
        names_nobody(
            &whole.0,
            &redacted.snapshot,
            &redacted.pair_file,
            &mut redacted.redaction,
        );
    }
}

/// What the pair file says of names and addresses stands nowhere.
fn names_nobody(opened: &Opened, snapshot: &Snapshot, pair_file: &str, redaction: &mut Redaction) {
    let text = format!("{pair_file}\n{}", snapshot.to_json());
    let said = words(&text);
    for server in [&opened.pair.source, &opened.pair.target] {
        let name = &server.name.value;
        assert!(!said.contains(&name.to_lowercase()), "{name} is still there");
        assert_ne!(redaction.text(name), *name);
        let address = server.address.value.to_string();
        let shown = redaction.text(&address);
        assert!(
            shown == address || !text.contains(&format!("\"{address}\"")),
            "{address} is still there"
        );
    }
    for name in ["fabrikam", "seattle", "portland", "svc", "executives"] {
        assert!(!said.contains(name), "{name} is still there");
    }
    for part in [
        "10.1.4.",
        "2052111302",
        "secret",
        "ldap:",
        "credential:",
        "{ env",
        "tsig",
    ] {
        assert!(!pair_file.contains(part), "{part} is still in the pair file");
    }
    assert!(!text.contains("2052111302"), "the domain's SID is still there");
}

#[test]
fn the_same_recording_gets_the_same_stand_ins() {
    let whole = read(Path::new("fixtures/exchange-broken"));
    let texts: BTreeSet<String> = (0..2)
        .map(|_| {
            let redacted = pipeline::redacted(&whole.0, &whole.1, "a.json", &[]).unwrap();
            format!("{}{}", redacted.snapshot.to_json(), redacted.pair_file)
        })
        .collect();
    assert_eq!(texts.len(), 1);
    let name: FactPath = "source.name".parse().unwrap();
    assert!(whole.1.facts.get(&name).is_err(), "names come from the pair file");
}

fn standin(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_recording_is_redacted_into_a_folder_that_can_be_checked() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let out = folder.path().join("public");
    let (pair, out, state) = (
        "fixtures/exchange-broken",
        out.to_str().unwrap(),
        state.to_str().unwrap(),
    );
    let collect = [
        "collect",
        pair,
        "--snapshot",
        "fixtures/exchange-broken/snapshot.json",
        "--redact",
        "--out",
        out,
        "--state",
        state,
    ];
    let (code, told, talk) = standin(&collect);
    assert_eq!(code, Some(3), "something was not known: {told}{talk}");
    assert!(told.contains(&format!("standin check {out}")), "{told}");
    let (code, _, talk) = standin(&collect);
    assert_eq!(code, Some(2), "{talk}");
    assert!(talk.contains("is there already"), "{talk}");
    let closing = |pair: &str| {
        let (code, report, _) = standin(&["check", pair, "--state", state]);
        (code, report.lines().last().unwrap().to_owned())
    };
    assert_eq!(closing(out), closing(pair));
    let file = folder.path().join("one.json");
    let file = file.to_str().unwrap();
    let beside = [
        "collect",
        pair,
        "--snapshot",
        "fixtures/exchange-broken/snapshot.json",
        "--redact",
        "--out",
        file,
        "--state",
        state,
    ];
    assert_eq!(standin(&beside).0, Some(3));
    let beside = folder.path().join("one.yaml");
    assert_eq!(closing(beside.to_str().unwrap()), closing(pair));
}
