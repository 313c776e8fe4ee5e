//! Findings to ordered steps: pure, the same input gives the same plan.
//!
//! Facts are the resources. A step says which places it needs and which it sets; from that, and from what packs say of
//! neighbours, follows what comes before what. [`plan()`] merges the fixes that findings offer into steps, adds helper
//! steps where a need is met by nobody, holds back what cannot be done, and puts the rest in order. Nothing is done
//! here, and nothing is left for whoever does it to decide.

mod arrange;
mod draft;
mod fill;
mod joints;
mod model;
mod needs;
mod perform;
mod places;
mod rests;
mod runbook;
mod spec;

pub use crate::evaluate::{Guarded, Stopped};
pub use arrange::{Arranged, Disorder, arrange};
pub use joints::{Conflict, Joint, Reason};
pub use model::{
    At, Change, Detail, Doing, Held, Left, LeftBecause, Need, NeedState, Plan, Refused, Role, Step, StepRef,
    TakenBack, Unmet,
};
pub use perform::{Known, Performing, Which};
pub use places::{Mark, Site, Task, Use};
pub use rests::{Rests, rests};
pub use runbook::{Apart, NeedOf, NoRunbook, PairRunbook, PairStep, runbook};
pub use spec::{Spec, trail_from_json, trail_json};

use crate::catalogue::Catalogue;
use crate::evaluate::{self, Finding};
use crate::facts::Facts;

/// What a plan is made of.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    pub catalogue: &'a Catalogue,
    /// What the findings rest on, settings and parameters included.
    pub facts: &'a Facts,
    pub findings: &'a [Finding],
}

/// Makes the plan that mends these findings; `Err` names all steps that contradict each other or wait in a circle.
pub fn plan(basis: &Basis<'_>) -> Result<Plan, Box<Refused>> {
    let mut left = Vec::new();
    let drafts = draft::drafts(basis, &mut left);
    let filled = fill::all(basis, drafts, &mut left);
    let settled = needs::settle(basis, filled, &mut left);
    let tasks: Vec<Task> = settled.iter().map(needs::Settled::task).collect();
    let arranged = arrange(&tasks).map_err(|refused| Box::new(model::refused(&settled, refused)))?;
    left.sort_by_key(|left| left.finding);
    Ok(model::finish(settled, &arranged, left))
}

/// The guards that stop fixes, as things are: those that do not hold, and those of which that is not known.
pub fn guarded(basis: &Basis<'_>) -> Vec<Guarded> {
    evaluate::guarded(basis.catalogue, basis.facts)
}

#[cfg(test)]
mod tests;
