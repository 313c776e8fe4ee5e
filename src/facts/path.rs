//! Names of facts: a root and a dotted name.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// One of the two servers of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    Source,
    Target,
}

impl Side {
    pub const BOTH: [Self; 2] = [Self::Source, Self::Target];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }

    /// The other server.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::Source => Self::Target,
            Self::Target => Self::Source,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Where a fact belongs: the first word of every fact path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    Source,
    Target,
    Pair,
    Setting,
    Param,
}

impl Root {
    pub const ALL: [Self; 5] = [Self::Source, Self::Target, Self::Pair, Self::Setting, Self::Param];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
            Self::Pair => "pair",
            Self::Setting => "setting",
            Self::Param => "param",
        }
    }

    /// The server that facts under this root describe, if it is one.
    pub const fn side(self) -> Option<Side> {
        match self {
            Self::Source => Some(Side::Source),
            Self::Target => Some(Side::Target),
            Self::Pair | Self::Setting | Self::Param => None,
        }
    }
}

impl From<Side> for Root {
    fn from(side: Side) -> Self {
        match side {
            Side::Source => Self::Source,
            Side::Target => Self::Target,
        }
    }
}

impl FromStr for Root {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|r| r.word() == word).ok_or(())
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The full name of a fact: `source.os.version`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactPath {
    pub root: Root,
    /// The dotted name below the root.
    pub name: Arc<str>,
}

impl FactPath {
    pub fn new(root: impl Into<Root>, name: impl Into<Arc<str>>) -> Self {
        Self {
            root: root.into(),
            name: name.into(),
        }
    }
}

impl fmt::Display for FactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.root, self.name)
    }
}

impl FromStr for FactPath {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (root, name) = text.split_once('.').ok_or(())?;
        let word = |part: &str| {
            !part.is_empty()
                && part.starts_with(|c: char| c.is_ascii_lowercase())
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        if !name.split('.').all(word) {
            return Err(());
        }
        Ok(Self::new(root.parse::<Root>()?, name))
    }
}
