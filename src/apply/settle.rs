//! What is there, compared with what was and with what a step was to bring about: pure.

use super::state::Values;
use super::task::Goal;
use crate::facts::{Absence, Cause, FactValue};
use crate::predicate::Trail;

/// How the places of a step stand.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stands {
    /// Each as before the step.
    AsBefore,
    /// Each as the step left it, or was to leave it.
    AsDone,
    /// Some as before, the others as the step was to leave them.
    Between,
    /// Changed, and whether by the step cannot be told from the place alone.
    Changed,
    /// Neither: somebody else was there.
    Otherwise(Absence),
}

/// Compares places now with what was there before, and what was seen there when the step was done.
pub(super) fn stands(before: &Values, done: Option<&Values>, now: &Values, goals: &[Goal]) -> Stands {
    let places = before.iter().flatten().zip(now.iter().flatten());
    let done: Vec<_> = done.into_iter().flatten().flatten().collect();
    let (mut old, mut new, mut changed) = (0, 0, 0);
    let mut all = 0;
    for (at, ((place, was), (_, is))) in places.enumerate() {
        all += 1;
        let is = match is {
            Ok(is) => is,
            Err(why) => return Stands::Otherwise(why.clone()),
        };
        let was_so = was.as_ref() == Ok(is);
        let seen = done.get(at).and_then(|(_, seen)| seen.as_ref().ok());
        let goal = goals.iter().find(|goal| goal.place == *place);
        match (seen, goal) {
            _ if was_so => old += 1,
            (Some(seen), _) if seen == is => new += 1,
            (None, Some(goal)) if goal.new.is_some() && goal.is_met_by(is) => new += 1,
            (None, Some(goal)) if goal.new.is_none() && goal.is_met_by(is) => {
                // What was not there and is there now came by the step, which was announced under the lock.
                if was.as_ref() == Ok(&FactValue::Nothing) {
                    new += 1;
                } else {
                    changed += 1;
                }
            }
            _ => return Stands::Otherwise(third(place, is)),
        }
    }
    match (old, new, changed) {
        (old, _, _) if old == all => Stands::AsBefore,
        (_, new, _) if new == all => Stands::AsDone,
        (_, _, 0) => Stands::Between,
        _ => Stands::Changed,
    }
}

fn third(place: &Trail, is: &FactValue) -> Absence {
    let detail = format!("{place} is {is} now: neither what was there before nor what was to be there");
    Absence::new(Cause::Ambiguous, place.to_string(), detail)
}
