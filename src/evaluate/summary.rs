//! What all findings come to: counts, and unknowns folded by their root.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Finding, Fixable, Status, Subject};
use crate::facts::{Absence, Cause};

/// Findings that are unknown for one reason.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownGroup {
    /// What everything in the group is rooted in.
    pub absence: Absence,
    /// The places of its findings.
    pub members: Vec<usize>,
}

/// Counts of findings; roll-ups and what another finding silences do not count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub good: usize,
    pub not_applicable: usize,
    pub waived: usize,
    pub warnings: usize,
    pub errors: usize,
    /// How many root causes keep something unknown.
    pub unknown: usize,
    /// How many of the errors and warnings have a fix.
    pub fixable: usize,
    /// How many have one that only tells a person what to do.
    pub guided: usize,
    pub groups: Vec<UnknownGroup>,
    /// Findings silenced by another one, by that one's rule and subject.
    pub blocked: BTreeMap<(Arc<str>, Subject), Vec<usize>>,
    /// Those that silence others without counting themselves: waived, or not asked for.
    pub silent: Vec<(Arc<str>, Subject)>,
}

impl Summary {
    pub fn of(findings: &[Finding]) -> Self {
        let mut summary = Self::default();
        let mut groups: BTreeMap<(Arc<str>, Cause), UnknownGroup> = BTreeMap::new();
        let mut counted: BTreeSet<(&str, &Subject)> = BTreeSet::new();
        for (place, finding) in findings.iter().enumerate() {
            if finding.is_rollup {
                continue;
            }
            let says_itself = finding.status.is_bad() || finding.status == Status::Unknown;
            if says_itself && finding.because.is_none() {
                counted.insert((&finding.rule, &finding.subject));
            }
            match finding.status {
                Status::Good => summary.good += 1,
                Status::NotApplicable => summary.not_applicable += 1,
                Status::Waived => summary.waived += 1,
                Status::Warning => summary.warnings += 1,
                Status::Error => summary.errors += 1,
                Status::Unknown => {
                    if let Some(because) = &finding.because {
                        let root = (because.rule.clone(), because.subject.clone());
                        summary.blocked.entry(root).or_default().push(place);
                    } else if let Some(absence) = &finding.absence {
                        let group = groups.entry((absence.root.clone(), absence.cause));
                        let group = group.or_insert_with(|| UnknownGroup {
                            absence: absence.clone(),
                            members: Vec::new(),
                        });
                        group.members.push(place);
                    }
                }
            }
            let mends = |how: Fixable| finding.status.is_bad() && finding.fixable() == how;
            summary.fixable += usize::from(mends(Fixable::Yes));
            summary.guided += usize::from(mends(Fixable::Guided));
        }
        summary.groups = groups.into_values().collect();
        summary.groups.sort_by_key(|group| group.members.first().copied());
        // What they silence is not known all the same.
        summary.silent = summary
            .blocked
            .keys()
            .filter(|(rule, subject)| !counted.contains(&(rule.as_ref(), subject)))
            .cloned()
            .collect();
        summary.unknown = summary.groups.len() + summary.silent.len();
        summary
    }
}
