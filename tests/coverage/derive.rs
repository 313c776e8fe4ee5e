//! Facts that are made of other facts, made anew after something was changed.

use std::collections::BTreeSet;
use std::time::Duration;

use standin::catalogue::Ask;
use standin::collect::{self, Request, Silent};
use standin::facts::{FactPath, Observation, Snapshot};
use standin::pair::Secrets;
use standin::pipeline::Opened;
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use super::scenario::{self, Scenario};

/// Makes the facts anew that were made of others, but for those to keep, and returns those that are now different.
///
/// Where a fact was read is left as it is.
pub(crate) fn again(
    opened: &Opened,
    snapshot: &mut Snapshot,
    keep: &BTreeSet<FactPath>,
) -> BTreeSet<FactPath> {
    let made = snapshot
        .facts
        .iter()
        .filter(|(path, seen)| is_made(opened, path, seen));
    let wanted: BTreeSet<FactPath> = made
        .map(|(path, _)| path.clone())
        .filter(|path| !keep.contains(path))
        .collect();
    let mut said = opened.said.clone();
    for (path, seen) in snapshot.facts.iter().filter(|(path, _)| !wanted.contains(path)) {
        said.insert(path.clone(), seen.clone());
    }
    let request = Request {
        catalogue: &opened.catalogue,
        pair: &opened.pair,
        said: &said,
        wanted: &wanted,
        trusted: &opened.trusted,
        // What is made of others needs none; nobody is asked.
        timeout: Duration::ZERO,
        clock: &|| snapshot.taken_at,
        digests: None,
        progress: &Silent,
        cancelled: CancellationToken::new(),
    };
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let now = runtime.block_on(collect::collect(&request, &mut Secrets::default()));
    let mut changed = BTreeSet::new();
    for path in wanted {
        let new = now.facts.observation(&path).unwrap();
        assert!(
            is_of_facts(opened, snapshot, new),
            "{path} would now be read by {}: say what it becomes",
            new.provenance.probe
        );
        let mut seen = snapshot.facts.observation(&path).unwrap().clone();
        if seen.value != new.value {
            seen.value.clone_from(&new.value);
            snapshot.facts.insert(path.clone(), seen);
            changed.insert(path);
        }
    }
    changed
}

/// Whether a fact was made of others when the snapshot was taken, or can only be.
fn is_made(opened: &Opened, path: &FactPath, seen: &Observation) -> bool {
    let fact = &opened.catalogue.facts[&path.name];
    let mut probes = fact.probes.iter();
    let always = probes.all(|probe| matches!(probe.ask, Ask::Derive(_) | Ask::Setting(_)));
    // Of several records the first one tells how it was read; others may have been read otherwise.
    let as_seen = fact.for_each.is_none() && is_derived(seen);
    always && !fact.probes.is_empty() || as_seen
}

fn is_derived(seen: &Observation) -> bool {
    matches!(seen.provenance.probe.as_str(), "derive" | "setting" | "none")
}

/// Whether nobody but other facts, and why they are not known, decided what this one is.
fn is_of_facts(opened: &Opened, snapshot: &Snapshot, seen: &Observation) -> bool {
    let is_fact = |root: &str| {
        let path = root.parse::<FactPath>();
        path.is_ok_and(|path| opened.catalogue.schema.type_at(&path).is_some())
    };
    let is_told = |root: &str| {
        let mut absences = snapshot
            .facts
            .iter()
            .filter_map(|(_, seen)| seen.value.as_ref().err());
        absences.any(|why| *why.root == *root)
    };
    let absence = seen.value.as_ref().err();
    is_derived(seen) || absence.is_some_and(|why| is_fact(&why.root) || is_told(&why.root))
}

#[test]
fn the_recordings_hold_what_is_made_of_their_facts() {
    for name in scenario::HEALTHY {
        let Scenario {
            opened, mut snapshot, ..
        } = Scenario::open(name);
        let changed = again(&opened, &mut snapshot, &BTreeSet::new());
        assert!(
            changed.is_empty(),
            "{name}: not as they would be made now: {changed:?}"
        );
    }
}
