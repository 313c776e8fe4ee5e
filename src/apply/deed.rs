//! One action of a step, carried out over its protocol.
//!
//! A file for each protocol turns the filled-in slots into what its transport writes. What does not fit is refused
//! before anything is sent.

use crate::facts::{Absence, Cause, FactValue};
use crate::plan::{Detail, Doing};
use crate::transport::Unwritten;

pub(super) mod dns;
pub(super) mod host;
pub(super) mod ldap;
pub(super) mod setting;
pub(super) mod tds;
#[cfg(test)]
mod tests;

/// An action with everything that it is told, or a part of that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deed<'a> {
    doing: &'a Doing,
    details: &'a [(String, Detail)],
}

impl<'a> Deed<'a> {
    pub(super) fn new(doing: &'a Doing) -> Self {
        let details = &doing.details;
        Self { doing, details }
    }

    /// What it is told of each of several, where this slot is the first that each has.
    pub(super) fn each(self, first: &str) -> impl Iterator<Item = Self> {
        let begins = move |(slot, _): &(String, Detail)| slot == first;
        let parts = self.details.chunk_by(move |_, next| !begins(next));
        let doing = self.doing;
        parts
            .filter(move |part| part.first().is_some_and(begins))
            .map(move |details| Self { doing, details })
    }

    /// The word of the table of verbs: `modify`.
    pub(super) const fn verb(self) -> &'static str {
        self.doing.verb
    }

    fn detail(self, name: &str) -> Option<&'a Detail> {
        let mut found = self.details.iter().filter(|(slot, _)| slot == name);
        found.next().map(|(_, detail)| detail)
    }

    /// A text that the pack wrote, with its values in it.
    pub(super) fn text(self, slot: &str) -> Result<&'a str, Unwritten> {
        match self.detail(slot) {
            Some(Detail::Text(text)) => Ok(text),
            Some(Detail::Value(FactValue::Text(text))) => Ok(text),
            _ => Err(self.refused(format!("`{slot}` is no text"))),
        }
    }

    /// The same, where it may be left out.
    pub(super) fn optional_text(self, slot: &str) -> Result<Option<&'a str>, Unwritten> {
        self.detail(slot).map(|_| self.text(slot)).transpose()
    }

    pub(super) fn value(self, slot: &str) -> Result<&'a FactValue, Unwritten> {
        match self.detail(slot) {
            Some(Detail::Value(FactValue::Absent(why))) => Err(Unwritten::refused(Absence::clone(why))),
            Some(Detail::Value(value)) => Ok(value),
            _ => Err(self.refused(format!("`{slot}` has no value"))),
        }
    }

    /// The same, where it may be left out or be `()`.
    pub(super) fn optional_value(self, slot: &str) -> Result<Option<&'a FactValue>, Unwritten> {
        let value = self.detail(slot).map(|_| self.value(slot)).transpose()?;
        Ok(value.filter(|value| **value != FactValue::Nothing))
    }

    /// The entries of a slot that has several, such as the attributes of `replace`, by their names.
    pub(super) fn entries(self, slot: &str) -> Result<Vec<(&'a str, &'a FactValue)>, Unwritten> {
        let mut entries = Vec::new();
        for (name, detail) in self.details {
            let entry = name.strip_prefix(slot).and_then(|rest| rest.strip_prefix(' '));
            match (entry, detail) {
                (None, _) => {}
                (Some(_), Detail::Value(FactValue::Absent(why))) => {
                    return Err(Unwritten::refused(Absence::clone(why)));
                }
                (Some(entry), Detail::Value(value)) => entries.push((entry, value)),
                (Some(entry), _) => return Err(self.refused(format!("`{entry}` has no value"))),
            }
        }
        Ok(entries)
    }

    /// The refusal of an action that does not fit its protocol.
    pub(super) fn refused(self, why: String) -> Unwritten {
        let what = format!("{} {}", self.doing.protocol, self.doing.verb);
        Unwritten::refused(Absence::new(Cause::Malformed, what, why))
    }
}
