//! Who meets what a step needs: the world as it is, another step, or a helper that is done for a while.

mod marks;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use marks::{Marks, Specs};

use super::Basis;
use super::draft::{Asking, Draft};
use super::fill::{Filled, Needed, fill};
use super::model::{Held, Left, LeftBecause, Role, Unmet};
use super::places::{Site, Task, Use, meets};
use crate::catalogue::{Fix, Input, On, Phase, Spot};
use crate::evaluate::Given;
use crate::facts::{FactPath, FactValue, Key, Side, to_json};
use crate::predicate::{KeyPart, Place};

/// A step of which it is settled that it is done.
#[derive(Clone, Debug)]
pub(super) struct Settled<'a> {
    pub(super) filled: Filled<'a>,
    pub(super) role: Role,
    marks: Marks,
}

impl Settled<'_> {
    /// What its order follows from.
    pub(super) fn task(&self) -> Task {
        let needs = self.filled.needs.iter();
        // What is not known, or is only seen at a failover, is left to whoever makes it so.
        let is_now = self.filled.phase == Phase::BeforeProtection;
        let now = |need: &Needed| (need.place.clone(), is_now && need.is_so() == Ok(true));
        let back = |old: &Result<FactValue, _>| old.as_ref().ok().cloned();
        let sets = self.filled.changes.iter().map(|change| match self.role {
            Role::TakesBack(_) => Use {
                site: change.place.site.clone(),
                value: back(&change.old),
            },
            Role::Asked | Role::Helper => change.place.clone(),
        });
        Task {
            phase: self.filled.phase,
            needs: needs.map(now).collect(),
            sets: sets.collect(),
            lasts: self.role == Role::Asked,
            undoes: match self.role {
                Role::TakesBack(helper) => Some(helper),
                Role::Asked | Role::Helper => None,
            },
            marks: self.marks.own.clone(),
            after: self.marks.after.clone(),
            before: self.marks.before.clone(),
        }
    }
}

/// Settles which steps are done: those whose needs are met, the helpers that meet them, and what takes those back.
pub(super) fn settle<'a>(
    basis: &Basis<'a>,
    filled: Vec<Filled<'a>>,
    left: &mut Vec<Left>,
) -> Vec<Settled<'a>> {
    let helpers = Helpers {
        basis,
        fixes: basis.catalogue.helpers().collect(),
        made: BTreeMap::new(),
        by_record: HashMap::new(),
    };
    let mut settling = Settling::new(&filled, helpers);
    settling.run();
    let (held, helpers) = (settling.held, settling.helpers);
    let (mut kept, mut wanted) = (Vec::new(), BTreeSet::new());
    for (one, held) in filled.into_iter().zip(held) {
        match held {
            Some(held) => left.extend(LeftBecause::held(&one.draft, &held)),
            None => kept.push((one, Role::Asked)),
        }
    }
    let made = made_by(&kept);
    for (one, _) in &kept {
        helpers.wanted_by(one, &made, &mut wanted);
    }
    for key in wanted {
        let Some(Some(helper)) = helpers.made.get(&key) else {
            continue;
        };
        let place = kept.len();
        kept.push((helper.clone(), Role::Helper));
        kept.push((helper.clone(), Role::TakesBack(place)));
    }
    marked(basis, kept)
}

