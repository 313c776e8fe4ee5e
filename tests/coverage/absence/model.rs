//! What a rule has to find when facts are missing, told from what it reads when they are there.
//!
//! A second, slower reading of the manual's words: all entries of a list are looked at, one that is false decides, else
//! one that is not known; what is not known ends the expression that reads it. Here each entry is run alone over the
//! whole facts and its reads are noted; nothing is ever run over missing ones.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use super::found::Found;
use standin::catalogue::{RequiredSide, Rule};
use standin::evaluate::{Status, Subject, SubjectRoot};
use standin::facts::{FactMap, FactPath, FactValue, Facts, Key, Lookup, Side};
use standin::predicate::{Budget, Expression, Fault, Locals, Scope, Seen, Trail};

/// Facts that are missing.
pub(crate) type Missing = BTreeSet<FactPath>;

/// One entry of a list: what it says, and which facts it reads for that.
#[derive(Clone, Debug)]
struct Entry {
    /// Nothing where it is not known even so.
    holds: Option<bool>,
    reads: BTreeSet<FactPath>,
}

impl Entry {
    fn without(&self, missing: &Missing) -> Option<bool> {
        self.holds.filter(|_| self.reads.is_disjoint(missing))
    }
}

/// A rule for one subject.
#[derive(Clone, Debug)]
struct Case {
    /// Whether there is a record to speak of, or none is needed; nothing can be said but by what does not speak of it.
    is_bound: bool,
    when: Vec<Entry>,
    expect: Vec<Entry>,
    severity: Vec<(Option<Entry>, Status)>,
}

/// A rule with everything that it is judged for, for one server in question or none.
#[derive(Clone, Debug)]
struct Part {
    root: SubjectRoot,
    /// What the collection that it goes over is read from.
    each: BTreeSet<FactPath>,
    /// What there is to say where its records are not known.
    bare: Case,
    cases: BTreeMap<Subject, Case>,
}

/// What a rule finds over the whole facts, ready to lose some of them.
pub(crate) struct Model<'r> {
    rule: &'r Rule,
    parts: Vec<Part>,
}

/// What is to be found about a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Status(Status),
    /// The finding of this rule about this subject silences it.
    Because(String, Subject),
}

impl<'r> Model<'r> {
    pub(crate) fn of(rule: &'r Rule, facts: &Facts) -> Self {
        let heres: Vec<Option<Side>> = match rule.sides.as_slice() {
            [] => vec![None],
            sides => sides.iter().copied().map(Some).collect(),
        };
        let parts = heres.into_iter().map(|here| part(rule, facts, here)).collect();
        Self { rule, parts }
    }

    /// What has to be found without these facts, where the rules that this one requires found `others`.
    pub(crate) fn without(&self, missing: &Missing, others: &Found) -> BTreeMap<Subject, Verdict> {
        let mut found = BTreeMap::new();
        for part in &self.parts {
            if part.each.is_disjoint(missing) {
                for (subject, case) in &part.cases {
                    found.insert(subject.clone(), self.verdict(case, subject, missing, others));
                }
            } else {
                let root = Subject::of(part.root);
                found.insert(root.clone(), self.verdict(&part.bare, &root, missing, others));
            }
        }
        if found.is_empty() {
            let first = self.parts.first().map_or(SubjectRoot::Pair, |part| part.root);
            found.insert(Subject::of(first), Verdict::Status(Status::NotApplicable));
        }
        found
    }

    fn verdict(&self, case: &Case, subject: &Subject, missing: &Missing, others: &Found) -> Verdict {
        let when = all(&case.when, missing);
        if when == Some(false) {
            return Verdict::Status(Status::NotApplicable);
        }
        if let Some(because) = self.blocked(subject, others) {
            return because;
        }
        Verdict::Status(match all(&case.expect, missing) {
            _ if when.is_none() || !case.is_bound => Status::Unknown,
            Some(true) => Status::Good,
            None => Status::Unknown,
            Some(false) => severity(case, missing),
        })
    }

