//! What a finding rests on: values of source and target beside each other, the rest in a list.

use super::{LABEL, SUBJECTS, TEXT};
use crate::evaluate::{Evidence, Finding};
use crate::facts::{FactValue, Key, Record, Root, Side};
use crate::report::Report;
use crate::report::look::{Look, Style};
use crate::report::page::{Line, Page};
use crate::report::rules::reads;
use crate::report::shown::{Shown, clip_both};

/// How many values are told before the rest is a number.
const FEW: usize = 5;
/// The widest label; what is longer is cut.
const WIDEST: usize = 32;

/// One value of both servers.
struct Both {
    label: Shown,
    values: [Shown; 2],
    differs: bool,
}

/// Rows of values.
pub(super) struct Values {
    both: Vec<Both>,
    single: Vec<(Shown, Shown)>,
}

impl Values {
    pub(super) fn of(page: &Page, report: &Report<'_>, finding: &Finding) -> Self {
        let look = page.look;
        let mut values = Self {
            both: Vec::new(),
            single: Vec::new(),
        };
        let mut rest: Vec<&Evidence> = finding.evidence.iter().collect();
        values.take_missing(look, finding, &mut rest);
        let mut single: Vec<&Evidence> = Vec::new();
        while !rest.is_empty() {
            let one = rest.remove(0);
            let twin = rest.iter().position(|other| is_twin(one, other));
            match (side(one), twin.map(|at| rest.remove(at))) {
                (Some(Side::Source), Some(other)) => values.add_both(look, finding, one, other),
                (Some(Side::Target), Some(other)) => values.add_both(look, finding, other, one),
                _ => single.push(one),
            }
        }
        if !look.verbose {
            if values.has_pairs() {
                values.both.retain(|row| row.differs);
                single.clear();
            }
            telling(report, finding, &mut single);
        }
        let shown = |one: &&Evidence| (look.show(place(look, finding, one)), found(look, &one.value));
        values.single = single.iter().map(shown).collect();
        values
    }

    /// Records that one server has and the other has not: one row, whatever was read of them.
    fn take_missing(&mut self, look: Look, finding: &Finding, rest: &mut Vec<&Evidence>) {
        let gone: Vec<&Evidence> = rest
            .iter()
            .filter(|one| {
                one.value == FactValue::Nothing && one.place.key.is_some() && one.place.field.is_none()
            })
            .copied()
            .collect();
        for missing in gone {
            let is_there = |other: &&Evidence| is_of_twin(missing, other);
            // The finding is about the record of the one server that the other has not.
            let is_subject =
                finding.subject.root.side() == side(missing).map(Side::peer) && is_own(finding, missing);
            if look.verbose || !(is_subject || rest.iter().any(is_there)) {
                continue;
            }
            rest.retain(|other| !is_there(other) && *other != missing);
            let label = label(finding, missing);
            let mut values = [look.show("there"), look.show("none")];
            if side(missing) == Some(Side::Source) {
                values.reverse();
            }
            self.both.push(Both {
                label: look.show(if label.is_empty() {
                    missing.place.fact.name.as_ref()
                } else {
                    &label
                }),
                values,
                differs: true,
            });
        }
    }

    /// The rows of many findings, by their subjects.
    pub(super) fn together(page: &Page, all: Vec<(String, Self)>) -> Self {
        let many = all.iter().any(|(_, values)| values.both.len() > 1);
        let mut together = Self {
            both: Vec::new(),
            single: Vec::new(),
        };
        for (subject, values) in all {
            for row in values.both {
                let label = if many {
                    page.look.show(format!("{subject}, {}", row.label.as_str()))
                } else {
                    page.look.show(&subject)
                };
                together.both.push(Both { label, ..row });
            }
        }
        together
    }

    /// Whether there is something to show side by side that differs.
    pub(super) fn has_pairs(&self) -> bool {
        self.both.iter().any(|row| row.differs)
    }

