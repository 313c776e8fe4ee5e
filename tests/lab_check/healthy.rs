//! The healthy pair.

use std::collections::BTreeMap;

use standin::evaluate::Status;

use super::answer::check;

/// The rows of the guide that this checks.
pub(crate) fn rows() -> Vec<String> {
    const RANGES: [(u8, u8); 6] = [(6, 6), (16, 20), (25, 44), (58, 73), (82, 82), (83, 83)];
    let numbers = RANGES.iter().flat_map(|(first, last)| *first..=*last);
    numbers.map(|number| format!("C-{number:02}")).collect()
}

/// Rows that say nothing of a pair that fails over by DNS.
const OF_IDENTITY: [&str; 2] = ["C-39", "C-40"];

#[test]
fn all_is_good() {
    let Some(_lab) = super::lab() else { return };
    let checked = check(&[]);
    let mut found: BTreeMap<&str, Vec<Status>> = BTreeMap::new();
    for finding in &checked.answer.judged.findings {
        for row in &finding.guide {
            found.entry(row).or_default().push(finding.status);
        }
    }
    for row in rows() {
        let expected = if OF_IDENTITY.contains(&row.as_str()) {
            Status::NotApplicable
        } else {
            Status::Good
        };
        let statuses = found.get(row.as_str()).map(Vec::as_slice).unwrap_or_default();
        assert!(!statuses.is_empty(), "{row}: nothing was judged");
        assert!(
            statuses.iter().all(|status| *status == expected),
            "{row}: {statuses:?}"
        );
    }
    let summary = &checked.answer.summary;
    let counts = (summary.unknown, summary.errors, summary.warnings, summary.waived);
    assert_eq!(counts, (0, 0, 0, 0));
    assert!(checked.snapshot.complete);
}
