//! What keeps steps from an order, in words.

use std::fmt::Write as _;

use crate::facts::FactValue;
use crate::plan::{Refused, StepRef};

/// Every conflict and every cycle; steps are told by `name`.
pub(super) fn tell(lines: &mut String, refused: &Refused, name: impl Fn(&StepRef) -> String) {
    for (first, second, place, [one, other]) in &refused.conflicts {
        let (first, second, one, other) = (
            name(first),
            name(second),
            value(one.as_ref()),
            value(other.as_ref()),
        );
        let _ = write!(
            lines,
            "; {first} and {second} set {place} differently: {one} and {other}"
        );
    }
    for cycle in &refused.cycles {
        lines.push_str("; these steps wait for each other:");
        for (place, (step, reason)) in cycle.iter().enumerate() {
            let (number, step, next) = (place + 1, name(step), &cycle[(place + 1) % cycle.len()].0.fix);
            let _ = write!(lines, " [{number}] {step} comes before {next}: it {reason}");
        }
    }
}

/// A value that a step wants, where it is known.
pub(super) fn value(value: Option<&FactValue>) -> String {
    value.map_or_else(|| "something".to_owned(), ToString::to_string)
}
