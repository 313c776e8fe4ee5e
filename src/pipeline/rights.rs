//! Which rights a pair needs of whom, and whether they are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Means, Opened};
use crate::catalogue::{Ask, Catalogue, NeededRight, reads_of_fact, reads_of_rule};
use crate::collect;
use crate::evaluate::{self, RightRow, Selection};
use crate::facts::{FactPath, Side};
use crate::pair::{Endpoint, Secrets};

/// The rights that the selected rules need, by endpoint; nobody is asked.
pub fn rights<'o>(opened: &'o Opened, selection: &Selection) -> Vec<RightRow<'o>> {
    let catalogue = &opened.catalogue;
    let mut rules: BTreeMap<FactPath, BTreeSet<Arc<str>>> = BTreeMap::new();
    for rule in evaluate::selected(catalogue, selection) {
        for fact in collect::needed_for(catalogue, reads_of_rule(rule)) {
            rules.entry(fact).or_default().insert(rule.id.clone());
        }
    }
    let mut rows: Vec<RightRow<'o>> = Vec::new();
    for right in &catalogue.rights {
        for (path, needed_by) in &rules {
            let Some(fact) = catalogue.facts.get(&path.name) else {
                continue;
            };
            let questions = fact.probes.iter().filter(|probe| right.is_for(fact, &probe.ask));
            for probe in questions {
                let side = path.root.side();
                let asked = collect::endpoint_of(&opened.pair, &probe.on, &probe.ask, side);
                // Who is not in the pair file is not asked.
                let Ok(endpoint) = asked else { continue };
                if is_over(right, endpoint) {
                    add(&mut rows, right, endpoint, path, needed_by);
                }
            }
        }
    }
    let place = |row: &RightRow<'_>| row.endpoint.map(|endpoint| endpoint.name.clone());
    rows.sort_by_key(place);
    rows
}

fn is_over(right: &NeededRight, endpoint: Option<&Endpoint>) -> bool {
    let word = endpoint.map(|endpoint| endpoint.protocol.word());
    right.over.is_empty() || word.is_some_and(|word| right.over.contains(&word))
}

fn add<'o>(
    rows: &mut Vec<RightRow<'o>>,
    right: &'o NeededRight,
    endpoint: Option<&'o Endpoint>,
    path: &FactPath,
    needed_by: &BTreeSet<Arc<str>>,
) {
    let name = endpoint.map(|endpoint| &endpoint.name);
    let is_row =
        |row: &RightRow<'_>| row.right.id == right.id && row.endpoint.map(|endpoint| &endpoint.name) == name;
    let place = rows.iter().position(is_row).unwrap_or_else(|| {
        rows.push(RightRow {
            right,
            endpoint,
            side: name.and_then(|name| side_of(name)),
            facts: BTreeSet::new(),
            rules: BTreeSet::new(),
            standing: None,
        });
        rows.len() - 1
    });
    rows[place].facts.insert(path.clone());
    rows[place].rules.extend(needed_by.iter().cloned());
}

/// The server whose endpoint this is, such as `source.tds`.
fn side_of(endpoint: &str) -> Option<Side> {
    let (first, _) = endpoint.split_once('.')?;
    Side::BOTH.into_iter().find(|side| side.word() == first)
}

/// Finds out how the accounts stand with these rights, by reading alone; also tells whether it came to its end.
pub async fn stand(
    opened: &Opened,
    rows: &mut [RightRow<'_>],
    means: Means<'_>,
    secrets: &mut Secrets,
) -> bool {
    let wanted = shown_by(opened, rows);
    let request = collect::Request {
        catalogue: &opened.catalogue,
        pair: &opened.pair,
        said: &opened.said,
        wanted: &wanted,
        trusted: &opened.trusted,
        timeout: means.timeout,
        clock: means.clock,
        digests: means.digests,
        progress: means.progress,
        cancelled: means.cancelled,
    };
    let snapshot = collect::collect(&request, secrets).await;
    let mut facts = snapshot.facts;
    for (path, observation) in opened.said.iter() {
        facts.insert(path.clone(), observation.clone());
    }
    for row in rows {
        let before = before(&opened.catalogue, row);
        row.standing = Some(evaluate::standing(row.right, row.side, &before, &facts));
    }
    snapshot.complete
}

/// The facts that are read before those by whose reading a right is seen; one that is made of others is seen by these.
fn before(catalogue: &Catalogue, row: &RightRow<'_>) -> BTreeSet<FactPath> {
    let mut shown: BTreeSet<FactPath> = BTreeSet::new();
    let mut queue = row.right.shown_by(row.side);
    while let Some(path) = queue.pop() {
        if !shown.insert(path.clone()) {
            continue;
        }
        let fact = catalogue.facts.get(&path.name);
        let made = fact.filter(|fact| {
            let mut probes = fact.probes.iter();
            probes.all(|probe| matches!(probe.ask, Ask::Derive(_)))
        });
        let read = made.map(reads_of_fact).unwrap_or_default();
        queue.extend(read.into_iter().filter_map(|fact| fact.path(path.root.side())));
    }
    let mut before = collect::needed_for(catalogue, shown.iter().cloned());
    before.retain(|path| !shown.contains(path));
    before
}

/// The facts that show whether the accounts have these rights.
pub fn shown_by(opened: &Opened, rows: &[RightRow<'_>]) -> BTreeSet<FactPath> {
    let shown = rows.iter().flat_map(|row| row.right.shown_by(row.side));
    collect::needed_for(&opened.catalogue, shown)
}
