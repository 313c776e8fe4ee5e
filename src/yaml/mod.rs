//! YAML as a tree of nodes that know their place, within a budget.
//!
//! For files that people write: [`parse()`] makes the tree, [`decode`] turns it into typed values and tells
//! all mistakes at once. Serde's derive is not used for such files, since it stops at the first mistake
//! and knows few places. Of YAML only what is plain is allowed: one document, text keys, no tags, no
//! anchors, no aliases, no duplicate keys. A scalar keeps the text as written: `4.40` is a version to
//! some and a number to nobody.

pub mod decode;
mod fields;
mod file;
mod frozen;
mod locate;
mod parse;
mod write;

pub use fields::Fields;
pub use file::read;
pub use parse::{Limits, parse, parse_frozen};
pub use write::{flow, scalar};

use crate::diagnostic::Span;
use serde_json::Value;

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub span: Span,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, `null` or `~` without quotes.
    Null,
    Scalar(Scalar),
    Seq(Vec<Node>),
    /// In the order of the file; keys are different from each other.
    Map(Vec<(Key, Node)>),
}

/// Text as written, without quotes, escapes and indentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    pub raw: String,
    pub style: Style,
    lines: Lines,
}

/// Offsets in the file of the lines of a scalar's text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Lines {
    /// The text is not what the file has (folds, escapes).
    Rewritten,
    One(usize),
    Several(Box<[usize]>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Quoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub text: String,
    pub span: Span,
}

impl Node {
    /// Returns the text of a scalar as written.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(&scalar.raw),
            _ => None,
        }
    }

    /// Returns the text of a scalar without quotes.
    pub fn plain(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) if scalar.style == Style::Plain => Some(&scalar.raw),
            _ => None,
        }
    }

    pub fn items(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::Seq(items) => Some(items),
            _ => None,
        }
    }

    pub fn entries(&self) -> Option<&[(Key, Self)]> {
        match &self.kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()?
            .iter()
            .find(|(held, _)| held.text == key)
            .map(|(_, value)| value)
    }

    /// Takes the items of a list out of a map, if the key is there and is a list.
    pub fn take_items(self, key: &str) -> Vec<Self> {
        let Kind::Map(entries) = self.kind else {
            return Vec::new();
        };
        let value = entries.into_iter().find(|(held, _)| held.text == key);
        match value.map(|(_, node)| node.kind) {
            Some(Kind::Seq(items)) => items,
            _ => Vec::new(),
        }
    }

    pub fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    /// Returns the word for what this is, with its article.
    pub fn what(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Seq(_) => "a list",
            Kind::Map(_) => "a map",
            Kind::Scalar(scalar) if scalar.style != Style::Plain => "a text",
            Kind::Scalar(scalar) => match scalar.to_json() {
                Value::Bool(_) => "true or false",
                Value::Number(_) => "a number",
                _ => "a text",
            },
        }
    }

    /// Returns the value as JSON: without quotes, `true` and `false` are booleans, `12` is a number, and all
    /// else is text (`4.4`, `0xA1`, `012`, `yes`).
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Scalar(scalar) => scalar.to_json(),
            Kind::Seq(items) => items.iter().map(Self::to_json).collect(),
            Kind::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.text.clone(), value.to_json()))
                .collect(),
        }
    }
}

impl Scalar {
    fn to_json(&self) -> Value {
        match self.raw.as_str() {
            "true" if self.style == Style::Plain => Value::Bool(true),
            "false" if self.style == Style::Plain => Value::Bool(false),
            raw => match self.integer() {
                Some(number) => Value::from(number),
                None => Value::from(raw),
            },
        }
    }

    /// Returns the number when it is a decimal integer without quotes, leading zeros or sign `+`.
    fn integer(&self) -> Option<i64> {
        let digits = self.raw.strip_prefix('-').unwrap_or(&self.raw);
        let decimal = digits.bytes().all(|digit| digit.is_ascii_digit());
        let leading_zero = digits.len() > 1 && digits.starts_with('0') || self.raw == "-0";
        (self.style == Style::Plain && decimal && !leading_zero)
            .then(|| self.raw.parse().ok())
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostics, SourceMap};
    use serde_json::json;

    #[test]
    fn scalars_keep_what_is_written() {
        let text = "{a: 4.40, b: 012, c: 12, d: -7, e: true, f: 'true', g: ~, h: , i: 0xA1, j: yes, k: '', \
                    l: 99999999999999999999, m: -0, n: null, o: 1_000, p: --}";
        let mut sources = SourceMap::new();
        let id = sources.add("a.yaml", text);
        let tree = parse(id, &sources, &Limits::default(), &mut Diagnostics::new()).unwrap();
        let expected = json!({
            "a": "4.40", "b": "012", "c": 12, "d": -7, "e": true, "f": "true", "g": null, "h": null,
            "i": "0xA1", "j": "yes", "k": "", "l": "99999999999999999999", "m": "-0", "n": null, "o": "1_000",
            "p": "--",
        });
        assert_eq!(tree.to_json(), expected);
        assert_eq!(tree.get("a").and_then(Node::text), Some("4.40"));
        assert_eq!(tree.get("f").and_then(Node::plain), None);
    }
}
