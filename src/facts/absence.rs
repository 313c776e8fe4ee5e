//! Why a fact is not known. Never a default, never "no".

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What kept a fact from being read: a closed list, so that each has its next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    Unreachable,
    Timeout,
    BadCredentials,
    Denied,
    NotFound,
    Unsupported,
    Malformed,
    Truncated,
    Ambiguous,
    NotConfigured,
    NotCollected,
}

impl Cause {
    /// Every cause, in the order in which documents list them.
    pub const ALL: [Self; 11] = [
        Self::Unreachable,
        Self::Timeout,
        Self::BadCredentials,
        Self::Denied,
        Self::NotFound,
        Self::Unsupported,
        Self::Malformed,
        Self::Truncated,
        Self::Ambiguous,
        Self::NotConfigured,
        Self::NotCollected,
    ];

    /// The word used in files, expressions and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::BadCredentials => "bad_credentials",
            Self::Denied => "denied",
            Self::NotFound => "not_found",
            Self::Unsupported => "unsupported",
            Self::Malformed => "malformed",
            Self::Truncated => "truncated",
            Self::Ambiguous => "ambiguous",
            Self::NotConfigured => "not_configured",
            Self::NotCollected => "not_collected",
        }
    }

    /// What a person does next about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Unreachable => "check that the server is up and that its name, address and port are right",
            Self::Timeout => "check the network path, or allow more time (`deadline`, `--timeout`)",
            Self::BadCredentials => {
                "check user and password; no further try is made, so that no account is locked out"
            }
            Self::Denied => "give the account the right to read this, or use another account",
            Self::NotFound => "check that it exists under this name, and that the account may read it",
            Self::Unsupported => "the server or this build cannot do this; the detail says what would",
            Self::Malformed => "what came back is not what was asked for; look at the value on the server",
            Self::Truncated => "the answer was cut off; raise the limit or narrow the question",
            Self::Ambiguous => "more than one answer fits; make the names unique",
            Self::NotConfigured => "say it in the pair file",
            Self::NotCollected => "collect it: run a live check, or one without the filter that left it out",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Cause {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|c| c.word() == word).ok_or(())
    }
}

/// Why one fact is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Absence {
    pub cause: Cause,
    /// What happened, in one line for people; never a secret.
    pub detail: Arc<str>,
    /// What it is rooted in: the endpoint that failed, or the fact that could not be read.
    pub root: Arc<str>,
}

impl Absence {
    pub fn new(cause: Cause, root: impl Into<Arc<str>>, detail: impl Into<Arc<str>>) -> Self {
        Self {
            cause,
            detail: detail.into(),
            root: root.into(),
        }
    }

    /// The absence of a fact that nobody tried to read.
    pub fn not_collected(fact: &str) -> Self {
        Self::new(Cause::NotCollected, fact, format!("{fact} was not collected"))
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.detail, self.cause)
    }
}
