//! Shows how a run goes on: one live line on a terminal, one line a step elsewhere.

use std::cell::Cell;

use super::site::Job;
use crate::apply::{Event, Watch};
use crate::cli::terminal::Terminal;
use crate::diagnostic::visible;

/// Counts steps and shows them.
pub(super) struct Told<'a> {
    terminal: &'a Terminal,
    /// What each step would do.
    would: Vec<String>,
    over: Cell<usize>,
}

impl<'a> Told<'a> {
    pub(super) fn new(terminal: &'a Terminal, job: &Job) -> Self {
        let tasks = match job {
            Job::Begin(tasks, _) => tasks,
            Job::GoOn(book) | Job::Back(book) => book.tasks(),
        };
        Self {
            terminal,
            would: tasks.iter().map(|task| task.would.clone()).collect(),
            over: Cell::new(0),
        }
    }

    pub(super) fn finished(&self) {
        self.terminal.clear_line();
    }
}

impl Watch for Told<'_> {
    fn step(&self, number: usize, event: Event<'_>) {
        let (word, is_over) = match event {
            Event::Begins => ("doing", false),
            Event::Done => ("done", true),
            Event::WasSo => ("was so", true),
            Event::Failed(_) => ("not done", true),
            Event::GoesBack => ("taking back", false),
            Event::TakenBack => ("taken back", true),
            Event::Stuck(_) => ("a person has to look", true),
        };
        self.over.set(self.over.get() + usize::from(is_over));
        let would = self.would.get(number - 1).map_or("", String::as_str);
        let line = format!(
            "step {number} of {}: {word}: {}",
            self.would.len(),
            visible(would)
        );
        if self.terminal.is_live() {
            self.terminal.show_line(&line);
        } else if is_over {
            self.terminal.note(&line);
        }
    }
}
