//! A runbook for one pair: its steps in order, what does not apply and why.
//!
//! A step is filled and ordered as that of a plan is. No helper is asked: a need of a runbook is met by a step of it, or
//! by how things are, or there is no runbook.

use std::cell::RefCell;
use std::sync::Arc;

use super::arrange::arrange;
use super::draft::{Asking, Draft};
use super::fill::{Filled, fill, said};
use super::model::{self, Held, Refused, Role, Step, StepRef};
use super::needs::{Settled, made_by, makes, marked};
use super::places::Task;
use super::{Basis, Joint};
use crate::catalogue::{Runbook, RunbookStep};
use crate::evaluate::Given;
use crate::facts::{Absence, Cause, FactValue};
use crate::predicate::{Budget, Locals, Scope, Trail};

/// A runbook with the steps that this pair needs.
#[derive(Clone, Debug)]
pub struct PairRunbook<'a> {
    pub runbook: &'a Runbook,
    pub steps: Vec<PairStep<'a>>,
    /// What the order follows from, by the places of the steps.
    pub joints: Vec<Joint>,
    pub apart: Vec<Apart<'a>>,
}

/// One step for this pair.
#[derive(Clone, Debug)]
pub struct PairStep<'a> {
    pub of: &'a RunbookStep,
    pub step: Step,
    pub who: Option<String>,
    pub expect: String,
    /// Why there is no way back behind it.
    pub no_return: Option<String>,
    /// What a person looks at.
    pub check: Vec<String>,
}

/// A step that does not apply, or of which that is not known.
#[derive(Clone, Debug)]
pub struct Apart<'a> {
    pub of: &'a RunbookStep,
    /// For which of its items.
    pub item: Option<FactValue>,
    pub because: Held,
}

impl Apart<'_> {
    /// Whether it is known that the step does not apply.
    pub const fn is_known(&self) -> bool {
        matches!(self.because, Held::Condition(_))
    }
}

/// What a step needs.
#[derive(Clone, Debug)]
pub struct NeedOf {
    pub step: StepRef,
    pub place: Trail,
    pub value: Option<FactValue>,
}

/// Why there is no runbook.
#[derive(Clone, Debug)]
pub struct NoRunbook {
    /// Steps that contradict each other or wait in a circle.
    pub refused: Refused,
    /// Needs that nobody meets.
    pub unmet: Vec<NeedOf>,
}

impl PairRunbook<'_> {
    /// How many steps it is not known of whether they apply, or what they would do.
    pub fn unknown(&self) -> usize {
        self.apart.iter().filter(|apart| !apart.is_known()).count()
    }
}

/// Makes the runbook of this name for the pair; a name that no pack declares gives nothing.
pub fn runbook<'a>(basis: &Basis<'a>, name: &str) -> Option<Result<PairRunbook<'a>, Box<NoRunbook>>> {
    let catalogue = basis.catalogue;
    let runbook = catalogue.runbooks.get(name)?;
    let (mut filled, mut apart) = (Vec::new(), Vec::new());
    let steps = catalogue.steps.values();
    for of in steps.filter(|step| step.of.contains(&runbook.name)) {
        for asking in askings(basis, of) {
            let (item, draft) = match asking {
                Ok((item, draft)) => (item, draft),
                Err(because) => {
                    let (item, because) = (None, *because);
                    apart.push(Apart { of, item, because });
                    continue;
                }
            };
            match fill(basis, draft) {
                Ok(one) => filled.push((of, one)),
                Err(because) => apart.push(Apart { of, item, because }),
            }
        }
    }
    Some(ordered(basis, runbook, filled, apart))
}

/// A step that is asked for, or why it is not known whether it is.
type Found<'a> = Result<(Option<FactValue>, Draft<'a>), Box<Held>>;

