//! A plan for programs, and its published schema.
//!
//! The layout is a promise, as that of answers. A plan is never a program: whoever does it makes each step anew from the
//! catalogue, and compares.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;

use super::PlanReport;
use super::left::{fix, kind, reason};
use crate::facts::{FactValue, to_json};
use crate::plan::{Detail, Doing, Joint, Left, NeedState, Role, TakenBack};
use crate::report::Origin;
use crate::report::pretty::pretty;

/// The name of this layout.
const LAYOUT: &str = "standin/plan/1";

/// What would be done about the findings of a check, in order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Plan of `standin plan`", deny_unknown_fields)]
struct Answer<'a> {
    /// The layout of this document.
    #[schemars(extend("const" = LAYOUT))]
    schema: &'static str,
    /// The version of Standin that planned.
    standin: &'static str,
    /// The name of the pair.
    pair: &'a str,
    /// The pair file, or its folder, as it was named; null when it was not.
    pair_file: Option<String>,
    source: &'a str,
    target: &'a str,
    /// When the snapshot was recorded that stands in for the servers; null when they were asked.
    #[schemars(extend("format" = "date-time"))]
    recorded: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    taken_at: String,
    #[schemars(extend("format" = "date-time"))]
    now: String,
    /// SHA-256 over names and contents of all files of the packs.
    catalogue: &'a str,
    /// The words that chose the rules; none means all.
    only: &'a [String],
    skip: &'a [String],
    facts: Facts<'a>,
    summary: Summary,
    steps: Vec<Step<'a>>,
    /// What the order follows from.
    order: Vec<Order>,
    /// The findings that no step mends.
    left: Vec<Stays<'a>>,
}

/// What the steps rest on.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Facts<'a> {
    /// SHA-256 over the places and their digests.
    digest: &'a str,
    /// Each place that a step or one of its findings looked at, with the SHA-256 of what was there.
    places: &'a BTreeMap<String, String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Summary {
    steps: usize,
    /// Errors and warnings that a step would mend.
    mended: usize,
    errors_left: usize,
    warnings_left: usize,
    /// Root causes for which something is not known.
    unknown: usize,
}

/// One fix with what it is given, on one server.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Step<'a> {
    /// Its place in the order, from 1 on.
    number: usize,
    fix: &'a str,
    /// `asked` by findings, a `helper` for a while, or `takes_back` a helper.
    role: &'static str,
    /// The helper that it takes back, by its number.
    takes_back: Option<usize>,
    /// `safe`, `confirm` or `destructive`.
    safety: &'static str,
    /// `before_protection` or `at_failover`.
    phase: &'static str,
    /// From 1 on; steps of one round may be done side by side.
    round: usize,
    /// The server in question: `source` or `target`.
    here: Option<&'static str>,
    /// Where it is done.
    on: &'a str,
    /// As it goes on after "would".
    would: &'a str,
    inputs: BTreeMap<&'a str, Value>,
    /// What its findings do not share, one for each.
    asked: Vec<Value>,
    needs: Vec<Need>,
    changes: Vec<Change>,
    /// What has to be started anew before it counts.
    restart: &'a [String],
    undo: Undo<'a>,
    actions: Vec<Action<'a>>,
    findings: Vec<About<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::report) struct Need {
    place: String,
    /// The value that is needed; `{"any": true}` is anything.
    value: Value,
    /// `met` as things are, `made` by steps before, or seen `later`.
    state: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::report) struct Change {
    place: String,
    /// What is there; `{"?": ...}` could not be read.
    old: Value,
    /// What will be; `{"any": true}` is not known before.
    new: Value,
}

/// Whether it can be taken back.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::report) struct Undo<'a> {
    /// `yes`, `while_it_runs` (a secret is written over) or `no`.
    can: &'static str,
    because: Option<&'a str>,
}

/// One thing that a step does.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::report) struct Action<'a> {
    protocol: &'static str,
    verb: &'static str,
    on: &'a str,
    /// What it is done to first, then the rest.
    details: Vec<Slot<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Slot<'a> {
    name: &'a str,
    value: Value,
    /// It is filled in when the step is done, with what is read then.
    later: bool,
}

/// A finding.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct About<'a> {
    rule: &'a str,
    subject: String,
}

/// Every step of `before` comes before every step of `after`, by their numbers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::report) struct Order {
    before: Vec<usize>,
    after: Vec<usize>,
    /// What is to be said of the earlier ones.
    because: String,
}

/// A finding that stays for a person.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Stays<'a> {
    rule: &'a str,
    subject: String,
    status: &'static str,
    /// `by_hand`, `guided`, `declared` (the fix does not say yet how), `unknown` (what it would be given) or `held`.
    kind: &'static str,
    fix: Option<&'a str>,
    because: Option<String>,
}

/// Renders the plan as JSON; equal plans are equal byte for byte.
pub fn plan_json(told: &PlanReport<'_>) -> String {
    pretty(&answer(told))
}

/// The JSON schema of what [`plan_json`] writes.
pub fn plan_schema() -> String {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let mut schema = generator.into_root_schema_for::<Answer<'_>>();
    schema.insert("$id".to_owned(), "plan.schema.json".into());
    pretty(&schema)
}

