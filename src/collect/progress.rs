//! What a collection tells while it runs.

use crate::facts::{Absence, FactPath};

/// Hears how a collection goes on.
pub trait Progress {
    /// So many facts will be read.
    fn started(&self, facts: usize);
    /// A fact was read, or not.
    fn read(&self, fact: &FactPath, why_not: Option<&Absence>);
    fn finished(&self);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn started(&self, _: usize) {}
    fn read(&self, _: &FactPath, _: Option<&Absence>) {}
    fn finished(&self) {}
}
