//! Which fact is read when: as soon as those are there that it mentions, and among several first the one on which the
//! longest chain of questions rests.
//!
//! A server takes only so many questions at a time. One that others wait for must not stand behind one that nobody
//! waits for.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Ask, Catalogue, reads_of_fact};
use crate::facts::FactPath;

/// What is still to be read, and what it waits for.
pub(super) struct Order<'a> {
    /// How many facts each one still waits for.
    waits: BTreeMap<&'a FactPath, usize>,
    /// The facts that wait for this one, the longest chains first.
    dependents: BTreeMap<&'a FactPath, Vec<&'a FactPath>>,
    /// The facts that wait for none, the longest chains first.
    pub(super) first: Vec<&'a FactPath>,
}

impl<'a> Order<'a> {
    pub(super) fn new(catalogue: &Catalogue, wanted: &'a BTreeSet<FactPath>) -> Self {
        let before: BTreeMap<_, _> = wanted
            .iter()
            .map(|path| (path, rests_on(catalogue, wanted, path)))
            .collect();
        let mut dependents: BTreeMap<&FactPath, Vec<&FactPath>> = BTreeMap::new();
        for (path, before) in &before {
            for fact in before {
                dependents.entry(fact).or_default().push(path);
            }
        }
        let chains = chains(catalogue, &before, &dependents);
        let by_chain = |path: &&FactPath| Reverse(chains.get(*path).copied().unwrap_or_default());
        for waiting in dependents.values_mut() {
            waiting.sort_by_key(by_chain);
        }
        let free = before.iter().filter(|(_, before)| before.is_empty());
        let mut first: Vec<&FactPath> = free.map(|(path, _)| *path).collect();
        first.sort_by_key(by_chain);
        Self {
            waits: before
                .iter()
                .map(|(path, before)| (*path, before.len()))
                .collect(),
            dependents,
            first,
        }
    }

    /// Takes note that a fact was read, and names those that waited for it alone.
    pub(super) fn read(&mut self, path: &FactPath) -> Vec<&'a FactPath> {
        let mut dependents = self.dependents.remove(path).unwrap_or_default();
        dependents.retain(|dependent| {
            let left = self.waits.get_mut(dependent).expect("every dependent is wanted");
            *left -= 1;
            *left == 0
        });
        dependents
    }
}

/// The wanted facts that this one's probes mention.
fn rests_on<'a>(
    catalogue: &Catalogue,
    wanted: &'a BTreeSet<FactPath>,
    path: &FactPath,
) -> BTreeSet<&'a FactPath> {
    let Some(fact) = catalogue.facts.get(&path.name) else {
        return BTreeSet::new();
    };
    let mentioned = reads_of_fact(fact)
        .into_iter()
        .filter_map(|read| read.path(path.root.side()));
    mentioned.filter_map(|read| wanted.get(&read)).collect()
}

/// How many questions follow one another from each fact on, its own included.
fn chains<'a>(
    catalogue: &Catalogue,
    before: &BTreeMap<&'a FactPath, BTreeSet<&'a FactPath>>,
    dependents: &BTreeMap<&'a FactPath, Vec<&'a FactPath>>,
) -> BTreeMap<&'a FactPath, usize> {
    let mut open: BTreeMap<&FactPath, usize> = dependents
        .iter()
        .map(|(path, waiting)| (*path, waiting.len()))
        .collect();
    let mut chains: BTreeMap<&FactPath, usize> = BTreeMap::new();
    let mut ends: Vec<&FactPath> = before
        .keys()
        .copied()
        .filter(|path| !open.contains_key(path))
        .collect();
    while let Some(path) = ends.pop() {
        let after = chains.get(path).copied().unwrap_or_default();
        let chain = after + usize::from(asks(catalogue, path));
        chains.insert(path, chain);
        for fact in &before[path] {
            let longest = chains.entry(fact).or_default();
            *longest = chain.max(*longest);
            let left = open.get_mut(fact).expect("somebody waits for it");
            *left -= 1;
            if *left == 0 {
                ends.push(fact);
            }
        }
    }
    chains
}

/// Whether reading a fact asks anybody else.
fn asks(catalogue: &Catalogue, path: &FactPath) -> bool {
    let Some(fact) = catalogue.facts.get(&path.name) else {
        return false;
    };
    let mut probes = fact.probes.iter();
    probes.any(|probe| !matches!(probe.ask, Ask::Derive(_) | Ask::Setting(_)))
}