    /// The first finding that is required to be good and is not.
    fn blocked(&self, subject: &Subject, others: &Found) -> Option<Verdict> {
        for requirement in &self.rule.requires {
            let sides = match requirement.side {
                RequiredSide::Same => vec![subject.root],
                RequiredSide::One(side) => vec![SubjectRoot::Of(side)],
                RequiredSide::Both => Side::BOTH.map(SubjectRoot::Of).to_vec(),
            };
            for root in sides {
                let about = Subject {
                    root,
                    key: subject.key.clone(),
                };
                let blocking = around(&about)
                    .filter_map(|wanted| others.about(&requirement.rule, &wanted))
                    .find(|other| !matches!(other.status, Status::Good | Status::NotApplicable));
                if let Some(other) = blocking {
                    let (rule, subject) = match &other.because {
                        Some(because) => (&because.rule, &because.subject),
                        None => (&other.rule, &other.subject),
                    };
                    return Some(Verdict::Because(rule.to_string(), subject.clone()));
                }
            }
        }
        None
    }
}

/// A subject, what it lies in, and the pair.
fn around(subject: &Subject) -> impl Iterator<Item = Subject> {
    let parts = subject.key.parts();
    let inside = (0..=parts.len()).rev().map(|count| Subject {
        root: subject.root,
        key: Key::new(parts[..count].iter().cloned()),
    });
    inside.chain([Subject::of(SubjectRoot::Pair)])
}

/// False if one is false, else not known if one is not.
fn all(entries: &[Entry], missing: &Missing) -> Option<bool> {
    let holds: Vec<Option<bool>> = entries.iter().map(|entry| entry.without(missing)).collect();
    if holds.contains(&Some(false)) {
        return Some(false);
    }
    (!holds.contains(&None)).then_some(true)
}

fn severity(case: &Case, missing: &Missing) -> Status {
    for (when, severity) in &case.severity {
        match when.as_ref().map(|when| when.without(missing)) {
            None | Some(Some(true)) => return *severity,
            Some(Some(false)) => {}
            Some(None) => return Status::Unknown,
        }
    }
    Status::Good
}

/// What stands for `item` and `twin`, or why there is neither.
type Bound = Result<Vec<Result<Seen, Fault>>, Fault>;

fn part(rule: &Rule, facts: &Facts, here: Option<Side>) -> Part {
    let collection = rule.for_each.as_ref().and_then(Expression::as_fact);
    let collection = collection.and_then(|fact| fact.path(here));
    let root = match (here, &collection) {
        (Some(side), _) => SubjectRoot::Of(side),
        (None, Some(path)) => path.root.into(),
        (None, None) => SubjectRoot::Pair,
    };
    let none = Err(Fault::Budget);
    let mut part = Part {
        root,
        each: BTreeSet::new(),
        bare: case(rule, facts, here, &none),
        cases: BTreeMap::new(),
    };
    let Some(each) = &rule.for_each else {
        part.cases
            .insert(Subject::of(root), case(rule, facts, here, &Ok(Vec::new())));
        return part;
    };
    let (listed, reads) = run(each, facts, here, &Locals::default());
    part.each = reads;
    match listed {
        Ok(seen) => {
            let bound = records(rule, &seen, collection.as_ref(), facts);
            let cases = bound
                .into_iter()
                .map(|(key, bound)| (Subject { root, key }, case(rule, facts, here, &bound)));
            part.cases.extend(cases);
        }
        Err(_) => {
            part.cases.insert(Subject::of(root), part.bare.clone());
        }
    }
    part
}

