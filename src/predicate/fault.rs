//! Why an expression gave no value.

use std::fmt;

use super::At;
use crate::facts::Absence;

/// Why an expression gave no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A fact that it reads is not known.
    Absent(Absence),
    /// Values met that do not go together; `at` is the place in the expression.
    Malformed { at: At, message: String },
    /// It did more work than any sensible expression does.
    Budget,
}

impl Fault {
    /// A fault whose place is not known yet; the evaluator adds it.
    pub(super) fn mixed(message: impl Into<String>) -> Self {
        Self::Malformed {
            at: At::default(),
            message: message.into(),
        }
    }

    pub(super) fn located(self, place: At) -> Self {
        match self {
            Self::Malformed { at, message } if at == At::default() => Self::Malformed { at: place, message },
            other => other,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(why) => why.fmt(f),
            Self::Malformed { at, message } => {
                write!(f, "{message} (line {}, column {})", at.line, at.column)
            }
            Self::Budget => f.write_str("the expression does too much work"),
        }
    }
}

impl From<Absence> for Fault {
    fn from(why: Absence) -> Self {
        Self::Absent(why)
    }
}
