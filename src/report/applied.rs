//! What a run that changed servers came to, for people and programs.

use std::collections::HashMap;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;

use super::Report;
use super::look::{Look, Style};
use super::page::Page;
use super::pretty::pretty;
use super::words::count;
use crate::apply::{End, Ended, Fate, Task};
use crate::evaluate::{Finding, Judged, Status, Subject};
use crate::facts::Absence;

/// The name of this layout.
const LAYOUT: &str = "standin/run/1";

/// A run that is over, with what was found before and afterwards.
#[derive(Clone, Copy, Debug)]
pub struct AppliedReport<'a> {
    pub pair: &'a str,
    /// Its number in the history; none when there was nothing to do.
    pub run: Option<i64>,
    pub ended: &'a Ended,
    pub before: Option<&'a Judged>,
    pub after: Option<Report<'a>>,
}

/// How findings turned by a run.
#[derive(Clone, Debug, Default)]
pub struct Turned<'a> {
    pub good: Vec<&'a Finding>,
    pub still_bad: Vec<&'a Finding>,
    pub newly_bad: Vec<&'a Finding>,
    pub newly_unknown: Vec<&'a Finding>,
}

impl<'a> AppliedReport<'a> {
    /// Compares the findings before and after; nothing where nobody looked again.
    pub fn turned(&self) -> Option<Turned<'a>> {
        let (before, after) = (self.before?, self.after?);
        let (old, new) = (statuses(before), statuses(after.judged));
        let mut turned = Turned::default();
        let told = |finding: &&Finding| !finding.is_rollup;
        for finding in before
            .findings
            .iter()
            .filter(told)
            .filter(|finding| finding.status.is_bad())
        {
            let now = new.get(&(&*finding.rule, &finding.subject));
            if matches!(now, None | Some(Status::Good | Status::NotApplicable)) {
                turned.good.push(finding);
            }
        }
        for finding in after.judged.findings.iter().filter(told) {
            let was = old.get(&(&*finding.rule, &finding.subject)).copied();
            match (finding.status, was) {
                (status, Some(was)) if status.is_bad() && was.is_bad() => turned.still_bad.push(finding),
                (status, _) if status.is_bad() => turned.newly_bad.push(finding),
                (Status::Unknown, Some(Status::Unknown)) => {}
                (Status::Unknown, _) => turned.newly_unknown.push(finding),
                _ => {}
            }
        }
        Some(turned)
    }
}

fn statuses(judged: &Judged) -> HashMap<(&str, &Subject), Status> {
    let findings = judged.findings.iter();
    findings
        .map(|finding| ((&*finding.rule, &finding.subject), finding.status))
        .collect()
}

const fn word(fate: &Fate) -> &'static str {
    match fate {
        Fate::NotBegun => "not begun",
        Fate::WasSo => "was so",
        Fate::Done => "done",
        Fate::NotDone(_) => "not done",
        Fate::TakenBack => "taken back",
        Fate::Stuck(_) => "look at it",
    }
}

const fn why(fate: &Fate) -> Option<&Absence> {
    match fate {
        Fate::NotDone(why) | Fate::Stuck(why) => Some(why),
        _ => None,
    }
}

const fn style(fate: &Fate) -> Style {
    match fate {
        Fate::NotBegun => Style::Faint,
        Fate::WasSo | Fate::Done => Style::Of(Status::Good),
        Fate::TakenBack => Style::Of(Status::Warning),
        Fate::NotDone(_) | Fate::Stuck(_) => Style::Of(Status::Error),
    }
}

/// Where the texts begin.
const TEXT: usize = 18;

/// Tells a run to an operator.
pub fn applied_text(told: &AppliedReport<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    let Some(run) = told.run else {
        let line = page
            .line(0)
            .add(Style::Of(Status::Good), "There is nothing to do");
        page.put(&line.plain(format!(" on the pair {}.", told.pair)));
        return page.finish();
    };
    let line = page.line(0).add(Style::Strong, format!("Run {run}"));
    page.put(&line.plain(format!(" on the pair {}", told.pair)));
    page.gap();
    for (place, (task, fate)) in told.ended.steps.iter().enumerate() {
        put_step(&mut page, place + 1, task, fate);
        if told.ended.is_held(place) {
            let head = page.line(TEXT);
            let text = "for a while only, and not brought back: it stays so until the run is gone on with or taken back";
            page.wrap(head, TEXT, Style::Of(Status::Warning), text.to_owned());
        }
    }
    if let Some(turned) = told.turned() {
        page.gap();
        put_findings(&mut page, "good now", Style::Of(Status::Good), &turned.good);
        put_findings(
            &mut page,
            "still bad",
            Style::Of(Status::Error),
            &turned.still_bad,
        );
        put_findings(
            &mut page,
            "newly bad",
            Style::Of(Status::Error),
            &turned.newly_bad,
        );
        put_findings(
            &mut page,
            "newly unknown",
            Style::Of(Status::Unknown),
            &turned.newly_unknown,
        );
    }
    page.gap();
    put_end(&mut page, told, run);
    page.finish()
}

fn put_step(page: &mut Page, number: usize, task: &Task, fate: &Fate) {
    let head = page
        .line(0)
        .plain(format!("{number:>4}  "))
        .add(style(fate), word(fate));
    page.wrap(
        head.pad_to(TEXT),
        TEXT,
        Style::Plain,
        format!("{} ({})", task.would, task.on),
    );
    if let Some(why) = why(fate) {
        let head = page.line(TEXT);
        page.wrap(head, TEXT, Style::Plain, format!("{}: {}", why.cause, why.detail));
    }
}

