//! What is to be said beside the findings: about waivers, and about the snapshot.

use std::collections::BTreeSet;

use super::Report;
use super::words::count;
use crate::pair::Waiver;

/// One sentence each, in a stable order; the texts are as they are, not yet fit for a screen.
pub(super) fn all(report: &Report<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if !report.snapshot.complete {
        notes.push("collecting was interrupted: what is missing is not collected, and not known".to_owned());
    }
    if report.snapshot.pair != report.pair.name.value {
        notes.push(format!(
            "the snapshot was taken of the pair `{}`, the pair file describes `{}`",
            report.snapshot.pair, report.pair.name.value
        ));
    }
    let undeclared = &report.snapshot.undeclared;
    if !undeclared.is_empty() {
        let names: Vec<&str> = undeclared.iter().map(String::as_str).collect();
        notes.push(format!(
            "{} in the snapshot that no active pack declares, left out: {}",
            count(names.len(), "fact", "facts"),
            names.join(", ")
        ));
    }
    notes.extend(waivers(report));
    notes
}

/// Waivers that cover nothing any more, of rules that were judged.
fn waivers<'a>(report: &'a Report<'a>) -> impl Iterator<Item = String> + 'a {
    let judged: BTreeSet<&str> = report.judged.findings.iter().map(|f| f.rule.as_ref()).collect();
    let unused: BTreeSet<usize> = report.judged.unused_waivers.iter().copied().collect();
    report
        .pair
        .waivers
        .iter()
        .enumerate()
        .filter(move |(_, waiver)| judged.contains(waiver.rule.value.as_str()))
        .filter_map(move |(place, waiver)| waiver_note(report, waiver, unused.contains(&place)))
}

fn waiver_note(report: &Report<'_>, waiver: &Waiver, is_unused: bool) -> Option<String> {
    let name = format!(
        "the waiver of {} for `{}` ({})",
        waiver.rule.value,
        waiver.subject.as_str(),
        waiver.owner
    );
    match (waiver.is_expired(report.now), is_unused) {
        (true, true) => Some(format!(
            "{name} expired on {} and would cover nothing: remove it",
            waiver.until
        )),
        (true, false) => Some(format!(
            "{name} expired on {} and covers nothing any more; its reason was: {}",
            waiver.until, waiver.reason
        )),
        (false, true) => Some(format!("{name} covers no finding: remove it")),
        (false, false) => None,
    }
}
