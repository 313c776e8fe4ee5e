//! Small changes of healthy recordings: each makes exactly the findings that its row foresees, and nothing else in the
//! whole answer differs.
//!
//! What is expected was written from the row, before the change was run.

mod file;
mod patch;
mod spot;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use standin::diagnostic::{Diagnostic, Diagnostics, SourceMap, human};
use standin::facts::{FactSchema, Snapshot};
use standin::yaml::{Limits, parse};

use self::file::Mutation;
use self::spot::Spot;
use super::answers::{self, Expected, Place};
use super::proof::{self, Seen};
use super::scenario::{HEALTHY, Scenario};
use super::{derive, guide, missing, shipped};

/// The mutations of a scenario, with the texts that they were read from.
struct Mutations {
    all: Vec<Mutation>,
    sources: SourceMap,
}

fn mutations_of(scenario: &str, schema: &FactSchema) -> Mutations {
    let path = format!("fixtures/{scenario}/mutations.yaml");
    let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
    let all = if Path::new(&path).is_file() {
        file::read(&path, schema, &mut sources, &mut sink)
    } else {
        Some(Vec::new())
    };
    let all = all.unwrap_or_else(|| panic!("{}", human(&sink, &sources, false)));
    Mutations { all, sources }
}

/// What the mutations make bad: rows, each with the rule.
pub(crate) fn made_bad() -> &'static Seen {
    static SEEN: LazyLock<Seen> = LazyLock::new(|| {
        let scenarios = HEALTHY.iter();
        let mutations = scenarios.flat_map(|name| mutations_of(name, &shipped::catalogue().schema).all);
        let outcomes = mutations.flat_map(|mutation| mutation.expect);
        let bad = outcomes.filter(|(_, outcome)| proof::is_bad(outcome));
        bad.flat_map(|((rule, subject), _)| proof::rows_of(&rule, &subject))
            .collect()
    });
    &SEEN
}

/// Runs every mutation of a scenario.
fn each_makes_its_findings_and_no_others(name: &str) {
    let mut scenario = Scenario::open(name);
    let mutations = mutations_of(name, &scenario.opened.catalogue.schema);
    let baseline = scenario.json(&scenario.snapshot);
    let pair = pair_file(name);
    let mut sink = Diagnostics::new();
    for mutation in &mutations.all {
        for wrong in complaints(&mut scenario, mutation, &pair, &baseline, &mut sink) {
            let message = format!("{}: {wrong}", mutation.name);
            sink.push(Diagnostic::error("not-as-expected", message).at(mutation.span, ""));
        }
    }
    assert!(sink.is_empty(), "{}", human(&sink, &mutations.sources, false));
}

/// The pair file as it is.
fn pair_file(scenario: &str) -> Map<String, Value> {
    let path = format!("fixtures/{scenario}/pair.yaml");
    let mut sources = SourceMap::new();
    let id = sources.add(path.as_str(), std::fs::read_to_string(&path).unwrap());
    let tree = parse(id, &sources, &Limits::default(), &mut Diagnostics::new()).unwrap();
    match tree.to_json() {
        Value::Object(pair) => pair,
        _ => panic!("{path} is no map"),
    }
}

/// Looks at a changed pair, with the places that the change touched.
fn changed<T>(
    scenario: &mut Scenario,
    mutation: &Mutation,
    pair: &Map<String, Value>,
    sink: &mut Diagnostics,
    look: impl FnOnce(&Scenario, &Snapshot, &[Spot]) -> T,
) -> Option<T> {
    let mut snapshot = scenario.snapshot.clone();
    for (spot, edit, span) in &mutation.edits {
        if let Err(why) = patch::apply(&mut snapshot, &scenario.opened.catalogue.schema, spot, edit) {
            sink.push(Diagnostic::error("not-applicable", why).at(*span, ""));
            return None;
        }
    }
    let file = Value::Object(said_anew(pair, mutation)).to_string();
    let before = (scenario.opened.pair.clone(), scenario.opened.said.clone());
    if !mutation.said.is_empty() {
        scenario.say(&file);
    }
    let mut touched: Vec<Spot> = mutation.edits.iter().map(|(spot, ..)| spot.clone()).collect();
    touched.extend(mutation.said.iter().map(|(spot, _)| spot.clone()));
    let keep: BTreeSet<_> = touched.iter().map(|spot| spot.fact.clone()).collect();
    let followed = derive::again(&scenario.opened, &mut snapshot, &keep);
    touched.extend(followed.into_iter().map(Spot::of));
    let seen = look(scenario, &snapshot, &touched);
    (scenario.opened.pair, scenario.opened.said) = before;
    Some(seen)
}

/// Looks at every changed pair of a scenario.
pub(crate) fn each(name: &str, mut look: impl FnMut(&str, &Scenario, &Snapshot)) {
    let mut scenario = Scenario::open(name);
    let mutations = mutations_of(name, &scenario.opened.catalogue.schema);
    let (pair, mut sink) = (pair_file(name), Diagnostics::new());
    for mutation in &mutations.all {
        changed(
            &mut scenario,
            mutation,
            &pair,
            &mut sink,
            |scenario, snapshot, _| {
                look(&mutation.name, scenario, snapshot);
            },
        );
    }
    assert!(sink.is_empty(), "{}", human(&sink, &mutations.sources, false));
}

