//! The facts of a pair while they are collected and judged.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Absence, FactPath, FactValue};

/// One probe that was tried for a fact and did not give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub probe: String,
    pub why: Absence,
}

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The probe that gave it, in a few words: `ldap directory`.
    pub probe: String,
    /// The host that answered, if one did.
    pub server: String,
    pub at: Timestamp,
    pub took_ms: u64,
    /// The probes that were tried before.
    pub tried: Vec<Reading>,
}

/// A fact as it was read: its value, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    pub value: Result<FactValue, Absence>,
    pub provenance: Provenance,
}

/// All facts that are known so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<FactPath, Observation>);

impl Facts {
    pub fn insert(&mut self, path: FactPath, observation: Observation) {
        self.0.insert(path, observation);
    }

    pub fn observation(&self, path: &FactPath) -> Option<&Observation> {
        self.0.get(path)
    }

    /// The value, or why there is none; a fact that nobody collected is such a reason too.
    pub fn get(&self, path: &FactPath) -> Result<&FactValue, Absence> {
        match self.0.get(path) {
            None => Err(Absence::not_collected(&path.to_string())),
            Some(Observation {
                value: Ok(FactValue::Absent(why)),
                ..
            }) => Err(Absence::clone(why)),
            Some(observation) => observation.value.as_ref().map_err(Clone::clone),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&FactPath, &Observation)> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The oldest and the newest time at which a fact was read.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let times = || self.0.values().map(|o| o.provenance.at);
        Some((times().min()?, times().max()?))
    }
}
