//! What a checked catalogue holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{
    Discovery, Fix, FormerRight, Guard, NeededRight, PackSource, Phrase, Probe, Rules, Runbook, RunbookStep,
};
use crate::diagnostic::Span;
use crate::facts::{FactSchema, FactType, FactValue, Root, Side};
use crate::predicate::Expression;
use crate::yaml::Node;

/// How grave it is when a rule's expectation is not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Warning,
    Error,
}

impl Severity {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl FromStr for Severity {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Warning, Self::Error]
            .into_iter()
            .find(|s| s.word() == word)
            .ok_or(())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A folder of facts, rules, fixes and settings with a manifest.
#[derive(Clone, Debug)]
pub struct Pack {
    pub name: Arc<str>,
    pub version: String,
    pub about: String,
    /// The first words of the fact names that the pack may declare.
    pub owns: Vec<Arc<str>>,
    /// Packs that must be active beside it.
    pub requires: Vec<Arc<str>>,
    /// The first words of facts that other packs declare and this one reads.
    pub implements: Vec<Arc<str>>,
    pub applications: Vec<Arc<str>>,
    /// Where its files lie.
    pub origin: PackSource,
    /// SHA-256 over its files, in hexadecimal.
    pub digest: String,
}

impl Pack {
    /// Whether its programs may run: it is part of the binary, or the operator trusts this very text.
    pub fn is_trusted(&self, trusted: &BTreeSet<String>) -> bool {
        self.origin == PackSource::Embedded || trusted.contains(&self.digest)
    }
}

/// What the pair file may say, or a number that a site may change.
#[derive(Clone, Debug)]
pub struct Setting {
    pub name: Arc<str>,
    pub pack: Arc<str>,
    pub ty: FactType,
    /// `None`: the pair file must say it, else it is not configured.
    pub default: Option<FactValue>,
    /// Defaults of the fields of its record, or of the records of its list.
    pub field_defaults: Vec<(Arc<str>, FactValue)>,
    pub about: String,
}

/// Whether a fact describes a server or the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Server,
    Pair,
}

/// A fact and how it is read.
#[derive(Clone, Debug)]
pub struct FactDef {
    pub name: Arc<str>,
    pub pack: Arc<str>,
    pub of: Of,
    pub ty: FactType,
    pub about: String,
    /// The key of a record; its only name is `item`.
    pub key: Option<Expression>,
    /// Keys that differ in case only are different keys.
    pub exact_keys: bool,
    /// Fields that every write changes by itself: they do not tell whether a record is as it was.
    pub volatile: Vec<Arc<str>>,
    /// The collection for each record of which the probes run, as `outer`.
    pub for_each: Option<Expression>,
    pub probes: Vec<Probe>,
    pub span: Span,
}

impl FactDef {
    /// The roots under which the fact stands.
    pub fn roots(&self) -> &'static [Root] {
        match self.of {
            Of::Server => &[Root::Source, Root::Target],
            Of::Pair => &[Root::Pair],
        }
    }
}

/// The finding of another rule that a rule rests on.
#[derive(Clone, Debug)]
pub struct Requirement {
    pub rule: Arc<str>,
    pub side: RequiredSide,
    pub span: Span,
}

/// Whose finding is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredSide {
    Same,
    One(Side),
    Both,
}

/// A fix that a rule offers.
#[derive(Clone, Debug)]
pub struct FixUse {
    pub when: Option<Expression>,
    pub fix: Arc<str>,
    pub with: Vec<(Arc<str>, Expression)>,
    pub span: Span,
}

/// The names in a rule's expressions: `item`, `twin` where there is one, then those of `let`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleLocals {
    pub item: bool,
    pub twin: bool,
}

/// What is expected, how grave it is when it is not so, what to say, which fix.
#[derive(Clone, Debug)]
pub struct Rule {
    pub id: Arc<str>,
    pub pack: Arc<str>,
    pub title: String,
    /// Rows of the guide that the rule serves.
    pub guide: Guide,
    pub section: Arc<str>,
    pub tags: Vec<Arc<str>>,
    /// The servers that are judged one by one; empty for a rule of the pair.
    pub sides: Vec<Side>,
    pub for_each: Option<Expression>,
    pub locals: RuleLocals,
    pub lets: Vec<(Arc<str>, Expression)>,
    pub when: Vec<Expression>,
    pub requires: Vec<Requirement>,
    pub expect: Vec<Expression>,
    /// Rules whose findings this one sums up.
    pub rollup_of: Vec<Arc<str>>,
    pub severity: Vec<(Option<Expression>, Severity)>,
    pub message: Phrase,
    pub why: Phrase,
    pub remedy: Phrase,
    /// Why the rule departs from the guide, where it does.
    pub note: Option<String>,
    pub fix: Vec<FixUse>,
    pub judges_absence: bool,
    pub examples: Vec<Node>,
    pub span: Span,
}

/// Rows of the guide: the same for all, or by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guide {
    pub all: Vec<Arc<str>>,
    pub by_side: BTreeMap<Side, Vec<Arc<str>>>,
}

impl Guide {
    /// The rows for a finding about this side.
    pub fn rows(&self, side: Option<Side>) -> Vec<Arc<str>> {
        let by_side = side.and_then(|s| self.by_side.get(&s));
        self.all
            .iter()
            .chain(by_side.into_iter().flatten())
            .cloned()
            .collect()
    }

    /// Every row.
    pub fn every(&self) -> Vec<Arc<str>> {
        let mut rows: Vec<Arc<str>> = self
            .all
            .iter()
            .chain(self.by_side.values().flatten())
            .cloned()
            .collect();
        rows.sort();
        rows.dedup();
        rows
    }
}

impl Rule {
    /// The gravest severity that the rule can have.
    pub fn worst(&self) -> Severity {
        self.severity
            .iter()
            .map(|(_, s)| *s)
            .max()
            .unwrap_or(Severity::Error)
    }

    /// Every expression of the rule that is judged, for what it reads.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let fixes = self
            .fix
            .iter()
            .flat_map(|f| f.when.iter().chain(f.with.iter().map(|(_, e)| e)));
        self.for_each
            .iter()
            .chain(self.lets.iter().map(|(_, e)| e))
            .chain(&self.when)
            .chain(&self.expect)
            .chain(self.severity.iter().filter_map(|(when, _)| when.as_ref()))
            .chain(fixes)
    }
}

/// All packs that judge a pair, checked against each other.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub packs: Vec<Pack>,
    pub settings: BTreeMap<Arc<str>, Setting>,
    pub params: BTreeMap<Arc<str>, Setting>,
    pub facts: BTreeMap<Arc<str>, FactDef>,
    pub rules: Rules,
    pub fixes: BTreeMap<Arc<str>, Fix>,
    /// Those of them that one pack declares and another one does, as each of the others does them.
    pub supplied: Vec<Fix>,
    /// What must hold before any of them is done.
    pub guards: Vec<Guard>,
    /// What is done on the day of a switch, by name; and the steps of all of them.
    pub runbooks: BTreeMap<Arc<str>, Runbook>,
    pub steps: BTreeMap<Arc<str>, RunbookStep>,
    /// How servers are found that could be a pair.
    pub discoveries: Vec<Discovery>,
    /// What the account of a check must be allowed to do.
    pub rights: Vec<NeededRight>,
    pub former_rights: Vec<FormerRight>,
    pub schema: FactSchema,
    /// Names the very text of all packs: SHA-256 over their digests, in hexadecimal.
    pub digest: String,
}

impl Catalogue {
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.place(id).map(|place| &self.rules[place])
    }
}
