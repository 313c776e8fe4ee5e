//! Values with the place where they were read, so that a finding can show its evidence.

use std::fmt;
use std::sync::Arc;

use crate::facts::{FactPath, FactValue, Key};

/// Where a value was read: a fact, a record in it, a field of that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trail {
    pub fact: FactPath,
    pub key: Option<Key>,
    pub field: Option<Arc<str>>,
}

impl Trail {
    pub const fn fact(fact: FactPath) -> Self {
        Self {
            fact,
            key: None,
            field: None,
        }
    }

    /// The place of a record of this collection.
    #[must_use]
    pub fn at(&self, key: Key) -> Self {
        Self {
            fact: self.fact.clone(),
            key: Some(key),
            field: None,
        }
    }

    /// The place of a field of this record.
    #[must_use]
    pub fn field(&self, name: &Arc<str>) -> Self {
        let field = match &self.field {
            None => name.clone(),
            Some(outer) => format!("{outer}.{name}").into(),
        };
        Self {
            field: Some(field),
            ..self.clone()
        }
    }

    /// Whether `other` lies inside what this trail names.
    pub fn covers(&self, other: &Self) -> bool {
        let inside = |outer: &Self| match (&outer.key, &outer.field) {
            (None, None) => true,
            (_, None) => outer.key == other.key,
            (_, Some(field)) => {
                outer.key == other.key
                    && other.field.as_ref().is_some_and(|f| {
                        f == field
                            || f.strip_prefix(field.as_ref())
                                .is_some_and(|rest| rest.starts_with('.'))
                    })
            }
        };
        self.fact == other.fact && inside(self)
    }
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fact.fmt(f)?;
        if let Some(key) = &self.key {
            write!(f, "[{key}]")?;
        }
        if let Some(field) = &self.field {
            write!(f, ".{field}")?;
        }
        Ok(())
    }
}

/// A value and where it was read; a computed value has no such place.
#[derive(Clone, Debug)]
pub struct Seen {
    pub value: FactValue,
    pub trail: Option<Trail>,
}

impl Seen {
    pub const fn computed(value: FactValue) -> Self {
        Self { value, trail: None }
    }
}

/// A fact, or a part of one, that an expression really read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRead {
    pub trail: Trail,
    pub value: FactValue,
}
