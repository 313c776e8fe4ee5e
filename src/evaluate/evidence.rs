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
        if let [_] | [] = reads.as_slice() {
            return reads.into_iter().map(Self::from).collect();
        }
        // A place stands before what lies in it, so what covers others covers the one behind it.
        let mut order: Vec<usize> = (0..reads.len()).collect();
        order.sort_by(|a, b| reads[*a].trail.cmp(&reads[*b].trail));
        order.dedup_by(|later, first| reads[*later].trail == reads[*first].trail);
        let mut kept = vec![false; reads.len()];
        for (at, place) in order.iter().enumerate() {
            let next = order.get(at + 1).map(|next| &reads[*next].trail);
            kept[*place] = !next.is_some_and(|next| reads[*place].trail.covers(next));
        }
        let kept = reads.into_iter().zip(kept).filter(|(_, kept)| *kept);
        kept.map(|(read, _)| Self::from(read)).collect()
    }
}

impl From<FactRead> for Evidence {
    fn from(read: FactRead) -> Self {
        Self {
            place: read.trail,
            value: read.value,
        }
    }
}
