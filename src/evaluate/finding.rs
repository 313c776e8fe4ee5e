//! A rule's result for one subject.

use std::fmt;
use std::sync::Arc;

use super::Evidence;
use crate::catalogue::{Safety, Severity};
use crate::facts::{Absence, FactValue, Key, Root, Side};
use crate::predicate::Trail;

/// How a subject stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Good,
    NotApplicable,
    Waived,
    Unknown,
    Warning,
    Error,
}

impl Status {
    pub const ALL: [Self; 6] = [
        Self::Good,
        Self::Unknown,
        Self::Error,
        Self::Warning,
        Self::NotApplicable,
        Self::Waived,
    ];

    /// The word used in JSON and examples.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::NotApplicable => "not_applicable",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Whether the rule found what it looks for, waived or not.
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Warning | Self::Error)
    }
}

impl From<Severity> for Status {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Whom a finding is about in the first place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectRoot {
    Pair,
    Of(Side),
}

impl SubjectRoot {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pair => "pair",
            Self::Of(side) => side.word(),
        }
    }

    /// The server, when it is one.
    pub const fn side(self) -> Option<Side> {
        match self {
            Self::Pair => None,
            Self::Of(side) => Some(side),
        }
    }
}

impl From<Root> for SubjectRoot {
    fn from(root: Root) -> Self {
        root.side().map_or(Self::Pair, Self::Of)
    }
}

/// What a finding is about: a server or the pair, and the key of a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    pub root: SubjectRoot,
    pub key: Key,
}

impl Subject {
    pub fn of(root: SubjectRoot) -> Self {
        Self {
            root,
            key: Key::default(),
        }
    }
}

/// Shows the path: `source/First Storage Group/Mailbox Store`; a slash in a name is written `\/`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.root.word())?;
        for part in self.key.parts() {
            write!(f, "/{}", part.replace('\\', "\\\\").replace('/', "\\/"))?;
        }
        Ok(())
    }
}

/// Whether a finding can be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixable {
    No,
    /// A fix is declared for it.
    Yes,
    /// The fix only tells what a person does.
    Guided,
}

/// A fix that the finding offers, with the values that it would be given.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferedFix {
    pub fix: Arc<str>,
    pub safety: Safety,
    /// The server in question, where one is.
    pub here: Option<Side>,
    /// `Err`: the value is not known.
    pub inputs: Vec<(Arc<str>, Result<Given, Absence>)>,
}

/// What a fix is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    Value(FactValue),
    /// Where a value was read.
    Place(Trail),
}

impl Given {
    /// The value itself; a place is told by its name.
    pub fn value(&self) -> FactValue {
        match self {
            Self::Value(value) => value.clone(),
            Self::Place(place) => FactValue::text(place.to_string()),
        }
    }
}

/// The finding that silences this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    pub rule: Arc<str>,
    pub subject: Subject,
    pub status: Status,
}

/// The waiver that covers a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaivedBy {
    pub reason: String,
    pub owner: String,
    /// The last day, UTC.
    pub until: jiff::civil::Date,
    /// What the finding would be without the waiver.
    pub from: Status,
}

/// A rule's result for one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub rule: Arc<str>,
    pub guide: Vec<Arc<str>>,
    pub section: Arc<str>,
    pub subject: Subject,
    pub status: Status,
    /// One line: what is so.
    pub message: String,
    pub why: Arc<str>,
    pub remedy: Arc<str>,
    /// The facts that were really read.
    pub evidence: Vec<Evidence>,
    /// Why it is unknown.
    pub absence: Option<Absence>,
    pub because: Option<Because>,
    pub waived: Option<WaivedBy>,
    pub fix: Option<OfferedFix>,
    /// The children of a roll-up speak for themselves.
    pub is_rollup: bool,
    /// A roll-up is fixable when a child is.
    pub child_fixable: bool,
}

impl Finding {
    pub fn fixable(&self) -> Fixable {
        match &self.fix {
            Some(fix) if fix.safety == Safety::Guided => Fixable::Guided,
            Some(_) => Fixable::Yes,
            None if self.child_fixable => Fixable::Yes,
            None => Fixable::No,
        }
    }
}