/// Everything in which a changed pair's answer is not the baseline plus exactly what is expected.
fn complaints(
    scenario: &mut Scenario,
    mutation: &Mutation,
    pair: &Map<String, Value>,
    baseline: &Value,
    sink: &mut Diagnostics,
) -> Vec<String> {
    let seen = changed(scenario, mutation, pair, sink, |scenario, snapshot, touched| {
        (scenario.json(snapshot), touched.to_vec())
    });
    let Some((answer, touched)) = seen else {
        return Vec::new();
    };
    let expected = Expected {
        outcomes: all_named(&mutation.expect, baseline, &answer),
        rows: mutation.rows.clone(),
        says: Vec::new(),
    };
    let settled = |finding: &Value| settled(finding, &touched);
    let mut wrong = answers::complaints(&expected, baseline, &answer, &settled);
    let in_vain = |place: &&Place| finding(baseline, place) == finding(&answer, place);
    for (rule, subject) in expected.outcomes.keys().filter(in_vain) {
        wrong.push(format!("{rule} {subject}: is listed, and nothing of it changes"));
    }
    wrong
}

/// What is expected, with a name for each finding that `*` stands for: all others of that rule that change.
fn all_named(
    expected: &BTreeMap<Place, String>,
    baseline: &Value,
    answer: &Value,
) -> BTreeMap<Place, String> {
    let mut named = expected.clone();
    named.retain(|(_, subject), _| subject != "*");
    for ((rule, _), outcome) in expected.iter().filter(|((_, subject), _)| subject == "*") {
        let both = [baseline, answer].map(|answer| answer["findings"].as_array().unwrap());
        let places = both.into_iter().flatten().map(answers::place);
        for place in places.filter(|place| place.0 == *rule) {
            let differs = finding(baseline, &place) != finding(answer, &place);
            if differs && !expected.contains_key(&place) {
                named.insert(place, outcome.clone());
            }
        }
    }
    named
}

fn finding<'a>(answer: &'a Value, place: &Place) -> Option<&'a Value> {
    let mut findings = answer["findings"].as_array().unwrap().iter();
    findings.find(|finding| answers::place(finding) == *place)
}

/// The pair file with what the mutation lets it say.
fn said_anew(pair: &Map<String, Value>, mutation: &Mutation) -> Map<String, Value> {
    let mut pair = pair.clone();
    for (spot, value) in &mutation.said {
        let block = format!("{}s", spot.fact.root);
        let block = pair.entry(block).or_insert_with(|| json!({}));
        let block = block.as_object_mut().unwrap();
        take_out(block, &spot.fact.name);
        block.insert(spot.fact.name.to_string(), value.to_json());
    }
    pair
}

/// Takes a name out, however its parts are nested.
fn take_out(block: &mut Map<String, Value>, name: &str) {
    block.remove(name);
    for (at, _) in name.match_indices('.') {
        if let Some(Value::Object(inner)) = block.get_mut(&name[..at]) {
            take_out(inner, &name[at + 1..]);
        }
    }
}

/// A finding without the values that the mutation changed: they stand in the evidence of findings that stay as they are.
fn settled(finding: &Value, touched: &[Spot]) -> Value {
    let mut finding = finding.clone();
    for evidence in finding["evidence"].as_array_mut().unwrap() {
        if touched.iter().any(|spot| spot.meets(evidence)) {
            evidence["value"] = Value::Null;
        }
    }
    finding
}

#[test]
fn exchange_healthy() {
    each_makes_its_findings_and_no_others("exchange-healthy");
}

#[test]
fn exchange_clustered() {
    each_makes_its_findings_and_no_others("exchange-clustered");
}

#[test]
fn sql_healthy() {
    each_makes_its_findings_and_no_others("sql-healthy");
}

#[test]
fn sql_database_mode() {
    each_makes_its_findings_and_no_others("sql-database-mode");
}

#[test]
fn every_row_has_a_mutation() {
    let scenarios = HEALTHY.iter();
    let all: Vec<Mutation> = scenarios
        .flat_map(|name| mutations_of(name, &shipped::catalogue().schema).all)
        .collect();
    let told: BTreeSet<&str> = all
        .iter()
        .flat_map(|mutation| &mutation.rows)
        .map(String::as_str)
        .collect();
    let rows = guide::rows();
    let rows: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    let strange: Vec<_> = told.difference(&rows).collect();
    assert!(strange.is_empty(), "the guide has no such rows: {strange:?}");
    missing::only_shrinks("without_mutation.txt", &rows.difference(&told).copied().collect());
}

#[test]
fn names_tell_mutations_apart() {
    for scenario in HEALTHY {
        let all = mutations_of(scenario, &shipped::catalogue().schema).all;
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for mutation in &all {
            *names.entry(&mutation.name).or_default() += 1;
        }
        names.retain(|_, count| *count > 1);
        assert!(names.is_empty(), "{scenario}: {names:?}");
    }
}
