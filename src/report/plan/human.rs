//! A plan for an operator: what would be done where, in which order, and what stays for people.

use std::collections::BTreeMap;

use super::left::{KINDS, becomes, fix, kind, reason};
use super::{PlanReport, Tally};
use crate::catalogue::{Phase, Safety};
use crate::evaluate::{Finding, Status};
use crate::plan::{Doing, Joint, Left, Plan, Role, Step, TakenBack};
use crate::report::Origin;
use crate::report::human::header;
use crate::report::look::{Look, Style};
use crate::report::page::Page;
use crate::report::steps;
use crate::report::words::count;

/// Where labels of a step begin, and its texts.
const LABEL: usize = 4;
const TEXT: usize = 13;
/// How many findings are named before the rest is a number.
const FEW: usize = 6;

/// Renders a plan for an operator.
pub fn plan_text(told: &PlanReport<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    header::put(&mut page, &told.report);
    put_selection(&mut page, told);
    let before = before(told.plan);
    for phase in Phase::ALL {
        put_phase(&mut page, told, phase, &before);
    }
    put_left(&mut page, told);
    put_unknown(&mut page, told);
    put_restarts(&mut page, told);
    put_verdict(&mut page, told);
    page.finish()
}

fn put_selection(page: &mut Page, told: &PlanReport<'_>) {
    for (label, words) in [("only", &told.selection.only), ("without", &told.selection.skip)] {
        if !words.is_empty() {
            let head = page.line(0).add(Style::Strong, format!("{label} "));
            page.wrap(head, 2, Style::Plain, words.join(", "));
        }
    }
}

const fn heading(phase: Phase) -> &'static str {
    match phase {
        Phase::BeforeProtection => "Before protection is enabled",
        Phase::AtFailover => "At a failover, not before",
    }
}

/// Of each step the joints that it comes after.
fn before(plan: &Plan) -> Vec<Vec<&Joint>> {
    let mut before = vec![Vec::new(); plan.steps.len()];
    for joint in &plan.joints {
        for step in &joint.after {
            before[*step].push(joint);
        }
    }
    before
}

fn put_phase(page: &mut Page, told: &PlanReport<'_>, phase: Phase, before: &[Vec<&Joint>]) {
    let all = told.plan.steps.iter().enumerate();
    let steps: Vec<(usize, &Step)> = all.filter(|(_, step)| step.phase == phase).collect();
    let Some((_, first)) = steps.first() else { return };
    let first = first.wave;
    let waves = steps
        .iter()
        .map(|(_, step)| step.wave - first + 1)
        .max()
        .unwrap_or(0);
    page.gap();
    let told_waves = match waves {
        1 => "all side by side".to_owned(),
        waves => format!("in {waves} rounds"),
    };
    let line = page
        .line(0)
        .add(Style::Strong, heading(phase))
        .plain(format!(": {}, {told_waves}", count(steps.len(), "step", "steps")));
    page.put(&line);
    let mut wave = None;
    for (place, step) in steps {
        page.gap();
        if waves > 1 && wave != Some(step.wave) {
            wave = Some(step.wave);
            let line = page.line(2).faint(format!("round {}", step.wave - first + 1));
            page.put(&line);
        }
        put_step(page, told, place, step, &before[place]);
    }
}

fn put_step(page: &mut Page, told: &PlanReport<'_>, place: usize, step: &Step, before: &[&Joint]) {
    let head = page
        .line(2)
        .plain(format!("{}.", place + 1))
        .pad_to(LABEL + 2)
        .plain(if step.takes_back() {
            "would take back: "
        } else {
            "would "
        });
    page.wrap(head, LABEL + 2, Style::Strong, &step.would);
    labelled(page, "care", &care(step));
    for change in &step.changes {
        let (old, new) = (change.old.as_ref().ok(), change.place.value.as_ref());
        // A fix that sets two things may find one of them right.
        if old.is_some() && old == new {
            continue;
        }
        let (mut old, mut new) = becomes(old, new);
        if step.takes_back() {
            std::mem::swap(&mut old, &mut new);
        }
        let arrow = page.look.arrow();
        labelled(
            page,
            "changes",
            &format!("{}: {old} {arrow} {new}", change.place.site.trail),
        );
    }
    for restart in &step.restart {
        labelled(page, "counts", &format!("once restarted: {restart}"));
    }
    for text in steps::order(place, before) {
        labelled(page, "after", &text);
    }
    if page.look.verbose && !step.takes_back() {
        for doing in &step.actions {
            put_doing(page, doing);
        }
    }
    labelled(page, "mends", &mends(told, step));
}

