//! Why some tasks come before others.
//!
//! A joint says that every task on its one side comes before every task on its other side, for one reason. So a service
//! that a thousand tasks need, and ten set, is two joints and not ten thousand edges.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::places::{Mark, Task, meets};
use crate::catalogue::Phase;
use crate::facts::{FactPath, FactValue, Key};
use crate::predicate::Trail;

/// Why tasks come before others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The later ones need this, and the earlier ones make it so.
    Made(Trail, Option<FactValue>),
    /// The earlier ones need this, and the later ones change it.
    Kept(Trail, Option<FactValue>),
    /// The later ones are about something in what the earlier ones make.
    Whole(Trail),
    /// The earlier ones are about something in what the later ones take away.
    Parts(Trail),
    /// Both change it, one after the other.
    InTurn(Trail),
    /// The later one takes back what the earlier one did for a while.
    Back,
    /// A pack says so.
    Said(Arc<str>),
}

/// What is to be said of the earlier ones: "makes that ...", "needs that ...".
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made(place, Some(value)) => write!(f, "makes that {place} is {value}"),
            Self::Kept(place, Some(value)) => write!(f, "needs that {place} is still {value}"),
            Self::Made(place, None) | Self::Whole(place) => write!(f, "makes {place}"),
            Self::Kept(place, None) => write!(f, "needs {place} as it is"),
            Self::Parts(place) => write!(f, "is about something in {place}"),
            Self::InTurn(place) => write!(f, "changes {place} too"),
            Self::Back => f.write_str("is taken back by it"),
            Self::Said(text) => f.write_str(text),
        }
    }
}

/// Every task of `before` comes before every task of `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joint {
    pub before: Vec<usize>,
    pub after: Vec<usize>,
    pub reason: Reason,
}

/// Two tasks that set one place differently for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub first: usize,
    pub second: usize,
    pub place: Trail,
    pub values: [Option<FactValue>; 2],
}

/// Everything that the order of these tasks follows from.
#[derive(Debug, Default)]
pub(super) struct Joints {
    pub(super) all: Vec<Joint>,
    pub(super) conflicts: Vec<Conflict>,
}

type Record = (Phase, (FactPath, Option<Key>));

/// What a pack says of a neighbour: which tasks are meant, and why.
type Said = (Mark, Arc<str>);
/// The tasks that say the same.
type Asking<'t> = IndexMap<(Phase, &'t Mark, &'t Arc<str>), Vec<usize>>;

/// What is done with one place.
#[derive(Default)]
struct Spot<'t> {
    place: Option<&'t Trail>,
    sets: Vec<Set<'t>>,
    needs: Vec<Need<'t>>,
}

#[derive(Clone, Copy)]
struct Set<'t> {
    task: usize,
    value: Option<&'t FactValue>,
}

#[derive(Clone, Copy)]
struct Need<'t> {
    task: usize,
    value: Option<&'t FactValue>,
    is_so: bool,
}

impl Joints {
    pub(super) fn of(tasks: &[Task]) -> Self {
        let mut joints = Self::default();
        for spots in records(tasks).values() {
            for spot in spots.values() {
                joints.needs_of(spot);
                joints.turns_of(spot, tasks);
            }
            joints.parts_of(spots);
        }
        for (place, task) in tasks.iter().enumerate() {
            if let Some(helper) = task.undoes {
                joints.add(vec![helper], vec![place], Reason::Back);
            }
        }
        joints.neighbours(tasks);
        joints
            .conflicts
            .sort_by_key(|conflict| (conflict.first, conflict.second));
        joints
    }

    /// A task on both sides stands between the others.
    fn add(&mut self, before: Vec<usize>, after: Vec<usize>, reason: Reason) {
        let (ahead, behind): (BTreeSet<usize>, BTreeSet<usize>) =
            (before.into_iter().collect(), after.into_iter().collect());
        let first: Vec<usize> = ahead.difference(&behind).copied().collect();
        let both: Vec<usize> = ahead.intersection(&behind).copied().collect();
        let last: Vec<usize> = behind.difference(&ahead).copied().collect();
        if !both.is_empty() && !last.is_empty() {
            self.put(both, last, reason.clone());
        }
        self.put(first, behind.into_iter().collect(), reason);
    }

    fn put(&mut self, before: Vec<usize>, after: Vec<usize>, reason: Reason) {
        if !before.is_empty() && !after.is_empty() {
            self.all.push(Joint {
                before,
                after,
                reason,
            });
        }
    }

