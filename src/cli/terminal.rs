//! The only place that writes to the screen: stdout is the answer, stderr is the talk.
//!
//! Whether there is colour is decided here for each of the two. A reader that goes away (`| head`) is no failure:
//! what is left is not written, and the run ends as a success.

use std::cell::{Cell, RefCell};
use std::env;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::diagnostic::visible;

/// When to write in colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set to something
    #[default]
    Auto,
    /// Also into files and pipes
    Always,
    /// Nowhere
    Never,
}

impl Colour {
    fn on(self, terminal: bool) -> bool {
        let refused = || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = || env::var_os("TERM").is_some_and(|term| term == "dumb");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && !refused() && !dumb(),
        }
    }
}

/// How much is told of what goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chatter {
    /// One line that is written over and over, and notes.
    Live,
    /// Notes, each in its line.
    Lines,
    Nothing,
}

/// Where the answer and the talk go.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// Whether the answer is coloured.
    pub(crate) colour: bool,
    /// Whether the talk is coloured.
    pub(crate) talk_colour: bool,
    chatter: Chatter,
    /// Whether a line stands on the screen that the next one replaces.
    line: Cell<bool>,
    gone: Cell<bool>,
    failure: RefCell<Option<io::Error>>,
}

impl Terminal {
    pub(crate) fn new(colour: Colour, quiet: bool, logging: bool) -> Self {
        let talks_to_a_person = io::stderr().is_terminal();
        Self {
            colour: colour.on(io::stdout().is_terminal()),
            talk_colour: colour.on(talks_to_a_person),
            chatter: if quiet {
                Chatter::Nothing
            } else if talks_to_a_person && !logging && env::var_os("TERM").is_none_or(|term| term != "dumb") {
                Chatter::Live
            } else {
                Chatter::Lines
            },
            line: Cell::new(false),
            gone: Cell::new(false),
            failure: RefCell::new(None),
        }
    }

    /// Whether one line of the talk may be written over and over.
    pub(crate) fn is_live(&self) -> bool {
        self.chatter == Chatter::Live
    }

    /// Columns of the screen that shows the answer; 100 where there is none.
    pub(crate) fn width() -> usize {
        let said = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        said.or_else(|| terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into()))
            .filter(|columns| *columns > 0)
            .unwrap_or(100)
    }

    /// Whether the screen that shows the answer knows more than ASCII.
    pub(crate) fn unicode() -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
        !io::stdout().is_terminal() || !matches!(locale.as_deref(), Some("C" | "POSIX"))
    }

    /// Writes a part of the answer, as it is.
    pub(crate) fn answer(&self, text: &str) {
        if self.gone.get() || text.is_empty() {
            return;
        }
        self.clear_line();
        let mut out = AutoStream::new(io::stdout().lock(), choice(self.colour));
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            self.gone.set(true);
            if error.kind() != ErrorKind::BrokenPipe {
                *self.failure.borrow_mut() = Some(error);
            }
        }
    }

    /// Whether whoever reads the answer went away.
    pub(crate) fn reader_left(&self) -> bool {
        self.gone.get() && self.failure.borrow().is_none()
    }

    /// Why the answer could not be written, if so.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.failure.borrow_mut().take()
    }

    /// Writes one line of talk, unless silence is wanted; what a terminal would obey is shown as escapes.
    pub(crate) fn note(&self, text: &str) {
        self.tell(&visible(text));
    }

    /// Writes talk that was made for a screen, unless silence is wanted.
    pub(crate) fn tell(&self, text: &str) {
        if self.chatter != Chatter::Nothing {
            self.complain(&format!("{text}\n"));
        }
    }

    /// Writes talk that must be read, as it is.
    pub(crate) fn complain(&self, text: &str) {
        self.clear_line();
        self.talk(text);
    }

    /// Asks a person, who says yes or does not; nothing when there is no person.
    pub(crate) fn ask(&self, question: &str) -> Option<bool> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        self.complain(&format!("{} [y/N] ", visible(question)));
        let mut said = String::new();
        io::stdin().read_line(&mut said).ok()?;
        Some(matches!(said.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Shows a question, and gives what waits for the answer of a person; nothing when there is no person.
    pub(crate) fn question(&self, question: &str) -> Option<impl FnOnce() -> Option<String> + Send + use<>> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        self.complain(&visible(question));
        Some(|| {
            let mut said = String::new();
            io::stdin().read_line(&mut said).ok()?;
            Some(said)
        })
    }

    /// Shows what goes on in one line that the next one replaces; nothing where there is no such line.
    pub(crate) fn show_line(&self, text: &str) {
        if self.is_live() {
            // A line that wraps could not be written over.
            let columns = terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| width.0);
            let text: String = text
                .chars()
                .take(usize::from(columns).saturating_sub(1))
                .collect();
            self.talk(&format!("\r{text}\x1b[K"));
            self.line.set(true);
        }
    }

    pub(crate) fn clear_line(&self) {
        if self.line.replace(false) {
            self.talk("\r\x1b[K");
        }
    }

    fn talk(&self, text: &str) {
        // The live line needs its two control sequences where colour is refused too.
        let raw = self.is_live() && text.starts_with('\r');
        let mut err = AutoStream::new(io::stderr().lock(), choice(self.talk_colour || raw));
        // Nobody can be told that talk is not heard.
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }
}

fn choice(colour: bool) -> ColorChoice {
    if colour {
        ColorChoice::Always
    } else {
        ColorChoice::Never
    }
}

/// What a piece of the talk, or of a listing, means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Strong,
    Faint,
    Good,
    Warning,
    Error,
}

impl Tone {
    fn style(self) -> Style {
        let coloured = |colour: AnsiColor| Style::new().fg_color(Some(anstyle::Color::Ansi(colour)));
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Good => coloured(AnsiColor::Green),
            Self::Warning => coloured(AnsiColor::Yellow).bold(),
            Self::Error => coloured(AnsiColor::Red).bold(),
        }
    }

    /// The text in its style; a stream without colour takes the style off again.
    pub(crate) fn paint(self, text: &str) -> String {
        let style = self.style();
        if self == Self::Plain || text.is_empty() {
            text.to_owned()
        } else {
            format!("{style}{text}{style:#}")
        }
    }
}
