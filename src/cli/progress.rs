//! Shows how a collection goes on: one live line on a terminal, now and then a plain one elsewhere.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::terminal::Terminal;
use crate::collect::Progress;
use crate::diagnostic::visible;
use crate::facts::{Absence, FactPath};

/// Counts facts and shows the count.
#[derive(Debug)]
pub(crate) struct Counter<'a> {
    terminal: &'a Terminal,
    all: Cell<usize>,
    done: Cell<usize>,
    /// What could not be read, by what it is rooted in.
    roots: RefCell<BTreeSet<String>>,
    told: Cell<Instant>,
}

impl<'a> Counter<'a> {
    /// So often a plain line is written at most.
    const PAUSE: Duration = Duration::from_secs(10);

    pub(crate) fn new(terminal: &'a Terminal) -> Self {
        Self {
            terminal,
            all: Cell::new(0),
            done: Cell::new(0),
            roots: RefCell::default(),
            told: Cell::new(Instant::now()),
        }
    }
}

impl Progress for Counter<'_> {
    fn started(&self, facts: usize) {
        self.all.set(facts);
        if self.terminal.is_live() {
            self.terminal.show_line(&format!("reading {facts} facts"));
        } else {
            self.terminal.note(&format!("reading {facts} facts"));
        }
    }

    fn read(&self, fact: &FactPath, why_not: Option<&Absence>) {
        self.done.set(self.done.get() + 1);
        if let Some(why) = why_not
            && self.roots.borrow_mut().insert(why.root.to_string())
        {
            tracing::info!(fact.path = %fact, cause = %why.cause, "a fact could not be read");
        }
        let told = format!("reading facts: {} of {}", self.done.get(), self.all.get());
        if self.terminal.is_live() {
            let name = fact.to_string();
            self.terminal.show_line(&format!("{told}  {}", visible(&name)));
        } else if self.told.get().elapsed() >= Self::PAUSE {
            self.told.set(Instant::now());
            self.terminal.note(&told);
        }
    }

    fn finished(&self) {
        self.terminal.clear_line();
    }
}
