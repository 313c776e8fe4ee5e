//! Which facts the chosen rules need.

use std::collections::BTreeSet;

use crate::catalogue::{Catalogue, Rule, reads_of_fact};
use crate::facts::{FactPath, Root, Side};
use crate::predicate::{Expression, FactRef};

/// Every fact that these rules read, and every fact that reading those needs.
pub fn needed<'a>(catalogue: &Catalogue, rules: impl IntoIterator<Item = &'a Rule>) -> BTreeSet<FactPath> {
    let mut queue: Vec<FactPath> = rules.into_iter().flat_map(read_by_rule).collect();
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

/// The facts that a rule, its message and its fixes mention, for every server that it may be judged for.
fn read_by_rule(rule: &Rule) -> Vec<FactPath> {
    let heres: Vec<Option<Side>> = if rule.sides.is_empty() {
        vec![None]
    } else {
        rule.sides.iter().copied().map(Some).collect()
    };
    let phrases = [&rule.message, &rule.why, &rule.remedy];
    let mentioned: Vec<&FactRef> = rule
        .expressions()
        .flat_map(Expression::facts)
        .chain(phrases.into_iter().flat_map(|phrase| &phrase.facts))
        .collect();
    let mut paths: Vec<FactPath> = heres
        .iter()
        .flat_map(|here| mentioned.iter().filter_map(|fact| fact.path(*here)))
        .collect();
    if rule.locals.twin
        && let Some(each) = rule.for_each.as_ref().and_then(|each| each.as_fact())
    {
        let twins = heres.iter().filter_map(|here| each.path(*here));
        let twins: Vec<FactPath> = twins
            .filter_map(|path| Some(FactPath::new(path.root.side()?.peer(), path.name)))
            .collect();
        paths.extend(twins);
    }
    paths
}
