//! What an expression may cost: steps, so that it ends, and room, so that what it builds fits into memory.

use std::cell::Cell;
use std::fmt::{self, Write};

use super::fault::Fault;
use crate::facts::FactValue;

/// The longest text that an expression may build, in bytes.
const MAX_TEXT: usize = 1024 * 1024;

/// So many bytes of text cost as much as one item.
const BYTES_AN_ITEM: usize = 64;

/// How much work the expressions of a rule may do, and how much those of one subject may build.
#[derive(Debug)]
pub struct Budget {
    /// One for each step and for each item that a function looks at.
    steps: Cell<u64>,
    /// One for each item of a list that is built.
    room: Cell<u64>,
    /// Bytes of what the findings say.
    words: Cell<usize>,
}

impl Budget {
    /// Enough for lists of some hundred thousand records, and less than 64 MiB.
    const ROOM: u64 = 1_000_000;

    /// Enough for a hundred thousand findings that say a few lines each, and half of 64 MiB.
    const WORDS: usize = 32 << 20;

    pub const fn new(steps: u64) -> Self {
        Self {
            steps: Cell::new(steps),
            room: Cell::new(Self::ROOM),
            words: Cell::new(Self::WORDS),
        }
    }

    /// Enough to make the values of a fact out of some hundred thousand rows.
    pub const fn for_rows() -> Self {
        Self::new(50_000_000)
    }

    pub fn spend(&self, steps: u64) -> Result<(), Fault> {
        let left = self.steps.get().checked_sub(steps).ok_or(Fault::Budget)?;
        self.steps.set(left);
        Ok(())
    }

    /// Spends what reading a text of this length costs.
    pub(super) fn spend_text(&self, bytes: usize) -> Result<(), Fault> {
        self.spend((bytes / BYTES_AN_ITEM) as u64)
    }

    /// Takes room for what a finding says; unlike what an expression builds, it stays.
    pub fn say(&self, bytes: usize) -> Result<(), Fault> {
        let left = self.words.get().checked_sub(bytes).ok_or(Fault::Budget)?;
        self.words.set(left);
        Ok(())
    }

    /// Takes room for items that are about to be built.
    pub(super) fn build(&self, items: usize) -> Result<(), Fault> {
        let left = self.room.get().checked_sub(items as u64).ok_or(Fault::Budget)?;
        self.room.set(left);
        Ok(())
    }

    /// Gives all room back: what was built before is no longer there.
    pub fn renew(&self) {
        self.room.set(Self::ROOM);
    }

    /// Takes room for a text that is about to be built.
    pub(super) fn build_text(&self, bytes: usize) -> Result<(), Fault> {
        if bytes > MAX_TEXT {
            return Err(Fault::Budget);
        }
        self.build(bytes / BYTES_AN_ITEM)
    }

    /// A list of these items.
    pub(super) fn list(&self, items: Vec<FactValue>) -> Result<FactValue, Fault> {
        self.build(items.len())?;
        Ok(FactValue::List(items.into()))
    }

    /// The values as text, one behind the other.
    pub(super) fn text(
        &self,
        values: impl IntoIterator<Item = impl fmt::Display>,
    ) -> Result<FactValue, Fault> {
        let mut text = Limited(String::new());
        for value in values {
            write!(text, "{value}").map_err(|_| Fault::Budget)?;
        }
        self.build_text(text.0.len())?;
        Ok(FactValue::text(text.0))
    }
}

impl Default for Budget {
    /// Enough for joins over collections of a million records.
    fn default() -> Self {
        Self::new(10_000_000)
    }
}

/// A text that does not grow beyond what is allowed.
struct Limited(String);

impl Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_TEXT {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}
