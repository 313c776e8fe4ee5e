//! What tasks need and set, as far as their order is concerned.

use std::sync::Arc;

use crate::catalogue::{Catalogue, Phase};
use crate::facts::{FactPath, FactValue, Key};
use crate::predicate::Trail;

/// A place, by which two steps find that they touch the same.
#[derive(Clone, Debug)]
pub struct Site {
    /// As the fix names it.
    pub trail: Trail,
    /// The key as the collection compares it.
    key: Option<Key>,
}

impl Site {
    /// The place of this trail; collections say whether case tells their keys apart.
    pub fn of(trail: Trail, catalogue: &Catalogue) -> Self {
        let exact = catalogue
            .facts
            .get(&trail.fact.name)
            .is_some_and(|fact| fact.exact_keys);
        let key = trail
            .key
            .as_ref()
            .map(|key| if exact { key.clone() } else { key.folded() });
        Self { trail, key }
    }

    /// The record that it is, or lies in.
    pub(super) fn record(&self) -> (FactPath, Option<Key>) {
        (self.trail.fact.clone(), self.key.clone())
    }

    pub(super) fn field(&self) -> Option<&Arc<str>> {
        self.trail.field.as_ref()
    }
}

/// Two places are one when their collection says so.
impl PartialEq for Site {
    fn eq(&self, other: &Self) -> bool {
        self.trail.fact == other.trail.fact && self.key == other.key && self.trail.field == other.trail.field
    }
}

impl Eq for Site {}

/// A place, and the value that is needed or set there.
#[derive(Clone, Debug)]
pub struct Use {
    pub site: Site,
    /// `None`: anything but nothing.
    pub value: Option<FactValue>,
}

/// Whether what is set is what is needed.
pub(super) fn meets(set: Option<&FactValue>, needed: Option<&FactValue>) -> bool {
    match (set, needed) {
        (None, _) => true,
        (Some(set), None) => *set != FactValue::Nothing,
        (Some(set), Some(needed)) => set.sort_order(needed).is_eq(),
    }
}

/// One step, as far as its order is concerned.
#[derive(Clone, Debug, Default)]
pub struct Task {
    pub phase: Phase,
    /// What it needs, and whether that is so already.
    pub needs: Vec<(Use, bool)>,
    pub sets: Vec<Use>,
    /// Whether what it sets stays; a helper is taken back.
    pub lasts: bool,
    /// The helper that it takes back.
    pub undoes: Option<usize>,
    /// What others call it when they want to come before or after it.
    pub marks: Vec<Mark>,
    pub after: Vec<(Mark, Arc<str>)>,
    pub before: Vec<(Mark, Arc<str>)>,
}

/// A name for all tasks of one kind with the same values.
pub type Mark = Arc<str>;
