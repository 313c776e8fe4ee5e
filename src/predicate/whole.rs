//! Values that are known in every part.

use super::budget::Budget;
use super::fault::Fault;
use crate::facts::{Absence, FactValue};

/// The values as text, one behind the other; what is not known has no text.
pub(super) fn text_of(budget: &Budget, values: Vec<&FactValue>) -> Result<FactValue, Fault> {
    values.iter().try_for_each(|value| whole(budget, value))?;
    budget.text(values)
}

/// Refuses a value that has a hole somewhere inside; each part that is looked at is paid for.
pub(super) fn whole(budget: &Budget, value: &FactValue) -> Result<(), Fault> {
    budget.spend(1)?;
    match value {
        FactValue::Absent(why) => Err(Fault::Absent(Absence::clone(why))),
        FactValue::Text(text) => budget.spend_text(text.len()),
        FactValue::Record(record) => record.iter().try_for_each(|(_, field)| whole(budget, field)),
        FactValue::List(items) | FactValue::Set(items) => {
            items.iter().try_for_each(|item| whole(budget, item))
        }
        FactValue::Map(map) => {
            if let Some((_, why)) = map.holes().next() {
                return Err(Fault::Absent(why.clone()));
            }
            map.iter().try_for_each(|entry| whole(budget, &entry.value))
        }
        _ => Ok(()),
    }
}