fn care(step: &Step) -> String {
    let back = match &step.back {
        TakenBack::Yes => "can be taken back".to_owned(),
        TakenBack::WhileItRuns => {
            "can be taken back only while it runs: what it writes over is a secret, and kept nowhere"
                .to_owned()
        }
        TakenBack::No(reason) => format!("cannot be taken back: {reason}"),
    };
    let asked = match step.safety {
        Safety::Safe => "safe",
        Safety::Confirm => "to be confirmed",
        Safety::Destructive => "destructive, to be confirmed by name",
        Safety::Guided => "guided",
    };
    match step.role {
        Role::Asked => format!("{asked}; {back}"),
        Role::Helper => format!("{asked}; for a while only, and taken back"),
        Role::TakesBack(helper) => format!("takes back step {}", helper + 1),
    }
}

fn put_doing(page: &mut Page, doing: &Doing) {
    let (what, details) = steps::doing(doing);
    labelled(page, "does", &what);
    for detail in details {
        let head = page.line(TEXT).plain(page.look.bullet()).plain(" ");
        page.wrap(head, TEXT + 2, Style::Plain, detail);
    }
}

/// The findings that a step mends.
fn mends(told: &PlanReport<'_>, step: &Step) -> String {
    if step.findings.is_empty() {
        return format!("nothing by itself; {} is a helper", step.fix);
    }
    let findings = step
        .findings
        .iter()
        .map(|place| &told.report.judged.findings[*place]);
    format!("{}, by {}", names(findings, FEW), step.fix)
}

/// The rules of findings, each once.
fn names<'f>(findings: impl Iterator<Item = &'f Finding>, few: usize) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for finding in findings {
        match counts.iter_mut().find(|(rule, _)| *rule == finding.rule.as_ref()) {
            Some((_, count)) => *count += 1,
            None => counts.push((&finding.rule, 1)),
        }
    }
    let told = counts.iter().take(few).map(|(rule, count)| match count {
        1 => (*rule).to_owned(),
        count => format!("{rule} ({count})"),
    });
    let told: Vec<String> = told.collect();
    match counts.len().saturating_sub(few) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

fn labelled(page: &mut Page, label: &str, text: &str) {
    let head = page.line(LABEL + 2).faint(label).pad_to(TEXT + 2);
    page.wrap(head, TEXT + 2, Style::Plain, text);
}

fn put_left(page: &mut Page, told: &PlanReport<'_>) {
    let left = &told.plan.left;
    if left.is_empty() {
        return;
    }
    page.gap();
    let line = page
        .line(0)
        .add(Style::Strong, "Stays for people")
        .plain(format!(": {}", count(left.len(), "finding", "findings")));
    page.put(&line);
    for (word, title) in KINDS {
        let of_kind: Vec<&Left> = left.iter().filter(|left| kind(&left.because) == word).collect();
        if of_kind.is_empty() {
            continue;
        }
        page.gap();
        let line = page.line(2).plain(format!("{title} ({})", of_kind.len()));
        page.put(&line);
        put_reasons(page, told, &of_kind);
    }
}

/// Findings with the same fix and the same reason as one.
fn put_reasons(page: &mut Page, told: &PlanReport<'_>, left: &[&Left]) {
    type Groups<'l> = BTreeMap<(Option<&'l str>, Option<String>), Vec<&'l Finding>>;
    let mut groups: Groups<'_> = BTreeMap::new();
    for one in left {
        let key = (fix(&one.because), reason(&one.because));
        groups
            .entry(key)
            .or_default()
            .push(&told.report.judged.findings[one.finding]);
    }
    for ((fix, reason), findings) in groups {
        let few = if page.look.verbose { usize::MAX } else { FEW };
        let names = names(findings.into_iter(), few);
        let with = fix.map_or(String::new(), |fix| format!("; {fix}"));
        let why = reason.map_or(String::new(), |reason| format!(": {reason}"));
        let head = page.line(LABEL).plain(page.look.bullet()).plain(" ");
        page.wrap(head, LABEL + 2, Style::Plain, format!("{names}{with}{why}"));
    }
}

