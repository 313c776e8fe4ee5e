//! "This file is wrong, here": what is said about files that people write.
//!
//! A [`Diagnostic`] names a code, a place and what to do. Decoders push all they find into one
//! [`Diagnostics`] and go on, so that a person sees every mistake of a file at once. Nothing here
//! prints: [`human()`] and [`json()`] return text. Findings about servers are no diagnostics; they
//! belong to `evaluate`. Whatever comes from a file passes through [`visible()`] on its way to a screen.

mod human;
mod json;
mod source;
mod suggest;
mod visible;

pub use human::human;
pub use json::json;
pub use source::{SourceId, SourceMap, Span, Text};
pub use suggest::suggest;
pub use visible::{excerpt, visible};

/// How grave a diagnostic is: an error stops the run, a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// A place and what is to be said there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    /// May be empty: then only the caret is shown.
    pub text: String,
}

/// One thing that is wrong with a file.
#[must_use = "a diagnostic is told only when it is pushed"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name of the kind of mistake, in kebab case.
    pub code: &'static str,
    pub severity: Severity,
    /// One line, lower case, no full stop.
    pub message: String,
    /// The fault itself.
    pub primary: Option<Label>,
    /// Other places that explain it, such as the line that decided.
    pub labels: Vec<Label>,
    /// What to do about it, one line each.
    pub help: Vec<String>,
}

impl Diagnostic {
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message.into())
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message.into())
    }

    fn new(code: &'static str, severity: Severity, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            primary: None,
            labels: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Sets the place of the fault; `text` stands beside the caret and may be empty.
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds another place.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds a line of help.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds "did you mean" when one of the candidates is near.
    pub fn did_you_mean<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match suggest(word, candidates) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// All diagnostics of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
    errors: usize,
    dropped: usize,
    hidden: Vec<Span>,
}

impl Diagnostics {
    /// More than this helps nobody, and a hostile file must not fill the memory with complaints.
    const LIMIT: usize = 200;

    pub fn new() -> Self {
        Self::default()
    }

    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.errors += usize::from(diagnostic.severity == Severity::Error);
        if self.items.len() < Self::LIMIT {
            self.items.push(diagnostic);
        } else {
            self.dropped += 1;
        }
    }

    /// Takes over what another collection holds.
    pub fn append(&mut self, other: Self) {
        let counted = self.errors + other.errors;
        self.dropped += other.dropped;
        self.hidden.extend(other.hidden);
        for diagnostic in other.items {
            self.push(diagnostic);
        }
        self.errors = counted;
    }

    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    pub fn error_count(&self) -> usize {
        self.errors
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Keeps a part of a file out of all frames: it may be a secret in the wrong place.
    pub fn hide(&mut self, span: Span) {
        self.hidden.push(span);
    }

    /// Returns how many were too many to keep.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Returns them by file and place; those without a place come first.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<&Diagnostic> = self.items.iter().collect();
        sorted.sort_by_key(|item| {
            (
                item.primary.as_ref().map(|label| label.span),
                item.severity,
                item.code,
            )
        });
        sorted
    }

    /// Hands out the value with the warnings, or everything when there is an error.
    pub fn into_result<T>(self, value: Option<T>) -> Result<(T, Self), Self> {
        match value {
            Some(value) if !self.has_errors() => Ok((value, self)),
            _ => Err(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_by_file_and_place() {
        let mut sources = SourceMap::new();
        let (a, b) = (
            sources.add("a.yaml", "x: 1\ny: 2\n"),
            sources.add("b.yaml", "z: 3\n"),
        );
        let mut all = Diagnostics::new();
        all.push(Diagnostic::error("three", "third").at(Span::new(b, 0, 1), ""));
        all.push(Diagnostic::warning("two", "second").at(Span::new(a, 5, 6), ""));
        all.push(Diagnostic::error("one", "first").at(Span::new(a, 0, 1), ""));
        all.push(Diagnostic::error("zero", "no place"));
        let codes: Vec<_> = all.sorted().iter().map(|item| item.code).collect();
        assert_eq!(codes, ["zero", "one", "two", "three"]);
        assert_eq!(all.error_count(), 3);
        assert!(all.into_result(Some(())).is_err());
    }

    #[test]
    fn keeps_a_bounded_number() {
        let mut all = Diagnostics::new();
        for _ in 0..Diagnostics::LIMIT + 7 {
            all.push(Diagnostic::error("many", "again"));
        }
        let mut sum = Diagnostics::new();
        sum.append(all.clone());
        sum.append(all);
        assert_eq!(sum.sorted().len(), Diagnostics::LIMIT);
        assert_eq!(sum.dropped(), Diagnostics::LIMIT + 14);
        assert_eq!(sum.error_count(), 2 * Diagnostics::LIMIT + 14);
    }

    #[test]
    fn warnings_do_not_stop() {
        let mut all = Diagnostics::new();
        all.push(Diagnostic::warning("old", "old word"));
        let (value, warnings) = all.into_result(Some(7)).unwrap();
        assert_eq!((value, warnings.is_empty()), (7, false));
    }
}
