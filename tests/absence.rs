//! Unknown is not good and not bad: no shipped rule turns a fact that could not be read into a verdict.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use standin::diagnostic::SourceMap;
use standin::evaluate::{Selection, Status, Summary};
use standin::facts::{Absence, Cause, FactPath, Snapshot};
use standin::pipeline::{self, Opened};

fn opened(folder: &Path) -> (Opened, Snapshot) {
    let mut sources = SourceMap::new();
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let opened = pipeline::open(folder, &[], now, &mut sources).unwrap();
    let snapshot = pipeline::recorded(&folder.join("snapshot.json"), &opened.catalogue).unwrap();
    (opened, snapshot)
}

fn without(snapshot: &Snapshot, fact: &FactPath, cause: Cause) -> Snapshot {
    let mut snapshot = snapshot.clone();
    let mut observation = snapshot.facts.observation(fact).unwrap().clone();
    observation.value = Err(Absence::new(cause, fact.to_string(), "taken away by the test"));
    snapshot.facts.insert(fact.clone(), observation);
    snapshot
}

/// Takes away every fact of a scenario in turn, for every cause: whoever read it is unknown, nobody else changes but
/// through a finding that it waits for, and what judges absences says so in its rule.
fn every_fact_counts(folder: &str) {
    let (opened, whole) = opened(&Path::new("fixtures").join(folder));
    let judge = |snapshot: &Snapshot| {
        pipeline::judge(&opened, snapshot, &Selection::default(), snapshot.taken_at)
            .unwrap()
            .judged
            .findings
    };
    let baseline = judge(&whole);
    let read: Vec<FactPath> = whole
        .facts
        .iter()
        .filter(|(_, o)| o.value.is_ok())
        .map(|(path, _)| path.clone())
        .collect();
    for fact in &read {
        for cause in Cause::ALL {
            let found = judge(&without(&whole, fact, cause));
            for before in &baseline {
                let rule = opened.catalogue.rule(&before.rule).unwrap();
                let rests = before.evidence.iter().any(|e| e.place.fact == *fact);
                let applies = !matches!(before.status, Status::NotApplicable | Status::Unknown);
                if !rests || !applies || rule.judges_absence || before.is_rollup {
                    continue;
                }
                let after = found
                    .iter()
                    .find(|f| f.rule == before.rule && f.subject == before.subject);
                let status = after.map_or(Status::Unknown, |f| f.status);
                assert_eq!(
                    status,
                    Status::Unknown,
                    "{folder}: {} {} rests on {fact} ({cause})",
                    before.rule,
                    before.subject
                );
            }
        }
    }
}

#[test]
fn every_fact_of_the_healthy_pair_counts() {
    every_fact_counts("exchange-healthy");
}

#[test]
fn every_fact_of_the_broken_pair_counts() {
    every_fact_counts("exchange-broken");
}

#[test]
fn without_any_fact_nothing_is_good_but_what_the_pair_file_says() {
    let (opened, mut nothing) = opened(Path::new("fixtures/exchange-healthy"));
    nothing.facts = standin::facts::Facts::default();
    let answer = pipeline::judge(&opened, &nothing, &Selection::default(), nothing.taken_at).unwrap();
    for finding in &answer.judged.findings {
        let from_pair = finding.evidence.iter().all(|e| {
            matches!(
                e.place.fact.root,
                standin::facts::Root::Setting | standin::facts::Root::Param
            ) || matches!(&*e.place.fact.name, "name" | "address" | "side")
        });
        let fine = matches!(finding.status, Status::Unknown | Status::NotApplicable) || from_pair;
        assert!(
            fine,
            "{} {} is {} without facts",
            finding.rule, finding.subject, finding.status
        );
    }
    assert!(Summary::of(&answer.judged.findings).unknown > 0);
}
