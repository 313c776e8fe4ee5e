//! Which fact an expression means.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::facts::{FactPath, Root, Side};

/// The first word of a fact in an expression: a root, or the server in question and the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    At(Root),
    Here,
    Peer,
}

impl Place {
    pub const WORDS: [&'static str; 7] = ["source", "target", "pair", "setting", "param", "here", "peer"];

    /// The root that is meant when the server in question is `here`.
    pub fn root(self, here: Option<Side>) -> Option<Root> {
        match self {
            Self::At(root) => Some(root),
            Self::Here => here.map(Root::from),
            Self::Peer => here.map(|side| side.peer().into()),
        }
    }

    /// The root under whose names this place looks.
    pub const fn schema_root(self) -> Root {
        match self {
            Self::At(root) => root,
            Self::Here | Self::Peer => Root::Source,
        }
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "here" => Ok(Self::Here),
            "peer" => Ok(Self::Peer),
            _ => word.parse().map(Self::At),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(root) => root.fmt(f),
            Self::Here => f.write_str("here"),
            Self::Peer => f.write_str("peer"),
        }
    }
}

/// A fact as an expression names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactRef {
    pub place: Place,
    pub name: Arc<str>,
}

impl FactRef {
    /// The full path when the server in question is `here`; `None` when there is none in question.
    pub fn path(&self, here: Option<Side>) -> Option<FactPath> {
        self.place
            .root(here)
            .map(|root| FactPath::new(root, self.name.clone()))
    }
}

impl fmt::Display for FactRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.place, self.name)
    }
}
