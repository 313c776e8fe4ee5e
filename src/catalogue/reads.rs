//! Which facts a rule reads.

use std::collections::BTreeSet;

use super::{Catalogue, Rule};
use crate::facts::{FactPath, Side};
use crate::predicate::{Expression, FactRef};

/// The facts that a rule, its texts and its fixes mention, for every server that it may be judged for.
pub fn reads_of_rule(rule: &Rule) -> BTreeSet<FactPath> {
    let heres = heres(rule);
    let phrases = [&rule.message, &rule.why, &rule.remedy];
    let mentioned: Vec<&FactRef> = rule
        .expressions()
        .flat_map(Expression::facts)
        .chain(phrases.into_iter().flat_map(|phrase| &phrase.facts))
        .collect();
    let mut paths: BTreeSet<FactPath> = heres
        .iter()
        .flat_map(|here| mentioned.iter().filter_map(|fact| fact.path(*here)))
        .collect();
    if rule.locals.twin
        && let Some(each) = rule.for_each.as_ref().and_then(|each| each.as_fact())
    {
        let own = heres.iter().filter_map(|here| each.path(*here));
        let twins: Vec<FactPath> = own
            .filter_map(|path| Some(FactPath::new(path.root.side()?.peer(), path.name)))
            .collect();
        paths.extend(twins);
    }
    paths
}

/// The facts that planning the fixes of a rule looks at.
pub fn reads_of_fixes(catalogue: &Catalogue, rule: &Rule) -> BTreeSet<FactPath> {
    let heres = heres(rule);
    let fixes = rule.fix.iter().filter_map(|used| catalogue.fixes.get(&used.fix));
    fixes
        .flat_map(|fix| heres.iter().flat_map(|here| fix.reads(*here)))
        .collect()
}

/// The servers in question of a rule.
fn heres(rule: &Rule) -> Vec<Option<Side>> {
    if rule.sides.is_empty() {
        vec![None]
    } else {
        rule.sides.iter().copied().map(Some).collect()
    }
}
