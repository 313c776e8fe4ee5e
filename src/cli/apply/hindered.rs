//! What keeps a run from being done at all.

use super::site::Site;
use crate::apply::Task;
use crate::cli::refusal::{Outcome, Refusal};
use crate::evaluate::{Stopped, guarded};
use crate::pipeline::Looked;

/// Refuses when a guard of the packs stops a step, or nobody knows whether it does; all reasons are told at once.
pub(in crate::cli) fn refuse(tasks: &[Task], site: &Site<'_>, looked: &Looked) -> Outcome<()> {
    let catalogue = &site.opened.catalogue;
    let (mut reasons, mut next) = (Vec::new(), Vec::new());
    for guarded in guarded(catalogue, &looked.facts(&site.opened)) {
        let stopped = tasks.iter().filter(|task| guarded.stops(&task.spec.fix)).count();
        if stopped == 0 {
            continue;
        }
        reasons.push(match &guarded.because {
            Stopped::Broken(why) => format!("{why} ({}, which stops {stopped} of the steps)", guarded.guard),
            Stopped::Unknown(why) => format!(
                "it is not known whether {} lets {stopped} of the steps be done: {}: {}",
                guarded.guard, why.cause, why.detail
            ),
        });
        next.push("see to it that the guard holds, and plan anew".to_owned());
    }
    if reasons.is_empty() {
        return Ok(());
    }
    next.dedup();
    let refusal = Refusal::new(format!("nothing was changed: {}", reasons.join("; ")));
    Err(next.into_iter().fold(refusal, Refusal::next))
}
