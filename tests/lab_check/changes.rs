//! What each change to the lab, or to the pair file, makes of the answer.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer::check_in;
use super::answers::{self, Expected};
use super::live::{self, Change, NOTHING};
use super::{clients, deaf};

#[test]
fn each_change_brings_about_its_findings_and_no_others() {
    let Some(_lab) = super::lab() else { return };
    let all = live::all();
    let mut by_base: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in all.iter().filter(|change| is_wanted(change)) {
        by_base.entry(change.base.name).or_default().push(change);
    }
    deaf::deaf_to_updates();
    let wrong: Vec<_> = by_base.values().flat_map(|changes| wrong_in(changes)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        unknown_statements(),
        "",
        "the lab's database servers were asked what they do not know"
    );
    eprintln!("{} changes", by_base.values().map(Vec::len).sum::<usize>());
}

/// Whether its name, or that of its pair, is among the words of `STANDIN_CHANGES` (`one|another`), if there are any.
fn is_wanted(change: &Change) -> bool {
    let Ok(wanted) = std::env::var("STANDIN_CHANGES") else {
        return true;
    };
    wanted
        .split('|')
        .any(|words| change.name.contains(words) || change.base.name.contains(words))
}

/// What is wrong with the answers after changes to one pair.
fn wrong_in(changes: &[&Change]) -> Vec<String> {
    let base = &changes[0].base;
    let answer = |change: &Change| {
        let _prepared = clients::change(base.steps);
        let _undone_at_the_end = clients::change(change.steps);
        check_in(base, change.pair).json()
    };
    let before = answer(&NOTHING);
    let mut wrong = Vec::new();
    for change in changes.iter().copied().chain([&NOTHING]) {
        let ours = if change.ours.is_empty() { "" } else { ", with " };
        eprintln!("{}: {}{ours}{}", base.name, change.name, change.ours);
        let complaints = complaints(change, &before, &answer(change));
        if !complaints.is_empty() {
            wrong.push(format!(
                "== {}: {}\n   {}",
                base.name,
                change.name,
                complaints.join("\n   ")
            ));
        }
    }
    wrong
}

/// What the lab's database servers were asked and do not know.
fn unknown_statements() -> String {
    std::fs::read_to_string(super::setting("SQL_UNKNOWN")).unwrap_or_default()
}

/// Everything in which an answer is not the baseline plus exactly what the change is to bring about.
fn complaints(change: &Change, baseline: &Value, answer: &Value) -> Vec<String> {
    let outcomes: BTreeMap<_, _> = change
        .expect
        .iter()
        .map(|(rule, subject, outcome)| (((*rule).to_owned(), (*subject).to_owned()), (*outcome).to_owned()))
        .collect();
    assert_eq!(outcomes.len(), change.expect.len(), "{}: said twice", change.name);
    let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let expected = Expected {
        outcomes,
        rows: owned(change.rows),
        says: owned(change.says),
    };
    answers::complaints(&expected, baseline, answer, &|finding| {
        settled(finding, change.seen)
    })
}

/// A finding without what differs from run to run, and without the values of facts that the change is about: they
/// stand in the evidence of findings that stay as they are, too.
fn settled(finding: &Value, seen: &[&str]) -> Value {
    let mut finding = finding.clone();
    let path = |evidence: &Value| {
        let fact = evidence["fact"].as_str().unwrap();
        let field = evidence["field"].as_str();
        field.map_or_else(|| fact.to_owned(), |field| format!("{fact}.{field}"))
    };
    let is_meant = |path: &str| {
        let mut seen = seen.iter();
        seen.any(|seen| path == *seen || seen.ends_with('.') && path.starts_with(*seen))
    };
    let evidence = finding["evidence"].as_array_mut().unwrap();
    evidence.retain(|evidence| !is_meant(&path(evidence)));
    for evidence in evidence {
        // a whole list holds what the change is about, and every finding about it shows it
        if evidence["value"].is_array() {
            evidence["value"] = Value::Null;
        }
    }
    finding
}

#[test]
fn every_row_becomes_bad_at_some_time() {
    let changes = live::all();
    let told: Vec<&str> = changes.iter().flat_map(|change| change.rows).copied().collect();
    // rules that serve rows of both applications are changed in the pair of one of them
    let is_told_for_exchange =
        |row: &str| ["D-39", "D-40", "D-56"].contains(&row) || (22..=38).any(|of| row == format!("D-{of}"));
    let rows = super::healthy::rows('C', 83);
    for row in rows.into_iter().chain(super::healthy::rows('D', 89)) {
        assert!(
            told.contains(&row.as_str()) || is_told_for_exchange(&row),
            "{row}"
        );
    }
}