/// Steps with what they say of their neighbours.
pub(super) fn marked<'a>(basis: &Basis<'a>, kept: Vec<(Filled<'a>, Role)>) -> Vec<Settled<'a>> {
    let specs = Specs::of(basis, &kept);
    let settled = kept.into_iter().map(|(filled, role)| Settled {
        marks: specs.marks(&filled.draft),
        filled,
        role,
    });
    settled.collect()
}

pub(super) type Record = (Phase, (FactPath, Option<Key>));

/// What steps set, by its record.
pub(super) type Made = HashMap<Record, Vec<Use>>;

pub(super) fn made_by(kept: &[(Filled<'_>, Role)]) -> Made {
    let mut made = Made::new();
    for (one, _) in kept {
        for change in &one.changes {
            let record = (one.phase, change.place.site.record());
            made.entry(record).or_default().push(change.place.clone());
        }
    }
    made
}

/// While it is settled.
struct Settling<'f, 'b, 'a> {
    filled: &'f [Filled<'a>],
    held: Vec<Option<Held>>,
    /// By the record that they set.
    makers: HashMap<Record, Vec<usize>>,
    /// By the record that they need.
    needers: HashMap<Record, Vec<usize>>,
    helpers: Helpers<'b, 'a>,
}

impl<'f, 'b, 'a> Settling<'f, 'b, 'a> {
    fn new(filled: &'f [Filled<'a>], helpers: Helpers<'b, 'a>) -> Self {
        let (mut makers, mut needers): (HashMap<Record, Vec<usize>>, HashMap<Record, Vec<usize>>) =
            (HashMap::new(), HashMap::new());
        for (place, one) in filled.iter().enumerate() {
            let record = |site: &Site| (one.phase, site.record());
            for change in &one.changes {
                makers.entry(record(&change.place.site)).or_default().push(place);
            }
            for need in &one.needs {
                needers.entry(record(&need.place.site)).or_default().push(place);
            }
        }
        Self {
            filled,
            held: vec![None; filled.len()],
            makers,
            needers,
            helpers,
        }
    }

    /// A step that is held back may be the one that another one needs.
    fn run(&mut self) {
        let mut queue: VecDeque<usize> = (0..self.filled.len()).collect();
        while let Some(place) = queue.pop_front() {
            if self.held[place].is_some() {
                continue;
            }
            let one = &self.filled[place];
            // What holds at a failover is seen then.
            let mut unmet = one.needs.iter().filter(|_| one.phase == Phase::BeforeProtection);
            let held = unmet.find_map(|need| self.unmet(place, need));
            if held.is_none() {
                continue;
            }
            self.held[place] = held;
            for change in &one.changes {
                let record = (one.phase, change.place.site.record());
                queue.extend(self.needers.get(&record).into_iter().flatten());
            }
        }
    }

    /// Why a need cannot be met.
    fn unmet(&mut self, place: usize, need: &Needed) -> Option<Held> {
        let is_so = match need.is_so() {
            Ok(true) => return None,
            Ok(false) => Ok(()),
            Err(why) => Err(why.clone()),
        };
        let record = (self.filled[place].phase, need.place.site.record());
        let makers = self.makers.get(&record).into_iter().flatten();
        let alive = makers.filter(|maker| **maker != place && self.held[**maker].is_none());
        let mut changes = alive.flat_map(|maker| &self.filled[*maker].changes);
        if changes.any(|change| makes(&change.place, &need.place)) {
            return None;
        }
        match is_so {
            Err(why) => Some(Held::NeedUnknown(need.place.site.trail.clone(), why)),
            Ok(()) if self.helpers.meet(&need.place, 0).is_some() => None,
            Ok(()) => Some(Held::NeedUnmet(Box::new(Unmet {
                place: need.place.site.trail.clone(),
                value: need.place.value.clone(),
                found: need.found.clone().unwrap_or(FactValue::Nothing),
                offers: self.helpers.offers(&need.place),
            }))),
        }
    }
}

/// Whether a step that sets the one place meets the need of the other.
pub(super) fn makes(set: &Use, need: &Use) -> bool {
    if set.site == need.site {
        return meets(set.value.as_ref(), need.value.as_ref());
    }
    // Whoever makes the whole makes its parts; of what kind is seen then.
    set.value.is_none() && set.site.record() == need.site.record() && set.site.trail.field.is_none()
}

/// A helper by its fix, its server and what it is given.
type HelperKey = (Arc<str>, Option<Side>, String);

/// How far helpers may need helpers themselves.
const DEEPEST: usize = 8;

/// Fixes that no rule offers, and the ones of them that are done for a while.
struct Helpers<'b, 'a> {
    basis: &'b Basis<'a>,
    fixes: Vec<&'a Fix>,
    /// Worked out, with what they were asked for; nothing where it cannot be done.
    made: BTreeMap<HelperKey, Option<Filled<'a>>>,
    /// The same by the records that they set.
    by_record: HashMap<(FactPath, Option<Key>), Vec<HelperKey>>,
}

