//! The one writer of everything that people read.
//!
//! A page takes [`Shown`] text only, so that nothing from a server, a pack or a file reaches a screen as it is;
//! escape sequences and line breaks come from here and from nowhere else.

use std::fmt;

use super::look::{Look, Style};
use super::shown::Shown;

/// A line while it is put together.
#[derive(Clone, Debug)]
pub(super) struct Line {
    look: Look,
    pieces: Vec<(Style, Shown)>,
}

impl Line {
    #[must_use]
    pub(super) fn add(mut self, style: Style, text: impl fmt::Display) -> Self {
        self.pieces.push((style, self.look.show(text)));
        self
    }

    #[must_use]
    pub(super) fn plain(self, text: impl fmt::Display) -> Self {
        self.add(Style::Plain, text)
    }

    #[must_use]
    pub(super) fn faint(self, text: impl fmt::Display) -> Self {
        self.add(Style::Faint, text)
    }

    /// Adds a text that was shown already.
    #[must_use]
    pub(super) fn shown(mut self, style: Style, text: Shown) -> Self {
        self.pieces.push((style, text));
        self
    }

    /// Fills up with spaces to a column.
    #[must_use]
    pub(super) fn pad_to(self, column: usize) -> Self {
        let missing = column.saturating_sub(self.width());
        self.plain(" ".repeat(missing))
    }

    pub(super) fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.width()).sum()
    }
}

/// Lines of text.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) look: Look,
    text: String,
}

impl Page {
    pub(super) const fn new(look: Look) -> Self {
        Self {
            look,
            text: String::new(),
        }
    }

    /// A line that begins with this many spaces.
    pub(super) fn line(&self, indent: usize) -> Line {
        let line = Line {
            look: self.look,
            pieces: Vec::new(),
        };
        line.plain(" ".repeat(indent))
    }

    /// Writes a line, without spaces at its end.
    pub(super) fn put(&mut self, line: &Line) {
        let last = line
            .pieces
            .iter()
            .rposition(|(_, text)| !text.as_str().trim_end().is_empty());
        for (place, (style, text)) in line.pieces.iter().enumerate() {
            let text = match last {
                Some(last) if place < last => text.as_str(),
                Some(last) if place == last => text.as_str().trim_end(),
                _ => break,
            };
            self.piece(*style, text);
        }
        self.text.push('\n');
    }

    fn piece(&mut self, style: Style, text: &str) {
        let ansi = style.ansi();
        if self.look.colour && ansi != anstyle::Style::new() && !text.is_empty() {
            self.text.push_str(&ansi.render().to_string());
            self.text.push_str(text);
            self.text.push_str(&ansi.render_reset().to_string());
        } else {
            self.text.push_str(text);
        }
    }

    /// Writes a text after `head`, wrapped; the lines that follow begin at column `hang`.
    pub(super) fn wrap(&mut self, head: Line, hang: usize, style: Style, text: impl fmt::Display) {
        let shown = self.look.show(text);
        let shown = if self.look.verbose {
            shown
        } else {
            shown.clipped(LONGEST)
        };
        let columns = self.look.columns();
        let room = |used: usize| columns.saturating_sub(used).max(20);
        let mut lines = shown.wrapped(room(head.width()), room(hang)).into_iter();
        let first = lines.next().unwrap_or_default();
        self.put(&head.shown(style, first));
        for line in lines {
            let line = self.line(hang).shown(style, line);
            self.put(&line);
        }
    }

    /// An empty line, unless the page is empty or ends with one.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// The columns after which a paragraph is cut: whoever needs more asks for it.
const LONGEST: usize = 1_200;
