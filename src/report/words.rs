//! The words in which statuses, findings and numbers are told.

use std::borrow::Cow;

use crate::evaluate::{Finding, Status};

/// The word of a status for people.
pub(super) const fn word(status: Status) -> &'static str {
    match status {
        Status::NotApplicable => "not applicable",
        other => other.word(),
    }
}

/// What a finding says; a rule's title names what would be wrong, so of a good one it is not so.
pub(super) fn said(finding: &Finding) -> Cow<'_, str> {
    match finding.status {
        Status::Good => format!("not so: {}", finding.message).into(),
        _ => Cow::Borrowed(&finding.message),
    }
}

/// A number with its noun.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
