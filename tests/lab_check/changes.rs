//! What each change to the lab, or to the pair file, makes of the answer.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer::check;
use super::answers::{self, Expected};
use super::live::{self, Change, NOTHING};
use super::{clients, deaf};

#[test]
fn each_change_brings_about_its_findings_and_no_others() {
    let Some(_lab) = super::lab() else { return };
    let healthy = check(&[]).json();
    let mut wrong = Vec::new();
    deaf::deaf_to_updates();
    for change in live::all() {
        let ours = if change.ours.is_empty() { "" } else { ", with " };
        eprintln!("{}{ours}{}", change.name, change.ours);
        let answer = {
            let _undone_at_the_end = clients::change(change.steps);
            check(change.pair).json()
        };
        let complaints = complaints(&change, &healthy, &answer);
        if !complaints.is_empty() {
            wrong.push(format!("== {}\n   {}", change.name, complaints.join("\n   ")));
        }
    }
    wrong.extend(complaints(&NOTHING, &healthy, &check(&[]).json()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{} changes", live::all().len());
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
        if path(evidence).ends_with(".milliseconds") {
            evidence["value"] = Value::Null;
        }
    }
    finding
}

#[test]
fn every_row_becomes_bad_at_some_time() {
    let changes = live::all();
    let told: Vec<&str> = changes.iter().flat_map(|change| change.rows).copied().collect();
    for row in super::healthy::rows() {
        assert!(told.contains(&row.as_str()), "{row}");
    }
}