fn put_findings(page: &mut Page, label: &str, style: Style, findings: &[&Finding]) {
    let some = if page.look.verbose { usize::MAX } else { 10 };
    for finding in findings.iter().take(some) {
        let head = page.line(2).add(style, label).pad_to(TEXT);
        let text = format!("{} ({} [{}])", finding.message, finding.rule, finding.subject);
        page.wrap(head, TEXT, Style::Plain, text);
    }
    if findings.len() > some {
        let left = count(findings.len() - some, "finding", "findings");
        let line = page.line(2).faint(format!("and {left} more {label} (-v)"));
        page.put(&line);
    }
}

fn put_end(page: &mut Page, told: &AppliedReport<'_>, run: i64) {
    let steps = &told.ended.steps;
    let of = |is: fn(&Fate) -> bool| steps.iter().filter(|(_, fate)| is(fate)).count();
    let done = of(|fate| matches!(fate, Fate::Done | Fate::WasSo));
    let (style, verdict, next) = match told.ended.end {
        End::Done => (
            Style::Of(Status::Good),
            format!("Done: {} of {}.", done, count(steps.len(), "step", "steps")),
            format!("To take it back: standin undo {run}"),
        ),
        End::Stopped => (
            Style::Of(Status::Warning),
            format!(
                "Stopped between steps: {} of {} done.",
                done,
                count(steps.len(), "step", "steps")
            ),
            format!("To go on: standin apply --resume {run}. To take it back: standin undo {run}"),
        ),
        End::TakenBack => (
            Style::Of(Status::Warning),
            "Taken back: everything that this run changed is as it was before it.".to_owned(),
            String::new(),
        ),
        End::NeedsPerson => (
            Style::Of(Status::Error),
            format!(
                "A person has to look: {}, nor as planned.",
                count(
                    of(|fate| matches!(fate, Fate::Stuck(_))),
                    "step is not as before",
                    "steps are not as before"
                )
            ),
            format!(
                "What was there before every step: standin history show {run}. Once it is mended: standin undo {run}"
            ),
        ),
    };
    let line = page.line(0).add(style, verdict);
    page.put(&line);
    if !next.is_empty() {
        let head = page.line(0);
        page.wrap(head, 0, Style::Plain, next);
    }
}

/// What a run that changed servers came to.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(
    title = "Run of `standin apply`, `standin fix` or `standin undo`",
    deny_unknown_fields
)]
struct Answer<'a> {
    /// The layout of this document.
    #[schemars(extend("const" = LAYOUT))]
    schema: &'static str,
    standin: &'static str,
    pair: &'a str,
    /// Its number in the history; null when there was nothing to do.
    run: Option<i64>,
    /// `done`, `stopped`, `taken_back` or `needs_person`.
    end: &'static str,
    steps: Vec<Step<'a>>,
    /// How findings turned; null when nobody looked again.
    findings: Option<Findings<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Step<'a> {
    number: usize,
    fix: &'a str,
    on: &'a str,
    /// As it goes on after "would".
    would: &'a str,
    /// `not begun`, `was so`, `done`, `not done`, `taken back` or `look at it`.
    fate: &'static str,
    cause: Option<&'static str>,
    why: Option<&'a str>,
    /// It was done for a while only, and is not brought back.
    held: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Findings<'a> {
    good: Vec<About<'a>>,
    still_bad: Vec<About<'a>>,
    newly_bad: Vec<About<'a>>,
    newly_unknown: Vec<About<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct About<'a> {
    rule: &'a str,
    subject: String,
    message: &'a str,
}

/// Renders a run as JSON.
pub fn applied_json(told: &AppliedReport<'_>) -> String {
    pretty(&Answer {
        schema: LAYOUT,
        standin: env!("CARGO_PKG_VERSION"),
        pair: told.pair,
        run: told.run,
        end: told.ended.end.word(),
        steps: told
            .ended
            .steps
            .iter()
            .enumerate()
            .map(|(place, (task, fate))| step(place, task, fate, told.ended.is_held(place)))
            .collect(),
        findings: told.turned().map(|turned| Findings {
            good: about(&turned.good),
            still_bad: about(&turned.still_bad),
            newly_bad: about(&turned.newly_bad),
            newly_unknown: about(&turned.newly_unknown),
        }),
    })
}

/// The JSON schema of what [`applied_json`] writes.
pub fn applied_schema() -> String {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let mut schema = generator.into_root_schema_for::<Answer<'_>>();
    schema.insert("$id".to_owned(), "run.schema.json".into());
    pretty(&schema)
}

fn step<'a>(place: usize, task: &'a Task, fate: &'a Fate, held: bool) -> Step<'a> {
    Step {
        number: place + 1,
        fix: &task.spec.fix,
        on: &task.on,
        would: &task.would,
        fate: word(fate),
        cause: why(fate).map(|why| why.cause.word()),
        why: why(fate).map(|why| why.detail.as_ref()),
        held,
    }
}

fn about<'a>(findings: &[&'a Finding]) -> Vec<About<'a>> {
    let one = |finding: &&'a Finding| About {
        rule: &finding.rule,
        subject: finding.subject.to_string(),
        message: &finding.message,
    };
    findings.iter().map(one).collect()
}
