//! What tells whether something is still as it was.

use std::sync::Arc;

use super::Catalogue;
use crate::facts::{Absence, FactValue, Facts};
use crate::predicate::Trail;

impl Catalogue {
    /// What is at a place by these facts, without what every write changes by itself (`volatile`).
    pub fn lasting(&self, place: &Trail, facts: &Facts) -> Result<FactValue, Absence> {
        place.read(facts).map(|value| self.without_volatile(place, value))
    }

    /// What was at a place, without what every write changes by itself.
    pub fn without_volatile(&self, place: &Trail, value: FactValue) -> FactValue {
        let fact = self.facts.get(&place.fact.name);
        let volatile = fact.map_or(&[][..], |fact| &fact.volatile);
        match &value {
            FactValue::Record(record) if place.field.is_none() && !volatile.is_empty() => {
                let lasting = record.iter().map(|(name, value)| {
                    let lasts = !volatile.contains(name);
                    let value = if lasts { value.clone() } else { FactValue::Nothing };
                    (name.clone(), value)
                });
                FactValue::Record(Arc::new(lasting.collect()))
            }
            _ => value,
        }
    }
}
