//! What has to be replicated, as the facts say.

use std::collections::BTreeSet;

use super::Opened;
use super::records::{flag, items, text};
use crate::collect;
use crate::facts::{Absence, FactPath, FactValue, Facts, Root};
use crate::report::{SetPath, SetRule, Sets};

/// Every path with its set and reasons; the names of all sets; and what the pair file adds.
const PATHS: &str = "replication.paths";
const SETS: &str = "replication.sets";
const RULES: &str = "replication.rules";

/// The facts that decide what is replicated.
pub fn wanted_by_sets(opened: &Opened) -> BTreeSet<FactPath> {
    let wanted = [PATHS, SETS].map(|name| FactPath::new(Root::Pair, name));
    collect::needed_for(&opened.catalogue, wanted)
}

/// The replication sets; nothing where no pack tells of them.
pub fn sets(facts: &Facts) -> Option<Sets> {
    let rules = facts.get(&FactPath::new(Root::Setting, RULES)).ok()?;
    let mut unknown: Option<Absence> = None;
    let mut records = |name: &str| match facts.get(&FactPath::new(Root::Pair, name)) {
        Ok(FactValue::Map(map)) => {
            unknown = unknown
                .take()
                .or_else(|| map.holes().next().map(|(_, why)| why.clone()));
            map.iter().map(|entry| entry.value.clone()).collect()
        }
        Ok(_) => Vec::new(),
        Err(why) => {
            unknown = Some(why);
            Vec::new()
        }
    };
    let names = records(SETS).iter().filter_map(|set| text(set, "name")).collect();
    let paths = records(PATHS);
    let paths = paths.iter().filter_map(|one| {
        Some(SetPath {
            set: text(one, "set")?,
            path: text(one, "path")?,
            reasons: items(one, "reasons").iter().map(ToString::to_string).collect(),
        })
    });
    let rules = rules.items().unwrap_or_default().iter().filter_map(|rule| {
        Some(SetRule {
            path: text(rule, "path")?,
            include: flag(rule, "include"),
            recursive: flag(rule, "recursive"),
        })
    });
    Some(Sets {
        names,
        paths: paths.collect(),
        rules: rules.collect(),
        unknown,
    })
}
