//! The findings of one rule, found by their subjects.

use std::sync::Arc;

use super::finding::{Finding, Subject, SubjectRoot};

/// The findings of one rule, in the order of their subjects, one for each.
#[derive(Debug, Default)]
pub(super) struct Found(Vec<Finding>);

impl Found {
    /// Of several findings about one subject the last one holds.
    pub(super) fn of(mut findings: Vec<Finding>) -> Self {
        findings.sort_by(|a, b| a.subject.cmp(&b.subject));
        findings.dedup_by(|later, kept| {
            let same = later.subject == kept.subject;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        Self(findings)
    }

    /// The findings about the subject, about what it lies in, and about the pair, the nearest first.
    pub(super) fn about(&self, subject: &Subject) -> impl Iterator<Item = &Finding> {
        let parts = subject.key.parts();
        let inside = (0..=parts.len()).rev().map(|n| (subject.root, &parts[..n]));
        inside
            .chain([(SubjectRoot::Pair, &[][..])])
            .filter_map(|(root, parts)| self.get(root, parts))
    }

    fn get(&self, root: SubjectRoot, parts: &[Arc<str>]) -> Option<&Finding> {
        let order = |finding: &Finding| {
            let subject = &finding.subject;
            subject
                .root
                .cmp(&root)
                .then_with(|| subject.key.parts().cmp(parts))
        };
        self.0.binary_search_by(order).ok().map(|place| &self.0[place])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}
