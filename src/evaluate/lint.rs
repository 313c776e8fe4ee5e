//! What a rule ought to have beside it: examples that hold, show each verdict, and give nothing in vain.
//!
//! The loader refuses what cannot run; here is told what runs but proves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::examples::{ExampleRun, run_examples};
use super::judge::judge_alone;
use super::{Finding, Status};
use crate::catalogue::{Catalogue, Phrase, Rule, reads_of_rule};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::facts::{Absence, Cause, FactPath, Facts, Observation, Provenance, Root};

/// Checks the texts and examples of a rule, and returns the examples that were run.
pub fn lint_rule(catalogue: &Catalogue, rule: &Rule, sink: &mut Diagnostics) -> Vec<ExampleRun> {
    blank_texts(rule, sink);
    let place = rule.span.start();
    if !rule.rollup_of.is_empty() {
        if !rule.examples.is_empty() {
            let vain = format!("`{}` sums up other rules and has no facts of its own", rule.id);
            sink.push(
                Diagnostic::error("vain-example", vain)
                    .at(place, "")
                    .help("take its examples away"),
            );
        }
        return Vec::new();
    }
    let before = sink.error_count();
    let runs = run_examples(catalogue, rule, sink);
    same_names(&runs, sink);
    for run in &runs {
        for miss in &run.misses {
            let message = format!("{} / {}: {miss}", rule.id, run.example.name);
            sink.push(Diagnostic::error("example-fails", message).at(run.example.span.start(), ""));
        }
    }
    unread(rule, &runs, sink);
    // An example that cannot be read may be the one that seems to be missing.
    if sink.error_count() == before {
        missing(catalogue, rule, &runs, sink);
    }
    runs
}

fn blank_texts(rule: &Rule, sink: &mut Diagnostics) {
    let texts: [(&str, &Phrase); 3] = [
        ("message", &rule.message),
        ("why", &rule.why),
        ("remedy", &rule.remedy),
    ];
    for (key, _) in texts
        .into_iter()
        .filter(|(_, phrase)| phrase.template.text().trim().is_empty())
    {
        let message = format!("`{key}` of `{}` says nothing", rule.id);
        sink.push(Diagnostic::error("blank-text", message).at(rule.span.start(), ""));
    }
}

fn same_names(runs: &[ExampleRun], sink: &mut Diagnostics) {
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for run in runs {
        let name = run.example.name.as_str();
        if let Some(span) = first.get(name) {
            let message = format!("two examples of `{}` are called `{name}`", run.rule);
            sink.push(
                Diagnostic::error("duplicate-name", message)
                    .at(run.example.span.start(), "again here")
                    .also(span.start(), "first here"),
            );
        } else {
            first.insert(name, run.example.span);
        }
    }
}

/// Refuses facts that an example gives and its rule never reads: they would prove nothing.
fn unread(rule: &Rule, runs: &[ExampleRun], sink: &mut Diagnostics) {
    let reads = reads_of_rule(rule);
    for run in runs {
        for (path, span) in run.example.given.iter().filter(|(path, _)| !reads.contains(path)) {
            let message = format!("`{}` does not read `{path}`", rule.id);
            let known: Vec<String> = reads.iter().map(ToString::to_string).collect();
            sink.push(
                Diagnostic::error("unread-fact", message)
                    .at(*span, "")
                    .did_you_mean(&path.to_string(), known.iter().map(String::as_str))
                    .help(format!("it reads {}", known.join(", "))),
            );
        }
    }
}

/// Asks for a good, a bad and an unknown example.
fn missing(catalogue: &Catalogue, rule: &Rule, runs: &[ExampleRun], sink: &mut Diagnostics) {
    let shown: BTreeSet<&str> = runs
        .iter()
        .flat_map(|run| run.example.expected.statuses())
        .collect();
    let bad: Vec<&str> = [Status::Error, Status::Warning].map(Status::word).into();
    let wanted: [(&str, bool, &str); 3] = [
        ("good", shown.contains("good"), "all is well"),
        (
            "bad",
            bad.iter().any(|word| shown.contains(word)),
            "the problem is there",
        ),
        (
            "unknown",
            shown.contains("unknown") || !can_be_unknown(catalogue, rule, runs),
            "a fact that the rule reads is not given",
        ),
    ];
    for (word, _, help) in wanted.into_iter().filter(|(_, there, _)| !there) {
        let message = format!("`{}` has no example that is {word}", rule.id);
        sink.push(
            Diagnostic::error("missing-example", message)
                .at(rule.span.start(), "")
                .help(format!("add an example in which {help}")),
        );
    }
}

/// Whether there is a fact without which the rule cannot be judged.
fn can_be_unknown(catalogue: &Catalogue, rule: &Rule, runs: &[ExampleRun]) -> bool {
    let read: Vec<FactPath> = reads_of_rule(rule)
        .into_iter()
        .filter(|path| !matches!(path.root, Root::Setting | Root::Param))
        .filter(|path| catalogue.facts.contains_key(&path.name))
        .collect();
    if !rule.judges_absence {
        return !read.is_empty();
    }
    // Such a rule may have a verdict for some causes and none for others: each is tried.
    runs.iter().any(|run| {
        read.iter().any(|path| {
            Cause::ALL.into_iter().any(|cause| {
                is_unknown(judge_alone(
                    catalogue,
                    rule,
                    &without(&run.example.facts, path, cause),
                ))
            })
        })
    })
}

fn is_unknown(judged: Result<Vec<Finding>, Arc<str>>) -> bool {
    judged.is_ok_and(|findings| findings.iter().any(|f| f.status == Status::Unknown))
}

/// The facts with one of them absent for this cause.
fn without(facts: &Facts, path: &FactPath, cause: Cause) -> Facts {
    let mut facts = facts.clone();
    let provenance = Provenance {
        probe: "lint".to_owned(),
        server: "lint".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        took_ms: 0,
        tried: Vec::new(),
    };
    let value = Err(Absence::new(cause, path.to_string(), "tried by the lint"));
    facts.insert(path.clone(), Observation { value, provenance });
    facts
}
