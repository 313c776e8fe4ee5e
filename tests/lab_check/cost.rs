//! What a large pair costs: processor time of Standin itself and of the programs that it starts.

use std::time::Instant;

use standin::evaluate::Status;

use super::answer::check_in;
use super::clients;
use super::live::Edit;
use super::live::Step::{Host, Sql};
use super::live::bases::DATABASES;

const SERVICES: u32 = 5_000;
/// The lab's service control is slower than Windows'.
const PATIENT: Edit<'_> = ("  servers:\n", "  servers:\n    deadline: 60s\n");

/// Milliseconds of processor time of this process, and of children that ended; the clock counts hundredths of a second.
fn processor() -> (u64, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let sum = |range: std::ops::Range<usize>| {
        let ticks = fields[range].iter().map(|ticks| ticks.parse::<u64>().unwrap());
        ticks.sum::<u64>() * 10
    };
    (sum(11..13), sum(13..15))
}

#[test]
fn thousands_of_services_and_logins() {
    let Some(_lab) = super::lab() else { return };
    let _undone_at_the_end = clients::change(&[
        Host(&["source", "services", "more", "5000"]),
        Host(&["target", "services", "more", "5000"]),
        Sql(&["source", "crowd", "logins", "10000"]),
        Sql(&["target", "crowd", "logins", "10000"]),
    ]);
    let (before, start) = (processor(), Instant::now());
    let checked = check_in(&DATABASES, &[PATIENT]);
    let (after, took) = (processor(), start.elapsed());
    let (own, of_children) = (after.0 - before.0, after.1 - before.1);
    let summary = &checked.answer.summary;
    eprintln!(
        "2 x {SERVICES} services and 2 x 10,000 logins: {took:?}, {own} ms of CPU, {of_children} ms of its children; {} findings",
        checked.answer.judged.findings.len()
    );
    for finding in &checked.answer.judged.findings {
        let fine = matches!(finding.status, Status::Good | Status::NotApplicable);
        assert!(fine, "{} {}: {}", finding.rule, finding.subject, finding.message);
    }
    assert_eq!((summary.unknown, summary.errors, summary.warnings), (0, 0, 0));
    // without optimisation everything takes ten times as long
    let most = if cfg!(debug_assertions) { 10_000 } else { 1_000 };
    assert!(own < most, "{own} ms");
    // a start of Python and Samba's modules for each host, and less than a millisecond a service
    assert!(
        of_children < 2 * (3_000 + u64::from(SERVICES)),
        "{of_children} ms"
    );
}