impl<'a> Helpers<'_, 'a> {
    /// The helper that meets a need.
    fn meet(&mut self, need: &Use, depth: usize) -> Option<HelperKey> {
        if depth > DEEPEST {
            return None;
        }
        for fix in self.fixes.clone() {
            for set in &fix.sets {
                let Spot::Fact(place) = &set.spot else { continue };
                let Some(draft) = bound(fix, &place.key_parts(), place.fact_of_place(), need) else {
                    continue;
                };
                let key = key_of(&draft);
                if self.stands(&key, draft, need, depth) {
                    return Some(key);
                }
            }
        }
        None
    }

    /// Whether this helper can be done and meets the need.
    fn stands(&mut self, key: &HelperKey, draft: Draft<'a>, need: &Use, depth: usize) -> bool {
        if !self.made.contains_key(key) {
            // While it is looked at it cannot be what it needs itself.
            self.made.insert(key.clone(), None);
            let filled = fill(self.basis, draft).ok().filter(|filled| {
                let mut unmet = filled.needs.iter().filter(|need| need.is_so() != Ok(true));
                unmet.all(|need| need.is_so().is_ok() && self.meet(&need.place, depth + 1).is_some())
            });
            for change in filled.iter().flat_map(|filled| &filled.changes) {
                let record = change.place.site.record();
                self.by_record.entry(record).or_default().push(key.clone());
            }
            self.made.insert(key.clone(), filled);
        }
        self.is_met_by(key, need)
    }

    fn is_met_by(&self, key: &HelperKey, need: &Use) -> bool {
        let made = self.made.get(key).and_then(Option::as_ref);
        let mut changes = made.iter().flat_map(|made| &made.changes);
        changes.any(|change| {
            change.place.site == need.site && meets(change.place.value.as_ref(), need.value.as_ref())
        })
    }

    /// The helpers that a step wants, and those that they want.
    fn wanted_by(&self, one: &Filled<'a>, made: &Made, wanted: &mut BTreeSet<HelperKey>) {
        let by_steps = |need: &Use| {
            let sets = made.get(&(one.phase, need.site.record()));
            sets.into_iter().flatten().any(|set| makes(set, need))
        };
        let unmet = one.needs.iter().filter(|need| need.is_so() == Ok(false));
        for need in unmet.filter(|need| one.phase == Phase::BeforeProtection && !by_steps(&need.place)) {
            let known = self.by_record.get(&need.place.site.record());
            let mut known = known.into_iter().flatten();
            let Some(key) = known.find(|key| self.is_met_by(key, &need.place)) else {
                continue;
            };
            if let (true, Some(Some(helper))) = (wanted.insert(key.clone()), self.made.get(key)) {
                self.wanted_by(helper, made, wanted);
            }
        }
    }

    /// The fixes that would meet a need, were they asked for.
    fn offers(&self, need: &Use) -> Vec<Arc<str>> {
        let sets = |fix: &&Fix| {
            fix.sets.iter().any(|set| match &set.spot {
                Spot::Fact(place) => place
                    .fact_of_place()
                    .is_some_and(|fact| fact.name == need.site.trail.fact.name),
                Spot::Input(_) => false,
            })
        };
        let all = self.basis.catalogue.fixes.values();
        all.filter(sets).map(|fix| fix.id.clone()).collect()
    }
}

/// The helper with what it has to be given so that it sets the needed place.
fn bound<'a>(
    fix: &'a Fix,
    parts: &[KeyPart],
    fact: Option<&crate::predicate::FactRef>,
    need: &Use,
) -> Option<Draft<'a>> {
    let trail = &need.site.trail;
    let fact = fact.filter(|fact| fact.name == trail.fact.name)?;
    let here = match fact.place {
        Place::At(root) if root == trail.fact.root => None,
        Place::Here => Some(trail.fact.root.side()?),
        Place::Peer => Some(trail.fact.root.side()?.peer()),
        Place::At(_) => return None,
    };
    let key: &[Arc<str>] = trail.key.as_ref().map_or(&[], |key| key.parts());
    if key.len() != parts.len() {
        return None;
    }
    let given = fix.inputs.values().enumerate().map(|(place, input)| {
        let part = parts.iter().position(|part| *part == KeyPart::Local(place))?;
        match input {
            Input::Value(ty) => ty.parse(&key[part]).map(Given::Value),
            Input::Place => None,
        }
    });
    let given: Option<Vec<Given>> = given.collect();
    Some(Draft {
        fix,
        here: here.filter(|_| matches!(fix.on, On::Here)),
        asked: vec![Asking { given: given? }],
        findings: Vec::new(),
    })
}

fn key_of(draft: &Draft<'_>) -> HelperKey {
    let given = draft.asked.iter().flat_map(|asking| &asking.given);
    let values: Vec<_> = given.map(|given| to_json(&given.value())).collect();
    let text = serde_json::Value::Array(values).to_string();
    (draft.fix.id.clone(), draft.here, text)
}
