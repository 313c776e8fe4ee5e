//! How a text is to look: what the terminal can do, and how much is wanted.

use std::fmt;

use anstyle::{AnsiColor, Color, Effects};

use super::shown::Shown;
use crate::evaluate::Status;

/// What the reader's screen can do and how much is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub colour: bool,
    /// False: nothing but ASCII leaves; other characters are shown as escapes.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
    /// Nothing is folded, capped or clipped.
    pub verbose: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            colour: false,
            unicode: true,
            width: 100,
            verbose: false,
        }
    }
}

impl Look {
    /// The one way for a text onto a page: whatever a screen would obey, or an eye miss, becomes an escape.
    pub(super) fn show(self, text: impl fmt::Display) -> Shown {
        Shown::new(&text.to_string(), self.unicode)
    }

    /// The columns to write in; neither so few that nothing fits nor so many that the eye loses the line.
    pub(super) fn columns(self) -> usize {
        self.width.clamp(40, 120)
    }

    pub(super) const fn arrow(self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }

    pub(super) const fn bullet(self) -> &'static str {
        if self.unicode { "•" } else { "*" }
    }

    /// The sign of a status; its word always stands beside it.
    pub(super) const fn sign(self, status: Status) -> &'static str {
        match (status, self.unicode) {
            (Status::Good, true) => "✓",
            (Status::Good, false) => "+",
            (Status::Error, true) => "✗",
            (Status::Error, false) => "x",
            (Status::Warning, _) => "!",
            (Status::Unknown, _) => "?",
            (Status::NotApplicable, _) => "-",
            (Status::Waived, _) => "~",
        }
    }
}

/// What a piece of text means; the only table of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Strong,
    Faint,
    Of(Status),
}

impl Style {
    pub(super) fn ansi(self) -> anstyle::Style {
        let coloured = |colour| anstyle::Style::new().fg_color(Some(Color::Ansi(colour)));
        match self {
            Self::Plain => anstyle::Style::new(),
            Self::Strong => anstyle::Style::new().effects(Effects::BOLD),
            Self::Of(Status::Error) => coloured(AnsiColor::Red).effects(Effects::BOLD),
            Self::Of(Status::Warning) => coloured(AnsiColor::Yellow).effects(Effects::BOLD),
            Self::Of(Status::Unknown) => coloured(AnsiColor::Magenta).effects(Effects::BOLD),
            Self::Of(Status::Good) => coloured(AnsiColor::Green),
            Self::Of(Status::Waived) => coloured(AnsiColor::Cyan),
            Self::Faint | Self::Of(Status::NotApplicable) => anstyle::Style::new().effects(Effects::DIMMED),
        }
    }
}
