//! What a rule is judged for: servers, the pair, records of a collection.

use std::cell::RefCell;
use std::iter;
use std::sync::Arc;

use super::{Subject, SubjectRoot};
use crate::catalogue::Rule;
use crate::facts::{Absence, Entry, FactMap, FactPath, FactValue, Facts, Key, Lookup, Side};
use crate::predicate::{Budget, Expression, Fault, Locals, Scope, Seen, Trail};

/// One thing to judge, or why it cannot be told which things there are.
pub(super) struct Candidate {
    pub(super) subject: Subject,
    pub(super) here: Option<Side>,
    /// What `item` and `twin` are, in the order of the rule's names.
    pub(super) bound: Result<Vec<Result<Seen, Fault>>, Fault>,
}

/// Everything that the rule is judged for; empty where there is nothing to check.
pub(super) fn candidates(rule: &Rule, facts: &Facts, budget: &Budget) -> Vec<Candidate> {
    let sides: Vec<Option<Side>> = if rule.sides.is_empty() {
        vec![None]
    } else {
        rule.sides.iter().copied().map(Some).collect()
    };
    sides
        .into_iter()
        .flat_map(|here| candidates_of(rule, here, facts, budget))
        .collect()
}

fn candidates_of(rule: &Rule, here: Option<Side>, facts: &Facts, budget: &Budget) -> Vec<Candidate> {
    let Some(each) = &rule.for_each else {
        let root = here.map_or(SubjectRoot::Pair, SubjectRoot::Of);
        return vec![Candidate {
            subject: Subject::of(root),
            here,
            bound: Ok(Vec::new()),
        }];
    };
    let collection = each.as_fact().and_then(|fact| fact.path(here));
    let root = match (here, &collection) {
        (Some(side), _) => SubjectRoot::Of(side),
        (None, Some(path)) => path.root.into(),
        (None, None) => SubjectRoot::Pair,
    };
    let whole = |bound| Candidate {
        subject: Subject::of(root),
        here,
        bound: Err(bound),
    };
    let seen = match run(each, here, facts, budget) {
        Ok(seen) => seen,
        Err(fault) => return vec![whole(fault)],
    };
    match &seen.value {
        FactValue::Map(map) => {
            let twins = Twins::of(rule, collection.as_ref(), facts);
            of_map(map, &seen, root, here, &twins)
        }
        FactValue::List(items) | FactValue::Set(items) => of_list(items, root, here),
        FactValue::Nothing => Vec::new(),
        other => vec![whole(Fault::Absent(Absence::new(
            crate::facts::Cause::Malformed,
            rule.id.clone(),
            format!("`for_each` gave a {}, not a collection", other.kind()),
        )))],
    }
}

fn run(each: &Expression, here: Option<Side>, facts: &Facts, budget: &Budget) -> Result<Seen, Fault> {
    each.run(
        &Scope { facts, here },
        &Locals::default(),
        budget,
        &RefCell::default(),
    )
}

/// Where the records of the other server are found.
enum Twins {
    Unused,
    Of(Arc<FactMap>, FactPath),
    Absent(Absence),
}

impl Twins {
    fn of(rule: &Rule, collection: Option<&FactPath>, facts: &Facts) -> Self {
        let side = collection.and_then(|path| path.root.side());
        let (true, Some(path), Some(side)) = (rule.locals.twin, collection, side) else {
            return Self::Unused;
        };
        let other = FactPath::new(side.peer(), path.name.clone());
        match facts.get(&other) {
            Ok(FactValue::Map(map)) => Self::Of(map.clone(), other),
            Ok(value) => {
                let detail = format!("{other} is a {}, not a collection", value.kind());
                Self::Absent(Absence::new(
                    crate::facts::Cause::Malformed,
                    other.to_string(),
                    detail,
                ))
            }
            Err(why) => Self::Absent(why),
        }
    }
}

/// What the other server has under this key, or nothing when it has none, or why that is not known.
fn twin(path: &FactPath, key: &Key, found: Lookup<'_>) -> Result<Seen, Fault> {
    let (value, key) = match found {
        Lookup::Found(entry) => (entry.value.clone(), &entry.key),
        Lookup::Hole(why) => return Err(Fault::Absent(why.clone())),
        Lookup::Missing => (FactValue::Nothing, key),
    };
    let trail = Some(Trail::fact(path.clone()).at(key.clone()));
    Ok(Seen { value, trail })
}

fn of_map(
    map: &FactMap,
    seen: &Seen,
    root: SubjectRoot,
    here: Option<Side>,
    twins: &Twins,
) -> Vec<Candidate> {
    let about = |key: &Key, bound| Candidate {
        subject: Subject {
            root,
            key: key.clone(),
        },
        here,
        bound,
    };
    let candidate = |entry: &Entry, twin: Option<Result<Seen, Fault>>| {
        let bound = match &entry.value {
            FactValue::Absent(why) => Err(Fault::Absent(Absence::clone(why))),
            record => {
                let trail = seen.trail.as_ref().map(|trail| trail.at(entry.key.clone()));
                let value = record.clone();
                Ok(iter::once(Ok(Seen { value, trail })).chain(twin).collect())
            }
        };
        about(&entry.key, bound)
    };
    let mut candidates: Vec<Candidate> = match twins {
        Twins::Unused => map.iter().map(|entry| candidate(entry, None)).collect(),
        Twins::Absent(why) => {
            let unknown = || Some(Err(Fault::Absent(why.clone())));
            map.iter().map(|entry| candidate(entry, unknown())).collect()
        }
        Twins::Of(other, path) => map
            .meet(other)
            .map(|(entry, found)| candidate(entry, Some(twin(path, &entry.key, found))))
            .collect(),
    };
    let holes = map
        .holes()
        .map(|(prefix, why)| about(prefix, Err(Fault::Absent(why.clone()))));
    candidates.extend(holes);
    candidates
}

fn of_list(items: &[FactValue], root: SubjectRoot, here: Option<Side>) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let key = match item {
            FactValue::Record(_) => Key::new([(place + 1).to_string()]),
            other => Key::new([other.to_string()]),
        };
        let bound = match item {
            FactValue::Absent(why) => Err(Fault::Absent(Absence::clone(why))),
            value => Ok(vec![Ok(Seen::computed(value.clone()))]),
        };
        candidates.push(Candidate {
            subject: Subject { root, key },
            here,
            bound,
        });
    }
    candidates
}
