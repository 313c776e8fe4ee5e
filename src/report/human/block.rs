//! What is wrong, told in full: what is so, what it rests on, why it matters, what to do.

use std::sync::Arc;

use super::subjects::{self, some};
use super::values::Values;
use super::{SUBJECTS, TEXT, labelled};
use crate::catalogue::Reach;
use crate::evaluate::{Finding, Fixable, Subject, WaivedBy};
use crate::report::look::Style;
use crate::report::page::Page;
use crate::report::times::ago;
use crate::report::words::{count, word};
use crate::report::{Origin, Report};

/// The findings of one rule with one status.
pub(super) fn of_rule(page: &mut Page, report: &Report<'_>, findings: &[&Finding]) {
    page.gap();
    match findings {
        [one] => single(page, report, one),
        many if page.look.verbose => {
            for finding in many {
                page.gap();
                single(page, report, finding);
            }
        }
        many => folded(page, report, many),
    }
}

/// One finding.
pub(super) fn single(page: &mut Page, report: &Report<'_>, finding: &Finding) {
    headline(page, finding, &finding.message);
    if page.look.verbose || !names_subject(finding) {
        labelled(page, "about", &subjects::name(report, &finding.subject));
    }
    Values::of(page, report, finding).put(page, report, Some("found"));
    if let Some(waived) = &finding.waived {
        labelled(page, "waiver", &waiver(waived));
    }
    if let Some(why) = &finding.absence {
        labelled(page, "try", why.cause.hint());
    } else {
        told(page, "why", &finding.why);
        told(page, "do", &finding.remedy);
    }
    last_lines(page, report, &[finding]);
}

/// A finding that somebody answers for.
pub(super) fn waived(page: &mut Page, report: &Report<'_>, finding: &Finding) {
    page.gap();
    if page.look.verbose {
        return single(page, report, finding);
    }
    headline(page, finding, &finding.message);
    if !names_subject(finding) {
        labelled(page, "about", &subjects::name(report, &finding.subject));
    }
    if let Some(waived) = &finding.waived {
        labelled(page, "waiver", &waiver(waived));
    }
    waits(page, report, &[finding]);
}

/// Whether the message says which record it is about.
fn names_subject(finding: &Finding) -> bool {
    let last = finding.subject.key.parts().last();
    last.is_none_or(|name| finding.message.to_lowercase().contains(&name.to_lowercase()))
}

fn waiver(waived: &WaivedBy) -> String {
    format!(
        "{} accepted by {} until {}: {}",
        waived.from, waived.owner, waived.until, waived.reason
    )
}

/// Findings that differ in their subjects, as one.
fn folded(page: &mut Page, report: &Report<'_>, findings: &[&Finding]) {
    let first = findings[0];
    let is_same = |of: fn(&Finding) -> &str| findings.iter().all(|finding| of(finding) == of(first));
    let names = Names::of(report, findings);
    let shown = &findings[..findings.len().min(SUBJECTS)];
    let rest = findings.len() - shown.len();
    if is_same(|finding| &finding.message) {
        headline(page, first, &first.message);
        let names: Vec<String> = findings.iter().map(|finding| names.name(finding)).collect();
        labelled(page, "about", &some(&names, false));
    } else {
        let title = report
            .catalogue
            .rule(&first.rule)
            .map_or(first.message.as_str(), |rule| &rule.title);
        headline(
            page,
            first,
            &format!("{title} ({})", count(findings.len(), "finding", "findings")),
        );
        let values: Vec<(String, Values)> = shown
            .iter()
            .map(|finding| (names.name(finding), Values::of(page, report, finding)))
            .collect();
        if values.iter().all(|(_, values)| values.has_pairs()) {
            Values::together(page, values).put(page, report, Some("found"));
        } else {
            for finding in shown {
                let head = page.line(TEXT).plain(page.look.bullet()).plain(" ");
                page.wrap(head, TEXT + 2, Style::Plain, &finding.message);
            }
        }
        if rest > 0 {
            let line = page.line(TEXT).plain(format!("and {rest} more (-v)"));
            page.put(&line);
        }
    }
    for (label, of) in [
        ("why", (|f| &*f.why) as fn(&Finding) -> &str),
        ("do", |f| &f.remedy),
    ] {
        told(page, label, of(first));
        if !is_same(of) {
            let line = page
                .line(TEXT)
                .faint(format!("(this is for {}; -v tells all)", names.name(first)));
            page.put(&line);
        }
    }
    last_lines(page, report, findings);
}

/// The subjects of one rule, by server only where there is more than one.
struct Names<'r> {
    report: &'r Report<'r>,
    by_server: bool,
}

impl<'r> Names<'r> {
    fn of(report: &'r Report<'r>, findings: &[&Finding]) -> Self {
        let root = findings[0].subject.root;
        let by_server = findings
            .iter()
            .any(|finding| finding.subject.root != root || finding.subject.key.parts().is_empty());
        Self { report, by_server }
    }

