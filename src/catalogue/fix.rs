//! What mends a finding: what it needs, what it sets, what it does, and how that is taken back.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use indexmap::IndexMap;

use super::checks::reads_of_probe;
use super::{Action, On, Phrase, Probe};
use crate::diagnostic::Span;
use crate::facts::{FactPath, FactType, Side};
use crate::predicate::{Expression, FactRef};

/// How careful one must be with a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    Safe,
    Confirm,
    Destructive,
    /// Only tells what a person does.
    Guided,
}

impl Safety {
    pub const ALL: [Self; 4] = [Self::Safe, Self::Confirm, Self::Destructive, Self::Guided];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Confirm => "confirm",
            Self::Destructive => "destructive",
            Self::Guided => "guided",
        }
    }
}

impl FromStr for Safety {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|s| s.word() == word).ok_or(())
    }
}

/// When in the life of a pair a fix is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// While the source works and the pair is made ready.
    #[default]
    BeforeProtection,
    /// Once the target takes over.
    AtFailover,
}

impl Phase {
    pub const ALL: [Self; 2] = [Self::BeforeProtection, Self::AtFailover];

    pub const fn word(self) -> &'static str {
        match self {
            Self::BeforeProtection => "before_protection",
            Self::AtFailover => "at_failover",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a fix is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Value(FactType),
    /// Where a value was read: what a fix for many kinds of objects needs or sets.
    Place,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(ty) => ty.fmt(f),
            Self::Place => f.write_str("place"),
        }
    }
}

/// A place that a fix needs or sets.
#[derive(Clone, Debug)]
pub enum Spot {
    Fact(Expression),
    /// The place that is given by this input.
    Input(Arc<str>),
}

/// A place and what is, or will be, there.
#[derive(Clone, Debug)]
pub struct PlaceValue {
    pub spot: Spot,
    /// `None`: anything that is there.
    pub value: Option<Expression>,
    /// Both as the pack writes them.
    pub text: String,
    pub span: Span,
}

/// Something that must hold for a fix to be done at all.
#[derive(Clone, Debug)]
pub struct Condition {
    pub holds: Expression,
    /// What is told where it does not.
    pub otherwise: Phrase,
}

/// Steps of another fix that come before, or after.
#[derive(Clone, Debug)]
pub struct Neighbour {
    pub fix: Arc<str>,
    /// Only those with the same values of these inputs.
    pub same: Vec<Arc<str>>,
    pub because: String,
    pub span: Span,
}

/// Something that is read for one fix alone.
#[derive(Clone, Debug)]
pub struct Reading {
    pub name: Arc<str>,
    pub ty: FactType,
    /// It goes from server to server and nowhere else.
    pub secret: bool,
    pub probe: Probe,
}

/// How a fix is taken back.
#[derive(Clone, Debug)]
pub enum Undo {
    Actions(Vec<Action>),
    /// Why it cannot be.
    No(String),
}

/// What mends a finding.
#[derive(Clone, Debug)]
pub struct Fix {
    pub id: Arc<str>,
    pub pack: Arc<str>,
    /// How it is done says the pack of the pair that implements this.
    pub left_to: Option<Arc<str>>,
    /// The pack that says so.
    pub supplied_by: Option<Arc<str>>,
    pub about: String,
    pub inputs: IndexMap<Arc<str>, Input>,
    pub on: On,
    pub safety: Safety,
    /// The first whose condition holds; else the default.
    pub phase: Vec<(Option<Expression>, Phase)>,
    /// The inputs that make one step of many findings.
    pub one_per: Vec<Arc<str>>,
    pub when: Vec<Condition>,
    pub needs: Vec<PlaceValue>,
    pub sets: Vec<PlaceValue>,
    pub after: Vec<Neighbour>,
    pub before: Vec<Neighbour>,
    pub read: Vec<Reading>,
    /// What it does, as it goes on after "would".
    pub would: Option<Phrase>,
    pub actions: Vec<Action>,
    pub undo: Option<Undo>,
    /// What has to be started anew before it counts.
    pub restart: Vec<(Option<Expression>, Phrase)>,
    /// What must be true afterwards, besides that the findings that asked are good.
    pub check: Vec<Expression>,
    /// Why a person has to do it.
    pub because: Option<String>,
    pub span: Span,
}

/// How far a fix does what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// It is done without a question.
    Automatic,
    /// It is done once somebody agreed.
    Confirmed,
    /// A person does it.
    Guided,
    /// It does not say yet how it is done.
    Declared,
}

impl Reach {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Confirmed => "confirm",
            Self::Guided => "guided",
            Self::Declared => "declared only",
        }
    }
}

impl Fix {
    pub fn reach(&self) -> Reach {
        match self.safety {
            Safety::Guided => Reach::Guided,
            _ if self.actions.is_empty() => Reach::Declared,
            Safety::Safe => Reach::Automatic,
            Safety::Confirm | Safety::Destructive => Reach::Confirmed,
        }
    }

    /// The pack that says how it is done.
    pub fn done_by(&self) -> &Arc<str> {
        self.supplied_by.as_ref().unwrap_or(&self.pack)
    }

    /// Everything that it does, taking it back included.
    pub fn done(&self) -> impl Iterator<Item = &Action> {
        let back = match &self.undo {
            Some(Undo::Actions(actions)) => actions.as_slice(),
            Some(Undo::No(_)) | None => &[],
        };
        self.actions.iter().chain(back)
    }

    /// Whether an input is the same for all findings that become one step.
    pub fn is_shared(&self, input: &str) -> bool {
        self.one_per.is_empty() || self.one_per.iter().any(|name| name.as_ref() == input)
    }

    /// Whether taking it back needs a secret that was read before.
    pub fn undoes_a_secret(&self) -> bool {
        let Some(Undo::Actions(actions)) = &self.undo else {
            return false;
        };
        // Behind the inputs stand `asked` and `was`.
        let first = self.inputs.len() + 2;
        let mut secrets = self.read.iter().enumerate().filter(|(_, reading)| reading.secret);
        secrets.any(|(place, reading)| {
            actions
                .iter()
                .any(|action| action.uses(first + place, &reading.name))
        })
    }

    /// The facts that planning it looks at; what it does is filled in with the same ones.
    pub fn reads(&self, here: Option<Side>) -> BTreeSet<FactPath> {
        let mut facts: Vec<&FactRef> = Vec::new();
        for place in self.needs.iter().chain(&self.sets) {
            if let Spot::Fact(spot) = &place.spot {
                facts.extend(spot.facts());
            }
            facts.extend(place.value.iter().flat_map(Expression::facts));
        }
        for condition in &self.when {
            facts.extend(condition.holds.facts().chain(&condition.otherwise.facts));
        }
        let choices = self.phase.iter().filter_map(|(when, _)| when.as_ref());
        let choices = choices.chain(self.restart.iter().filter_map(|(when, _)| when.as_ref()));
        facts.extend(choices.chain(&self.check).flat_map(Expression::facts));
        facts.extend(self.restart.iter().flat_map(|(_, what)| &what.facts));
        facts.extend(self.would.iter().flat_map(|would| &would.facts));
        facts.extend(self.done().flat_map(Action::facts));
        let mut paths: BTreeSet<FactPath> = facts.into_iter().filter_map(|fact| fact.path(here)).collect();
        let probes = self
            .read
            .iter()
            .flat_map(|reading| reads_of_probe(&reading.probe));
        paths.extend(probes.filter_map(|fact| fact.path(here)));
        paths
    }
}
