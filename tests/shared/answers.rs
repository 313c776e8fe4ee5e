//! Two answers for programs, and whether one is the other plus exactly what is expected.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// There is no such finding.
pub(crate) const GONE: &str = "none";

/// The rule and the subject of a finding.
pub(crate) type Place = (String, String);

type Findings = BTreeMap<Place, Value>;

/// What is to differ between two answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// All findings that change, in the words of [`outcome`], or [`GONE`].
    pub(crate) outcomes: BTreeMap<Place, String>,
    /// Rows of the guide under which something bad is to be told.
    pub(crate) rows: Vec<String>,
    /// Words that some message of what is bad must have.
    pub(crate) says: Vec<String>,
}

/// Everything in which an answer is not the baseline plus exactly what is expected.
///
/// `settled` takes out of a finding what may differ although nobody expects another outcome.
pub(crate) fn complaints(
    expected: &Expected,
    baseline: &Value,
    answer: &Value,
    settled: &dyn Fn(&Value) -> Value,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let (before, after) = (findings(baseline), findings(answer));
    let outcomes = &expected.outcomes;
    let places: BTreeSet<_> = before.keys().chain(after.keys()).chain(outcomes.keys()).collect();
    for place in places {
        let found = after.get(place).map_or_else(|| GONE.to_owned(), outcome);
        let (rule, subject) = place;
        match (outcomes.get(place), before.get(place), after.get(place)) {
            (Some(expected), ..) if found == *expected => {}
            (Some(expected), ..) => wrong.push(format!("{rule} {subject}: {found}, expected {expected}")),
            (None, Some(before), Some(after)) => {
                let (was, is) = (settled(before), settled(after));
                if was != is {
                    wrong.push(format!("{rule} {subject}: {}", difference(&was, &is)));
                }
            }
            (None, _, _) => wrong.push(format!("{rule} {subject}: {found}, not expected")),
        }
    }
    wrong.extend(totals(&after, answer));
    wrong.extend(around(baseline, answer));
    wrong.extend(said(expected, &after));
    wrong
}

/// The rule and the subject of a finding.
pub(crate) fn place(finding: &Value) -> Place {
    let text = |field: &str| finding[field].as_str().unwrap().to_owned();
    (text("rule"), text("subject"))
}

/// The status; with "fixable" where a fix is declared, and with the reason where it is unknown.
pub(crate) fn outcome(finding: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let status = text(&finding["status"]);
    let (absence, because) = (&finding["absence"], &finding["because"]);
    match (because.is_null(), absence.is_null(), &finding["fixable"]) {
        (false, ..) => format!("{status} after {}", text(&because["rule"])),
        (_, false, _) => format!("{status} {} {}", text(&absence["cause"]), text(&absence["root"])),
        (.., Value::Bool(true)) => format!("{status}, fixable"),
        _ => status,
    }
}

fn findings(answer: &Value) -> Findings {
    let findings = answer["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| (place(finding), finding.clone()))
        .collect()
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

/// Whether the counts, and the roots of what is unknown, are those of the findings; what sums up others does not count.
fn totals(findings: &Findings, answer: &Value) -> Vec<String> {
    let counted = || findings.values().filter(|finding| finding["rollup"] == false);
    let status = |word: &str| counted().filter(|finding| finding["status"] == word).count();
    let fixable = counted().filter(|finding| finding["fixable"] == true);
    let absences = counted().map(|finding| &finding["absence"]);
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
        "waived": status("waived"),
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
fn said(expected: &Expected, findings: &Findings) -> Vec<String> {
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
    for row in &expected.rows {
        if !bad
            .iter()
            .any(|finding| finding["guide"].as_array().unwrap().contains(&json!(row)))
        {
            wrong.push(format!("nothing bad is told for {row}"));
        }
    }
    for words in &expected.says {
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
