//! What each change to the lab, or to the pair file, makes of the answer.
//!
//! What is expected was written from the conditions of the guide's rows, before anything was run: the rule is the one
//! that serves the row, and the row says how grave it is and whether it can be fixed. Everything that is not listed
//! has to stay as it is in the healthy pair's answer.

mod compare;
mod dns;
mod failover;
mod rights;
mod server;
mod storage;
mod transport;
mod zones;

use super::answer::check;
use super::clients::{self, Step};
use super::pair_file::Edit;

/// One row of the tables.
#[derive(Clone, Copy, Debug)]
struct Change {
    name: &'static str,
    /// The guide's rows under which something bad is to be told.
    rows: &'static [&'static str],
    /// What is done to the lab; the opposite is done afterwards.
    steps: &'static [Step],
    /// What is done to the pair file.
    pair: &'static [Edit<'static>],
    /// Facts, or beginnings that end with a dot, whose new values stand in the evidence of findings that stay as they are.
    seen: &'static [&'static str],
    /// Rule, subject, outcome: all findings that change.
    expect: &'static [(&'static str, &'static str, &'static str)],
    /// Words that some message of what is bad must have.
    says: &'static [&'static str],
}

const NOTHING: Change = Change {
    name: "",
    rows: &[],
    steps: &[],
    pair: &[],
    seen: &[],
    expect: &[],
    says: &[],
};

const GOOD: &str = "good";
const ERROR: &str = "error";
const FIXABLE: &str = "error, fixable";
const WARNING: &str = "warning";
const NOT_APPLICABLE: &str = "not_applicable";
/// There is no such finding.
const GONE: &str = "none";

fn all() -> Vec<Change> {
    let tables = [
        server::CHANGES,
        storage::CHANGES,
        transport::CHANGES,
        rights::CHANGES,
        dns::CHANGES,
        zones::CHANGES,
        failover::CHANGES,
    ];
    tables.concat()
}

#[test]
fn each_change_brings_about_its_findings_and_no_others() {
    let Some(_lab) = super::lab() else { return };
    let healthy = check(&[]).json();
    let mut wrong = Vec::new();
    dns::deaf_to_updates();
    for change in all() {
        eprintln!("{}", change.name);
        let answer = {
            let _undone_at_the_end = clients::change(change.steps);
            check(change.pair).json()
        };
        let complaints = compare::complaints(&change, &healthy, &answer);
        if !complaints.is_empty() {
            wrong.push(format!("== {}\n   {}", change.name, complaints.join("\n   ")));
        }
    }
    wrong.extend(compare::complaints(&NOTHING, &healthy, &check(&[]).json()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{} changes", all().len());
}

#[test]
fn every_row_becomes_bad_at_some_time() {
    let changes = all();
    let told: Vec<&str> = changes.iter().flat_map(|change| change.rows).copied().collect();
    for row in super::healthy::rows() {
        assert!(told.contains(&row.as_str()), "{row}");
    }
}
