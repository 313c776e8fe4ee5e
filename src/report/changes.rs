//! What is otherwise than it was at the last check.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Report;
use super::look::{Look, Style, word};
use super::notes::count;
use super::page::Page;
use super::shown::clip_both;
use super::times::{ago, day_and_time};
use crate::evaluate::{Finding, Judged, Status, Subject};
use crate::facts::{Entry, FactMap, FactPath, FactValue, Key, Record, Snapshot};

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
    let facts = changed(before.snapshot, now.snapshot);
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
    for (subject, finding) in &old {
        // A rule that is not judged this time has not changed.
        let is_judged = now.findings.iter().any(|other| other.rule == finding.rule);
        if is_judged && !new.contains_key(subject) && is_news(finding.status) {
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
    let from = turned.from.map_or("new", word);
    let was = if turned.from.is_some() {
        format!("was {from}")
    } else {
        from.to_owned()
    };
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

/// The facts that changed: single records and fields where it is possible to tell.
fn changed(before: &Snapshot, now: &Snapshot) -> Vec<Changed> {
    let mut all = Vec::new();
    for (path, observation) in now.facts.iter() {
        // What was not read then is news of the collection, not of the servers.
        let Some(old) = before.facts.observation(path) else {
            continue;
        };
        match (&old.value, &observation.value) {
            (Ok(old), Ok(new)) => compare(path, old, new, &mut all),
            (Err(old), Err(new)) if old.cause == new.cause => {}
            (old, new) => {
                let shown = |value: &Result<FactValue, crate::facts::Absence>| match value {
                    Ok(_) => "known".to_owned(),
                    Err(why) => format!("not known: {why}"),
                };
                all.push(Changed {
                    place: path.to_string(),
                    from: shown(old),
                    to: shown(new),
                });
            }
        }
    }
    all
}

fn compare(path: &FactPath, old: &FactValue, new: &FactValue, all: &mut Vec<Changed>) {
    match (old, new) {
        _ if old == new => {}
        (FactValue::Map(old), FactValue::Map(new)) => compare_maps(path, old, new, all),
        (FactValue::Record(old), FactValue::Record(new)) => compare_records(&path.to_string(), old, new, all),
        _ => all.push(Changed {
            place: path.to_string(),
            from: old.to_string(),
            to: new.to_string(),
        }),
    }
}

fn compare_maps(path: &FactPath, old: &FactMap, new: &FactMap, all: &mut Vec<Changed>) {
    let by_key = |map: &'_ FactMap| -> BTreeMap<Key, Entry> {
        map.iter().map(|e| (e.key.folded(), e.clone())).collect()
    };
    let (old, new) = (by_key(old), by_key(new));
    for (key, entry) in &new {
        let place = format!("{path}[{}]", entry.key);
        match old.get(key).map(|old| (&old.value, &entry.value)) {
            None => all.push(Changed {
                place,
                from: "none".to_owned(),
                to: "there".to_owned(),
            }),
            Some((FactValue::Record(old), FactValue::Record(new))) => compare_records(&place, old, new, all),
            Some((old, new)) if old != new => {
                all.push(Changed {
                    place,
                    from: old.to_string(),
                    to: new.to_string(),
                });
            }
            Some(_) => {}
        }
    }
    for (_, entry) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
        let place = format!("{path}[{}]", entry.key);
        all.push(Changed {
            place,
            from: "there".to_owned(),
            to: "none".to_owned(),
        });
    }
}

fn compare_records(place: &str, old: &Record, new: &Record, all: &mut Vec<Changed>) {
    for (field, value) in new.iter() {
        let was = old.get(field).unwrap_or(&FactValue::Nothing);
        if was != value {
            all.push(Changed {
                place: format!("{place}.{field}"),
                from: was.to_string(),
                to: value.to_string(),
            });
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
