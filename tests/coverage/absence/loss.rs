//! A recorded pair, and what is left of it without one of its facts.

use std::collections::BTreeSet;

use standin::catalogue::{Ask, Catalogue, Derivation, Rule, reads_of_rule};
use standin::evaluate::Selection;
use standin::facts::{Absence, Cause, FactPath, Facts, Snapshot};
use standin::pipeline;
use standin::predicate::Expression;

use super::found::Found;
use super::model::Missing;
use crate::derive;
use crate::scenario::Scenario;

/// A fact that is taken away, and what it takes along.
pub(crate) struct Loss<'a> {
    pub(crate) fact: &'a FactPath,
    pub(crate) cause: Cause,
    /// The fact, and what cannot be made without it.
    pub(crate) missing: Missing,
    /// What is made of it and of others, and now has holes.
    pub(crate) holed: BTreeSet<FactPath>,
    snapshot: Snapshot,
}

impl Loss<'_> {
    /// Whether something of these facts is lost.
    pub(crate) fn touches(&self, reads: &BTreeSet<FactPath>) -> bool {
        !reads.is_disjoint(&self.missing) || !reads.is_disjoint(&self.holed)
    }
}

/// A recorded pair with everything that was found.
pub(crate) struct Whole {
    pub(crate) scenario: Scenario,
    pub(crate) found: Found,
    /// What each rule reads, in the order of the catalogue.
    reads: Vec<BTreeSet<FactPath>>,
    /// What was recorded otherwise than it would be made now, as of a run that was cut short.
    as_recorded: BTreeSet<FactPath>,
}

impl Whole {
    pub(crate) fn of(name: &str) -> Self {
        let scenario = Scenario::open(name);
        let found = Found::of(scenario.judge(&scenario.snapshot).judged.findings);
        let mut now = scenario.snapshot.clone();
        Self {
            reads: scenario
                .opened
                .catalogue
                .rules
                .iter()
                .map(reads_of_rule)
                .collect(),
            as_recorded: derive::again(&scenario.opened, &mut now, &BTreeSet::new()),
            scenario,
            found,
        }
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.scenario.opened.catalogue
    }

    /// Everything that expressions may read.
    pub(crate) fn facts(&self) -> Facts {
        let mut facts = self.scenario.snapshot.facts.clone();
        for (path, seen) in self.scenario.opened.said.iter() {
            facts.insert(path.clone(), seen.clone());
        }
        facts
    }

    /// The facts that can be taken away.
    pub(crate) fn known(&self) -> Vec<FactPath> {
        let facts = self.scenario.snapshot.facts.iter();
        let known = facts.filter(|(_, seen)| seen.value.is_ok());
        known.map(|(path, _)| path.clone()).collect()
    }

    /// The facts without one of them.
    pub(crate) fn lose<'a>(&self, fact: &'a FactPath, cause: Cause) -> Loss<'a> {
        let mut snapshot = self.scenario.snapshot.clone();
        let mut observation = snapshot.facts.observation(fact).unwrap().clone();
        observation.value = Err(Absence::new(cause, fact.to_string(), "taken away by the test"));
        snapshot.facts.insert(fact.clone(), observation);
        let mut keep = self.as_recorded.clone();
        keep.insert(fact.clone());
        let followed = if self.makes_others(fact) {
            derive::again(&self.scenario.opened, &mut snapshot, &keep)
        } else {
            BTreeSet::new()
        };
        let is_gone = |path: &FactPath| snapshot.facts.get(path).is_err();
        let (mut missing, holed): (Missing, _) = followed.into_iter().partition(is_gone);
        missing.insert(fact.clone());
        Loss {
            fact,
            cause,
            missing,
            holed,
            snapshot,
        }
    }

    /// Whether another fact is made of this one.
    fn makes_others(&self, fact: &FactPath) -> bool {
        let probes = self.catalogue().facts.values().flat_map(|fact| &fact.probes);
        let expressions = probes.flat_map(|probe| match &probe.ask {
            Ask::Derive(entries) => probe
                .when
                .iter()
                .chain(entries.iter().flat_map(made_of))
                .collect(),
            _ => Vec::new(),
        });
        let mut reads = expressions.flat_map(Expression::facts);
        reads.any(|read| read.name == fact.name)
    }

    /// What all rules find then.
    pub(crate) fn judge(&self, loss: &Loss<'_>) -> Found {
        Found::of(self.scenario.judge(&loss.snapshot).judged.findings)
    }

    /// The same, taking for granted that the rules which it does not concern find what they found.
    pub(crate) fn judge_concerned(&self, loss: &Loss<'_>, concerned: &BTreeSet<&str>) -> Found {
        let mut found = self.found.clone();
        let only: Vec<String> = concerned.iter().map(ToString::to_string).collect();
        if !only.is_empty() {
            let (opened, snapshot) = (&self.scenario.opened, &loss.snapshot);
            let selection = Selection {
                only,
                skip: Vec::new(),
            };
            let answer = pipeline::judge(opened, snapshot, &selection, snapshot.taken_at).unwrap();
            found.replace(answer.judged.findings);
        }
        found
    }

    /// The rules with what they read.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (&Rule, &BTreeSet<FactPath>)> {
        self.catalogue().rules.iter().zip(&self.reads)
    }

    /// The rules that read what is lost, and those that look at their findings.
    pub(crate) fn concerned(&self, loss: &Loss<'_>) -> BTreeSet<&str> {
        let reading = self.rules().filter(|(_, reads)| loss.touches(reads));
        let mut concerned: BTreeSet<&str> = reading.map(|(rule, _)| rule.id.as_ref()).collect();
        loop {
            let before = concerned.len();
            for rule in &self.catalogue().rules {
                let mut others = rule
                    .requires
                    .iter()
                    .map(|other| &other.rule)
                    .chain(&rule.rollup_of);
                if others.any(|other| concerned.contains(other.as_ref())) {
                    concerned.insert(&rule.id);
                }
            }
            if concerned.len() == before {
                return concerned;
            }
        }
    }
}

fn made_of(entry: &Derivation) -> impl Iterator<Item = &Expression> {
    let own = entry.for_each.iter().chain(&entry.when);
    own.chain(entry.gives.expressions())
}
