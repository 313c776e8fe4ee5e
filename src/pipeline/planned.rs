//! Findings to a plan.

use jiff::Timestamp;

use super::{Answer, Opened, known};
use crate::facts::Snapshot;
use crate::plan::{self, Basis, Plan, Refused, Rests};

/// A plan, and what it rests on.
#[derive(Clone, Debug)]
pub struct Planned {
    pub plan: Plan,
    pub rests: Rests,
}

/// Plans what mends the findings of an answer, by the facts that it was judged by.
pub fn plan(
    opened: &Opened,
    snapshot: &Snapshot,
    answer: &Answer,
    now: Timestamp,
) -> Result<Planned, Box<Refused>> {
    let facts = known(opened, snapshot, now);
    let basis = Basis {
        catalogue: &opened.catalogue,
        facts: &facts,
        findings: &answer.judged.findings,
    };
    let plan = plan::plan(&basis)?;
    let rests = plan::rests(&basis, &plan);
    Ok(Planned { plan, rests })
}
