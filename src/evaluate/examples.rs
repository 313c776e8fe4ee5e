//! Runs the examples that stand beside a rule, and compares what they find with what they expect.
//!
//! An example judges its rule alone: what the rule requires counts as met, and no waiver covers anything. Which
//! examples a rule ought to have is told by the lint, not here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalogue::{Catalogue, Example, Expected, Guard, Rule};
use crate::diagnostic::Diagnostics;
use crate::evaluate::guard::{Stopped, stopped};
use crate::evaluate::judge::judge_alone;
use crate::evaluate::{Finding, Status};

/// One example that was run.
#[derive(Clone, Debug)]
pub struct ExampleRun {
    /// Or the guard.
    pub rule: Arc<str>,
    pub example: Example,
    pub findings: Vec<Finding>,
    /// Where it differs from what is expected; empty when it holds.
    pub misses: Vec<Miss>,
}

impl ExampleRun {
    pub fn holds(&self) -> bool {
        self.misses.is_empty()
    }
}

/// One way in which an example is not as it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// A subject has another status.
    Status {
        subject: String,
        expected: String,
        got: Status,
        /// What the finding says, which mostly tells why.
        message: String,
    },
    /// The rule has no finding about a subject that the example names.
    Missing { subject: String, expected: String },
    /// The rule has a finding about a subject that the example does not name.
    Unexpected { subject: String, got: Status },
    /// A bad finding offers another fix, or none.
    Fix {
        subject: String,
        expected: Vec<String>,
        got: Option<Arc<str>>,
    },
    /// The example expects a fix, but nothing is bad.
    NothingToFix { expected: Vec<String> },
    /// An expression of the rule does too much work.
    Budget,
}

/// Runs all examples of a rule; one that cannot be read is told and left out.
pub fn run_examples(catalogue: &Catalogue, rule: &Rule, sink: &mut Diagnostics) -> Vec<ExampleRun> {
    let mut runs = Vec::with_capacity(rule.examples.len());
    for node in &rule.examples {
        let Some(example) = Example::decode(node, catalogue, sink) else {
            continue;
        };
        let (findings, misses) = match judge_alone(catalogue, rule, &example.facts) {
            Ok(findings) => {
                let misses = compare(&example, &findings);
                (findings, misses)
            }
            Err(_) => (Vec::new(), vec![Miss::Budget]),
        };
        runs.push(ExampleRun {
            rule: rule.id.clone(),
            example,
            findings,
            misses,
        });
    }
    runs
}

/// Runs all examples of a guard: it is `good` where it holds and an `error` where it stops fixes.
pub fn run_guard_examples(catalogue: &Catalogue, guard: &Guard, sink: &mut Diagnostics) -> Vec<ExampleRun> {
    let nodes = guard.examples.iter();
    let examples = nodes.filter_map(|node| Example::decode(node, catalogue, sink));
    let runs = examples.map(|example| {
        let (got, message) = match stopped(catalogue, guard, &example.facts) {
            None => (Status::Good, String::new()),
            Some(Stopped::Broken(why)) => (Status::Error, why.to_string()),
            Some(Stopped::Unknown(why)) => (Status::Unknown, why.to_string()),
        };
        let expected = example.expected.statuses();
        let wrong = expected.into_iter().find(|expected| *expected != got.word());
        let misses = wrong.map(|expected| Miss::Status {
            subject: "pair".to_owned(),
            expected: expected.to_owned(),
            got,
            message,
        });
        ExampleRun {
            rule: guard.id.clone(),
            misses: misses.into_iter().collect(),
            findings: Vec::new(),
            example,
        }
    });
    runs.collect()
}

/// Everything in which the findings differ from what the example expects.
fn compare(example: &Example, findings: &[Finding]) -> Vec<Miss> {
    let mut misses = match &example.expected {
        Expected::All(status) => findings.iter().filter_map(|f| wrong_status(f, status)).collect(),
        Expected::BySubject(subjects) => compare_subjects(subjects, findings),
    };
    if let Some(expected) = &example.fix {
        misses.extend(compare_fixes(expected, findings));
    }
    misses
}

