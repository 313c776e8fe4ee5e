//! What is otherwise than it was at the last check.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Report;
use super::look::{Look, Style};
use super::page::Page;
use super::shown::clip_both;
use super::times::{ago, day_and_time};
use super::words::{count, word};
use crate::evaluate::{Finding, Judged, Status, Subject};
use crate::facts::{Absence, FactMap, FactPath, FactValue, Lookup, Snapshot};

/// An earlier answer about the same pair.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    pub judged: &'a Judged,
    pub snapshot: &'a Snapshot,
}

/// How many lines of a kind are told.
const SOME: usize = 10;
/// Where the texts begin.
const TEXT: usize = 13;

/// Lines that tell what has changed since the last check; says so when nothing has.
pub fn changes(before: &Before<'_>, now: &Report<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    let then = before.snapshot.taken_at;
    let since = format!(
        "since the last check, {} ({})",
        day_and_time(then),
        ago(now.now, then)
    );
    let findings = turned(before.judged, now.judged);
    let facts = changed(before, now);
    if findings.is_empty() && facts.is_empty() {
        let line = page.line(0).plain(format!("Nothing has changed {since}."));
        page.put(&line);
        return page.finish();
    }
    let line = page
        .line(0)
        .add(Style::Strong, format!("What has changed {since}:"));
    page.put(&line);
    let some = if look.verbose { usize::MAX } else { SOME };
    for turned in findings.iter().take(some) {
        put_turned(&mut page, turned);
    }
    more(
        &mut page,
        findings.len().saturating_sub(some),
        "finding",
        "findings",
    );
    for fact in facts.iter().take(some) {
        put_changed(&mut page, fact);
    }
    more(&mut page, facts.len().saturating_sub(some), "value", "values");
    page.finish()
}

fn more(page: &mut Page, left: usize, one: &str, many: &str) {
    if left > 0 {
        let line = page
            .line(2)
            .faint(format!("and {} more (-v)", count(left, one, many)));
        page.put(&line);
    }
}

/// A finding whose status is another one now.
struct Turned<'a> {
    finding: &'a Finding,
    /// `None`: there was no such finding.
    from: Option<Status>,
    /// `None`: there is no such finding any more.
    to: Option<Status>,
}

/// The findings that turned, what became worse first.
fn turned<'a>(before: &'a Judged, now: &'a Judged) -> Vec<Turned<'a>> {
    let by_subject = |judged: &'a Judged| -> BTreeMap<(&'a Arc<str>, &'a Subject), &'a Finding> {
        judged
            .findings
            .iter()
            .filter(|f| !f.is_rollup)
            .map(|f| ((&f.rule, &f.subject), f))
            .collect()
    };
    let (old, new) = (by_subject(before), by_subject(now));
    let is_news = |status: Status| !matches!(status, Status::Good | Status::NotApplicable);
    let mut turned: Vec<Turned<'a>> = Vec::new();
    for (subject, finding) in &new {
        let from = old.get(subject).map(|finding| finding.status);
        if from != Some(finding.status) && (is_news(finding.status) || from.is_some_and(is_news)) {
            turned.push(Turned {
                finding,
                from,
                to: Some(finding.status),
            });
        }
    }
    // A rule that is not judged this time has not changed.
    let judged: BTreeSet<&Arc<str>> = now.findings.iter().map(|finding| &finding.rule).collect();
    for (subject, finding) in &old {
        if judged.contains(&finding.rule) && !new.contains_key(subject) && is_news(finding.status) {
            turned.push(Turned {
                finding,
                from: Some(finding.status),
                to: None,
            });
        }
    }
    // The order of statuses is that of gravity.
    turned.sort_by_key(|turned| std::cmp::Reverse(turned.to));
    turned
}

fn put_turned(page: &mut Page, turned: &Turned<'_>) {
    let status = turned.to.unwrap_or(Status::NotApplicable);
    let now = turned.to.map_or("gone", word);
    let head = page
        .line(2)
        .add(Style::Of(status), format!("{} {now}", page.look.sign(status)))
        .plain("  ");
    let was = turned
        .from
        .map_or_else(|| "new".to_owned(), |from| format!("was {}", word(from)));
    let subject = &turned.finding.subject;
    let text = format!(
        "{} ({was}; {} [{subject}])",
        turned.finding.message, turned.finding.rule
    );
    page.wrap(head.pad_to(TEXT), TEXT, Style::Plain, text);
}

