//! Why a command could not run, and what to do next.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::terminal::Tone;
use crate::diagnostic::{self, Diagnostics, SourceMap, visible};
use crate::pipeline::Failure;

/// A run that could not be; exit code 2.
#[derive(Debug)]
pub(crate) struct Refusal {
    message: String,
    diagnostics: Diagnostics,
    next: Vec<String>,
}

/// What a command gives back.
pub(crate) type Outcome<T> = Result<T, Refusal>;

impl Refusal {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            diagnostics: Diagnostics::new(),
            next: Vec::new(),
        }
    }

    /// Files that people wrote are wrong.
    pub(crate) fn files(diagnostics: Diagnostics) -> Self {
        Self::from(Failure::Files(diagnostics))
    }

    /// Adds what a person does next.
    #[must_use]
    pub(crate) fn next(mut self, step: impl Into<String>) -> Self {
        self.next.push(step.into());
        self
    }

    pub(crate) fn human(&self, sources: &SourceMap, colour: bool) -> String {
        let mut text = diagnostic::human(&self.diagnostics, sources, colour);
        let _ = writeln!(text, "{} {}", Tone::Error.paint("error:"), visible(&self.message));
        for step in &self.next {
            let _ = writeln!(text, "  {} {}", Tone::Strong.paint("next step:"), visible(step));
        }
        text
    }

    pub(crate) fn json(&self, sources: &SourceMap) -> Value {
        let diagnostics: Vec<Value> = self
            .diagnostics
            .sorted()
            .into_iter()
            .map(|item| diagnostic::json(item, sources))
            .collect();
        json!({ "error": { "message": self.message, "next_steps": self.next, "diagnostics": diagnostics } })
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let refusal = Self::new(failure.to_string());
        match failure {
            Failure::Files(diagnostics) => Self {
                diagnostics,
                ..refusal
            },
            Failure::Snapshot { .. } => refusal.next("record it again: standin collect PAIR --out FILE"),
            Failure::File { .. } => refusal,
            Failure::Budget(rule) => refusal.next(format!(
                "try its examples (standin rules test --only {rule}), or leave it out (--skip {rule})"
            )),
        }
    }
}
