//! From a place inside a scalar's text back to the file: for carets in expressions and templates.

use super::{Kind, Lines, Node, Style};
use crate::diagnostic::Span;

impl Node {
    /// Maps a line and column of the scalar's text, both from 1, to the word there in the file.
    ///
    /// Where the text was rewritten on reading (folded, with escapes), the place is the scalar's start.
    pub fn locate(&self, line: usize, column: usize) -> Span {
        self.mapped(line, column).unwrap_or_else(|| self.span.start())
    }

    fn mapped(&self, line: usize, column: usize) -> Option<Span> {
        let Kind::Scalar(scalar) = &self.kind else {
            return None;
        };
        let begin = match &scalar.lines {
            Lines::Rewritten => return None,
            Lines::One(begin) => [*begin].get(line.checked_sub(1)?).copied()?,
            Lines::Several(lines) => lines.get(line.checked_sub(1)?).copied()?,
        };
        let text = scalar.raw.split('\n').nth(line - 1)?;
        let at = text
            .char_indices()
            .nth(column.checked_sub(1)?)
            .map_or(text.len(), |(at, _)| at);
        let rest = &text[at..];
        let word = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let start = begin + at;
        Some(Span::new(self.span.source, start, start + word.max(first)))
    }
}

/// Finds the offset of each line of a scalar's text.
pub(super) fn lines(source: &str, start: usize, end: usize, raw: &str, style: Style) -> Lines {
    let found = match style {
        Style::Plain => single(source, start, end, raw),
        Style::Quoted => single(source, start + 1, end.saturating_sub(1), raw),
        Style::Literal => literal(source, start, raw),
        Style::Folded => None,
    };
    found.unwrap_or(Lines::Rewritten)
}

fn single(source: &str, start: usize, end: usize, raw: &str) -> Option<Lines> {
    (source.get(start..end)? == raw && !raw.contains('\n')).then_some(Lines::One(start))
}

/// The parser's place of a `|` scalar is behind the indentation of its first line that is not empty.
fn literal(source: &str, start: usize, raw: &str) -> Option<Lines> {
    let line_start = source.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = start - line_start;
    let empty = raw.bytes().take_while(|byte| *byte == b'\n').count();
    let mut offsets = vec![start; empty];
    let mut at = line_start;
    for line in raw[empty..].split('\n') {
        let rest = source.get(at..)?;
        let spaces = rest.bytes().take(indent).take_while(|byte| *byte == b' ').count();
        if !rest[spaces..].starts_with(line) {
            return None;
        }
        offsets.push(at + spaces);
        at += rest.find('\n').map_or(rest.len(), |end| end + 1);
    }
    Some(Lines::Several(offsets.into()))
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, parse};
    use crate::diagnostic::{Diagnostics, SourceMap};

    /// Returns what the file has at a place of the value of `a`.
    fn at(text: &str, line: usize, column: usize) -> (usize, String) {
        let mut sources = SourceMap::new();
        let id = sources.add("a.yaml", text);
        let tree = parse(id, &sources, &Limits::default(), &mut Diagnostics::new()).unwrap();
        let span = tree.get("a").unwrap().locate(line, column);
        (span.start, sources.slice(span).to_owned())
    }

    #[test]
    fn maps_into_the_file() {
        let rows = [
            ("a: x == größe", 1, 6, (8, "größe")),
            ("a: 'x == y'", 1, 6, (9, "y")),
            ("a: \"ä == y\"", 1, 3, (7, "=")),
            ("a: |\n  one\n\n    two x\nb: 1", 3, 7, (20, "x")),
            ("a: |\n\n\n  one\n", 3, 1, (9, "one")),
            ("a: |2\n    one\n   two\n", 2, 2, (17, "two")),
            ("a: |-\r\n  one\r\n  two\r\n", 2, 1, (16, "two")),
            ("a: one", 1, 9, (6, "")),
        ];
        for (text, line, column, (start, found)) in rows {
            assert_eq!(at(text, line, column), (start, found.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn a_rewritten_text_is_its_start() {
        let rows = [
            ("a: 'x''y'", 1, 3, 3),
            ("a: \"\\x41b\"", 1, 2, 3),
            ("a: >\n  one\n  two\n", 1, 5, 7),
            ("a: one\n  two", 1, 5, 3),
            ("a: one", 7, 1, 3),
            ("a: one", 0, 0, 3),
            ("a: [one]", 1, 1, 3),
        ];
        for (text, line, column, start) in rows {
            assert_eq!(at(text, line, column), (start, String::new()), "{text:?}");
        }
    }
}
