//! Columns that keep to the width of a screen.

use super::look::Style;
use super::page::Page;
use super::shown::Shown;

/// Rows under a header; the last column takes what is left and is wrapped.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Vec<(Style, Shown)>>,
}

/// Between two columns.
const GAP: usize = 2;

impl Table {
    pub(super) fn new(page: &Page, header: &[&str]) -> Self {
        let header = header.iter().map(|title| (Style::Strong, page.look.show(title)));
        Self {
            rows: vec![header.collect()],
        }
    }

    pub(super) fn row<'a>(&mut self, page: &Page, cells: impl IntoIterator<Item = (Style, &'a str)>) {
        let cells = cells
            .into_iter()
            .map(|(style, text)| (style, page.look.show(text)));
        self.rows.push(cells.collect());
    }

    pub(super) fn put(self, page: &mut Page) {
        let columns = self.rows.first().map_or(0, Vec::len);
        let widest = |at: usize| self.rows.iter().map(|row| row[at].1.width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns.saturating_sub(1)).map(widest).collect();
        let last_starts: usize = widths.iter().map(|wide| wide + GAP).sum();
        for row in self.rows {
            let mut line = page.line(0);
            let mut column = 0;
            let mut cells = row.into_iter();
            for (wide, (style, text)) in widths.iter().zip(cells.by_ref()) {
                column += wide + GAP;
                line = line.shown(style, text).pad_to(column);
            }
            match cells.next() {
                Some((style, text)) => page.wrap(line, last_starts, style, text.as_str()),
                None => page.put(&line),
            }
        }
    }
}
