//! Records and keyed collections of records.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{Absence, FactValue};

/// Named values, sorted by their names: there are few of them in one record, and many records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record(Vec<(Arc<str>, FactValue)>);

impl Record {
    /// A record that fits so many fields without growing.
    pub fn with_capacity(fields: usize) -> Self {
        Self(Vec::with_capacity(fields))
    }

    pub fn get(&self, field: &str) -> Option<&FactValue> {
        self.place(field).ok().map(|place| &self.0[place].1)
    }

    pub fn set(&mut self, field: impl Into<Arc<str>>, value: FactValue) {
        let field = field.into();
        match self.place(&field) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (field, value)),
        }
    }

    fn place(&self, field: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(name, _)| (**name).cmp(field))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &FactValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, FactValue)> for Record {
    fn from_iter<I: IntoIterator<Item = (K, FactValue)>>(fields: I) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value));
        let mut fields: Vec<(Arc<str>, FactValue)> = fields.collect();
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        // Of several values of one field the last one holds.
        fields.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        Self(fields)
    }
}

/// The key of a record in a collection: one part, or more when it is composite.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<[Arc<str>]>);

impl Key {
    pub fn new<T: Into<Arc<str>>>(parts: impl IntoIterator<Item = T>) -> Self {
        Self(parts.into_iter().map(Into::into).collect())
    }

    pub fn parts(&self) -> &[Arc<str>] {
        &self.0
    }

    /// The form that is looked up: case does not tell two keys apart.
    #[must_use]
    pub fn folded(&self) -> Self {
        if self.0.iter().all(|p| !p.contains(char::is_uppercase)) {
            return self.clone();
        }
        Self(self.0.iter().map(|p| p.to_lowercase().into()).collect())
    }
}

impl Borrow<[Arc<str>]> for Key {
    fn borrow(&self) -> &[Arc<str>] {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" / "))
    }
}

/// One entry of a keyed collection; its value is a record, or an absence where the collection has a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key as the server writes it.
    pub key: Key,
    pub value: FactValue,
}

/// What a look-up in a collection finds.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<'a> {
    Found(&'a Entry),
    /// The collection could not be read there.
    Hole(&'a Absence),
    /// The collection was read completely and has no such key.
    Missing,
}

/// A keyed collection of records; keys are folded, the order is that of the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactMap {
    entries: IndexMap<Key, Entry>,
    /// Leading key parts under which nothing is known, folded, with the parts as written and the reason; an empty
    /// prefix is the whole rest.
    holes: BTreeMap<Key, (Key, Absence)>,
    exact: bool,
}

impl FactMap {
    /// An empty collection; `exact` keeps the case of keys apart.
    pub fn new(exact: bool) -> Self {
        Self {
            exact,
            ..Self::default()
        }
    }

    fn fold(&self, key: &Key) -> Key {
        if self.exact { key.clone() } else { key.folded() }
    }

    /// Adds a record; two records with one key make that key ambiguous.
    pub fn insert(&mut self, key: Key, value: FactValue) {
        let folded = self.fold(&key);
        if let Some(first) = self.entries.get_mut(&folded) {
            let detail = format!("two records have the key {}", first.key);
            let absence = Absence::new(super::Cause::Ambiguous, key.to_string(), detail);
            first.value = FactValue::Absent(Arc::new(absence));
            return;
        }
        self.entries.insert(folded, Entry { key, value });
    }

    /// Marks what lies under `prefix` as not known.
    pub fn add_hole(&mut self, prefix: &Key, why: Absence) {
        let folded = self.fold(prefix);
        self.holes.insert(folded, (prefix.clone(), why));
    }

    /// Puts the entries in the order of their keys, so that equal collections are equal byte for byte.
    pub fn sort(&mut self) {
        self.entries.sort_unstable_keys();
    }

    pub fn get(&self, key: &Key) -> Lookup<'_> {
        self.get_folded(&self.fold(key))
    }

    fn get_folded(&self, folded: &Key) -> Lookup<'_> {
        if let Some(entry) = self.entries.get(folded) {
            return match &entry.value {
                FactValue::Absent(why) => Lookup::Hole(why),
                _ => Lookup::Found(entry),
            };
        }
        let parts = folded.parts();
        let mut prefixes = (0..=parts.len()).map(|n| &parts[..n]);
        match prefixes.find_map(|prefix| self.holes.get(prefix)) {
            Some((_, why)) => Lookup::Hole(why),
            None => Lookup::Missing,
        }
    }

    /// The values whose keys begin with `start`, or why some of them may be missing.
    pub fn beneath(&self, start: &Key) -> Result<Vec<&FactValue>, &Absence> {
        let start = self.fold(start);
        let begins = |key: &Key, start: &Key| key.parts().starts_with(start.parts());
        let mut holes = self.holes.iter();
        if let Some((_, (_, why))) = holes.find(|(hole, _)| begins(hole, &start) || begins(&start, hole)) {
            return Err(why);
        }
        let found = self.entries.iter().filter(|(key, _)| begins(key, &start));
        Ok(found.map(|(_, entry)| &entry.value).collect())
    }

    /// Every entry with what another collection has under the same key.
    pub fn meet<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a Entry, Lookup<'a>)> {
        let alike = self.exact == other.exact;
        self.entries.iter().map(move |(folded, entry)| {
            let found = if alike {
                other.get_folded(folded)
            } else {
                other.get(&entry.key)
            };
            (entry, found)
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    pub fn holes(&self) -> impl Iterator<Item = (&Key, &Absence)> {
        self.holes.values().map(|(prefix, why)| (prefix, why))
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is neither an entry nor a hole.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.holes.is_empty()
    }

    pub fn is_exact(&self) -> bool {
        self.exact
    }
}
