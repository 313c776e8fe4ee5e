//! Patterns of `capture`: checked when a pack is loaded, made ready when they are used.
//!
//! Matching takes time in proportion to the text, whatever the pattern. What a pattern takes in memory can be many
//! times its text, so few are kept ready.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::budget::Budget;
use super::fault::Fault;

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 256;
/// The most that a pattern may take when it is ready, in bytes.
const MAX_READY: usize = 128 * 1024;
/// So many patterns are kept ready.
const KEPT: usize = 32;
/// The longest text that is matched, in bytes.
const MAX_TEXT: usize = 16 * 1024;

thread_local! {
    static READY: RefCell<BTreeMap<Arc<str>, Regex>> = RefCell::default();
}

/// A pattern that is known to be one and to have a group.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Arc<str>);

impl Pattern {
    /// Checks a pattern; the error says what is wrong with it.
    pub(super) fn new(text: &Arc<str>) -> Result<Self, String> {
        if text.len() > MAX_PATTERN {
            return Err(format!("a pattern is not longer than {MAX_PATTERN} bytes"));
        }
        match ready(text) {
            Ok(regex) if regex.captures_len() >= 2 => Ok(Self(text.clone())),
            Ok(_) => Err("the pattern has no group `( )` to be captured".to_owned()),
            Err(error) => Err(format!("the pattern is not one: {error}")),
        }
    }

    /// What the first group matches, if the pattern does.
    pub(super) fn capture(&self, budget: &Budget, text: &str) -> Result<Option<Arc<str>>, Fault> {
        if text.len() > MAX_TEXT {
            let message = format!("capture looks at texts of up to {MAX_TEXT} bytes");
            return Err(Fault::mixed(message));
        }
        budget.spend(text.len() as u64)?;
        let regex = ready(&self.0).map_err(|error| Fault::mixed(error.to_string()))?;
        let group = regex.captures(text).and_then(|found| found.get(1));
        Ok(group.map(|group| group.as_str().into()))
    }
}

/// The pattern, ready to match.
fn ready(text: &Arc<str>) -> Result<Regex, regex::Error> {
    if let Some(regex) = READY.with_borrow(|ready| ready.get(text).cloned()) {
        return Ok(regex);
    }
    let mut builder = RegexBuilder::new(text);
    let regex = builder.size_limit(MAX_READY).dfa_size_limit(MAX_READY).build()?;
    READY.with_borrow_mut(|ready| {
        if ready.len() >= KEPT {
            ready.clear();
        }
        ready.insert(text.clone(), regex.clone());
    });
    Ok(regex)
}
