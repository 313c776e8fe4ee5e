//! What is at the places of a step, before and after.

use super::state::Values;
use crate::catalogue::Catalogue;
use crate::facts::{Absence, FactValue, Facts};
use crate::plan::{Held, Performing};
use crate::predicate::Trail;

/// What is at the places that a step sets.
pub(super) fn values(
    catalogue: &Catalogue,
    performing: &Performing<'_>,
    facts: &Facts,
) -> Result<Values, Held> {
    let read = |place: Trail| {
        let value = catalogue.lasting(&place, facts);
        (place, value)
    };
    let places = performing.places()?.into_iter();
    Ok(places
        .map(|places| places.into_iter().map(read).collect())
        .collect())
}

/// What is at these places by these facts.
pub(super) fn again(catalogue: &Catalogue, values: &Values, facts: &Facts) -> Values {
    let each = |places: &Vec<(Trail, Result<FactValue, Absence>)>| {
        let places = places.iter().map(|(place, _)| place);
        let read = places.map(|place| (place.clone(), catalogue.lasting(place, facts)));
        read.collect()
    };
    values.iter().map(each).collect()
}

/// The values without their places.
pub(super) fn only_values(values: &Values) -> Vec<Vec<Result<FactValue, Absence>>> {
    let each = |places: &Vec<(Trail, Result<FactValue, Absence>)>| {
        places.iter().map(|(_, value)| value.clone()).collect()
    };
    values.iter().map(each).collect()
}
