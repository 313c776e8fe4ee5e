//! The healthy pairs.

use std::collections::BTreeMap;

use standin::evaluate::Status;

use super::answer::check_in;
use super::live::bases::DATABASES;
use super::live::{Base, EXCHANGE};

/// Rows that say nothing of a healthy pair that fails over by DNS, is no cluster and is not protected yet.
const ASIDE: [&str; 14] = [
    "C-22", "C-23", "C-39", "C-40", "C-49", "C-50", "C-74", "C-75", "C-76", "C-77", "C-78", "C-79", "C-80",
    "C-81",
];
/// The same for a pair of which single databases are protected.
const ASIDE_OF_SQL: [&str; 10] = [
    "D-18", "D-19", "D-33", "D-34", "D-41", "D-42", "D-44", "D-86", "D-87", "D-88",
];

/// The rows of the guide of one application.
pub(crate) fn rows(letter: char, last: u8) -> Vec<String> {
    (1..=last).map(|number| format!("{letter}-{number:02}")).collect()
}

#[test]
fn all_is_good() {
    let Some(_lab) = super::lab() else { return };
    good(&EXCHANGE, &rows('C', 83), &ASIDE);
}

#[test]
fn all_is_good_of_databases() {
    let Some(_lab) = super::lab() else { return };
    good(&DATABASES, &rows('D', 89), &ASIDE_OF_SQL);
}

fn good(base: &Base, rows: &[String], aside: &[&str]) {
    let checked = check_in(base, &[]);
    let mut found: BTreeMap<&str, Vec<Status>> = BTreeMap::new();
    for finding in &checked.answer.judged.findings {
        for row in &finding.guide {
            found.entry(row).or_default().push(finding.status);
        }
    }
    for row in rows {
        let statuses = found.get(row.as_str()).map(Vec::as_slice).unwrap_or_default();
        assert!(!statuses.is_empty(), "{row}: nothing was judged");
        let fine = |status: &Status| matches!(status, Status::Good | Status::NotApplicable);
        assert!(statuses.iter().all(fine), "{row}: {statuses:?}");
        let asked = statuses.contains(&Status::Good);
        assert_eq!(asked, !aside.contains(&row.as_str()), "{row}: {statuses:?}");
    }
    let summary = &checked.answer.summary;
    let counts = (summary.unknown, summary.errors, summary.warnings, summary.waived);
    assert_eq!(counts, (0, 0, 0, 0));
    assert!(checked.snapshot.complete);
}
