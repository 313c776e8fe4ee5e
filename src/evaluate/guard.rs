//! Which guards stop fixes, as things are.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::catalogue::{Catalogue, Guard, PhraseScope, Stops};
use crate::facts::{Absence, Cause, FactValue, Facts};
use crate::predicate::{Budget, Fault, Locals, Scope};

/// A guard that stops fixes.
#[derive(Clone, Debug)]
pub struct Guarded {
    pub guard: Arc<str>,
    stops: Stops,
    pub because: Stopped,
}

/// Why a guard stops fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It does not hold; in the pack's words.
    Broken(Arc<str>),
    /// Nobody knows whether it holds, and what is not known is not good.
    Unknown(Absence),
}

impl Guarded {
    /// Whether this fix must not be done.
    pub fn stops(&self, fix: &str) -> bool {
        self.stops.has(fix)
    }
}

/// The guards that do not hold, or of which that is not known.
pub fn guarded(catalogue: &Catalogue, facts: &Facts) -> Vec<Guarded> {
    let guards = catalogue.guards.iter();
    let stopping = guards.filter_map(|guard| {
        Some(Guarded {
            guard: guard.id.clone(),
            stops: guard.stops.clone(),
            because: stopped(catalogue, guard, facts)?,
        })
    });
    stopping.collect()
}

/// Nothing when the guard holds. What is false is so whatever else is not known.
pub(super) fn stopped(catalogue: &Catalogue, guard: &Guard, facts: &Facts) -> Option<Stopped> {
    let scope = Scope { facts, here: None };
    let (locals, budget) = (Locals::default(), Budget::default());
    let mut unknown = None;
    for condition in &guard.holds {
        match condition.run(&scope, &locals, &budget, &RefCell::default()) {
            Ok(seen) if seen.value == FactValue::Bool(true) => {}
            Ok(seen) if seen.value == FactValue::Bool(false) => {
                let scope = PhraseScope {
                    schema: &catalogue.schema,
                    scope,
                    names: &[],
                    locals: &locals,
                };
                return Some(Stopped::Broken(guard.otherwise.say(&scope, &Cell::default())));
            }
            Ok(seen) => {
                let why = odd(guard, &format!("a {} is no answer", seen.value.kind()));
                unknown = unknown.or(Some(why));
            }
            Err(Fault::Absent(why)) => unknown = unknown.or(Some(why)),
            Err(fault) => unknown = unknown.or_else(|| Some(odd(guard, &fault.to_string()))),
        }
    }
    unknown.map(Stopped::Unknown)
}

fn odd(guard: &Guard, why: &str) -> Absence {
    let detail = format!("guard {}: {why}", guard.id);
    Absence::new(Cause::Malformed, guard.id.clone(), detail)
}
