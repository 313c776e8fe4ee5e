//! Catalogue and facts to findings: pure, the same input gives the same output.
//!
//! Nothing here collects, prints or decides what is done about a finding. Time is an input.

mod age;
mod case;
mod discovered;
mod evidence;
mod examples;
mod finding;
mod found;
mod guard;
mod judge;
mod lint;
mod rights;
mod selection;
mod subjects;
mod summary;
mod waive;

pub use age::expire;
pub use discovered::{Candidate, Found, NamedBy, discovered};
pub use evidence::Evidence;
pub use examples::{ExampleRun, Miss, run_examples, run_guard_examples};
pub use finding::{Because, Finding, Fixable, Given, OfferedFix, Status, Subject, SubjectRoot, WaivedBy};
pub use guard::{Guarded, Stopped, guarded};
pub use judge::{Judged, judge, judge_alone, selected};
pub use lint::lint_rule;
pub use rights::{RightRow, Standing, standing};
pub use selection::Selection;
pub use summary::{Summary, UnknownGroup};

#[cfg(test)]
mod tests;
