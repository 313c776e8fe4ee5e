//! A runbook for programs, and its published schema.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;

use super::{RunbookReport, why_apart};
use crate::facts::to_json;
use crate::plan::PairStep;
use crate::report::Origin;
use crate::report::plan::answer::{Action, Change, Need, Order, Undo, action, before, change, need, undo};
use crate::report::pretty::pretty;

/// The name of this layout.
const LAYOUT: &str = "standin/runbook/1";

/// The steps of a runbook for one pair, in order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Runbook of `standin runbook show`", deny_unknown_fields)]
struct Answer<'a> {
    /// The layout of this document.
    #[schemars(extend("const" = LAYOUT))]
    schema: &'static str,
    /// The version of Standin that wrote it.
    standin: &'static str,
    /// The name of the pair.
    pair: &'a str,
    source: &'a str,
    target: &'a str,
    runbook: &'a str,
    title: &'a str,
    about: &'a str,
    /// When the snapshot was recorded that stands in for the servers; null when they were asked.
    #[schemars(extend("format" = "date-time"))]
    recorded: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    taken_at: String,
    #[schemars(extend("format" = "date-time"))]
    now: String,
    /// SHA-256 over names and contents of all files of the packs.
    catalogue: &'a str,
    steps: Vec<Step<'a>>,
    /// What the order follows from.
    order: Vec<Order>,
    /// Steps that do not apply, or of which that is not known.
    apart: Vec<Apart<'a>>,
}

/// One step for this pair.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the layout calls it so")]
struct Step<'a> {
    /// Its place in the order, from 1 on.
    number: usize,
    step: &'a str,
    /// From 1 on; steps of one round may be done side by side.
    round: usize,
    /// As it goes on after "would".
    would: &'a str,
    about: &'a str,
    /// Where it is done.
    on: &'a str,
    /// A person, where one decides or does it.
    who: Option<&'a str>,
    /// Whether a person does it, and no program.
    by_hand: bool,
    /// What a person looks at before it counts as done.
    check: &'a [String],
    /// What is there to see when it has worked.
    expect: &'a str,
    /// Nothing goes on unless it works, or the server that it is done on is silent.
    fence: bool,
    /// Why there is no way back behind it.
    point_of_no_return: Option<&'a str>,
    /// Why no script does it.
    outside: Option<&'a str>,
    needs: Vec<Need>,
    changes: Vec<Change>,
    undo: Undo<'a>,
    actions: Vec<Action<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Apart<'a> {
    step: &'a str,
    /// For which of its items.
    item: Value,
    /// `not_applicable` or `unknown`.
    kind: &'static str,
    because: String,
}

/// Renders the runbook as JSON; equal runbooks are equal byte for byte.
pub fn runbook_json(told: &RunbookReport<'_>) -> String {
    pretty(&answer(told))
}

/// The JSON schema of what [`runbook_json`] writes.
pub fn runbook_schema() -> String {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let mut schema = generator.into_root_schema_for::<Answer<'_>>();
    schema.insert("$id".to_owned(), "runbook.schema.json".into());
    pretty(&schema)
}

fn answer<'a>(told: &RunbookReport<'a>) -> Answer<'a> {
    let (report, runbook) = (told.report, told.runbook.runbook);
    let taken_at = report.snapshot.taken_at.to_string();
    let steps = told.runbook.steps.iter().enumerate();
    let apart = told.runbook.apart.iter().map(|apart| Apart {
        step: apart.of.id(),
        item: apart.item.as_ref().map_or(Value::Null, to_json),
        kind: if apart.is_known() {
            "not_applicable"
        } else {
            "unknown"
        },
        because: why_apart(&apart.because),
    });
    Answer {
        schema: LAYOUT,
        standin: env!("CARGO_PKG_VERSION"),
        pair: &report.pair.name.value,
        source: &report.pair.source.name.value,
        target: &report.pair.target.name.value,
        runbook: &runbook.name,
        title: &runbook.title,
        about: &runbook.about,
        recorded: (report.origin == Origin::Recorded).then(|| taken_at.clone()),
        taken_at,
        now: report.now.to_string(),
        catalogue: &report.catalogue.digest,
        steps: steps.map(|(place, one)| step(place, one)).collect(),
        order: told.runbook.joints.iter().map(before).collect(),
        apart: apart.collect(),
    }
}

fn step<'a>(place: usize, told: &'a PairStep<'a>) -> Step<'a> {
    let step = &told.step;
    Step {
        number: place + 1,
        step: told.of.id(),
        round: step.wave + 1,
        would: &step.would,
        about: &told.of.doing.about,
        on: &step.on,
        who: told.who.as_deref(),
        by_hand: told.of.is_by_hand(),
        check: &told.check,
        expect: &told.expect,
        fence: told.of.fence,
        point_of_no_return: told.no_return.as_deref(),
        outside: told.of.outside.as_deref(),
        needs: step.needs.iter().map(need).collect(),
        changes: step.changes.iter().map(|one| change(one, false)).collect(),
        undo: undo(&step.back),
        actions: step.actions.iter().map(action).collect(),
    }
}