fn compare_subjects(subjects: &BTreeMap<String, String>, findings: &[Finding]) -> Vec<Miss> {
    let mut misses = Vec::new();
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for finding in findings {
        let full = finding.subject.to_string();
        let key = full.split_once('/').map_or("", |(_, key)| key);
        let said = subjects
            .get_key_value(&full)
            .or_else(|| subjects.get_key_value(key));
        match said {
            Some((name, status)) => {
                named.insert(name);
                misses.extend(wrong_status(finding, status));
            }
            None => misses.push(Miss::Unexpected {
                subject: full,
                got: finding.status,
            }),
        }
    }
    let missing = subjects.iter().filter(|(name, _)| !named.contains(name.as_str()));
    misses.extend(missing.map(|(subject, expected)| Miss::Missing {
        subject: subject.clone(),
        expected: expected.clone(),
    }));
    misses
}

fn wrong_status(finding: &Finding, expected: &str) -> Option<Miss> {
    (finding.status.word() != expected).then(|| Miss::Status {
        subject: finding.subject.to_string(),
        expected: expected.to_owned(),
        got: finding.status,
        message: finding.message.clone(),
    })
}

/// Every bad finding offers one of the expected fixes, and each of those is offered; an empty list means none.
fn compare_fixes(expected: &[String], findings: &[Finding]) -> Vec<Miss> {
    let bad: Vec<&Finding> = findings.iter().filter(|f| f.status.is_bad()).collect();
    let offered = |finding: &Finding| finding.fix.as_ref().map(|fix| fix.fix.clone());
    let mut misses: Vec<Miss> = Vec::new();
    for finding in &bad {
        let got = offered(finding);
        let right = match &got {
            Some(fix) => expected.iter().any(|wanted| wanted == fix.as_ref()),
            None => expected.is_empty(),
        };
        if !right {
            misses.push(Miss::Fix {
                subject: finding.subject.to_string(),
                expected: expected.to_vec(),
                got,
            });
        }
    }
    let unseen: Vec<String> = expected
        .iter()
        .filter(|wanted| !bad.iter().any(|f| offered(f).as_deref() == Some(wanted.as_str())))
        .cloned()
        .collect();
    if misses.is_empty() && !unseen.is_empty() {
        misses.push(Miss::NothingToFix { expected: unseen });
    }
    misses
}

impl std::fmt::Display for Miss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let or = |fixes: &[String]| {
            if fixes.is_empty() {
                "none".to_owned()
            } else {
                fixes.join(" or ")
            }
        };
        match self {
            Self::Status {
                subject,
                expected,
                got,
                message,
            } => write!(f, "{subject}: expected {expected}, got {got}: {message}"),
            Self::Missing { subject, expected } => {
                write!(f, "{subject}: expected {expected}, got no finding about it")
            }
            Self::Unexpected { subject, got } => {
                write!(f, "{subject}: got {got}, and the example does not name it")
            }
            Self::Fix {
                subject,
                expected,
                got,
            } => {
                let got = got.as_deref().unwrap_or("none");
                write!(f, "{subject}: expected the fix {}, got {got}", or(expected))
            }
            Self::NothingToFix { expected } => {
                write!(f, "expected the fix {}, and nothing offers it", or(expected))
            }
            Self::Budget => f.write_str("an expression of the rule does too much work and was stopped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{embedded_packs, load};
    use crate::diagnostic::{SourceMap, human};

    #[test]
    fn the_examples_of_the_shipped_packs_hold() {
        let mut sources = SourceMap::new();
        let catalogue = load(&embedded_packs(), &mut sources).catalogue.unwrap();
        let mut sink = Diagnostics::new();
        let runs: Vec<ExampleRun> = catalogue
            .rules
            .iter()
            .flat_map(|rule| run_examples(&catalogue, rule, &mut sink))
            .collect();
        let guards = catalogue.guards.iter();
        let of_guards = guards.flat_map(|guard| {
            let runs = run_guard_examples(&catalogue, guard, &mut sink);
            for status in ["good", "error", "unknown"] {
                let has = |run: &ExampleRun| run.example.expected.statuses().contains(&status);
                assert!(
                    runs.iter().any(has),
                    "{} has no example that is {status}",
                    guard.id
                );
            }
            runs
        });
        let runs: Vec<ExampleRun> = runs.into_iter().chain(of_guards).collect();
        let told: Vec<String> = runs
            .iter()
            .flat_map(|run| {
                run.misses
                    .iter()
                    .map(move |m| format!("{} / {}: {m}", run.rule, run.example.name))
            })
            .collect();
        assert!(sink.is_empty(), "{}", human(&sink, &sources, false));
        assert!(told.is_empty(), "{}", told.join("\n"));
        assert!(runs.len() > catalogue.rules.len());
    }
}
