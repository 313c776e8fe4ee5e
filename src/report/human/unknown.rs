//! What is not known, by what keeps it so.

use super::block::{rules_of, waiting_for};
use super::{TEXT, labelled};
use crate::evaluate::{Finding, Status, UnknownGroup};
use crate::report::Report;
use crate::report::look::Style;
use crate::report::page::Page;
use crate::report::words::count;

pub(super) fn put(page: &mut Page, report: &Report<'_>) {
    let summary = report.summary;
    if summary.unknown == 0 {
        return;
    }
    page.gap();
    let style = Style::Of(Status::Unknown);
    let groups: Vec<Vec<&Finding>> = summary
        .groups
        .iter()
        .map(|group| members(report, group))
        .collect();
    let waiting = summary
        .silent
        .iter()
        .filter_map(|root| summary.blocked.get(root))
        .map(Vec::len);
    let kept = groups.iter().map(Vec::len).chain(waiting).sum();
    let causes = match summary.unknown {
        1 => "one cause keeps".to_owned(),
        causes => format!("{causes} causes keep"),
    };
    let line = page
        .line(0)
        .add(style, page.look.sign(Status::Unknown))
        .plain(" ")
        .add(Style::Strong, "Not known");
    let line = line.faint(format!(
        "  {causes} {} from an answer",
        count(kept, "check", "checks")
    ));
    page.put(&line);
    for (group, members) in summary.groups.iter().zip(groups) {
        page.gap();
        headline(
            page,
            &format!("{} ({})", group.absence.detail, group.absence.cause),
        );
        if !group.absence.detail.contains(group.absence.root.as_ref()) {
            labelled(page, "at", &group.absence.root);
        }
        labelled(page, "try", group.absence.cause.hint());
        keeps(page, report, &members);
    }
    for root in &summary.silent {
        silent(page, report, root);
    }
}

/// The findings of a group, and those that wait for them.
fn members<'r>(report: &Report<'r>, group: &UnknownGroup) -> Vec<&'r Finding> {
    let findings = &report.judged.findings;
    let own: Vec<&Finding> = group.members.iter().map(|at| &findings[*at]).collect();
    let waiting = own
        .iter()
        .flat_map(|root| waiting_for(report, &root.rule, &root.subject));
    let waiting: Vec<&Finding> = waiting.collect();
    own.into_iter().chain(waiting).collect()
}

/// What waits for a finding that is waived, or was not asked for.
fn silent(page: &mut Page, report: &Report<'_>, root: &(std::sync::Arc<str>, crate::evaluate::Subject)) {
    let blocked: Vec<&Finding> = waiting_for(report, &root.0, &root.1).collect();
    let status = blocked
        .first()
        .and_then(|finding| finding.because.as_ref())
        .map(|because| because.status);
    let text = match status {
        Some(Status::Waived) => format!("because of {} [{}] (waived)", root.0, root.1),
        Some(status) => format!(
            "because of {} [{}] ({status}), which was not asked for",
            root.0, root.1
        ),
        None => return,
    };
    page.gap();
    headline(page, &text);
    keeps(page, report, &blocked);
}

fn headline(page: &mut Page, text: &str) {
    let words = format!("{} unknown", page.look.sign(Status::Unknown));
    let head = page.line(2).add(Style::Of(Status::Unknown), words).pad_to(TEXT);
    page.wrap(head, TEXT, Style::Strong, text);
}

fn keeps(page: &mut Page, report: &Report<'_>, findings: &[&Finding]) {
    let text = format!(
        "{} unknown: {}",
        count(findings.len(), "check", "checks"),
        rules_of(report, findings, page.look.verbose)
    );
    labelled(page, "keeps", &text);
}
