//! Plans for people and programs, and as drawings.

pub(super) mod answer;
pub(super) mod draw;
mod human;
mod left;

pub use answer::{plan_json, plan_schema};
pub use draw::{plan_dot, plan_mermaid};
pub use human::plan_text;

use std::path::Path;

use super::Report;
use crate::evaluate::{Finding, Selection, Status};
use crate::plan::{Plan, Rests};

/// A plan with the answer that it comes from.
#[derive(Clone, Copy, Debug)]
pub struct PlanReport<'a> {
    pub report: Report<'a>,
    /// The pair file, as it was named.
    pub pair_file: Option<&'a Path>,
    pub selection: &'a Selection,
    pub plan: &'a Plan,
    pub rests: &'a Rests,
}

/// What a plan comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Errors that no step mends.
    pub errors_left: usize,
    pub warnings_left: usize,
    /// Errors and warnings that a step mends, now or at a failover.
    pub mended: usize,
    /// Root causes for which something is not known.
    pub unknown: usize,
}

impl PlanReport<'_> {
    /// Counts what stays and what does not.
    pub fn tally(&self) -> Tally {
        let findings = &self.report.judged.findings;
        let left = |status: Status| {
            let left = self.plan.left.iter();
            left.filter(|left| findings[left.finding].status == status)
                .count()
        };
        let bad = |finding: &&Finding| finding.status.is_bad() && !finding.is_rollup;
        Tally {
            errors_left: left(Status::Error),
            warnings_left: left(Status::Warning),
            mended: findings.iter().filter(bad).count() - self.plan.left.len(),
            unknown: self.report.summary.unknown,
        }
    }
}