/// The step once, or once for each item of its list.
fn askings<'a>(basis: &Basis<'a>, of: &'a RunbookStep) -> Vec<Found<'a>> {
    let draft = |given: Vec<Given>| Draft {
        fix: &of.doing,
        here: None,
        asked: vec![Asking { given }],
        findings: Vec::new(),
    };
    let Some((_, each)) = &of.each else {
        return vec![Ok((None, draft(Vec::new())))];
    };
    let scope = Scope {
        facts: basis.facts,
        here: None,
    };
    let unknown = |why: Absence| Err(Box::new(Held::Unknown(why)));
    let list = each.run(
        &scope,
        &Locals::default(),
        &Budget::default(),
        &RefCell::default(),
    );
    let list = match list {
        Ok(seen) => seen.value,
        Err(crate::predicate::Fault::Absent(why)) => return vec![unknown(why)],
        Err(fault) => {
            let detail = format!("step {}: {fault}", of.id());
            return vec![unknown(Absence::new(Cause::Malformed, of.id().clone(), detail))];
        }
    };
    let holes: Vec<Absence> = match &list {
        FactValue::Map(map) => map.holes().map(|(_, why)| why.clone()).collect(),
        _ => Vec::new(),
    };
    let items: Vec<FactValue> = match &list {
        FactValue::Map(map) => map.iter().map(|entry| entry.value.clone()).collect(),
        other => other.items().unwrap_or_default().to_vec(),
    };
    let items = items.into_iter().map(|item| match item {
        FactValue::Absent(why) => unknown(Absence::clone(&why)),
        item => Ok((Some(item.clone()), draft(vec![Given::Value(item)]))),
    });
    items.chain(holes.into_iter().map(unknown)).collect()
}

fn ordered<'a>(
    basis: &Basis<'a>,
    runbook: &'a Runbook,
    filled: Vec<(&'a RunbookStep, Filled<'a>)>,
    apart: Vec<Apart<'a>>,
) -> Result<PairRunbook<'a>, Box<NoRunbook>> {
    let (of, kept): (Vec<&RunbookStep>, Vec<Filled<'_>>) = filled.into_iter().unzip();
    let words: Vec<_> = of
        .iter()
        .zip(&kept)
        .map(|(of, one)| words(basis, of, &one.draft))
        .collect();
    let kept: Vec<(Filled<'_>, Role)> = kept.into_iter().map(|one| (one, Role::Asked)).collect();
    // Whoever is not known may be the one who sees to it.
    let unmet = if apart.iter().all(Apart::is_known) {
        unmet(&kept)
    } else {
        Vec::new()
    };
    let settled = marked(basis, kept);
    let tasks: Vec<Task> = settled.iter().map(Settled::task).collect();
    let arranged = arrange(&tasks);
    let refused = |settled: &[Settled<'_>], disorder| {
        Box::new(NoRunbook {
            refused: model::refused(settled, disorder),
            unmet: unmet.clone(),
        })
    };
    let arranged = match arranged {
        Err(disorder) => return Err(refused(&settled, disorder)),
        Ok(_) if !unmet.is_empty() => {
            let none = super::Disorder {
                conflicts: Vec::new(),
                cycles: Vec::new(),
            };
            return Err(refused(&settled, none));
        }
        Ok(arranged) => arranged,
    };
    let plan = model::finish(settled, &arranged, Vec::new());
    let steps = arranged.order.iter().zip(plan.steps).map(|(task, step)| {
        let words = words[*task].clone();
        PairStep {
            of: of[*task],
            step,
            who: words.who,
            expect: words.expect,
            no_return: words.no_return,
            check: words.check,
        }
    });
    Ok(PairRunbook {
        runbook,
        steps: steps.collect(),
        joints: plan.joints,
        apart,
    })
}

/// What is told of a step to people.
#[derive(Clone)]
struct Words {
    who: Option<String>,
    expect: String,
    no_return: Option<String>,
    check: Vec<String>,
}

fn words<'a>(basis: &Basis<'a>, of: &RunbookStep, draft: &Draft<'a>) -> Words {
    let checks = of.gate.iter().flat_map(|gate| &gate.check);
    let say = |phrase| said(basis, draft, phrase);
    Words {
        who: of.who.as_ref().map(say),
        expect: say(&of.expect),
        no_return: of.point_of_no_return.as_ref().map(say),
        check: checks.map(say).collect(),
    }
}

/// The needs that no step sees to, and that are not so already.
fn unmet(kept: &[(Filled<'_>, Role)]) -> Vec<NeedOf> {
    let made = made_by(kept);
    let mut unmet = Vec::new();
    for (one, _) in kept {
        for need in &one.needs {
            let sets = made.get(&(one.phase, need.place.site.record()));
            let mut sets = sets.into_iter().flatten();
            if sets.any(|set| makes(set, &need.place)) || need.is_so() == Ok(true) {
                continue;
            }
            unmet.push(NeedOf {
                step: StepRef {
                    fix: Arc::clone(&one.draft.fix.id),
                    on: one.on.clone(),
                    would: one.would.clone(),
                },
                place: need.place.site.trail.clone(),
                value: need.place.value.clone(),
            });
        }
    }
    unmet
}
