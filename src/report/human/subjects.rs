//! How what a finding is about is written for people.

use super::SUBJECTS;
use crate::evaluate::{Finding, Subject, SubjectRoot};
use crate::facts::Side;
use crate::report::Report;

/// The subject by the name of its server: `MAIL1: First Storage Group / Mailbox Store`.
pub(super) fn name(report: &Report<'_>, subject: &Subject) -> String {
    let root = match subject.root {
        SubjectRoot::Pair => "the pair",
        SubjectRoot::Of(Side::Source) => &report.pair.source.name.value,
        SubjectRoot::Of(Side::Target) => &report.pair.target.name.value,
    };
    if subject.key.parts().is_empty() {
        root.to_owned()
    } else {
        format!("{root}: {}", subject.key)
    }
}

/// A text that does not name its subject, with the key of the record that it is about.
pub(super) fn with_subject(text: &str, finding: &Finding) -> String {
    let side = finding.subject.root.side().map(Side::word);
    match (finding.subject.key.parts().is_empty(), side) {
        (true, None) => text.to_owned(),
        (true, Some(side)) => format!("{text} [{side}]"),
        (false, None) => format!("{text} [{}]", finding.subject.key),
        (false, Some(side)) => format!("{text} [{side}: {}]", finding.subject.key),
    }
}

/// The first of many names, and how many more there are.
pub(super) fn some(names: &[String], verbose: bool) -> String {
    if verbose || names.len() <= SUBJECTS {
        return names.join(", ");
    }
    format!(
        "{} and {} more (-v)",
        names[..SUBJECTS].join(", "),
        names.len() - SUBJECTS
    )
}
