//! Which facts the chosen rules need.

use std::collections::BTreeSet;

use crate::catalogue::{Ask, Catalogue, Guard, Rule, reads_of_fact, reads_of_fixes, reads_of_rule};
use crate::facts::{FactPath, Root, Side};

/// Every fact that these rules read, and every fact that reading those needs.
pub fn needed<'a>(catalogue: &Catalogue, rules: impl IntoIterator<Item = &'a Rule>) -> BTreeSet<FactPath> {
    needed_for(catalogue, rules.into_iter().flat_map(reads_of_rule))
}

/// The same, and what planning the fixes of these rules looks at, with the helpers that they may need and the guards.
pub fn needed_with_fixes(catalogue: &Catalogue, rules: &[&Rule]) -> BTreeSet<FactPath> {
    let of_rules = rules.iter().flat_map(|rule| reads_of_rule(rule));
    let of_fixes = rules.iter().flat_map(|rule| reads_of_fixes(catalogue, rule));
    let of_helpers = catalogue.helpers().flat_map(|fix| {
        let sides = Side::BOTH.into_iter().flat_map(|side| fix.reads(Some(side)));
        sides.collect::<Vec<_>>()
    });
    let of_guards = catalogue.guards.iter().flat_map(Guard::reads);
    let of_fixes = of_fixes.chain(of_helpers).chain(of_guards);
    needed_for(catalogue, of_rules.chain(of_fixes))
}

/// These facts, and every fact that reading them needs; those that no pack declares are left out.
pub fn needed_for(catalogue: &Catalogue, facts: impl IntoIterator<Item = FactPath>) -> BTreeSet<FactPath> {
    let mut queue: Vec<FactPath> = facts.into_iter().collect();
    let mut needed = BTreeSet::new();
    while let Some(path) = queue.pop() {
        if matches!(path.root, Root::Setting | Root::Param) {
            continue;
        }
        let Some(fact) = catalogue.facts.get(&path.name) else {
            continue;
        };
        if needed.insert(path.clone()) {
            queue.extend(
                reads_of_fact(fact)
                    .into_iter()
                    .filter_map(|read| read.path(path.root.side())),
            );
        }
    }
    needed
}

/// What is read again so that these facts are new: they, and what they are made of. What a question only mentions is
/// taken as it is known.
pub fn made_of(catalogue: &Catalogue, facts: impl IntoIterator<Item = FactPath>) -> BTreeSet<FactPath> {
    let mut queue: Vec<FactPath> = facts.into_iter().collect();
    let mut made = BTreeSet::new();
    while let Some(path) = queue.pop() {
        let Some(fact) = catalogue.facts.get(&path.name) else {
            continue;
        };
        let derived = fact
            .probes
            .iter()
            .any(|probe| matches!(probe.ask, Ask::Derive(_)));
        if made.insert(path.clone()) && derived {
            let reads = reads_of_fact(fact).into_iter();
            queue.extend(reads.filter_map(|read| read.path(path.root.side())));
        }
    }
    made
}
