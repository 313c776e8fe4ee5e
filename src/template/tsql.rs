//! T-SQL: a value is one whole token, of a kind that the template names.
//!
//! What a value may become cannot be seen from its place: a name, a text and bytes are written in three ways. So every
//! value ends in one of three filters. It does not stand within quotes, brackets or a comment, and it is written with
//! a blank on either side, so that it merges with nothing.

use super::context;
use super::scope::Fact;
use crate::facts::FactValue;
use minijinja::value::Object;
use minijinja::{Environment, Error, ErrorKind, Value};
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// The filters that make a token of a value: a name, a text, bytes.
pub(super) const FILTERS: [&str; 3] = ["ident", "lit", "hex"];

/// The most characters of a name, counted in UTF-16 as the server does.
const LONGEST_NAME: usize = 128;
/// The most bytes of a binary constant.
const LONGEST_BYTES: usize = 8000;

pub(super) fn add_filters(environment: &mut Environment<'_>) {
    environment.add_filter("ident", |value: &Value| token(value, ident));
    environment.add_filter("lit", |value: &Value| token(value, lit));
    environment.add_filter("hex", |value: &Value| token(value, hex));
}

/// What one of the filters made.
#[derive(Debug)]
struct Token(String);

impl Object for Token {
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn token(value: &Value, write: impl Fn(&Value) -> Result<String, String>) -> Result<Value, Error> {
    if value.downcast_object_ref::<Fact>().is_some_and(Fact::is_absent) {
        // that it was read is noted, and fails the whole text
        return Ok(value.clone());
    }
    let written = write(value).map_err(|message| Error::new(ErrorKind::BadEscape, message))?;
    Ok(Value::from_object(Token(written)))
}

/// The token that a filter made of a value.
pub(super) fn written(value: &Value) -> Result<String, String> {
    match value.downcast_object_ref::<Token>() {
        Some(Token(text)) => Ok(format!(" {text} ")),
        None => Err(NO_FILTER.to_owned()),
    }
}

pub(super) const NO_FILTER: &str = "a value in T-SQL ends in `| ident`, `| lit` or `| hex`";

fn ident(value: &Value) -> Result<String, String> {
    let name = context::plain(value)?;
    if name.is_empty() || name.contains('\0') {
        return Err("a name has at least one character, and none of them is NUL".to_owned());
    }
    if name.encode_utf16().count() > LONGEST_NAME {
        let shown = crate::diagnostic::excerpt(&name);
        return Err(format!(
            "`{shown}` is longer than the {LONGEST_NAME} characters of a name"
        ));
    }
    Ok(format!("[{}]", name.replace(']', "]]")))
}

fn lit(value: &Value) -> Result<String, String> {
    let text = context::plain(value)?;
    if text.contains('\0') {
        return Err("a text with NUL in it cannot be written here".to_owned());
    }
    // there the server would take both away
    if text.contains("\\\n") || text.contains("\\\r") {
        return Err("a text with a backslash at the end of a line cannot be written here".to_owned());
    }
    Ok(format!("N'{}'", text.replace('\'', "''")))
}

fn hex(value: &Value) -> Result<String, String> {
    let bytes = match value.downcast_object_ref::<Fact>().map(Fact::value) {
        Some(FactValue::Bytes(bytes)) => bytes.to_vec(),
        Some(FactValue::Sid(sid)) => sid.to_bytes(),
        _ => return Err("only bytes and SIDs can be written as bytes".to_owned()),
    };
    if bytes.len() > LONGEST_BYTES {
        return Err(format!("more than {LONGEST_BYTES} bytes cannot be written here"));
    }
    Ok(bytes.iter().fold(String::from("0x"), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    }))
}

/// Where in T-SQL a template stands: what the text up to there leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Code,
    /// Behind one `-` or `/`, which may become a comment.
    Dash,
    Slash,
    Text,
    Quoted,
    Bracketed,
    /// Behind the `]` of a name, where another one would mean that the name goes on.
    BracketEnd,
    Line,
    /// In so many comments within each other, behind this character.
    Block(u16, char),
}

impl Place {
    /// The place behind more text.
    pub(super) fn behind(self, text: &str) -> Self {
        text.chars().fold(self, Self::step)
    }

    /// The place behind a value, where one may stand.
    pub(super) fn behind_value(self) -> Result<Self, &'static str> {
        match self {
            Self::Code | Self::Dash | Self::Slash | Self::BracketEnd => Ok(Self::Code),
            Self::Text | Self::Quoted | Self::Bracketed => {
                Err("a value brings its own quotes or brackets: write it outside of these")
            }
            Self::Line | Self::Block(..) => Err("a value does not stand in a comment"),
        }
    }

    /// The place where two ways through a template meet.
    pub(super) fn meet(self, other: Self) -> Result<Self, &'static str> {
        match (self, other) {
            _ if self == other => Ok(self),
            (Self::Code, Self::BracketEnd) | (Self::BracketEnd, Self::Code) => Ok(Self::BracketEnd),
            _ => Err("quotes, brackets and comments end in the branch or loop in which they begin"),
        }
    }

    fn step(self, character: char) -> Self {
        match (self, character) {
            (Self::Text, '\'') | (Self::Quoted, '"') | (Self::Line, '\n') => Self::Code,
            (Self::Bracketed, ']') => Self::BracketEnd,
            (Self::Text | Self::Quoted | Self::Bracketed | Self::Line, _) => self,
            (Self::Block(depth, before), _) => block(depth, before, character),
            (Self::Dash, '-') => Self::Line,
            (Self::Slash, '*') => Self::Block(1, ' '),
            (_, '-') => Self::Dash,
            (_, '/') => Self::Slash,
            (_, '\'') => Self::Text,
            (_, '"') => Self::Quoted,
            (Self::BracketEnd, ']') | (_, '[') => Self::Bracketed,
            _ => Self::Code,
        }
    }
}

fn block(depth: u16, before: char, character: char) -> Place {
    match (before, character) {
        ('*', '/') if depth == 1 => Place::Code,
        ('*', '/') => Place::Block(depth - 1, ' '),
        ('/', '*') => Place::Block(depth.saturating_add(1), ' '),
        _ => Place::Block(depth, character),
    }
}

#[cfg(test)]
mod tests;
