//! Texts with the names that people know them by, and places in them.
//!
//! Places are byte offsets while they travel and become line and column only when shown.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// The text of a source: part of the program, or read from a file.
#[derive(Clone, Debug)]
pub enum Text {
    Embedded(&'static str),
    Read(Arc<str>),
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Embedded(text) => text,
            Self::Read(text) => text,
        }
    }
}

impl<T: Into<Arc<str>>> From<T> for Text {
    fn from(text: T) -> Self {
        Self::Read(text.into())
    }
}

/// One text of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A part of one source, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub source: SourceId,
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        Self {
            source,
            start,
            end: end.max(start),
        }
    }

    /// The start of a source, for what concerns it as a whole.
    pub fn whole(source: SourceId) -> Self {
        Self::new(source, 0, 0)
    }

    /// Returns the empty span at the start of this one.
    #[must_use]
    pub fn start(self) -> Self {
        Self::new(self.source, self.start, self.start)
    }

    /// Returns the span from the start of this one to the end of the other.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self::new(self.source, self.start, other.end)
    }
}

/// A span as people count: lines and columns from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

#[derive(Clone, Debug)]
struct Source {
    name: Arc<str>,
    text: Text,
    /// Where lines start; made when the first place is asked for.
    lines: OnceLock<Vec<u32>>,
}

/// All texts that diagnostics may speak of.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl SourceMap {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text under the name that people see.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Text>) -> SourceId {
        let id = u32::try_from(self.sources.len()).expect("fewer sources than four thousand million");
        self.sources.push(Source {
            name: name.into(),
            text: text.into(),
            lines: OnceLock::new(),
        });
        SourceId(id)
    }

    pub fn name(&self, id: SourceId) -> &str {
        &self.source(id).name
    }

    pub fn text(&self, id: SourceId) -> &str {
        &self.source(id).text
    }

    /// Returns the text of a span, cut to what the source has.
    pub fn slice(&self, span: Span) -> &str {
        let text = self.text(span.source);
        &text[floor(text, span.start)..floor(text, span.end)]
    }

    /// Returns line and column of a span; a place beyond the text is its end.
    pub fn place(&self, span: Span) -> Place {
        let (line, column) = self.line_and_column(span.source, span.start);
        let (end_line, end_column) = self.line_and_column(span.source, span.end);
        Place {
            line,
            column,
            end_line,
            end_column,
        }
    }

    /// Returns a line by its number from 1, without its line break, and the offset where it starts.
    pub(super) fn line(&self, id: SourceId, number: usize) -> (usize, &str) {
        let text = self.text(id);
        let starts = self.starts(id);
        let begin = starts
            .get(number.saturating_sub(1))
            .map_or(text.len(), |start| *start as usize);
        let end = starts.get(number).map_or(text.len(), |start| *start as usize);
        (begin, text[begin..end].trim_end_matches(['\n', '\r']))
    }

    fn line_and_column(&self, id: SourceId, offset: usize) -> (usize, usize) {
        let text = self.text(id);
        let offset = floor(text, offset);
        let starts = self.starts(id);
        let line = starts.partition_point(|start| *start as usize <= offset);
        let begin = starts[line - 1] as usize;
        (line, text[begin..offset].chars().count() + 1)
    }

    fn starts(&self, id: SourceId) -> &[u32] {
        let source = self.source(id);
        source.lines.get_or_init(|| {
            let breaks = source.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            let after = breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
            std::iter::once(0).chain(after).collect()
        })
    }

    fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }
}

/// Moves an offset back to the start of the character that it is in.
pub(super) fn floor(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let mut sources = SourceMap::new();
        let id = sources.add("a.yaml", "größe: 1\r\nname: x");
        let at = |start, end| {
            let place = sources.place(Span::new(id, start, end));
            (place.line, place.column, place.end_line, place.end_column)
        };
        assert_eq!(at(0, 7), (1, 1, 1, 6));
        assert_eq!(at(12, 16), (2, 1, 2, 5));
        assert_eq!(at(900, 901), (2, 8, 2, 8));
        assert_eq!(sources.line(id, 1), (0, "größe: 1"));
        assert_eq!(sources.line(id, 9), (19, ""));
        assert_eq!(sources.slice(Span::new(id, 0, 3)), "gr");
    }

    #[test]
    fn an_empty_text_has_a_first_line() {
        let mut sources = SourceMap::new();
        let id = sources.add("empty.yaml", "");
        assert_eq!(sources.place(Span::whole(id)).line, 1);
    }
}