    fn name(&self, finding: &Finding) -> String {
        if self.by_server {
            subjects::name(self.report, &finding.subject)
        } else {
            finding.subject.key.to_string()
        }
    }
}

fn headline(page: &mut Page, finding: &Finding, text: &str) {
    let style = Style::Of(finding.status);
    let words = format!("{} {}", page.look.sign(finding.status), word(finding.status));
    let head = page.line(2).add(style, words).pad_to(TEXT);
    page.wrap(head, TEXT, Style::Strong, text);
}

fn told(page: &mut Page, label: &str, text: &str) {
    if !text.is_empty() {
        labelled(page, label, text);
    }
}

fn last_lines(page: &mut Page, report: &Report<'_>, findings: &[&Finding]) {
    if findings.iter().any(|finding| finding.status.is_bad()) {
        labelled(page, "fix", &fix(report, findings));
    }
    if let Some(age) = age(report, findings) {
        labelled(page, "read", &age);
    }
    waits(page, report, findings);
    let mut rows: Vec<&str> = findings
        .iter()
        .flat_map(|finding| &finding.guide)
        .map(AsRef::as_ref)
        .collect();
    rows.sort_unstable();
    rows.dedup();
    let rows = match rows.join(", ") {
        none if none.is_empty() => none,
        rows => format!(" ({rows})"),
    };
    labelled(page, "rule", &format!("{}{rows}", findings[0].rule));
}

/// What mends them.
fn fix(report: &Report<'_>, findings: &[&Finding]) -> String {
    let all = findings.len();
    let mut told: Vec<String> = Vec::new();
    for finding in findings {
        let Some(offered) = &finding.fix else { continue };
        let same = findings
            .iter()
            .filter(|f| f.fix.as_ref().is_some_and(|other| other.fix == offered.fix));
        let number = same.count();
        let of = if number == all {
            String::new()
        } else {
            format!(" {number} of these")
        };
        let text = if finding.fixable() == Fixable::Guided {
            format!("guided: {} tells a person what to do{of}", offered.fix)
        } else {
            let fix = report.catalogue.fixes.get(&offered.fix);
            let is_declared = fix.is_none_or(|fix| fix.reach() == Reach::Declared);
            let how = if is_declared {
                "not yet appliable"
            } else {
                "standin plan shows how"
            };
            format!("can be fixed by {}{of} ({how})", offered.fix)
        };
        if !told.contains(&text) {
            told.push(text);
        }
    }
    if told.is_empty() {
        "by hand".to_owned()
    } else {
        told.join("; ")
    }
}

/// When the oldest of what they rest on was read, when that is worth a word.
fn age(report: &Report<'_>, findings: &[&Finding]) -> Option<String> {
    let facts = &report.snapshot.facts;
    let read = findings.iter().flat_map(|finding| &finding.evidence);
    let oldest = read
        .filter_map(|seen| facts.observation(&seen.place.fact))
        .map(|o| o.provenance.at)
        .min()?;
    // The age of a recording as a whole stands in the first line.
    let fresh = match report.origin {
        Origin::Live => report.now,
        Origin::Recorded => report.snapshot.taken_at,
    };
    (fresh.duration_since(oldest).as_secs() > 60).then(|| ago(report.now, oldest))
}

/// How many checks wait for these findings.
fn waits(page: &mut Page, report: &Report<'_>, findings: &[&Finding]) {
    let blocked: Vec<&Finding> = findings
        .iter()
        .flat_map(|finding| waiting_for(report, &finding.rule, &finding.subject))
        .collect();
    if blocked.is_empty() {
        return;
    }
    let waiting = count(blocked.len(), "check", "checks");
    let text = format!("{waiting}: {}", rules_of(report, &blocked, page.look.verbose));
    labelled(page, "holds up", &text);
}

/// How many rules are named before the rest is a number.
const FEW: usize = 4;

/// The findings that are silent because of this one.
pub(super) fn waiting_for<'r>(
    report: &Report<'r>,
    rule: &Arc<str>,
    subject: &Subject,
) -> impl Iterator<Item = &'r Finding> + use<'r> {
    let places = report.summary.blocked.get(&(rule.clone(), subject.clone()));
    let findings = &report.judged.findings;
    places.into_iter().flatten().map(|place| &findings[*place])
}

/// The rules of these findings; with their subjects when all is wanted.
pub(super) fn rules_of(report: &Report<'_>, findings: &[&Finding], verbose: bool) -> String {
    let mut names: Vec<String> = Vec::new();
    for finding in findings {
        let subject: &Subject = &finding.subject;
        let name = if verbose && !(subject.key.parts().is_empty() && subject.root.side().is_none()) {
            format!("{} [{}]", finding.rule, subjects::name(report, subject))
        } else {
            finding.rule.to_string()
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if verbose || names.len() <= FEW {
        return names.join(", ");
    }
    format!("{} and {} more (-v)", names[..FEW].join(", "), names.len() - FEW)
}
