//! Comparison of values: each kind by its own rules, mixed kinds never silently.

use std::cmp::Ordering;

use super::budget::Budget;
use super::fault::Fault;
use super::whole::whole;
use crate::facts::{FactValue, Record};

/// Whether two values are equal; values that cannot be compared are a fault, not "no".
pub(super) fn equal(budget: &Budget, a: &FactValue, b: &FactValue) -> Result<bool, Fault> {
    use FactValue as V;
    budget.spend(1)?;
    match (a, b) {
        (V::Absent(why), _) | (_, V::Absent(why)) => Err(Fault::Absent(why.as_ref().clone())),
        (V::Nothing, V::Nothing) => Ok(true),
        (V::Nothing, _) | (_, V::Nothing) => Ok(false),
        (V::List(_) | V::Set(_), V::List(_) | V::Set(_)) => equal_items(budget, a, b),
        (V::Record(left), V::Record(right)) => equal_records(budget, left, right),
        (V::Acl(x), V::Acl(y)) => Ok(x == y),
        (V::Map(x), V::Map(y)) => {
            whole(budget, a)?;
            whole(budget, b)?;
            Ok(x == y)
        }
        (V::Digest(x), V::Digest(y)) if x.key != y.key => Err(other_keys()),
        (V::Text(x), V::Text(y)) => {
            budget.spend_text(x.len().min(y.len()))?;
            Ok(x == y)
        }
        _ => order(a, b).map(Ordering::is_eq),
    }
}

fn equal_records(budget: &Budget, left: &Record, right: &Record) -> Result<bool, Fault> {
    if !left
        .iter()
        .map(|(name, _)| name)
        .eq(right.iter().map(|(name, _)| name))
    {
        return Ok(false);
    }
    for ((_, mine), (_, other)) in left.iter().zip(right.iter()) {
        if !equal(budget, mine, other)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_items(budget: &Budget, a: &FactValue, b: &FactValue) -> Result<bool, Fault> {
    let (Some(left), Some(right)) = (a.items(), b.items()) else {
        return Ok(false);
    };
    if let (FactValue::Set(_), FactValue::List(_)) | (FactValue::List(_), FactValue::Set(_)) = (a, b) {
        budget.build(left.len() + right.len())?;
        let (left, right) = (
            FactValue::set(left.iter().cloned()),
            FactValue::set(right.iter().cloned()),
        );
        return equal(budget, &left, &right);
    }
    if left.len() != right.len() {
        return Ok(false);
    }
    for (x, y) in left.iter().zip(right) {
        if !equal(budget, x, y)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The order of two values of one kind.
pub(super) fn order(a: &FactValue, b: &FactValue) -> Result<Ordering, Fault> {
    if let (FactValue::Absent(why), _) | (_, FactValue::Absent(why)) = (a, b) {
        return Err(Fault::Absent(why.as_ref().clone()));
    }
    a.order(b)
        .ok_or_else(|| Fault::mixed(format!("a {} cannot be compared with a {}", a.kind(), b.kind())))
}

fn other_keys() -> Fault {
    Fault::Absent(crate::facts::Absence::new(
        crate::facts::Cause::Unsupported,
        "digest key",
        "the two digests were made with different keys and say nothing about each other",
    ))
}
