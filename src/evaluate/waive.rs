//! Waivers: findings that somebody answers for, until a day.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::finding::{Finding, Status, WaivedBy};
use crate::pair::Waiver;

/// The pair file's waivers while they are applied.
pub(super) struct Waivers<'a> {
    all: &'a [Waiver],
    /// Their places by the rule that they name.
    by_rule: BTreeMap<&'a str, Vec<usize>>,
    today: Date,
    used: RefCell<BTreeSet<usize>>,
}

impl<'a> Waivers<'a> {
    pub(super) fn new(waivers: &'a [Waiver], today: Date) -> Self {
        let mut by_rule: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, waiver) in waivers.iter().enumerate() {
            by_rule.entry(&waiver.rule.value).or_default().push(place);
        }
        Self {
            all: waivers,
            by_rule,
            today,
            used: RefCell::default(),
        }
    }

    /// Covers an error or warning with the first waiver in force that names it.
    pub(super) fn cover(&self, finding: &mut Finding) {
        if !finding.status.is_bad() {
            return;
        }
        let Some(places) = self.by_rule.get(finding.rule.as_ref()) else {
            return;
        };
        let subject = finding.subject.to_string();
        for place in places {
            let waiver = &self.all[*place];
            if !waiver.subject.matches(&subject) {
                continue;
            }
            self.used.borrow_mut().insert(*place);
            if waiver.until < self.today {
                continue;
            }
            finding.waived = Some(WaivedBy {
                reason: waiver.reason.clone(),
                owner: waiver.owner.clone(),
                until: waiver.until,
                from: finding.status,
            });
            finding.status = Status::Waived;
            return;
        }
    }

    /// The waivers that named no finding.
    pub(super) fn unused(&self) -> Vec<usize> {
        let used = self.used.borrow();
        (0..self.all.len())
            .filter(|place| !used.contains(place))
            .collect()
    }
}
