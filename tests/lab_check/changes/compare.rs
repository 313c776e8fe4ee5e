//! An answer against the baseline and what a change makes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Change, GONE};
use crate::answer::{outcome, place};

type Findings = BTreeMap<(String, String), Value>;

/// Everything in which an answer is not the baseline plus exactly what the change is to bring about.
pub(super) fn complaints(change: &Change, baseline: &Value, answer: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let (before, after) = (findings(baseline), findings(answer));
    let expected: BTreeMap<_, _> = change
        .expect
        .iter()
        .map(|(rule, subject, outcome)| (((*rule).to_owned(), (*subject).to_owned()), *outcome))
        .collect();
    assert_eq!(expected.len(), change.expect.len(), "{}: said twice", change.name);
    let places: BTreeSet<_> = before.keys().chain(after.keys()).chain(expected.keys()).collect();
    for place in places {
        let found = after.get(place).map_or_else(|| GONE.to_owned(), outcome);
        let (rule, subject) = place;
        match (expected.get(place), before.get(place), after.get(place)) {
            (Some(expected), ..) if found == *expected => {}
            (Some(expected), ..) => wrong.push(format!("{rule} {subject}: {found}, expected {expected}")),
            (None, Some(before), Some(after)) => {
                let (was, is) = (settled(before, change.seen), settled(after, change.seen));
                if was != is {
                    wrong.push(format!("{rule} {subject}: {}", difference(&was, &is)));
                }
            }
            (None, _, _) => wrong.push(format!("{rule} {subject}: {found}, not expected")),
        }
    }
    wrong.extend(totals(&after, answer));
    wrong.extend(around(baseline, answer));
    wrong.extend(said(change, &after));
    wrong
}

fn findings(answer: &Value) -> Findings {
    let findings = answer["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| (place(finding), finding.clone()))
        .collect()
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

/// The fields that differ; of lists, what only one of them has.
fn difference(was: &Value, is: &Value) -> String {
    let fields = was.as_object().unwrap();
    let differing = fields.iter().filter(|(name, value)| is[name.as_str()] != **value);
    let shown = differing.map(|(name, was)| {
        let (was, is) = (without(was, &is[name.as_str()]), without(&is[name.as_str()], was));
        format!("{name}\n      was {was}\n      is  {is}")
    });
    shown.collect::<Vec<_>>().join("\n   ")
}

fn without(one: &Value, other: &Value) -> Value {
    match (one.as_array(), other.as_array()) {
        (Some(one), Some(other)) => one.iter().filter(|item| !other.contains(item)).cloned().collect(),
        _ => one.clone(),
    }
}

/// Whether the counts, and the roots of what is unknown, are those of the findings.
fn totals(findings: &Findings, answer: &Value) -> Vec<String> {
    let status = |word: &str| {
        let of_status = findings.values().filter(|finding| finding["status"] == word);
        of_status.count()
    };
    let fixable = findings.values().filter(|finding| finding["fixable"] == true);
    let absences = findings.values().map(|finding| &finding["absence"]);
    let roots: BTreeSet<_> = absences
        .filter(|absence| !absence.is_null())
        .map(|absence| (absence["root"].to_string(), absence["cause"].to_string()))
        .collect();
    let told: BTreeSet<_> = answer["unknowns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unknown| {
            let absence = &unknown["absence"];
            (absence["root"].to_string(), absence["cause"].to_string())
        })
        .collect();
    let counts = json!({
        "good": status("good"),
        "unknown": roots.len(),
        "error": status("error"),
        "warning": status("warning"),
        "not_applicable": status("not_applicable"),
        "waived": 0,
        "fixable": fixable.count(),
    });
    let mut wrong = Vec::new();
    if answer["summary"] != counts {
        wrong.push(format!("summary: {}, expected {counts}", answer["summary"]));
    }
    if told != roots {
        wrong.push(format!("unknowns: {told:?}, expected {roots:?}"));
    }
    wrong
}

/// Whether everything else in the answer is as it was.
fn around(baseline: &Value, answer: &Value) -> Vec<String> {
    let rest = |answer: &Value| {
        let mut rest = answer.as_object().unwrap().clone();
        rest.retain(|name, _| !["findings", "summary", "unknowns"].contains(&name.as_str()));
        rest
    };
    let rules = |answer: &Value| {
        let mut rules: Vec<_> = answer["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(place)
            .map(|at| at.0)
            .collect();
        rules.dedup();
        rules
    };
    let mut wrong = Vec::new();
    if rest(baseline) != rest(answer) {
        wrong.push(format!("around the findings: {:?}", rest(answer)));
    }
    if rules(baseline) != rules(answer) {
        wrong.push(format!("the rules, or their order: {:?}", rules(answer)));
    }
    wrong
}

/// Whether what is bad is told under the row of the guide, in words that name it.
fn said(change: &Change, findings: &Findings) -> Vec<String> {
    let mut wrong = Vec::new();
    let bad: Vec<_> = findings
        .values()
        .filter(|finding| !finding["severity"].is_null())
        .collect();
    for finding in &bad {
        for field in ["message", "why", "remedy"] {
            let text = finding[field].as_str().unwrap();
            if text.is_empty() || text.starts_with('(') {
                wrong.push(format!("{}: {field} is {text:?}", finding["rule"]));
            }
        }
    }
    for row in change.rows {
        if !bad
            .iter()
            .any(|finding| finding["guide"].as_array().unwrap().contains(&json!(row)))
        {
            wrong.push(format!("nothing bad is told for {row}"));
        }
    }
    for words in change.says {
        if !bad
            .iter()
            .any(|finding| finding["message"].as_str().unwrap().contains(words))
        {
            let messages: Vec<_> = bad.iter().map(|finding| &finding["message"]).collect();
            wrong.push(format!("nobody says {words:?}: {messages:?}"));
        }
    }
    wrong
}
