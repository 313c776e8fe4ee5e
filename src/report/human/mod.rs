//! The answer for an operator at three in the morning: what is wrong, with what it rests on and what to do.
//!
//! What is good, or does not apply, folds to counts; what is not known folds to its causes; what waits for another
//! finding folds under that one. Everything is there with `verbose`.

mod block;
mod closing;
pub(super) mod header;
mod section;
mod subjects;
mod unknown;
mod values;

pub use closing::{in_a_line, not_checked};

use super::look::{Look, Style};
use super::page::Page;
use super::{Report, notes};

/// Where the text of a finding begins; signs, words and labels stand before it.
const TEXT: usize = 13;
/// Where labels begin.
const LABEL: usize = 4;
/// How many subjects are told before the rest is a number.
const SUBJECTS: usize = 10;

/// Renders the answer for an operator.
pub fn human(report: &Report<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    header::put(&mut page, report);
    page.gap();
    for section in section::sections(report) {
        section.put(&mut page, report);
    }
    unknown::put(&mut page, report);
    put_notes(&mut page, report);
    closing::put(&mut page, report);
    page.finish()
}

/// Renders everything about the findings of one rule.
pub fn rule_findings(report: &Report<'_>, rule: &str, look: Look) -> String {
    let mut page = Page::new(Look {
        verbose: true,
        ..look
    });
    for finding in report.judged.findings.iter().filter(|f| f.rule.as_ref() == rule) {
        page.gap();
        block::single(&mut page, report, finding);
    }
    page.finish()
}

fn put_notes(page: &mut Page, report: &Report<'_>) {
    let notes = notes::all(report);
    if notes.is_empty() {
        return;
    }
    page.gap();
    let line = page.line(0).add(Style::Strong, "Notes");
    page.put(&line);
    for note in notes {
        let head = page.line(2).plain(page.look.bullet()).plain(" ");
        page.wrap(head, 4, Style::Plain, note);
    }
}

/// Writes a label and its text.
fn labelled(page: &mut Page, label: &str, text: &str) {
    let head = page.line(LABEL).faint(label).pad_to(TEXT);
    page.wrap(head, TEXT, Style::Plain, text);
}