/// A value that is another one now.
struct Changed {
    place: String,
    from: String,
    to: String,
}

/// The facts that findings rest on: what is only read on the way to them, such as how long it took, is no news.
fn read<'a>(judged: &[&'a Judged]) -> BTreeSet<&'a FactPath> {
    let findings = judged.iter().flat_map(|judged| &judged.findings);
    let evidence = findings.flat_map(|finding| &finding.evidence);
    evidence.map(|seen| &seen.place.fact).collect()
}

/// The facts that changed: single records and fields where it is possible to tell.
fn changed(before: &Before<'_>, now: &Report<'_>) -> Vec<Changed> {
    let mut all = Vec::new();
    for path in read(&[before.judged, now.judged]) {
        let old = before.snapshot.facts.observation(path);
        let new = now.snapshot.facts.observation(path);
        // What was not asked for then, or is not now, says nothing of the servers.
        let (Some(old), Some(new)) = (old, new) else {
            continue;
        };
        match (&old.value, &new.value) {
            (Ok(old), Ok(new)) => compare(&path.to_string(), old, new, &mut all),
            (Err(_), Err(_)) => {}
            (Ok(old), Err(why)) => add(&mut all, path, old, &unknown(why)),
            (Err(why), Ok(new)) => add(&mut all, path, &unknown(why), new),
        }
    }
    all
}

fn unknown(why: &Absence) -> String {
    format!("not known: {why}")
}

fn add(all: &mut Vec<Changed>, place: &impl ToString, from: &impl ToString, to: &impl ToString) {
    all.push(Changed {
        place: place.to_string(),
        from: from.to_string(),
        to: to.to_string(),
    });
}

fn compare(place: &str, old: &FactValue, new: &FactValue, all: &mut Vec<Changed>) {
    match (old, new) {
        _ if old == new => {}
        (FactValue::Map(old), FactValue::Map(new)) => compare_maps(place, old, new, all),
        (FactValue::Record(old), FactValue::Record(new)) => {
            for (field, value) in new.iter() {
                let was = old.get(field).unwrap_or(&FactValue::Nothing);
                compare(&format!("{place}.{field}"), was, value, all);
            }
        }
        (FactValue::Absent(_), FactValue::Absent(_)) => {}
        (FactValue::Absent(why), new) => add(all, &place, &unknown(why), new),
        (old, FactValue::Absent(why)) => add(all, &place, old, &unknown(why)),
        _ => add(all, &place, old, new),
    }
}

fn compare_maps(path: &str, old: &FactMap, new: &FactMap, all: &mut Vec<Changed>) {
    for entry in new.iter() {
        let place = format!("{path}[{}]", entry.key);
        match (old.get(&entry.key), &entry.value) {
            (Lookup::Found(was), value) => compare(&place, &was.value, value, all),
            (Lookup::Missing, FactValue::Absent(why)) => add(all, &place, &"none", &unknown(why)),
            (Lookup::Missing, _) => add(all, &place, &"none", &"there"),
            (Lookup::Hole(_), FactValue::Absent(_)) => {}
            (Lookup::Hole(why), _) => add(all, &place, &unknown(why), &"there"),
        }
    }
    for entry in old.iter() {
        let place = format!("{path}[{}]", entry.key);
        match new.get(&entry.key) {
            Lookup::Missing => add(all, &place, &"there", &"none"),
            // The entry itself may be the hole: that was told above.
            Lookup::Hole(why) if new.iter().all(|other| other.key != entry.key) => {
                add(all, &place, &"there", &unknown(why));
            }
            Lookup::Found(_) | Lookup::Hole(_) => {}
        }
    }
}

fn put_changed(page: &mut Page, changed: &Changed) {
    let look = page.look;
    let line = page.line(2).plain(look.bullet()).plain(" ").faint(&changed.place);
    page.put(&line);
    let (from, to) = (look.show(&changed.from), look.show(&changed.to));
    let room = look.columns().saturating_sub(TEXT).max(20);
    let (from, to) = if look.verbose {
        (from, to)
    } else {
        clip_both(&from, &to, room)
    };
    for (label, value) in [("was", from), ("is", to)] {
        let line = page.line(4).faint(label).pad_to(TEXT).shown(Style::Plain, value);
        page.put(&line);
    }
}
