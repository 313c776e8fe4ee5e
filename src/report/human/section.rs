//! Findings of one section: what is bad in full, the rest as a count.

use std::sync::Arc;

use super::TEXT;
use super::block;
use super::subjects;
use crate::evaluate::{Finding, Status};
use crate::report::Report;
use crate::report::look::Style;
use crate::report::page::Page;
use crate::report::words::{count, word};

/// The findings of one section, in the order of the catalogue.
pub(super) struct Section<'r> {
    name: Arc<str>,
    findings: Vec<&'r Finding>,
}

/// The sections that have findings, in the order in which the catalogue begins them.
pub(super) fn sections<'r>(report: &Report<'r>) -> Vec<Section<'r>> {
    let mut sections: Vec<Section<'r>> = Vec::new();
    for rule in &report.catalogue.rules {
        if !sections.iter().any(|section| section.name == rule.section) {
            sections.push(Section {
                name: rule.section.clone(),
                findings: Vec::new(),
            });
        }
    }
    for finding in &report.judged.findings {
        if let Some(section) = sections
            .iter_mut()
            .find(|section| section.name == finding.section)
        {
            section.findings.push(finding);
        }
    }
    sections.retain(|section| !section.findings.is_empty());
    sections
}

/// What stands first in a heading, gravest first.
const GRAVE: [Status; 6] = [
    Status::Error,
    Status::Warning,
    Status::Unknown,
    Status::Good,
    Status::Waived,
    Status::NotApplicable,
];

impl<'r> Section<'r> {
    pub(super) fn put(&self, page: &mut Page, report: &Report<'r>) {
        let bad = self.bad_by_rule();
        let waived = self.with(Status::Waived);
        let is_long = page.look.verbose || !bad.is_empty() || !waived.is_empty();
        if is_long {
            page.gap();
        }
        self.heading(page);
        self.put_rollups(page);
        for findings in bad {
            block::of_rule(page, report, &findings);
        }
        for finding in waived {
            block::waived(page, report, finding);
        }
        if page.look.verbose {
            page.gap();
            for status in [Status::Good, Status::Unknown, Status::NotApplicable] {
                self.list(page, status);
            }
        }
        if is_long {
            page.gap();
        }
    }

    /// One line for each rule that sums up others and finds something.
    fn put_rollups(&self, page: &mut Page) {
        for finding in self.findings.iter().filter(|finding| finding.is_rollup) {
            if finding.status.is_bad() || finding.status == Status::Unknown || page.look.verbose {
                let words = format!("{} {}", page.look.sign(finding.status), word(finding.status));
                let head = page.line(2).add(Style::Of(finding.status), words).plain("  ");
                let text = format!("{} (sums up other checks)", finding.message);
                page.wrap(head.pad_to(TEXT), TEXT, Style::Plain, text);
            }
        }
    }

    fn with(&self, status: Status) -> Vec<&'r Finding> {
        let own = |finding: &&&Finding| finding.status == status && !finding.is_rollup;
        self.findings.iter().filter(own).copied().collect()
    }

    /// Errors, then warnings, those of one rule together.
    fn bad_by_rule(&self) -> Vec<Vec<&'r Finding>> {
        let mut groups: Vec<Vec<&'r Finding>> = Vec::new();
        for status in [Status::Error, Status::Warning] {
            for finding in self.with(status) {
                match groups.last_mut() {
                    Some(group) if group[0].rule == finding.rule && group[0].status == status => {
                        group.push(finding);
                    }
                    _ => groups.push(vec![finding]),
                }
            }
        }
        groups
    }

    fn heading(&self, page: &mut Page) {
        let numbers = GRAVE.map(|status| (status, self.with(status).len()));
        let present: Vec<(Status, usize)> = numbers.into_iter().filter(|(_, number)| *number > 0).collect();
        let worst = present
            .first()
            .map_or(Status::NotApplicable, |(status, _)| *status);
        let words: Vec<String> = present
            .iter()
            .map(|(status, number)| counted(*status, *number))
            .collect();
        let sign = page.look.sign(worst);
        let head = page
            .line(0)
            .add(Style::Of(worst), sign)
            .plain(" ")
            .add(Style::Strong, &self.name)
            .plain("  ");
        page.wrap(head, 2, Style::Faint, words.join(", "));
    }

    /// A line for each finding.
    fn list(&self, page: &mut Page, status: Status) {
        let (style, sign) = (Style::Of(status), page.look.sign(status));
        for finding in self.with(status) {
            let head = page
                .line(2)
                .add(style, format!("{sign} {}", word(status)))
                .plain("  ")
                .pad_to(TEXT);
            let text = format!(
                "{} {}",
                subjects::with_subject(&finding.rule, finding),
                finding.message
            );
            page.wrap(head, TEXT, Style::Plain, text);
        }
    }
}

fn counted(status: Status, number: usize) -> String {
    match status {
        Status::Error => count(number, "error", "errors"),
        Status::Warning => count(number, "warning", "warnings"),
        Status::Good | Status::Unknown | Status::NotApplicable | Status::Waived => {
            format!("{number} {}", word(status))
        }
    }
}
