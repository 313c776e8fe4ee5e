//! Broken, mended, found good, taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::batch;
use super::live::bases::{DATABASES, EXCHANGE};
use super::live::{Base, Change, Edit, Step};
use super::program::{Run, standin};
use super::{clients, dumps, pair_file};

/// Writing needs more than the reader of the checks may.
const WRITER: Edit<'static> = (
    "credential: { user: svcstandin@corp.example, password: { env: STANDIN_LAB_READER_PASSWORD } }",
    "credential: { user: Administrator@corp.example, password: { env: STANDIN_LAB_ADMIN_PASSWORD } }",
);

/// What the services of the changes depend on: Windows runs none without it.
const RUNNING: &[Step] = &[
    Step::Host(&["target", "service", "MSExchangeSA", "state=running"]),
    Step::Host(&["target", "service", "IISADMIN", "state=running"]),
];

#[test]
fn an_exchange_pair_is_mended_and_taken_back() {
    let Some(_lab) = super::lab() else { return };
    broken_mended_and_back(&EXCHANGE);
}

#[test]
fn a_sql_pair_is_mended_and_taken_back() {
    let Some(_lab) = super::lab() else { return };
    broken_mended_and_back(&DATABASES);
}

fn broken_mended_and_back(base: &Base) {
    let changes = batch::together(base.name);
    eprintln!("{}: {} ways", base.name, changes.len());
    let mut edits = batch::edits(base, &changes);
    edits.push(WRITER);
    let helpers = helpers();
    let folder_of_helpers = format!("settings:\n  helper.folder: {}\n", helpers.path().display());
    let folder_of_helpers: &'static str = folder_of_helpers.leak();
    edits.push(("settings:\n", folder_of_helpers));
    let folder = pair_file::with(base, &edits);
    let pair = folder.path().to_str().unwrap();
    let of_changes = changes.iter().flat_map(|change| change.steps);
    let steps: Vec<_> = base
        .steps
        .iter()
        .chain(RUNNING)
        .chain(of_changes)
        .copied()
        .collect();
    let _undone_at_the_end = clients::change(&steps);
    let broken = dumps::all();
    let found = findings(&standin(folder.path(), &["check", pair, "--format", "json"]));
    all_are_found(&changes, &found);

    let mended = standin(
        folder.path(),
        &["fix", pair, "--yes", "--confirm", "all", "--format", "json"],
    );
    assert!(
        !mended.out.is_empty(),
        "{}",
        mended.err.lines().rev().take(12).collect::<Vec<_>>().join("\n")
    );
    let told = mended.json();
    assert_eq!(told["end"], "done", "{}\n{}", mended.out, mended.err);
    eprintln!("{}: {} steps", base.name, told["steps"].as_array().unwrap().len());
    let left = still_bad(&told, &changes);
    assert!(left.is_empty(), "{left:#?}\n{}", mended.err);

    let again = standin(
        folder.path(),
        &["fix", pair, "--yes", "--confirm", "all", "--format", "json"],
    );
    assert_eq!(again.json()["run"], Value::Null, "{}{}", again.out, again.err);

    taken_back(folder.path(), &told["run"].to_string(), &broken);
    let after = findings(&standin(folder.path(), &["check", pair, "--format", "json"]));
    let others: Vec<_> = after
        .iter()
        .filter(|(place, status)| found.get(*place) != Some(*status))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    sound(folder.path());
}

/// Once takes everything back, and once more changes nothing.
fn taken_back(folder: &Path, run: &str, broken: &BTreeMap<String, String>) {
    for time in ["once", "twice"] {
        let back = standin(folder, &["undo", run, "--format", "json"]);
        let differences = dumps::differences(broken, &dumps::all());
        assert_eq!(
            (back.code, &back.json()["end"]),
            (Some(0), &"taken_back".into()),
            "{time}: {differences:#?}\n{}\n{}",
            back.out,
            back.err
        );
        assert!(differences.is_empty(), "{time}: {differences:#?}");
    }
}

/// A folder with the helper programs as they are on the healthy source.
fn helpers() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let source = super::setting("SOURCE");
    let host = Path::new(&super::setting("HOME")).join(source.split('.').next().unwrap());
    let copy = r#"find "$1/C" -type f \( -iname '*.exe' -o -iname '*.dll' \) -exec cp {} "$2" \;"#;
    let words = [
        "-c",
        copy,
        "sh",
        host.to_str().unwrap(),
        folder.path().to_str().unwrap(),
    ];
    assert!(Command::new("sh").args(words).status().unwrap().success());
    // The packs know it by a name in lower case, and case counts here.
    std::fs::rename(
        folder.path().join("CAPICOM.dll"),
        folder.path().join("capicom.dll"),
    )
    .unwrap();
    folder
}

/// How each subject of each rule stands.
fn findings(checked: &Run) -> BTreeMap<(String, String), String> {
    let answer = checked.json();
    let findings = answer["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .map(|finding| {
            let place = (text(&finding["rule"]), finding["subject"].to_string());
            (place, text(&finding["status"]))
        })
        .collect()
}

/// Each change is one of the ways in which the pair is broken.
fn all_are_found(changes: &[Change], found: &BTreeMap<(String, String), String>) {
    let bad: BTreeSet<&str> = found
        .iter()
        .filter(|(_, status)| matches!(status.as_str(), "error" | "warning"))
        .map(|((rule, _), _)| rule.as_str())
        .collect();
    for change in changes {
        let mut rules = change
            .expect
            .iter()
            .filter(|(_, _, outcome)| outcome.ends_with(", fixable"));
        assert!(
            rules.all(|(rule, ..)| bad.contains(rule)),
            "{} is not found",
            change.name
        );
    }
}

/// The rules of fixable findings that the run left bad.
fn still_bad(told: &Value, changes: &[Change]) -> Vec<String> {
    let fixable: BTreeSet<&str> = changes
        .iter()
        .flat_map(|change| change.expect)
        .filter(|(_, _, outcome)| outcome.ends_with(", fixable"))
        .map(|(rule, ..)| *rule)
        .collect();
    let kinds = ["still_bad", "newly_bad", "newly_unknown"];
    let all = kinds
        .iter()
        .flat_map(|kind| told["findings"][*kind].as_array().unwrap());
    all.filter(|finding| fixable.contains(finding["rule"].as_str().unwrap()))
        .map(ToString::to_string)
        .collect()
}

fn sound(folder: &Path) {
    let verified = standin(folder, &["history", "verify"]);
    assert_eq!(verified.code, Some(0), "{}", verified.out);
}