fn put_unknown(page: &mut Page, told: &PlanReport<'_>) {
    let summary = told.report.summary;
    if summary.unknown == 0 {
        return;
    }
    page.gap();
    let line = page.line(0).add(Style::Strong, "Not known").plain(format!(
        ": {} (standin check tells them); a plan for what they hide cannot be made",
        count(summary.unknown, "cause", "causes")
    ));
    page.put(&line);
}

/// Every restart once, with its steps.
fn put_restarts(page: &mut Page, told: &PlanReport<'_>) {
    let mut restarts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (place, step) in told.plan.steps.iter().enumerate() {
        for restart in &step.restart {
            restarts.entry(restart).or_default().push((place + 1).to_string());
        }
    }
    if restarts.is_empty() {
        return;
    }
    page.gap();
    let line = page
        .line(0)
        .add(Style::Strong, "To be restarted, once, by a person");
    page.put(&line);
    for (what, steps) in restarts {
        let head = page.line(2).plain(page.look.bullet()).plain(" ");
        let plural = if steps.len() == 1 { "step" } else { "steps" };
        page.wrap(
            head,
            4,
            Style::Plain,
            format!("{what}, for {plural} {}", steps.join(", ")),
        );
    }
}

fn put_verdict(page: &mut Page, told: &PlanReport<'_>) {
    page.gap();
    let tally = told.tally();
    let (style, verdict) = verdict(&tally, told.plan.steps.len());
    let mut line = page
        .line(0)
        .add(Style::Strong, "Would this be enough? ")
        .add(style, verdict)
        .plain(format!(": {}", counts(told, &tally)));
    if told.report.origin == Origin::Recorded {
        line = line
            .plain("; ")
            .add(Style::Strong, header::recorded(&told.report));
    }
    page.put(&line.plain(". Nothing was changed."));
}

fn verdict(tally: &Tally, steps: usize) -> (Style, &'static str) {
    match tally {
        Tally { errors_left: 1.., .. } => (Style::Of(Status::Error), "No"),
        Tally { unknown: 1.., .. } => (Style::Of(Status::Unknown), "Not known"),
        Tally {
            warnings_left: 1.., ..
        } => (Style::Of(Status::Warning), "Almost, warnings stay"),
        _ if steps == 0 => (Style::Of(Status::Good), "There is nothing to do"),
        _ => (Style::Of(Status::Good), "Yes, as far as these checks go"),
    }
}

fn counts(told: &PlanReport<'_>, tally: &Tally) -> String {
    let steps = told.plan.steps.iter();
    let of = |safety: Safety| steps.clone().filter(|step| step.safety == safety).count();
    let mut parts = Vec::new();
    let mut kinds = Vec::new();
    for (number, word) in [
        (of(Safety::Safe), "safe"),
        (of(Safety::Confirm), "to confirm"),
        (of(Safety::Destructive), "destructive"),
    ] {
        if number > 0 {
            kinds.push(format!("{number} {word}"));
        }
    }
    if told.plan.steps.is_empty() {
        parts.push("no steps".to_owned());
    } else {
        let steps = count(told.plan.steps.len(), "step", "steps");
        let mended = count(tally.mended, "finding", "findings");
        parts.push(format!("{steps} ({}) would mend {mended}", kinds.join(", ")));
    }
    for (number, one, many) in [
        (tally.errors_left, "error stays", "errors stay"),
        (tally.warnings_left, "warning stays", "warnings stay"),
        (tally.unknown, "cause of unknowns", "causes of unknowns"),
    ] {
        if number > 0 {
            parts.push(count(number, one, many));
        }
    }
    parts.join(", ")
}
