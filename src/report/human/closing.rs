//! The last line: would it work, and what that rests on.

use super::header::recorded;
use crate::evaluate::{Status, Summary};
use crate::report::look::{Look, Style};
use crate::report::page::Page;
use crate::report::words::count;
use crate::report::{Origin, Report};

pub(super) fn put(page: &mut Page, report: &Report<'_>) {
    page.gap();
    let (style, verdict) = verdict(report.summary);
    let mut line = page
        .line(0)
        .add(Style::Strong, "Would a failover work? ")
        .add(style, verdict)
        .plain(format!(": {}", counts(report.summary)));
    if report.origin == Origin::Recorded {
        line = line.plain("; ").add(Style::Strong, recorded(report));
    }
    page.put(&line.plain("."));
}

/// The answer in a line, beside those of other pairs.
pub fn in_a_line(report: &Report<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    let (style, verdict) = verdict(report.summary);
    let line = page
        .line(0)
        .add(Style::Strong, &report.pair.name.value)
        .plain("  ")
        .add(style, verdict)
        .plain(format!(": {}.", counts(report.summary)));
    page.put(&line);
    page.finish()
}

/// That there is no answer about a pair, beside those of others.
pub fn not_checked(pair: &str, look: Look) -> String {
    let mut page = Page::new(look);
    let line = page.line(0).add(Style::Strong, pair).plain("  ");
    let line = line.add(Style::Of(Status::Unknown), "Not checked").plain(".");
    page.put(&line);
    page.finish()
}

/// What the counts say, and in which colour.
fn verdict(summary: &Summary) -> (Style, &'static str) {
    let answered = summary.good + summary.warnings + summary.waived;
    if summary.errors > 0 {
        (Style::Of(Status::Error), "No")
    } else if summary.unknown > 0 {
        (Style::Of(Status::Unknown), "Not known")
    } else if answered == 0 {
        (
            Style::Of(Status::Unknown),
            "Not known, nothing was there to check",
        )
    } else {
        (Style::Of(Status::Good), "Yes, as far as these checks go")
    }
}

fn counts(summary: &Summary) -> String {
    let mut parts = Vec::new();
    let mut add = |number: usize, one: &str, many: &str| {
        if number > 0 {
            parts.push(count(number, one, many));
        }
    };
    add(summary.errors, "error", "errors");
    add(summary.warnings, "warning", "warnings");
    add(summary.unknown, "cause of unknowns", "causes of unknowns");
    add(summary.good, "good", "good");
    add(summary.waived, "waived", "waived");
    add(summary.not_applicable, "not applicable", "not applicable");
    let mends = [(summary.fixable, "fixable"), (summary.guided, "guided")];
    let mends: Vec<String> = mends
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, how)| format!("{number} {how}"))
        .collect();
    let bad = usize::from(summary.errors > 0) + usize::from(summary.warnings > 0);
    if !mends.is_empty() {
        // Beside the errors and warnings that they mend.
        let last = &mut parts[bad - 1];
        *last = format!("{last} ({})", mends.join(", "));
    }
    parts.join(", ")
}
