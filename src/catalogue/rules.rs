//! The rules of a catalogue, in the order of their files, found by their ids.

use std::collections::HashMap;
use std::ops::Deref;
use std::slice;
use std::sync::Arc;

use super::Rule;

/// The rules of a catalogue; each id is there once.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    list: Vec<Rule>,
    /// Only looked up in, so its order does not matter.
    places: HashMap<Arc<str>, usize>,
}

impl Rules {
    /// Adds a rule whose id is not there yet.
    pub(super) fn add(&mut self, rule: Rule) {
        self.places.insert(rule.id.clone(), self.list.len());
        self.list.push(rule);
    }

    /// The place of a rule in the list.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }
}

impl Deref for Rules {
    type Target = [Rule];

    fn deref(&self) -> &[Rule] {
        &self.list
    }
}

impl<'a> IntoIterator for &'a Rules {
    type Item = &'a Rule;
    type IntoIter = slice::Iter<'a, Rule>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}