    fn add_both(&mut self, look: Look, finding: &Finding, source: &Evidence, target: &Evidence) {
        let label = label(finding, source);
        match (&source.value, &target.value) {
            (FactValue::Record(one), FactValue::Record(other)) => {
                for (field, values) in differing(one, other) {
                    self.both.push(Both {
                        label: look.show(format!(
                            "{label}{}{field}",
                            if label.is_empty() { "" } else { "." }
                        )),
                        values: values.map(|value| look.show(value)),
                        differs: true,
                    });
                }
            }
            (one, other) => self.both.push(Both {
                label: look.show(if label.is_empty() { "the record" } else { &label }),
                values: [look.show(one), look.show(other)],
                differs: one != other,
            }),
        }
    }

    /// Writes the rows, the first line behind a label.
    pub(super) fn put(mut self, page: &mut Page, report: &Report<'_>, label: Option<&str>) {
        if self.both.is_empty() && self.single.is_empty() {
            return;
        }
        let mut head = Some(page.line(LABEL).faint(label.unwrap_or_default()).pad_to(TEXT));
        let mut left = if page.look.verbose {
            usize::MAX
        } else {
            FEW.max(self.both.len().min(SUBJECTS))
        };
        let more = (self.both.len() + self.single.len()).saturating_sub(left);
        self.both.truncate(left);
        left -= self.both.len();
        self.single.truncate(left);
        let mut start = |page: &Page| head.take().unwrap_or_else(|| page.line(TEXT));
        if !self.both.is_empty() {
            self.put_both(page, report, &mut start);
        }
        let columns = page.look.columns();
        for (place, value) in &self.single {
            let line = start(page);
            if page.look.verbose {
                let line = line.shown(Style::Faint, place.clone()).plain(": ");
                page.wrap(line, TEXT + 2, Style::Plain, value.as_str());
            } else {
                let place = place.clipped((columns - TEXT) / 2);
                let line = line.shown(Style::Faint, place).plain(": ");
                let room = columns.saturating_sub(line.width()).max(20);
                let line = line.shown(Style::Plain, value.clipped(room));
                page.put(&line);
            }
        }
        if more > 0 {
            let line = page.line(TEXT).faint(format!("and {more} more (-v)"));
            page.put(&line);
        }
    }

    fn put_both(&self, page: &mut Page, report: &Report<'_>, start: &mut impl FnMut(&Page) -> Line) {
        let names = [
            page.look
                .show(format!("source {}", report.pair.source.name.value)),
            page.look
                .show(format!("target {}", report.pair.target.name.value)),
        ];
        let widest = |of: &dyn Fn(&Both) -> usize| self.both.iter().map(of).max().unwrap_or(0);
        let labels = widest(&|row| row.label.width()).min(WIDEST);
        let wide = [0, 1].map(|at| widest(&|row| row.values[at].width()).max(names[at].width()));
        let first = TEXT + labels + 2;
        if first + wide[0] + 2 + wide[1] <= page.look.columns() {
            let second = first + wide[0] + 2;
            let line = start(page).pad_to(first).shown(Style::Faint, names[0].clone());
            let line = line.pad_to(second).shown(Style::Faint, names[1].clone());
            page.put(&line);
            for row in &self.both {
                let line = page
                    .line(TEXT)
                    .shown(Style::Faint, row.label.clipped(labels))
                    .pad_to(first);
                let line = line.shown(Style::Plain, row.values[0].clone()).pad_to(second);
                page.put(&line.shown(Style::Plain, row.values[1].clone()));
            }
            return;
        }
        for row in &self.both {
            put_stacked(page, row, &names, start(page));
        }
    }
}

/// Values that are too long to stand beside each other, one under the other.
fn put_stacked(page: &mut Page, row: &Both, names: &[Shown; 2], head: Line) {
    page.put(&head.shown(Style::Faint, row.label.clone()));
    let from = TEXT + 2 + names[0].width().max(names[1].width()) + 2;
    let room = page.look.columns().saturating_sub(from).max(20);
    let (source, target) = if page.look.verbose {
        (row.values[0].clone(), row.values[1].clone())
    } else {
        clip_both(&row.values[0], &row.values[1], room)
    };
    for (name, value) in names.iter().zip([source, target]) {
        let line = page.line(TEXT + 2).shown(Style::Faint, name.clone()).pad_to(from);
        page.wrap(line, from, Style::Plain, value.as_str());
    }
}

