//! A runbook for an operator at a screen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{RunbookReport, by, sentence, why_apart};
use crate::evaluate::Status;
use crate::plan::{Apart, Doing, Joint, PairStep, TakenBack};
use crate::report::human::header;
use crate::report::look::{Look, Style};
use crate::report::page::Page;
use crate::report::steps;
use crate::report::words::count;

/// Where labels of a step begin, and its texts.
const LABEL: usize = 6;
const TEXT: usize = 16;

/// Renders a runbook for an operator.
pub fn runbook_text(told: &RunbookReport<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    header::put(&mut page, &told.report);
    put_head(&mut page, told);
    let before = before(told);
    for (place, step) in told.runbook.steps.iter().enumerate() {
        page.gap();
        put_step(&mut page, place, step, &before[place]);
    }
    put_apart(&mut page, told);
    put_closing(&mut page, told);
    page.finish()
}

fn put_head(page: &mut Page, told: &RunbookReport<'_>) {
    let runbook = told.runbook.runbook;
    page.gap();
    let line = page
        .line(0)
        .add(Style::Strong, &runbook.title)
        .plain(format!(" (runbook {})", runbook.name));
    page.put(&line);
    let head = page.line(0);
    page.wrap(head, 0, Style::Plain, &runbook.about);
    if let Some(script) = &runbook.script {
        let text = format!("standin scripts writes it as {}, for {}", script.name, script.on);
        let head = page.line(0);
        page.wrap(head, 0, Style::Faint, text);
    }
}

/// Of each step the joints that it comes after.
fn before<'r>(told: &RunbookReport<'r>) -> Vec<Vec<&'r Joint>> {
    let mut before = vec![Vec::new(); told.runbook.steps.len()];
    for joint in &told.runbook.joints {
        for step in &joint.after {
            before[*step].push(joint);
        }
    }
    before
}

fn put_step(page: &mut Page, place: usize, step: &PairStep<'_>, before: &[&Joint]) {
    let head = page.line(0).plain(format!("{:>3}. ", place + 1));
    page.wrap(head, 5, Style::Strong, sentence(&step.step.would));
    let on = if step.of.is_by_hand() {
        String::new()
    } else {
        format!(", on {}", step.step.on)
    };
    labelled(page, "who", Style::Plain, &format!("{}{on}", by(step)));
    for check in &step.check {
        labelled(page, "check", Style::Plain, check);
    }
    labelled(page, "then", Style::Plain, &step.expect);
    if step.of.fence {
        let fence = "unless this works, or the server is silent, nothing goes on";
        labelled(page, "fence", Style::Of(Status::Warning), fence);
    }
    if let Some(reason) = &step.no_return {
        labelled(page, "no return", Style::Of(Status::Error), reason);
    }
    if !step.of.is_by_hand() {
        labelled(page, "way back", Style::Plain, &way_back(&step.step.back));
    }
    if let Some(reason) = &step.of.outside {
        labelled(page, "no script", Style::Faint, reason);
    }
    for text in steps::order(place, before) {
        labelled(page, "after", Style::Faint, &text);
    }
    if page.look.verbose {
        labelled(page, "why", Style::Plain, &step.of.doing.about);
        for doing in &step.step.actions {
            put_doing(page, doing);
        }
        labelled(page, "step", Style::Faint, step.of.id());
    }
}

pub(super) fn way_back(back: &TakenBack) -> String {
    match back {
        TakenBack::Yes => "it can be taken back".to_owned(),
        TakenBack::WhileItRuns => "it can be taken back only while it runs".to_owned(),
        TakenBack::No(reason) => format!("none: {reason}"),
    }
}

fn put_doing(page: &mut Page, doing: &Doing) {
    let (what, details) = steps::doing(doing);
    labelled(page, "does", Style::Plain, &what);
    for detail in details {
        let head = page.line(TEXT).plain(page.look.bullet()).plain(" ");
        page.wrap(head, TEXT + 2, Style::Plain, detail);
    }
}

fn labelled(page: &mut Page, label: &str, style: Style, text: &str) {
    let head = page.line(LABEL).faint(label).pad_to(TEXT);
    page.wrap(head, TEXT, style, text);
}

/// Steps with the same reason as one.
fn put_apart(page: &mut Page, told: &RunbookReport<'_>) {
    for (is_known, title) in [
        (false, "Not known, so that something is missing above"),
        (true, "Does not apply to this pair"),
    ] {
        let apart: Vec<&Apart<'_>> = told
            .runbook
            .apart
            .iter()
            .filter(|apart| apart.is_known() == is_known)
            .collect();
        if apart.is_empty() {
            continue;
        }
        let mut by_reason: BTreeMap<(String, String), usize> = BTreeMap::new();
        for apart in &apart {
            *by_reason
                .entry((apart.of.id().to_string(), why_apart(&apart.because)))
                .or_default() += 1;
        }
        page.gap();
        let style = if is_known {
            Style::Strong
        } else {
            Style::Of(Status::Unknown)
        };
        let line = page.line(0).add(style, title);
        page.put(&line);
        for ((step, reason), times) in by_reason {
            let times = if times > 1 {
                format!(" ({times} times)")
            } else {
                String::new()
            };
            let head = page.line(2).plain(page.look.bullet()).plain(" ");
            page.wrap(head, 4, Style::Plain, format!("{step}{times}: {reason}"));
        }
    }
}

fn put_closing(page: &mut Page, told: &RunbookReport<'_>) {
    let steps = &told.runbook.steps;
    let by_hand = steps.iter().filter(|step| step.of.is_by_hand()).count();
    let returns = steps.iter().position(|step| step.no_return.is_some());
    page.gap();
    let mut text = format!(
        "{}, {by_hand} of them by people",
        count(steps.len(), "step", "steps")
    );
    if let Some(place) = returns {
        let _ = write!(text, "; no way back from step {} on", place + 1);
    }
    match told.runbook.unknown() {
        0 => {}
        unknown => {
            let _ = write!(text, "; {} not known", count(unknown, "step is", "steps are"));
        }
    }
    let head = page.line(0);
    page.wrap(head, 0, Style::Strong, format!("{text}. Nothing was changed."));
}
