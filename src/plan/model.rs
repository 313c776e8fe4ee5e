//! What a plan holds.

use std::sync::Arc;

use super::arrange::{Arranged, Disorder};
use super::draft::Draft;
use super::fill::Needed;
use super::joints::{Conflict, Joint, Reason};
use super::needs::Settled;
use super::places::Use;
use crate::catalogue::{Command, Phase, Safety};
use crate::evaluate::Given;
use crate::facts::{Absence, FactValue, Side};
use crate::predicate::Trail;

/// Steps in order, and what stays for people.
#[derive(Clone, Debug)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// What the order follows from, by the places of the steps.
    pub joints: Vec<Joint>,
    pub left: Vec<Left>,
}

/// Why a step is in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A finding asks for it.
    Asked,
    /// Another step needs it for a while.
    Helper,
    /// It takes back the helper at this place.
    TakesBack(usize),
}

/// One fix with what it is given, on one server.
#[derive(Clone, Debug)]
pub struct Step {
    pub fix: Arc<str>,
    pub role: Role,
    pub safety: Safety,
    pub phase: Phase,
    /// From 0 on; steps of one wave may be done side by side.
    pub wave: usize,
    /// What each of its findings gives it, in the order of the fix's inputs.
    pub given: Vec<Vec<Given>>,
    pub here: Option<Side>,
    /// Where it is done.
    pub on: String,
    /// As it goes on after "would".
    pub would: String,
    pub inputs: Vec<(Arc<str>, FactValue)>,
    /// What its findings do not share.
    pub asked: Vec<FactValue>,
    pub needs: Vec<Need>,
    pub changes: Vec<Change>,
    /// What has to be started anew before it counts.
    pub restart: Vec<String>,
    pub back: TakenBack,
    pub actions: Vec<Doing>,
    /// The findings that it mends, by their places.
    pub findings: Vec<usize>,
}

impl Step {
    /// Whether it takes back what a helper did.
    pub const fn takes_back(&self) -> bool {
        matches!(self.role, Role::TakesBack(_))
    }
}

/// A place that a step needs.
#[derive(Clone, Debug)]
pub struct Need {
    pub place: Trail,
    pub value: Option<FactValue>,
    pub state: NeedState,
}

/// Whether a need is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedState {
    /// As things are.
    Met,
    /// Steps before it see to it.
    Made,
    /// It is seen when its phase comes.
    Later,
}

/// A place that a step changes.
#[derive(Clone, Debug)]
pub struct Change {
    pub place: Use,
    pub old: Result<FactValue, Absence>,
}

/// Whether a step can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenBack {
    Yes,
    /// What is needed for that is a secret, and kept nowhere.
    WhileItRuns,
    /// The reason why not.
    No(Arc<str>),
}

/// One action of a step, filled in.
#[derive(Clone, Debug)]
pub struct Doing {
    /// Who does it, in the words of the pair.
    pub on: String,
    pub at: At,
    pub protocol: &'static str,
    pub verb: &'static str,
    /// How the verb reads.
    pub reads: &'static str,
    /// The program that it starts.
    pub command: Option<Command>,
    /// What it is done to first, then the rest.
    pub details: Vec<(String, Detail)>,
}

impl Doing {
    /// Whether both do the same to the same object.
    pub(super) fn is_about_that_of(&self, other: &Self) -> bool {
        let object = |doing: &Self| match doing.details.first() {
            Some((_, Detail::Text(text))) => Some(text.clone()),
            _ => None,
        };
        let what = |doing: &Self| (doing.at.clone(), doing.protocol, doing.verb, object(doing));
        object(self).is_some() && what(self) == what(other)
    }
}

/// Who does an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// This machine.
    Local,
    /// An endpoint of the pair file.
    Endpoint(Arc<str>),
    /// A server of the pair.
    Server(Side),
    /// Another host, in the way of that server: a node of its cluster.
    Host(Side, Arc<str>),
}

/// What stands in a slot of an action.
#[derive(Clone, Debug)]
pub enum Detail {
    Text(String),
    Value(FactValue),
    /// It is filled in when the step is done; what there is to see of it.
    Later(Arc<str>),
}

/// A finding that no step mends.
#[derive(Clone, Debug)]
pub struct Left {
    /// By its place.
    pub finding: usize,
    pub because: LeftBecause,
}

/// Why no step mends it.
#[derive(Clone, Debug)]
pub enum LeftBecause {
    /// No fix is declared.
    ByHand,
    Guided {
        fix: Arc<str>,
        because: Arc<str>,
    },
    /// The fix does not say yet how it is done.
    Declared {
        fix: Arc<str>,
    },
    InputUnknown {
        fix: Arc<str>,
        input: Arc<str>,
        why: Absence,
    },
    Held {
        fix: Arc<str>,
        held: Held,
    },
}

impl LeftBecause {
    /// Every finding of a draft that cannot be done.
    pub(super) fn held(draft: &Draft<'_>, held: &Held) -> Vec<Left> {
        let left = |finding: &usize| Left {
            finding: *finding,
            because: Self::Held {
                fix: draft.fix.id.clone(),
                held: held.clone(),
            },
        };
        draft.findings.iter().map(left).collect()
    }
}