fn answer<'a>(told: &PlanReport<'a>) -> Answer<'a> {
    let report = told.report;
    let taken_at = report.snapshot.taken_at.to_string();
    let tally = told.tally();
    let steps = told.plan.steps.iter().enumerate();
    Answer {
        schema: LAYOUT,
        standin: env!("CARGO_PKG_VERSION"),
        pair: &report.pair.name.value,
        pair_file: told.pair_file.map(|file| file.display().to_string()),
        source: &report.pair.source.name.value,
        target: &report.pair.target.name.value,
        recorded: (report.origin == Origin::Recorded).then(|| taken_at.clone()),
        taken_at,
        now: report.now.to_string(),
        catalogue: &report.catalogue.digest,
        only: &told.selection.only,
        skip: &told.selection.skip,
        facts: Facts {
            digest: &told.rests.digest,
            places: &told.rests.places,
        },
        summary: Summary {
            steps: told.plan.steps.len(),
            mended: tally.mended,
            errors_left: tally.errors_left,
            warnings_left: tally.warnings_left,
            unknown: tally.unknown,
        },
        steps: steps.map(|(place, one)| step(told, place, one)).collect(),
        order: told.plan.joints.iter().map(before).collect(),
        left: told.plan.left.iter().map(|left| stays(told, left)).collect(),
    }
}

fn step<'a>(told: &PlanReport<'a>, place: usize, step: &'a crate::plan::Step) -> Step<'a> {
    let (role, takes_back) = match step.role {
        Role::Asked => ("asked", None),
        Role::Helper => ("helper", None),
        Role::TakesBack(helper) => ("takes_back", Some(helper + 1)),
    };
    Step {
        number: place + 1,
        fix: &step.fix,
        role,
        takes_back,
        safety: step.safety.word(),
        phase: step.phase.word(),
        round: step.wave + 1,
        here: step.here.map(crate::facts::Side::word),
        on: &step.on,
        would: &step.would,
        inputs: step
            .inputs
            .iter()
            .map(|(name, value)| (name.as_ref(), to_json(value)))
            .collect(),
        asked: step.asked.iter().map(to_json).collect(),
        needs: step.needs.iter().map(need).collect(),
        changes: step
            .changes
            .iter()
            .map(|change| self::change(change, step.takes_back()))
            .collect(),
        restart: &step.restart,
        undo: undo(&step.back),
        actions: if step.takes_back() {
            Vec::new()
        } else {
            step.actions.iter().map(action).collect()
        },
        findings: step.findings.iter().map(|place| about(told, *place)).collect(),
    }
}

pub(in crate::report) fn undo(back: &TakenBack) -> Undo<'_> {
    let (can, because) = match back {
        TakenBack::Yes => ("yes", None),
        TakenBack::WhileItRuns => ("while_it_runs", None),
        TakenBack::No(reason) => ("no", Some(reason.as_ref())),
    };
    Undo { can, because }
}

fn wanted(value: Option<&FactValue>) -> Value {
    value.map_or_else(|| serde_json::json!({ "any": true }), to_json)
}

pub(in crate::report) fn need(need: &crate::plan::Need) -> Need {
    Need {
        place: need.place.to_string(),
        value: wanted(need.value.as_ref()),
        state: match need.state {
            NeedState::Met => "met",
            NeedState::Made => "made",
            NeedState::Later => "later",
        },
    }
}

/// What takes a helper back puts the old value in the place of its own.
pub(in crate::report) fn change(change: &crate::plan::Change, back: bool) -> Change {
    let old = match &change.old {
        Ok(value) => to_json(value),
        Err(why) => to_json(&FactValue::absent(why.clone())),
    };
    let new = wanted(change.place.value.as_ref());
    let (old, new) = if back { (new, old) } else { (old, new) };
    Change {
        place: change.place.site.trail.to_string(),
        old,
        new,
    }
}

pub(in crate::report) fn action<'a>(doing: &'a Doing) -> Action<'a> {
    let slot = |(name, detail): &'a (String, Detail)| {
        let (value, later) = match detail {
            Detail::Text(text) => (Value::from(text.as_str()), false),
            Detail::Value(value) => (to_json(value), false),
            Detail::Later(text) => (Value::from(text.as_ref()), true),
        };
        Slot { name, value, later }
    };
    Action {
        protocol: doing.protocol,
        verb: doing.verb,
        on: &doing.on,
        details: doing.details.iter().map(slot).collect(),
    }
}

fn about<'a>(told: &PlanReport<'a>, place: usize) -> About<'a> {
    let finding = &told.report.judged.findings[place];
    About {
        rule: &finding.rule,
        subject: finding.subject.to_string(),
    }
}

pub(in crate::report) fn before(joint: &Joint) -> Order {
    let numbers = |places: &[usize]| places.iter().map(|place| place + 1).collect();
    Order {
        before: numbers(&joint.before),
        after: numbers(&joint.after),
        because: joint.reason.to_string(),
    }
}

fn stays<'a>(told: &PlanReport<'a>, left: &'a Left) -> Stays<'a> {
    let finding = &told.report.judged.findings[left.finding];
    Stays {
        rule: &finding.rule,
        subject: finding.subject.to_string(),
        status: finding.status.word(),
        kind: kind(&left.because),
        fix: fix(&left.because),
        because: reason(&left.because),
    }
}
