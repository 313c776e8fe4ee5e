//! Broken, mended, found good, taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::batch;
use super::live::Step::Host;
use super::live::bases::{DATABASES, ENGINE, EXCHANGE};
use super::live::{Base, Change, NOTHING};
use super::program::{Run, standin};
use super::{broken::Broken, dumps};

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

/// The script that asks the engine for its jobs.
const JOBS: &str = "ada5a20b01c0d4d3ce80da1dbe14738faf0d7164653d8e9d676925ae3fe00946";
const KEY: &str = r"HKLM\SOFTWARE\NSI Software\Double-Take\CurrentVersion";

/// An engine that is asked over ssh, where a stand-in prints what PowerShell would, and that replicates nothing yet.
const IDLE: Base = Base {
    name: "an idle engine over ssh",
    pair: &[
        ENGINE.pair[0],
        ENGINE.pair[1],
        (
            "    rpc: {}\n    credential: { user: svcservers@corp.example, password: { env: STANDIN_LAB_HOST_ADMIN_PASSWORD } }\n",
            "    ssh: { user: standin, key: /run/standin-lab/ssh/key, known_hosts: /run/standin-lab/ssh/known_hosts }\n",
        ),
    ],
    steps: &[Host(&["target", "prints", JOBS, "[]"])],
    ..ENGINE
};

#[test]
fn an_engine_is_told_what_its_pack_says() {
    let Some(_lab) = super::lab() else { return };
    let off = |server, steps| Change {
        name: "mirrors compare dates only",
        base: IDLE,
        steps,
        expect: match server {
            "source" => &[("common/checksum-all-off", "source", "warning, fixable")],
            _ => &[("common/checksum-all-off", "target", "warning, fixable")],
        },
        ..NOTHING
    };
    let number = off(
        "source",
        &[Host(&[
            "source",
            "registry",
            "set",
            KEY,
            "ChecksumAll",
            "REG_DWORD",
            "0",
        ])],
    );
    let words = off(
        "target",
        &[Host(&[
            "target",
            "registry",
            "set",
            KEY,
            "ChecksumAll",
            "REG_SZ",
            "0",
        ])],
    );
    heap_mended_and_back(&IDLE, &[number, words]);
}

fn broken_mended_and_back(base: &Base) {
    let heaps = batch::heaps(base.name);
    let ways: usize = heaps.iter().map(Vec::len).sum();
    eprintln!("{}: {ways} ways in {} heaps", base.name, heaps.len());
    for changes in &heaps {
        heap_mended_and_back(base, changes);
    }
}

fn heap_mended_and_back(base: &Base, changes: &[Change]) {
    let pair = Broken::by(base, changes);
    let (folder, pair) = (pair.path(), pair.pair());
    let broken = dumps::all();
    let found = findings(&standin(folder, &["check", pair, "--format", "json"]));
    all_are_found(changes, &found);

    let mended = standin(
        folder,
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
    let left = still_bad(&told, changes);
    assert!(left.is_empty(), "{left:#?}\n{}", mended.err);

    // What could not be judged before, such as the members of a role that was missing, takes a second run, and no third.
    let mut runs = vec![told["run"].to_string()];
    for is_last in [false, true] {
        let again = standin(
            folder,
            &["fix", pair, "--yes", "--confirm", "all", "--format", "json"],
        );
        match again.json()["run"].clone() {
            Value::Null => break,
            run if !is_last => runs.push(run.to_string()),
            _ => panic!("there is always more to do: {}{}", again.out, again.err),
        }
    }

    taken_back(folder, &runs, &broken);
    let after = findings(&standin(folder, &["check", pair, "--format", "json"]));
    let others: Vec<_> = after
        .iter()
        .filter(|(place, status)| found.get(*place) != Some(*status))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    sound(folder);
}

/// Once takes everything back, the last run first, and once more changes nothing.
pub(crate) fn taken_back(folder: &Path, runs: &[String], broken: &BTreeMap<String, String>) {
    for time in ["once", "twice"] {
        for run in runs.iter().rev() {
            let back = standin(folder, &["undo", run, "--format", "json"]);
            let end = &back.json()["end"];
            let told = (back.code, end.as_str());
            assert_eq!(
                told,
                (Some(0), Some("taken_back")),
                "{time}: {}\n{}",
                back.out,
                back.err
            );
        }
        let differences = dumps::differences(broken, &dumps::all());
        assert!(differences.is_empty(), "{time}: {differences:#?}");
    }
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