fn side(evidence: &Evidence) -> Option<Side> {
    evidence.place.fact.root.side()
}

/// Whether both are the same place on the two servers.
fn is_twin(one: &Evidence, other: &Evidence) -> bool {
    is_of_twin(one, other) && one.place.field == other.place.field
}

/// Whether both are of the same fact and record on the two servers.
fn is_of_twin(one: &Evidence, other: &Evidence) -> bool {
    let (a, b) = (&one.place, &other.place);
    side(one).is_some_and(|s| side(other) == Some(s.peer()))
        && a.fact.name == b.fact.name
        && a.key.as_ref().map(Key::folded) == b.key.as_ref().map(Key::folded)
}

/// Leaves the values that tell something beside the message: not what it says already, not what only machines
/// read, and what the pair file says only where the rule is about the pair file.
fn telling(report: &Report<'_>, finding: &Finding, single: &mut Vec<&Evidence>) {
    let is_said = |root: Root| matches!(root, Root::Setting | Root::Param);
    let rule = report.catalogue.rule(&finding.rule);
    let of_pair_file = rule.is_some_and(|rule| reads(rule, |root| !is_said(root)).is_empty());
    if of_pair_file {
        // What is expected is read last.
        single.drain(..single.len().saturating_sub(1));
        return;
    }
    single.retain(|one| {
        let text = one.value.to_string();
        let is_repeated =
            text.chars().count() > 3 && (finding.message.contains(&text) || finding.remedy.contains(&text));
        !is_said(one.place.fact.root) && !is_for_machines(&one.value) && !is_repeated
    });
}

fn is_for_machines(value: &FactValue) -> bool {
    match value {
        FactValue::Acl(_) | FactValue::Sid(_) => true,
        FactValue::List(items) | FactValue::Set(items) => {
            !items.is_empty() && items.iter().all(is_for_machines)
        }
        _ => false,
    }
}

/// The place of a value that stands alone: in the record that the finding is about its field says enough.
fn place(look: Look, finding: &Finding, evidence: &Evidence) -> String {
    let of_subject = is_own(finding, evidence) && side(evidence) == finding.subject.root.side();
    match &evidence.place.field {
        Some(field) if of_subject && !look.verbose => field.to_string(),
        _ => evidence.place.to_string(),
    }
}

/// Whether it is of the record that the finding is about.
fn is_own(finding: &Finding, evidence: &Evidence) -> bool {
    let key = evidence.place.key.as_ref();
    key.is_some_and(|key| key.folded() == finding.subject.key.folded())
}

/// What tells the value from the others of its finding; empty for the record that the finding is about.
fn label(finding: &Finding, evidence: &Evidence) -> String {
    let place = &evidence.place;
    let field = place.field.as_deref().unwrap_or_default();
    let own = is_own(finding, evidence);
    match (&place.key, own) {
        (Some(_), true) => field.to_owned(),
        (key, _) => {
            let key = key.as_ref().map_or_else(String::new, |key| format!("[{key}]"));
            let dot = if field.is_empty() { "" } else { "." };
            format!("{}{key}{dot}{field}", place.fact.name)
        }
    }
}

/// The fields in which two records differ.
fn differing<'a>(one: &'a Record, other: &'a Record) -> Vec<(&'a str, [&'a FactValue; 2])> {
    const NOTHING: &FactValue = &FactValue::Nothing;
    let of_one = one
        .iter()
        .map(|(name, value)| (name, [value, other.get(name).unwrap_or(NOTHING)]));
    let of_other = other.iter().filter(|(name, _)| one.get(name).is_none());
    let of_other = of_other.map(|(name, value)| (name, [NOTHING, value]));
    let mut fields: Vec<_> = of_one.chain(of_other).filter(|(_, [a, b])| a != b).collect();
    fields.sort_by_key(|(name, _)| (*name).clone());
    fields
        .into_iter()
        .map(|(name, values)| (name.as_ref(), values))
        .collect()
}

/// A value, or why it could not be read.
fn found(look: Look, value: &FactValue) -> Shown {
    match value {
        FactValue::Absent(why) => look.show(why),
        value => look.show(value),
    }
}
