//! Which steps change a place.

use std::collections::BTreeMap;

use super::Task;
use crate::predicate::Trail;

/// The steps of a run by the places that they change.
#[derive(Debug)]
pub(super) struct Changing(BTreeMap<Trail, Vec<usize>>);

impl Changing {
    pub(super) fn of(tasks: &[Task]) -> Self {
        let mut changing: BTreeMap<Trail, Vec<usize>> = BTreeMap::new();
        for (step, task) in tasks.iter().enumerate() {
            for goal in &task.changes {
                changing.entry(goal.place.clone()).or_default().push(step);
            }
        }
        Self(changing)
    }

    /// Those that change this place, or something in or around it.
    pub(super) fn around(&self, place: &Trail) -> impl Iterator<Item = usize> {
        let whole = self.0.get_key_value(&Trail::fact(place.fact.clone()));
        let record = Trail {
            field: None,
            ..place.clone()
        };
        let is_of_record =
            |near: &Trail| near.fact == place.fact && (place.key.is_none() || near.key == place.key);
        let in_record = self
            .0
            .range(record..)
            .take_while(move |(near, _)| is_of_record(near));
        let near = whole.into_iter().chain(in_record);
        near.filter(move |(near, _)| near.covers(place) || place.covers(near))
            .flat_map(|(_, steps)| steps.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::facts::{FactPath, Key, Root};

    #[test]
    fn those_around_a_place_are_the_ones_that_cover_it_or_lie_in_it() {
        let mut places = Vec::new();
        for fact in ["own.a", "own.b"] {
            for key in [None, Some("k"), Some("l")] {
                for field in [None, Some("a"), Some("a-b"), Some("a.b"), Some("b")] {
                    places.push(Trail {
                        fact: FactPath::new(Root::Target, fact),
                        key: key.map(|key| Key::new([key])),
                        field: field.map(Into::into),
                    });
                }
            }
        }
        let by_place = places.iter().cloned().enumerate();
        let changing = Changing(by_place.map(|(step, place)| (place, vec![step])).collect());
        for place in &places {
            let near = |(_, other): &(usize, &Trail)| other.covers(place) || place.covers(other);
            let meant: BTreeSet<usize> = places
                .iter()
                .enumerate()
                .filter(near)
                .map(|(step, _)| step)
                .collect();
            assert_eq!(changing.around(place).collect::<BTreeSet<_>>(), meant, "{place}");
        }
    }
}
