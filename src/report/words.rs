//! The words in which statuses and numbers are told.

use crate::evaluate::Status;

/// The word of a status for people.
pub(super) const fn word(status: Status) -> &'static str {
    match status {
        Status::NotApplicable => "not applicable",
        other => other.word(),
    }
}

/// A number with its noun.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