/// Why a fix cannot be done now.
#[derive(Clone, Debug)]
pub enum Held {
    /// Something that must hold for it does not; in the pack's words.
    Condition(String),
    /// Something that decides about it is not known.
    Unknown(Absence),
    NeedUnknown(Trail, Absence),
    NeedUnmet(Box<Unmet>),
    /// Its findings want one place to be different things.
    Contradiction(Trail),
    /// A value has no safe form where it would have to stand.
    Refused(String),
}

/// A need that nobody meets.
#[derive(Clone, Debug)]
pub struct Unmet {
    pub place: Trail,
    pub value: Option<FactValue>,
    pub found: FactValue,
    /// The fixes that would see to it, were they asked for.
    pub offers: Vec<Arc<str>>,
}

/// A step of which a refusal speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRef {
    pub fix: Arc<str>,
    pub on: String,
    pub would: String,
}

/// Why there is no plan.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Two steps that set one place differently.
    pub conflicts: Vec<(StepRef, StepRef, Trail, [Option<FactValue>; 2])>,
    /// Steps that wait for each other: each comes before the next one for this reason, the last before the first.
    pub cycles: Vec<Vec<(StepRef, Reason)>>,
}

pub(super) fn refused(settled: &[Settled<'_>], disorder: Disorder) -> Refused {
    let step = |place: usize| StepRef {
        fix: settled[place].filled.draft.fix.id.clone(),
        on: settled[place].filled.on.clone(),
        would: settled[place].filled.would.clone(),
    };
    let conflict = |conflict: Conflict| {
        (
            step(conflict.first),
            step(conflict.second),
            conflict.place,
            conflict.values,
        )
    };
    let members = |cycle: Vec<(usize, Reason)>| {
        cycle
            .into_iter()
            .map(|(place, reason)| (step(place), reason))
            .collect()
    };
    Refused {
        conflicts: disorder.conflicts.into_iter().map(conflict).collect(),
        cycles: disorder.cycles.into_iter().map(members).collect(),
    }
}

pub(super) fn finish(settled: Vec<Settled<'_>>, arranged: &Arranged, left: Vec<Left>) -> Plan {
    let mut places = vec![0; settled.len()];
    for (place, task) in arranged.order.iter().enumerate() {
        places[*task] = place;
    }
    let mut steps: Vec<Option<Step>> = vec![None; settled.len()];
    for (task, one) in settled.into_iter().enumerate() {
        steps[places[task]] = Some(step(one, arranged.waves[task], &places));
    }
    let moved = |tasks: &[usize]| {
        let mut moved: Vec<usize> = tasks.iter().map(|task| places[*task]).collect();
        moved.sort_unstable();
        moved
    };
    let mut joints: Vec<Joint> = arranged
        .joints
        .iter()
        .map(|joint| Joint {
            before: moved(&joint.before),
            after: moved(&joint.after),
            reason: joint.reason.clone(),
        })
        .collect();
    joints.sort_by(|a, b| (&a.after, &a.before).cmp(&(&b.after, &b.before)));
    Plan {
        steps: steps.into_iter().flatten().collect(),
        joints,
        left,
    }
}

fn step(one: Settled<'_>, wave: usize, places: &[usize]) -> Step {
    let (filled, role) = (one.filled, one.role);
    let fix = filled.draft.fix;
    let first = filled.draft.asked.first();
    let shared = fix
        .inputs
        .keys()
        .zip(first.iter().flat_map(|asking| &asking.given));
    let inputs = shared
        .filter(|(name, _)| fix.is_shared(name))
        .map(|(name, given)| (name.clone(), given.value()));
    let state = |need: &Needed| match (filled.phase, need.is_so()) {
        (Phase::AtFailover, _) => NeedState::Later,
        (_, Ok(true)) => NeedState::Met,
        _ => NeedState::Made,
    };
    let needs = filled.needs.iter().map(|need| Need {
        place: need.place.site.trail.clone(),
        value: need.place.value.clone(),
        state: state(need),
    });
    let asked = match filled.draft.asked_values() {
        FactValue::List(asked) if !fix.one_per.is_empty() => asked.to_vec(),
        _ => Vec::new(),
    };
    Step {
        fix: fix.id.clone(),
        role: match role {
            Role::TakesBack(helper) => Role::TakesBack(places[helper]),
            role => role,
        },
        safety: fix.safety,
        phase: filled.phase,
        wave,
        given: filled
            .draft
            .asked
            .iter()
            .map(|asking| asking.given.clone())
            .collect(),
        here: filled.draft.here,
        on: filled.on,
        would: filled.would.clone(),
        inputs: inputs.collect(),
        asked,
        needs: needs.collect(),
        changes: filled.changes,
        restart: filled.restart,
        back: filled.back,
        actions: filled.actions,
        findings: filled.draft.findings,
    }
}