/// Every record with its key, and what it meets on the other server.
fn records(rule: &Rule, seen: &Seen, collection: Option<&FactPath>, facts: &Facts) -> Vec<(Key, Bound)> {
    let FactValue::Map(map) = &seen.value else {
        let items = seen.value.items().unwrap_or_default().iter().enumerate();
        return items
            .map(|(place, item)| {
                let key = match item {
                    FactValue::Record(_) => (place + 1).to_string(),
                    item => item.to_string(),
                };
                let item = match item {
                    FactValue::Absent(why) => Err(Fault::Absent((**why).clone())),
                    item => Ok(vec![Ok(Seen::computed(item.clone()))]),
                };
                (Key::new([key]), item)
            })
            .collect();
    };
    let entries = map.iter().map(|entry| {
        let item = match &entry.value {
            FactValue::Absent(why) => Err(Fault::Absent((**why).clone())),
            value => Ok(Seen {
                value: value.clone(),
                trail: seen.trail.as_ref().map(|trail| trail.at(entry.key.clone())),
            }),
        };
        let twin = || {
            rule.locals
                .twin
                .then(|| collection.map(|path| twin(path, &entry.key, facts)))
        };
        let bound = item.map(|item| iter::once(Ok(item)).chain(twin().flatten()).collect());
        (entry.key.clone(), bound)
    });
    let holes = map
        .holes()
        .map(|(prefix, why)| (prefix.clone(), Err(Fault::Absent(why.clone()))));
    entries.chain(holes).collect()
}

/// The record of the other server with the same key.
fn twin(path: &FactPath, key: &Key, facts: &Facts) -> Result<Seen, Fault> {
    let other = FactPath::new(path.root.side().unwrap().peer(), path.name.clone());
    let value = facts.get(&other).map_err(Fault::Absent)?;
    let FactValue::Map(map) = value else {
        panic!("{other} is no collection");
    };
    let found: &FactMap = map;
    let (key, value) = match found.get(key) {
        Lookup::Found(entry) => (&entry.key, entry.value.clone()),
        Lookup::Missing => (key, FactValue::Nothing),
        Lookup::Hole(why) => return Err(Fault::Absent(why.clone())),
    };
    Ok(Seen {
        value,
        trail: Some(Trail::fact(other).at(key.clone())),
    })
}

fn case(rule: &Rule, facts: &Facts, here: Option<Side>, bound: &Bound) -> Case {
    let own = usize::from(rule.locals.item) + usize::from(rule.locals.twin);
    let mut locals = Locals(match bound {
        Ok(bound) => bound.clone(),
        Err(fault) => vec![Err(fault.clone()); own],
    });
    // What each `let` reads is read by whoever uses it.
    let mut reads_of_lets: Vec<BTreeSet<FactPath>> = Vec::new();
    let uses = |expression: &Expression, lets: &[BTreeSet<FactPath>]| -> BTreeSet<FactPath> {
        let used = lets.iter().enumerate();
        let used = used.filter(|(place, _)| expression.uses_local(own + place));
        used.flat_map(|(_, reads)| reads.clone()).collect()
    };
    for (_, expression) in &rule.lets {
        let (value, mut reads) = run(expression, facts, here, &locals);
        reads.extend(uses(expression, &reads_of_lets));
        let value = if bound.is_ok() { value } else { Err(Fault::Budget) };
        locals.0.push(value);
        reads_of_lets.push(reads);
    }
    let entry = |expression: &Expression| {
        let (value, mut reads) = run(expression, facts, here, &locals);
        reads.extend(uses(expression, &reads_of_lets));
        Entry {
            holds: match value.map(|seen| seen.value) {
                Ok(FactValue::Bool(holds)) => Some(holds),
                _ => None,
            },
            reads,
        }
    };
    Case {
        is_bound: bound.is_ok(),
        when: rule.when.iter().map(entry).collect(),
        expect: rule.expect.iter().map(entry).collect(),
        severity: rule
            .severity
            .iter()
            .map(|(when, severity)| (when.as_ref().map(entry), Status::from(*severity)))
            .collect(),
    }
}

fn run(
    expression: &Expression,
    facts: &Facts,
    here: Option<Side>,
    locals: &Locals,
) -> (Result<Seen, Fault>, BTreeSet<FactPath>) {
    let reads = RefCell::default();
    let value = expression.run(&Scope { facts, here }, locals, &Budget::default(), &reads);
    let reads = reads.into_inner().into_iter().map(|read| read.trail.fact);
    (value, reads.collect())
}
