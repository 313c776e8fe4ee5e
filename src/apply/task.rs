//! The steps of a run, as its journal begins with them: enough to make each of them anew from the catalogue.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::catalogue::{Catalogue, Phase, Safety};
use crate::evaluate::{Finding, Subject, SubjectRoot};
use crate::facts::{Absence, FactPath, FactType, FactValue, Key, Side, from_json, to_json};
use crate::plan::{NeedState, Plan, Role, Spec, Step, trail_from_json, trail_json};
use crate::predicate::Trail;

/// One step of a run.
#[derive(Clone, Debug)]
pub struct Task {
    pub spec: Spec,
    /// The place of the helper that it takes back.
    pub takes_back: Option<usize>,
    /// Whether it is only done while others need it.
    pub is_helper: bool,
    /// Tasks of one wave may be done side by side.
    pub wave: usize,
    pub safety: Safety,
    /// Where it is done.
    pub on: String,
    /// As it goes on after "would".
    pub would: String,
    pub changes: Vec<Goal>,
    /// What has to be so, or anything where there is no value.
    pub needs: Vec<(Trail, Option<FactValue>)>,
    /// Whether it counts only from a restart on.
    pub restarts: bool,
    /// The rules and subjects of the findings that it mends.
    pub mends: Vec<(Arc<str>, Subject)>,
}

/// A place, what was there when the run was planned, and what is to be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    pub place: Trail,
    pub old: Result<FactValue, Absence>,
    /// `None`: anything but nothing.
    pub new: Option<FactValue>,
}

impl Goal {
    /// Whether this is what the step is to bring about, as far as can be told by looking.
    pub fn is_met_by(&self, value: &FactValue) -> bool {
        match &self.new {
            None => *value != FactValue::Nothing,
            Some(new) => value.sort_order(new).is_eq(),
        }
    }
}

/// The tasks of a plan that are done before protection; what waits for a failover is left out.
pub fn tasks(plan: &Plan, findings: &[Finding]) -> Vec<Task> {
    // Those of a later phase stand behind all others, so that places stay as they are.
    let now = plan
        .steps
        .iter()
        .filter(|step| step.phase == Phase::BeforeProtection);
    now.map(|step| task(step, findings)).collect()
}

fn task(step: &Step, findings: &[Finding]) -> Task {
    let goal = |change: &crate::plan::Change| Goal {
        place: change.place.site.trail.clone(),
        old: change.old.clone(),
        new: change.place.value.clone(),
    };
    let takes_back = match step.role {
        Role::TakesBack(helper) => Some(helper),
        Role::Asked | Role::Helper => None,
    };
    let mut changes: Vec<Goal> = step.changes.iter().map(goal).collect();
    if takes_back.is_some() {
        // It brings back what the helper found.
        for goal in &mut changes {
            let old = goal.new.clone().unwrap_or(FactValue::Nothing);
            goal.new = goal.old.as_ref().ok().cloned();
            goal.old = Ok(old);
        }
    }
    let needs = step.needs.iter().filter(|need| need.state != NeedState::Later);
    Task {
        spec: Spec::from(step),
        takes_back,
        is_helper: step.role == Role::Helper,
        wave: step.wave,
        safety: step.safety,
        on: step.on.clone(),
        would: match takes_back {
            Some(helper) => format!("end what step {} began: {}", helper + 1, step.would),
            None => step.would.clone(),
        },
        changes,
        needs: if takes_back.is_some() {
            Vec::new()
        } else {
            needs
                .map(|need| (need.place.clone(), need.value.clone()))
                .collect()
        },
        restarts: !step.restart.is_empty(),
        mends: step
            .findings
            .iter()
            .map(|place| (findings[*place].rule.clone(), findings[*place].subject.clone()))
            .collect(),
    }
}

impl Task {
    /// The facts that its places and needs lie in.
    pub fn facts(&self) -> BTreeSet<FactPath> {
        let needs = self.needs.iter().map(|(place, _)| place);
        let places = self.changes.iter().map(|goal| &goal.place);
        places.chain(needs).map(|place| place.fact.clone()).collect()
    }

