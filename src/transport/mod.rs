//! The only outgoing connections, one file a protocol.
//!
//! A transport carries a question to a server and brings back its answer or an [`Absence`] that says exactly why
//! there is none: within a deadline, within memory limits, over a verified connection. It knows protocols, not what
//! an answer means; what a server says is data and is clipped, never interpreted as text to run.

use std::sync::Arc;

use crate::facts::{Absence, Cause};

pub mod browser;
mod deadline;
pub mod dns;
pub mod host;
pub mod ldap;
pub mod local;
mod log_on;
mod pool;
pub mod tcp;
pub mod tds;
#[cfg(all(feature = "kerberos", unix))]
mod ticket;
mod tls;

pub use log_on::LogOnGate;
pub use tls::tls_reach;

/// Text from a server is shown up to this many characters.
const CLIP: usize = 200;

/// What went wrong, before it is said for which endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) cause: Cause,
    /// One line for people; never a secret.
    pub(crate) detail: String,
}

impl Trouble {
    pub(crate) fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self {
            cause,
            detail: detail.into(),
        }
    }

    /// The absence of everything that was asked from `endpoint`.
    pub(crate) fn at(self, endpoint: &Arc<str>) -> Absence {
        Absence::new(self.cause, Arc::clone(endpoint), self.detail)
    }
}

/// Why something was not written, or may not have been. Nothing is ever written a second time by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritten {
    pub why: Absence,
    /// Whether the other side, or this one before it sent anything, said no: then nothing was changed. Else only
    /// reading tells whether it was.
    pub refused: bool,
}

impl Unwritten {
    /// Nothing was changed.
    pub const fn refused(why: Absence) -> Self {
        Self { why, refused: true }
    }

    /// It may have been changed: the answer is missing or makes no sense.
    pub const fn uncertain(why: Absence) -> Self {
        Self { why, refused: false }
    }
}

/// Makes one short line of what a server says.
pub(crate) fn clip(text: &str) -> String {
    let mut line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if let Some((end, _)) = line.char_indices().nth(CLIP) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_becomes_one_short_line() {
        assert_eq!(clip("a\r\n\tb\u{0}"), "a b");
        assert_eq!(clip("\u{1b}[31mred"), "[31mred");
        let long = "ä".repeat(500);
        assert_eq!(clip(&long), format!("{}…", "ä".repeat(CLIP)));
    }
}
