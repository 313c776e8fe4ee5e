//! What a finding rests on.

use crate::facts::FactValue;
use crate::predicate::{FactRead, Trail};

/// A fact, or a part of one, and the value that it had.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    pub place: Trail,
    pub value: FactValue,
}

impl Evidence {
    /// The reads, each place once, without those whose parts were read.
    pub(super) fn of(reads: Vec<FactRead>) -> Vec<Self> {
        let mut kept: Vec<Self> = Vec::with_capacity(reads.len());
        for read in reads {
            if kept.iter().any(|held| held.place == read.trail) {
                continue;
            }
            if kept.iter().any(|held| read.trail.covers(&held.place)) {
                continue;
            }
            kept.retain(|held| !held.place.covers(&read.trail));
            kept.push(Self {
                place: read.trail,
                value: read.value,
            });
        }
        kept
    }
}