    pub fn to_json(&self) -> Value {
        let goal = |goal: &Goal| {
            let old = goal.old.clone().unwrap_or_else(FactValue::absent);
            json!({ "at": trail_json(&goal.place), "old": to_json(&old), "new": wanted(goal.new.as_ref()) })
        };
        let need = |(place, value): &(Trail, Option<FactValue>)| json!({ "at": trail_json(place), "value": wanted(value.as_ref()) });
        let mends = |(rule, subject): &(Arc<str>, Subject)| json!({ "rule": rule, "of": subject.root.word(), "key": subject.key.parts() });
        let mut value = self.spec.to_json();
        value["takes_back"] = json!(self.takes_back);
        value["helper"] = json!(self.is_helper);
        value["wave"] = json!(self.wave);
        value["safety"] = json!(self.safety.word());
        value["on"] = json!(self.on);
        value["would"] = json!(self.would);
        value["changes"] = self.changes.iter().map(goal).collect();
        value["needs"] = self.needs.iter().map(need).collect();
        value["restarts"] = json!(self.restarts);
        value["mends"] = self.mends.iter().map(mends).collect();
        value
    }

    /// Reads what [`Task::to_json`] writes; `Err` says what does not fit.
    pub fn from_json(value: &Value, catalogue: &Catalogue) -> Result<Self, String> {
        let all = |name: &str| value[name].as_array().map(Vec::as_slice).unwrap_or_default();
        let goal = |value: &Value| {
            let place = trail_from_json(&value["at"])?;
            let new = desired(&value["new"], &place, catalogue)?;
            let old = match value_at(&value["old"], &place, catalogue)? {
                FactValue::Absent(why) => Err(Absence::clone(&why)),
                old => Ok(old),
            };
            Ok(Goal { place, old, new })
        };
        let need = |value: &Value| {
            let place = trail_from_json(&value["at"])?;
            let needed = desired(&value["value"], &place, catalogue)?;
            Ok((place, needed))
        };
        let place = |value: &Value| value.as_u64().and_then(|place| usize::try_from(place).ok());
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            spec: Spec::from_json(value, catalogue)?,
            takes_back: place(&value["takes_back"]),
            is_helper: value["helper"] == true,
            wave: place(&value["wave"]).ok_or("a step without a wave")?,
            safety: text("safety").parse().map_err(|()| "a step without safety")?,
            on: text("on"),
            would: text("would"),
            changes: all("changes").iter().map(goal).collect::<Result<_, String>>()?,
            needs: all("needs").iter().map(need).collect::<Result<_, String>>()?,
            restarts: value["restarts"] == true,
            mends: all("mends").iter().map(mended).collect::<Result<_, String>>()?,
        })
    }
}

fn mended(value: &Value) -> Result<(Arc<str>, Subject), String> {
    let rule = value["rule"].as_str().ok_or("a finding without a rule")?;
    let root = match value["of"].as_str() {
        Some("pair") => SubjectRoot::Pair,
        word => Side::BOTH
            .into_iter()
            .find(|side| Some(side.word()) == word)
            .map(SubjectRoot::Of)
            .ok_or("a finding about nobody")?,
    };
    let parts = value["key"].as_array().map(Vec::as_slice).unwrap_or_default();
    let key = Key::new(parts.iter().filter_map(Value::as_str));
    Ok((rule.into(), Subject { root, key }))
}

fn wanted(value: Option<&FactValue>) -> Value {
    value.map_or_else(|| json!({ "any": true }), |value| json!({ "is": to_json(value) }))
}

fn desired(value: &Value, place: &Trail, catalogue: &Catalogue) -> Result<Option<FactValue>, String> {
    match value.get("is") {
        None => Ok(None),
        Some(value) => value_at(value, place, catalogue).map(Some),
    }
}

/// A value as it was at this place, by the type of what is there.
pub(super) fn value_at(value: &Value, place: &Trail, catalogue: &Catalogue) -> Result<FactValue, String> {
    let ty: Option<FactType> = place.ty(|fact| catalogue.schema.type_at(fact));
    let ty = ty.ok_or_else(|| format!("there is no place {place} any more"))?;
    from_json(&ty, value).map_err(|misfit| format!("{place}: {misfit}"))
}
