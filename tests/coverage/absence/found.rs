//! Findings by their rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin::evaluate::{Finding, Subject, Summary};

use super::model::Verdict;

/// All findings about a pair.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found(BTreeMap<Arc<str>, Arc<BTreeMap<Subject, Finding>>>);

impl Found {
    pub(crate) fn of(findings: Vec<Finding>) -> Self {
        let mut found = Self::default();
        found.replace(findings);
        found
    }

    /// Puts these findings in the place of those of the same rules.
    pub(crate) fn replace(&mut self, findings: Vec<Finding>) {
        let mut new: BTreeMap<Arc<str>, BTreeMap<Subject, Finding>> = BTreeMap::new();
        for finding in findings {
            let own = new.entry(finding.rule.clone()).or_default();
            own.insert(finding.subject.clone(), finding);
        }
        self.0
            .extend(new.into_iter().map(|(rule, own)| (rule, Arc::new(own))));
    }

    pub(crate) fn about(&self, rule: &str, subject: &Subject) -> Option<&Finding> {
        self.0.get(rule)?.get(subject)
    }

    pub(crate) fn of_rule(&self, rule: &str) -> impl Iterator<Item = &Finding> {
        self.0.get(rule).into_iter().flat_map(|own| own.values())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.values().flat_map(|own| own.values())
    }

    /// How many roots of what is unknown have this name.
    pub(crate) fn roots(&self, name: &str) -> usize {
        let all: Vec<Finding> = self.iter().cloned().collect();
        let groups = Summary::of(&all).groups;
        groups.iter().filter(|group| *group.absence.root == *name).count()
    }
}

/// How a finding stands, whether somebody accepts it or not.
pub(crate) fn verdict(finding: &Finding) -> Verdict {
    match (&finding.because, &finding.waived) {
        (Some(because), _) => Verdict::Because(because.rule.to_string(), because.subject.clone()),
        (None, Some(waived)) => Verdict::Status(waived.from),
        (None, None) => Verdict::Status(finding.status),
    }
}
