//! A step while it is done: its actions with everything in them, since all is known by then.

use std::sync::Arc;

use super::Basis;
use super::draft::Draft;
use super::fill::{Filling, asking_locals};
use super::model::{Doing, Held};
use super::spec::Spec;
use crate::catalogue::{Catalogue, Fix, Undo};
use crate::facts::{Absence, Cause, FactValue, Facts, Record};
use crate::predicate::Trail;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// What the fix does.
    Actions,
    /// What takes that back.
    Undo,
}

/// What is known only when a step is done.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What was at the places that the fix sets, finding by finding, in the order of `sets`.
    pub was: Vec<Vec<Result<FactValue, Absence>>>,
    /// What the fix read for itself.
    pub read: Vec<Result<FactValue, Absence>>,
}

/// A step that is about to be done.
#[derive(Debug)]
pub struct Performing<'a> {
    catalogue: &'a Catalogue,
    facts: &'a Facts,
    draft: Draft<'a>,
}

impl<'a> Performing<'a> {
    /// Nothing where the catalogue has no such fix.
    pub fn new(catalogue: &'a Catalogue, facts: &'a Facts, spec: &Spec) -> Option<Self> {
        Some(Self {
            catalogue,
            facts,
            draft: spec.draft(catalogue)?,
        })
    }

    pub const fn fix(&self) -> &'a Fix {
        self.draft.fix
    }

    /// The places that it sets, finding by finding, in the order of `sets`.
    pub fn places(&self) -> Result<Vec<Vec<Trail>>, Held> {
        let basis = self.basis();
        let filling = Filling::of(&basis, &self.draft);
        let asked = self.draft.asked.iter();
        let places = asked.map(|asking| {
            let locals = asking_locals(asking);
            let sets = self.draft.fix.sets.iter();
            let places = sets.map(|set| Ok(filling.site(&set.spot, asking, &locals)?.trail));
            places.collect::<Result<Vec<Trail>, Held>>()
        });
        places.collect()
    }

    /// Everything that is done, in order.
    pub fn doings(&self, which: Which, known: &Known) -> Result<Vec<Doing>, Held> {
        let fix = self.draft.fix;
        let actions = match (which, &fix.undo) {
            (Which::Actions, _) => fix.actions.as_slice(),
            (Which::Undo, Some(Undo::Actions(actions))) => actions.as_slice(),
            (Which::Undo, Some(Undo::No(reason))) => return Err(Held::Condition(reason.clone())),
            (Which::Undo, None) => return Err(Held::Condition("the fix does not say how".to_owned())),
        };
        let basis = self.basis();
        let filling = Filling::of(&basis, &self.draft);
        let locals = Filling::locals(
            &self.draft,
            self.asked(which, known),
            was(fix, known),
            &known.read,
        );
        let mut doings = Vec::new();
        for action in actions {
            filling.action(action, &locals, &mut doings)?;
        }
        Ok(doings)
    }

    /// Whether what the fix wants checked besides its findings is so.
    pub fn is_as_checked(&self, known: &Known) -> Result<bool, Held> {
        let basis = self.basis();
        let filling = Filling::of(&basis, &self.draft);
        let asked = self.asked(Which::Actions, known);
        let locals = Filling::locals(&self.draft, asked, was(self.draft.fix, known), &known.read);
        for check in &self.draft.fix.check {
            if !filling.holds(check, &locals)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What each finding gives alone; when it is taken back, with what was there before as `was`.
    fn asked(&self, which: Which, known: &Known) -> FactValue {
        let asked = self.draft.asked_values();
        let (Which::Undo, FactValue::List(asked)) = (which, &asked) else {
            return asked;
        };
        let with_was = asked.iter().zip(&known.was).map(|(one, was)| {
            let mut record = match one {
                FactValue::Record(record) => Record::clone(record),
                _ => Record::default(),
            };
            record.set("was", of_places(was).unwrap_or_else(FactValue::absent));
            FactValue::Record(Arc::new(record))
        });
        FactValue::list(with_was)
    }

    const fn basis(&self) -> Basis<'a> {
        Basis {
            catalogue: self.catalogue,
            facts: self.facts,
            findings: &[],
        }
    }
}

/// What was there, for the whole step; a fix that makes one step of many findings has it in `asked`.
fn was(fix: &Fix, known: &Known) -> Result<FactValue, Absence> {
    match (fix.one_per.is_empty(), known.was.first()) {
        (true, Some(was)) => of_places(was),
        _ => Err(Absence::new(Cause::NotCollected, "was", "it was not read")),
    }
}

/// One value of one place, a list of several.
fn of_places(was: &[Result<FactValue, Absence>]) -> Result<FactValue, Absence> {
    match was {
        [one] => one.clone(),
        all => Ok(FactValue::list(
            all.iter()
                .map(|one| one.clone().unwrap_or_else(FactValue::absent)),
        )),
    }
}
