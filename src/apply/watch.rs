//! What a run tells while it goes on.

use crate::facts::Absence;

/// Hears how a run goes on; steps are told by their number, from 1 on.
pub trait Watch {
    fn step(&self, number: usize, event: Event<'_>);

    /// So many entries were put into the journal at once and are on disk.
    fn wrote(&self, entries: usize) {
        let _ = entries;
    }
}

/// What happened to a step.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// It is being done.
    Begins,
    /// What it was to bring about is there.
    Done,
    /// It was so already; nothing was done.
    WasSo,
    /// It was not done, or not whole.
    Failed(&'a Absence),
    /// It is being taken back.
    GoesBack,
    /// What was before is there again.
    TakenBack,
    /// It stays as it is, and a person has to look at it.
    Stuck(&'a Absence),
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn step(&self, _: usize, _: Event<'_>) {}
}