    /// Whoever makes what is needed comes before, whoever changes it behind.
    fn needs_of(&mut self, spot: &Spot<'_>) {
        let Some(place) = spot.place else { return };
        let mut needs = spot.needs.clone();
        let order = |a: &Need<'_>, b: &Need<'_>| match (a.value, b.value) {
            (Some(a), Some(b)) => a.sort_order(b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        needs.sort_by(order);
        for alike in needs.chunk_by(|a, b| order(a, b).is_eq()) {
            let needed = alike[0].value;
            let needers: Vec<usize> = alike.iter().map(|need| need.task).collect();
            let (makers, breakers): (Vec<&Set<'_>>, Vec<&Set<'_>>) =
                spot.sets.iter().partition(|set| meets(set.value, needed));
            let tasks = |sets: Vec<&Set<'_>>| sets.iter().map(|set| set.task).collect();
            if !alike[0].is_so {
                let reason = Reason::Made(place.clone(), needed.cloned());
                self.add(tasks(makers), needers.clone(), reason);
            }
            self.add(
                needers,
                tasks(breakers),
                Reason::Kept(place.clone(), needed.cloned()),
            );
        }
    }

    /// Tasks that set the same: what lasts must agree, what is done for a while is taken back before.
    fn turns_of(&mut self, spot: &Spot<'_>, tasks: &[Task]) {
        let Some(place) = spot.place else { return };
        let lasting: Vec<&Set<'_>> = spot.sets.iter().filter(|set| tasks[set.task].lasts).collect();
        if let Some((first, rest)) = lasting.split_first() {
            let differs = |set: &&&Set<'_>| match (first.value, set.value) {
                (Some(a), Some(b)) => !a.sort_order(b).is_eq(),
                (a, b) => a.is_some() != b.is_some(),
            };
            let other = rest.iter().filter(|set| set.task != first.task).find(differs);
            self.conflicts.extend(other.map(|other| Conflict {
                first: first.task.min(other.task),
                second: first.task.max(other.task),
                place: place.clone(),
                values: if first.task < other.task {
                    [first.value.cloned(), other.value.cloned()]
                } else {
                    [other.value.cloned(), first.value.cloned()]
                },
            }));
            if first.value.is_none() {
                for two in lasting.windows(2) {
                    self.in_turn(vec![two[0].task], vec![two[1].task], place);
                }
            }
        }
        let undone = |set: &&Set<'_>| tasks[set.task].undoes.is_some();
        let back: Vec<usize> = spot.sets.iter().filter(undone).map(|set| set.task).collect();
        for two in back.windows(2) {
            let next = tasks[two[1]].undoes.into_iter().collect();
            self.in_turn(vec![two[0]], next, place);
        }
        self.in_turn(back, lasting.iter().map(|set| set.task).collect(), place);
    }

    fn in_turn(&mut self, before: Vec<usize>, after: Vec<usize>, place: &Trail) {
        self.add(before, after, Reason::InTurn(place.clone()));
    }

    /// Whoever makes a thing comes before whoever is about a part of it; whoever takes it away comes behind.
    fn parts_of(&mut self, spots: &IndexMap<Option<&Arc<str>>, Spot<'_>>) {
        for whole in spots.values().filter(|spot| !spot.sets.is_empty()) {
            let Some(place) = whole.place else { continue };
            let inside = spots.values().filter(|spot| {
                spot.place
                    .is_some_and(|part| part.field != place.field && place.covers(part))
            });
            let parts: Vec<usize> = inside
                .flat_map(|spot| {
                    let needs = spot.needs.iter().map(|need| need.task);
                    spot.sets.iter().map(|set| set.task).chain(needs)
                })
                .collect();
            if parts.is_empty() {
                continue;
            }
            let (away, make): (Vec<&Set<'_>>, Vec<&Set<'_>>) = whole
                .sets
                .iter()
                .partition(|set| set.value == Some(&FactValue::Nothing));
            let tasks = |sets: Vec<&Set<'_>>| sets.iter().map(|set| set.task).collect();
            self.add(tasks(make), parts.clone(), Reason::Whole(place.clone()));
            self.add(parts, tasks(away), Reason::Parts(place.clone()));
        }
    }

    /// What packs say of neighbours.
    fn neighbours(&mut self, tasks: &[Task]) {
        let mut marked: IndexMap<(Phase, &Mark), Vec<usize>> = IndexMap::new();
        for (place, task) in tasks.iter().enumerate() {
            for mark in &task.marks {
                marked.entry((task.phase, mark)).or_default().push(place);
            }
        }
        let asking = |of: fn(&Task) -> &[Said]| {
            let mut asking: Asking<'_> = IndexMap::new();
            for (place, task) in tasks.iter().enumerate() {
                for (mark, because) in of(task) {
                    asking.entry((task.phase, mark, because)).or_default().push(place);
                }
            }
            asking
        };
        for ((phase, mark, because), all) in asking(|task| &task.after) {
            let first = marked.get(&(phase, mark)).cloned().unwrap_or_default();
            self.add(first, all, Reason::Said(because.clone()));
        }
        for ((phase, mark, because), all) in asking(|task| &task.before) {
            let last = marked.get(&(phase, mark)).cloned().unwrap_or_default();
            self.add(all, last, Reason::Said(because.clone()));
        }
    }
}

/// What is done with each place, record by record and field by field, in the order of the tasks.
fn records(tasks: &[Task]) -> IndexMap<Record, IndexMap<Option<&Arc<str>>, Spot<'_>>> {
    let mut records: IndexMap<Record, IndexMap<Option<&Arc<str>>, Spot<'_>>> = IndexMap::new();
    for (place, task) in tasks.iter().enumerate() {
        for set in &task.sets {
            let record = records.entry((task.phase, set.site.record())).or_default();
            let spot = record.entry(set.site.field()).or_default();
            spot.place.get_or_insert(&set.site.trail);
            spot.sets.push(Set {
                task: place,
                value: set.value.as_ref(),
            });
        }
        for (need, is_so) in &task.needs {
            let record = records.entry((task.phase, need.site.record())).or_default();
            let spot = record.entry(need.site.field()).or_default();
            spot.place.get_or_insert(&need.site.trail);
            spot.needs.push(Need {
                task: place,
                value: need.value.as_ref(),
                is_so: *is_so,
            });
        }
    }
    records
}
